/* From a hit of the prefilter to a finding: exact bounds around the hit, the check, the words near it, the score.
 *
 * Work is linear in the text: for each pattern every start offset is tried once (`done`), and a search looks at most
 * `ahead` bytes past the hit. An operator's pattern has no such bound; it is searched over its string in pieces, under
 * PCRE2's limits and a time budget, and exceeding either is a failure of the scan. */
#include "policy/pack.h"
#include "core/clock.h"

#define LABEL_TAIL 14        /* "_number", " No.:" may follow a label at the end of a key */
#define KEYED_VALUES 4       /* strings of an array that a key's label speaks for */
#define HEADING 48           /* bytes of a line that may be a heading */
#define PIECE 16384u         /* start offsets tried between two looks at the clock */

static struct span segment_text(const struct scanner *s, const struct segment *seg, size_t end)
{
    if (end > seg->view_end) end = seg->view_end;
    return (struct span){s->view->p + seg->view_start, end - seg->view_start};
}

/* ---- context ---- */

static bool operator_context(const struct scanner *s, uint32_t pattern, size_t from, size_t to)
{
    const struct lexicon *l = s->pack->lexicon;
    for (size_t i = marks_from(&s->marks, from); i < s->marks.n && s->marks.m[i].start < to; i++) {
        uint32_t it = 0, number;
        while (lexicon_next(l, &s->marks.m[i], LEX_CONTEXT, &it, &number))
            if (number == pattern) return true;
    }
    return false;
}

/* The start of the line of `at`, or of the one before when that is a heading: short, and without a digit. */
static size_t line_start(const char *p, size_t from, size_t at)
{
    const char *nl = memrchr(p + from, '\n', at - from);
    if (nl == NULL) return from;
    size_t line = (size_t)(nl - p), i = line;
    while (i > from && p[i - 1] != '\n' && !(p[i - 1] >= '0' && p[i - 1] <= '9')) i--;
    bool heading = (i == from || p[i - 1] == '\n') && line - i <= HEADING;
    return heading ? i : line;
}

static bool near_words(const struct scanner *s, uint64_t sets, const struct pattern_def *d, size_t start, size_t end)
{
    size_t from = start > d->before ? start - d->before : 0, to = end + d->after;
    if (!(s->marks.seen & sets)) return false;
    if (d->same_line) {
        const char *p = s->view->p, *nl;
        from = line_start(p, from, start);
        if (to > s->view->n) to = s->view->n;
        if ((nl = memchr(p + end, '\n', to - end)) != NULL) to = (size_t)(nl - p);
    }
    return marks_near(s->pack->lexicon, &s->marks, sets, from, to);
}

/* "build 617-248-4867": what the word right before says is what it is. */
static bool is_named_otherwise(const struct scanner *s, const struct pattern_def *d, size_t start)
{
    size_t from = start > AGAINST_BESIDE ? start - AGAINST_BESIDE : 0;
    return d->against && d->context && marks_near(s->pack->lexicon, &s->marks, d->against, from, start);
}

static bool in_context(const struct scanner *s, uint32_t number, size_t start, size_t end)
{
    const struct pattern *p = &s->pack->pattern[number];
    if (!p->has_context) return false;
    if (!p->operators) return near_words(s, p->def.context, &p->def, start, end);
    size_t from = start > p->def.before ? start - p->def.before : 0;
    return operator_context(s, number, from, end + p->def.after);
}

/* ---- accepting ---- */

/* A private key's block goes on to its END line, or as far as it is there. */
static size_t pem_end(const struct scanner *s, const struct segment *seg, size_t end)
{
    const char *p = s->view->p + end, *stop = s->view->p + seg->view_end;
    const char *dash = memmem(p, (size_t)(stop - p), "-----", 5);
    if (dash == NULL) return (size_t)(stop - p) > 16384 ? end + 16384 : seg->view_end;
    if (stop - dash < 9 || memcmp(dash, "-----END ", 9) != 0) return (size_t)(dash - s->view->p);
    const char *close = memmem(dash + 9, (size_t)(stop - dash - 9) < 64 ? (size_t)(stop - dash - 9) : 64, "-----", 5);
    return close ? (size_t)(close + 5 - s->view->p) : (size_t)(dash - s->view->p);
}

