/* dial.h - a name to a connected bufferevent: a configured address, an IP literal, or every address that the resolver
 * gives, one after the other. Nothing here runs before a verdict is durable, the name lookup included. Worker thread. */
#ifndef CORDON_PROXY_DIAL_H
#define CORDON_PROXY_DIAL_H

#include "core/fail.h"
#include "proxy/worker.h"
#include <event2/bufferevent.h>
#include <sys/socket.h>

struct dial;

/* Begin. `done` runs once, never from inside this call: with a connected TCP socket (taken by the callee) and the
 * address as text, or with fd -1 and why. NULL when out of memory. Free with dial_free, also from `done`. */
CD_USE struct dial *dial_new(struct worker *w, const char *host, uint16_t port, const char *address, unsigned timeout_s,
                             void (*done)(evutil_socket_t fd, const char *address_text, enum fail why, void *arg), void *arg);
void dial_free(struct dial *d);

#endif
