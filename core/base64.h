/* base64.h - base64 (RFC 4648, sections 4 and 5), hex and quoted-printable (RFC 2045, section 6.7), for bodies that hold one
 * text in another and for the masks that must keep to such a coding. Lenient on purpose: both alphabets at once, no padding,
 * white space within, because what some reader takes has to be inspected. Any thread. */
#ifndef CORDON_CORE_BASE64_H
#define CORDON_CORE_BASE64_H

#include "core/attrib.h"
#include "core/obuf.h"
#include "core/span.h"
#include <stdint.h>

/* Whether `c` is one of the 66 characters of either alphabet (without the padding). */
extern const uint8_t base64_is[256];

/* Room that decoding n characters needs. */
static inline size_t base64_room(size_t n) { return n / 4 * 3 + 3; }
/* Decodes up to the first character that is neither of an alphabet nor white space; returns the number of bytes. */
size_t base64_decode(struct span s, char *out);
/* Appends the code of `s`, padded in the standard alphabet, without padding in the URL alphabet. */
void base64_put(struct obuf *o, struct span s, bool url);

/* Pairs of hex digits; returns the number of bytes, stops at anything else. `out` needs s.n / 2. */
size_t hex_decode(struct span s, char *out);

/* Quoted-printable, with its soft line ends; `words`: as in headers, where "_" is a space (RFC 2047, section 4.2). What is
 * no escape stands for itself. Never longer than `s`. */
size_t quoted_decode(struct span s, bool words, char *out);

#endif
