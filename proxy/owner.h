/* owner.h - who owns what a request leaves behind: the credential that it came with, and the client's configured name; its
 * address where it has no credential. A digest, so that neither is kept. Two clients that share both are one. */
#ifndef CORDON_PROXY_OWNER_H
#define CORDON_PROXY_OWNER_H

#include "proxy/exchange.h"

void owner_of(const struct exchange *x, struct state_owner *out);

#endif
