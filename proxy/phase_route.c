/* Phase 1: host and path to route and upstream; who asks. */
#include "proxy/client.h"
#include "proxy/exchange.h"

/* On a reverse listener the Host may name an API (a client that only changed its resolver), else the path tells. */
static int upstream_of_reverse(const struct exchange *x)
{
    int up = x->head->host.n ? snapshot_upstream(x->snap, x->head->host) : -1;
    if (up < 0) up = snapshot_provider(x->snap, route_provider(x->head->path));
    if (up < 0 && x->snap->conf->n_upstreams > 0) up = 0;   /* an unknown path: its rule decides, not its address */
    return up;
}

static enum fail find_upstream(struct exchange *x)
{
    const struct client *c = x->client;
    if (c->mode == LISTEN_REVERSE) {
        x->upstream = upstream_of_reverse(x);
    } else {
        /* The certificate was made for `site`; a Host that differs would be another request than the one we vouch for. */
        if (!span_ieq(x->head->host, span_str(c->site))) return FAIL_TLS_NAME_MISMATCH;
        x->upstream = snapshot_upstream(x->snap, span_str(c->site));
    }
    return x->upstream < 0 ? FAIL_HOST_UNKNOWN : FAIL_OK;
}

static bool copy_headers(struct exchange *x)
{
    const struct h1_head *h = x->head;
    struct judge_header *list = arena_array(x->arena, h->n_headers + 1, sizeof *list);
    if (list == NULL) return false;
    for (size_t i = 0; i < h->n_headers; i++) list[i] = (struct judge_header){h->headers[i].name, h->headers[i].value};
    x->judged.headers = list;
    x->judged.n_headers = h->n_headers;
    return true;
}

enum step phase_route(struct exchange *x)
{
    const struct h1_head *h = x->head;
    enum fail f = find_upstream(x);
    const struct conf_upstream *up = exchange_upstream(x);
    const char *provider = up ? up->api : "openai";
    x->route = route_find(provider, h->method, h->path, x->raw != NULL);
    x->judged = (struct judge_case){
        .route = x->route,
        .target = h->target,
        .content_type = h1_header(h, "content-type"),
        .arena = x->arena,
        .at = SIZE_MAX,
        .site = {.client = conf_client_name(x->snap->conf, (const struct sockaddr *)&x->client->peer),
                 .api = x->route->codec->name,
                 .provider = provider,
                 .upstream = up,
                 .known_endpoint = x->route->known,
                 .generating = x->route->kind != CONV_NONE},
    };
    if (f) return exchange_refuse(x, f, NULL);
    if (!copy_headers(x)) return exchange_refuse(x, FAIL_NO_MEMORY, NULL);
    return STEP_NEXT;
}
