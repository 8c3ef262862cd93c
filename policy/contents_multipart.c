/* A multipart body: its parts' headers as text, its parts each by what they are. */
#include "core/base64.h"
#include "policy/contents_read.h"
#include "policy/magic.h"
#include "policy/multipart.h"

/* Framing: read as text, but no mask may change it. */
static enum fail add_framing(struct reader *r, struct span bytes)
{
    enum fail f = contents_region(r, REGION_FIXED, bytes);
    return f ? f : contents_text(r, contents_at(r, bytes, SEG_RAW));
}

/* What is in a value's quotes once its backslashes are gone, where it has any. */
static enum fail add_unquoted(struct reader *r, struct span value)
{
    size_t n = 0, start = contents_offset(r, value.p);
    if (value.n == 0 || memchr(value.p, '\\', value.n) == NULL) return FAIL_OK;
    char *out = arena_alloc(r->c->arena, value.n);
    if (out == NULL) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\\' && i + 1 < value.n) i++;
        out[n++] = value.p[i];
    }
    return contents_decoded(r, (struct view_src){.text = {out, n}, .start = start, .end = start + value.n, .part = PART_BODY,
                                                 .coded = CODING_FIXED});
}

/* Header lines are text; a file's name may be masked, the rest says what the part is. The field's name comes last in the
 * view, as the key that it is, so that context words of a value may be in it. */
static enum fail add_headers(struct reader *r, const struct multipart_part *p)
{
    struct span left = p->headers;
    enum fail f = FAIL_OK;
    while (left.n && !f) {
        size_t n = (size_t)((const char *)memchr(left.p, '\n', left.n) - left.p) + 1;
        struct span line = {left.p, n}, name = p->filename;
        bool has = name.p && name.p >= line.p && name.p + name.n <= line.p + line.n;
        f = contents_text(r, contents_at(r, line, SEG_RAW));
        if (!f) f = contents_region(r, REGION_FIXED, has ? (struct span){line.p, (size_t)(name.p - line.p)} : line);
        if (has && !f) f = contents_region(r, REGION_TEXT, name);
        if (has && !f) f = contents_region(r, REGION_FIXED, span_from(line, (size_t)(name.p - line.p) + name.n));
        left = span_from(left, n);
    }
    if (!f) f = add_unquoted(r, p->filename);
    if (!f) f = add_unquoted(r, p->name);
    if (f || p->name.n == 0) return f;
    struct segment key = contents_at(r, p->name, SEG_KEY);
    key.again = 1;
    return view_add(r->v, key);
}

enum transfer { TRANSFER_NONE, TRANSFER_BASE64, TRANSFER_QUOTED, TRANSFER_UNKNOWN };

static enum transfer transfer_of(struct span encoding)
{
    static const struct { const char *name; enum transfer how; } names[] = {
        {"", TRANSFER_NONE}, {"7bit", TRANSFER_NONE}, {"8bit", TRANSFER_NONE}, {"binary", TRANSFER_NONE},
        {"base64", TRANSFER_BASE64}, {"quoted-printable", TRANSFER_QUOTED},
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (span_ieq(encoding, span_str(names[i].name))) return names[i].how;
    return TRANSFER_UNKNOWN;
}

/* RFC 2045, section 6.8: what is not of the alphabet is skipped, padding within too. */
static size_t decode_skipping(struct span s, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (base64_is[(unsigned char)s.p[i]]) out[n++] = s.p[i];
    return base64_decode((struct span){out, n}, out);   /* writes behind where it reads */
}

/* A body in a transfer coding: read as it stands, and decoded. */
static enum fail add_coded(struct reader *r, const struct multipart_part *p, enum transfer how)
{
    size_t start = contents_offset(r, p->body.p);
    char *out = arena_alloc(r->c->arena, p->body.n + 1);
    if (out == NULL) return FAIL_NO_MEMORY;
    struct span bytes = {out, 0};
    if (how == TRANSFER_BASE64) bytes.n = decode_skipping(p->body, out);
    if (how == TRANSFER_QUOTED) bytes.n = quoted_decode(p->body, false, out);
    bool failed = false, readable = how != TRANSFER_UNKNOWN && text_reads_charset(media_parameter(p->type, "charset"));
    struct span text = readable ? text_from(bytes, true, r->c->arena, &failed) : SPAN_NONE;
    if (failed) return FAIL_NO_MEMORY;
    enum fail f = contents_region(r, REGION_TEXT, p->body);
    if (!f) f = contents_text(r, contents_at(r, p->body, SEG_RAW));
    if (f) return f;
    if (text.p) {
        struct view_src src = {.text = text, .start = start, .end = start + p->body.n, .part = PART_BODY,
                               .coded = how == TRANSFER_BASE64 ? CODING_BASE64 : CODING_FIXED};
        return contents_decoded(r, src);
    }
    unsigned strength;
    enum opaque_kind kind = magic_kind(bytes, &strength);
    if (kind == OPAQUE_COUNT) kind = magic_of_type(media_type(p->type));
    return contents_opaque(r, kind, PART_BODY, start, start + p->body.n, SPAN_NONE);
}

static enum fail add_part(struct reader *r, const struct multipart_part *p, unsigned depth)
{
    enum fail f = add_framing(r, p->framing);
    if (!f) f = add_headers(r, p);
    if (f || p->body.n == 0) return f;
    struct span boundary, media = media_type(p->type), head = SPAN("multipart/");
    if (media.n > head.n && span_ieq((struct span){media.p, head.n}, head)) {
        if (multipart_boundary(p->type, &boundary)) return contents_multipart(r, p->body, boundary, depth + 1);
        r->c->at = contents_offset(r, p->body.p);
        return FAIL_REQUEST_INVALID;
    }
    enum transfer how = transfer_of(p->encoding);
    return how != TRANSFER_NONE ? add_coded(r, p, how) : contents_entity(r, p->body, p->type, p->filename);
}

enum fail contents_multipart(struct reader *r, struct span bytes, struct span boundary, unsigned depth)
{
    struct multipart m;
    struct multipart_part part;
    struct span preamble;
    size_t at = 0;
    if (depth > CONTENTS_MULTIPART_DEPTH) return FAIL_INSPECT_LIMIT;
    enum fail f = multipart_begin(&m, bytes, boundary, &preamble, &at);
    if (!f) f = add_framing(r, preamble);
    while (!f) {
        if ((f = multipart_next(&m, &part, &at)) != FAIL_OK) break;
        if (m.closed) return add_framing(r, span_from(bytes, m.done));
        if ((f = add_part(r, &part, depth)) != FAIL_OK) return f;
    }
    if (f == FAIL_REQUEST_INVALID) r->c->at = contents_offset(r, bytes.p) + at;
    return f;
}
