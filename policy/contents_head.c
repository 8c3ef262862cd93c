/* The path with its query, and the headers, into the view. */
#include "policy/contents_read.h"

static enum fail add_target(struct reader *r)
{
    struct span target = r->c->target;
    if (target.n == 0) return FAIL_OK;
    if (target.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    r->v->part[PART_PATH] = target;
    return contents_text(r, (struct segment){.src_end = (uint32_t)target.n, .src = PART_PATH, .part = PART_PATH, .kind = SEG_RAW,
                                             .escaped = SEG_PERCENT | SEG_QUERY});
}

/* The headers as one text, "name: value" lines, so that offsets of findings have one base. A credential is not in it: it is
 * judged by its name, and its bytes count as opaque, by design and without a finding. */
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

enum fail contents_head(struct reader *r)
{
    enum fail f = add_target(r);
    if (f || r->c->n_headers == 0) return f;
    struct span text = join_headers(r, &r->c->verdict.coverage[PART_HEADER]), left = text;
    if (text.p == NULL) return FAIL_NO_MEMORY;
    if (text.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    r->v->part[PART_HEADER] = text;
    while (left.n && !f) {
        size_t line = (size_t)((const char *)memchr(left.p, '\n', left.n) - left.p);
        uint32_t at = (uint32_t)(left.p - text.p);
        f = contents_text(r, (struct segment){.src_start = at, .src_end = at + (uint32_t)line, .src = PART_HEADER,
                                              .part = PART_HEADER, .kind = SEG_RAW});
        r->other[PART_HEADER]++;   /* the line end */
        left = span_from(left, line + 1);
    }
    return f;
}
