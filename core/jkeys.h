/* jkeys.h - whether an object has the same key twice, compared after unescaping ("a" is "\u0061"). Used by jscan alone.
 *
 * Few plain keys are compared pair by pair; more go through an open-addressing table of keyed hashes, because the
 * client chooses the keys. The table is scratch memory, kept from object to object of one scan, so that time and memory
 * stay linear in the input whatever it nests. One scan, one thread. */
#ifndef CORDON_CORE_JKEYS_H
#define CORDON_CORE_JKEYS_H

#include "core/jscan.h"

struct jkeys_slot {
    uint32_t hash, key;   /* key: token index; 0 is an empty slot, as token 0 is never a key */
};

struct jkeys {
    struct jkeys_slot *slot;
    size_t cap;
    char *plain;          /* the key being hashed, unescaped */
    size_t plain_cap;
    uint64_t probes;      /* comparisons and slots looked at, over all objects: what "linear" is measured by */
};

void jkeys_fini(struct jkeys *k);
/* `obj` is a closed object token of `d`. JSON_DUP_KEY with *dup the token of a key that an earlier one equals,
 * NO_MEMORY, or OK. */
CD_USE enum fail jkeys_check(struct jkeys *k, const struct jdoc *d, uint32_t obj, uint32_t *dup);

#endif
