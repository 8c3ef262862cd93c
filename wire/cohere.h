/* cohere.h - Cohere's formats: chat and embed, each with its first version. Source: Cohere's API reference, and what its
 * Python SDK sends and decodes. Any thread. */
#ifndef CORDON_WIRE_COHERE_H
#define CORDON_WIRE_COHERE_H

#include "wire/codec.h"

/* conv.own of a request for vectors: the kinds that are asked for, at least one; the API's first version; and that version's
 * answer where no kinds were named, one list of floats. */
enum cohere_own {
    COHERE_FLOAT = 1, COHERE_INT8 = 2, COHERE_UINT8 = 4, COHERE_BINARY = 8, COHERE_UBINARY = 16, COHERE_BASE64 = 32,
    COHERE_V1 = 64, COHERE_LIST = 128
};

/* codec.decode. REQUEST_INVALID: the body is no object, `model` no string, `messages` no array; for embed, none of texts,
 * inputs and images is given. */
CD_USE enum fail cohere_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                    size_t *at);
CD_USE enum fail cohere_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);

/* codec.encode. */
void cohere_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
void cohere_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* What both versions say of tokens: members of the object that is open. */
void cohere_put_counts(const struct answer *a, struct obuf *o);

/* Of /v1/chat: REQUEST_INVALID when `message` is no string. */
CD_USE enum fail cohere_v1_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                  size_t *at);
void cohere_v1_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
void cohere_v1_stream_error(const struct refusal *r, struct obuf *out);

/* refuse_cohere.c: codec.error and codec.stream_error. */
void refuse_cohere(const struct refusal *r, struct obuf *out);
void refuse_cohere_stream(const struct refusal *r, struct obuf *out);

#endif
