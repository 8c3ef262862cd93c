/* The view of view.h. One walker decodes a segment's source character by character; it builds the second reading and
 * maps offsets back, so that the two can never disagree. The common case, JSON strings, is copied in runs. */
#include "policy/view.h"
#include <stdlib.h>

#define KEEP_BYTES (4u << 20)   /* buffers above this are given back after the request that needed them */

void view_fini(struct view *v)
{
    free(v->p);
    free(v->seg);
    *v = (struct view){0};
}

void view_reset(struct view *v)
{
    if (v->cap > KEEP_BYTES || v->cap_seg > KEEP_BYTES / sizeof *v->seg) view_fini(v);
    v->n = v->n_seg = 0;
    memset(v->src, 0, sizeof v->src);
}

static bool reserve(struct view *v, size_t more)
{
    if (v->cap >= VIEW_SLACK && v->cap - VIEW_SLACK - v->n > more) return true;
    size_t cap = v->cap ? v->cap * 2 : 8192;
    while (cap < v->n + more + 1 + VIEW_SLACK) cap *= 2;
    char *p = cap > UINT32_MAX ? NULL : realloc(v->p, cap);
    if (p == NULL) return false;
    v->p = p;
    v->cap = cap;
    return true;
}

static bool reserve_segment(struct view *v)
{
    if (v->n_seg < v->cap_seg) return true;
    size_t cap = v->cap_seg ? v->cap_seg * 2 : 64;
    struct segment *s = realloc(v->seg, cap * sizeof *s);
    if (s == NULL) return false;
    v->seg = s;
    v->cap_seg = cap;
    return true;
}

/* ---- the walker: one decoded character and the source bytes it took ---- */

struct walker {
    const char *p, *end;
    uint8_t escaped;
    bool query;   /* SEG_PERCENT: past the question mark, where + is a space */
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int step_percent(struct walker *w, char out[4])
{
    if (*w->p == '%' && w->end - w->p >= 3) {
        int hi = hex_value(w->p[1]), lo = hex_value(w->p[2]);
        if (hi >= 0 && lo >= 0) {
            out[0] = (char)(hi * 16 + lo);
            w->p += 3;
            return 1;
        }
    }
    out[0] = *w->p == '+' && w->query ? ' ' : *w->p;
    if (*w->p == '?') w->query = true;
    w->p++;
    return 1;
}

static int step_base(struct walker *w, char out[4])
{
    if (w->escaped & SEG_PERCENT) return step_percent(w, out);
    if ((w->escaped & SEG_JSON) && *w->p == '\\') return jscan_unescape1(&w->p, w->end, out);
    out[0] = *w->p++;
    return 1;
}

static int put_utf8(unsigned c, char out[4])
{
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
}

/* After a backslash and a u: four hex digits. A half of a pair is left as it is written: two such escapes make no
 * difference to any pattern. */
static bool step_loose_hex(struct walker *w, unsigned *code)
{
    char c[4];
    *code = 0;
    for (int i = 0; i < 4; i++) {
        if (w->p >= w->end || step_base(w, c) != 1 || hex_value(c[0]) < 0) return false;
        *code = *code * 16 + (unsigned)hex_value(c[0]);
    }
    return *code < 0xD800 || *code > 0xDFFF;
}

static int step_loose(struct walker *w, char out[4])
{
    static const char from[] = "nrtbf\"\\/'", to[] = "\n\r\t\b\f\"\\/'";
    int n = step_base(w, out);
    if (n != 1 || out[0] != '\\' || w->p >= w->end) return n;
    struct walker ahead = *w;
    char c[4];
    if (step_base(&ahead, c) != 1) return n;
    const char *known = c[0] ? strchr(from, c[0]) : NULL;
    unsigned code;
    if (known != NULL) {
        out[0] = to[known - from];
    } else if (c[0] == 'u' && step_loose_hex(&ahead, &code)) {
        n = put_utf8(code, out);
    } else {
        return n;
    }
    *w = ahead;
    return n;
}

static int step(struct walker *w, char out[4]) { return w->escaped & SEG_LOOSE ? step_loose(w, out) : step_base(w, out); }

/* ---- building ---- */

static void copy_plain(struct view *v, const char *p, size_t n)
{
    if (n > 0) memcpy(v->p + v->n, p, n);
    v->n += n;
}

static void copy_json(struct view *v, const char *p, const char *end)
{
    while (p < end) {
        const char *back = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((back ? back : end) - p);
        copy_plain(v, p, run);
        p += run;
        if (back != NULL) v->n += (size_t)jscan_unescape1(&p, end, v->p + v->n);
    }
}

static void copy_walked(struct view *v, struct walker w)
{
    while (w.p < w.end) v->n += (size_t)step(&w, v->p + v->n);
}

/* Decoding never makes text longer, but one escape is written as up to four bytes before its length is known. */
static enum fail add(struct view *v, struct segment s)
{
    struct span src = {v->src[s.part].p + s.src_start, s.src_end - s.src_start};
    if (src.n == 0) return FAIL_OK;
    if (!reserve(v, src.n + 4) || !reserve_segment(v)) return FAIL_NO_MEMORY;
    s.view_start = (uint32_t)v->n;
    if (s.escaped == 0)
        copy_plain(v, src.p, src.n);
    else if (s.escaped == SEG_JSON)
        copy_json(v, src.p, src.p + src.n);
    else
        copy_walked(v, (struct walker){.p = src.p, .end = src.p + src.n, .escaped = s.escaped});
    s.view_end = (uint32_t)v->n;
    v->seg[v->n_seg++] = s;
    v->p[v->n++] = VIEW_SEPARATOR;
    memset(v->p + v->n, 0, VIEW_SLACK);
    return FAIL_OK;
}

static bool still_escaped(const char *p, const char *end)
{
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (++p < end && *p && strchr("nrt\"u/", *p)) return true;
    }
    return false;
}

