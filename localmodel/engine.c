/* What all engines share: the models by name, their threads and their queues. */
#include "core/log.h"
#include "localmodel/engine_backend.h"
#include <signal.h>
#include <stdlib.h>

struct model {
    struct engine_model_conf conf;     /* strings are its own */
    struct engine_model_info info;
    struct queue jobs;
    struct backend *backend;
    pthread_t thread;
    bool queue_made, running;
};

struct engine {
    size_t n;
    struct model models[];
};

/* A job id carries its model in the top byte, so that a cancel needs no search. */
#define ID_SHIFT 56
#define MODELS_MAX 255

static char *copy(const char *s) { return s ? strdup(s) : NULL; }

static enum fail conf_copy(const struct engine_model_conf *from, struct engine_model_conf *to)
{
    *to = *from;
    to->name = copy(from->name);
    to->file = copy(from->file);
    to->chat_template = copy(from->chat_template);
    if (to->parallel == 0) to->parallel = 4;
    if (to->parallel > ENGINE_PARALLEL_MAX) to->parallel = ENGINE_PARALLEL_MAX;
    if (to->threads == 0) to->threads = 1;
    if (to->queue == 0) to->queue = 32;
    bool whole = to->name && to->file && (to->chat_template || !from->chat_template);
    return whole ? FAIL_OK : FAIL_NO_MEMORY;
}

static void conf_free(struct engine_model_conf *c)
{
    free((char *)c->name);
    free((char *)c->file);
    free((char *)c->chat_template);
}

static void *model_thread(void *arg)
{
    struct model *m = arg;
    backend_run(m->backend);
    return NULL;
}

/* Signals are the main thread's: the new one takes none. */
static bool thread_start(struct model *m)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    m->running = pthread_create(&m->thread, NULL, model_thread, m) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return m->running;
}

static enum fail model_start(struct model *m, const struct engine_model_conf *conf, size_t at, struct why *why)
{
    why_set(why, "model %s: out of memory", conf->name);
    if (conf_copy(conf, &m->conf) != FAIL_OK) return FAIL_NO_MEMORY;
    if (queue_init(&m->jobs, (size_t)m->conf.parallel + m->conf.queue, ((uint64_t)at << ID_SHIFT) + 1) != FAIL_OK)
        return FAIL_NO_MEMORY;
    m->queue_made = true;
    m->backend = backend_open(&m->conf, &m->info, &m->jobs, why);
    if (m->backend == NULL) return FAIL_CONFIG;
    if (!thread_start(m)) {
        why_set(why, "model %s: its thread could not be started; look at the limits on processes and memory", conf->name);
        return FAIL_NO_MEMORY;
    }
    LOG(INFO, "engine.ready", "model=%s family=%s parameters=%llu context=%u parallel=%u threads=%u", m->conf.name,
        m->info.family, (unsigned long long)m->info.parameters, m->info.context, m->conf.parallel, m->conf.threads);
    return FAIL_OK;
}

struct engine *engine_start(const struct engine_model_conf *conf, size_t n, struct why *why)
{
    struct engine *e = n <= MODELS_MAX ? calloc(1, sizeof *e + n * sizeof e->models[0]) : NULL;
    if (e == NULL) {
        why_set(why, n <= MODELS_MAX ? "out of memory" : "more than %d local models", MODELS_MAX);
        return NULL;
    }
    for (; e->n < n; e->n++) {
        if (model_start(&e->models[e->n], &conf[e->n], e->n, why) == FAIL_OK) continue;
        e->n++;                        /* the half-made one is taken down with the others */
        engine_stop(e);
        return NULL;
    }
    return e;
}

static void model_stop(struct model *m)
{
    if (m->running) pthread_join(m->thread, NULL);
    if (m->backend) backend_close(m->backend);
    if (m->queue_made) {
        queue_fail_all(&m->jobs);
        queue_fini(&m->jobs);
    }
    conf_free(&m->conf);
}

void engine_stop(struct engine *e)
{
    if (e == NULL) return;
    for (size_t i = 0; i < e->n; i++)
        if (e->models[i].queue_made) queue_stop(&e->models[i].jobs);
    for (size_t i = 0; i < e->n; i++) model_stop(&e->models[i]);
    free(e);
}

size_t engine_count(const struct engine *e) { return e ? e->n : 0; }

/* An encoder does not chat, and a chat model's vectors mean little. */
static bool is_for(const struct model *m, enum conv_kind kind) { return m->info.embeds == (kind == CONV_EMBED); }

/* The number of models when there is none of that name for that. */
static size_t find(const struct engine *e, const char *name, enum conv_kind kind)
{
    size_t n = engine_count(e), at = 0;
    while (at < n && !((name == NULL || strcmp(e->models[at].conf.name, name) == 0) && is_for(&e->models[at], kind))) at++;
    return at;
}

const struct engine_model_info *engine_find(const struct engine *e, const char *name, enum conv_kind kind)
{
    size_t at = find(e, name, kind);
    return at < engine_count(e) ? &e->models[at].info : NULL;
}

enum fail engine_submit(struct engine *e, const char *model, struct engine_request *r, struct handle to,
                        void (*deliver)(struct letter *, void *owner), uint64_t *job)
{
    size_t at = find(e, model, r->kind);
    if (at >= engine_count(e)) {
        engine_request_free(r);
        return FAIL_ENGINE_MISSING;
    }
    struct job *j = job_new(r, to, deliver);
    return j ? queue_put(&e->models[at].jobs, j, job) : FAIL_NO_MEMORY;
}

void engine_cancel(struct engine *e, uint64_t job)
{
    size_t at = (size_t)(job >> ID_SHIFT);
    if (at < engine_count(e)) queue_cancel(&e->models[at].jobs, job);
}

uint64_t engine_jobs_run(const struct engine *e)
{
    uint64_t n = 0;
    for (size_t i = 0; i < engine_count(e); i++) n += atomic_load_explicit(&e->models[i].jobs.run, memory_order_relaxed);
    return n;
}
