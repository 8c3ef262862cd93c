/* What findings mean together: persons by their given name, patients by the clinical words beside them, charts by their
 * headings, and numbers that a neighbour makes certain. Runs after the patterns; works on offsets of the view, so that a
 * key or another string of the same message counts as "near". */
#include "policy/pack.h"
#include <stdlib.h>

#define NEAR_PATIENT 150     /* bytes between a person and a clinical word */
#define NEAR_CASE 200        /* bytes between a case and its clinician, day or clinical words */
#define NEAR_COMPANY 120     /* bytes between a person and a number of theirs */
#define NEAR_CHART 2000      /* bytes between two headings of one chart */
#define WEAK_ENOUGH 3        /* everyday clinical words that together count as one */

static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return is_upper(c) || is_lower(c); }

/* ---- persons: a known given name and what follows ---- */

static bool is_title_word(const char *p, size_t start, size_t end)
{
    return is_upper(p[start]) && end > start + 1 && is_lower(p[start + 1]) && is_lower(p[end - 1]);
}

static bool is_in_set(const struct scanner *s, size_t start, uint64_t sets)
{
    const struct marks *m = &s->marks;
    for (size_t i = marks_from(m, start); i < m->n && m->m[i].start == start; i++)
        if (lexicon_sets(s->pack->lexicon, &m->m[i]) & sets) return true;
    return false;
}

static size_t word_end(const char *p, size_t i, size_t end)
{
    while (i < end && (is_alpha(p[i]) || ((p[i] == '-' || p[i] == '\'') && i + 1 < end && is_upper(p[i + 1])))) i++;
    return i;
}

/* " P." or " P" before a comma or the end: an initial. Its end, or `i`. */
static size_t initial_end(const char *p, size_t i, size_t end)
{
    if (i + 1 >= end || p[i] != ' ' || !is_upper(p[i + 1])) return i;
    if (i + 2 < end && p[i + 2] == '.') return i + 3;
    bool stops = i + 2 == end || strchr(",;:)?! \n", p[i + 2]) != NULL;
    return stops ? i + 2 : i;
}

static bool is_eponym(const char *p, size_t at, size_t end)
{
    static const char *const what[] = {"syndrome", "disease", "disorder", "sign", "test", "scale", "score", "method",
                                       "criteria", "procedure", "'s disease", "'s syndrome",
                                       "Syndrome", "Disease", "phenomenon", "theorem", "equation"};
    if (at < end && p[at] == ' ') at++;
    for (size_t i = 0; i < COUNT(what); i++) {
        size_t n = strlen(what[i]);
        if (end - at >= n && memcmp(p + at, what[i], n) == 0) return true;
    }
    return false;
}

/* The end of the name that begins with the given name [start, end), or 0 when nothing follows that makes it one. */
static size_t full_name(const struct scanner *s, const struct segment *seg, size_t end)
{
    const char *p = s->view->p;
    size_t stop = seg->view_end, at = end, initial = initial_end(p, at, stop);
    bool initialled = initial > at;
    at = initial;
    if (at < stop && p[at] == ' ' && at + 1 < stop && is_upper(p[at + 1])) {
        size_t from = at + 1, to = word_end(p, from, stop);
        if (is_title_word(p, from, to) && !is_in_set(s, from, WORDS(WORD_NOT_SURNAME)) && !is_eponym(p, to,
            stop)) return to;
    }
    return initialled ? at : 0;
}

static bool follows_place(const struct scanner *s, const struct segment *seg, size_t start)
{
    static const char *const heads[] = {"St. ", "St ", "Saint ", "Mount ", "Lake ", "San ", "Santa ", "Port ", "Fort ",
                                        "Cape ", "Dr. ", "Prof. ", "King ", "Queen ",
                                        "Governor ", "Gov. ", "Senator ", "Judge ", "Justice ", "Prince ", "Pope ",
                                        "President ", "Sir ", "Professor "};
    for (size_t i = 0; i < COUNT(heads); i++) {
        size_t n = strlen(heads[i]);
        if (start - seg->view_start >= n && memcmp(s->view->p + start - n, heads[i], n) == 0) return true;
    }
    return false;
}

static enum fail push_person(struct scanner *s, const struct mark *m)
{
    const struct segment *seg = view_segment(s->view, m->start);
    const char *p = s->view->p;
    if (seg == NULL || m->end > seg->view_end || !is_title_word(p, m->start, m->end)) return FAIL_OK;
    if (m->start > seg->view_start && (is_alpha(p[m->start - 1]) || p[m->start - 1] == '-')) return FAIL_OK;
    size_t end = full_name(s, seg, m->end);
    if (end == 0 || follows_place(s, seg, m->start)) return FAIL_OK;
    return scan_push(s, (struct raw){.type = pack_derived[DERIVED_PERSON].type, .via = "names", .start = m->start,
                                     .end = (uint32_t)end, .seg = (uint32_t)(seg - s->view->seg),
                                     .score = 0.35f, .klass = CLASS_PII, .role = ROLE_PERSON, .norm = NORM_LOWER});
}

