/* inspect_pool.h - threads that decode and inspect what is too large for a worker's loop. The queue is bounded; when it
 * is full the request is refused (INSPECT_BUSY), never passed uninspected. Each thread keeps a scanner for the snapshot
 * it last worked for. */
#ifndef CORDON_PROXY_INSPECT_POOL_H
#define CORDON_PROXY_INSPECT_POOL_H

#include "core/mailbox.h"
#include "proxy/snapshot.h"

struct inspect_pool;

struct inspect_task {
    struct letter letter;            /* comes back to `to` when the work is done */
    struct inspect_task *next;
    struct handle to;
    struct snapshot *snap;           /* a reference, moved in; given back by the pool */
    /* Runs on a pool thread; `scanner` NULL when none could be made. */
    void (*work)(struct inspect_task *t, struct scanner *scanner);
};

CD_USE struct inspect_pool *inspect_pool_new(unsigned threads, unsigned queue_max);
/* Finishes what is queued, joins. */
void inspect_pool_free(struct inspect_pool *p);
/* False when the queue is full: the task stays the caller's. Any worker. */
CD_USE bool inspect_pool_post(struct inspect_pool *p, struct inspect_task *t);

#endif
