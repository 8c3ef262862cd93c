/* Phase 1: host and path to route and upstream; who asks. */
#include "proxy/choose.h"
#include "proxy/client.h"
#include "proxy/exchange.h"
#include "proxy/owner.h"

/* `head` put in place of the first `n` bytes of `s`. p is NULL when out of memory. */
static struct span with_head(struct arena *a, struct span head, struct span s, size_t n)
{
    char *p = arena_alloc(a, head.n + s.n - n + 1);
    if (p == NULL) return SPAN_NONE;
    if (head.n) memcpy(p, head.p, head.n);
    if (s.n > n) memcpy(p + head.n, s.p + n, s.n - n);
    return (struct span){p, head.n + s.n - n};
}

/* ---- which upstream ---- */

static enum fail find_upstream(struct exchange *x)
{
    const struct client *c = x->client;
    if (c->mode == LISTEN_REVERSE) {
        x->upstream = choose_upstream(x->snap, x->head, x->raw != NULL);
    } else {
        /* The certificate was made for `site`; a Host that differs would be another request than the one we vouch for. */
        if (!span_ieq(x->head->host, span_str(c->site))) return FAIL_TLS_NAME_MISMATCH;
        x->upstream = snapshot_upstream(x->snap, span_str(c->site));
    }
    return x->upstream < 0 ? FAIL_HOST_UNKNOWN : FAIL_OK;
}

/* ---- which path ---- */

/* *path: in the family's terms, for the route. x->up_target: as this host has it. */
static bool set_paths(struct exchange *x, struct span *path)
{
    const struct conf_upstream *up = exchange_upstream(x);
    struct span own, family, target = x->head->target;
    *path = x->head->path;
    x->up_target = target;
    if (up == NULL) return true;
    if (x->mode == LISTEN_REVERSE && up->mount && choose_under(*path, span_str(up->mount))) {
        size_t n = strlen(up->mount);
        struct span slash = path->n == n ? SPAN("/") : SPAN_NONE;
        x->up_target = target = with_head(x->arena, slash, target, n);
        *path = with_head(x->arena, slash, *path, n);
        if (target.p == NULL || path->p == NULL) return false;
    }
    choose_bases(up, &own, &family);
    if (family.n == 0 || span_eq(own, family)) return true;
    if (own.n ? choose_under(*path, own) : !choose_under(*path, family)) {
        *path = with_head(x->arena, family, *path, own.n);
    } else if (x->mode == LISTEN_REVERSE && choose_under(*path, family)) {
        /* A client that was given the usual base URL. */
        x->up_target = with_head(x->arena, own, target, family.n);
    }
    return path->p && x->up_target.p;
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

static void fill_case(struct exchange *x, struct span path)
{
    const struct conf_upstream *up = exchange_upstream(x);
    const char *provider = up ? up->api : "openai";
    const struct conf *conf = x->snap->conf;
    x->route = route_find(provider, x->head->method, path, x->raw != NULL);
    x->judged = (struct judge_case){
        .route = x->route,
        .target = x->head->target,
        .content_type = h1_header(x->head, "content-type"),
        .arena = x->arena,
        .id_key = x->worker->shared->state ? state_id_key(x->worker->shared->state) : NULL,
        .conf = conf,
        .at = SIZE_MAX,
        .site = {.client = conf_client_name(conf, (const struct sockaddr *)&x->client->peer),
                 .api = x->route->codec->name,
                 .provider = provider,
                 .upstream = up,
                 .path = path,
                 .known_endpoint = x->route->known,
                 .generating = x->route->kind != CONV_NONE},
    };
}

enum step phase_route(struct exchange *x)
{
    struct span path;
    enum fail f = find_upstream(x);
    bool whole = set_paths(x, &path);
    fill_case(x, whole ? path : x->head->path);
    if (f) return exchange_refuse(x, f, NULL);
    if (!whole || !copy_headers(x)) return exchange_refuse(x, FAIL_NO_MEMORY, NULL);
    owner_of(x, &x->owner);
    if (x->route->flags & ROUTE_SIDE_DOOR) return exchange_refuse(x, FAIL_ENDPOINT_UNKNOWN, "real-time media");
    return STEP_NEXT;
}
