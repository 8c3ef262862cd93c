/* engine_queue.h - where the jobs of one model wait: bounded, first in, first out, but that a count of tokens, which
 * takes no place among those decoded, goes before the others. Workers put and cancel; the model's thread takes and
 * finishes. A mutex guards the two lists; nothing is done under it but linking and telling. */
#ifndef CORDON_LOCALMODEL_ENGINE_QUEUE_H
#define CORDON_LOCALMODEL_ENGINE_QUEUE_H

#include "localmodel/engine_job.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *waiting, **tail;
    struct job *running;
    size_t inside, room;               /* waiting and running jobs; how many may be */
    size_t joined;                     /* askers beyond the first of each job; as many as `room` may be */
    uint64_t next_id;
    _Atomic bool stopping;
    _Atomic uint64_t run;              /* jobs taken to be run */
};

/* `room`: jobs that may wait or run at once. `first_id`: ids count up from it. */
CD_USE enum fail queue_init(struct queue *q, size_t room, uint64_t first_id);
void queue_fini(struct queue *q);      /* empty, as queue_fail_all leaves it */

/* Any thread. A request with a twin inside joins that one's job; the job is then freed. ENGINE_BUSY when there is no room,
 * ENGINE_FAILED when it is stopping; the job is then freed, too. `*id` is set before the model's thread can see the job. */
CD_USE enum fail queue_put(struct queue *q, struct job *j, uint64_t *id);
/* Any thread. A waiting job that loses its last asker ends at once with CLIENT_ABORT, a running one is marked. */
void queue_cancel(struct queue *q, uint64_t id);
/* Any thread. From now on queue_take gives nothing and waits for nothing. */
void queue_stop(struct queue *q);
static inline bool queue_stopping(const struct queue *q) { return atomic_load(&q->stopping); }

enum queue_want { QUEUE_ANY, QUEUE_COUNTS };   /* QUEUE_COUNTS: only what takes no place */
/* The model's thread: the next job, which then counts as running; waits for one when `wait`. NULL: there is none. */
CD_USE struct job *queue_take(struct queue *q, enum queue_want want, bool wait);
/* The model's thread: an ended job leaves and is freed. */
void queue_finish(struct queue *q, struct job *j);
/* After queue_stop, by the last user: every job left ends with ENGINE_FAILED. */
void queue_fail_all(struct queue *q);

#endif