static enum fail find_persons(struct scanner *s)
{
    if (s->pack->derived_off[DERIVED_PERSON] || !(s->marks.seen & WORDS(WORD_GIVEN_NAME))) return FAIL_OK;
    for (size_t i = 0; i < s->marks.n; i++) {
        if (!(lexicon_sets(s->pack->lexicon, &s->marks.m[i]) & WORDS(WORD_GIVEN_NAME))) continue;
        enum fail f = push_person(s, &s->marks.m[i]);
        if (f) return f;
    }
    return FAIL_OK;
}

/* ---- clinical words near a person ---- */

static size_t digits_end(const char *p, size_t i, size_t end)
{
    while (i < end && is_digit(p[i])) i++;
    return i;
}

/* Endings that the names of conditions, procedures and medicines have. */
static bool has_clinical_ending(const char *p, size_t n)
{
    if (n > 7 && (p[n - 1] | 0x20) == 's' && (p[n - 2] | 0x20) != 'i') n--;
    static const char *const ends[] = {"itis", "oma", "osis", "emia", "ectomy", "opathy", "ostomy", "otomy", "plasty",
                                       "oscopy", "algia", "uria", "plegia", "statin",
                                       "sartan", "mycin", "cillin", "azole", "cycline", "oxacin", "tidine", "parin",
                                       "lukast", "gliptin", "gliflozin", "tinib",
                                       "triptan", "setron", "dronate", "barbital"};
    static const char *const common[] = {"diploma", "oklahoma", "tacoma", "academia", "bohemia", "osmosis",
                                         "metamorphosis", "nostalgia", "symbiosis", "hypnosis",
                                         "prognosis", "ecosystemia", "manuria", "patina", "aroma", "coma", "roma",
                                         "idioma", "anatomy", "phlebotomy"};
    if (n < 7) return false;
    for (size_t i = 0; i < COUNT(common); i++)
        if (strlen(common[i]) == n && strncasecmp(common[i], p, n) == 0) return false;
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t k = strlen(ends[i]);
        if (n > k + 1 && strncasecmp(p + n - k, ends[i], k) == 0) return true;
    }
    return false;
}

/* A date with its day: in a case history, one that leads to the person. */
static bool full_date(const struct scanner *s, size_t from, size_t to)
{
    const char *p = s->view->p;
    for (size_t i = from; i + 6 < to; i++) {
        if (!is_digit(p[i]) || (i > 0 && is_digit(p[i - 1]))) continue;
        size_t a = digits_end(p, i, to), b = a < to && strchr("/-.", p[a]) && p[a] ? digits_end(p, a + 1, to) : a;
        if (b > a + 1 && b < to && p[b] == p[a] && digits_end(p, b + 1, to) > b + 1) return true;
        i = a;
    }
    for (size_t i = marks_from(&s->marks, from); i < s->marks.n && s->marks.m[i].start < to; i++) {
        if (!(lexicon_sets(s->pack->lexicon, &s->marks.m[i]) & WORDS(WORD_MONTH))) continue;
        size_t end = s->marks.m[i].end, start = s->marks.m[i].start;
        while (end < to && (p[end] == ' ' || p[end] == '.')) end++;
        size_t digits = digits_end(p, end, to) - end;
        if (digits == 1 || digits == 2 || (start > 2 && is_digit(p[start - 2]) && !is_upper(p[start - 1]) &&
                                           digits != 0)) return true;
    }
    return false;
}

/* Once a scan, so that many persons in one text do not read it over and over. */
static bool find_endings(struct scanner *s)
{
    const char *p = s->view->p;
    size_t n = s->view->n;
    s->endings.n = 0;
    for (size_t i = 0; i < n;) {
        size_t e = i;
        while (e < n && is_alpha(p[e])) e++;
        if (e - i >= 7 && has_clinical_ending(p + i, e - i) && !marks_put(&s->endings, i, e, 0)) return false;
        i = e + 1;
    }
    return true;
}

static bool clinical_endings(const struct scanner *s, size_t from, size_t to)
{
    size_t i = marks_from(&s->endings, from);
    return i < s->endings.n && s->endings.m[i].end <= to;
}

static bool is_clinical(const struct scanner *s, size_t from, size_t to, size_t hole_start, size_t hole_end)
{
    const struct marks *m = &s->marks;
    unsigned weak = 0;
    for (size_t i = marks_from(m, from); i < m->n && m->m[i].start < to; i++) {
        if (m->m[i].start < hole_end && m->m[i].end > hole_start) continue;
        uint64_t sets = lexicon_sets(s->pack->lexicon, &m->m[i]);
        if (sets & WORDS(WORD_CLINICAL)) return true;
        weak += (sets & WORDS(WORD_CLINICAL_WEAK)) != 0;
    }
    return weak >= WEAK_ENOUGH || clinical_endings(s, from, hole_start) || clinical_endings(s, hole_end, to);
}


static float patient_score(const struct raw *r)
{
    if (r->role == ROLE_PERSON) return r->score >= 0.35f ? 0.8f : 0.6f;
    return r->score >= 0.5f ? 0.8f : 0;
}

