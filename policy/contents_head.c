/* The path with its query, and the headers, into the view. A credential in either is not inspected: it is judged by its name,
 * and its bytes count as opaque, by design and without a finding. */
#include "policy/contents_read.h"
#include "wire/query.h"

/* A stretch of the target. Behind the question mark a plus sign is a space. */
static enum fail add_stretch(struct reader *r, size_t from, size_t to)
{
    bool in_query = from > 0;   /* only a credential in the query ends a stretch before the end */
    if (from == to) return FAIL_OK;
    return contents_text(r, (struct segment){.src_start = (uint32_t)from, .src_end = (uint32_t)to, .src = PART_PATH,
                                             .part = PART_PATH, .kind = SEG_RAW,
                                             .escaped = SEG_PERCENT | (in_query ? SEG_PLUS : SEG_QUERY)});
}

static enum fail add_target(struct reader *r)
{
    struct span target = r->c->target, key;
    size_t at = 0, done = 0;
    if (target.n == 0) return FAIL_OK;
    if (target.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    r->v->part[PART_PATH] = target;
    while ((key = query_next_credential(r->c->site.provider, target, &at)).p) {
        size_t start = (size_t)(key.p - target.p);
        enum fail f = add_stretch(r, done, start);
        if (f) return f;
        done = start + key.n;
        r->c->verdict.coverage[PART_PATH].opaque += key.n;
    }
    return add_stretch(r, done, target.n);
}

/* The headers as one text, "name: value" lines, so that offsets of findings have one base. */
static struct span join_headers(struct reader *r, struct coverage *cov)
{
    const struct judge_case *c = r->c;
    size_t n = 0;
    for (size_t i = 0; i < c->n_headers; i++) n += c->headers[i].name.n + c->headers[i].value.n + 3;
    char *text = arena_alloc(c->arena, n + 1), *p = text;
    cov->received = n;
    for (size_t i = 0; text && i < c->n_headers; i++) {
        const struct judge_header *h = &c->headers[i];
        struct span pieces[] = {h->name, SPAN(": "), h->value, SPAN("\n")};
        if (header_is_credential(h->name)) {
            cov->opaque += h->name.n + h->value.n + 3;
            continue;
        }
        for (size_t k = 0; k < COUNT(pieces); k++) {
            if (pieces[k].n) memcpy(p, pieces[k].p, pieces[k].n);
            p += pieces[k].n;
        }
    }
    return (struct span){text, text ? (size_t)(p - text) : 0};
}

/* Lines that nearly every request has. They are known, and nothing is coded in them, so there is nothing to look for; they
 * are matched like all others. */
static bool is_everyday(struct span line)
{
    static const struct span known[] = {
        SPAN("accept: application/json"), SPAN("content-type: application/json"), SPAN("accept-encoding: gzip, deflate"),
        SPAN("accept-encoding: gzip, deflate, br"), SPAN("accept-encoding: gzip, deflate, br, zstd"),
        SPAN("accept-encoding: gzip, deflate, zstd"), SPAN("accept-encoding: identity"), SPAN("connection: keep-alive"),
    }, length = SPAN("content-length: ");
    for (size_t i = 0; i < COUNT(known); i++)
        if (span_ieq(line, known[i])) return true;
    if (line.n <= length.n || line.n > length.n + 12 || !span_ieq((struct span){line.p, length.n}, length)) return false;
    for (size_t i = length.n; i < line.n; i++)
        if (line.p[i] < '0' || line.p[i] > '9') return false;
    return true;
}

enum fail contents_head(struct reader *r)
{
    enum fail f = add_target(r);
    if (f || r->c->n_headers == 0) return f;
    struct span text = join_headers(r, &r->c->verdict.coverage[PART_HEADER]), left = text;
    if (text.p == NULL) return FAIL_NO_MEMORY;
    if (text.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    r->v->part[PART_HEADER] = text;
    while (left.n && !f) {
        struct span line = {left.p, (size_t)((const char *)memchr(left.p, '\n', left.n) - left.p)};
        uint32_t at = (uint32_t)(left.p - text.p);
        struct segment s = {.src_start = at, .src_end = at + (uint32_t)line.n, .src = PART_HEADER, .part = PART_HEADER,
                            .kind = SEG_RAW};
        f = is_everyday(line) ? view_add(r->v, s) : contents_text(r, s);
        r->other[PART_HEADER]++;   /* the line end */
        left = span_from(left, line.n + 1);
    }
    return f;
}
