/* inflate.h - one Content-Encoding undone (gzip, deflate, br, zstd) with caps on size and ratio. `well_formed` says
 * whether the input was exactly one frame with nothing before or after it and nothing in it that decoding drops: only
 * then may the original bytes go on, else the decoded ones do. Anything but one frame fails. What decoding drops, and
 * so makes `well_formed` false: gzip's extra, name and comment fields and odd XFL or OS bytes; zstd's empty RLE blocks;
 * any frame larger than its content by more than 64 bytes. br and deflate never are well-formed: Brotli's metadata
 * blocks cannot be seen from outside, and "deflate" is read by some as zlib, by others as raw (here: raw where there is
 * no zlib header). A compressor's free choices (gzip's MTIME, the shape of its tables) can still carry a few bits.
 * Any thread. Sources: RFC 1950-1952, RFC 7932, RFC 8878. */
#ifndef CORDON_CORE_INFLATE_H
#define CORDON_CORE_INFLATE_H

#include "core/attrib.h"
#include "core/blob.h"
#include "core/fail.h"

enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_BR, ENCODING_ZSTD };

/* The header's value ("" or "identity" is IDENTITY). ENCODING_STACKED for a list, ENCODING_UNKNOWN for the rest. */
CD_USE enum fail encoding_parse(struct span value, enum encoding *out);
/* `*out` is the caller's reference, NULL on failure. ENCODING_BAD, ENCODING_BOMB (over max_bytes, or over max_ratio and
 * more than 1 MiB; what was decoded until then is freed), NO_MEMORY. Memory: at most twice the smaller of those limits,
 * and a window of up to 16 MiB. */
CD_USE enum fail inflate_all(enum encoding e, struct span in, size_t max_bytes, unsigned max_ratio, struct blob **out,
                             bool *well_formed);

#endif
