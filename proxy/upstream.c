#include "proxy/upstream.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/dial.h"
#include "proxy/flush.h"
#include "proxy/tls.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#define UPSTREAM_MAGIC 0x5550434eu
#define IDLE_SECONDS 20                /* below what the APIs' own front ends keep */
#define IDLE_MAX 128                   /* a worker and upstream */
#define REPLY_HEAD_MAX 65536
#define COALESCE_MAX 16384             /* head and body in one TLS record up to this size */
#define READ_HIGH_WATER (256u * 1024u)

struct upstream_conn {
    uint32_t magic;
    struct upstream_pool *pool;
    struct upstream_conn *next, **back;    /* in the pool's busy or idle list */
    struct exchange *x;                    /* NULL: idle */
    struct snapshot *snap;                 /* whose upstream `index` is */
    int index;
    struct dial *dial;
    struct bufferevent *bev;
    struct h1 *h1;
    uint64_t queued;                       /* plaintext bytes of this request given to the socket */
    bool reused, got_byte, connected, finished, reading, doomed, keep;
    char address[64];
};

struct upstream_pool {
    struct worker *worker;
    struct upstream_conn *busy, *idle;
    unsigned n_idle;
};

static const struct conf_upstream *conf_of(const struct upstream_conn *u) { return &u->snap->conf->upstreams[u->index]; }

static void enlist(struct upstream_conn *u, struct upstream_conn **head)
{
    u->next = *head;
    u->back = head;
    if (u->next) u->next->back = &u->next;
    *head = u;
}

static void delist(struct upstream_conn *u)
{
    *u->back = u->next;
    if (u->next) u->next->back = u->back;
}

static void conn_free(struct upstream_conn *u)
{
    if (u->reading) {
        u->doomed = true;
        return;
    }
    if (u->keep) u->pool->n_idle--;   /* it is in the idle list */
    delist(u);
    if (u->dial) dial_free(u->dial);
    if (u->bev) {
        SSL *ssl = bufferevent_openssl_get_ssl(u->bev);
        if (ssl && SSL_is_init_finished(ssl)) SSL_shutdown(ssl);
        ERR_clear_error();
        bufferevent_free(u->bev);
    }
    h1_free(u->h1);
    snapshot_unref(u->snap);
    u->magic = 0;
    free(u);
}

/* --- the exchange's side ----------------------------------------------------------------------------------------- */

/* The exchange and the connection part; its byte counts go to the exchange. */
static struct exchange *unbind(struct upstream_conn *u)
{
    struct exchange *x = u->x;
    uint64_t unsent = u->bev ? evbuffer_get_length(bufferevent_get_output(u->bev)) : 0;
    uint64_t sent = u->queued > unsent ? u->queued - unsent : 0;
    x->bytes_out += sent;
    metric_add(METRIC_BYTES_OUT, sent);
    x->up = NULL;
    u->x = NULL;
    return x;
}

void upstream_drop(struct upstream_conn *u)
{
    unbind(u);
    conn_free(u);
}

static void fail_exchange(struct upstream_conn *u, enum fail f)
{
    bool again = u->reused && !u->got_byte && u->x->attempt == 1 && f != FAIL_UPSTREAM_TIMEOUT;
    struct exchange *x = unbind(u);
    conn_free(u);
    if (again) {
        metric_add(METRIC_UPSTREAM_RETRIES, 1);
        exchange_retry(x);
    } else {
        return_failed(x, f);
    }
}

/* The reply is whole. */
static void reply_complete(struct upstream_conn *u)
{
    struct evbuffer *in = bufferevent_get_input(u->bev), *out = bufferevent_get_output(u->bev);
    const struct h1_head *h = h1_head(u->h1);
    bool current = u->snap == u->pool->worker->snap;
    u->keep = h->keep_alive && !h->until_eof && current && !u->pool->worker->draining && evbuffer_get_length(in) == 0 &&
              evbuffer_get_length(out) == 0 && u->pool->n_idle < IDLE_MAX;
    struct exchange *x = unbind(u);
    if (u->keep) {
        struct timeval idle = {IDLE_SECONDS, 0};
        delist(u);
        enlist(u, &u->pool->idle);
        u->pool->n_idle++;
        bufferevent_set_timeouts(u->bev, &idle, NULL);
        bufferevent_enable(u->bev, EV_READ);
    } else {
        conn_free(u);
    }
    return_upstream_end(x);
}

static bool reply_head(struct upstream_conn *u)
{
    const struct h1_head *h = h1_head(u->h1);
    if (h->status == 101) return false;          /* nobody asked for it */
    if (h->status >= 200) return_upstream_head(u->x, h);
    return true;
}

