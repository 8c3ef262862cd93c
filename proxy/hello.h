/* hello.h - the server name of a TLS ClientHello, however it is segmented (RFC 8446, RFC 6066), before any TLS object
 * exists. The parser is without I/O; the waiter peeks at the socket (MSG_PEEK up to 16 KiB), raising SO_RCVLOWAT to what
 * is there plus one so that epoll stays silent until more arrives, and sets it back to 1 when done. */
#ifndef CORDON_PROXY_HELLO_H
#define CORDON_PROXY_HELLO_H

#include "core/attrib.h"
#include "core/span.h"
#include <event2/event.h>

#define HELLO_MAX 16384
#define HELLO_NAME_MAX 253

enum hello_result { HELLO_MORE, HELLO_OK, HELLO_NOT_TLS, HELLO_BAD, HELLO_TOO_LARGE, HELLO_TIMEOUT, HELLO_EOF };

struct hello {
    char name[HELLO_NAME_MAX + 1];   /* lower case, checked to be a host name; "" when there was none */
    bool ech;                        /* an encrypted_client_hello extension of type outer was there */
};

/* The hello may span several TLS records. */
CD_USE enum hello_result hello_parse(struct span bytes, struct hello *out);
/* Whether s is a host name (RFC 1123 letters, digits, hyphen, underscore refused), at most 253 bytes. */
bool hello_is_host_name(struct span s);

struct hello_wait;
/* Peek until the hello is whole or the deadline passes, then call `done` once (not from inside this call). The socket
 * is left unread. `h` is valid during `done`, even after a hello_wait_free from within it; that also cancels. */
CD_USE struct hello_wait *hello_wait_new(struct event_base *base, evutil_socket_t fd, unsigned timeout_ms,
                                         void (*done)(enum hello_result r, const struct hello *h, void *arg), void *arg);
void hello_wait_free(struct hello_wait *w);

#endif
