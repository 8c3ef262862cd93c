#include "proxy/client.h"
#include "proxy/choose.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/exchange.h"
#include "proxy/flush.h"
#include "proxy/hello.h"
#include "proxy/reply.h"
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

#define LINGER_SECONDS 2
#define FIRST_BODY_BLOCK (64u * 1024u)

struct worker *client_worker(const struct client *c) { return c->worker; }
struct evbuffer *client_output(struct client *c) { return bufferevent_get_output(c->bev); }

/* --- the end of a connection ------------------------------------------------------------------------------------- */

/* A body that ends with the connection can only be told as cut by a reset. */
void client_reset_at_end(struct client *c)
{
    struct linger now = {1, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void leave_list(struct client *c)
{
    *c->back = c->next;
    if (c->next) c->next->back = c->back;
}

void client_free(struct client *c)
{
    if (c->parsing) {   /* the parser is on the stack below us; it looks when it is done */
        c->doomed = true;
        return;
    }
    struct worker *w = c->worker;
    struct exchange *x = c->x;
    c->x = NULL;
    leave_list(c);
    if (x) {
        metric_add(METRIC_CLIENT_ABORTS, 1);
        exchange_abort(x, c->h1);
        c->h1 = NULL;
    }
    if (c->hello) hello_wait_free(c->hello);
    if (c->timer) event_free(c->timer);
    if (c->bev) {
        SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
        if (ssl && SSL_is_init_finished(ssl)) SSL_shutdown(ssl);   /* close_notify; nobody waits for the peer's */
        ERR_clear_error();
        bufferevent_free(c->bev);
    } else if (c->fd >= 0) {   /* no bufferevent owns it yet, or a tunnel has not taken it */
        close(c->fd);
    }
    h1_free(c->h1);
    free(c->body);
    snapshot_unref(c->snap);
    c->magic = 0;
    free(c);
    atomic_fetch_sub(&w->shared->connections, 1);
    worker_closed(w);
}

/* What is written must be read by the peer: closing with unread input would send RST and lose it. */
static void linger(struct client *c)
{
    if (c->lingering) return;
    c->lingering = true;
    SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
    if (ssl && SSL_is_init_finished(ssl)) SSL_shutdown(ssl);
    ERR_clear_error();
    shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    client_set_timer(c, LINGER_SECONDS);
}

void client_close_gently(struct client *c)
{
    c->closing = true;
    if (evbuffer_get_length(client_output(c)) > 0) {
        bufferevent_setwatermark(c->bev, EV_WRITE, 0, 0);
        flush_arm(c->bev);
        return;
    }
    if (c->unread) linger(c);
    else client_free(c);
}

/* --- timers ------------------------------------------------------------------------------------------------------ */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct client *c = CD_CHECK(arg, struct client, CLIENT_MAGIC);
    if (c->reading_head && !c->closing) client_refuse(c, FAIL_REQUEST_TIMEOUT);
    else client_free(c);
}

void client_set_timer(struct client *c, unsigned seconds)
{
    if (seconds == 0) {
        if (c->timer) event_del(c->timer);
        return;
    }
    if (c->timer == NULL) c->timer = evtimer_new(c->worker->base, on_timer, c);
    /* All clients with the same time-out share one queue instead of a heap. */
    struct timeval tv = {(time_t)seconds, 0};
    const struct timeval *common = event_base_init_common_timeout(c->worker->base, &tv);
    if (c->timer) event_add(c->timer, common ? common : &tv);
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

static const struct codec *codec_for_error(const struct client *c, const struct h1_head *h)
{
    const char *provider = NULL;
    int up = c->site[0] ? snapshot_upstream(c->snap, span_str(c->site)) : h ? choose_upstream(c->snap, h, true) : -1;
    if (up >= 0) provider = c->snap->conf->upstreams[up].api;
    return route_find(provider ? provider : "openai", SPAN("POST"), SPAN("/"), true)->codec;
}

static void refuse_after_head(struct client *c, enum fail f, const struct h1_head *h)
{
    struct obuf *o = &c->worker->scratch;
    obuf_reset(o);
    struct refusal r = {.fail = f};
    reply_refusal(o, codec_for_error(c, h), &r, true, true);
    metric_add(METRIC_REFUSED_EARLY, 1);
    LOG(INFO, "request.rejected", "client=%s code=%s", c->address, fail_code(f));
    flush_arm(c->bev);
    if (obuf_ok(o)) evbuffer_add(client_output(c), o->p, o->n);
    c->unread = true;
    c->reading_head = false;
    client_close_gently(c);
}

void client_refuse(struct client *c, enum fail f) { refuse_after_head(c, f, NULL); }

static bool body_append(struct client *c, struct span piece)
{
    if (piece.n > c->body_cap - c->body_n) {
        size_t cap = c->body_cap ? c->body_cap : FIRST_BODY_BLOCK;
        while (cap - c->body_n < piece.n) cap *= 2;
        char *p = realloc(c->body, cap);
        if (p == NULL) return false;
        c->body = p;
        c->body_cap = cap;
    }
    memcpy(c->body + c->body_n, piece.p, piece.n);
    c->body_n += piece.n;
    return true;
}

/* What the head alone decides. */
static enum fail head_arrived(struct client *c, const struct h1_head *h)
{
    const struct conf *conf = c->worker->snap->conf;
    if (h->upgrade) return FAIL_HTTP_UPGRADE;
    if (h->has_length && h->length > conf->max_body) return FAIL_BODY_TOO_LARGE;
    if (h->has_length && h->length > 0) {
        size_t cap = h->length < (1u << 20) ? (size_t)h->length : 1u << 20;
        if (c->body_cap < cap) {
            char *p = realloc(c->body, cap);
            if (p == NULL) return FAIL_NO_MEMORY;
            c->body = p;
            c->body_cap = cap;
        }
    }
    if (!h->expect_continue || (!h->chunked && h->length == 0)) return FAIL_OK;
    flush_arm(c->bev);
    evbuffer_add(client_output(c), "HTTP/1.1 100 Continue\r\n\r\n", 25);
    flush_now(c->bev);
    return FAIL_OK;
}

enum fed { FED_MORE, FED_REQUEST, FED_FAILED };

/* Bytes to the parser until they are used up or a request is whole. */
static enum fed feed(struct client *c, struct span *in, enum fail *why)
{
    for (;;) {
        struct span piece;
        switch (h1_next(c->h1, in, &piece)) {
        case H1_NEED:
            return FED_MORE;
        case H1_HEAD:
            c->have_head = true;
            if ((*why = head_arrived(c, h1_head(c->h1))) != FAIL_OK) return FED_FAILED;
            break;
        case H1_BODY:
            *why = c->body_n + piece.n > c->worker->snap->conf->max_body ? FAIL_BODY_TOO_LARGE
                   : body_append(c, piece)                        ? FAIL_OK
                                                                  : FAIL_NO_MEMORY;
            if (*why) return FED_FAILED;
            break;
        case H1_END:
            return FED_REQUEST;
        case H1_FAIL:
            *why = h1_fail(c->h1);
            return FED_FAILED;
        }
    }
}

static struct blob *take_body(struct client *c, bool *ok)
{
    *ok = true;
    if (c->body_n == 0) return NULL;
    struct blob *b = blob_take(c->body, c->body_n);
    c->body = NULL;
    c->body_n = c->body_cap = 0;
    *ok = b != NULL;
    return b;
}

static void start_exchange(struct client *c)
{
    bool ok;
    struct blob *body = take_body(c, &ok);
    struct exchange *x = ok ? exchange_new(c, h1_head(c->h1), body) : NULL;
    if (x == NULL) {
        client_refuse(c, FAIL_NO_MEMORY);
        return;
    }
    c->x = x;
    exchange_go(x);
}

static void request_arrived(struct client *c)
{
    const struct h1_head *h = h1_head(c->h1);
    c->reading_head = c->have_head = false;
    client_set_timer(c, 0);
    if (c->mode == LISTEN_CONNECT && !c->inside) {
        connect_request(c, h, evbuffer_get_length(bufferevent_get_input(c->bev)) > 0);
        return;
    }
    if (span_is(h->method, "CONNECT")) refuse_after_head(c, FAIL_HTTP_METHOD, h);
    else start_exchange(c);
}

static void parse_input(struct client *c)
{
    c->parsing = true;
    while (c->x == NULL && !c->closing && !c->doomed && c->bev) {
        struct evbuffer *in = bufferevent_get_input(c->bev);
        size_t n = evbuffer_get_contiguous_space(in);
        if (n == 0) break;
        if (!c->reading_head) {
            c->reading_head = true;
            client_set_timer(c, c->snap->conf->request_timeout_s);
        }
        struct span s = {(const char *)evbuffer_pullup(in, (ev_ssize_t)n), n};
        enum fail why = FAIL_OK;
        enum fed fed = feed(c, &s, &why);
        evbuffer_drain(in, n - s.n);
        if (fed == FED_REQUEST) request_arrived(c);
        else if (fed == FED_FAILED) refuse_after_head(c, why, c->have_head ? h1_head(c->h1) : NULL);
    }
    c->parsing = false;
    if (c->doomed) client_free(c);
}

void client_answered(struct client *c, bool keep_alive)
{
    c->x = NULL;
    flush_now(c->bev);
    if (!keep_alive || c->closing || c->worker->draining) {
        client_close_gently(c);
        return;
    }
    client_set_timer(c, c->snap->conf->idle_timeout_s);
    if (!c->parsing && evbuffer_get_length(bufferevent_get_input(c->bev)) > 0)
        bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* --- the socket's events ----------------------------------------------------------------------------------------- */

static void on_read(struct bufferevent *bev, void *arg)
{
    struct client *c = CD_CHECK(arg, struct client, CLIENT_MAGIC);
    struct evbuffer *in = bufferevent_get_input(bev);
    if (c->closing) evbuffer_drain(in, evbuffer_get_length(in));
    else parse_input(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
    struct client *c = CD_CHECK(arg, struct client, CLIENT_MAGIC);
    if (c->closing && evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
        if (c->unread) linger(c);
        else client_free(c);
    } else if (c->x) {
        exchange_client_drained(c->x);
    }
}

static void log_handshake(struct client *c)
{
    unsigned long e = bufferevent_get_openssl_error(c->bev);
    const char *reason = e ? ERR_reason_error_string(e) : NULL;
    metric_add(METRIC_TLS_FAILED, 1);
    LOG(WARN, "tls.client", "client=%s host=%s reason=\"%s\"", c->address, c->site[0] ? c->site : "-",
        reason ? reason : "connection closed in the handshake");
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct client *c = CD_CHECK(arg, struct client, CLIENT_MAGIC);
    if (what & BEV_EVENT_CONNECTED) {
        c->handshaken = true;
        return;
    }
    if (c->tls && !c->handshaken) log_handshake(c);
    ERR_clear_error();
    (void)bev;
    client_free(c);
}

void client_begin_http(struct client *c, struct bufferevent *bev)
{
    const struct conf *conf = c->snap->conf;
    c->bev = bev;
    if (c->h1 == NULL && (c->h1 = h1_new(H1_REQUEST, conf->max_head)) == NULL) {
        client_free(c);
        return;
    }
    bufferevent_setcb(bev, on_read, on_write, on_event, c);
    bufferevent_setwatermark(bev, EV_READ, 0, CLIENT_HIGH_WATER);
    bufferevent_setwatermark(bev, EV_WRITE, CLIENT_HIGH_WATER / 2, 0);
    struct timeval stalled = {(time_t)conf->idle_timeout_s, 0};
    bufferevent_set_timeouts(bev, NULL, &stalled);
    client_set_timer(c, conf->idle_timeout_s);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void address_text(const struct sockaddr *sa, char *out, size_t cap)
{
    const void *a = sa->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)sa)->sin6_addr
                                              : (const void *)&((const struct sockaddr_in *)sa)->sin_addr;
    if (inet_ntop(sa->sa_family, a, out, (socklen_t)cap) == NULL) out[0] = '\0';
}

static struct client *client_new(struct worker *w, size_t listener, evutil_socket_t fd, const struct sockaddr *peer,
                                 socklen_t len)
{
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->magic = CLIENT_MAGIC;
    c->worker = w;
    c->fd = fd;
    c->snap = snapshot_ref(w->snap);
    c->listener_index = listener;
    c->listener = &c->snap->conf->listeners[listener];
    c->mode = c->listener->mode;
    memcpy(&c->peer, peer, len < sizeof c->peer ? len : sizeof c->peer);
    address_text(peer, c->address, sizeof c->address);
    c->next = w->clients;
    c->back = &w->clients;
    if (c->next) c->next->back = &c->next;
    w->clients = c;
    worker_opened(w);
    return c;
}

void client_accept(struct worker *w, size_t listener, evutil_socket_t fd, const struct sockaddr *peer, socklen_t len)
{
    unsigned open = atomic_fetch_add(&w->shared->connections, 1) + 1;
    struct client *c = open > w->snap->conf->max_connections ? NULL : client_new(w, listener, fd, peer, len);
    if (c == NULL) {
        atomic_fetch_sub(&w->shared->connections, 1);
        LOG(WARN, "connections.full", "open=%u", open - 1);
        close(fd);
        return;
    }
    metric_add(METRIC_CONNECTIONS, 1);
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->mode == LISTEN_TRANSPARENT && !accept_redirected(c)) {
        client_free(c);
    } else if (c->mode == LISTEN_TRANSPARENT || c->listener->tls) {
        accept_tls_by_name(c);
    } else if (c->listener->certificate) {
        accept_tls(c, c->snap->listener_tls[listener]);
    } else {
        struct bufferevent *bev = bufferevent_socket_new(w->base, fd, BEV_OPT_CLOSE_ON_FREE);
        if (bev) client_begin_http(c, bev);
        else client_free(c);
    }
}

/* --- shutdown ---------------------------------------------------------------------------------------------------- */

void client_drain_all(struct worker *w)
{
    for (struct client *c = w->clients, *next; c; c = next) {
        next = c->next;
        if (c->x == NULL && !c->reading_head && !c->closing) client_free(c);
    }
}

void client_free_all(struct worker *w)
{
    while (w->clients) {
        w->clients->parsing = false;
        client_free(w->clients);
    }
}
