/* A long string that is one file in base64: a scan, a picture, a PDF. Its first bytes say so, and nothing of it can be read,
 * so it is accounted for where it stands and not copied into the view, only to be cut out of it again. For what is shorter
 * contents_runs.c comes to the same. */
#include "core/base64.h"
#include "policy/contents_read.h"
#include "policy/magic.h"

enum {
    LONG = 65536,
    HEAD = 512,       /* decoded bytes that tell what file it is */
    SURE = 4          /* bytes that have to say so */
};

/* Where the payload of "data:application/pdf;base64,…" begins; 0 when it is no data URI. */
static size_t payload(struct span t)
{
    struct span head = SPAN("data:"), mark = SPAN(";base64,");
    if (!span_ieq((struct span){t.p, head.n}, head)) return 0;
    const char *end = memmem(t.p, HEAD, mark.p, mark.n);
    return end ? (size_t)(end - t.p) + mark.n : 0;
}

static bool is_code(struct span t)
{
    for (int pad = 0; pad < 2 && t.p[t.n - 1] == '='; pad++) t.n--;
    for (size_t i = 0; i < t.n; i++)
        if (!base64_is[(unsigned char)t.p[i]]) return false;
    return true;
}

static enum opaque_kind file_kind(struct span code)
{
    char room[HEAD + 4];
    unsigned strength;
    struct span head = {room, base64_decode((struct span){code.p, HEAD / 3 * 4}, room)};
    enum opaque_kind kind = magic_kind(head, &strength);
    return strength >= SURE && !text_is_text(head) ? kind : OPAQUE_COUNT;
}

enum fail contents_file(struct reader *r, const struct segment *s, bool *is_file)
{
    *is_file = false;
    if (s->escaped || s->src >= SRC_DERIVED || s->src_end - s->src_start < LONG) return FAIL_OK;
    struct span t = {view_src_text(r->v, s).p + s->src_start, s->src_end - s->src_start};
    size_t start = payload(t);
    struct span code = span_from(t, start);
    enum opaque_kind kind = file_kind(code);
    if (kind == OPAQUE_COUNT || !is_code(code)) return FAIL_OK;
    *is_file = true;
    r->other[s->part] += code.n;
    enum fail f = contents_opaque(r, kind, s->part, s->src_start + start, s->src_end, SPAN_NONE);
    struct segment before = *s;
    before.src_end = s->src_start + (uint32_t)start;
    return f || start == 0 ? f : contents_text(r, before);
}
