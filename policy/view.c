/* The view of view.h. One walker decodes a segment's source character by character; it builds the second reading and
 * maps offsets back, so that the two can never disagree. The common case, JSON strings, is copied in runs. */
#include "policy/view.h"
#include <stdlib.h>

#define KEEP_BYTES (4u << 20)   /* buffers above this are given back after the request that needed them */

void view_fini(struct view *v)
{
    free(v->p);
    free(v->seg);
    free(v->derived);
    *v = (struct view){0};
}

void view_reset(struct view *v)
{
    if (v->cap > KEEP_BYTES || v->cap_seg > KEEP_BYTES / sizeof *v->seg) view_fini(v);
    v->n = v->n_seg = v->n_derived = 0;
    memset(v->part, 0, sizeof v->part);
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

static bool reserve_segments(struct view *v, size_t more)
{
    if (v->cap_seg - v->n_seg >= more) return true;
    size_t cap = v->cap_seg ? v->cap_seg * 2 : 64;
    while (cap - v->n_seg < more) cap *= 2;
    struct segment *s = realloc(v->seg, cap * sizeof *s);
    if (s == NULL) return false;
    v->seg = s;
    v->cap_seg = cap;
    return true;
}

enum fail view_derive(struct view *v, struct view_src s, uint32_t *src)
{
    if (v->n_derived == v->cap_derived) {
        size_t cap = v->cap_derived ? v->cap_derived * 2 : 16;
        struct view_src *d = cap > UINT32_MAX / 2 ? NULL : realloc(v->derived, cap * sizeof *d);
        if (d == NULL) return FAIL_NO_MEMORY;
        v->derived = d;
        v->cap_derived = cap;
    }
    if (s.text.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    *src = SRC_DERIVED + (uint32_t)v->n_derived;
    v->derived[v->n_derived++] = s;
    return FAIL_OK;
}

struct span view_src_text(const struct view *v, const struct segment *s)
{
    return s->src < SRC_DERIVED ? v->part[s->src] : v->derived[s->src - SRC_DERIVED].text;
}

/* ---- the walker: one decoded character and the source bytes it took ---- */

struct walker {
    const char *p, *end;
    uint8_t escaped;
    bool plus;   /* a plus sign is a space here */
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int step_string(struct walker *w, char out[4])
{
    if ((w->escaped & SEG_JSON) && *w->p == '\\') return jscan_unescape1(&w->p, w->end, out);
    out[0] = *w->p++;
    return 1;
}

static int step_percent(struct walker *w, char out[4])
{
    int n = step_string(w, out);
    if (n != 1) return n;
    if (out[0] == '%') {
        struct walker ahead = *w;
        char hi[4], lo[4];
        if (ahead.p < ahead.end && step_string(&ahead, hi) == 1 && hex_value(hi[0]) >= 0 && ahead.p < ahead.end &&
            step_string(&ahead, lo) == 1 && hex_value(lo[0]) >= 0) {
            out[0] = (char)(hex_value(hi[0]) * 16 + hex_value(lo[0]));
            *w = ahead;
        }
    } else if (out[0] == '+' && w->plus) {
        out[0] = ' ';
    } else if (out[0] == '?' && (w->escaped & SEG_QUERY)) {
        w->plus = true;
    }
    return 1;
}

static int step_base(struct walker *w, char out[4])
{
    return w->escaped & SEG_PERCENT ? step_percent(w, out) : step_string(w, out);
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

/* Exactly `digits` hex digits. A half of a surrogate pair is no character: it is left as it is written, which makes no
 * difference to any pattern. */
static bool step_hex(struct walker *w, int digits, unsigned *code)
{
    char c[4];
    *code = 0;
    for (int i = 0; i < digits; i++) {
        if (w->p >= w->end || step_base(w, c) != 1 || hex_value(c[0]) < 0) return false;
        *code = *code * 16 + (unsigned)hex_value(c[0]);
    }
    return *code < 0xD800 || *code > 0xDFFF;
}

/* After a backslash: the escapes of JSON, and "\x5a" as programs write it. */
static int step_escape(struct walker *w, char out[4])
{
    static const char from[] = "nrtbf\"\\/'", to[] = "\n\r\t\b\f\"\\/'";
    char c[4];
    if (step_base(w, c) != 1) return 0;
    const char *known = c[0] ? strchr(from, c[0]) : NULL;
    unsigned code;
    if (known != NULL) return out[0] = to[known - from], 1;
    if (c[0] != 'u' && c[0] != 'x') return 0;
    return step_hex(w, c[0] == 'u' ? 4 : 2, &code) ? put_utf8(code, out) : 0;
}

/* One more character when it is one of those two. */
static bool step_over(struct walker *w, char lower, char upper)
{
    struct walker ahead = *w;
    char c[4];
    if (w->p >= w->end || step_base(&ahead, c) != 1 || (c[0] != lower && c[0] != upper)) return false;
    *w = ahead;
    return true;
}

/* After an ampersand: "#233;" or "#xe9;". Readers of HTML do without the semicolon. */
static int step_reference(struct walker *w, char out[4])
{
    char c[4];
    unsigned code = 0, digits = 0;
    if (!step_over(w, '#', '#')) return 0;
    int base = step_over(w, 'x', 'X') ? 16 : 10;
    for (struct walker ahead = *w; digits < 7 && w->p < w->end; digits++, *w = ahead) {
        int value = step_base(&ahead, c) == 1 ? hex_value(c[0]) : -1;
        if (value < 0 || value >= base) break;
        code = code * (unsigned)base + (unsigned)value;
    }
    (void)step_over(w, ';', ';');
    return digits > 0 && code > 0 && code < 0xD800 ? put_utf8(code, out) : 0;
}

/* One character of a second reading: what follows its first one is taken for an escape when it is one. */
static int step(struct walker *w, char out[4])
{
    int n = step_base(w, out), m = 0;
    if (n != 1 || w->p >= w->end) return n;
    struct walker ahead = *w;
    if ((w->escaped & SEG_LOOSE) && out[0] == '\\') m = step_escape(&ahead, out);
    else if ((w->escaped & SEG_ENTITY) && out[0] == '&') m = step_reference(&ahead, out);
    if (m == 0) return n;
    *w = ahead;
    return m;
}

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
enum fail view_add(struct view *v, struct segment s)
{
    struct span src = view_src_text(v, &s);
    src = (struct span){src.p + s.src_start, s.src_end - s.src_start};
    if (src.n == 0) return FAIL_OK;
    if (!reserve(v, src.n + 4) || !reserve_segments(v, 1)) return FAIL_NO_MEMORY;
    s.view_start = (uint32_t)v->n;
    if (s.escaped == 0)
        copy_plain(v, src.p, src.n);
    else if (s.escaped == SEG_JSON)
        copy_json(v, src.p, src.p + src.n);
    else
        copy_walked(v, (struct walker){src.p, src.p + src.n, s.escaped, (s.escaped & SEG_PLUS) != 0});
    s.view_end = (uint32_t)v->n;
    v->seg[v->n_seg++] = s;
    v->p[v->n++] = VIEW_SEPARATOR;
    memset(v->p + v->n, 0, VIEW_SLACK);
    return FAIL_OK;
}

static bool still_escaped(const char *p, const char *end)
{
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (++p < end && *p && strchr("nrt\"u/x", *p)) return true;
    }
    return false;
}

bool view_has_percent(struct span s)
{
    const char *p = s.p, *end = s.p + s.n;
    while (p < end && (p = memchr(p, '%', (size_t)(end - p))) != NULL) {
        if (++p + 1 < end && hex_value(p[0]) >= 0 && hex_value(p[1]) >= 0) return true;
    }
    return false;
}

static bool has_reference(struct span s)
{
    return span_pair(s, '&', '#') != NULL;
}

static enum fail add_again(struct view *v, struct segment s, uint8_t how)
{
    s.escaped |= how;
    s.again = 1;
    return view_add(v, s);
}

enum fail view_add_readings(struct view *v, size_t from)
{
    size_t end = v->n_seg;
    enum fail f = FAIL_OK;
    for (size_t i = from; i < end && !f; i++) {
        struct segment s = v->seg[i];
        struct span text = {v->p + s.view_start, s.view_end - s.view_start};
        uint8_t how[3] = {still_escaped(text.p, text.p + text.n) ? SEG_LOOSE : 0,
                          !(s.escaped & SEG_PERCENT) && view_has_percent(text) ? SEG_PERCENT : 0,
                          has_reference(text) ? SEG_ENTITY : 0};
        for (size_t k = 0; k < COUNT(how) && !f; k++)
            if (how[k]) f = add_again(v, s, how[k]);
    }
    return f;
}

enum fail view_cut(struct view *v, const struct view_hole *hole, size_t n)
{
    if (n == 0) return FAIL_OK;
    if (!reserve_segments(v, n)) return FAIL_NO_MEMORY;
    struct segment s = v->seg[--v->n_seg];
    uint32_t to = s.view_start, from = s.view_start, src = s.src_start;
    for (size_t i = 0; i <= n; i++) {
        struct view_hole h = i < n ? hole[i] : (struct view_hole){s.view_end, s.view_end, s.src_end, s.src_end};
        uint32_t len = h.view_start - from;
        if (len > 0) {
            memmove(v->p + to, v->p + from, len);
            struct segment piece = s;
            piece.view_start = to, piece.view_end = to + len, piece.src_start = src, piece.src_end = h.src_start;
            v->seg[v->n_seg++] = piece;
            to += len;
            v->p[to++] = VIEW_SEPARATOR;   /* there is room: a hole is not empty, and the segment had one */
        }
        from = h.view_end;
        src = h.src_end;
    }
    v->n = to;
    memset(v->p + v->n, 0, VIEW_SLACK);
    return FAIL_OK;
}

static enum fail add_all(struct view *v, struct segment s)
{
    size_t from = v->n_seg;
    enum fail f = view_add(v, s);
    return f ? f : view_add_readings(v, from);
}

enum fail view_add_json(struct view *v, const struct jdoc *d)
{
    v->part[PART_BODY] = d->text;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct jtok *t = &d->tok[i];
        if (t->type != J_KEY && t->type != J_STRING && t->type != J_NUMBER) continue;
        struct segment s = {.src_start = t->start, .src_end = t->end, .src = PART_BODY, .part = PART_BODY,
                            .kind = t->type == J_KEY ? SEG_KEY : SEG_TEXT, .escaped = t->escaped ? SEG_JSON : 0};
        enum fail f = add_all(v, s);
        if (f) return f;
    }
    return FAIL_OK;
}

enum fail view_add_text(struct view *v, enum part part, struct span whole, struct span s)
{
    v->part[part] = whole;
    struct segment seg = {.src = part, .part = (uint8_t)part, .kind = SEG_RAW,
                          .escaped = part == PART_PATH ? SEG_PERCENT | SEG_QUERY : 0};
    if (s.n == 0) return FAIL_OK;
    if (whole.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    seg.src_start = (uint32_t)(s.p - whole.p);
    seg.src_end = seg.src_start + (uint32_t)s.n;
    return add_all(v, seg);
}

/* ---- mapping back ---- */

/* Forward to the character that holds view offset `at`; `c` is left at its first byte. Its source bytes end at the
 * returned offset. */
static size_t seek(const struct view *v, struct view_cursor *c, size_t at)
{
    struct span src = view_src_text(v, c->seg);
    struct walker w = {src.p + c->src, src.p + c->seg->src_end, c->seg->escaped, (c->seg->escaped & SEG_PLUS) != 0};
    if (w.escaped & SEG_QUERY) w.plus = memchr(src.p + c->seg->src_start, '?', c->src - c->seg->src_start) != NULL;
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
    return ((unsigned char)view_src_text(v, s).p[src] & 0xC0) == 0x80;
}

/* Whether a character that began before `src` goes on there: in text that is no UTF-8 such a byte may stand alone. */
static bool goes_on(const struct view *v, const struct segment *s, size_t src)
{
    return ((unsigned char)view_src_text(v, s).p[src - 1] & 0x80) && is_continuation(v, s, src);
}

/* A range that cuts a character of several raw bytes is widened, so that masking it leaves valid UTF-8. */
static void round_to_characters(const struct view *v, const struct segment *s, size_t *start, size_t *end)
{
    for (int i = 0; i < 3 && *start > s->src_start && is_continuation(v, s, *start); i++) --*start;
    for (int i = 0; i < 3 && *end < s->src_end && *end > *start && goes_on(v, s, *end); i++) ++*end;
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

void view_locate(const struct view *v, struct view_cursor *c, const struct segment *s, size_t view_start, size_t view_end,
                 struct finding *out)
{
    out->part = s->part;
    if (s->src >= SRC_DERIVED) {
        const struct view_src *d = &v->derived[s->src - SRC_DERIVED];
        out->start = d->start;
        out->end = d->end;
        out->coded = d->coded;
        return;
    }
    view_source_next(v, c, s, view_start, view_end, &out->start, &out->end);
    bool percent = (s->escaped & SEG_PERCENT) && memchr(v->part[s->src].p + out->start, '%', out->end - out->start);
    out->coded = percent ? CODING_PERCENT : CODING_NONE;
}

void view_source(const struct view *v, const struct segment *s, size_t view_start, size_t view_end, size_t *start,
                 size_t *end)
{
    struct view_cursor c = {0};
    view_source_next(v, &c, s, view_start, view_end, start, end);
}

bool view_is_new(const struct view *v, const struct segment *s, size_t view_start, size_t view_end)
{
    uint32_t seam = s->src < SRC_DERIVED ? 0 : v->derived[s->src - SRC_DERIVED].seam;
    size_t at = s->view_start + seam;
    return seam == 0 || (view_start <= at + 1 && view_end > at);
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
