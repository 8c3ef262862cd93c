/* queue.h - tickets on their way to the writer thread. Any thread pushes, without a lock; the writer takes all. A push
 * wakes a sleeping writer, and only when it has to: a ticket that nobody waits for does not cut a short sleep short. */
#ifndef CORDON_AUDIT_QUEUE_H
#define CORDON_AUDIT_QUEUE_H

#include "audit/ledger.h"
#include <semaphore.h>
#include <stdatomic.h>

/* AWAKE: it looks again by itself. SHORT: until a moment that it has set itself, or a ticket that somebody waits for. DEEP:
 * until any ticket comes. */
enum { QUEUE_AWAKE, QUEUE_SHORT, QUEUE_DEEP };   /* how the writer sleeps */

/* Embedded in the ledger. A stack of pushed tickets, as in core/mailbox.h, but with a semaphore: the writer waits with a
 * time-out and has no event loop. */
struct ticket_queue {
    _Atomic(struct ticket *) top;
    _Atomic int sleep;
    sem_t wake;
};

void ticket_queue_init(struct ticket_queue *q);
void ticket_queue_fini(struct ticket_queue *q);
/* Any thread. Moves the ticket in. */
void ticket_queue_push(struct ticket_queue *q, struct ticket *t);
/* Any thread. Wakes the writer whatever it waits for: it is to stop. */
void ticket_queue_ring(struct ticket_queue *q);
/* Writer: all that came, oldest first, linked by `next`. */
struct ticket *ticket_queue_take(struct ticket_queue *q);
/* Writer, in two steps, so that no push is missed: say how it will sleep, then take once more, then sleep. */
void ticket_queue_will_sleep(struct ticket_queue *q, int how);
/* Sleeps until woken or for `us` microseconds; 0 is without end. */
void ticket_queue_sleep(struct ticket_queue *q, uint64_t us);
void ticket_queue_stay_awake(struct ticket_queue *q);

#endif
