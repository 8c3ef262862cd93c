/* One port's connection to Redis: made, watched, made again. hiredis makes the commands and reads the replies; the bytes
 * go by a bufferevent, so that TLS is no matter of hiredis's version. */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "state/redis.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MAX_MS 5000u
#define ALIVE_US 2000000u               /* a connection that nobody uses is asked so often whether it lives */

static struct redis_store *store_of(const struct redis_port *p) { return (struct redis_store *)p->head.state; }

/* ---- time ---- */

static void arm(struct event *e, uint64_t us)
{
    struct timeval t = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    event_add(e, &t);
}

void redis_port_arm(struct redis_port *p)
{
    uint64_t now = clock_mono_us();
    if (p->first != NULL) arm(p->tick, p->first->deadline_us > now ? p->first->deadline_us - now : 0);
    else if (p->bev != NULL) arm(p->tick, ALIVE_US);
    else event_del(p->tick);
}

/* ---- losing it ---- */

static void close_link(struct redis_port *p)
{
    bufferevent_free(p->bev);
    p->bev = NULL;
    p->n_due = p->first_due = 0;
    if (!p->reading) redis_reader_free(p);
}

/* The connection goes, whoever found out, and with it all that waits. */
static void drop(struct redis_port *p, const char *how)
{
    struct redis_store *s = store_of(p);
    if (p->bev == NULL) return;
    close_link(p);
    metric_add(METRIC_STATE_ERRORS, 1);
    if (!atomic_exchange(&s->told_down, true)) LOG(ERROR, "state.down", "store=redis why=\"%s\"", how);
    if (p->ready) atomic_fetch_sub(&s->ready, 1);
    p->ready = false;
    arm(p->again, (uint64_t)p->backoff_ms * 1000);
    p->backoff_ms = p->backoff_ms * 2 < BACKOFF_MAX_MS ? p->backoff_ms * 2 : BACKOFF_MAX_MS;
    redis_asks_end(p);
}

/* ---- whether it works ---- */

/* Redis is the one that it was, or somebody has emptied it: what it knew is forgotten, and nobody else would say so. */
static void take_mark(struct redis_ask *a, size_t i, const redisReply *r)
{
    struct redis_store *s = store_of(a->port);
    (void)i;
    if (r->type != REDIS_REPLY_STRING || r->len == 0) return;   /* the reply to SET NX is nothing, or a status */
    struct state_key key = state_key_of(&s->head, STATE_ID, NULL, (struct span){r->str, r->len});
    uint64_t mark, before;
    memcpy(&mark, key.b, sizeof mark);
    before = atomic_exchange(&s->mark, mark);
    if (before == 0 || before == mark) return;
    metric_add(METRIC_STATE_ERRORS, 1);
    LOG(ERROR, "state.emptied", "store=redis why=\"it is not the one it was: what was known is forgotten\"");
}

static void on_alive(void *port, enum fail f)
{
    struct redis_port *p = port;
    struct redis_store *s = store_of(p);
    if (f != FAIL_OK) {
        drop(p, p->useless ? p->useless : "it does not answer as it should");
        return;
    }
    if (p->bev == NULL || p->ready) return;
    p->ready = true;
    p->backoff_ms = BACKOFF_FIRST_MS;
    atomic_fetch_add(&s->ready, 1);
    atomic_store(&s->told_error_us, 0);
    if (atomic_exchange(&s->told_down, false)) LOG(INFO, "state.up", "store=redis");
}

static void command(struct redis_ask *a, int argc, const char *const *argv)
{
    size_t len[4];
    for (int k = 0; k < argc; k++) len[k] = strlen(argv[k]);
    redis_ask_send(a, 0, argc, argv, len);
}

/* That it can be written to is part of it: a replica answers too. `hello`: who we are, and which database, first. */
static void ask_alive(struct redis_port *p, bool hello)
{
    const struct redis_store *s = store_of(p);
    char database[16], name[REDIS_NAME_MAX], mark[33];
    unsigned char random[16];
    enum fail f;
    bool later;
    struct redis_ask *a = redis_ask_new(p, &f);
    if (a == NULL) {
        drop(p, fail_text(f));
        return;
    }
    a->take = take_mark;
    snprintf(database, sizeof database, "%u", s->database);
    snprintf(name, sizeof name, "%smark", s->prefix);
    random_bytes(random, sizeof random);
    hex_put(mark, random, sizeof random);
    if (hello && s->password && s->username) command(a, 3, (const char *const[]){"AUTH", s->username, s->password});
    else if (hello && s->password) command(a, 2, (const char *const[]){"AUTH", s->password});
    if (hello && s->database) command(a, 2, (const char *const[]){"SELECT", database});
    command(a, 4, (const char *const[]){"SET", name, mark, "NX"});
    command(a, 2, (const char *const[]){"GET", name});
    f = redis_ask_sent(a, on_alive, p, &later);
    if (f != FAIL_OK) drop(p, fail_text(f));
}

