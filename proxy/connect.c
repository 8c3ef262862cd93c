/* A CONNECT listener outside TLS: hosts on the list are intercepted, some are tunnelled, the rest is refused. */
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/client.h"
#include "proxy/hello.h"
#include "proxy/tunnel.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <event2/buffer.h>
#include <stdlib.h>

/* "host:port" or "[v6]:port" to its halves; host lower-case and without brackets. */
static bool split_authority(struct span target, char host[254], uint16_t *port)
{
    size_t colon = target.n;
    while (colon > 0 && target.p[colon - 1] != ':') colon--;
    if (colon < 2 || target.n - colon > 5 || target.n == colon) return false;
    unsigned value = 0;
    for (size_t i = colon; i < target.n; i++) {
        if (target.p[i] < '0' || target.p[i] > '9') return false;
        value = value * 10 + (unsigned)(target.p[i] - '0');
    }
    struct span name = {target.p, colon - 1};
    if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']') name = (struct span){name.p + 1, name.n - 2};
    if (value == 0 || value > 65535 || name.n == 0 || name.n > 253) return false;
    for (size_t i = 0; i < name.n; i++) host[i] = (char)tolower((unsigned char)name.p[i]);
    host[name.n] = '\0';
    *port = (uint16_t)value;
    return true;
}

static bool is_ip(const char *host)
{
    unsigned char a[16];
    return inet_pton(AF_INET, host, a) == 1 || inet_pton(AF_INET6, host, a) == 1;
}

static bool port_allowed(const struct conf *conf, uint16_t port)
{
    for (size_t i = 0; i < conf->n_connect_ports; i++)
        if (conf->connect_ports[i] == port) return true;
    return conf->n_connect_ports == 0 && port == 443;
}

static void deny(struct client *c, const char *host, uint16_t port, enum fail f)
{
    bool name_ok = hello_is_host_name(span_str(host)) || is_ip(host);
    metric_add(METRIC_CONNECT_DENIED, 1);
    LOG(WARN, "connect.denied", "client=%s host=%s port=%u code=%s", c->address, name_ok ? host : "-", port, fail_code(f));
    tunnel_record_denied(c, name_ok ? host : "", port, f);
    client_refuse(c, f);
}

/* The socket changes hands: the plain bufferevent goes, the descriptor stays. */
static void detach_socket(struct client *c)
{
    struct bufferevent *bev = c->bev;
    c->bev = NULL;
    client_set_timer(c, 0);
    bufferevent_disable(bev, EV_READ | EV_WRITE);
    bufferevent_setcb(bev, NULL, NULL, NULL, NULL);
    bufferevent_setfd(bev, -1);
    bufferevent_free(bev);
}

static void intercept(struct client *c, const char *host, uint16_t port)
{
    static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    detach_socket(c);
    /* Nothing was written on this socket before, so its buffer takes these few bytes whole. */
    if (send(c->fd, ok, sizeof ok - 1, MSG_NOSIGNAL) != (ssize_t)sizeof ok - 1) {
        client_free(c);
        return;
    }
    strcpy(c->site, host);
    c->site_port = port;
    c->inside = true;
    accept_tls_by_name(c);
}

static enum fail check(const struct client *c, const struct h1_head *h, bool early_data, char host[254], uint16_t *port)
{
    if (!span_is(h->method, "CONNECT")) return FAIL_HTTP_METHOD;
    if (!split_authority(h->target, host, port)) return FAIL_HTTP_TARGET;
    if (!hello_is_host_name(span_str(host)) && !is_ip(host)) return FAIL_HTTP_TARGET;
    if (early_data) return FAIL_TUNNEL_EARLY_DATA;
    return port_allowed(c->worker->snap->conf, *port) ? FAIL_OK : FAIL_PORT_REFUSED;
}

void connect_request(struct client *c, const struct h1_head *h, bool early_data)
{
    char host[254] = "";
    uint16_t port = 0;
    const struct snapshot *snap = c->worker->snap;
    enum fail f = check(c, h, early_data, host, &port);
    if (f == FAIL_HTTP_METHOD) {
        client_refuse(c, f);
    } else if (f) {
        deny(c, host, port, f);
    } else if (snapshot_upstream(snap, span_str(host)) >= 0) {
        intercept(c, host, port);
    } else if (snapshot_tunnels(snap, span_str(host))) {
        detach_socket(c);
        tunnel_take(c, host, port, true);
    } else {
        deny(c, host, port, FAIL_HOST_UNKNOWN);
    }
}
