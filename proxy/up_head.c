#include "proxy/up_head.h"
#include "core/clock.h"
#include "proxy/reply.h"
#include "wire/query.h"
#include "wire/sigv4.h"

/* What the head is made of, beside the exchange. */
struct building {
    struct exchange *x;
    const struct conf_upstream *up;
    const struct aws_secret *aws;      /* the operator's, or NULL */
    struct sigv4_parsed client;               /* the client's signature, when `keeps` */
    bool keeps;                        /* the client's signature goes up, and all that it covers with it */
    bool encoded;
};

/* Headers that are about this hop or are written anew here. */
static bool ours(struct span name)
{
    return span_ieq(name, SPAN("host")) || span_ieq(name, SPAN("content-length")) || span_ieq(name, SPAN("content-encoding"));
}

static bool hop_by_hop(struct span name)
{
    static const char *const names[] = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect",
                                        "proxy-authorization", "proxy-connection", "cookie"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (span_ieq(name, span_str(names[i]))) return true;
    return false;
}

static void put_host_value(struct obuf *o, const struct conf_upstream *up)
{
    obuf_str(o, up->host);
    if (up->port != 443 && !(up->plaintext && up->port == 80)) obuf_printf(o, ":%u", up->port);
}

static void put_header(struct obuf *o, const struct h1_header *h)
{
    obuf_span_put(o, h->name);
    obuf_str(o, ": ");
    obuf_span_put(o, h->value);
    obuf_str(o, "\r\n");
}

static bool goes_up(const struct building *b, const struct h1_header *h)
{
    if (ours(h->name) || header_is_credential(h->name)) return false;
    if (b->keeps && sigv4_signs(&b->client, h->name)) return !hop_by_hop(h->name);
    /* A signature of ours takes the place of these. */
    if (b->aws && (span_ieq(h->name, SPAN("x-amz-date")) || span_ieq(h->name, SPAN("x-amz-content-sha256")))) return false;
    /* Such a reply is looked at, so it has to come as plain text. */
    if (span_ieq(h->name, SPAN("accept-encoding")) && exchange_reply_names(b->x)) return false;
    return header_goes_up(h->name);
}

static void put_public(const struct building *b, struct obuf *o)
{
    const struct exchange *x = b->x;
    bool accepts = false;
    obuf_span_put(o, x->head->method);
    obuf_put(o, " ", 1);
    obuf_span_put(o, x->up_target);
    obuf_str(o, " HTTP/1.1\r\nhost: ");
    put_host_value(o, b->up);
    obuf_str(o, "\r\n");
    for (size_t i = 0; i < x->head->n_headers; i++) {
        const struct h1_header *h = &x->head->headers[i];
        if (!goes_up(b, h)) continue;
        accepts |= span_ieq(h->name, SPAN("accept-encoding"));
        put_header(o, h);
    }
    /* Without a word from the client the API may choose a coding that nobody said they read. */
    if (!accepts) obuf_str(o, "accept-encoding: identity\r\n");
    if (b->encoded) reply_header(o, "content-encoding", h1_header(x->head, "content-encoding"));
    if (x->up_body) reply_header_u64(o, "content-length", blob_span(x->up_body).n);
    else if (span_is(x->head->method, "POST")) obuf_str(o, "content-length: 0\r\n");
}

/* ---- credentials ---- */

static struct span text_of(const char *s) { return s ? span_str(s) : SPAN_NONE; }

static bool put_signature(const struct building *b, struct obuf *o)
{
    const struct exchange *x = b->x;
    const char *mark = memchr(x->up_target.p, '?', x->up_target.n);
    size_t path = mark ? (size_t)(mark - x->up_target.p) : x->up_target.n;
    struct obuf host = {0};
    put_host_value(&host, b->up);
    struct sigv4_header headers[2] = {{SPAN("host"), obuf_span(&host)}, {SPAN("content-type"), h1_header(x->head, "content-type")}};
    struct sigv4_request r = {.method = x->head->method, .path = {x->up_target.p, path},
                              .query = mark ? span_from(x->up_target, path + 1) : SPAN_NONE, .headers = headers,
                              .n_headers = headers[1].value.p ? 2 : 1,
                              .payload = sha256(x->up_body ? blob_span(x->up_body) : SPAN_NONE),
                              .region = span_str(b->up->aws->region), .service = span_str(b->up->aws->service),
                              .unix_time = clock_utc_ns() / 1000000000u};
    struct sigv4_credentials c = {span_str(b->up->aws->access_key_id), span_str(b->aws->secret), text_of(b->aws->session_token)};
    bool ok = sigv4_sign(&r, &c, o) && obuf_ok(&host);
    obuf_fini(&host);
    return ok;
}

