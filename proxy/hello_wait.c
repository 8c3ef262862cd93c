#include "proxy/hello.h"
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HELLO_WAIT_MAGIC 0x48454c57u
/* The kernel may report a socket readable below SO_RCVLOWAT (memory pressure, a small window; AF_UNIX ignores it).
 * Looking again after a pause keeps that from becoming a busy loop. */
#define PAUSE_US 10000

struct hello_wait {
    uint32_t magic;
    evutil_socket_t fd;
    struct event *readable, *deadline, *pause;
    size_t seen;
    void (*done)(enum hello_result r, const struct hello *h, void *arg);
    void *arg;
};

static void set_low_water(evutil_socket_t fd, size_t bytes)
{
    int n = (int)bytes;
    /* Failing costs only wake-ups: the pause covers it. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof n);
}

static void stop(struct hello_wait *w)
{
    event_del(w->readable);
    event_del(w->deadline);
    event_del(w->pause);
    if (w->seen) set_low_water(w->fd, 1);   /* or the handshake that follows would stall */
    w->seen = 0;
}

/* Nothing of *w is touched after `done`, which may free it. */
static void finish(struct hello_wait *w, enum hello_result r, const struct hello *h)
{
    stop(w);
    w->done(r, h, w->arg);
}

static bool peer_has_closed(evutil_socket_t fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static void wait_for_more(struct hello_wait *w, size_t there)
{
    const struct hello none = {.name = "", .ech = false};
    const struct timeval t = {0, PAUSE_US};
    bool grown = there > w->seen;
    if (!grown && peer_has_closed(w->fd)) {
        finish(w, HELLO_EOF, &none);
        return;
    }
    w->seen = there;
    set_low_water(w->fd, there + 1);
    if ((grown ? event_add(w->readable, NULL) : event_add(w->pause, &t)) != 0) finish(w, HELLO_BAD, &none);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct hello_wait *w = CD_CHECK(arg, struct hello_wait, HELLO_WAIT_MAGIC);
    char bytes[HELLO_MAX];
    struct hello h = {.name = "", .ech = false};
    ssize_t n = recv(w->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    (void)fd;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        finish(w, HELLO_EOF, &h);
        return;
    }
    struct span seen = {bytes, n > 0 ? (size_t)n : 0};
    enum hello_result r = hello_parse(seen, &h);
    if (r == HELLO_MORE) wait_for_more(w, seen.n);
    else finish(w, r, &h);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct hello_wait *w = CD_CHECK(arg, struct hello_wait, HELLO_WAIT_MAGIC);
    const struct hello none = {.name = "", .ech = false};
    finish(w, HELLO_TIMEOUT, &none);
}

struct hello_wait *hello_wait_new(struct event_base *base, evutil_socket_t fd, unsigned timeout_ms,
                                  void (*done)(enum hello_result r, const struct hello *h, void *arg), void *arg)
{
    struct hello_wait *w = calloc(1, sizeof *w);
    if (w == NULL) return NULL;
    struct timeval t = {(time_t)(timeout_ms / 1000), (suseconds_t)(timeout_ms % 1000 * 1000)};
    w->magic = HELLO_WAIT_MAGIC;
    w->fd = fd;
    w->done = done;
    w->arg = arg;
    w->readable = event_new(base, fd, EV_READ, on_readable, w);
    w->pause = evtimer_new(base, on_readable, w);
    w->deadline = evtimer_new(base, on_deadline, w);
    if (w->readable && w->pause && w->deadline && event_add(w->readable, NULL) == 0 && event_add(w->deadline, &t) == 0)
        return w;
    hello_wait_free(w);
    return NULL;
}

void hello_wait_free(struct hello_wait *w)
{
    if (w == NULL) return;
    if (w->readable && w->pause && w->deadline) stop(w);
    if (w->readable) event_free(w->readable);
    if (w->pause) event_free(w->pause);
    if (w->deadline) event_free(w->deadline);
    w->magic = 0;
    free(w);
}
