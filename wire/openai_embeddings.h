/* openai_embeddings.h - the two halves of the embeddings codec. Source: OpenAI's API reference for POST /v1/embeddings;
 * the SDKs ask for base64 unless they are told otherwise: little-endian 32-bit floats. */
#ifndef CORDON_WIRE_OPENAI_EMBEDDINGS_H
#define CORDON_WIRE_OPENAI_EMBEDDINGS_H

#include "wire/codec.h"

/* codec.decode. REQUEST_INVALID: the body is no object, has no model or no input. Inputs of tokens, more than
 * READER_MAX_INPUTS of them and `dimensions` are unsupported: no codec knows how long the local model's vectors are. */
CD_USE enum fail openai_embeddings_decode(const struct conv_source *s, struct arena *a, struct conv *c,
                                          const char **field, size_t *at);
/* codec.encode: vectors in the order of their inputs, the whole with EV_END. Never streamed. */
void openai_embeddings_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

#endif
