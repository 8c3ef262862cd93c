/* The local answer: the engine's events in the client's format, what keeps a slow one alive, and answers that were kept. */
#include "core/clock.h"
#include "core/metrics.h"
#include "proxy/client.h"
#include "proxy/flush.h"
#include "proxy/recall_items.h"
#include "proxy/remember.h"
#include "proxy/reply.h"
#include "proxy/return.h"
#include "wire/objects.h"

#define FIRST_SILENCE_SECONDS 1   /* a stream's head and first event are out by then, whatever the engine does */
#define SILENCE_SECONDS 10

static const char *content_type_of(const struct exchange *x)
{
    const struct codec *c = x->route->codec;
    const char *own = c->content_type ? c->content_type(&x->answer) : NULL;
    return own ? own : x->answer.stream ? "text/event-stream; charset=utf-8" : "application/json";
}

static void put_head(struct exchange *x, const char *content_type, uint64_t length)
{
    struct obuf head = {0};
    const char *id_header = x->route->codec->id_header;
    x->status = 200;
    reply_begin(&head, 200);
    reply_header(&head, "content-type", span_str(content_type));
    reply_header(&head, id_header ? id_header : "x-request-id", span_str(x->id));
    if (x->answer.stream) {
        reply_header(&head, "cache-control", SPAN("no-cache, no-transform"));
        reply_header(&head, "x-accel-buffering", SPAN("no"));
    }
    if (x->route->codec->answer_headers) x->route->codec->answer_headers(&x->answer, &head);
    return_put_cordon_headers(x, &head);
    return_put_framing(x, &head, length);
    return_put(x, obuf_span(&head));
    if (!obuf_ok(&head)) x->cut = true;
    obuf_fini(&head);
}

/* ---- a model may think for minutes; clients and proxies in between give up on silence ---- */

/* White space before a JSON document is part of none; but the status is told with it. */
static void fill_whole(struct exchange *x)
{
    const char *type = content_type_of(x);
    if (strcmp(type, "application/json") != 0) return;
    if (!x->head_sent) put_head(x, type, UINT64_MAX);
    return_put_body(x, SPAN(" "));
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct exchange *x = CD_CHECK(arg, struct exchange, EXCHANGE_MAGIC);
    const struct codec *c = x->route->codec;
    if (x->answer.stream && !x->head_sent) {
        return_event(x, &(struct conv_event){.kind = EV_START});
        return;
    }
    obuf_reset(&x->out);
    if (!x->answer.stream) fill_whole(x);
    else if (c->keepalive) c->keepalive(&x->answer, &x->out);
    return_put_body(x, obuf_span(&x->out));
    if (x->client) flush_now(x->client->bev);
    return_watch_silence(x);
}

void return_watch_silence(struct exchange *x)
{
    if (x->client == NULL || x->judged.conv.kind != CONV_CHAT) return;
    if (x->keepalive == NULL) x->keepalive = event_new(x->worker->base, -1, 0, on_silence, x);
    bool first = x->answer.stream && !x->head_sent;
    struct timeval tv = {first ? FIRST_SILENCE_SECONDS : SILENCE_SECONDS, 0};
    if (x->keepalive) event_add(x->keepalive, &tv);
}

/* ---- the end ---- */

static void write_end(struct exchange *x, struct span bytes)
{
    if (!x->head_sent) put_head(x, content_type_of(x), x->answer.stream ? UINT64_MAX : bytes.n);
    return_put_body(x, bytes);
    return_finish(x);
    exchange_go(x);
}

static void remembered(void *arg, enum fail f)
{
    struct exchange *x = CD_CHECK(arg, struct exchange, EXCHANGE_MAGIC);
    if (x->aborted) {
        x->ended = true;
        exchange_go(x);
    } else if (f) {
        return_failed(x, f);
    } else {
        write_end(x, obuf_span(&x->held));
    }
}

