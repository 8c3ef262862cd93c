#include "core/inflate.h"
#include "core/inflate_sink.h"
#include <stdint.h>
#include <stdlib.h>

/* Up to here the ratio does not matter: it is affordable, and short runs of one byte compress well in good faith. */
#define RATIO_FROM (1024 * 1024)

/* What a frame may cost over its content. More means blocks or tables that carry something else than the content. */
#define PLAIN_OVERHEAD 64

static const struct {
    struct span name;
    enum encoding encoding;
} names[] = {
    {{"", 0}, ENCODING_IDENTITY}, {{"identity", 8}, ENCODING_IDENTITY},
    {{"gzip", 4}, ENCODING_GZIP}, {{"x-gzip", 6}, ENCODING_GZIP},       /* the same by RFC 9110, 8.4.1.3 */
    {{"deflate", 7}, ENCODING_DEFLATE}, {{"br", 2}, ENCODING_BR}, {{"zstd", 4}, ENCODING_ZSTD},
};

enum fail encoding_parse(struct span value, enum encoding *out)
{
    value = span_trim(value);
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!span_ieq(value, names[i].name)) continue;
        *out = names[i].encoding;
        return FAIL_OK;
    }
    return memchr(value.p, ',', value.n) ? FAIL_ENCODING_STACKED : FAIL_ENCODING_UNKNOWN;
}

static enum fail grow(struct sink *s, size_t cap)
{
    if (cap > s->limit + 1) cap = s->limit + 1;
    char *p = realloc(s->p, cap);
    if (p == NULL) return FAIL_NO_MEMORY;
    s->p = p;
    s->cap = cap;
    return FAIL_OK;
}

enum fail sink_room(struct sink *s)
{
    if (s->n > s->limit) return FAIL_ENCODING_BOMB;
    if (s->n < s->cap) return FAIL_OK;
    return grow(s, s->cap ? s->cap * 2 : 4096);
}

enum fail sink_reserve(struct sink *s, size_t n) { return n > s->cap ? grow(s, n) : FAIL_OK; }

static size_t limit_for(size_t n, size_t max_bytes, unsigned max_ratio)
{
    size_t by_ratio;
    if (__builtin_mul_overflow(n, (size_t)max_ratio, &by_ratio)) by_ratio = SIZE_MAX - 1;
    if (by_ratio < RATIO_FROM) by_ratio = RATIO_FROM;
    return by_ratio < max_bytes ? by_ratio : max_bytes;
}

static enum fail copy(struct span in, struct sink *out)
{
    if (in.n > out->limit) return FAIL_ENCODING_BOMB;
    enum fail f = sink_reserve(out, in.n);
    if (f == FAIL_OK && in.n) memcpy(out->p, in.p, in.n);
    if (f == FAIL_OK) out->n = in.n;
    return f;
}

/* deflate and br are never plain. The name "deflate" stands for two formats, and the API's server may take the other
 * one; a Brotli stream may hold metadata blocks (RFC 7932, 9.2), which the decoder skips without telling. */
static enum fail decode(enum encoding e, struct span in, struct sink *out, bool *plain)
{
    *plain = false;
    switch (e) {
    case ENCODING_IDENTITY: *plain = true; return copy(in, out);
    case ENCODING_GZIP: return gunzip(in, out, plain);
    case ENCODING_DEFLATE: return inflate_deflate(in, out);
    case ENCODING_BR: return unbrotli(in, out);
    case ENCODING_ZSTD: return unzstd(in, out, plain);
    }
    return FAIL_ENCODING_UNKNOWN;
}

/* The body lives as long as its request: give back what doubling took too much. */
static void trim(struct sink *s)
{
    char *p = s->n ? realloc(s->p, s->n) : NULL;
    if (p) s->p = p;
}

enum fail inflate_all(enum encoding e, struct span in, size_t max_bytes, unsigned max_ratio, struct blob **out,
                      bool *well_formed)
{
    struct sink s = {.limit = e == ENCODING_IDENTITY ? max_bytes : limit_for(in.n, max_bytes, max_ratio)};
    bool plain;
    *out = NULL;
    *well_formed = false;
    enum fail f = decode(e, in, &s, &plain);
    if (f == FAIL_OK && s.n > s.limit) f = FAIL_ENCODING_BOMB;
    if (f) goto leave;
    trim(&s);
    *out = blob_take(s.p, s.n);
    s.p = NULL;
    if (*out == NULL) f = FAIL_NO_MEMORY;
    else *well_formed = plain && in.n <= s.n + PLAIN_OVERHEAD;
leave:
    free(s.p);
    return f;
}