/* One turn over the bytes that are there. False: the connection no longer serves an exchange, or is paused. */
static bool take_bytes(struct upstream_conn *u, struct span *in)
{
    for (;;) {
        struct span piece;
        switch (h1_next(u->h1, in, &piece)) {
        case H1_NEED: return true;
        case H1_HEAD:
            if (!reply_head(u)) return fail_exchange(u, FAIL_UPSTREAM_PROTOCOL), false;
            break;
        case H1_BODY: return_upstream_body(u->x, piece); break;
        case H1_END:
            if (h1_head(u->h1)->status < 200) break;   /* an interim reply: the real one follows */
            u->finished = true;
            return false;
        case H1_FAIL: return fail_exchange(u, FAIL_UPSTREAM_PROTOCOL), false;
        }
        if (u->x == NULL || u->x->stalled) return false;
    }
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct upstream_conn *u = CD_CHECK(arg, struct upstream_conn, UPSTREAM_MAGIC);
    struct evbuffer *in = bufferevent_get_input(bev);
    if (u->x == NULL) {   /* an idle connection has nothing to say */
        conn_free(u);
        return;
    }
    u->reading = true;
    while (u->x && !u->finished) {
        size_t n = evbuffer_get_contiguous_space(in);
        if (n == 0) break;
        struct span s = {(const char *)evbuffer_pullup(in, (ev_ssize_t)n), n};
        u->got_byte = true;
        bool more = take_bytes(u, &s);
        size_t used = n - s.n;
        evbuffer_drain(in, used);
        if (u->x) u->x->bytes_in += used;
        metric_add(METRIC_BYTES_IN, used);
        if (!more) break;
    }
    u->reading = false;
    if (u->doomed) conn_free(u);
    else if (u->x && u->finished) reply_complete(u);
    else if (u->x && u->x->stalled) bufferevent_disable(bev, EV_READ);
    else if (u->x) return_upstream_paused(u->x);
}

