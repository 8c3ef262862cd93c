/* seal.h - sealing of what is kept outside the process: AES-256-GCM (NIST SP 800-38D) under a key of each message's own,
 * and HKDF-SHA256 (RFC 5869) to make several keys of one. A sealed message is
 *     16 bytes salt | 12 bytes nonce | as many bytes as the plain text | 16 bytes tag
 * and its key is HMAC-SHA256(key, salt), so that any number of messages, by any number of instances, may be sealed with
 * one key and random numbers. What is bound to it (`aad`: where it is kept) is not in it and has to be the same when it is
 * opened. Any thread. A failure of OpenSSL that input cannot cause aborts, as in digest.h. */
#ifndef CORDON_CORE_SEAL_H
#define CORDON_CORE_SEAL_H

#include "core/attrib.h"
#include "core/span.h"
#include <stdint.h>

#define SEAL_KEY_BYTES 32u
#define SEAL_OVERHEAD (16u + 12u + 16u)

struct seal_key {
    unsigned char b[SEAL_KEY_BYTES];
};

/* A key of `master` for one purpose, which `label` names. */
void seal_derive(const struct seal_key *master, const char *label, unsigned char out[SEAL_KEY_BYTES]);
/* Writes plain.n + SEAL_OVERHEAD bytes to `out`, which may not overlap `plain`. */
void seal_close(const struct seal_key *k, struct span aad, struct span plain, unsigned char *out);
/* Writes sealed.n - SEAL_OVERHEAD bytes to `out`; false when it is shorter than that, damaged, of another key or bound to
 * something else: then `out` is zeroed. */
CD_USE bool seal_open(const struct seal_key *k, struct span aad, struct span sealed, unsigned char *out);

#endif
