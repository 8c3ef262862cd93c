/* up_head.h - the head of the request that goes up, written fresh from the allow-list (wire/headers.c); the credential
 * last, so that the ledger's digest covers all that comes before it. */
#ifndef CORDON_PROXY_UP_HEAD_H
#define CORDON_PROXY_UP_HEAD_H

#include "proxy/exchange.h"

/* Writes x->up_head for x->up_body. `encoded`: that is the client's own compressed body. SIGNATURE_MISSING when the
 * client's signature would not hold for what goes up, and there is no credential to sign it anew. */
CD_USE enum fail up_head_build(struct exchange *x, bool encoded);

#endif
