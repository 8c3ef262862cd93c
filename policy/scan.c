/* One scan: mark the words, run the prefilter with exact confirmation in its callback, then the word lists, what the
 * findings mean together, and the way back to source offsets. */
#include "policy/pack.h"
#include <stdlib.h>

#define KEEP_BYTES (4u << 20)
#define SHADOW_REACH 64u

struct scanner *scanner_new(const struct pack *p)
{
    struct scanner *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->pack = p;
    s->scratch = hsdb_scratch_new(p->db);
    s->exact = exact_state_new();
    s->done = calloc(p->n + 1, sizeof *s->done);
    s->accepted = calloc(p->n + 1, sizeof *s->accepted);
    if (s->scratch && s->exact && s->done && s->accepted) return s;
    scanner_free(s);
    return NULL;
}

void scanner_free(struct scanner *s)
{
    if (s == NULL) return;
    view_fini(&s->own);
    hsdb_scratch_free(s->scratch);
    exact_state_free(s->exact);
    marks_fini(&s->marks);
    marks_fini(&s->endings);
    free(s->raw);
    free(s->done);
    free(s->accepted);
    free(s);
}

struct view *scanner_view(struct scanner *s) { return &s->own; }
uint64_t scanner_confirms(const struct scanner *s) { return s->confirms; }

enum fail scan_push(struct scanner *s, struct raw r)
{
    if (s->n_raw == SCAN_MAX_RAW) return FAIL_INSPECT_LIMIT;
    if (s->n_raw == s->cap_raw) {
        size_t cap = s->cap_raw ? s->cap_raw * 2 : 64;
        struct raw *q = realloc(s->raw, cap * sizeof *q);
        if (q == NULL) return FAIL_NO_MEMORY;
        s->raw = q;
        s->cap_raw = cap;
    }
    s->raw[s->n_raw++] = r;
    return FAIL_OK;
}

/* ---- word lists ---- */

static enum fail push_listed(struct scanner *s, const struct mark *m, uint32_t list)
{
    const struct list *l = &s->pack->list[list];
    const struct segment *seg = view_segment(s->view, m->start);
    if (seg == NULL || m->end > seg->view_end) return FAIL_OK;
    return scan_push(s, (struct raw){.type = l->type, .via = "word_list", .start = m->start, .end = m->end,
                                     .seg = (uint32_t)(seg - s->view->seg), .score = l->score, .klass = l->klass,
                                     .norm = NORM_LOWER});
}

enum fail scan_lists(struct scanner *s)
{
    if (s->pack->n_list == 0) return FAIL_OK;
    for (size_t i = 0; i < s->marks.n; i++) {
        uint32_t it = 0, list;
        while (lexicon_next(s->pack->lexicon, &s->marks.m[i], LEX_LIST, &it, &list)) {
            enum fail f = push_listed(s, &s->marks.m[i], list);
            if (f) return f;
        }
    }
    return FAIL_OK;
}

/* ---- from raw findings to the answer ---- */

static int by_type_then_place(const void *a, const void *b)
{
    const struct raw *x = a, *y = b;
    if (x->klass != y->klass) return x->klass < y->klass ? -1 : 1;
    int t = x->type == y->type ? 0 : strcmp(x->type, y->type);
    if (t) return t;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Those of one type that overlap become one: the widest range, the best score and the way that gave it. */
static void merge(struct scanner *s)
{
    size_t n = 0;
    qsort(s->raw, s->n_raw, sizeof *s->raw, by_type_then_place);
    for (size_t i = 0; i < s->n_raw; i++) {
        struct raw *last = n ? &s->raw[n - 1] : NULL, *r = &s->raw[i];
        if (last && last->klass == r->klass && last->seg == r->seg && r->start < last->end && strcmp(last->type,
            r->type) == 0) {
            if (r->end > last->end) last->end = r->end;
            if (r->score > last->score) last->score = r->score, last->via = r->via;
        } else {
            s->raw[n++] = *r;
        }
    }
    s->n_raw = n;
}

static int by_view(const void *a, const void *b)
{
    const struct raw *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->end != y->end ? (x->end < y->end ? -1 : 1) : by_type_then_place(a, b);
}

static char normal_char(char c, enum norm norm)
{
    bool digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
    switch (norm) {
    case NORM_DIGITS: return digit ? c : 0;
    case NORM_ALNUM: return lower ? (char)(c - 32) : digit || upper ? c : 0;
    default: return norm == NORM_LOWER && upper ? (char)(c + 32) : c;
    }
}

/* White space counts as one space in lower-case values: a name broken over lines is the same name. */
static struct span normalise(const struct scanner *s, const struct raw *r, struct arena *a)
{
    char *out = arena_alloc(a, r->end - r->start + 1);
    size_t n = 0;
    if (out == NULL) return SPAN_NONE;
    for (uint32_t i = r->start; i < r->end; i++) {
        char c = normal_char(s->view->p[i], (enum norm)r->norm);
        if (r->norm == NORM_LOWER && (c == '\n' || c == '\t' || c == '\r')) c = ' ';
        if (c == 0 && r->norm != NORM_RAW) continue;
        if (r->norm == NORM_LOWER && c == ' ' && n && out[n - 1] == ' ') continue;
        out[n++] = c;
    }
    return (struct span){out, n};
}

static int by_source(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    if (x->klass != y->klass) return x->klass < y->klass ? -1 : 1;
    return strcmp(x->type, y->type);
}

/* What a coded run holds may be several values, all at one place. */
static bool is_twin(const struct finding *a, const struct finding *b)
{
    if (a->part != b->part || a->start != b->start || a->end != b->end || a->klass != b->klass) return false;
    bool same_place = a->coded == CODING_NONE || a->coded == CODING_PERCENT;
    return strcmp(a->type, b->type) == 0 && (same_place || span_eq(a->text, b->text));
}

/* The second reading of a string finds what the first one found: one of two equal rows stays. */
static size_t drop_twins(struct finding *f, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct finding *last = kept ? &f[kept - 1] : NULL;
        bool twin = last && is_twin(last, &f[i]);
        if (twin && f[i].score > last->score)
            *last = f[i];
        else if (!twin)
            f[kept++] = f[i];
    }
    for (size_t i = 0; i < kept; i++) f[i].id = (uint32_t)i;
    return kept;
}

