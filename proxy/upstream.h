/* upstream.h - connections to the APIs: a keep-alive pool per worker and upstream, the request written, the reply read.
 * One request at a time on a connection. The certificate and its name are always verified. A pooled connection that
 * turns out dead before any byte of the reply came is retried once, on a new connection and with a ledger record of its
 * own; nothing else is ever sent twice. Worker thread only. */
#ifndef CORDON_PROXY_UPSTREAM_H
#define CORDON_PROXY_UPSTREAM_H

#include "core/fail.h"
#include "proxy/exchange.h"

struct upstream_pool;
struct upstream_conn;

CD_USE struct upstream_pool *upstream_pool_new(struct worker *w);
void upstream_pool_free(struct upstream_pool *p);
/* Close what is idle and let what is busy end after its reply: the configuration changed. */
void upstream_pool_flush(struct upstream_pool *p);

/* Send x->up_head and x->up_body to x's upstream; sets x->up. The reply comes by return_upstream_*(), trouble by
 * return_failed(). */
CD_USE enum fail upstream_send(struct exchange *x);
/* Give the exchange's connection up and close it. Byte counts are left in the exchange. */
void upstream_drop(struct upstream_conn *u);
/* Go on reading after the client had been too slow. */
void upstream_read_on(struct upstream_conn *u);

#endif
