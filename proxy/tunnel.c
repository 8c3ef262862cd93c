#include "proxy/tunnel.h"
#include "audit/record.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/dial.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TUNNEL_MAGIC 0x54554e4cu

struct tunnel {
    uint32_t magic;
    struct worker *worker;
    struct tunnel *next, **back;
    struct snapshot *snap;
    size_t listener_index;
    char id[EXCHANGE_ID_LEN + 1], host[254], client_address[48], address[64];
    uint16_t port;
    bool answer;                       /* the client waits for the reply to its CONNECT */
    bool waiting;                      /* for the ledger: the object stays until it answers */
    bool dead;
    evutil_socket_t fd;                /* the client's, until `client` has it */
    struct dial *dial;
    struct bufferevent *client, *server;
    uint64_t intent_seq, out, in, began_us;
    enum fail failed;
};

/* A ticket that knows its tunnel; ticket_free frees both, the ticket being its first member. */
struct tunnel_ticket {
    struct ticket ticket;
    struct tunnel *tunnel;
};

static struct record_tunnel record_of(const struct tunnel *t)
{
    return (struct record_tunnel){.id = t->id, .listener = t->snap->conf->listeners[t->listener_index].name,
                                  .client_address = span_str(t->client_address), .host = t->host[0] ? t->host : NULL,
                                  .port = t->port, .policy = t->snap->conf->digest, .refusal = t->failed,
                                  .intent_seq = t->intent_seq, .bytes_out = t->out, .bytes_in = t->in,
                                  .duration_us = clock_mono_us() - t->began_us, .address = t->address[0] ? t->address : NULL};
}

static bool submit(struct worker *w, struct ticket *t, struct obuf *body)
{
    if (t) t->body = obuf_take(body, &t->body_len);
    obuf_fini(body);
    if (t && t->body && worker_record(w, t) == FAIL_OK) return true;
    if (t) ticket_free(t);
    return false;
}

static void record_outcome(struct tunnel *t)
{
    struct obuf body = {0};
    struct record_tunnel r = record_of(t);
    record_tunnel_outcome_put(&body, &r);
    if (!submit(t->worker, calloc(1, sizeof(struct ticket)), &body))
        LOG(WARN, "tunnel.record", "id=%s the outcome could not be recorded", t->id);
}

static void tunnel_free(struct tunnel *t)
{
    if (t->waiting) {
        t->dead = true;
        return;
    }
    struct worker *w = t->worker;
    if (t->intent_seq) record_outcome(t);
    *t->back = t->next;
    if (t->next) t->next->back = t->back;
    if (t->dial) dial_free(t->dial);
    if (t->client) bufferevent_free(t->client);
    if (t->server) bufferevent_free(t->server);
    if (t->fd >= 0) close(t->fd);
    snapshot_unref(t->snap);
    t->magic = 0;
    free(t);
    atomic_fetch_sub(&w->shared->connections, 1);
    worker_closed(w);
}

/* Before any byte went either way. A CONNECT is told why; a redirected connection just ends. */
static void refuse(struct tunnel *t, enum fail f)
{
    t->failed = f;
    if (t->answer) {
        struct obuf o = {0};
        struct refusal r = {.fail = f, .id = t->id};
        reply_refusal(&o, route_find("openai", SPAN("POST"), SPAN("/"), true)->codec, &r, true, true);
        if (obuf_ok(&o) && send(t->fd, o.p, o.n, MSG_NOSIGNAL) < 0) LOG(DEBUG, "tunnel.refuse", "id=%s client gone", t->id);
        obuf_fini(&o);
    }
    tunnel_free(t);
}

/* --- bytes ------------------------------------------------------------------------------------------------------- */

static void on_read(struct bufferevent *from, void *arg)
{
    struct tunnel *t = CD_CHECK(arg, struct tunnel, TUNNEL_MAGIC);
    bool up = from == t->client;
    struct evbuffer *in = bufferevent_get_input(from), *out = bufferevent_get_output(up ? t->server : t->client);
    size_t n = evbuffer_get_length(in);
    *(up ? &t->out : &t->in) += n;
    metric_add(up ? METRIC_BYTES_OUT : METRIC_BYTES_IN, n);
    evbuffer_add_buffer(out, in);
    if (evbuffer_get_length(out) > CLIENT_HIGH_WATER) bufferevent_disable(from, EV_READ);
}

static void on_write(struct bufferevent *to, void *arg)
{
    struct tunnel *t = CD_CHECK(arg, struct tunnel, TUNNEL_MAGIC);
    struct bufferevent *from = to == t->client ? t->server : t->client;
    if (t->dead && evbuffer_get_length(bufferevent_get_output(to)) == 0) {
        tunnel_free(t);
        return;
    }
    if (from) bufferevent_enable(from, EV_READ);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct tunnel *t = CD_CHECK(arg, struct tunnel, TUNNEL_MAGIC);
    struct bufferevent *other = bev == t->client ? t->server : t->client;
    if ((what & BEV_EVENT_EOF) && !t->dead && evbuffer_get_length(bufferevent_get_output(other)) > 0) {
        t->dead = true;   /* what is on its way still arrives */
        bufferevent_setwatermark(other, EV_WRITE, 0, 0);
        bufferevent_disable(bev, EV_READ);
        return;
    }
    tunnel_free(t);
}

