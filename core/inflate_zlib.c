/* gzip (RFC 1952) and what HTTP calls deflate (RFC 1950, by RFC 9110 8.4.1.2), by zlib. */
#include "core/inflate_sink.h"
#include <limits.h>
#include <stdint.h>
#include <zlib.h>

enum { WRAP_RAW = -MAX_WBITS, WRAP_ZLIB = MAX_WBITS, WRAP_GZIP = MAX_WBITS + 16 };

static unsigned at_most_uint(size_t n) { return n < UINT_MAX ? (unsigned)n : UINT_MAX; }

/* One call of inflate(): Z_OK when it got on, Z_STREAM_END, or an error. */
static int one_step(z_stream *z, struct sink *out)
{
    unsigned room = at_most_uint(out->cap - out->n);
    z->next_out = (Bytef *)out->p + out->n;
    z->avail_out = room;
    int rc = inflate(z, Z_NO_FLUSH);
    out->n += room - z->avail_out;
    return rc;
}

static enum fail run(struct span in, int wrap, struct sink *out)
{
    z_stream z = {0};
    enum fail f = FAIL_OK;
    int rc = Z_OK;
    if (in.n > UINT_MAX) return FAIL_ENCODING_BOMB;
    z.next_in = (Bytef *)(uintptr_t)in.p;          /* zlib does not write there; its type is older than const */
    z.avail_in = (unsigned)in.n;
    if (inflateInit2(&z, wrap) != Z_OK) return FAIL_NO_MEMORY;
    while (rc == Z_OK && (f = sink_room(out)) == FAIL_OK) rc = one_step(&z, out);
    if (rc == Z_MEM_ERROR) f = FAIL_NO_MEMORY;
    else if (f == FAIL_OK && (rc != Z_STREAM_END || z.avail_in)) f = FAIL_ENCODING_BAD;   /* cut, damaged, or more */
    inflateEnd(&z);
    return f;
}

/* No optional fields, and the two bytes that some writers fill freely hold what real ones write. */
static bool plain_gzip(struct span in)
{
    unsigned char flags = (unsigned char)in.p[3], level = (unsigned char)in.p[8], os = (unsigned char)in.p[9];
    return flags == 0 && (level == 0 || level == 2 || level == 4) && (os <= 13 || os == 255);
}

enum fail gunzip(struct span in, struct sink *out, bool *plain)
{
    if (in.n < 18) return FAIL_ENCODING_BAD;       /* header and trailer alone */
    *plain = plain_gzip(in);
    return run(in, WRAP_GZIP, out);
}

static bool has_zlib_header(struct span in)
{
    if (in.n < 2) return false;
    unsigned cmf = (unsigned char)in.p[0], flg = (unsigned char)in.p[1];
    return (cmf & 0x0f) == Z_DEFLATED && cmf >> 4 <= 7 && (cmf << 8 | flg) % 31 == 0;
}

/* Some clients send deflate without the zlib wrapper; what has no valid zlib header is read as that. */
enum fail inflate_deflate(struct span in, struct sink *out)
{
    return run(in, has_zlib_header(in) ? WRAP_ZLIB : WRAP_RAW, out);
}
