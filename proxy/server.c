#include "proxy/server.h"
#include "audit/record.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/inspect_pool.h"
#include "proxy/listen.h"
#include "proxy/tls.h"
#include "proxy/worker.h"
#include "state/state.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 1024   /* as conf/ has it */
#define POOL_QUEUE 64

struct server {
    char *conf_path;
    struct snapshot *snap;
    struct worker_shared shared;
    struct worker **workers;
    unsigned n_workers, n_running;
    bool draining;
};

static unsigned worker_count(const struct conf *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = c->workers ? c->workers : cores > 2 ? (unsigned)cores - 1 : 1;
    return n < WORKERS_MAX ? n : WORKERS_MAX;
}

static bool start_engine(struct server *s, struct why *why)
{
    const struct conf *c = s->snap->conf;
    if (c->n_models == 0) return true;
    struct engine_model_conf *m = calloc(c->n_models, sizeof *m);
    if (m == NULL) return why_set(why, "out of memory"), false;
    for (size_t i = 0; i < c->n_models; i++) {
        const struct conf_model *from = &c->models[i];
        m[i] = (struct engine_model_conf){.name = from->name, .file = from->file, .context = from->context,
                                          .parallel = from->parallel, .threads = from->threads, .queue = from->queue,
                                          .chat_template = from->chat_template};
    }
    s->shared.engine = engine_start(m, c->n_models, why);
    free(m);
    return s->shared.engine != NULL;
}

static bool start_ledger(struct server *s, struct why *why)
{
    const struct conf *c = s->snap->conf;
    struct ledger_conf lc = {.dir = c->ledger_dir, .segment_bytes = c->ledger_segment};
    s->shared.ledger = ledger_open(&lc, why);
    return s->shared.ledger != NULL;
}

static bool start_state(struct server *s, struct why *why)
{
    s->shared.state = state_open(&s->snap->conf->state, why);
    return s->shared.state != NULL;
}

static bool start_workers(struct server *s, struct why *why)
{
    const struct conf *c = s->snap->conf;
    unsigned n = worker_count(c);
    int *fds = calloc((size_t)n * c->n_listeners + 1, sizeof *fds);
    s->workers = calloc(n, sizeof *s->workers);
    bool ok = fds && s->workers;
    if (!ok) why_set(why, "out of memory");
    ok = ok && listen_open(c, n, fds, why);
    for (unsigned i = 0; ok && i < n; i++) {
        s->workers[i] = worker_new(i, &s->shared, s->snap, fds + (size_t)i * c->n_listeners, why);
        ok = s->workers[i] != NULL;
        s->n_workers += ok;
    }
    free(fds);
    for (unsigned i = 0; ok && i < n; i++) {
        ok = worker_start(s->workers[i]);
        s->n_running += ok;
        if (!ok) why_set(why, "a worker thread cannot be started");
    }
    return ok;
}

/* A record that nobody waits for: start, stop, reload. */
static void record_event(struct server *s, const char *event, const char *detail)
{
    struct ticket *t = calloc(1, sizeof *t);
    struct obuf body = {0};
    record_event_put(&body, event, CORDON_VERSION, s->snap->conf->digest, detail);
    if (t) t->body = obuf_take(&body, &t->body_len);
    obuf_fini(&body);
    if (t && (t->body == NULL || ledger_submit(s->shared.ledger, t) != FAIL_OK)) {
        LOG(WARN, "ledger.event", "event=%s could not be recorded", event);
        ticket_free(t);
    }
}

struct server *server_start(const char *conf_path, struct why *why)
{
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL || (s->conf_path = strdup(conf_path)) == NULL) return free(s), why_set(why, "out of memory"), NULL;
    digest_init();
    tls_init();
    s->snap = snapshot_load(conf_path, why);
    if (s->snap == NULL) goto failed;
    log_level = (enum log_level)s->snap->conf->log_level;
    const char *ca = s->snap->conf->ca_dir;
    if (ca && (s->shared.signer = signer_start(ca, why)) == NULL) goto failed;   /* before any thread */
    if (!start_ledger(s, why) || !start_state(s, why) || !start_engine(s, why)) goto failed;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    s->shared.pool = inspect_pool_new(cores > 2 ? (unsigned)cores / 2 : 1, POOL_QUEUE);
    if (s->shared.pool == NULL) {
        why_set(why, "the inspection threads cannot be started");
        goto failed;
    }
    if (!start_workers(s, why)) goto failed;
    record_event(s, "start", NULL);
    return s;
failed:
    server_free(s);
    return NULL;
}

/* --- reload ------------------------------------------------------------------------------------------------------ */

static bool same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static const char *changed_listener(const struct conf *a, const struct conf *b)
{
    if (a->n_listeners != b->n_listeners) return "listeners";
    for (size_t i = 0; i < a->n_listeners; i++) {
        const struct conf_listener *x = &a->listeners[i], *y = &b->listeners[i];
        if (!same(x->name, y->name) || x->mode != y->mode || !same(x->address, y->address) || x->tls != y->tls) return "listeners";
    }
    return NULL;
}

