/* table.h - a hash table whose keys are state keys: HMACs already, so their bytes are the hash, whatever a client chooses.
 * Open addressing with linear probing; entries are of one size and begin with the key; a key of zeros is an empty slot.
 * Not thread-safe. Pointers to entries live until the next table_put or table_drop. */
#ifndef CORDON_STATE_TABLE_H
#define CORDON_STATE_TABLE_H

#include "state/state.h"

struct table {
    unsigned char *slot;
    size_t cap, n;             /* cap: 0 or a power of two */
    size_t size;               /* bytes of one entry, set by the owner */
};

void table_fini(struct table *t);
void *table_get(const struct table *t, const struct state_key *key);   /* NULL: not there */
CD_USE void *table_put(struct table *t, const struct state_key *key);  /* there, or new and zero behind the key; NULL: no memory */
void table_drop(struct table *t, void *entry);
/* Drops each entry for which `gone` says so. */
void table_sweep(struct table *t, bool (*gone)(const void *entry, const void *arg), const void *arg);
/* Entries in no order: the first one at or after slot *at, which is moved behind it; NULL at the end. */
void *table_next(const struct table *t, size_t *at);

#endif
