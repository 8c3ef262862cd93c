#include "audit/queue.h"
#include <errno.h>
#include <time.h>

void ticket_queue_init(struct ticket_queue *q)
{
    atomic_init(&q->top, NULL);
    atomic_init(&q->sleep, QUEUE_AWAKE);
    sem_init(&q->wake, 0, 0);
}

void ticket_queue_fini(struct ticket_queue *q) { sem_destroy(&q->wake); }

void ticket_queue_ring(struct ticket_queue *q)
{
    if (atomic_exchange(&q->sleep, QUEUE_AWAKE) != QUEUE_AWAKE) sem_post(&q->wake);
}

/* The order is what makes it safe: here push, then look whether the writer sleeps; there say that it will sleep, then
 * look whether something was pushed. All sequentially consistent, so one of the two sees the other. */
void ticket_queue_push(struct ticket_queue *q, struct ticket *t)
{
    bool waits = t->to.box != NULL;   /* the writer may free it as soon as it is in */
    struct ticket *top = atomic_load_explicit(&q->top, memory_order_relaxed);
    do t->next = top;
    while (!atomic_compare_exchange_weak(&q->top, &top, t));
    int sleep = atomic_load(&q->sleep);
    if (sleep == QUEUE_DEEP || (sleep == QUEUE_SHORT && waits)) ticket_queue_ring(q);
}

struct ticket *ticket_queue_take(struct ticket_queue *q)
{
    struct ticket *t = atomic_exchange(&q->top, NULL), *first = NULL;
    while (t != NULL) {
        struct ticket *next = t->next;
        t->next = first;
        first = t;
        t = next;
    }
    return first;
}

void ticket_queue_will_sleep(struct ticket_queue *q, int how) { atomic_store(&q->sleep, how); }
void ticket_queue_stay_awake(struct ticket_queue *q) { atomic_store(&q->sleep, QUEUE_AWAKE); }

void ticket_queue_sleep(struct ticket_queue *q, uint64_t us)
{
    struct timespec until;
    if (us == 0) {
        while (sem_wait(&q->wake) != 0 && errno == EINTR) continue;
    } else {
        clock_gettime(CLOCK_MONOTONIC, &until);
        uint64_t ns = (uint64_t)until.tv_nsec + us * 1000u;
        until.tv_sec += (time_t)(ns / 1000000000u);
        until.tv_nsec = (long)(ns % 1000000000u);
        while (sem_clockwait(&q->wake, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR) continue;
    }
    ticket_queue_stay_awake(q);
}
