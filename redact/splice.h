/* splice.h - the outgoing body: the incoming bytes with spans replaced. Everything outside the spans is identical to
 * the byte (64-bit integers, key order, white space, escapes). One copy of the body in all. Any thread. */
#ifndef CORDON_REDACT_SPLICE_H
#define CORDON_REDACT_SPLICE_H

#include "core/arena.h"
#include "core/finding.h"
#include "core/obuf.h"

/* A change of the proxy's own (`store` set to false): the caller answers for what it makes of the body. start == end puts
 * bytes in. Outside of what is masked. */
struct splice_edit {
    size_t start, end;
    struct span with;
};

struct splice {
    struct span body;
    const struct region *regions;      /* of the body (policy/contents.h); it is refused to mask outside of them */
    size_t n_regions;
    const struct findings *findings;   /* NULL: nothing is masked */
    uint32_t mask;                     /* a bit for each class to be masked */
    const struct splice_edit *edits;   /* ascending, apart from each other */
    size_t n_edits;
};

/* Masks every body finding whose class is in `mask` with "[TYPE]", in the syntax of its place and in the coding of its
 * range, and makes the edits. Overlapping findings become one mask, named by the strongest; touching ones too, where none
 * is coded. REDACT_UNSAFE when a finding to be masked lies outside the body, or in a place that would not stay valid: an
 * object's key, framing, a coding that cannot be written (a JSON number becomes a string only when it is a whole token).
 * `*masked` gets the number of masks. */
CD_USE enum fail splice_body(const struct splice *s, struct obuf *out, size_t *masked);
/* The same for a body that is one JSON document or, when `json` is false, plain text. */
CD_USE enum fail splice_mask(struct span body, bool json, const struct findings *f, uint32_t mask, struct obuf *out,
                             size_t *masked);

#endif
