#include "policy/contents.h"
#include "policy/refs.h"
#include "policy/judge.h"
#include <stdlib.h>

/* Of a case that failed nothing is known to have been read: all of it is opaque. */
static enum fail unread(struct judge_case *c, enum fail f)
{
    size_t n[PART_STATE] = {c->body.n, c->target.n, 0};
    if (f == FAIL_OK) return f;
    for (size_t i = 0; i < c->n_headers; i++) n[PART_HEADER] += c->headers[i].name.n + c->headers[i].value.n + 3;
    for (int p = 0; p < PART_STATE; p++) c->verdict.coverage[p] = (struct coverage){n[p], 0, n[p]};
    return f;
}

/* ---- decode ---- */

static bool must_be_json(const struct judge_case *c)
{
    const struct route *r = c->route;
    return (r->known && r->takes_body && !(r->flags & ROUTE_ANY_BODY)) || (c->body.n > 0 && contents_is_json_type(c->content_type));
}

/* What only acts on an object ("…/cancel") has nothing to say in a body. */
static bool may_lack_body(const struct judge_case *c) { return c->body.n == 0 && c->route->kind == CONV_NONE; }

static enum fail decode_body(struct judge_case *c)
{
    bool must = must_be_json(c) && !may_lack_body(c);
    if (!must && !contents_may_be_json(c->body)) return FAIL_OK;
    enum fail f = jscan(c->body, c->arena, &c->doc, &c->at);
    c->is_json = f == FAIL_OK;
    if (c->is_json || (!must && contents_is_text(f))) {
        c->at = SIZE_MAX;
        return FAIL_OK;
    }
    return f;
}

enum fail judge_reread(struct judge_case *c, const struct jdoc *doc)
{
    struct conv_source source = {.doc = doc, .path = c->target, .route = c->route};
    const char *mark = c->target.n ? memchr(c->target.p, '?', c->target.n) : NULL;
    if (mark) {
        source.path.n = (size_t)(mark - c->target.p);
        source.query = span_from(c->target, source.path.n + 1);
    }
    return c->route->codec->decode(&source, c->arena, &c->conv, &c->field, &c->at);
}

enum fail judge_decode(struct judge_case *c)
{
    c->at = SIZE_MAX;
    c->field = NULL;
    c->is_json = false;
    const struct route *r = c->route;
    c->site.known_endpoint = r == NULL || r->known;
    c->site.generating = r == NULL || r->kind != CONV_NONE;
    if (r == NULL) return FAIL_OK;
    if ((r->flags & ROUTE_FILE_BODY) && contents_is_json_type(c->content_type)) c->content_type = SPAN_NONE;
    if (c->site.api == NULL) c->site.api = r->codec->name;
    if (c->site.provider == NULL) c->site.provider = r->codec->provider;
    enum fail f = decode_body(c);
    if (f || r->kind == CONV_NONE) return unread(c, f);
    f = judge_reread(c, &c->doc);
    c->site.model = c->conv.model;
    return unread(c, f);
}

/* ---- inspect ---- */

enum fail judge_inspect(struct judge_case *c, struct scanner *s)
{
    struct view *v = scanner_view(s);
    enum fail f = contents_read(c, v);
    if (!f) f = scan(s, v, c->arena, &c->findings);
    if (!f) f = contents_find_opaque(c);
    if (!f) f = refs_find(c, v);
    view_reset(v);   /* gives back what a large body took, now and not with the next one */
    return unread(c, f);
}

static int by_start(const void *a, const void *b)
{
    const struct judge_sealed *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* The strings that hold sealed content do not overlap; those within one string are all said to stand at the whole of it. */
static bool lies_in(const struct finding *f, const struct judge_sealed *known, size_t n)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (known[mid].start <= f->start) lo = mid + 1;
        else hi = mid;
    }
    return lo > 0 && f->end <= known[lo - 1].end;
}

void judge_vouch_sealed(struct judge_case *c, struct judge_sealed *known, size_t n)
{
    size_t kept = 0;
    qsort(known, n, sizeof *known, by_start);
    for (size_t i = 0; i < c->findings.n; i++) {
        const struct finding *f = &c->findings.f[i];
        bool sealed = f->part == PART_BODY && strcmp(f->type, opaque_type_name(OPAQUE_ENCRYPTED)) == 0;
        if (!sealed || !lies_in(f, known, n)) c->findings.f[kept++] = *f;
    }
    c->findings.n = kept;
}

enum fail judge_all(struct judge_case *c, struct scanner *s, const struct ruleset *r)
{
    enum fail f = judge_decode(c);
    if (f == FAIL_OK) f = judge_inspect(c, s);
    if (f == FAIL_OK) judge_decide(c, r);
    return f;
}
