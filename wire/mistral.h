/* mistral.h - the two halves of Mistral's codecs for chat and embeddings. The formats are close to OpenAI's; a call comes in
 * one piece, thinking is a part of the content, the usage is always told, an answer to embeddings has an id. Source: Mistral's API
 * reference, and what its Python SDK sends and decodes. Any thread. */
#ifndef CORDON_WIRE_MISTRAL_H
#define CORDON_WIRE_MISTRAL_H

#include "wire/reader.h"

/* codec.decode. REQUEST_INVALID: the body is no object, `model` no string or `messages` no array; for embeddings, `input`
 * neither a string nor an array. */
CD_USE enum fail mistral_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);
CD_USE enum fail mistral_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                      size_t *at);
/* The part of decode that reads `messages` (an array token). */
void mistral_messages(struct reader *r, uint32_t array);

/* codec.encode. */
void mistral_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
void mistral_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* refuse_mistral.c: codec.error and codec.stream_error. */
void refuse_mistral(const struct refusal *r, struct obuf *out);
void refuse_mistral_stream(const struct refusal *r, struct obuf *out);

#endif
