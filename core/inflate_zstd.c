/* zstd (RFC 8878): one frame, no dictionary, a window of at most 8 MiB, which is what its section 3.1.1.1.2 asks every
 * decoder to take. Larger windows are taken where the frame tells its size: then the output is the window. */
#include "core/inflate_sink.h"
#include <zstd.h>
#include <zstd_errors.h>

#define MAX_WINDOW_LOG 23

static unsigned byte_at(struct span s, size_t i) { return (unsigned char)s.p[i]; }

/* Skippable frames have other magic numbers, and so have the formats before 0.8, which the library may still know. */
static bool is_one_frame(struct span in)
{
    if (in.n < 6 || memcmp(in.p, "\x28\xb5\x2f\xfd", 4) != 0) return false;
    return ZSTD_findFrameCompressedSize(in.p, in.n) == in.n && ZSTD_getDictID_fromFrame(in.p, in.n) == 0;
}

static size_t header_size(unsigned descriptor)
{
    static const size_t dict[4] = {0, 1, 2, 4}, content[4] = {0, 2, 4, 8};
    bool single = descriptor & 0x20;
    size_t n = content[descriptor >> 6];
    return 4 + 1 + (single ? 0 : 1) + dict[descriptor & 3] + (single && n == 0 ? 1 : n);
}

/* Walks the blocks of a frame that decoded well. An RLE block that repeats a byte no times drops that byte, an empty
 * block before the last serves nobody, and one bit of the descriptor is ignored by decoders. */
static bool plain_frame(struct span in)
{
    unsigned descriptor = byte_at(in, 4);
    size_t at = header_size(descriptor);
    if (descriptor & 0x10) return false;
    for (;;) {
        if (in.n - at < 3) return false;
        unsigned header = byte_at(in, at) | byte_at(in, at + 1) << 8 | byte_at(in, at + 2) << 16;
        unsigned last = header & 1, type = header >> 1 & 3, size = header >> 3;
        if (size == 0 && (type != 0 || !last)) return false;
        if (last) return true;
        at += 3 + (type == 1 ? 1 : size);
        if (at > in.n) return false;
    }
}

static enum fail prepare(struct span in, struct sink *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(in.p, in.n);
    if (size == ZSTD_CONTENTSIZE_ERROR) return FAIL_ENCODING_BAD;
    if (size == ZSTD_CONTENTSIZE_UNKNOWN) return FAIL_OK;
    return size > out->limit ? FAIL_ENCODING_BOMB : sink_reserve(out, size + 1);
}

static enum fail refusal(size_t rc)
{
    return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ? FAIL_NO_MEMORY : FAIL_ENCODING_BAD;
}

static enum fail run(ZSTD_DCtx *d, struct span in, struct sink *out)
{
    ZSTD_inBuffer from = {in.p, in.n, 0};
    size_t rc = 1;
    while (rc) {
        enum fail f = sink_room(out);
        if (f) return f;
        ZSTD_outBuffer to = {out->p, out->cap, out->n};
        rc = ZSTD_decompressStream(d, &to, &from);
        if (ZSTD_isError(rc)) return refusal(rc);
        if (rc && from.pos == in.n && to.pos < to.size) return FAIL_ENCODING_BAD;      /* wants more than there is */
        out->n = to.pos;
    }
    return from.pos == in.n ? FAIL_OK : FAIL_ENCODING_BAD;
}

enum fail unzstd(struct span in, struct sink *out, bool *plain)
{
    if (!is_one_frame(in)) return FAIL_ENCODING_BAD;
    enum fail f = prepare(in, out);
    if (f) return f;
    ZSTD_DCtx *d = ZSTD_createDCtx();
    if (d == NULL) return FAIL_NO_MEMORY;
    size_t rc = ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
    f = ZSTD_isError(rc) ? refusal(rc) : run(d, in, out);
    ZSTD_freeDCtx(d);
    if (f == FAIL_OK) *plain = plain_frame(in);
    return f;
}
