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

/* ---- for the shapes of other dialects, refuse_*.c ---- */

/* The escaped inside of the message's JSON string, no quotes. The `_as` forms say `text` in place of the rule's own text
 * or fail.h's sentence: some clients look for a provider's exact words. */
void refuse_message(const struct refusal *r, struct obuf *out);
void refuse_message_as(const struct refusal *r, const char *text, struct obuf *out);
/* The same as the member `key`, with quotes and comma. */
void refuse_jo_message(const struct refusal *r, const char *key, struct obuf *out);
void refuse_jo_message_as(const struct refusal *r, const char *key, const char *text, struct obuf *out);

/* The provider's word for a status. */
struct refuse_name {
    int status;
    const char *name;
};
/* Of the row with that status, else of the last one. */
const char *refuse_named(const struct refuse_name *rows, size_t n, int status);

#endif
