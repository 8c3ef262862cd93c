/* ollama.h - the two halves of Ollama's own formats: /api/chat, /api/generate, /api/embed and the older /api/embeddings.
 * A request that says nothing about it is answered as a stream, of one JSON document a line. Source: Ollama's API
 * reference, and what its Python client sends and decodes. Any thread. */
#ifndef CORDON_WIRE_OLLAMA_H
#define CORDON_WIRE_OLLAMA_H

#include "wire/codec.h"

/* conv.own */
enum ollama_own {
    OLLAMA_GENERATE = 1,     /* the text is `response`, not a message */
    OLLAMA_EMBEDDINGS = 2    /* the older endpoint: one vector */
};

/* codec.decode. REQUEST_INVALID: the body is no object, or `model` no string. A request without messages or a prompt asks
 * to load the model: unsupported. */
CD_USE enum fail ollama_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                    size_t *at);
CD_USE enum fail ollama_generate_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                        size_t *at);
CD_USE enum fail ollama_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);

/* codec.encode, for chat and generate. */
void ollama_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
void ollama_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* refuse_ollama.c: codec.error and codec.stream_error. */
void refuse_ollama(const struct refusal *r, struct obuf *out);
void refuse_ollama_stream(const struct refusal *r, struct obuf *out);

#endif
