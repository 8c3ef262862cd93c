#include "policy/judge.h"

/* ---- decode ---- */

static bool declared_json(struct span type)
{
    const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;
    struct span media = span_trim((struct span){type.p, semicolon ? (size_t)(semicolon - type.p) : type.n});
    if (span_ieq(media, SPAN("application/json")) || span_ieq(media, SPAN("text/json"))) return true;
    struct span plus = SPAN("+json");
    return media.n > plus.n && span_ieq(span_from(media, media.n - plus.n), plus);
}

static bool looks_like_json(struct span body)
{
    for (size_t i = 0; i < body.n; i++) {
        char c = body.p[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return c == '{' || c == '[';
    }
    return false;
}

/* Text that only begins like JSON fails with one of these. The others (a key twice, half a surrogate pair, too deep) are
 * JSON that somebody else's reader would take: never text. */
static bool is_just_text(enum fail f)
{
    return f == FAIL_JSON_SYNTAX || f == FAIL_JSON_TRAILING || f == FAIL_JSON_UTF8 || f == FAIL_JSON_CONTROL ||
           f == FAIL_JSON_NUMBER;
}

static bool must_be_json(const struct judge_case *c)
{
    return (c->route->known && c->route->takes_body) || (c->body.n > 0 && declared_json(c->content_type));
}

static enum fail decode_body(struct judge_case *c)
{
    bool must = must_be_json(c);
    if (!must && !looks_like_json(c->body)) return FAIL_OK;
    enum fail f = jscan(c->body, c->arena, &c->doc, &c->at);
    c->is_json = f == FAIL_OK;
    if (c->is_json || (!must && is_just_text(f))) {
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

/* The headers as one text, credentials left out: "name: value" lines, so that offsets of findings have one base. */
static enum fail add_headers(struct judge_case *c, struct view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_headers; i++) n += c->headers[i].name.n + c->headers[i].value.n + 3;
    char *text = n ? arena_alloc(c->arena, n) : NULL;
    if (text == NULL) return n ? FAIL_NO_MEMORY : FAIL_OK;
    char *p = text;
    for (size_t i = 0; i < c->n_headers; i++) {
        const struct judge_header *h = &c->headers[i];
        if (header_is_credential(h->name)) continue;
        struct span pieces[] = {h->name, SPAN(": "), h->value, SPAN("\n")};
        for (size_t k = 0; k < COUNT(pieces); k++) {
            if (pieces[k].n) memcpy(p, pieces[k].p, pieces[k].n);
            p += pieces[k].n;
        }
    }
    struct span whole = {text, (size_t)(p - text)}, left = whole;
    while (left.n) {
        size_t line = (size_t)((const char *)memchr(left.p, '\n', left.n) - left.p);
        enum fail f = view_add_text(v, PART_HEADER, whole, (struct span){left.p, line});
        if (f) return f;
        left = span_from(left, line + 1);
    }
    return FAIL_OK;
}

static enum fail build_view(struct judge_case *c, struct view *v)
{
    view_reset(v);
    enum fail f = c->is_json ? view_add_json(v, &c->doc) : view_add_text(v, PART_BODY, c->body, c->body);
    if (f == FAIL_OK && c->target.n) f = view_add_text(v, PART_PATH, c->target, c->target);
    return f ? f : add_headers(c, v);
}

/* Body bytes that are in the view. A segment may be there in a second reading; it counts once. */
static size_t bytes_in_view(const struct view *v)
{
    size_t sum = 0;
    const struct segment *last = NULL;
    for (size_t i = 0; i < v->n_seg; i++) {
        const struct segment *s = &v->seg[i];
        if (s->part != PART_BODY || (last && last->src_start == s->src_start)) continue;
        sum += s->src_end - s->src_start;
        last = s;
    }
    return sum;
}

/* Body bytes that only jscan has seen: brackets, quotes, colons, commas, white space, true, false and null. */
static size_t bytes_of_structure(const struct judge_case *c)
{
    size_t n = c->body.n;
    if (!c->is_json) return 0;
    for (uint32_t i = 0; i < c->doc.n; i++) {
        const struct jtok *t = &c->doc.tok[i];
        if (t->type == J_KEY || t->type == J_STRING || t->type == J_NUMBER) n -= t->end - t->start;
    }
    return n;
}

enum fail judge_inspect(struct judge_case *c, struct scanner *s)
{
    struct view *v = scanner_view(s);
    enum fail f = build_view(c, v);
    if (f) return f;
    struct coverage *cov = &c->verdict.coverage[PART_BODY];
    *cov = (struct coverage){c->body.n, bytes_in_view(v) + bytes_of_structure(c), 0};
    if (cov->inspected + cov->opaque != cov->received) return FAIL_INSPECT_FAILED;
    return scan(s, v, c->arena, &c->findings);
}

/* ---- decide ---- */

void judge_decide(struct judge_case *c, const struct ruleset *r) { decide(r, &c->findings, &c->site, &c->verdict); }

enum fail judge_all(struct judge_case *c, struct scanner *s, const struct ruleset *r)
{
    enum fail f = judge_decode(c);
    if (f == FAIL_OK) f = judge_inspect(c, s);
    if (f == FAIL_OK) judge_decide(c, r);
    return f;
}