struct place {
    size_t full_start, full_end, start, end;   /* in the view; full: with the label */
};

static struct match match_of(const struct scanner *s, const struct segment *seg, struct place at)
{
    const char *p = s->view->p;
    size_t before = at.full_start - seg->view_start, after = seg->view_end - at.full_end;
    if (at.full_start < seg->view_start) before = 0;   /* the label stands in another string */
    if (before > 64) before = 64;
    if (after > 64) after = 64;
    return (struct match){.value = {p + at.start, at.end - at.start}, .before = {p + at.full_start - before, before},
                          .after = {p + at.full_end, after}};
}

static enum fail accept_match(struct scanner *s, uint32_t number, const struct segment *seg, struct place at,
                              bool labelled)
{
    const struct pattern *p = &s->pack->pattern[number];
    const struct pattern_def *d = &p->def;
    if (at.end <= at.start) return FAIL_OK;
    struct match m = match_of(s, seg, at);
    m.in_context = labelled || in_context(s, number, at.start, at.end);
    m.score = m.in_context ? d->near : d->score;
    if (d->check != NULL && !d->check(&m)) return FAIL_OK;
    bool against = is_named_otherwise(s, d, at.full_start) ||
                   (!(m.in_context && d->context) && near_words(s, d->against, d, at.full_start, at.full_end));
    if (against && m.score > AGAINST_SCORE) m.score = AGAINST_SCORE;
    if (m.score <= 0) return FAIL_OK;
    s->accepted[number]++;
    size_t start = (size_t)(m.value.p - s->view->p), end = start + m.value.n;
    if (d->block) end = pem_end(s, seg, end);
    return scan_push(s, (struct raw){.type = d->type, .via = p->via, .start = (uint32_t)start, .end = (uint32_t)end,
                                     .seg = (uint32_t)(seg - s->view->seg), .score = m.score > 1 ? 1 : m.score,
                                     .klass = d->klass, .role = d->role, .norm = d->norm});
}

/* ---- labels whose value is another string ---- */

static bool is_value_key(const struct scanner *s, const struct segment *seg)
{
    static const char *const keys[] = {"value", "text", "val", "content", "data", "number", "answer", "input"};
    struct span t = segment_text(s, seg, seg->view_end);
    for (size_t i = 0; i < COUNT(keys); i++)
        if (span_ieq(t, span_str(keys[i]))) return true;
    return false;
}

/* The string that a label at the end of segment `i` speaks of: the next one, or the one after a key "value". */
static size_t next_value(const struct scanner *s, size_t i)
{
    const struct view *v = s->view;
    uint8_t part = v->seg[i].part;
    size_t k = i + 1;
    if (k < v->n_seg && v->seg[k].kind == SEG_KEY && v->seg[i].kind != SEG_KEY && is_value_key(s, &v->seg[k])) k++;
    return k < v->n_seg && v->seg[k].part == part && v->seg[k].kind == SEG_TEXT ? k : v->n_seg;
}

static enum fail try_keyed(struct scanner *s, uint32_t number, const struct segment *label)
{
    const struct pattern *p = &s->pack->pattern[number];
    const struct view *v = s->view;
    size_t k = next_value(s, (size_t)(label - v->seg));
    for (int i = 0; i < KEYED_VALUES && k < v->n_seg && v->seg[k].kind == SEG_TEXT; i++, k++) {
        const struct segment *seg = &v->seg[k];
        struct span text = segment_text(s, seg, seg->view_start + 256);
        struct bounds b;
        bool found;
        s->confirms++;
        enum fail f = exact_find(p->keyed, s->exact, text, 0, 0, &b, &found);
        if (f) return f;
        if (!found) continue;
        struct place at = {seg->view_start + b.start, seg->view_start + b.end, seg->view_start + b.value_start,
                           seg->view_start + b.value_end};
        if ((f = accept_match(s, number, seg, at, true))) return f;
        if (label->kind != SEG_KEY) break;
    }
    return FAIL_OK;
}

/* ---- hits ---- */

