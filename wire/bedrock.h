/* bedrock.h - what the files of Amazon Bedrock's dialect share. Sources: the Bedrock Runtime API reference, its service
 * model as botocore ships it, and the inference parameters of the model families.
 *
 * The model stands in the path, and with it (for InvokeModel) the format of the body: each family has its own. Any
 * thread; nothing here keeps state. */
#ifndef CORDON_WIRE_BEDROCK_H
#define CORDON_WIRE_BEDROCK_H

#include "wire/answer.h"
#include "wire/eventstream.h"
#include "wire/reader.h"

/* ---- requests ---- */

/* The model's id or ARN, unescaped, of "/model/ID/operation"; empty for another path. */
struct span bedrock_model(struct reader *r, struct span path);
/* A value as it stands in the body, with the quotes of a string. */
struct span bedrock_json(const struct reader *r, uint32_t i);

/* `system` and `messages` of Converse, which Nova's InvokeModel has as well: conv->msgs. `system` may be J_NONE,
 * `messages` is an array. */
void bedrock_messages(struct reader *r, uint32_t system, uint32_t messages);
/* The text of a document block in a text format: added to `text`, or unsupported. */
void bedrock_document(struct reader *r, struct reader_join *text, uint32_t block);
/* The members of a body in Converse's form beside the messages. */
void bedrock_converse_fields(struct reader *r, uint32_t body);
reader_fn bedrock_tool_config;

/* codec.decode. */
CD_USE enum fail bedrock_converse_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                         size_t *at);

/* ---- answers ---- */

/* How the events of Converse travel. */
enum bedrock_frame {
    BEDROCK_EVENTS,   /* ConverseStream: each a message of its own name */
    BEDROCK_CHUNKS    /* InvokeModelWithResponseStream, Nova: each in a `chunk` */
};
/* codec.encode for both; a whole answer is the same but for `metrics`, which Nova's has not. */
void bedrock_blocks_encode(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out);
void bedrock_converse_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* A `chunk` message that holds this JSON document. */
void bedrock_chunk(struct span json, struct obuf *out);
/* The member that InvokeModelWithResponseStream's last chunk has. */
void bedrock_invocation_metrics(const struct answer *a, const struct conv_event *e, struct obuf *o);
/* Milliseconds since the request came, at least 1: clients divide by it. */
uint64_t bedrock_latency_ms(const struct answer *a);

/* ---- refusals, refuse_bedrock.c ---- */

void refuse_bedrock(const struct refusal *r, struct obuf *out);
void refuse_bedrock_stream(const struct refusal *r, struct obuf *out);
void refuse_bedrock_headers(const struct refusal *r, struct obuf *out);
/* codec.error_status. */
int refuse_bedrock_status(enum fail f);

#endif
