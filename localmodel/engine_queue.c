#include "localmodel/engine_queue.h"

enum fail queue_init(struct queue *q, size_t room, uint64_t first_id)
{
    *q = (struct queue){.room = room, .next_id = first_id};
    q->tail = &q->waiting;
    atomic_init(&q->stopping, false);
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

enum fail queue_put(struct queue *q, struct job *j, uint64_t *id)
{
    pthread_mutex_lock(&q->lock);
    enum fail f = queue_stopping(q) ? FAIL_ENGINE_FAILED : q->inside >= q->room ? FAIL_ENGINE_BUSY : FAIL_OK;
    if (f == FAIL_OK) {
        *id = j->id = q->next_id++;
        j->next = NULL;
        *q->tail = j;
        q->tail = &j->next;
        q->inside++;
        pthread_cond_signal(&q->wake);
    }
    pthread_mutex_unlock(&q->lock);
    if (f != FAIL_OK) job_free(j);
    return f;
}

/* The link that points at the job, or NULL. */
static struct job **find(struct job **list, uint64_t id)
{
    for (struct job **at = list; *at; at = &(*at)->next)
        if ((*at)->id == id) return at;
    return NULL;
}

static struct job *unlink_waiting(struct queue *q, struct job **at)
{
    struct job *j = *at;
    *at = j->next;
    if (q->tail == &j->next) q->tail = at;
    return j;
}

void queue_cancel(struct queue *q, uint64_t id)
{
    struct job *gone = NULL;
    pthread_mutex_lock(&q->lock);
    struct job **at = find(&q->waiting, id);
    if (at) {
        gone = unlink_waiting(q, at);
        q->inside--;
    } else if ((at = find(&q->running, id)) != NULL) {
        atomic_store(&(*at)->cancelled, true);
    }
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

struct job *queue_take(struct queue *q, bool wait)
{
    struct job *j = NULL;
    pthread_mutex_lock(&q->lock);
    while (wait && q->waiting == NULL && !queue_stopping(q)) pthread_cond_wait(&q->wake, &q->lock);
    if (q->waiting && !queue_stopping(q)) {
        j = unlink_waiting(q, &q->waiting);
        j->next = q->running;
        q->running = j;
    }
    pthread_mutex_unlock(&q->lock);
    return j;
}

void queue_finish(struct queue *q, struct job *j)
{
    pthread_mutex_lock(&q->lock);
    struct job **at = find(&q->running, j->id);
    if (at) *at = j->next;
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
    q->inside = 0;
    pthread_mutex_unlock(&q->lock);
    fail_list(running);
    fail_list(waiting);
}