/* The segment of a hit that ends at `end`; a hit may end on the separator after it. Hits come nearly in order. */
static const struct segment *segment_of_hit(struct scanner *s, size_t end)
{
    const struct segment *seg = &s->view->seg[s->seg];
    size_t last = end - 1;
    if (seg->view_start <= last && last <= seg->view_end) return seg;
    seg = view_segment(s->view, last);
    if (seg == NULL && last > 0) seg = view_segment(s->view, last - 1);
    if (seg != NULL) s->seg = (uint32_t)(seg - s->view->seg);
    return seg;
}

/* All matches that start in [from, last], offsets of the segment; *found says whether there was one. */
static enum fail search(struct scanner *s, uint32_t number, const struct segment *seg, struct span text, size_t from,
                        size_t last, size_t *next, bool *any)
{
    const struct pattern *p = &s->pack->pattern[number];
    bool found = true;
    *any = false;
    while (from <= last && from < text.n) {
        struct bounds b;
        s->confirms++;
        enum fail f = exact_find(p->exact, s->exact, text, from, last, &b, &found);
        if (f) return f;
        if (!found) break;
        *any = true;
        if (p->operators) b.value_start = b.start, b.value_end = b.end;
        struct place at = {seg->view_start + b.start, seg->view_start + b.end, seg->view_start + b.value_start,
                           seg->view_start + b.value_end};
        if ((f = accept_match(s, number, seg, at, p->def.kind == PATTERN_LABEL))) return f;
        from = b.end > b.start ? b.end : b.start + 1;
    }
    *next = from > last + 1 ? from : last + 1;
    return FAIL_OK;
}

static bool out_of_time(struct scanner *s)
{
    uint64_t now = clock_mono_us();
    if (s->deadline_us == 0) s->deadline_us = now + SCAN_BUDGET_US;
    return now > s->deadline_us;
}

/* An operator's pattern over a whole segment, once, in pieces. */
static enum fail search_segment(struct scanner *s, uint32_t number, const struct segment *seg)
{
    struct span text = segment_text(s, seg, seg->view_end);
    for (size_t from = 0, next; from < text.n; from = next) {
        bool any;
        if (out_of_time(s)) return FAIL_INSPECT_LIMIT;
        enum fail f = search(s, number, seg, text, from, from + PIECE - 1, &next, &any);
        if (f) return f;
    }
    s->done[number] = seg->view_end + 1;
    return FAIL_OK;
}

/* A start offset is tried again only where a longer view of what follows may change the outcome: never, as `ahead` is
 * wide enough for any match of the pattern that holds the hit. */
static enum fail search_hit(struct scanner *s, uint32_t number, const struct segment *seg, size_t end)
{
    const struct pattern *p = &s->pack->pattern[number];
    size_t from = end > p->def.back ? end - p->def.back : 0, next;
    bool any;
    if (from < s->done[number]) from = s->done[number];
    if (from < seg->view_start) from = seg->view_start;
    if (from >= end) return FAIL_OK;
    enum fail f = search(s, number, seg, segment_text(s, seg, end + p->def.ahead), from - seg->view_start,
                         end - 1 - seg->view_start, &next, &any);
    s->done[number] = (uint32_t)(seg->view_start + next);
    if (f || any || p->def.kind != PATTERN_LABEL || seg->view_end > end + LABEL_TAIL) return f;
    return try_keyed(s, number, seg);
}

bool scan_on_hit(unsigned id, uint64_t end, void *scanner)
{
    struct scanner *s = scanner;
    if (s->pack->pattern[id].always || end <= s->done[id]) return true;
    const struct segment *seg = segment_of_hit(s, (size_t)end);
    if (seg == NULL) return true;
    s->fail = s->pack->pattern[id].unbounded ? search_segment(s, id, seg) : search_hit(s, id, seg, (size_t)end);
    return s->fail == FAIL_OK;
}

enum fail scan_always(struct scanner *s)
{
    for (uint32_t i = 0; i < s->pack->n; i++) {
        if (!s->pack->pattern[i].always) continue;
        for (size_t k = 0; k < s->view->n_seg; k++) {
            enum fail f = search_segment(s, i, &s->view->seg[k]);
            if (f) return f;
        }
    }
    return FAIL_OK;
}