static enum fail add_both(struct view *v, struct segment s)
{
    size_t from = v->n;
    enum fail f = add(v, s);
    if (f || !still_escaped(v->p + from, v->p + v->n)) return f;
    s.escaped |= SEG_LOOSE;
    return add(v, s);
}

enum fail view_add_json(struct view *v, const struct jdoc *d)
{
    v->src[PART_BODY] = d->text;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct jtok *t = &d->tok[i];
        if (t->type != J_KEY && t->type != J_STRING && t->type != J_NUMBER) continue;
        struct segment s = {.src_start = t->start, .src_end = t->end, .part = PART_BODY,
                            .kind = t->type == J_KEY ? SEG_KEY : SEG_TEXT, .escaped = t->escaped ? SEG_JSON : 0};
        enum fail f = t->escaped ? add_both(v, s) : add(v, s);
        if (f) return f;
    }
    return FAIL_OK;
}

enum fail view_add_text(struct view *v, enum part part, struct span whole, struct span s)
{
    v->src[part] = whole;
    struct segment seg = {.part = (uint8_t)part, .kind = SEG_RAW, .escaped = part == PART_PATH ? SEG_PERCENT : 0};
    if (s.n == 0) return FAIL_OK;
    if (whole.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    seg.src_start = (uint32_t)(s.p - whole.p);
    seg.src_end = seg.src_start + (uint32_t)s.n;
    return add_both(v, seg);
}

/* ---- mapping back ---- */

/* Forward to the character that holds view offset `at`; `c` is left at its first byte. Its source bytes end at the
 * returned offset. */
static size_t seek(const struct view *v, struct view_cursor *c, size_t at)
{
    struct span src = v->src[c->seg->part];
    struct walker w = {src.p + c->src, src.p + c->seg->src_end, c->seg->escaped, false};
    if (w.escaped & SEG_PERCENT) w.query = memchr(src.p + c->seg->src_start, '?', c->src - c->seg->src_start) != NULL;
    char out[4];
    while (w.p < w.end) {
        int n = step(&w, out);
        if (c->at + (size_t)n > at) break;
        c->at += (size_t)n;
        c->src = (size_t)(w.p - src.p);
    }
    return (size_t)(w.p - src.p);
}

static bool is_continuation(const struct view *v, const struct segment *s, size_t src)
{
    return ((unsigned char)v->src[s->part].p[src] & 0xC0) == 0x80;
}

/* A range that cuts a character of several raw bytes is widened, so that masking it leaves valid UTF-8. */
static void round_to_characters(const struct view *v, const struct segment *s, size_t *start, size_t *end)
{
    for (int i = 0; i < 3 && *start > s->src_start && is_continuation(v, s, *start); i++) --*start;
    for (int i = 0; i < 3 && *end < s->src_end && is_continuation(v, s, *end); i++) ++*end;
}

void view_source_next(const struct view *v, struct view_cursor *c, const struct segment *s, size_t view_start,
                      size_t view_end, size_t *start, size_t *end)
{
    if (s->escaped == 0) {
        *start = s->src_start + (view_start - s->view_start);
        *end = s->src_start + (view_end - s->view_start);
    } else {
        if (c->seg != s || c->at > view_start) *c = (struct view_cursor){s, s->src_start, s->view_start};
        size_t after = seek(v, c, view_start);
        *start = c->src;
        struct view_cursor last = *c;
        *end = view_end > view_start ? seek(v, &last, view_end - 1) : after;
    }
    round_to_characters(v, s, start, end);
}

void view_source(const struct view *v, const struct segment *s, size_t view_start, size_t view_end, size_t *start,
                 size_t *end)
{
    struct view_cursor c = {0};
    view_source_next(v, &c, s, view_start, view_end, start, end);
}

const struct segment *view_segment(const struct view *v, size_t at)
{
    size_t lo = 0, hi = v->n_seg;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (v->seg[mid].view_end <= at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < v->n_seg && v->seg[lo].view_start <= at ? &v->seg[lo] : NULL;
}
