/* br (RFC 7932). The window is at most 16 MiB: the decoder's "large window" extension stays off. */
#include "core/inflate_sink.h"
#include <brotli/decode.h>

static BrotliDecoderResult one_step(BrotliDecoderState *d, size_t *left, const uint8_t **next, struct sink *out)
{
    size_t room = out->cap - out->n, before = room;
    uint8_t *to = (uint8_t *)out->p + out->n;
    BrotliDecoderResult r = BrotliDecoderDecompressStream(d, left, next, &room, &to, NULL);
    out->n += before - room;
    return r;
}

static bool out_of_memory(const BrotliDecoderState *d)
{
    BrotliDecoderErrorCode e = BrotliDecoderGetErrorCode(d);
    return e <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && e >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
}

enum fail unbrotli(struct span in, struct sink *out)
{
    BrotliDecoderState *d = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    BrotliDecoderResult r = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    const uint8_t *next = (const uint8_t *)in.p;
    size_t left = in.n;
    enum fail f = FAIL_OK;
    if (d == NULL) return FAIL_NO_MEMORY;
    while (r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && (f = sink_room(out)) == FAIL_OK)
        r = one_step(d, &left, &next, out);
    if (r == BROTLI_DECODER_RESULT_ERROR && out_of_memory(d)) f = FAIL_NO_MEMORY;
    else if (f == FAIL_OK && (r != BROTLI_DECODER_RESULT_SUCCESS || left)) f = FAIL_ENCODING_BAD;
    BrotliDecoderDestroyInstance(d);
    return f;
}
