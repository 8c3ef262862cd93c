/* bedrock_invoke.h - InvokeModel: the body is the model family's own format, which the model's id names. Families whose
 * format is not read here are unsupported for a local answer, and are forwarded or refused like any other such request.
 * Sources: the inference parameters of each family in the Bedrock user guide. Any thread. */
#ifndef CORDON_WIRE_BEDROCK_INVOKE_H
#define CORDON_WIRE_BEDROCK_INVOKE_H

#include "wire/bedrock.h"

enum bedrock_family {
    FAMILY_UNKNOWN,
    FAMILY_ANTHROPIC,      /* Messages without `model` and `stream` */
    FAMILY_NOVA,           /* Converse's blocks */
    FAMILY_LLAMA,          /* a prompt, and plain text back: the next five too */
    FAMILY_MISTRAL,
    FAMILY_TITAN,
    FAMILY_DEEPSEEK,       /* R1 */
    FAMILY_COHERE,         /* Command R: message and chat_history */
    FAMILY_OPENAI,         /* chat completions without `model` and `stream`: most families that came later */
    FAMILY_TITAN_EMBED,    /* one vector */
    FAMILY_COHERE_EMBED    /* a vector for each text */
};
/* In conv->own, from decode to encode, above the bits that the family's own reader sets. */
#define BEDROCK_FAMILY_SHIFT 8
static inline enum bedrock_family bedrock_family_in(const struct conv *c)
{
    return (enum bedrock_family)(c->own >> BEDROCK_FAMILY_SHIFT & 0xff);
}
/* By the model's id; when that says nothing (an inference profile of the customer's, a model that came later), by the
 * body's members. */
enum bedrock_family bedrock_family_of(struct span model, const struct jdoc *body);

/* codec.decode and codec.encode of InvokeModel and InvokeModelWithResponseStream. */
CD_USE enum fail bedrock_invoke_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                       size_t *at);
void bedrock_invoke_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* The families that take a prompt or a list of texts: their part of decode. REQUEST_INVALID when there is none. */
CD_USE enum fail bedrock_prompt_decode(struct reader *r, enum bedrock_family family, const char **field, size_t *at);
/* And of encode. */
void bedrock_prompt_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
/* Chat completions: encode. A stream's last chunk has what the call cost, and there is no [DONE]. */
void bedrock_openai_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
CD_USE enum fail bedrock_embed_decode(struct reader *r, enum bedrock_family family, const char **field, size_t *at);
void bedrock_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
/* A prompt in a family's template ("<|start_header_id|>user…", "[INST] …") to messages; one that has none is the user's. */
void bedrock_template(struct reader *r, enum bedrock_family family, struct span prompt);

/* codec.decode and codec.encode of CountTokens. */
CD_USE enum fail bedrock_count_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                      size_t *at);
void bedrock_count_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

#endif
