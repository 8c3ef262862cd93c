/* Phase 7: the verdict's deed. The only place from which anything is dialled, and only with a durable record. */
#include "core/clock.h"
#include "core/metrics.h"
#include "proxy/exchange.h"
#include "proxy/upstream.h"

static void on_engine(struct letter *l, void *owner)
{
    struct worker *w = CD_CHECK(owner, struct worker, WORKER_MAGIC);
    struct engine_letter *m = (struct engine_letter *)l;
    struct exchange *x = worker_slot_find(w, &m->to);
    bool last = m->event.kind == EV_END || m->event.kind == EV_ERROR;
    if (x && last) x->job = 0;
    if (x && !x->aborted) {
        return_event(x, &m->event);
    } else if (x && last) {
        x->prompt_tokens = m->event.prompt_tokens;
        x->completion_tokens = m->event.completion_tokens;
        x->ended = true;
        exchange_go(x);
    }
    engine_letter_free(m);
}

static enum step send_local(struct exchange *x)
{
    const struct verdict *v = &x->judged.verdict;
    const struct conv *c = &x->judged.conv;
    x->answer = (struct answer){.codec = x->route->codec, .route = x->route, .conv = c, .request = &x->judged.doc,
                                .id = x->id, .class_mask = v->class_mask, .model = x->model_name, .notice = v->notice,
                                .created = clock_utc_ns() / 1000000000u, .stream = c->stream};
    struct engine_request *r = x->local;
    x->local = NULL;
    enum fail f = engine_submit(x->worker->shared->engine, v->model, r, x->handle, on_engine, &x->job);
    if (f == FAIL_ENGINE_BUSY) metric_add(METRIC_ENGINE_BUSY, 1);
    return f ? exchange_refuse(x, f, NULL) : STEP_NEXT;
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
    if (x->judged.verdict.action == ACTION_LOCAL) return send_local(x);
    enum fail f = upstream_send(x);
    return f ? exchange_refuse(x, f, NULL) : STEP_NEXT;
}
