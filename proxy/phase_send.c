/* Phase SEND: the verdict's deed. The only place from which anything is dialled, and only with a durable record. */
#include "core/clock.h"
#include "core/metrics.h"
#include "proxy/exchange.h"
#include "proxy/return.h"
#include "proxy/upstream.h"

/* A job's last event. Which job it was of is not looked up: only whether any is left matters. */
static void job_ended(struct exchange *x, const struct conv_event *e)
{
    uint32_t i = e->choice < CONV_MAX_CHOICES ? e->choice : 0;
    if (x->jobs[i] == 0) return;
    x->jobs[i] = 0;
    x->n_jobs--;
}

static void on_engine(struct letter *l, void *owner)
{
    struct worker *w = CD_CHECK(owner, struct worker, WORKER_MAGIC);
    struct engine_letter *m = (struct engine_letter *)l;
    struct exchange *x = worker_slot_find(w, &m->to);
    bool last = m->event.kind == EV_END || m->event.kind == EV_ERROR;
    if (x && last) job_ended(x, &m->event);
    if (x && !x->aborted) {
        return_event(x, &m->event);
    } else if (x && last) {
        x->prompt_tokens = m->event.prompt_tokens;
        x->completion_tokens += m->event.completion_tokens;
        x->ended = x->n_jobs == 0;
        if (x->ended) exchange_go(x);
    }
    engine_letter_free(m);
}

static void begin_answer(struct exchange *x)
{
    const struct conv *c = &x->judged.conv;
    x->answer = (struct answer){.codec = x->route->codec, .route = x->route, .conv = c,
                                .request = x->recall.full.n ? &x->recall.full : &x->judged.doc,
                                .id = x->id, .id_key = x->judged.id_key, .class_mask = x->id_classes,
                                .model = x->model_name,
                                /* What is to be read by a program has no room for a sentence of ours. */
                                .notice = c->format == FORMAT_TEXT ? x->judged.verdict.notice : NULL,
                                .created = clock_utc_ns() / 1000000000u, .stream = c->stream};
}

static enum step send_local(struct exchange *x)
{
    begin_answer(x);
    for (uint32_t i = 0; i < CONV_MAX_CHOICES && x->local[i]; i++) {
        struct engine_request *r = x->local[i];
        x->local[i] = NULL;
        enum fail f = engine_submit(x->worker->shared->engine, x->engine_model, r, x->handle, on_engine, &x->jobs[i]);
        if (f == FAIL_ENGINE_BUSY) metric_add(METRIC_ENGINE_BUSY, 1);
        if (f) {
            exchange_cancel_jobs(x);
            x->jobs[i] = 0;
            return exchange_refuse(x, f, NULL);
        }
        x->n_jobs++;
    }
    return_watch_silence(x);
    return STEP_NEXT;
}

enum step phase_send(struct exchange *x)
{
    x->sent_us = clock_mono_us();
    if (x->aborted) {
        x->ended = true;
        return STEP_NEXT;
    }
    if (x->refuse) {
        return_refusal(x);
        return STEP_NEXT;
    }
    if (!x->recorded) return exchange_refuse(x, FAIL_INTERNAL, NULL);   /* no verdict, no dial: whatever went wrong above */
    if (x->serves_object) {
        return_object(x);
        return STEP_NEXT;
    }
    if (x->judged.verdict.action == ACTION_LOCAL) return send_local(x);
    enum fail f = upstream_send(x);
    return f ? exchange_refuse(x, f, NULL) : STEP_NEXT;
}
