#include "localmodel/engine_queue.h"
#include "core/metrics.h"

enum fail queue_init(struct queue *q, size_t room, uint64_t first_id)
{
    *q = (struct queue){.room = room, .next_id = first_id};
    q->tail = &q->waiting;
    atomic_init(&q->stopping, false);
    atomic_init(&q->run, 0);
    if (pthread_mutex_init(&q->lock, NULL) != 0) return FAIL_NO_MEMORY;
    if (pthread_cond_init(&q->wake, NULL) != 0) {
        pthread_mutex_destroy(&q->lock);
        return FAIL_NO_MEMORY;
    }
    return FAIL_OK;
}

void queue_fini(struct queue *q)
{
    pthread_cond_destroy(&q->wake);
    pthread_mutex_destroy(&q->lock);
}

/* --- coming in --- */

/* A job of this list that the request may join, locked. */
static struct job *twin_in(struct job *list, const struct engine_request *r)
{
    while (list && !job_lock_for(list, r)) list = list->next;
    return list;
}

static enum fail join(struct queue *q, struct job *twin, struct job *j, uint64_t *id)
{
    enum fail f = q->joined >= q->room ? FAIL_ENGINE_BUSY : FAIL_OK;
    if (f == FAIL_OK) {
        *id = j->askers->id = q->next_id++;
        f = job_join(twin, j);
        q->joined += f == FAIL_OK;
        return f;
    }
    pthread_mutex_unlock(&twin->lock);
    job_free(j);
    return f;
}

static enum fail enter(struct queue *q, struct job *j, uint64_t *id)
{
    if (q->inside >= q->room) {
        job_free(j);
        return FAIL_ENGINE_BUSY;
    }
    *id = j->askers->id = q->next_id++;
    j->next = NULL;
    *q->tail = j;
    q->tail = &j->next;
    q->inside++;
    pthread_cond_signal(&q->wake);
    return FAIL_OK;
}

enum fail queue_put(struct queue *q, struct job *j, uint64_t *id)
{
    enum fail f = FAIL_ENGINE_FAILED;
    pthread_mutex_lock(&q->lock);
    if (queue_stopping(q)) {
        job_free(j);
    } else {
        struct job *twin = twin_in(q->running, j->request);
        if (twin == NULL) twin = twin_in(q->waiting, j->request);
        f = twin ? join(q, twin, j, id) : enter(q, j, id);
    }
    pthread_mutex_unlock(&q->lock);
    return f;
}

/* --- going --- */

static struct job *unlink_waiting(struct queue *q, struct job **at)
{
    struct job *j = *at;
    *at = j->next;
    if (q->tail == &j->next) q->tail = at;
    return j;
}

/* The link that points at the job whose asker left, or NULL. */
static struct job **leave(struct job **list, uint64_t id, enum job_leaving *how)
{
    for (struct job **at = list; *at; at = &(*at)->next)
        if ((*how = job_leave(*at, id)) != JOB_NOT_ASKED) return at;
    return NULL;
}

void queue_cancel(struct queue *q, uint64_t id)
{
    enum job_leaving how = JOB_NOT_ASKED;
    struct job *gone = NULL;
    pthread_mutex_lock(&q->lock);
    struct job **at = leave(&q->waiting, id, &how);
    if (at && how == JOB_WAS_LAST) {
        gone = unlink_waiting(q, at);
        q->inside--;
    } else if (at == NULL && (at = leave(&q->running, id, &how)) != NULL && how == JOB_WAS_LAST) {
        atomic_store(&(*at)->cancelled, true);
    }
    if (how == JOB_LEFT) q->joined--;
    pthread_mutex_unlock(&q->lock);
    if (gone == NULL) return;
    job_fail(gone, FAIL_CLIENT_ABORT);
    job_free(gone);
}

void queue_stop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->stopping, true);
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}

/* --- the model's thread --- */

static struct job **first_count(struct queue *q)
{
    struct job **at = &q->waiting;
    while (*at && (*at)->request->kind != CONV_COUNT) at = &(*at)->next;
    return *at ? at : NULL;
}

struct job *queue_take(struct queue *q, enum queue_want want, bool wait)
{
    struct job *j = NULL;
    pthread_mutex_lock(&q->lock);
    while (wait && q->waiting == NULL && !queue_stopping(q)) pthread_cond_wait(&q->wake, &q->lock);
    struct job **at = first_count(q);
    if (at == NULL && want == QUEUE_ANY && q->waiting) at = &q->waiting;
    if (at && !queue_stopping(q)) {
        j = unlink_waiting(q, at);
        j->next = q->running;
        q->running = j;
        atomic_fetch_add_explicit(&q->run, 1, memory_order_relaxed);
        metric_add(METRIC_ENGINE_JOBS, 1);
    }
    pthread_mutex_unlock(&q->lock);
    return j;
}

void queue_finish(struct queue *q, struct job *j)
{
    pthread_mutex_lock(&q->lock);
    struct job **at = &q->running;
    while (*at && *at != j) at = &(*at)->next;
    if (*at) *at = j->next;
    size_t askers = job_askers(j);
    if (askers > 1) q->joined -= askers - 1;
    q->inside--;
    pthread_mutex_unlock(&q->lock);
    job_free(j);
}

static void fail_list(struct job *j)
{
    while (j) {
        struct job *next = j->next;
        job_fail(j, FAIL_ENGINE_FAILED);
        job_free(j);
        j = next;
    }
}

void queue_fail_all(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    struct job *waiting = q->waiting, *running = q->running;
    q->waiting = q->running = NULL;
    q->tail = &q->waiting;
    q->inside = q->joined = 0;
    pthread_mutex_unlock(&q->lock);
    fail_list(running);
    fail_list(waiting);
}
