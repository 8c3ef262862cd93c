/* worker.h - one event loop and everything that lives and dies on it: listeners, clients, exchanges, upstream
 * connections, the scanner. No lock on the request path: other threads (ledger writer, engine, inspection pool, main)
 * reach a worker only by letters to its mailbox. */
#ifndef CORDON_PROXY_WORKER_H
#define CORDON_PROXY_WORKER_H

#include "audit/ledger.h"
#include "core/mailbox.h"
#include "core/obuf.h"
#include "localmodel/engine.h"
#include "proxy/ca.h"
#include "proxy/snapshot.h"
#include "state/state.h"
#include <event2/dns.h>
#include <event2/event.h>
#include <pthread.h>

struct client;
struct exchange;
struct upstream_pool;
struct inspect_pool;
struct server;
struct tunnel;

#define WORKER_MAGIC 0x574f524bu

/* What the server gives every worker; all outlive the workers. */
struct worker_shared {
    struct ledger *ledger;
    struct engine *engine;          /* NULL: no local models */
    struct state *state;
    struct signer *signer;          /* NULL: no CA */
    struct inspect_pool *pool;
    _Atomic unsigned connections;   /* of all workers */
};

struct slot {
    struct exchange *x;
    uint32_t generation, next_free;
};

/* The key that tells whether an owner has sensitive texts (phase_recall.c). */
struct worker_texts_key {
    struct state_owner owner;
    struct state_key key;
    bool made;
};

struct worker {
    uint32_t magic;
    unsigned index;
    struct worker_shared *shared;
    struct event_base *base;
    struct evdns_base *dns;
    struct mailbox *mail;
    struct event *mail_event;
    struct snapshot *snap;
    struct scanner *scanner;
    struct hostcert *certs;
    struct upstream_pool *upstreams;
    struct state_port *state;
    struct evconnlistener **listeners;
    size_t n_listeners;
    struct client *clients;         /* list head */
    struct tunnel *tunnels;
    size_t open;                    /* clients, tunnels and exchanges */
    bool draining;
    struct slot *slots;
    uint32_t n_slots, free_slot;
    uint64_t ids;                   /* given out so far */
    struct worker_texts_key texts_keys[64];   /* of owners that were here lately, by a byte of their digest */
    struct exchange *spare;         /* ended exchanges, kept with their first arena block */
    unsigned n_spare;
    struct obuf scratch;            /* heads and small bodies, within one callback */
    pthread_t thread;
};

/* `fds` are this worker's listening sockets, by listener of the configuration; they are taken. */
CD_USE struct worker *worker_new(unsigned index, struct worker_shared *shared, struct snapshot *snap, const int *fds,
                                 struct why *why);
CD_USE bool worker_start(struct worker *w);
void worker_join(struct worker *w);
/* After the join, in this order (server_free): cut what is open; take the mail that the engine, the pool and the ledger
 * left when they ended; free. */
void worker_cut(struct worker *w);
void worker_take_mail(struct worker *w);
void worker_close_state(struct worker *w);
void worker_free(struct worker *w);
/* Any thread. The letter's snapshot reference moves to the worker. False when out of memory. */
CD_USE bool worker_post_snapshot(struct worker *w, struct snapshot *snap);
/* Stop listening, end idle connections, leave the loop when the last client is gone; `now`: at once. */
void worker_post_drain(struct worker *w, bool now);

/* Worker thread only. */
/* ledger_submit, or LEDGER_DOWN once the ledger is closed; a failure leaves the ticket with the caller. */
CD_USE enum fail worker_record(struct worker *w, struct ticket *t);
/* Something that the drain waits for begins, ends. */
void worker_opened(struct worker *w);
void worker_closed(struct worker *w);
CD_USE bool worker_slot_take(struct worker *w, struct exchange *x, struct handle *h);
void worker_slot_give(struct worker *w, uint32_t slot);
/* NULL when the exchange is gone. */
struct exchange *worker_slot_find(struct worker *w, const struct handle *h);

#endif
