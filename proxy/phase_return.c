/* Phase 8: the answer to the client, whoever gives it: an API's reply (bytes passed on as they come), the local engine's
 * events (encoded by the client's codec) or a refusal (in the provider's error shape). */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/client.h"
#include "proxy/exchange.h"
#include "proxy/flush.h"
#include "proxy/reply.h"
#include "proxy/upstream.h"
#include <event2/buffer.h>
#include <stdio.h>

#define KEEPALIVE_SECONDS 10

enum step phase_return(struct exchange *x) { return x->ended ? STEP_NEXT : STEP_WAIT; }

/* --- writing to the client --------------------------------------------------------------------------------------- */

static void put(struct exchange *x, struct span s)
{
    if (x->client == NULL || s.n == 0) return;
    struct evbuffer *out = client_output(x->client);
    flush_arm(x->client->bev);
    if (evbuffer_add(out, s.p, s.n) != 0) x->cut = true;
    if (evbuffer_get_length(out) <= CLIENT_HIGH_WATER) return;
    flush_now(x->client->bev);
    if (evbuffer_get_length(out) > CLIENT_HIGH_WATER) x->stalled = true;
}

/* A piece of the answer's body, framed as the head said. */
static void put_body(struct exchange *x, struct span s)
{
    if (s.n == 0 || x->no_body) return;
    sha256_add(x->reply_hash, s);
    x->reply_bytes += s.n;
    if (!x->chunked) {
        put(x, s);
        return;
    }
    char size[20];
    int n = snprintf(size, sizeof size, "%zx\r\n", s.n);
    put(x, (struct span){size, (size_t)n});
    put(x, s);
    put(x, SPAN("\r\n"));
}

static void finish(struct exchange *x)
{
    if (x->chunked && !x->cut && !x->no_body) put(x, SPAN("0\r\n\r\n"));
    x->ended = true;
}

static bool client_keeps(const struct exchange *x) { return x->head->keep_alive && !x->worker->draining; }

static void put_cordon_headers(struct exchange *x, struct obuf *o)
{
    const struct verdict *v = &x->judged.verdict;
    reply_header(o, "x-cordon-action", span_str(action_name(v->action)));
    if (v->rule) reply_header(o, "x-cordon-rule", span_str(v->rule));
    reply_header(o, "x-cordon-id", span_str(x->id));
    if (v->action == ACTION_LOCAL) reply_header(o, "x-cordon-model", span_str(x->model_name));
}

/* The end of the head: framing and connection. `length` SIZE_MAX: not known. */
static void put_framing(struct exchange *x, struct obuf *o, uint64_t length)
{
    bool http10 = x->head->minor == 0;
    if (length != UINT64_MAX) reply_header_u64(o, "content-length", length);
    else if (!x->no_body && !http10) x->chunked = true, reply_header(o, "transfer-encoding", SPAN("chunked"));
    else if (!x->no_body) x->until_close = x->close_after = true;   /* HTTP/1.0: the body ends with the connection */
    if (!client_keeps(x)) x->close_after = true;
    if (x->close_after) reply_header(o, "connection", SPAN("close"));
    else if (http10) reply_header(o, "connection", SPAN("keep-alive"));
    reply_end(o);
    x->head_sent = true;
    if (x->sent_us) metric_observe(x->job || x->model ? HIST_LOCAL_FIRST_TOKEN : HIST_UPSTREAM_FIRST_BYTE, clock_mono_us() - x->sent_us);
}

/* --- an API's reply ---------------------------------------------------------------------------------------------- */

static bool request_id_ok(struct span v)
{
    if (v.n == 0 || v.n > 128) return false;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!ok) return false;
    }
    return true;
}

static void copy_reply_headers(const struct h1_head *h, struct obuf *o)
{
    for (size_t i = 0; i < h->n_headers; i++) {
        const struct h1_header *f = &h->headers[i];
        if (!header_comes_back(f->name)) continue;
        bool id = span_ieq(f->name, SPAN("x-request-id")) || span_ieq(f->name, SPAN("request-id"));
        if (id && !request_id_ok(f->value)) continue;
        obuf_span_put(o, f->name);
        obuf_str(o, ": ");
        obuf_span_put(o, reply_value_ok(f->value) ? f->value : SPAN("?"));
        obuf_str(o, "\r\n");
    }
}

static bool is_redirect(int status) { return status >= 300 && status < 400 && status != 304; }

void return_upstream_head(struct exchange *x, const struct h1_head *h)
{
    if (is_redirect(h->status)) {   /* neither followed nor passed on: it could name any host */
        upstream_drop(x->up);
        return_failed(x, FAIL_UPSTREAM_REDIRECT);
        return;
    }
    struct obuf *o = &x->out;
    obuf_reset(o);
    x->status = h->status;
    x->no_body = span_is(x->head->method, "HEAD") || h->status == 204 || h->status == 304;
    reply_begin(o, h->status);
    copy_reply_headers(h, o);
    put_cordon_headers(x, o);
    put_framing(x, o, h->has_length ? h->length : UINT64_MAX);
    put(x, obuf_span(o));
    if (!obuf_ok(o)) x->cut = true;
}

