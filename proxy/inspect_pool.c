#include "proxy/inspect_pool.h"
#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 64

struct inspect_pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct inspect_task *first, **last;
    unsigned queued, queue_max, n_threads;
    bool stop;
    pthread_t thread[THREADS_MAX];
};

static struct inspect_task *next_task(struct inspect_pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->first == NULL && !p->stop) pthread_cond_wait(&p->more, &p->lock);
    struct inspect_task *t = p->first;
    if (t) {
        p->first = t->next;
        if (p->first == NULL) p->last = &p->first;
        p->queued--;
    }
    pthread_mutex_unlock(&p->lock);
    return t;
}

/* The thread's scanner, made anew when the policy has changed. */
static struct scanner *scanner_for(struct snapshot *snap, struct snapshot **kept, struct scanner *s)
{
    if (*kept == snap && s) return s;
    scanner_free(s);
    snapshot_unref(*kept);
    *kept = snapshot_ref(snap);
    return scanner_new(snap->pack);
}

static void *pool_main(void *arg)
{
    struct inspect_pool *p = arg;
    struct snapshot *kept = NULL;
    struct scanner *s = NULL;
    for (struct inspect_task *t; (t = next_task(p)) != NULL;) {
        s = scanner_for(t->snap, &kept, s);
        t->work(t, s);
        snapshot_unref(t->snap);
        mailbox_post(t->to.box, &t->letter);
    }
    scanner_free(s);
    snapshot_unref(kept);
    return NULL;
}

struct inspect_pool *inspect_pool_new(unsigned threads, unsigned queue_max)
{
    struct inspect_pool *p = calloc(1, sizeof *p);
    if (p == NULL) return NULL;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    p->last = &p->first;
    p->queue_max = queue_max;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    while (p->n_threads < threads && pthread_create(&p->thread[p->n_threads], NULL, pool_main, p) == 0) p->n_threads++;
    if (p->n_threads == 0) {
        inspect_pool_free(p);
        return NULL;
    }
    return p;
}

void inspect_pool_free(struct inspect_pool *p)
{
    if (p == NULL) return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_threads; i++) pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

bool inspect_pool_post(struct inspect_pool *p, struct inspect_task *t)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->queued < p->queue_max && !p->stop;
    if (room) {
        t->next = NULL;
        *p->last = t;
        p->last = &t->next;
        p->queued++;
        pthread_cond_signal(&p->more);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}