static bool put_credentials(const struct building *b, struct obuf *o)
{
    const struct exchange *x = b->x;
    const char *own = x->snap->credentials[x->upstream];
    if (b->aws) return put_signature(b, o);
    if (own) {
        reply_header(o, b->up->credential->header ? b->up->credential->header : "authorization", span_str(own));
        return true;
    }
    for (size_t i = 0; i < x->head->n_headers; i++) {
        const struct h1_header *h = &x->head->headers[i];
        if (header_is_credential(h->name) && header_goes_up(h->name)) put_header(o, h);
    }
    return true;
}

/* A key in the query gives way to the operator's credential, as one in a header does. */
static bool drop_query_credentials(const struct building *b)
{
    struct exchange *x = b->x;
    size_t at = 0;
    if (b->aws == NULL && x->snap->credentials[x->upstream] == NULL) return true;
    if (query_next_credential(b->up->api, x->up_target, &at).p == NULL) return true;
    char *p = arena_alloc(x->arena, x->up_target.n);
    if (p) x->up_target = (struct span){p, query_without_credentials(b->up->api, x->up_target, p)};
    return p != NULL;
}

/* A client's signature covers the host, the target and the body as the client knew them. */
static bool signature_holds(const struct building *b)
{
    const struct exchange *x = b->x;
    struct span sent = x->up_body ? blob_span(x->up_body) : SPAN_NONE, came = x->raw ? blob_span(x->raw) : SPAN_NONE;
    return span_ieq(x->head->host, span_str(b->up->host)) && span_eq(x->up_target, x->head->target) && span_eq(sent, came);
}

/* In a header, of several the first that can be read, or in the query. One that cannot be read covers who knows what, and
 * is a signature all the same. */
static bool client_signs(struct building *b)
{
    const struct h1_head *head = b->x->head;
    bool found = sigv4_in_query(head->target);
    for (size_t i = 0; i < head->n_headers; i++) {
        const struct h1_header *h = &head->headers[i];
        if (!span_ieq(h->name, SPAN("authorization")) || !sigv4_is(h->value)) continue;
        found = true;
        if (sigv4_parse(h->value, &b->client)) break;
    }
    return found;
}

static enum fail choose_credential(struct building *b)
{
    const struct exchange *x = b->x;
    if (b->aws || x->snap->credentials[x->upstream] || !client_signs(b)) return FAIL_OK;
    b->keeps = true;
    return signature_holds(b) ? FAIL_OK : FAIL_SIGNATURE_MISSING;
}

enum fail up_head_build(struct exchange *x, bool encoded)
{
    struct building b = {.x = x, .up = exchange_upstream(x), .encoded = encoded, .aws = x->snap->aws[x->upstream]};
    struct obuf *o = &x->up_head;
    enum fail f = choose_credential(&b);
    if (f) return f;
    if (!drop_query_credentials(&b)) return FAIL_NO_MEMORY;
    obuf_reset(o);
    put_public(&b, o);
    x->up_head_public = o->n;
    bool signed_well = put_credentials(&b, o);
    obuf_str(o, "\r\n");
    if (!obuf_ok(o)) return FAIL_NO_MEMORY;
    return signed_well ? FAIL_OK : FAIL_SIGNATURE_MISSING;
}

struct digest up_head_digest(const struct exchange *x)
{
    const struct obuf *o = &x->up_head;
    struct span target = {o->p + x->head->method.n + 1, x->up_target.n}, key;
    struct sha256_state *h = x->reply_hash;   /* not in use yet */
    size_t at = 0, done = 0;
    sha256_restart(h);
    while ((key = query_next_credential(exchange_upstream(x)->api, target, &at)).p) {
        size_t start = (size_t)(key.p - o->p);
        sha256_add(h, (struct span){o->p + done, start - done});
        done = start + key.n;
    }
    sha256_add(h, (struct span){o->p + done, x->up_head_public - done});
    struct digest d = sha256_end(h);
    sha256_restart(h);
    return d;
}