void upstream_read_on(struct upstream_conn *u)
{
    if (u->bev == NULL) return;
    bufferevent_enable(u->bev, EV_READ);
    bufferevent_trigger(u->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* --- connecting and writing -------------------------------------------------------------------------------------- */

static void release_blob(const void *data, size_t n, void *arg)
{
    (void)data, (void)n;
    blob_unref(arg);
}

static void write_request(struct upstream_conn *u)
{
    struct exchange *x = u->x;
    struct evbuffer *out = bufferevent_get_output(u->bev);
    flush_arm(u->bev);
    struct span head = obuf_span(&x->up_head), body = x->up_body ? blob_span(x->up_body) : SPAN_NONE;
    u->queued = head.n + body.n;
    if (u->queued <= COALESCE_MAX) {
        evbuffer_expand(out, u->queued);
        evbuffer_add(out, head.p, head.n);
        if (body.n) evbuffer_add(out, body.p, body.n);
    } else {
        evbuffer_add(out, head.p, head.n);
        if (body.n) evbuffer_add_reference(out, body.p, body.n, release_blob, blob_ref(x->up_body));
    }
    if (span_is(x->head->method, "HEAD")) h1_expect_no_body(u->h1);
    snprintf(x->address, sizeof x->address, "%s", u->address);
    SSL *ssl = bufferevent_openssl_get_ssl(u->bev);
    snprintf(x->tls_version, sizeof x->tls_version, "%s", ssl ? SSL_get_version(ssl) : "");
    struct timeval idle = {(time_t)u->snap->conf->upstream_idle_timeout_s, 0};
    bufferevent_set_timeouts(u->bev, &idle, &idle);
    bufferevent_enable(u->bev, EV_READ | EV_WRITE);
    flush_now(u->bev);
}

static enum fail why_not_connected(struct upstream_conn *u, short what)
{
    SSL *ssl = bufferevent_openssl_get_ssl(u->bev);
    if (what & BEV_EVENT_TIMEOUT) return FAIL_UPSTREAM_TIMEOUT;
    LOG(WARN, "tls.upstream", "upstream=%s host=%s reason=\"%s\"", conf_of(u)->name, conf_of(u)->host,
        ssl ? tls_out_verify_error(ssl) : "connection failed");
    return ssl ? FAIL_UPSTREAM_TLS : FAIL_UPSTREAM_CONNECT;
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct upstream_conn *u = CD_CHECK(arg, struct upstream_conn, UPSTREAM_MAGIC);
    (void)bev;
    if (what & BEV_EVENT_CONNECTED) {
        u->connected = true;
        write_request(u);
        return;
    }
    ERR_clear_error();
    if (u->x == NULL) {
        conn_free(u);
    } else if (!u->connected) {
        fail_exchange(u, why_not_connected(u, what));
    } else if (what & BEV_EVENT_TIMEOUT) {
        fail_exchange(u, FAIL_UPSTREAM_TIMEOUT);
    } else if (u->got_byte && (what & BEV_EVENT_EOF) && h1_eof(u->h1) && !h1_idle(u->h1)) {
        u->finished = true;
        reply_complete(u);
    } else {
        fail_exchange(u, FAIL_UPSTREAM_CLOSED);
    }
}

static struct bufferevent *make_bev(struct upstream_conn *u, evutil_socket_t fd)
{
    struct event_base *base = u->pool->worker->base;
    const struct conf_upstream *c = conf_of(u);
    if (c->plaintext) return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    SSL *ssl = tls_out_new(u->snap->upstream_tls[u->index], c->host);
    if (ssl == NULL) return NULL;
    struct bufferevent *bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) SSL_free(ssl);
    else bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

static void on_dialled(evutil_socket_t fd, const char *address, enum fail why, void *arg)
{
    struct upstream_conn *u = CD_CHECK(arg, struct upstream_conn, UPSTREAM_MAGIC);
    dial_free(u->dial);
    u->dial = NULL;
    if (why) {
        LOG(WARN, "upstream.dial", "upstream=%s code=%s", conf_of(u)->name, fail_code(why));
        fail_exchange(u, why);
        return;
    }
    snprintf(u->address, sizeof u->address, "%s", address);
    u->bev = make_bev(u, fd);
    if (u->bev == NULL) {
        evutil_closesocket(fd);
        fail_exchange(u, FAIL_NO_MEMORY);
        return;
    }
    bufferevent_setcb(u->bev, on_read, NULL, on_event, u);
    bufferevent_setwatermark(u->bev, EV_READ, 0, READ_HIGH_WATER);
    if (conf_of(u)->plaintext) {
        u->connected = true;
        write_request(u);
    } else {
        struct timeval tv = {(time_t)u->snap->conf->upstream_connect_timeout_s, 0};
        bufferevent_set_timeouts(u->bev, &tv, &tv);
        bufferevent_enable(u->bev, EV_READ | EV_WRITE);
    }
}

/* --- the pool ---------------------------------------------------------------------------------------------------- */

/* Closed by the other side, or with bytes that nobody asked for? The loop may not have told us yet. */
static bool still_good(struct upstream_conn *u)
{
    char c;
    ssize_t n = recv(bufferevent_getfd(u->bev), &c, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    /* TLS 1.3 session tickets may come at any time. */
    return n > 0 && bufferevent_openssl_get_ssl(u->bev) != NULL;
}

static struct upstream_conn *take_idle(struct upstream_pool *p, const struct exchange *x)
{
    for (struct upstream_conn *u = p->idle, *next; u; u = next) {
        next = u->next;
        if (u->snap != x->snap || u->index != x->upstream) continue;
        if (!still_good(u)) {
            conn_free(u);
            continue;
        }
        delist(u);
        p->n_idle--;
        enlist(u, &p->busy);
        u->keep = u->got_byte = u->finished = false;
        u->reused = true;
        return u;
    }
    return NULL;
}

static struct upstream_conn *conn_new(struct upstream_pool *p, struct exchange *x)
{
    struct upstream_conn *u = calloc(1, sizeof *u);
    if (u == NULL) return NULL;
    u->magic = UPSTREAM_MAGIC;
    u->pool = p;
    u->snap = snapshot_ref(x->snap);
    u->index = x->upstream;
    enlist(u, &p->busy);
    u->h1 = h1_new(H1_REPLY, REPLY_HEAD_MAX);
    const struct conf_upstream *c = conf_of(u);
    if (u->h1)
        u->dial = dial_new(p->worker, c->host, c->port, c->address, u->snap->conf->upstream_connect_timeout_s, on_dialled, u);
    if (u->dial == NULL) {
        conn_free(u);
        return NULL;
    }
    return u;
}

enum fail upstream_send(struct exchange *x)
{
    struct upstream_pool *p = x->worker->upstreams;
    struct upstream_conn *u = x->attempt == 1 ? take_idle(p, x) : NULL;
    bool pooled = u != NULL;
    if (u == NULL && (u = conn_new(p, x)) == NULL) return FAIL_NO_MEMORY;
    u->x = x;
    x->up = u;
    if (pooled) write_request(u);
    return FAIL_OK;
}

struct upstream_pool *upstream_pool_new(struct worker *w)
{
    struct upstream_pool *p = calloc(1, sizeof *p);
    if (p) p->worker = w;
    return p;
}

void upstream_pool_flush(struct upstream_pool *p)
{
    while (p->idle) conn_free(p->idle);
}

void upstream_pool_free(struct upstream_pool *p)
{
    upstream_pool_flush(p);
    while (p->busy) conn_free(p->busy);
    free(p);
}