/* The last bytes wait until what was said is remembered: the next request may refer to it. */
static void end_answer(struct exchange *x)
{
    bool later = false;
    if (x->keepalive) event_del(x->keepalive);
    metric_add(METRIC_ENGINE_TOKENS_IN, x->prompt_tokens);
    metric_add(METRIC_ENGINE_TOKENS_OUT, x->completion_tokens);
    enum fail f = remember_answer(x, remembered, &later);
    if (later) {
        obuf_span_put(&x->held, obuf_span(&x->out));
        if (!obuf_ok(&x->held)) x->cut = true;
    } else if (f) {
        return_failed(x, f);
    } else {
        write_end(x, obuf_span(&x->out));
    }
}

/* ---- events ---- */

static void note_event(struct exchange *x, const struct conv_event *e)
{
    if (e->kind == EV_START && e->tools_given) {
        x->tools_given = e->tools_given;
        x->tools_kept = e->tools_kept;
    }
    if (e->kind != EV_START && x->sent_us) {
        metric_observe(HIST_LOCAL_FIRST_TOKEN, clock_mono_us() - x->sent_us);
        x->sent_us = 0;
    }
    if (e->kind != EV_END) return;
    x->prompt_tokens = e->prompt_tokens;   /* the same for each choice */
    x->completion_tokens += e->completion_tokens;
}

/* What a codec takes, a template or a grammar may not. In an API's own terms the codec would have named it. */
static const char *what_the_model_cannot(const struct conv *c)
{
    bool tools = c->tools.p && c->tool_choice != TOOLS_NONE, schema = c->format == FORMAT_SCHEMA;
    return schema && tools ? "schema or tools" : schema ? "schema" : tools ? "tools" : "messages";
}

void return_event(struct exchange *x, const struct conv_event *e)
{
    if (e->kind == EV_ERROR) {
        if (e->fail == FAIL_LOCAL_UNSUPPORTED) x->refuse_detail = what_the_model_cannot(&x->judged.conv);
        exchange_cancel_jobs(x);
        return_failed(x, e->fail);
        return;
    }
    note_event(x, e);
    obuf_reset(&x->out);
    x->route->codec->encode(&x->answer, e, &x->out);
    if (!obuf_ok(&x->out)) {
        exchange_cancel_jobs(x);
        return_failed(x, FAIL_NO_MEMORY);
        return;
    }
    if (e->kind == EV_END && x->n_jobs == 0) {
        end_answer(x);
        return;
    }
    if (!x->head_sent && x->answer.stream) put_head(x, content_type_of(x), UINT64_MAX);
    return_put_body(x, obuf_span(&x->out));
    return_watch_silence(x);
    if (x->client) flush_now(x->client->bev);
}

/* ---- an answer that was kept ---- */

static void write_object(struct exchange *x)
{
    obuf_reset(&x->out);
    struct object_request q = {x->route, x->head->method, x->head->target, x->recall.object_id};
    enum fail f = objects_serve(&q, x->recall.object, &x->out);
    if (f) {
        x->refuse = f;
        x->refuse_detail = f == FAIL_LOCAL_UNSUPPORTED ? "stream" : NULL;
        return_refusal(x);
        return;
    }
    put_head(x, "application/json", x->out.n);
    return_put_body(x, obuf_span(&x->out));
    return_finish(x);
}

static void forgotten(void *arg, enum fail f);

/* Its items first, so that what fails midway can be asked for again. False: it goes on in `forgotten`. */
static bool forget(struct exchange *x)
{
    struct recall *r = &x->recall;
    enum fail f = FAIL_OK;
    while (!f && r->item <= r->items.n) {
        bool later = false;
        struct span id = r->item < r->items.n ? r->items.item[r->item].id : r->object_id;
        r->item++;
        f = state_forget(x->worker->state, recall_object_key(x, id), forgotten, x, &later);
        if (later) return false;
    }
    if (f) x->refuse = f, return_refusal(x);
    else write_object(x);
    return true;
}

static void forgotten(void *arg, enum fail f)
{
    struct exchange *x = CD_CHECK(arg, struct exchange, EXCHANGE_MAGIC);
    if (f) x->refuse = f, return_refusal(x);
    if (f || forget(x)) exchange_go(x);
}

void return_object(struct exchange *x)
{
    if (!span_is(x->head->method, "DELETE")) {
        write_object(x);
        return;
    }
    enum fail f = recall_items_of_object(x);
    if (f) x->refuse = f, return_refusal(x);
    else (void)forget(x);
}
