/* conn.h - a non-blocking socket with or without TLS, as the mock API and the load generator of the bench need it. */
#ifndef CORDON_TESTS_BENCH_CONN_H
#define CORDON_TESTS_BENCH_CONN_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONN_BUF 65536

struct conn {
    int fd;
    SSL *ssl;
    size_t in_n, out_at, out_n;
    const char *out;
    char in[CONN_BUF];
    unsigned long long began_ns;
};

enum { IO_AGAIN = -1, IO_END = 0 };

static inline long conn_result(struct conn *c, int n)
{
    if (n > 0) return n;
    if (!c->ssl) return n < 0 && (errno == EAGAIN || errno == EINTR) ? IO_AGAIN : IO_END;
    int e = SSL_get_error(c->ssl, n);
    return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? IO_AGAIN : IO_END;
}
static inline long conn_read(struct conn *c)
{
    size_t room = CONN_BUF - c->in_n;
    if (room == 0) return IO_END;
    return conn_result(c, c->ssl ? SSL_read(c->ssl, c->in + c->in_n, (int)room) : (int)read(c->fd, c->in + c->in_n, room));
}
/* Writes what is left of `out`: 1 done, IO_AGAIN, IO_END. */
static inline long conn_write(struct conn *c)
{
    while (c->out_at < c->out_n) {
        const char *p = c->out + c->out_at;
        size_t n = c->out_n - c->out_at;
        long w = conn_result(c, c->ssl ? SSL_write(c->ssl, p, (int)n) : (int)send(c->fd, p, n, MSG_NOSIGNAL));
        if (w <= 0) return w;
        c->out_at += (size_t)w;
    }
    return 1;
}

static inline void die(const char *what)
{
    perror(what);
    exit(2);
}

static inline void no_delay(int fd) { setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); }

/* The length of the whole message at the front of buf[0..n), or 0 when it is not all there. Content-Length, or chunked
 * with the last chunk at the very end. */
static inline size_t message_length(char *buf, size_t n)
{
    char *end = memmem(buf, n, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - buf) + 4;
    for (char *l = memchr(buf, '\n', head); l && l + 1 < end; l = memchr(l + 1, '\n', (size_t)(end - l))) {
        if (strncasecmp(l + 1, "content-length:", 15) == 0) {
            size_t all = head + strtoul(l + 16, NULL, 10);
            return n >= all ? all : 0;
        }
        if (strncasecmp(l + 1, "transfer-encoding:", 18) == 0) return n >= head + 5 && memcmp(buf + n - 5, "0\r\n\r\n", 5) == 0 ? n : 0;
    }
    return head;
}

#endif
