/* splice.h - the outgoing body: the incoming bytes with spans replaced. Everything outside the spans is identical to
 * the byte (64-bit integers, key order, white space, escapes). One copy of the body in all. Any thread. */
#ifndef CORDON_REDACT_SPLICE_H
#define CORDON_REDACT_SPLICE_H

#include "core/arena.h"
#include "core/finding.h"
#include "core/obuf.h"

/* Mask every body finding whose class is in `mask` with "[TYPE]" (an escaped JSON string's inside, or plain text when
 * `json` is false). Overlapping and touching findings become one mask, named by the strongest. REDACT_UNSAFE when a
 * finding to be masked lies outside the body, or in a place that would not stay valid (a JSON number becomes a string
 * only when `json` and it is a whole token). `*masked` gets the number of masks. */
CD_USE enum fail splice_mask(struct span body, bool json, const struct findings *f, uint32_t mask, struct obuf *out,
                             size_t *masked);

#endif
