/* Phase 6: the intent, durable before anything is dialled, sent or answered. */
#include "audit/record.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "proxy/exchange.h"
#include "proxy/up_head.h"
#include <stdlib.h>

static void fill_where(const struct exchange *x, struct record_intent *r)
{
    const struct conf_upstream *up = exchange_upstream(x);
    r->baa = r->perimeter = -1;
    if (up == NULL) return;
    r->upstream = up->name;
    r->region = up->region;
    r->baa = up->baa;
    r->perimeter = up->inside;
    if (x->refuse || x->judged.verdict.action == ACTION_LOCAL) return;   /* nothing goes there */
    r->host = up->host;
    r->port = up->port;
}

static void fill_bytes(const struct exchange *x, struct record_intent *r)
{
    struct span raw = x->raw ? blob_span(x->raw) : SPAN_NONE, decoded = x->decoded ? blob_span(x->decoded) : SPAN_NONE;
    r->received = sha256(raw);
    r->received_bytes = raw.n;
    r->decoded = x->decoded == x->raw ? r->received : sha256(decoded);
    r->decoded_bytes = decoded.n;
    if (x->refuse || x->judged.verdict.action == ACTION_LOCAL) return;
    struct span body = x->up_body ? blob_span(x->up_body) : SPAN_NONE;
    r->sent = x->up_body == x->raw ? r->received : x->up_body == x->decoded ? r->decoded : sha256(body);
    r->sent_bytes = body.n;
    r->sent_head = up_head_digest(x);
}

static const char *method_of(const struct exchange *x)
{
    static const char *const known[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};
    for (size_t i = 0; i < COUNT(known); i++)
        if (span_is(x->head->method, known[i])) return known[i];
    return "other";
}

static void fill(const struct exchange *x, struct verdict *refusal, struct record_intent *r)
{
    *r = (struct record_intent){
        .id = x->id,
        .attempt = x->attempt,
        .listener = x->snap->conf->listeners[x->listener_index].name,
        .mode = listen_mode_name(x->mode),
        .client_address = span_str(x->client_address),
        .client = x->judged.site.client,
        .api = x->route->codec->name,
        .operation = x->route->operation,
        .method = method_of(x),
        .model = x->judged.site.model,
        .local_model = x->refuse || !x->model ? NULL : x->model_name,
        .verdict = &x->judged.verdict,
        .findings = &x->judged.findings,
        .class_names = ruleset_class_names(x->snap->rules),
        .policy = x->snap->conf->digest,
        .refusal = x->refuse,
    };
    if (x->refuse) {   /* a failure before or after the verdict: what happens is a refusal, whatever the rule said */
        *refusal = x->judged.verdict;
        refusal->action = ACTION_REFUSE;
        r->verdict = refusal;
    }
    judge_count_rows(&x->judged, r->rows);
    fill_where(x, r);
    fill_bytes(x, r);
}

static void come_back(struct letter *l, void *owner)
{
    struct worker *w = CD_CHECK(owner, struct worker, WORKER_MAGIC);
    struct ticket *t = (struct ticket *)l;
    struct exchange *x = worker_slot_find(w, &t->to);
    enum fail f = t->fail;
    uint64_t seq = t->seq;
    ticket_free(t);
    if (x == NULL) return;
    x->recorded = f == FAIL_OK;
    x->record_result = f;
    x->intent_seq = seq;
    x->recorded_us = clock_mono_us();
    metric_observe(HIST_RECORD, x->recorded_us - x->judged_us);
    exchange_go(x);
}

static enum step submit(struct exchange *x)
{
    struct record_intent r;
    struct verdict refusal;
    struct obuf body = {0};
    struct ticket *t = calloc(1, sizeof *t);
    fill(x, &refusal, &r);
    record_intent_put(&body, x->worker->shared->ledger, &r);
    if (t) {
        t->letter.deliver = come_back;
        t->to = x->handle;
        t->body = obuf_take(&body, &t->body_len);
    }
    obuf_fini(&body);
    enum fail f = t && t->body ? worker_record(x->worker, t) : FAIL_NO_MEMORY;
    if (f == FAIL_OK) return STEP_WAIT;
    if (t) ticket_free(t);
    return exchange_refuse(x, f, NULL);
}

enum step phase_record(struct exchange *x)
{
    if (x->judged_us == 0) x->judged_us = clock_mono_us();
    if (x->record_result) {
        enum fail f = x->record_result;
        x->record_result = FAIL_OK;
        return exchange_refuse(x, f, NULL);
    }
    return x->recorded ? STEP_NEXT : submit(x);
}
