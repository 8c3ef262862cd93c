/* up_head.h - the head of the request that goes up, written fresh from the allow-list (wire/headers.c). The client's
 * credential goes up only where the operator has none for that upstream. */
#ifndef CORDON_PROXY_UP_HEAD_H
#define CORDON_PROXY_UP_HEAD_H

#include "proxy/exchange.h"

/* Writes x->up_head for x->up_body. `encoded`: that is the client's own compressed body. SIGNATURE_MISSING when the
 * client's signature would not hold for what goes up, and there is no credential to sign it anew. */
CD_USE enum fail up_head_build(struct exchange *x, bool encoded);
/* For the ledger: of x->up_head without the credentials, which are its last headers and may be in its query. */
struct digest up_head_digest(const struct exchange *x);

#endif
