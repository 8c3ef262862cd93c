/* tunnel.h - connections that are passed through without interception, because the configuration says so. The intent is
 * durable before the dial; the byte counts are recorded at the close. Also the records of denied ones. Worker thread. */
#ifndef CORDON_PROXY_TUNNEL_H
#define CORDON_PROXY_TUNNEL_H

#include "proxy/client.h"

/* Take the client's connection over (the client object ends) and tunnel it to host:port. `answer`: it came by CONNECT
 * and is told 200 or an error; else it is simply closed on failure. */
void tunnel_take(struct client *c, const char *host, uint16_t port, bool answer);
/* A record that a connection was denied; nobody waits for it. `host` "" when it was no host name. */
void tunnel_record_denied(const struct client *c, const char *host, uint16_t port, enum fail f);
void tunnel_free_all(struct worker *w);

#endif
