/* state.h - what outlives a request: which ids, sessions, texts and sealed blobs belong to something sensitive, and the
 * turns that the local engine answered. Keys are HMACs, values are sealed (AES-256-GCM, key derived from the state key),
 * so that neither Redis nor the file shows anything. Two stores behind one door: Redis (hiredis; several instances agree)
 * or a sealed append-only file with the table in memory. Both forget what has expired. When the store does not work, the
 * answer is STATE_DOWN and the request is refused; it recovers by itself.
 *
 * The file (state/file.h has its form): one process holds it; facts are in memory, up to STATE_FACTS_MAX of them, objects
 * are read from the file, up to STATE_OBJECTS_MAX bytes. When there is no room for another fact, facts without classes go
 * first, those nearest to their end before the others (an id that is forgotten is an unknown id, for which the rules say
 * what happens); facts with classes never go before their time, the answer is STATE_DOWN instead. When there is no room
 * for another object, the oldest ones go. A crash loses nothing that was acknowledged. Damage at the end of the file is
 * what a crash leaves and is cut off; damage before whole records refuses to open, as what is lost is not known.
 *
 * Redis: one connection a port; every request has an end in time. Whether Redis itself keeps what it acknowledged
 * (appendfsync, replicas) is for its operator to settle, as is that nobody deletes keys; nothing in it can be read,
 * forged or moved to another key without the state key. Its eviction policy should be noeviction.
 *
 * `struct state` is the process's; a `struct state_port` is one worker's way to it and belongs to its thread. The only
 * files that see hiredis.h are in this folder. */
#ifndef CORDON_STATE_STATE_H
#define CORDON_STATE_STATE_H

#include "conf/conf.h"
#include "core/arena.h"
#include "core/digest.h"
#include "core/fail.h"
#include "core/local_id.h"
#include "core/mailbox.h"
#include "core/obuf.h"

struct event_base;
struct state;
struct state_port;

/* Opens the store, makes directory and key where they are missing (0700, 0600). A Redis that does not answer at start is
 * no failure: requests are refused until it does. NULL and *why otherwise. Boot thread. */
CD_USE struct state *state_open(const struct conf_state *c, struct why *why);
void state_close(struct state *s);
const struct id_key *state_id_key(const struct state *s);
/* Whether the store answers, for /readyz. Any thread. With Redis: whether some port's connection does. */
bool state_up(const struct state *s);
/* How many facts the file's table holds; 0 with Redis. Any thread. */
uint64_t state_facts(const struct state *s);

/* One worker's port. `box`: the mailbox that the worker drains (the file's writer answers by letter); it is freed after
 * the port. All ports are freed before state_close. `base` has to outlive the port. Worker thread. */
CD_USE struct state_port *state_port_new(struct state *s, struct event_base *base, struct mailbox *box);
void state_port_free(struct state_port *p);   /* what is still waited for is dropped without a call; not from a `done` */

#define STATE_FACTS_MAX (16u << 20)            /* in the file's table: 32 bytes each, and the room that a table needs */
#define STATE_OBJECTS_MAX (UINT64_C(1) << 30)  /* bytes of objects in the file */
#define STATE_OBJECT_MAX (64u << 20)           /* bytes of one */

/* ---- keys ---- */
enum state_kind { STATE_ID, STATE_SESSION, STATE_TEXT, STATE_SEALED, STATE_OBJECT,
                  STATE_HAS_TEXTS /* of one owner: whether asking for texts is worth it */ };
struct state_key {
    unsigned char b[16];
};
/* Who owns it: a client's digest (proxy makes it). Ids and sealed blobs are asked for without an owner: who created them
 * makes no difference to what is in them. */
struct state_owner {
    unsigned char b[16];
};
struct state_key state_key_of(const struct state *s, enum state_kind kind, const struct state_owner *owner,
                              struct span value);
/* The same of a value that is known by its SHA-256 (wire/tap.h has long ones only so). `owner` NULL: none. */
struct state_key state_key_of_digest(const struct state *s, enum state_kind kind, const struct state_owner *owner,
                                     const struct digest *value);

/* ---- facts: what is known of a key ---- */
struct state_fact {
    bool known;
    char classes[256];         /* names, comma-separated, "" none: numbers change with the configuration */
};
/* `later` false: it is done (the result is the return value); true: `done` is called later on this thread, once. */
typedef void state_done(void *arg, enum fail f);
/* facts[i] for keys[i]; `facts` is written until `done` (or state_cancel), `keys` are copied. */
CD_USE enum fail state_recall(struct state_port *p, const struct state_key *keys, size_t n, struct state_fact *facts,
                              state_done *done, void *arg, bool *later);
/* Adds `classes` to what is known of each key (the union stays; the time to live starts anew). Durable when done.
 * `done` NULL: nobody waits, failures are counted and logged. Keys and classes are copied. */
CD_USE enum fail state_remember(struct state_port *p, const struct state_key *keys, size_t n, const char *classes,
                                state_done *done, void *arg, bool *later);

/* ---- objects: what the local engine answered, whole; per owner ---- */
CD_USE enum fail state_keep(struct state_port *p, struct state_key key, struct span object, state_done *done, void *arg,
                            bool *later);
/* *object: bytes in `a`, or p == NULL when there is none (or it is another owner's: the owner is in the key). */
CD_USE enum fail state_fetch(struct state_port *p, struct state_key key, struct arena *a, struct span *object,
                             state_done *done, void *arg, bool *later);
CD_USE enum fail state_forget(struct state_port *p, struct state_key key, state_done *done, void *arg, bool *later);

/* Nobody waits any more for what was asked with `arg`: `done` is not called, nothing of the caller's is written. What was
 * to be remembered, kept or forgotten is done nevertheless. */
void state_cancel(struct state_port *p, const void *arg);

#endif
