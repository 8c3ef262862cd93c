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
    if (f || p->name.n == 0) return f;
    struct segment key = contents_at(r, p->name, SEG_KEY);
    key.again = 1;
    return view_add(r->v, key);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 2045, section 6.7. */
static size_t decode_quoted(struct span s, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        bool soft = s.p[i] == '=' && i + 1 < s.n && (s.p[i + 1] == '\r' || s.p[i + 1] == '\n');
        if (soft) {
            i += s.p[i + 1] == '\r' && i + 2 < s.n && s.p[i + 2] == '\n' ? 3 : 2;
        } else if (s.p[i] == '=' && i + 2 < s.n && hex_digit(s.p[i + 1]) >= 0 && hex_digit(s.p[i + 2]) >= 0) {
            out[n++] = (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2]));
            i += 3;
        } else {
            out[n++] = s.p[i++];
        }
    }
    return n;
}

/* A body in a transfer coding: read as it stands, and decoded. */
static enum fail add_coded(struct reader *r, const struct multipart_part *p, bool base64)
{
    size_t start = contents_offset(r, p->body.p);
    char *out = arena_alloc(r->c->arena, base64_room(p->body.n) + p->body.n);
    if (out == NULL) return FAIL_NO_MEMORY;
    struct span bytes = {out, base64 ? base64_decode(p->body, out) : decode_quoted(p->body, out)};
    bool failed = false;
    struct span text = text_from(bytes, true, r->c->arena, &failed);
    if (failed) return FAIL_NO_MEMORY;
    enum fail f = contents_region(r, REGION_TEXT, p->body);
    if (!f && text.p) {
        f = contents_text(r, contents_at(r, p->body, SEG_RAW));
        struct view_src src = {text, start, start + p->body.n, PART_BODY, base64 ? CODING_BASE64 : CODING_FIXED};
        return f ? f : contents_decoded(r, src);
    }
    unsigned strength;
    enum opaque_kind kind = magic_kind(bytes, &strength);
    if (kind == OPAQUE_COUNT) kind = magic_of_type(media_type(p->type));
    r->other[PART_BODY] += p->body.n;
    return f ? f : contents_opaque(r, kind, PART_BODY, start, start + p->body.n, SPAN_NONE);
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
    if (span_ieq(p->encoding, SPAN("base64"))) return add_coded(r, p, true);
    if (span_ieq(p->encoding, SPAN("quoted-printable"))) return add_coded(r, p, false);
    return contents_entity(r, p->body, p->type, p->filename);
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