static struct bufferevent *end_of(struct tunnel *t, evutil_socket_t fd)
{
    struct bufferevent *bev = bufferevent_socket_new(t->worker->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) return NULL;
    struct timeval idle = {(time_t)t->snap->conf->upstream_idle_timeout_s, 0};
    bufferevent_setcb(bev, on_read, on_write, on_event, t);
    bufferevent_setwatermark(bev, EV_READ, 0, CLIENT_HIGH_WATER);
    bufferevent_setwatermark(bev, EV_WRITE, CLIENT_HIGH_WATER / 2, 0);
    bufferevent_set_timeouts(bev, &idle, &idle);
    return bev;
}

static void on_dialled(evutil_socket_t fd, const char *address, enum fail why, void *arg)
{
    static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    struct tunnel *t = CD_CHECK(arg, struct tunnel, TUNNEL_MAGIC);
    dial_free(t->dial);
    t->dial = NULL;
    if (why) {
        refuse(t, why);
        return;
    }
    snprintf(t->address, sizeof t->address, "%s", address);
    t->server = end_of(t, fd);
    if (t->server == NULL) evutil_closesocket(fd);
    else t->client = end_of(t, t->fd);
    if (t->client == NULL) {
        tunnel_free(t);
        return;
    }
    t->fd = -1;
    metric_add(METRIC_TUNNELS, 1);
    if (t->answer) bufferevent_write(t->client, ok, sizeof ok - 1);
    bufferevent_enable(t->client, EV_READ | EV_WRITE);
    bufferevent_enable(t->server, EV_READ | EV_WRITE);
}

/* --- the intent -------------------------------------------------------------------------------------------------- */

static void recorded(struct letter *l, void *owner)
{
    (void)owner;
    struct tunnel_ticket *k = (struct tunnel_ticket *)l;
    struct tunnel *t = CD_CHECK(k->tunnel, struct tunnel, TUNNEL_MAGIC);
    enum fail f = k->ticket.fail;
    t->waiting = false;
    if (f == FAIL_OK) t->intent_seq = k->ticket.seq;
    ticket_free(&k->ticket);
    if (t->dead) {
        tunnel_free(t);
        return;
    }
    if (f == FAIL_OK) {
        t->dial = dial_new(t->worker, t->host, t->port, NULL, t->snap->conf->upstream_connect_timeout_s, on_dialled, t);
        if (t->dial == NULL) f = FAIL_NO_MEMORY;
    }
    if (f) refuse(t, f);
}

static struct tunnel *tunnel_new(struct client *c, const char *host, uint16_t port)
{
    struct tunnel *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    struct worker *w = c->worker;
    t->magic = TUNNEL_MAGIC;
    t->worker = w;
    t->snap = snapshot_ref(w->snap);
    t->listener_index = c->listener_index;
    t->port = port;
    t->fd = c->fd;
    t->began_us = clock_mono_us();
    exchange_make_id(w, t->id);
    snprintf(t->host, sizeof t->host, "%s", host);
    memcpy(t->client_address, c->address, sizeof t->client_address);
    t->next = w->tunnels;
    t->back = &w->tunnels;
    if (t->next) t->next->back = &t->next;
    w->tunnels = t;
    atomic_fetch_add(&w->shared->connections, 1);
    worker_opened(w);
    return t;
}

void tunnel_take(struct client *c, const char *host, uint16_t port, bool answer)
{
    struct tunnel *t = tunnel_new(c, host, port);
    struct tunnel_ticket *k = calloc(1, sizeof *k);
    if (t) c->fd = -1;   /* moved */
    client_free(c);
    if (t == NULL || k == NULL) {
        free(k);
        if (t) tunnel_free(t);
        return;
    }
    t->answer = answer;
    k->tunnel = t;
    k->ticket.letter.deliver = recorded;
    k->ticket.to.box = t->worker->mail;
    struct obuf body = {0};
    struct record_tunnel r = record_of(t);
    record_tunnel_intent_put(&body, &r);
    t->waiting = true;
    if (submit(t->worker, &k->ticket, &body)) return;
    t->waiting = false;
    refuse(t, FAIL_LEDGER_DOWN);
}

void tunnel_record_denied(const struct client *c, const char *host, uint16_t port, enum fail f)
{
    char id[EXCHANGE_ID_LEN + 1];
    exchange_make_id(c->worker, id);
    struct record_tunnel r = {.id = id, .listener = c->listener->name, .client_address = span_str(c->address),
                              .host = host[0] ? host : NULL, .port = port, .policy = c->worker->snap->conf->digest,
                              .refusal = f};
    struct obuf body = {0};
    record_tunnel_intent_put(&body, &r);
    if (!submit(c->worker, calloc(1, sizeof(struct ticket)), &body))
        LOG(WARN, "tunnel.record", "client=%s a denied connection could not be recorded", c->address);
}

void tunnel_free_all(struct worker *w)
{
    for (struct tunnel *t = w->tunnels, *next; t; t = next) {
        next = t->next;
        tunnel_free(t);   /* one that waits for the ledger ends when its letter is taken */
    }
}
