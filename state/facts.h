/* facts.h - the facts of the file store, in memory: key to classes and end of life. Cut into shards with a mutex each, so
 * that workers seldom meet and no one waits long for a table that grows. No I/O. Any thread. */
#ifndef CORDON_STATE_FACTS_H
#define CORDON_STATE_FACTS_H

#include "state/table.h"

struct fact {
    struct state_key key;
    uint64_t classes;          /* bits of state/names.h */
    uint32_t expires;          /* Unix seconds; at this second it is gone */
    uint32_t durable;          /* 1: the file has it as it is here */
};

struct facts;

CD_USE struct facts *facts_new(size_t max);   /* NULL: no memory */
void facts_free(struct facts *f);

/* What is known of a key now; false: nothing. */
CD_USE bool facts_get(struct facts *f, const struct state_key *key, uint32_t now, uint64_t *classes);

enum facts_added {
    FACTS_STANDS,              /* it was known so, is durable, and most of its life is before it: nothing to write */
    FACTS_CHANGED,             /* *out is to be written, and settled when it is */
    FACTS_FULL
};
/* Adds classes and gives it `keep` seconds of life from now. */
CD_USE enum facts_added facts_add(struct facts *f, const struct state_key *key, uint64_t classes, uint32_t now, uint32_t keep,
                                  struct fact *out);
/* `written` is durable: so is the fact, unless it has changed since. */
void facts_settle(struct facts *f, const struct fact *written);
/* A fact of the file, at start: adds to what an earlier record said of the key. */
CD_USE enum facts_added facts_load(struct facts *f, const struct fact *from_file, uint32_t now, uint32_t keep);

void facts_sweep(struct facts *f, uint32_t now);
size_t facts_count(const struct facts *f);
/* All that live, a shard at a time: `each` gets a copy and holds no lock. False when it said so, or no memory. */
CD_USE bool facts_each(struct facts *f, uint32_t now, bool (*each)(void *arg, const struct fact *fact), void *arg);

#endif
