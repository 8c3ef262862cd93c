/* openai_completions.h - the two halves of the legacy completions codec. A prompt is a conversation of one user turn:
 * the local models are chat models. Source: OpenAI's API reference for POST /v1/completions and its SDKs' types. */
#ifndef CORDON_WIRE_OPENAI_COMPLETIONS_H
#define CORDON_WIRE_OPENAI_COMPLETIONS_H

#include "wire/codec.h"

/* codec.decode. REQUEST_INVALID: the body is no object or has no model. Prompts of tokens, several prompts, `suffix`,
 * `echo`, `logprobs` and `best_of` beyond `n` are unsupported. */
CD_USE enum fail openai_completions_decode(const struct conv_source *s, struct arena *a, struct conv *c,
                                           const char **field, size_t *at);
/* codec.encode. */
void openai_completions_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

#endif
