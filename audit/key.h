/* key.h - the value key: 32 random bytes of the ledger's own, made at first start, under which found values are hashed.
 * Whoever holds it can ask "did this value ever leave?"; without it the hashes say nothing. */
#ifndef CORDON_AUDIT_KEY_H
#define CORDON_AUDIT_KEY_H

#include "core/attrib.h"
#include "core/fail.h"

#define VALUE_KEY_BYTES 32
#define KEY_ID_LEN 18   /* "k-" and 16 hex digits */

struct value_key {
    unsigned char b[VALUE_KEY_BYTES];   /* wiped by value_key_fini */
    char id[KEY_ID_LEN + 1];
};
/* Reads DIR/value.key, or makes it, durably, when it is not there. */
CD_USE enum fail value_key_load(int dir, struct value_key *out, struct why *why);
void value_key_fini(struct value_key *k);

#endif
