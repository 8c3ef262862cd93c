/* inflate_sink.h - private to inflate*.c: where a decoder puts its output. It grows geometrically up to one byte over
 * the limit, so that a decoder that still has output then is known to be over it. */
#ifndef CORDON_CORE_INFLATE_SINK_H
#define CORDON_CORE_INFLATE_SINK_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"

struct sink {
    char *p;
    size_t n, cap;
    size_t limit;       /* the output may have as many bytes */
};

/* Room for at least one more byte: p + n up to p + cap. ENCODING_BOMB when the limit is passed, NO_MEMORY. */
CD_USE enum fail sink_room(struct sink *s);
/* At least `n` bytes at once, where the size is known before. `n` is at most the limit. */
CD_USE enum fail sink_reserve(struct sink *s, size_t n);

/* Each decodes the whole of `in`, which must be exactly one frame: ENCODING_BAD for less, more or damage.
 * `*plain`: no part of the frame holds bytes of the sender's choice that decoding drops. */
CD_USE enum fail gunzip(struct span in, struct sink *out, bool *plain);
CD_USE enum fail inflate_deflate(struct span in, struct sink *out);
CD_USE enum fail unbrotli(struct span in, struct sink *out);
CD_USE enum fail unzstd(struct span in, struct sink *out, bool *plain);

#endif
