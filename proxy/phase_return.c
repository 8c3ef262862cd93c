/* Phase RETURN: the answer to the client, whoever gives it: an API's reply (bytes passed on as they come), the local engine's
 * events (encoded by the client's codec) or a refusal (in the provider's error shape). */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/client.h"
#include "proxy/flush.h"
#include "proxy/reply.h"
#include "proxy/return.h"
#include "proxy/upstream.h"
#include <event2/buffer.h>
#include <stdio.h>

enum step phase_return(struct exchange *x) { return x->ended ? STEP_NEXT : STEP_WAIT; }

/* --- writing to the client --------------------------------------------------------------------------------------- */

void return_put(struct exchange *x, struct span s)
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
void return_put_body(struct exchange *x, struct span s)
{
    if (s.n == 0 || x->no_body) return;
    sha256_add(x->reply_hash, s);
    x->reply_bytes += s.n;
    if (!x->chunked) {
        return_put(x, s);
        return;
    }
    char size[20];
    int n = snprintf(size, sizeof size, "%zx\r\n", s.n);
    return_put(x, (struct span){size, (size_t)n});
    return_put(x, s);
    return_put(x, SPAN("\r\n"));
}

void return_finish(struct exchange *x)
{
    if (x->chunked && !x->cut && !x->no_body) return_put(x, SPAN("0\r\n\r\n"));
    x->ended = true;
}

bool return_client_keeps(const struct exchange *x) { return x->head->keep_alive && !x->worker->draining; }

void return_put_cordon_headers(struct exchange *x, struct obuf *o)
{
    const struct verdict *v = &x->judged.verdict;
    reply_header(o, "x-cordon-action", span_str(action_name(v->action)));
    if (v->rule) reply_header(o, "x-cordon-rule", span_str(v->rule));
    reply_header(o, "x-cordon-id", span_str(x->id));
    if (v->action == ACTION_LOCAL && x->model_name) reply_header(o, "x-cordon-model", span_str(x->model_name));
    if (x->tools_kept < x->tools_given) {
        char kept[32];
        int n = snprintf(kept, sizeof kept, "%u/%u", x->tools_kept, x->tools_given);
        reply_header(o, "x-cordon-tools", (struct span){kept, (size_t)n});
    }
}

/* The end of the head: framing and connection. `length` SIZE_MAX: not known. */
void return_put_framing(struct exchange *x, struct obuf *o, uint64_t length)
{
    bool http10 = x->head->minor == 0;
    if (length != UINT64_MAX) reply_header_u64(o, "content-length", length);
    else if (!x->no_body && !http10) x->chunked = true, reply_header(o, "transfer-encoding", SPAN("chunked"));
    else if (!x->no_body) x->until_close = x->close_after = true;   /* HTTP/1.0: the body ends with the connection */
    if (!return_client_keeps(x)) x->close_after = true;
    if (x->close_after) reply_header(o, "connection", SPAN("close"));
    else if (http10) reply_header(o, "connection", SPAN("keep-alive"));
    reply_end(o);
    x->head_sent = true;
    if (x->sent_us && x->model == NULL) metric_observe(HIST_UPSTREAM_FIRST_BYTE, clock_mono_us() - x->sent_us);
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
    x->close_after = !return_client_keeps(x);
    x->no_body = span_is(x->head->method, "HEAD");
    x->status = codec_error_status(x->route->codec, x->refuse);
    obuf_reset(&x->out);
    reply_refusal(&x->out, x->route->codec, &r, x->close_after, !x->no_body);
    return_put(x, obuf_span(&x->out));
    if (!obuf_ok(&x->out)) x->cut = true;
    x->head_sent = x->ended = true;
    x->failed = x->refuse;
}

/* In a local stream an error can be said in the API's own words; an API's stream is passed on as it is, cut and all, and
 * never given an end that its sender did not write. */
static void break_off(struct exchange *x, enum fail f)
{
    x->failed = f;
    if (x->answer.codec && x->answer.stream) {
        obuf_reset(&x->out);   /* by the encoder, which knows what is open and how far it has counted */
        x->route->codec->encode(&x->answer, &(struct conv_event){.kind = EV_ERROR, .fail = f}, &x->out);
        return_put_body(x, obuf_span(&x->out));
        x->cut = x->out.n == 0;   /* its end is encoded already, and withheld */
    } else {
        x->cut = true;
    }
    return_finish(x);
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