/* ---- making it ---- */

static void on_readable(struct bufferevent *bev, void *port)
{
    struct redis_port *p = port;
    struct evbuffer *in = bufferevent_get_input(bev);
    size_t n = evbuffer_get_length(in);
    const char *how = NULL;
    p->reading = true;
    if (redisReaderFeed(p->reader, (const char *)evbuffer_pullup(in, -1), n) != REDIS_OK) how = fail_text(FAIL_NO_MEMORY);
    evbuffer_drain(in, n);
    while (how == NULL && p->bev != NULL) {
        void *reply = NULL;
        if (redisReaderGetReply(p->reader, &reply) != REDIS_OK || (reply != NULL && p->n_due == 0))
            how = "what it says is not Redis";
        else if (reply == NULL) break;
        else redis_take_reply(p, reply);
        if (reply != NULL) freeReplyObject(reply);
    }
    p->reading = false;
    if (p->bev == NULL) redis_reader_free(p);
    else if (how != NULL) drop(p, how);
}

static void on_event(struct bufferevent *bev, short what, void *port)
{
    struct redis_port *p = port;
    char why[128];
    int err = EVUTIL_SOCKET_ERROR();
    if (what & BEV_EVENT_CONNECTED) return;
    unsigned long tls = bufferevent_get_openssl_error(bev);
    const char *reason = tls ? ERR_reason_error_string(tls) : NULL;
    if (tls != 0) snprintf(why, sizeof why, "TLS: %s", reason ? reason : "refused");
    else snprintf(why, sizeof why, "%s", what & BEV_EVENT_EOF || err == 0 ? "closed" : strerror(err));
    drop(p, why);
}

static struct bufferevent *make_link(const struct redis_store *s, struct event_base *base)
{
    if (s->tls == NULL) return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    SSL *ssl = redis_tls_new(s->tls, s->tls_name);
    if (ssl == NULL) return NULL;
    struct bufferevent *bev =
        bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) SSL_free(ssl);
    else bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

static void connect_now(evutil_socket_t fd, short what, void *port)
{
    struct redis_port *p = port;
    const struct redis_store *s = store_of(p);
    int yes = 1;
    (void)fd, (void)what;
    p->reader = redisReaderCreate();
    p->bev = make_link(s, p->base);
    if (p->reader == NULL || p->bev == NULL) {
        if (p->bev != NULL) drop(p, fail_text(FAIL_NO_MEMORY));
        else redis_reader_free(p), arm(p->again, (uint64_t)BACKOFF_MAX_MS * 1000);
        return;
    }
    bufferevent_setcb(p->bev, on_readable, NULL, on_event, p);
    if (bufferevent_socket_connect(p->bev, (const struct sockaddr *)&s->to, (int)s->to_len) != 0 || p->bev == NULL ||
        bufferevent_enable(p->bev, EV_READ | EV_WRITE) != 0) {
        drop(p, strerror(errno));
        return;
    }
    setsockopt(bufferevent_getfd(p->bev), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ask_alive(p, true);
}

/* The first one's time is over, the connection is of no use any more, or nothing was said for a while. */
static void on_tick(evutil_socket_t fd, short what, void *port)
{
    struct redis_port *p = port;
    (void)fd, (void)what;
    if (p->useless != NULL) drop(p, p->useless);
    else if (p->first != NULL && p->first->deadline_us <= clock_mono_us()) drop(p, "no answer in time");
    else if (p->first == NULL && p->bev != NULL) ask_alive(p, false);
    p->useless = NULL;
    redis_port_arm(p);
}

void redis_port_useless(struct redis_port *p, const char *why)
{
    p->useless = why;
    event_active(p->tick, EV_TIMEOUT, 0);
}

bool redis_port_start(struct redis_port *p, struct event_base *base)
{
    p->base = base;
    p->backoff_ms = BACKOFF_FIRST_MS;
    p->last = &p->first;
    p->tick = event_new(base, -1, 0, on_tick, p);
    p->again = event_new(base, -1, 0, connect_now, p);
    if (p->tick == NULL || p->again == NULL) return false;
    connect_now(-1, 0, p);
    return true;
}

void redis_port_stop(struct redis_port *p)
{
    for (struct redis_ask *a = p->first; a != NULL; a = a->next) a->done = NULL;
    if (p->ready) atomic_fetch_sub(&store_of(p)->ready, 1);
    p->ready = false;
    if (p->bev != NULL) close_link(p);
    redis_asks_end(p);
    free(p->due);
    if (p->tick != NULL) event_free(p->tick);
    if (p->again != NULL) event_free(p->again);
}
