/* reply.h - the head of what a client is answered, written fresh. Values are checked: a byte that is not allowed in a
 * header value becomes '?', so that nothing found upstream or in a configuration can end a line. */
#ifndef CORDON_PROXY_REPLY_H
#define CORDON_PROXY_REPLY_H

#include "core/obuf.h"
#include "wire/codec.h"

void reply_begin(struct obuf *o, int status);
void reply_header(struct obuf *o, const char *name, struct span value);
void reply_header_u64(struct obuf *o, const char *name, uint64_t value);
void reply_end(struct obuf *o);
/* Whether a value may go into a header as it is. */
bool reply_value_ok(struct span value);

/* A whole refusal in the provider's shape: head and body. `with_body` false for HEAD. `action`/`close` say what the
 * headers tell. */
void reply_refusal(struct obuf *o, const struct codec *codec, const struct refusal *r, bool close, bool with_body);

#endif
