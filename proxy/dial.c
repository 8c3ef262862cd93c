#include "proxy/dial.h"
#include "core/log.h"
#include "core/metrics.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DIAL_MAGIC 0x4449414cu
#define MAX_ADDRESSES 8

struct dial {
    uint32_t magic;
    struct worker *worker;
    struct evdns_getaddrinfo_request *lookup;
    struct sockaddr_storage to[MAX_ADDRESSES];
    socklen_t len[MAX_ADDRESSES];
    size_t n, at;
    evutil_socket_t fd;
    struct event *writable, *deadline;
    unsigned timeout_s;
    void (*done)(evutil_socket_t fd, const char *address_text, enum fail why, void *arg);
    void *arg;
};

static void finish(struct dial *d, enum fail why)
{
    char text[64] = "";
    evutil_socket_t fd = why ? -1 : d->fd;
    if (why == FAIL_OK) {
        const struct sockaddr_storage *ss = &d->to[d->at];
        const void *a = ss->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr
                                                  : (const void *)&((const struct sockaddr_in *)ss)->sin_addr;
        inet_ntop(ss->ss_family, a, text, sizeof text);
        d->fd = -1;
    }
    d->done(fd, text, why, d->arg);
}

static void try_next(struct dial *d);

static void stop_attempt(struct dial *d)
{
    if (d->writable) event_free(d->writable);
    d->writable = NULL;
    if (d->fd >= 0) close(d->fd);
    d->fd = -1;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct dial *d = CD_CHECK(arg, struct dial, DIAL_MAGIC);
    int error = ETIMEDOUT;
    socklen_t len = sizeof error;
    if (what & EV_WRITE) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error == 0) {
        event_free(d->writable);
        d->writable = NULL;
        finish(d, FAIL_OK);
        return;
    }
    LOG(INFO, "dial.failed", "address=%zu/%zu error=\"%s\"", d->at + 1, d->n, strerror(error));
    stop_attempt(d);
    d->at++;
    try_next(d);
}

static bool start_attempt(struct dial *d)
{
    int one = 1;
    d->fd = socket(d->to[d->at].ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0) return false;
    setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(d->fd, (struct sockaddr *)&d->to[d->at], d->len[d->at]) < 0 && errno != EINPROGRESS) return false;
    d->writable = event_new(d->worker->base, d->fd, EV_WRITE, on_writable, d);
    struct timeval tv = {(time_t)d->timeout_s, 0};
    return d->writable && event_add(d->writable, &tv) == 0;
}

static void try_next(struct dial *d)
{
    for (; d->at < d->n; d->at++) {
        if (start_attempt(d)) return;
        stop_attempt(d);
    }
    finish(d, FAIL_UPSTREAM_CONNECT);
}

static void add_address(struct dial *d, const struct sockaddr *sa, socklen_t len)
{
    if (d->n == MAX_ADDRESSES || len > sizeof d->to[0]) return;
    memcpy(&d->to[d->n], sa, len);
    d->len[d->n++] = len;
}

static void on_resolved(int error, struct evutil_addrinfo *list, void *arg)
{
    struct dial *d = arg;
    if (error == EVUTIL_EAI_CANCEL) return;   /* dial_free did it: `d` is gone */
    d->lookup = NULL;
    for (struct evutil_addrinfo *a = list; a; a = a->ai_next) add_address(d, a->ai_addr, (socklen_t)a->ai_addrlen);
    if (list) evutil_freeaddrinfo(list);
    /* Also when it came at once, from a hosts file: `done` must not run inside dial_new. */
    struct timeval now = {0, 0};
    event_add(d->deadline, &now);
}

static void on_go(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct dial *d = CD_CHECK(arg, struct dial, DIAL_MAGIC);
    if (d->lookup) {   /* the deadline of the lookup */
        finish(d, FAIL_UPSTREAM_RESOLVE);
        return;
    }
    if (d->n == 0) finish(d, FAIL_UPSTREAM_RESOLVE);
    else try_next(d);
}

static void look_up(struct dial *d, const char *host, uint16_t port)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    struct timeval tv = {(time_t)d->timeout_s, 0};
    event_add(d->deadline, &tv);
    d->lookup = evdns_getaddrinfo(d->worker->dns, host, service, &hints, on_resolved, d);
}

struct dial *dial_new(struct worker *w, const char *host, uint16_t port, const char *address, unsigned timeout_s,
                      void (*done)(evutil_socket_t fd, const char *address_text, enum fail why, void *arg), void *arg)
{
    struct dial *d = calloc(1, sizeof *d);
    if (d == NULL) return NULL;
    d->magic = DIAL_MAGIC;
    d->worker = w;
    d->fd = -1;
    d->timeout_s = timeout_s;
    d->done = done;
    d->arg = arg;
    d->deadline = evtimer_new(w->base, on_go, d);
    if (d->deadline == NULL) {
        free(d);
        return NULL;
    }
    metric_add(METRIC_UPSTREAM_OPENED, 1);
    if (address && conf_parse_address(address, &d->to[0], &d->len[0])) {
        d->n = 1;
        struct timeval now = {0, 0};
        event_add(d->deadline, &now);
    } else {
        look_up(d, host, port);
    }
    return d;
}

void dial_free(struct dial *d)
{
    if (d->lookup) evdns_getaddrinfo_cancel(d->lookup);
    stop_attempt(d);
    event_free(d->deadline);
    d->magic = 0;
    free(d);
}
