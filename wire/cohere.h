/* cohere.h - the two halves of Cohere's v2 formats: /v2/chat and /v2/embed. Source: Cohere's API reference, and what its
 * Python SDK sends and decodes. Any thread. */
#ifndef CORDON_WIRE_COHERE_H
#define CORDON_WIRE_COHERE_H

#include "wire/codec.h"

/* codec.decode. REQUEST_INVALID: the body is no object, `model` no string, `messages` no array; for embed, none of texts,
 * inputs and images is given. */
CD_USE enum fail cohere_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                    size_t *at);
CD_USE enum fail cohere_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);

/* codec.encode. */
void cohere_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
void cohere_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* refuse_cohere.c: codec.error and codec.stream_error. */
void refuse_cohere(const struct refusal *r, struct obuf *out);
void refuse_cohere_stream(const struct refusal *r, struct obuf *out);

#endif
