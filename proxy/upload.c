/* Where an upload goes on, and that its session is known; the contract is in upload.h. */
#include "proxy/upload.h"
#include "proxy/choose.h"
#include "proxy/client.h"
#include "proxy/remember.h"
#include "wire/query.h"

bool upload_names_url(struct span header)
{
    return span_ieq(header, SPAN("x-goog-upload-url")) || span_ieq(header, SPAN("x-goog-upload-control-url"));
}

/* What follows "https://host" (or "https://host:443"), from its slash on; p is NULL at another host. */
static struct span path_at(struct span url, struct span host)
{
    static const struct span scheme = {"https://", 8}, port = {":443", 4};
    struct span rest = span_from(url, scheme.n);
    if (!span_starts(url, scheme) || rest.n < host.n || !span_ieq((struct span){rest.p, host.n}, host)) return SPAN_NONE;
    rest = span_from(rest, host.n);
    if (span_starts(rest, port)) rest = span_from(rest, port.n);
    return rest.n && rest.p[0] == '/' ? rest : SPAN_NONE;
}

/* A server in front of this one may have taken TLS off. */
static bool came_by_tls(const struct exchange *x)
{
    return (x->client && x->client->tls) || span_ieq(h1_header(x->head, "x-forwarded-proto"), SPAN("https"));
}

struct span upload_url(struct exchange *x, struct span url)
{
    const struct conf_upstream *up = exchange_upstream(x);
    struct span host = h1_header(x->head, "host"), path = path_at(url, span_str(up->host));
    if (x->mode != LISTEN_REVERSE || span_ieq(x->head->host, span_str(up->host))) return url;   /* all hosts lead here */
    if (path.p == NULL || host.n == 0) return SPAN_NONE;
    bool mounted = up->mount && choose_under(x->head->path, span_str(up->mount));
    const struct span pieces[] = {came_by_tls(x) ? SPAN("https://") : SPAN("http://"), host,
                                  mounted ? span_str(up->mount) : SPAN(""), path};
    size_t n = 0;
    for (size_t i = 0; i < COUNT(pieces); i++) n += pieces[i].n;
    char *out = arena_alloc(x->arena, n), *p = out;
    for (size_t i = 0; out && i < COUNT(pieces); p += pieces[i++].n)
        if (pieces[i].n) memcpy(p, pieces[i].p, pieces[i].n);
    return (struct span){out, out ? n : 0};
}

void upload_remember(struct exchange *x, const struct h1_head *reply)
{
    struct span url = h1_header(reply, "x-goog-upload-url");
    struct query_parameter p;
    size_t at = 0;
    while (url.n && query_next(url, &at, &p)) {
        if (!span_is(p.name, "upload_id") || p.value.n == 0) continue;
        struct digest d = sha256(p.value);
        remember_reply(x, STATE_ID, &d);
    }
}
