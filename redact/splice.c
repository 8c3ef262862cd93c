#include "redact/splice.h"
#include "core/jscan.h"
#include <stdlib.h>

/* One stretch of the body that becomes one mask. */
struct edit {
    size_t start, end;
    const struct finding *strongest;
};

/* ---- findings to edits ---- */

static int by_start(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

static enum fail collect(struct span body, const struct findings *f, uint32_t mask, struct edit *e, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct finding *one = &f->f[i];
        if (one->klass >= CLASS_MAX || !(mask >> one->klass & 1)) continue;
        if (one->part != PART_BODY || one->start >= one->end || one->end > body.n) return FAIL_REDACT_UNSAFE;
        e[(*n)++] = (struct edit){one->start, one->end, one};
    }
    return FAIL_OK;
}

static bool stronger(const struct finding *a, const struct finding *b)
{
    if (a->score > b->score || a->score < b->score) return a->score > b->score;
    return a->end - a->start > b->end - b->start;
}

/* Overlapping and touching edits become one. */
static size_t merge(struct edit *e, size_t n)
{
    size_t kept = 0;
    qsort(e, n, sizeof *e, by_start);
    for (size_t i = 0; i < n; i++) {
        struct edit *last = kept ? &e[kept - 1] : NULL;
        if (last == NULL || e[i].start > last->end) {
            e[kept++] = e[i];
            continue;
        }
        if (e[i].end > last->end) last->end = e[i].end;
        if (stronger(e[i].strongest, last->strongest)) last->strongest = e[i].strongest;
    }
    return kept;
}

/* ---- where in the JSON an edit lies ---- */

/* Goes through a document that jscan has taken, once, from edit to edit. */
struct walk {
    const char *base, *end;
    const char *p;         /* outside a string: the next byte; inside: a character's first byte */
    const char *close;     /* inside: the closing quote; NULL: outside */
};

static const char *closing_quote(const char *p, const char *end)
{
    while (p < end && *p != '"') p += *p == '\\' ? 2 : 1;
    return p < end ? p : end;
}

/* To the string that holds `to`, or to `to` itself outside of strings. */
static void walk_to(struct walk *w, const char *to)
{
    while (w->p < to) {
        if (w->close && to < w->close) return;
        const char *from = w->close ? w->close + 1 : w->p;
        w->close = NULL;
        const char *quote = from < to ? memchr(from, '"', (size_t)(to - from)) : NULL;
        w->p = quote ? quote + 1 : to;
        if (quote) w->close = closing_quote(w->p, w->end);
    }
}

/* Whether a character (a whole escape, a whole pair of them) begins at `to`. */
static bool step_to(struct walk *w, const char *to)
{
    char c[4];
    while (w->p < to) {
        if (*w->p != '\\' && (unsigned char)*w->p < 0x80) w->p++;
        else jscan_unescape1(&w->p, w->close, c);
    }
    return w->p == to;
}

/* Two masked keys of one object might become equal, and a renamed key is another request: keys are not masked. */
static bool is_key(const struct walk *w)
{
    const char *p = w->close + 1;
    while (p < w->end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
    return p < w->end && *p == ':';
}

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool is_whole_number(const struct walk *w, const char *start, const char *end)
{
    if (!(*start == '-' || (*start >= '0' && *start <= '9')) || (start > w->base && in_number(start[-1]))) return false;
    for (const char *p = start; p < end; p++)
        if (!in_number(*p)) return false;
    return end == w->end || !in_number(*end);
}

enum place { PLACE_UNSAFE, PLACE_STRING, PLACE_NUMBER };

static enum place locate(struct walk *w, const char *start, const char *end)
{
    walk_to(w, start);
    if (w->close == NULL) {
        if (!is_whole_number(w, start, end)) return PLACE_UNSAFE;
        w->p = end;
        return PLACE_NUMBER;
    }
    if (end > w->close || is_key(w) || !step_to(w, start) || !step_to(w, end)) return PLACE_UNSAFE;
    return PLACE_STRING;
}

/* ---- writing ---- */

static void put_mask(struct obuf *out, const char *type, bool quoted)
{
    for (const char *p = type; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\\' || (unsigned char)*p > 0x7e) type = "MASKED";
    obuf_str(out, quoted ? "\"[" : "[");
    obuf_str(out, type);
    obuf_str(out, quoted ? "]\"" : "]");
}

static enum fail write_body(struct span body, bool json, const struct edit *e, size_t n, struct obuf *out)
{
    struct walk w = {body.p, body.p + body.n, body.p, NULL};
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        enum place place = json ? locate(&w, body.p + e[i].start, body.p + e[i].end) : PLACE_STRING;
        if (place == PLACE_UNSAFE) return FAIL_REDACT_UNSAFE;
        obuf_put(out, body.p + at, e[i].start - at);
        put_mask(out, e[i].strongest->type, place == PLACE_NUMBER);
        at = e[i].end;
    }
    if (body.n > at) obuf_put(out, body.p + at, body.n - at);
    return obuf_ok(out) ? FAIL_OK : FAIL_NO_MEMORY;
}

enum fail splice_mask(struct span body, bool json, const struct findings *f, uint32_t mask, struct obuf *out,
                      size_t *masked)
{
    size_t n;
    *masked = 0;
    struct edit *e = malloc((f->n + 1) * sizeof *e);
    if (e == NULL) return FAIL_NO_MEMORY;
    enum fail failed = collect(body, f, mask, e, &n);
    if (failed == FAIL_OK) {
        n = merge(e, n);
        failed = write_body(body, json, e, n, out);
    }
    if (failed == FAIL_OK) *masked = n;
    free(e);
    return failed;
}
