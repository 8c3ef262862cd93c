/* Phase 5: the outgoing bytes. The head is written fresh from the allow-list; the body is the client's own bytes, the
 * decoded ones where a compressed body could hold something that was not inspected, or a masked copy. */
#include "core/log.h"
#include "proxy/client.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"
#include "redact/splice.h"

/* Headers that are about this hop or are written anew here. */
static bool ours(struct span name)
{
    return span_ieq(name, SPAN("host")) || span_ieq(name, SPAN("content-length")) || span_ieq(name, SPAN("content-encoding"));
}

static void put_host(struct obuf *o, const struct conf_upstream *up)
{
    obuf_str(o, "host: ");
    obuf_str(o, up->host);
    if (up->port != 443 && !(up->plaintext && up->port == 80)) obuf_printf(o, ":%u", up->port);
    obuf_str(o, "\r\n");
}

static void put_header(struct obuf *o, const struct h1_header *h)
{
    obuf_span_put(o, h->name);
    obuf_str(o, ": ");
    obuf_span_put(o, h->value);
    obuf_str(o, "\r\n");
}

/* Last, so that the ledger's digest covers all that comes before it. */
static void put_credentials(struct exchange *x, struct obuf *o)
{
    const struct conf_upstream *up = exchange_upstream(x);
    const char *own = x->snap->credentials[x->upstream];
    if (own) {
        reply_header(o, up->credential->header ? up->credential->header : "authorization", span_str(own));
        return;
    }
    for (size_t i = 0; i < x->head->n_headers; i++) {
        const struct h1_header *h = &x->head->headers[i];
        if (header_is_credential(h->name) && header_goes_up(h->name)) put_header(o, h);
    }
}

static bool build_head(struct exchange *x, bool encoded)
{
    struct obuf *o = &x->up_head;
    obuf_reset(o);
    obuf_span_put(o, x->head->method);
    obuf_put(o, " ", 1);
    obuf_span_put(o, x->head->target);
    obuf_str(o, " HTTP/1.1\r\n");
    put_host(o, exchange_upstream(x));
    bool accepts = false;
    for (size_t i = 0; i < x->head->n_headers; i++) {
        const struct h1_header *h = &x->head->headers[i];
        if (ours(h->name) || header_is_credential(h->name) || !header_goes_up(h->name)) continue;
        accepts |= span_ieq(h->name, SPAN("accept-encoding"));
        put_header(o, h);
    }
    /* Without it the API may choose a coding that the client never said it reads. */
    if (!accepts) obuf_str(o, "accept-encoding: identity\r\n");
    if (encoded) reply_header(o, "content-encoding", h1_header(x->head, "content-encoding"));
    if (x->up_body) reply_header_u64(o, "content-length", blob_span(x->up_body).n);
    else if (span_is(x->head->method, "POST")) obuf_str(o, "content-length: 0\r\n");
    x->up_head_public = o->n;
    put_credentials(x, o);
    obuf_str(o, "\r\n");
    return obuf_ok(o);
}

static enum step prepare_forward(struct exchange *x)
{
    bool encoded = x->raw && x->encoding != ENCODING_IDENTITY && x->well_formed;
    struct blob *body = encoded ? x->raw : x->decoded;
    x->up_body = body ? blob_ref(body) : NULL;
    return build_head(x, encoded) ? STEP_NEXT : exchange_refuse(x, FAIL_NO_MEMORY, NULL);
}

static enum step prepare_redact(struct exchange *x)
{
    const struct judge_case *j = &x->judged;
    struct obuf masked = {0};
    enum fail f = splice_mask(j->body, j->is_json, &j->findings, j->verdict.redact_mask, &masked, &x->masked);
    if (f || !obuf_ok(&masked)) {
        obuf_fini(&masked);
        return exchange_refuse(x, f ? f : FAIL_NO_MEMORY, NULL);
    }
    if (x->masked == 0) {
        obuf_fini(&masked);
        return prepare_forward(x);
    }
    size_t n;
    char *p = obuf_take(&masked, &n);
    x->up_body = p ? blob_take(p, n) : NULL;
    return x->up_body && build_head(x, false) ? STEP_NEXT : exchange_refuse(x, FAIL_NO_MEMORY, NULL);
}

/* Whether the local engine may and can answer this. */
static enum fail local_possible(struct exchange *x, const char **detail)
{
    const struct verdict *v = &x->judged.verdict;
    struct engine *e = x->worker->shared->engine;
    if (e == NULL || (x->model = engine_find(e, v->model, x->judged.conv.kind)) == NULL) return FAIL_ENGINE_MISSING;
    x->model_name = v->model ? v->model : x->snap->conf->models[0].name;
    if (x->model->parameters < v->min_parameters) return FAIL_MODEL_TOO_SMALL;
    *detail = x->judged.conv.unsupported;
    return *detail ? FAIL_LOCAL_UNSUPPORTED : FAIL_OK;
}

static enum step prepare_local(struct exchange *x)
{
    const char *detail = NULL;
    enum fail f = local_possible(x, &detail);
    if (f) return exchange_refuse(x, f, detail);
    x->local = engine_request_new(&x->judged.conv);
    return x->local ? STEP_NEXT : exchange_refuse(x, FAIL_NO_MEMORY, NULL);
}

enum step phase_prepare(struct exchange *x)
{
    switch (x->judged.verdict.action) {
    case ACTION_FORWARD: return prepare_forward(x);
    case ACTION_REDACT: return prepare_redact(x);
    case ACTION_LOCAL: return prepare_local(x);
    case ACTION_REFUSE: break;
    }
    return exchange_refuse(x, FAIL_POLICY_REFUSED, NULL);
}
