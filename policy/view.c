/* The view of view.h. Segments are built and mapped back by one walk (view_walk.h); the common case, JSON strings, is
 * copied in runs. */
#include "policy/view_walk.h"
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
    while (w.p < w.end) v->n += (size_t)walk(&w, v->p + v->n);
}

static struct walker walker_at(const struct segment *s, struct span src, size_t at)
{
    return (struct walker){src.p + at, src.p + s->src_end, s->escaped, (s->escaped & SEG_PLUS) != 0, 0};
}

/* Decoding never makes text longer, but one escape is written as up to four bytes before its length is known. Folding may:
 * two bytes to five, three to eight. */
enum fail view_add(struct view *v, struct segment s)
{
    struct span whole = view_src_text(v, &s), src = {whole.p + s.src_start, s.src_end - s.src_start};
    if (src.n == 0) return FAIL_OK;
    if (!reserve(v, src.n * (s.escaped & SEG_FOLDED ? 3 : 1) + WALK_MAX) || !reserve_segments(v, 1)) return FAIL_NO_MEMORY;
    s.view_start = (uint32_t)v->n;
    if (s.escaped == 0)
        copy_plain(v, src.p, src.n);
    else if (s.escaped == SEG_JSON)
        copy_json(v, src.p, src.p + src.n);
    else
        copy_walked(v, walker_at(&s, whole, s.src_start));
    s.view_end = (uint32_t)v->n;
    v->seg[v->n_seg++] = s;
    v->p[v->n++] = VIEW_SEPARATOR;
    memset(v->p + v->n, 0, VIEW_SLACK);
    return FAIL_OK;
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
    struct walker w = walker_at(c->seg, src, c->src);
    if (w.how & SEG_QUERY) w.plus = memchr(src.p + c->seg->src_start, '?', c->src - c->seg->src_start) != NULL;
    w.state = c->state;
    char out[WALK_MAX];
    while (w.p < w.end) {
        int n = walk(&w, out);
        if (c->at + (size_t)n > at) break;
        c->at += (size_t)n;
        c->state = w.state;
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
        if (c->seg != s || c->at > view_start) *c = (struct view_cursor){s, s->src_start, s->view_start, 0};
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
