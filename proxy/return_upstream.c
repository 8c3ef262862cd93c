/* An API's reply, passed on to the client as it comes. */
#include "core/metrics.h"
#include "proxy/client.h"
#include "proxy/flush.h"
#include "proxy/remember.h"
#include "proxy/reply.h"
#include "proxy/return.h"
#include "proxy/upload.h"
#include "proxy/upstream.h"
#include <stdlib.h>

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

static void copy_reply_headers(struct exchange *x, const struct h1_head *h, struct obuf *o)
{
    for (size_t i = 0; i < h->n_headers; i++) {
        const struct h1_header *f = &h->headers[i];
        if (!header_comes_back(f->name)) continue;
        bool id = span_ieq(f->name, SPAN("x-request-id")) || span_ieq(f->name, SPAN("request-id"));
        if (id && !request_id_ok(f->value)) continue;
        struct span value = upload_names_url(f->name) ? upload_url(x, f->value) : f->value;
        if (value.p == NULL) continue;
        obuf_span_put(o, f->name);
        obuf_str(o, ": ");
        obuf_span_put(o, reply_value_ok(value) ? value : SPAN("?"));
        obuf_str(o, "\r\n");
    }
}

/* ---- what the provider keeps from now on ---- */

static void on_found(void *arg, enum tap_kind kind, const struct digest *value)
{
    remember_reply(arg, kind == TAP_ID ? STATE_ID : STATE_SEALED, value);
}

/* Only where later requests can refer to what a reply names, and only what is said to be plain: a coded reply that was not
 * asked for is passed on, and what it names stays unknown. */
static void tap_begin(struct exchange *x, const struct h1_head *h)
{
    struct span coding = h1_header(h, "content-encoding");
    bool plain = coding.n == 0 || span_ieq(coding, SPAN("identity"));
    if (!exchange_reply_names(x) || !plain || h->status >= 300 || x->worker->state == NULL) return;
    upload_remember(x, h);
    x->tap = malloc(sizeof *x->tap);
    if (x->tap == NULL) return;
    tap_init(x->tap);
    x->tap->messages = (x->route->flags & ROUTE_GIVES_MESSAGES) && x->judged.conv.store;
}

/* ---- head, body, end ---- */

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
    copy_reply_headers(x, h, o);
    return_put_cordon_headers(x, o);
    return_put_framing(x, o, h->has_length ? h->length : UINT64_MAX);
    return_put(x, obuf_span(o));
    if (!obuf_ok(o)) x->cut = true;
    tap_begin(x, h);
}

/* Looked at first: what it names is on its way to the state before the client has it. */
void return_upstream_body(struct exchange *x, struct span piece)
{
    if (x->tap) tap_feed(x->tap, piece, on_found, x);
    return_put_body(x, piece);
}

void return_upstream_paused(struct exchange *x)
{
    if (x->client) flush_now(x->client->bev);
}

void return_upstream_end(struct exchange *x)
{
    return_finish(x);
    exchange_go(x);
}

