/* refuse.h - error bodies in each provider's shape, such that its SDK raises the exception its user expects. The
 * `error` and `stream_error` functions of struct codec. The message is the rule's own text or fail.h's sentence, then
 * what the operator needs to find the case: "(cordon POLICY_REFUSED, rule phi-stays, id 01J…)". */
#ifndef CORDON_WIRE_REFUSE_H
#define CORDON_WIRE_REFUSE_H

#include "wire/codec.h"

void refuse_openai(const struct refusal *r, struct obuf *out);
void refuse_openai_stream(const struct refusal *r, struct obuf *out);
void refuse_anthropic(const struct refusal *r, struct obuf *out);
void refuse_anthropic_stream(const struct refusal *r, struct obuf *out);
void refuse_gemini(const struct refusal *r, struct obuf *out);
void refuse_gemini_stream(const struct refusal *r, struct obuf *out);

#endif