/* A text that was decoded from a run, or read again at a coarser range, may show what stands there plainly as well: then
 * the exact row stays. `id` is 1 for rows of such texts. Few rows are compared, so that the cost stays linear. */
static size_t drop_shadows(struct finding *f, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool shadow = false;
        for (size_t k = i + 1; f[i].id && !shadow && k < n && k < i + SHADOW_REACH && f[k].part == f[i].part && f[k].start < f[i].end; k++)
            shadow = f[k].id == 0 && f[k].end <= f[i].end && f[k].klass == f[i].klass && span_eq(f[k].text, f[i].text) &&
                     strcmp(f[k].type, f[i].type) == 0;
        if (!shadow) f[kept++] = f[i];
    }
    return kept;
}

static enum fail deliver(struct scanner *s, struct arena *a, struct findings *out)
{
    if (s->n_raw == 0) return FAIL_OK;
    merge(s);
    qsort(s->raw, s->n_raw, sizeof *s->raw, by_view);
    struct finding *f = arena_array(a, s->n_raw, sizeof *f);
    struct view_cursor cursor = {0};
    size_t n = 0;
    if (f == NULL) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < s->n_raw; i++) {
        const struct raw *r = &s->raw[i];
        const struct segment *seg = &s->view->seg[r->seg];
        if (!view_is_new(s->view, seg, r->start, r->end)) continue;
        f[n] = (struct finding){.type = r->type, .via = r->via, .klass = r->klass, .score = r->score,
                                .id = seg->src >= SRC_DERIVED, .text = normalise(s, r, a)};
        if (f[n].text.p == NULL) return FAIL_NO_MEMORY;
        view_locate(s->view, &cursor, seg, r->start, r->end, &f[n++]);
    }
    qsort(f, n, sizeof *f, by_source);
    *out = (struct findings){f, drop_twins(f, drop_shadows(f, n))};
    return FAIL_OK;
}

static void give_back_large(struct scanner *s)
{
    if (s->endings.cap * sizeof *s->endings.m > KEEP_BYTES) marks_fini(&s->endings);
    if (s->marks.cap * sizeof *s->marks.m > KEEP_BYTES) marks_fini(&s->marks);
    if (s->cap_raw * sizeof *s->raw <= KEEP_BYTES) return;
    free(s->raw);
    s->raw = NULL;
    s->cap_raw = 0;
}

static enum fail run(struct scanner *s)
{
    const struct view *v = s->view;
    if (!lexicon_mark(s->pack->lexicon, v->p, v->n, &s->marks)) return FAIL_NO_MEMORY;
    enum fail f = hsdb_scan(s->pack->db, s->scratch, v->p, v->n, scan_on_hit, s);
    if (!f) f = s->fail;
    if (!f) f = scan_always(s);
    if (!f) f = scan_lists(s);
    return f ? f : scan_context(s);
}

enum fail scan(struct scanner *s, const struct view *v, struct arena *a, struct findings *out)
{
    *out = (struct findings){0};
    if (v->n == 0) return FAIL_OK;
    s->view = v;
    s->n_raw = 0;
    s->seg = 0;
    s->fail = FAIL_OK;
    s->deadline_us = 0;
    memset(s->done, 0, s->pack->n * sizeof *s->done);
    enum fail f = run(s);
    if (!f) f = deliver(s, a, out);
    if (f) *out = (struct findings){0};
    give_back_large(s);
    return f;
}