static const char *changed_model(const struct conf *a, const struct conf *b)
{
    if (a->n_models != b->n_models) return "models";
    for (size_t i = 0; i < a->n_models; i++) {
        const struct conf_model *x = &a->models[i], *y = &b->models[i];
        if (!same(x->name, y->name) || !same(x->file, y->file) || !same(x->chat_template, y->chat_template) ||
            x->context != y->context || x->parallel != y->parallel || x->threads != y->threads || x->queue != y->queue)
            return "models";
    }
    return NULL;
}

static bool same_state(const struct conf_state *a, const struct conf_state *b)
{
    const struct conf_redis *x = a->redis, *y = b->redis;
    if (!same(a->dir, b->dir) || !same(a->key_file, b->key_file) || a->keep_s != b->keep_s || !x != !y) return false;
    if (x == NULL) return true;
    return same(x->address, y->address) && same(x->username, y->username) && same(x->password_from_env, y->password_from_env) &&
           same(x->password_from_file, y->password_from_file) && same(x->prefix, y->prefix) &&
           x->database == y->database && x->timeout_ms == y->timeout_ms;
}

/* The first section that differs and that only a restart can change, or NULL. */
static const char *needs_restart(const struct conf *a, const struct conf *b)
{
    const char *what = changed_listener(a, b);
    if (what == NULL) what = changed_model(a, b);
    if (what == NULL && !same(a->ca_dir, b->ca_dir)) what = "ca";
    if (what == NULL && (!same(a->ledger_dir, b->ledger_dir) || a->ledger_segment != b->ledger_segment)) what = "ledger";
    if (what == NULL && !same(a->admin_address, b->admin_address)) what = "admin";
    if (what == NULL && a->workers != b->workers) what = "workers";
    if (what == NULL && !same_state(&a->state, &b->state)) what = "state";
    return what;
}

static bool hand_out(struct server *s, struct snapshot *snap)
{
    bool ok = true;
    for (unsigned i = 0; i < s->n_workers; i++) {
        struct snapshot *ref = snapshot_ref(snap);
        if (worker_post_snapshot(s->workers[i], ref)) continue;
        snapshot_unref(ref);
        ok = false;
    }
    return ok;
}

bool server_reload(struct server *s, struct why *why)
{
    struct snapshot *snap = snapshot_load(s->conf_path, why);
    const char *restart = snap ? needs_restart(s->snap->conf, snap->conf) : NULL;
    if (restart) why_set(why, "`%s` has changed, which only a restart can put in force; nothing was changed", restart);
    if (snap == NULL || restart || !hand_out(s, snap)) {
        snapshot_unref(snap);
        metric_add(METRIC_RELOADS_FAILED, 1);
        record_event(s, "reload_failed", NULL);
        return false;
    }
    snapshot_unref(s->snap);
    s->snap = snap;
    log_level = (enum log_level)snap->conf->log_level;
    metric_add(METRIC_RELOADS, 1);
    record_event(s, "reload", NULL);
    return true;
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

bool server_ready(const struct server *s, struct why *why)
{
    if (s->draining) return why_set(why, "shutting down"), false;
    if (!ledger_healthy(s->shared.ledger)) return why_set(why, "the ledger cannot be written"), false;
    if (!state_up(s->shared.state)) return why_set(why, "the store of conversations does not answer"), false;
    return true;
}

const char *server_admin_address(const struct server *s) { return s->snap->conf->admin_address; }

static void join_by(struct worker *w, time_t deadline)
{
    struct timespec until = {deadline, 0};
    if (pthread_timedjoin_np(w->thread, NULL, &until) == 0) return;
    LOG(WARN, "drain.cut", "worker=%u requests were still running", w->index);
    worker_post_drain(w, true);
    worker_join(w);
}

void server_drain(struct server *s)
{
    s->draining = true;
    time_t deadline = time(NULL) + (time_t)s->snap->conf->drain_timeout_s;
    for (unsigned i = 0; i < s->n_running; i++) worker_post_drain(s->workers[i], false);
    for (unsigned i = 0; i < s->n_running; i++) join_by(s->workers[i], deadline);
    s->n_running = 0;
    record_event(s, "stop", NULL);
}

void server_free(struct server *s)
{
    for (unsigned i = 0; i < s->n_running; i++) worker_post_drain(s->workers[i], true);
    for (unsigned i = 0; i < s->n_running; i++) worker_join(s->workers[i]);
    /* Whoever answers into the workers' mailboxes ends before they do; the ledger last, so that outcomes are recorded. */
    for (unsigned i = 0; i < s->n_workers; i++) worker_cut(s->workers[i]);
    inspect_pool_free(s->shared.pool);
    if (s->shared.engine) engine_stop(s->shared.engine);
    s->shared.engine = NULL;
    for (unsigned i = 0; i < s->n_workers; i++) worker_take_mail(s->workers[i]);
    for (unsigned i = 0; i < s->n_workers; i++) worker_close_state(s->workers[i]);
    if (s->shared.state) state_close(s->shared.state);
    s->shared.state = NULL;
    struct ledger *ledger = s->shared.ledger;
    s->shared.ledger = NULL;
    if (ledger) ledger_close(ledger);
    for (unsigned i = 0; i < s->n_workers; i++) worker_free(s->workers[i]);
    free(s->workers);
    if (s->shared.signer) signer_stop(s->shared.signer);
    snapshot_unref(s->snap);
    free(s->conf_path);
    free(s);
}
