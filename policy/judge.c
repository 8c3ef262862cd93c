#include "policy/contents.h"
#include "policy/refs.h"
#include "policy/judge.h"

/* ---- decode ---- */

static bool must_be_json(const struct judge_case *c)
{
    const struct route *r = c->route;
    return (r->known && r->takes_body && !(r->flags & ROUTE_ANY_BODY)) || (c->body.n > 0 && contents_is_json_type(c->content_type));
}

static enum fail decode_body(struct judge_case *c)
{
    bool must = must_be_json(c);
    if (!must && !contents_may_be_json(c->body)) return FAIL_OK;
    enum fail f = jscan(c->body, c->arena, &c->doc, &c->at);
    c->is_json = f == FAIL_OK;
    if (c->is_json || (!must && contents_is_text(f))) {
        c->at = SIZE_MAX;
        return FAIL_OK;
    }
    return f;
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
    if (c->site.api == NULL) c->site.api = r->codec->name;
    if (c->site.provider == NULL) c->site.provider = r->codec->provider;
    enum fail f = decode_body(c);
    if (f || r->kind == CONV_NONE) return f;
    struct conv_source source = {.doc = &c->doc, .path = c->target, .route = r};
    const char *mark = c->target.n ? memchr(c->target.p, '?', c->target.n) : NULL;
    if (mark) {
        source.path.n = (size_t)(mark - c->target.p);
        source.query = span_from(c->target, source.path.n + 1);
    }
    f = r->codec->decode(&source, c->arena, &c->conv, &c->field, &c->at);
    c->site.model = c->conv.model;
    return f;
}

/* ---- inspect ---- */

enum fail judge_inspect(struct judge_case *c, struct scanner *s)
{
    struct view *v = scanner_view(s);
    enum fail f = contents_read(c, v);
    if (!f) f = scan(s, v, c->arena, &c->findings);
    if (!f) f = contents_find_opaque(c);
    return f ? f : refs_find(c);
}

void judge_vouch_sealed(struct judge_case *c, size_t start, size_t end)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->findings.n; i++) {
        const struct finding *f = &c->findings.f[i];
        bool sealed = f->part == PART_BODY && f->start >= start && f->end <= end &&
                      strcmp(f->type, opaque_type_name(OPAQUE_ENCRYPTED)) == 0;
        if (!sealed) c->findings.f[kept++] = *f;
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
