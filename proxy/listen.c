#include "proxy/listen.h"
#include "core/log.h"
#include "proxy/client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG 1024

static int open_one(const struct sockaddr *sa, socklen_t len)
{
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) return -1;
    if (sa->sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0 || bind(fd, sa, len) < 0 || listen(fd, BACKLOG) < 0) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

static unsigned port_of(const struct sockaddr_storage *ss)
{
    return ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)ss)->sin6_port
                                           : ((const struct sockaddr_in *)ss)->sin_port);
}

static void log_open(const struct conf_listener *l, const struct sockaddr_storage *ss)
{
    const void *a = ss->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr
                                              : (const void *)&((const struct sockaddr_in *)ss)->sin_addr;
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(ss->ss_family, a, text, sizeof text);
    LOG(INFO, "listen.open", ss->ss_family == AF_INET6 ? "name=%s mode=%s address=[%s]:%u" : "name=%s mode=%s address=%s:%u",
        l->name, listen_mode_name(l->mode), text, port_of(ss));
}

/* The sockets of one listener: the first may take a free port, the others take the same. */
static bool open_listener(const struct conf_listener *l, unsigned n_workers, int *fds, size_t stride)
{
    struct sockaddr_storage ss;
    socklen_t len;
    if (!conf_parse_address(l->address, &ss, &len)) return errno = EINVAL, false;
    for (unsigned i = 0; i < n_workers; i++) {
        int fd = fds[i * stride] = open_one((struct sockaddr *)&ss, len);
        if (fd < 0 || (i == 0 && getsockname(fd, (struct sockaddr *)&ss, &len) < 0)) return false;
    }
    log_open(l, &ss);
    return true;
}

bool listen_open(const struct conf *conf, unsigned n_workers, int *fds, struct why *why)
{
    size_t n = conf->n_listeners;
    for (size_t i = 0; i < n * n_workers; i++) fds[i] = -1;
    for (size_t i = 0; i < n; i++) {
        if (open_listener(&conf->listeners[i], n_workers, fds + i, n)) continue;
        why_set(why, "listener %s: cannot listen on %s: %s", conf->listeners[i].name, conf->listeners[i].address, strerror(errno));
        for (size_t k = 0; k < n * n_workers; k++)
            if (fds[k] >= 0) close(fds[k]);
        return false;
    }
    return true;
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer, int len, void *arg)
{
    struct worker *w = CD_CHECK(arg, struct worker, WORKER_MAGIC);
    for (size_t i = 0; i < w->n_listeners; i++)
        if (w->listeners[i] == l) {
            client_accept(w, i, fd, peer, (socklen_t)len);
            return;
        }
    close(fd);
}

static void on_accept_error(struct evconnlistener *l, void *arg)
{
    (void)l;
    struct worker *w = CD_CHECK(arg, struct worker, WORKER_MAGIC);
    LOG(WARN, "listen.accept", "worker=%u error=\"%s\"", w->index, strerror(errno));
}

bool listen_attach(struct worker *w, const int *fds, struct why *why)
{
    w->n_listeners = w->snap->conf->n_listeners;
    w->listeners = calloc(w->n_listeners + 1, sizeof *w->listeners);
    for (size_t i = 0; w->listeners && i < w->n_listeners; i++) {
        w->listeners[i] = evconnlistener_new(w->base, on_accept, w, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, fds[i]);
        if (w->listeners[i] == NULL) return why_set(why, "worker %u: out of memory", w->index), false;
        evconnlistener_set_error_cb(w->listeners[i], on_accept_error);
    }
    return w->listeners != NULL;
}
