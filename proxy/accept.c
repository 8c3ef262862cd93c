/* From an accepted socket to HTTP over TLS: the name of the ClientHello, the leaf for it, the handshake. */
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/client.h"
#include "proxy/hello.h"
#include "proxy/origdst.h"
#include "proxy/tls.h"
#include "proxy/tunnel.h"
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <openssl/err.h>

#define HELLO_TIMEOUT_MS 5000

void accept_tls(struct client *c, SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    struct bufferevent *bev =
        ssl ? bufferevent_openssl_socket_new(c->worker->base, c->fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE)
            : NULL;
    if (bev == NULL) {
        SSL_free(ssl);
        client_free(c);
        return;
    }
    /* A reply that ends without close_notify is judged by HTTP framing alone. */
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    c->tls = true;
    client_begin_http(c, bev);
}

static void deny(struct client *c, const char *host, enum fail f)
{
    metric_add(METRIC_CONNECT_DENIED, 1);
    LOG(WARN, "connection.denied", "client=%s host=%s code=%s", c->address, host[0] ? host : "-", fail_code(f));
    tunnel_record_denied(c, host, c->site_port ? c->site_port : 443, f);
    client_free(c);
}

/* The address is advisory (the name decides, and cordon resolves it), but its absence tells of a direct connection: a
 * client that found the port could otherwise speak for any name on the list. */
bool accept_redirected(struct client *c)
{
    struct sockaddr_storage to;
    socklen_t len = sizeof to;
    if (origdst_get(c->fd, &to, &len) == FAIL_OK) {
        c->site_port = ntohs(to.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&to)->sin6_port
                                                      : ((struct sockaddr_in *)&to)->sin_port);
        return true;
    }
    metric_add(METRIC_CONNECT_DENIED, 1);
    LOG(WARN, "transparent.direct", "client=%s connected to the listener itself", c->address);
    tunnel_record_denied(c, "", 0, FAIL_HOST_UNKNOWN);
    return false;
}

/* Whether the name is one we stand in for on this listener. In reverse mode the operator's own name is asked for. */
static bool name_allowed(const struct client *c, const char *name)
{
    return c->mode == LISTEN_REVERSE || snapshot_upstream(c->snap, span_str(name)) >= 0;
}

/* The name to make a leaf for: the ClientHello's, else the CONNECT's; they must not differ. */
static enum fail settle_name(struct client *c, const struct hello *h)
{
    if (c->inside) {
        bool differs = h->name[0] && strcasecmp(h->name, c->site) != 0;
        return differs ? FAIL_TLS_NAME_MISMATCH : FAIL_OK;
    }
    if (h->name[0] == '\0') return c->mode == LISTEN_REVERSE ? FAIL_OK : FAIL_HOST_UNKNOWN;
    if (!name_allowed(c, h->name)) return FAIL_HOST_UNKNOWN;
    if (c->mode == LISTEN_TRANSPARENT) strcpy(c->site, h->name);
    return FAIL_OK;
}

static void on_hello(enum hello_result r, const struct hello *h, void *arg)
{
    struct client *c = CD_CHECK(arg, struct client, CLIENT_MAGIC);
    hello_wait_free(c->hello);
    c->hello = NULL;
    if (r != HELLO_OK) {
        if (r != HELLO_EOF) metric_add(METRIC_TLS_FAILED, 1);
        LOG(INFO, "tls.hello", "client=%s host=%s result=%d", c->address, c->site[0] ? c->site : "-", (int)r);
        client_free(c);
        return;
    }
    if (c->mode == LISTEN_TRANSPARENT && h->name[0] && snapshot_upstream(c->snap, span_str(h->name)) < 0 &&
        snapshot_tunnels(c->snap, span_str(h->name))) {
        tunnel_take(c, h->name, 443, false);
        return;
    }
    enum fail f = settle_name(c, h);
    const char *name = c->site[0] ? c->site : h->name[0] ? h->name : "localhost";
    SSL_CTX *ctx = f ? NULL : hostcert_get(c->worker->certs, span_str(name), &f);
    if (ctx == NULL) deny(c, h->name[0] ? h->name : c->site, f);
    else accept_tls(c, ctx);
}

void accept_tls_by_name(struct client *c)
{
    c->hello = c->worker->certs ? hello_wait_new(c->worker->base, c->fd, HELLO_TIMEOUT_MS, on_hello, c) : NULL;
    if (c->hello == NULL) client_free(c);
}
