/* digest.h - hashes, keyed hashes, random bytes and hex, by OpenSSL's EVP. The only file of core that sees OpenSSL.
 * Any thread (each sha256_state belongs to one). Failures of OpenSSL here mean a broken installation: they abort at
 * boot (digest_init) and never depend on input. */
#ifndef CORDON_CORE_DIGEST_H
#define CORDON_CORE_DIGEST_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"
#include <stdint.h>

#define DIGEST_LEN 32

struct digest {
    unsigned char b[DIGEST_LEN];
};

void digest_init(void);                                          /* once, before threads */
struct digest sha256(struct span s);
struct digest sha256_two(struct span a, struct span b);          /* of the concatenation */
struct digest hmac_sha256(const unsigned char *key, size_t key_len, struct span s);

struct sha256_state;
CD_USE struct sha256_state *sha256_new(void);
void sha256_restart(struct sha256_state *s);
void sha256_add(struct sha256_state *s, struct span bytes);
struct digest sha256_end(struct sha256_state *s);
void sha256_free(struct sha256_state *s);

void random_bytes(void *p, size_t n);                            /* cryptographic */
void hex_put(char *out, const unsigned char *p, size_t n);       /* 2n characters and a NUL */
/* Lower-case or upper-case hex of exactly 2n characters; false otherwise. */
CD_USE bool hex_get(unsigned char *out, size_t n, struct span hex);
void digest_wipe(void *p, size_t n);                             /* OPENSSL_cleanse */

/* SipHash-2-4 (Aumasson, Bernstein 2012) with a key of this process: for hash tables keyed by what clients choose. */
uint64_t keyed_hash(struct span s);

#endif
