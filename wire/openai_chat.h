/* openai_chat.h - the two halves of the chat-completions codec. Source: OpenAI's API reference for POST
 * /v1/chat/completions, what its Python and Node SDKs send and decode, and the members that compatible hosts add
 * (DeepSeek's and OpenRouter's references for reasoning, vLLM's for sampling). */
#ifndef CORDON_WIRE_OPENAI_CHAT_H
#define CORDON_WIRE_OPENAI_CHAT_H

#include "wire/codec.h"
#include "wire/reader.h"

/* conv.own of this codec. */
enum openai_own {
    OPENAI_OWN_FUNCTIONS = 1,          /* asked by the deprecated `functions`: answered by `function_call` */
    OPENAI_OWN_REASONING = 2,          /* reasoning is told in `reasoning`, as OpenRouter does, not `reasoning_content` */
    OPENAI_OWN_REASONING_HIDDEN = 4    /* some field says that it is not to be told */
};

/* codec.decode. REQUEST_INVALID: the body is no object, `model` no string or `messages` no array. Fields that only
 * steer the provider (user, metadata, service_tier …), that only make it faster (prediction) or that are not known are
 * passed over. */
CD_USE enum fail openai_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                    size_t *at);
/* The same where the model stands in the path: `model` is taken instead of the body's, which may have none. */
CD_USE enum fail openai_chat_decode_model(const struct conv_source *s, struct span model, struct arena *a, struct conv *c,
                                          const char **field, size_t *at);
/* The part of decode that reads `messages` (an array token). */
void openai_chat_messages(struct reader *r, uint32_t array);
/* The parts of decode that read tools and the choice among them, old and new. */
reader_fn openai_chat_tool_choice, openai_chat_functions, openai_chat_function_call;
/* When all fields are read: leaves those of the tools that a tool_choice of the type allowed_tools names. */
void openai_chat_narrow(struct reader *r);

/* codec.encode. Where the request asks to store the answer, it is left whole in answer.body in the end, streamed or not. */
void openai_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

#endif
