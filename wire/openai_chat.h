/* openai_chat.h - the two halves of the chat-completions codec. Source: OpenAI's API reference for POST
 * /v1/chat/completions and what its Python and Node SDKs send and decode. */
#ifndef CORDON_WIRE_OPENAI_CHAT_H
#define CORDON_WIRE_OPENAI_CHAT_H

#include "wire/codec.h"

/* Bounds of what is decoded for a local answer. Beyond them the request is `unsupported`, never an error: a body of
 * four million empty messages must not become half a gigabyte of structs. */
#define OPENAI_MAX_MESSAGES 16384u
#define OPENAI_MAX_CALLS 128u
#define OPENAI_MAX_STOPS 4u

/* codec.decode. REQUEST_INVALID: the body is no object, `model` no string or `messages` no array. Fields that only
 * steer the provider (user, metadata, store, service_tier, reasoning_effort …) or that are not known are passed over. */
CD_USE enum fail openai_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                    size_t *at);

/* One decoding under way. */
struct chat_reader {
    const struct jdoc *d;
    struct arena *arena;
    struct conv *conv;
    bool no_memory;
};
/* The part of decode that reads `messages` (an array token). */
void openai_chat_messages(struct chat_reader *r, uint32_t array);
/* A string token unescaped; p is NULL, and no_memory set, when there is no memory. */
struct span chat_text(struct chat_reader *r, uint32_t i);

/* codec.encode. */
void openai_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* The first thing that a local answer cannot honour is the one that is named. `name` is static. */
static inline void conv_unsupported(struct conv *c, const char *name)
{
    if (c->unsupported == NULL) c->unsupported = name;
}

#endif
