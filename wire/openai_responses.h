/* openai_responses.h - the codec of OpenAI's Responses API: POST /v1/responses, /input_tokens and /compact. For the files
 * openai_responses*.c and objects.c. Source: OpenAI's API reference, the types and stream decoders of its Python and Node
 * SDKs, and what the Codex CLI sends and takes. Any thread. */
#ifndef CORDON_WIRE_OPENAI_RESPONSES_H
#define CORDON_WIRE_OPENAI_RESPONSES_H

#include "wire/reader.h"

/* Bits of conv.own. */
enum responses_own {
    RESPONSES_INSTRUCTIONS = 1,   /* the first message is `instructions`: it holds for this answer only */
    RESPONSES_CUSTOM_TOOLS = 2,   /* some tools take free text, not JSON */
    RESPONSES_COMPACT = 4         /* the answer is a summary that stands for the conversation */
};

/* What a local summary begins with. The API seals its own ones, which nobody but it can read; a local one is plain text
 * in the same place, so that whatever inspects a later request reads it too. */
#define RESPONSES_SUMMARY "cordon-summary-1: "

/* codec.decode of all three. REQUEST_INVALID: the body is no object, `model` no string or missing (but for
 * input_tokens, and where a stored `prompt` may name it), or `input` neither a string nor a list. */
CD_USE enum fail responses_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                  size_t *at);
/* Its parts. The messages: `instructions` (p == NULL: none), then `input` (J_NONE: none), with room for one more. */
void responses_input(struct reader *r, uint32_t input, struct span instructions);
/* `tools` of the body, and `tool_choice`. */
void responses_tools(struct reader *r, uint32_t body);
/* Whether the request has a custom tool of that name. */
CD_USE bool responses_tool_is_custom(const struct jdoc *request, struct span name);

/* codec.encode of POST /v1/responses. It leaves the whole response in answer.body, streamed or not; the response's id is
 * the answer's first (n = 0). */
void responses_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* ---- the open item ----
 * choice.open is its kind, choice.calls gathers its text or arguments (of a call, its name and a NUL stand before them).
 * Its id is the last that was given out; of a call the last but one, the call_id being the last. */
enum item_kind { ITEM_NONE, ITEM_REASONING, ITEM_MESSAGE, ITEM_FUNCTION, ITEM_CUSTOM, ITEM_SUMMARY };
void responses_put_item_id(const struct answer *a, const char *key, struct obuf *o);
/* With `text` NULL as it begins, else whole. */
void responses_put_item(const struct answer *a, const char *key, const char *status, const struct span *text,
                        struct obuf *o);
void responses_put_text_part(const char *key, struct span text, struct obuf *o);
void responses_put_summary_part(const char *key, struct span text, struct obuf *o);
struct span responses_open_name(const struct answer_choice *c);
struct span responses_open_text(const struct answer_choice *c);

/* ---- the answer as an object ---- */

/* The response: what came so far is in choice[0].items. `end`: its last event, or NULL. */
void responses_put_object(const struct answer *a, const char *status, const struct conv_event *end, struct obuf *o);
/* The answer of /compact: the user's messages, and the summary in choice[0].text. */
void responses_put_compaction(struct answer *a, const struct conv_event *end, struct obuf *o);
/* A summary as an item of the output; `n`: the number of its id. */
void responses_put_summary(const struct answer *a, uint32_t n, struct span text, struct obuf *o);

/* An error in a stream that has begun: the event that the SDKs raise, then the one that Codex ends at.
 * responses_put_failed takes the numbers of its two events from `sequence`. */
void responses_stream_error(const struct refusal *r, struct obuf *out);
void responses_put_failed(const struct refusal *r, uint32_t sequence, struct obuf *out);

#endif
