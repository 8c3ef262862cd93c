/* endpoint.h - the loopback admin listener: GET /healthz, /readyz, /metrics. By evhttp, on the main thread's loop: it
 * sees no client traffic. */
#ifndef CORDON_ADMIN_ENDPOINT_H
#define CORDON_ADMIN_ENDPOINT_H

#include "core/fail.h"
#include "proxy/server.h"
#include <event2/event.h>

struct endpoint;

/* NULL and *why. Logs `listen.open name=admin …` with the real port. */
CD_USE struct endpoint *endpoint_new(struct event_base *base, const struct server *server, const char *address,
                                     struct why *why);
void endpoint_free(struct endpoint *e);

#endif
