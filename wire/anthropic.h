/* anthropic.h - the two halves of the Messages codec (POST /v1/messages and /v1/messages/count_tokens), also for the
 * dialects that carry the same bodies in another wrapping (Bedrock's InvokeModel, Vertex's rawPredict). Source:
 * Anthropic's API reference, and what its Python and Node SDKs and Claude Code send and decode. Any thread. */
#ifndef CORDON_WIRE_ANTHROPIC_H
#define CORDON_WIRE_ANTHROPIC_H

#include "wire/reader.h"

/* codec.decode. REQUEST_INVALID: the body is no object, `model` no string or `messages` no array. max_tokens may be
 * missing: a local answer needs none, and what goes out the API checks itself. A user turn with tool results becomes one
 * ROLE_TOOL message for each, then a ROLE_USER message with the rest. Documents and search results that are text, and what
 * the provider's own tools have found, are told in lines of their own. Fields that only steer the provider (metadata,
 * cache_control, context_management, effort …) or that are not known are passed over; so are the provider's own tools,
 * unless the model is made to call one. A last turn of the assistant's, which the API would go on from in the middle, is
 * unsupported. */
CD_USE enum fail anthropic_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                  size_t *at);
/* The same where the model stands in the path: `model` is taken instead of the body's, which may have none. */
CD_USE enum fail anthropic_decode_model(const struct conv_source *s, struct span model, struct arena *a, struct conv *c,
                                        const char **field, size_t *at);

/* codec.encode. A tool's input is gathered until the call ends and told in one piece, because it must be an object:
 * arguments that are none are told as {"INVALID_JSON": "what the model wrote"}. */
void anthropic_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
/* The same for a wrapping of another kind: each event of a stream goes to `emit` with its type ("message_start",
 * "content_block_delta" … "error") and its JSON, which lives until `emit` returns; a whole answer goes to `whole`. Uses
 * a->body and a->choice[0]. */
typedef void anthropic_emit(void *arg, const char *type, struct span json);
void anthropic_encode_raw(struct answer *a, const struct conv_event *e, anthropic_emit *emit, void *arg, struct obuf *whole);
/* codec.encode of a count: EV_END's prompt_tokens. */
void anthropic_count_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
/* codec.keepalive: a ping event. */
void anthropic_keepalive(struct answer *a, struct obuf *out);

/* ---- the parts of decode ---- */

/* `system` (a token or J_NONE) and `messages` (an array) to conv->msgs. */
void anthropic_turns(struct reader *r, uint32_t system, uint32_t messages);
/* Adds what the content block `i` says in words to `to`. A block that says nothing to a model adds nothing; one that
 * cannot be told in words, or that is not known, is unsupported. */
void anthropic_block(struct reader *r, uint32_t i, struct reader_join *to);
/* The same for a value that is a string or a list of blocks; `name` is unsupported when it is neither. */
void anthropic_blocks(struct reader *r, uint32_t i, struct reader_join *to, const char *name);
/* The request's `tools` and `tool_choice`. */
void anthropic_tools(struct reader *r);

#endif
