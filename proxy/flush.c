#include "proxy/flush.h"
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define RECORD_MAX 16384

void flush_arm(struct bufferevent *bev)
{
    if (!(bufferevent_get_enabled(bev) & EV_WRITE)) bufferevent_enable(bev, EV_WRITE);
}

/* One record. A write that the socket did not take is tried again by the loop with at least the same bytes, which is
 * what SSL_write asks for; libevent sets SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER. */
static void write_record(SSL *ssl, struct evbuffer *out, size_t n)
{
    if (n > RECORD_MAX || !SSL_is_init_finished(ssl)) return;
    const void *p = evbuffer_pullup(out, (ev_ssize_t)n);
    int written = p ? SSL_write(ssl, p, (int)n) : 0;
    if (written > 0) evbuffer_drain(out, (size_t)written);
    else ERR_clear_error();
}

void flush_now(struct bufferevent *bev)
{
    struct evbuffer *out = bufferevent_get_output(bev);
    size_t n = evbuffer_get_length(out);
    if (n == 0) return;
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    if (ssl) {
        write_record(ssl, out, n);
    } else {
        /* A plain bufferevent keeps the front of its output frozen except while it writes (one with TLS never does). */
        evbuffer_unfreeze(out, 1);
        evbuffer_write(out, bufferevent_getfd(bev));
        evbuffer_freeze(out, 1);
    }
    /* The pending write event goes before the kernel has heard of it (the loop's changelist). */
    if (evbuffer_get_length(out) == 0) bufferevent_disable(bev, EV_WRITE);
}
