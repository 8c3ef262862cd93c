#include "proxy/choose.h"

bool choose_under(struct span path, struct span folder)
{
    return span_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/' || path.p[folder.n] == '?');
}

static struct span of(const char *s) { return s ? span_str(s) : SPAN_NONE; }

void choose_bases(const struct conf_upstream *up, struct span *own, struct span *family)
{
    const char *usual = route_base_path(up->api);
    *family = of(route_family_path(up->api));
    *own = up->base_path ? span_str(up->base_path) : usual ? span_str(usual) : *family;
}

/* A request by some SDKs says whose it is, on paths that others have too. */
static bool prefers(const struct h1_head *h, const char *api)
{
    static const struct { const char *api, *header; } own[] = {{"anthropic", "anthropic-version"}, {"azure", "api-key"}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(api, own[i].api) == 0) return h1_header(h, own[i].header).p != NULL;
    return false;
}

static bool knows(const struct h1_head *h, const struct conf_upstream *up, bool has_body)
{
    struct span path = h->path;
    struct span own, family;
    choose_bases(up, &own, &family);
    if (own.n && !span_eq(own, family) && choose_under(path, own)) return true;
    return route_find(up->api, h->method, path, has_body)->known;
}

/* On a reverse listener the Host may name an API (a client that only changed its resolver), else the path tells. */
int choose_upstream(const struct snapshot *s, const struct h1_head *h, bool has_body)
{
    const struct conf *c = s->conf;
    int up = h->host.n ? snapshot_upstream(s, h->host) : -1;
    if (up >= 0) return up;
    for (size_t i = 0; i < c->n_upstreams; i++)
        if (c->upstreams[i].mount && choose_under(h->path, span_str(c->upstreams[i].mount))) return (int)i;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < c->n_upstreams; i++)
            if ((round || prefers(h, c->upstreams[i].api)) && knows(h, &c->upstreams[i], has_body)) return (int)i;
    up = snapshot_provider(s, route_provider(h->path));
    if (up < 0 && c->n_upstreams > 0) up = 0;   /* an unknown path: its rule decides, not its address */
    return up;
}
