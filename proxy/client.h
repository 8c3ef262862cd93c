/* client.h - a client's connection as HTTP/1: bytes to requests, one exchange at a time, answers in order. The TLS
 * handshake, CONNECT and the transparent mode lead here (accept.c, connect.c). Worker thread only. */
#ifndef CORDON_PROXY_CLIENT_H
#define CORDON_PROXY_CLIENT_H

#include "proxy/h1.h"
#include "proxy/worker.h"
#include <event2/bufferevent.h>
#include <sys/socket.h>

#define CLIENT_MAGIC 0x434c4e54u
/* Stop reading the source at this much unsent, go on at half of it. */
#define CLIENT_HIGH_WATER (256u * 1024u)

struct hello_wait;

struct client {
    uint32_t magic;
    struct worker *worker;
    struct client *next, **back;       /* the worker's list */
    struct bufferevent *bev;           /* NULL while a ClientHello is awaited */
    evutil_socket_t fd;
    struct hello_wait *hello;
    struct event *timer;               /* the whole request, or the idle connection */
    struct h1 *h1;
    struct exchange *x;                /* the one in progress, or NULL */
    char *body;
    size_t body_n, body_cap;
    const struct conf_listener *listener;   /* valid while the listener's configuration is: see snap */
    struct snapshot *snap;             /* keeps `listener` valid */
    size_t listener_index;
    enum listen_mode mode;
    char site[254];                    /* host of the CONNECT or the ClientHello; "" for reverse mode */
    uint16_t site_port;
    bool tls;
    bool inside;                       /* TLS within a CONNECT */
    bool closing;                      /* no more requests: what is queued goes out, then the end */
    bool reading_head;                 /* part of a request was seen */
    bool have_head;                    /* of the request being read */
    bool unread;                       /* input was left unread: close with a pause */
    bool lingering, handshaken;
    bool parsing, doomed;              /* the parser is on the stack; free when it returns */
    char address[48];                  /* of the peer, as text */
    const char *name;                  /* the configured client, or NULL */
    struct sockaddr_storage peer;
};

/* A connection was accepted; takes the socket. */
void client_accept(struct worker *w, size_t listener, evutil_socket_t fd, const struct sockaddr *peer, socklen_t len);
/* HTTP from here on, over a bufferevent on c->fd; the client owns it. */
void client_begin_http(struct client *c, struct bufferevent *bev);
struct worker *client_worker(const struct client *c);
struct evbuffer *client_output(struct client *c);
/* The exchange is over: go on with the next request, or close when everything is written. */
void client_answered(struct client *c, bool keep_alive);
/* The close, when it comes, is a reset. */
void client_reset_at_end(struct client *c);
/* Cut: close at once, the exchange (if any) is told. */
void client_free(struct client *c);
/* Close once the output is written and the peer had a moment to read it. */
void client_close_gently(struct client *c);
void client_set_timer(struct client *c, unsigned seconds);
void client_drain_all(struct worker *w);
void client_free_all(struct worker *w);
/* A refusal that has no exchange: framing errors, size. The connection is closed after it. */
void client_refuse(struct client *c, enum fail f);

/* connect.c: the request on a CONNECT listener outside TLS. Takes over the connection or refuses. */
void connect_request(struct client *c, const struct h1_head *h, bool early_data);
/* accept.c: read the ClientHello of c->fd, then TLS with the leaf of its name. */
void accept_tls_by_name(struct client *c);
/* accept.c: whether a transparent listener's connection came by redirection; notes the port it was going to. */
CD_USE bool accept_redirected(struct client *c);
/* accept.c: TLS with a given context (borrowed). */
void accept_tls(struct client *c, SSL_CTX *ctx);

#endif
