/* What percent-escapes hold beyond plain text (RFC 3986, 2397): escapes of escapes, text in another encoding, and bytes, as
 * in a data URI of a picture. */
#include "policy/contents_read.h"
#include "policy/magic.h"

enum { BYTES_MIN = 16 };   /* fewer are no file: "%8f" stands in programs */

/* Of a data URI without base64: what follows the comma; else all of it. */
static struct span payload(struct span text)
{
    struct span head = SPAN("data:");
    bool uri = text.n > head.n && span_ieq((struct span){text.p, head.n}, head);
    const char *comma = uri ? memchr(text.p, ',', text.n) : NULL;
    return comma ? span_from(text, (size_t)(comma - text.p) + 1) : text;
}

static struct view_src source_of(const struct reader *r, const struct segment *s, struct span text)
{
    struct view_src src = {.text = text, .start = s->src_start, .end = s->src_end, .part = s->part, .coded = CODING_FIXED};
    if (s->src < SRC_DERIVED) return src;
    src = r->v->derived[s->src - SRC_DERIVED];
    src.text = text;
    return src;
}

enum fail contents_percent(struct reader *r, const struct segment *s)
{
    struct span seen = {r->v->p + s->view_start, s->view_end - s->view_start};
    bool failed = false, again = view_has_percent(seen), odd = !text_is_utf8(seen) || memchr(seen.p, 0, seen.n) != NULL;
    if (seen.n == s->src_end - s->src_start || !(again || odd)) return FAIL_OK;
    char *copy = arena_alloc(r->c->arena, seen.n);   /* the view's bytes may move */
    if (copy == NULL) return FAIL_NO_MEMORY;
    struct span all = {memcpy(copy, seen.p, seen.n), seen.n}, bytes = payload(all);
    struct span text = odd ? text_from(bytes, true, r->c->arena, &failed) : all;
    if (failed) return FAIL_NO_MEMORY;
    struct view_src src = source_of(r, s, text);
    if (text.p) return contents_decoded(r, src);
    if (bytes.n < BYTES_MIN || text_share(bytes) >= 70) return FAIL_OK;
    unsigned strength;
    enum opaque_kind kind = magic_kind(bytes, &strength);
    return contents_opaque(r, kind == OPAQUE_COUNT ? OPAQUE_BINARY : kind, src.part, src.start, src.end, SPAN_NONE);
}
