/* return.h - what the producers of phase RETURN share: writing to the client. Internal to phase_return.c and return_*.c. */
#ifndef CORDON_PROXY_RETURN_H
#define CORDON_PROXY_RETURN_H

#include "proxy/exchange.h"

/* Bytes as they are; a piece of the answer's body, framed as the head said; the end of the body. */
void return_put(struct exchange *x, struct span s);
void return_put_body(struct exchange *x, struct span s);
void return_finish(struct exchange *x);
/* The headers x-cordon-…; the end of the head: framing and connection. `length` UINT64_MAX: not known. */
void return_put_cordon_headers(struct exchange *x, struct obuf *o);
void return_put_framing(struct exchange *x, struct obuf *o, uint64_t length);
bool return_client_keeps(const struct exchange *x);
/* A local answer has just said something, or is about to be waited for. */
void return_watch_silence(struct exchange *x);

#endif
