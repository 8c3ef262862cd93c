/* hostcert.h - the inside of the leaf cache, for its tests. ca.h has what the proxy uses. */
#ifndef CORDON_PROXY_HOSTCERT_H
#define CORDON_PROXY_HOSTCERT_H

#include "proxy/ca.h"
#include <time.h>

#define HOSTCERT_MAX 1024

/* hostcert_get at a given time of day. */
CD_USE SSL_CTX *hostcert_get_at(struct hostcert *h, struct span host, time_t now, enum fail *why);
size_t hostcert_count(const struct hostcert *h);

#endif
