/* openai_fields.h - what several of OpenAI's endpoints have alike: how a request names its model, fields of one meaning,
 * the head and the usage of an answer. For wire/openai_*.c. Any thread. Source: OpenAI's API reference; Azure's for the
 * paths. */
#ifndef CORDON_WIRE_OPENAI_FIELDS_H
#define CORDON_WIRE_OPENAI_FIELDS_H

#include "wire/codec.h"
#include "wire/reader.h"

/* Begins a decoding and reads the model: the body's, or that of a path with "/deployments/NAME/" in it. REQUEST_INVALID
 * when the body is no object or there is no model. */
CD_USE enum fail openai_begin(struct reader *r, const struct conv_source *s, struct arena *a, struct conv *c,
                              const char **field, size_t *at);
reader_fn openai_n;                /* 1 to CONV_MAX_CHOICES */
reader_fn openai_only_zero, openai_only_one;
reader_fn openai_stream_options;   /* `offset`: include_usage */

/* Before anything else of an answer: makes its id, which is kept in a->body. */
void openai_answer_begin(struct answer *a, const char *prefix);
/* The members that every object of an answer begins with. */
void openai_put_head(const struct answer *a, const char *object, struct obuf *o);
/* What answer_choice_ended has added up. OpenAI tells the details also when all are zero, and clients read them unasked. */
void openai_put_usage(const struct answer *a, bool details, struct obuf *o);
/* One event of a stream, open for its choices; the last one may tell the usage. */
void openai_chunk_open(const struct answer *a, const char *object, struct obuf *o);
void openai_chunk_close(const struct answer *a, bool with_usage, struct obuf *o);
/* The end of a stream: the usage, if it was asked for, in an event of its own, then the end mark. */
void openai_stream_end(const struct answer *a, const char *object, struct obuf *o);
/* EV_ERROR: told inside a stream that has begun, left to the caller otherwise. */
void openai_broken(struct answer *a, const struct conv_event *e, struct obuf *o);
/* codec.keepalive: a blank line, the only filler between events that all SDKs take (docs/ARCHITECTURE.md). */
void openai_keepalive(struct answer *a, struct obuf *out);

#endif