void return_upstream_body(struct exchange *x, struct span piece) { put_body(x, piece); }

void return_upstream_paused(struct exchange *x)
{
    if (x->client) flush_now(x->client->bev);
}

void return_upstream_end(struct exchange *x)
{
    finish(x);
    exchange_go(x);
}

/* --- the local engine's -------------------------------------------------------------------------------------------- */

static void put_local_head(struct exchange *x, uint64_t length)
{
    struct obuf head = {0};
    x->status = 200;
    reply_begin(&head, 200);
    reply_header(&head, "content-type", x->answer.stream ? SPAN("text/event-stream; charset=utf-8") : SPAN("application/json"));
    reply_header(&head, "x-request-id", span_str(x->id));
    if (x->answer.stream) {
        reply_header(&head, "cache-control", SPAN("no-cache, no-transform"));
        reply_header(&head, "x-accel-buffering", SPAN("no"));
    }
    put_cordon_headers(x, &head);
    put_framing(x, &head, length);
    put(x, obuf_span(&head));
    if (!obuf_ok(&head)) x->cut = true;
    obuf_fini(&head);
}

static void on_keepalive(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct exchange *x = CD_CHECK(arg, struct exchange, EXCHANGE_MAGIC);
    obuf_reset(&x->out);
    x->route->codec->keepalive(&x->answer, &x->out);
    put_body(x, obuf_span(&x->out));
}

/* A model may think for minutes; proxies and clients in between give up on silence. */
static void restart_keepalive(struct exchange *x)
{
    if (!x->answer.stream || x->route->codec->keepalive == NULL) return;
    if (x->keepalive == NULL) x->keepalive = event_new(x->worker->base, -1, EV_PERSIST, on_keepalive, x);
    struct timeval tv = {KEEPALIVE_SECONDS, 0};
    if (x->keepalive) event_add(x->keepalive, &tv);
}

static void local_ended(struct exchange *x, const struct conv_event *e)
{
    x->prompt_tokens = e->prompt_tokens;
    x->completion_tokens = e->completion_tokens;
    metric_add(METRIC_ENGINE_TOKENS_IN, e->prompt_tokens);
    metric_add(METRIC_ENGINE_TOKENS_OUT, e->completion_tokens);
    finish(x);
    exchange_go(x);
}

void return_event(struct exchange *x, const struct conv_event *e)
{
    if (e->kind == EV_ERROR) {
        return_failed(x, e->fail);
        return;
    }
    obuf_reset(&x->out);
    x->route->codec->encode(&x->answer, e, &x->out);
    if (!obuf_ok(&x->out)) {
        return_failed(x, FAIL_NO_MEMORY);
        return;
    }
    if (!x->head_sent && (x->answer.stream || e->kind == EV_END)) put_local_head(x, x->answer.stream ? UINT64_MAX : x->out.n);
    put_body(x, obuf_span(&x->out));
    restart_keepalive(x);
    if (e->kind == EV_END) local_ended(x, e);
    else if (x->client) flush_now(x->client->bev);
}

/* --- refusals and breakage ------------------------------------------------------------------------------------------ */

static struct refusal refusal_of(const struct exchange *x)
{
    const struct verdict *v = &x->judged.verdict;
    bool by_rule = x->refuse == FAIL_POLICY_REFUSED || x->refuse == FAIL_ENDPOINT_UNKNOWN;
    return (struct refusal){.fail = x->refuse, .message = by_rule ? v->message : NULL, .detail = x->refuse_detail,
                            .rule = v->rule, .id = x->id};
}

void return_refusal(struct exchange *x)
{
    struct refusal r = refusal_of(x);
    x->close_after = !client_keeps(x);
    x->no_body = span_is(x->head->method, "HEAD");
    x->status = fail_status(x->refuse);
    obuf_reset(&x->out);
    reply_refusal(&x->out, x->route->codec, &r, x->close_after, !x->no_body);
    put(x, obuf_span(&x->out));
    if (!obuf_ok(&x->out)) x->cut = true;
    x->head_sent = x->ended = true;
    x->failed = x->refuse;
}

/* In a local stream an error can be said in the API's own words; an API's stream is passed on as it is, cut and all, and
 * never given an end that its sender did not write. */
static void break_off(struct exchange *x, enum fail f)
{
    x->failed = f;
    if (x->answer.codec && x->answer.stream && x->route->codec->stream_error) {
        struct refusal r = {.fail = f, .rule = x->judged.verdict.rule, .id = x->id};
        obuf_reset(&x->out);
        x->route->codec->stream_error(&r, &x->out);
        put_body(x, obuf_span(&x->out));
    } else {
        x->cut = true;
    }
    finish(x);
}

void return_failed(struct exchange *x, enum fail f)
{
    if (!x->answer.codec) metric_add(METRIC_UPSTREAM_ERRORS, 1);
    if (x->head_sent) {
        break_off(x, f);
    } else {
        x->refuse = f;
        return_refusal(x);
    }
    /* Called by a producer, so the driver is not on the stack: phase RETURN goes on. */
    x->at = PH_RETURN;
    exchange_go(x);
}