/* raw[0, n) is sorted by start. */
static bool role_near(const struct scanner *s, size_t n, enum role role, size_t from, size_t to)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (s->raw[mid].start < from)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < n && s->raw[lo].start < to; lo++)
        if (s->raw[lo].role == role) return true;
    return false;
}

/* A person, or a number that leads to one, beside clinical words, codes or doses: that is a patient. */
static enum fail find_patients(struct scanner *s)
{
    size_t n = s->pack->derived_off[DERIVED_PATIENT] ? 0 : s->n_raw;
    for (size_t i = 0; i < n; i++) {
        struct raw r = s->raw[i];
        if (r.role != ROLE_PERSON && r.role != ROLE_IDENTIFIER) continue;
        float score = patient_score(&r);
        size_t from = r.start > NEAR_PATIENT ? r.start - NEAR_PATIENT : 0, to = r.end + NEAR_PATIENT;
        if (to > s->view->n) to = s->view->n;
        if (score <= 0) continue;
        if (!is_clinical(s, from, to, r.start, r.end) && !role_near(s, n, ROLE_CLINICAL, from, to)) continue;
        r.type = pack_derived[DERIVED_PATIENT].type, r.via = "context", r.klass = CLASS_PHI, r.score = score;
        enum fail f = scan_push(s, r);
        if (f) return f;
    }
    return FAIL_OK;
}

/* One patient without a name, but with a clinician or the day of a visit, and clinical words. raw[0, n) is sorted. */
static enum fail find_cases(struct scanner *s)
{
    size_t n = s->pack->derived_off[DERIVED_PATIENT] ? 0 : s->n_raw;
    for (size_t i = 0; i < n; i++) {
        struct raw r = s->raw[i];
        if (r.role != ROLE_CASE) continue;
        size_t from = r.start > NEAR_CASE ? r.start - NEAR_CASE : 0, to = r.end + NEAR_CASE;
        if (to > s->view->n) to = s->view->n;
        if (!is_clinical(s, from, to, r.start, r.end) || !(role_near(s, n, ROLE_PROVIDER, from, to) || full_date(s, from,
            to))) continue;
        r.type = pack_derived[DERIVED_PATIENT].type, r.via = "context", r.score = 0.6f, r.role = ROLE_NONE;
        enum fail f = scan_push(s, r);
        if (f) return f;
    }
    return FAIL_OK;
}

/* ---- numbers in company ---- */

static int by_start(const void *a, const void *b)
{
    const struct raw *x = a, *y = b;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

static bool keeps_company(const struct raw *r)
{
    return r->role == ROLE_PERSON || (r->role == ROLE_IDENTIFIER && r->score >= 0.5f && !r->raised);
}

/* A weak identifier beside a person, or beside a certain one, is theirs. */
static void raise_in_company(struct scanner *s)
{
    qsort(s->raw, s->n_raw, sizeof *s->raw, by_start);
    size_t low = 0;
    for (size_t i = 0; i < s->n_raw; i++) {
        struct raw *r = &s->raw[i];
        if (r->role != ROLE_IDENTIFIER || r->score >= 0.5f || r->score <= AGAINST_SCORE) continue;
        while (s->raw[low].start + NEAR_COMPANY + 100 < r->start) low++;
        for (size_t k = low; k < s->n_raw && s->raw[k].start < r->end + NEAR_COMPANY; k++) {
            const struct raw *o = &s->raw[k];
            bool near = o->end + NEAR_COMPANY > r->start && (o->end <= r->start || o->start >= r->end);
            if (near && keeps_company(o)) {
                r->score = 0.6f, r->raised = true;
                break;
            }
        }
    }
}

/* ---- charts ---- */

static bool same_phrase(const struct scanner *s, const struct raw *a, const struct raw *b)
{
    size_t n = a->end - a->start < 9 ? a->end - a->start : 9;
    return strcmp(a->type, b->type) == 0 && b->end - b->start >= n && strncasecmp(s->view->p + a->start,
        s->view->p + b->start, n) == 0;
}

/* Two different headings or statements of a medical record within one stretch of text. Findings are sorted here. */
static enum fail find_charts(struct scanner *s)
{
    size_t n = s->pack->derived_off[DERIVED_RECORD] ? 0 : s->n_raw;
    const struct raw *last = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct raw *r = &s->raw[i];
        if (r->role != ROLE_CHART) continue;
        if (last != NULL && r->start - last->start < NEAR_CHART && !same_phrase(s, last, r)) {
            struct raw chart = *last;
            chart.type = pack_derived[DERIVED_RECORD].type, chart.via = "context", chart.klass = CLASS_PHI,
                chart.score = 0.7f, chart.role = ROLE_NONE;
            enum fail f = scan_push(s, chart);
            return f;
        }
        last = r;
    }
    return FAIL_OK;
}

enum fail scan_context(struct scanner *s)
{
    enum fail f = find_persons(s);
    if (f || s->n_raw == 0) return f;
    if (!find_endings(s)) return FAIL_NO_MEMORY;
    raise_in_company(s);
    if ((f = find_cases(s)) || (f = find_charts(s))) return f;
    return find_patients(s);
}
