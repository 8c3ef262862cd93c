/* reader.h - what the decoders of several dialects are made of: a table of fields, texts put together from parts, tools
 * in OpenAI's form. For the dialects' own files. All spans point into the request body or the arena; what a local answer
 * cannot honour is named in conv->unsupported, the first one found. Time is linear in the body. Any thread. */
#ifndef CORDON_WIRE_READER_H
#define CORDON_WIRE_READER_H

#include "wire/codec.h"

/* Bounds of what is decoded for a local answer. Beyond them the request is `unsupported`, never an error: a body of
 * four million empty messages must not become half a gigabyte of structs. */
#define READER_MAX_MESSAGES 16384u
#define READER_MAX_CALLS 128u
#define READER_MAX_STOPS 16u
#define READER_MAX_INPUTS 2048u

/* One decoding under way. */
struct reader {
    const struct jdoc *d;
    struct arena *arena;
    struct conv *conv;
    bool no_memory;
};

/* Sets the conversation's defaults, with the kind of the route (a chat when there is none). */
void reader_begin(struct reader *r, const struct conv_source *s, struct arena *a, struct conv *c);
/* What decode returns in the end. */
CD_USE enum fail reader_end(const struct reader *r);
/* The body is no request of this API: the value `i` (or J_NONE) of the field `name` (static, or NULL). */
CD_USE enum fail reader_invalid(const struct reader *r, uint32_t i, const char *name, const char **field, size_t *at);
/* `name` is static. */
void reader_unsupported(struct reader *r, const char *name);

/* ---- values ---- */

static inline bool reader_is(const struct reader *r, uint32_t i, enum jtype t)
{
    return i < r->d->n && r->d->tok[i].type == t;
}
/* A member that is given and not null, or J_NONE. */
uint32_t reader_given(const struct reader *r, uint32_t obj, const char *key);
/* A string token unescaped; p is NULL, and no_memory set, when there is no memory. */
struct span reader_text(struct reader *r, uint32_t i);
/* A string that may be missing or null (p is NULL then); `name` is unsupported when it is something else. */
struct span reader_string(struct reader *r, uint32_t i, const char *name);
/* How many children an array has, at most `most` + 1. */
uint32_t reader_count(const struct reader *r, uint32_t array, uint32_t most);
/* Zeroed memory for `n` of them; NULL, and no_memory set, when there is none. */
CD_USE void *reader_array(struct reader *r, size_t n, size_t size);
/* A copy of what was written, which is given back: p is NULL, and no_memory set, when there was no memory. */
struct span reader_keep(struct reader *r, struct obuf *o);

/* ---- a text of several parts ---- */

/* One part is not copied; several are put together in the arena. */
struct reader_join {
    struct span text;
    size_t cap;          /* 0: `text` is the one part, not ours to write to */
};
void reader_add(struct reader *r, struct reader_join *j, struct span more);

/* ---- a table of fields ---- */

struct reader_field;
typedef void reader_fn(struct reader *r, const struct reader_field *f, uint32_t i);

/* `offset`: the member of struct conv that is set; low and high: the range that the API takes. The name is also what
 * is called unsupported when the value is not understood. */
struct reader_field {
    const char *name;
    reader_fn *read;
    size_t offset;
    double low, high;
};
#define READER_AT(m) offsetof(struct conv, m)
/* Whether a key is that name, in a dialect that spells names in more than one way; jdoc_is for the others. */
typedef bool reader_same(const struct jdoc *d, uint32_t key, const char *name);
/* Reads the members of `obj` that have a row and are not null. */
void reader_fields(struct reader *r, uint32_t obj, const struct reader_field *rows, size_t n, reader_same *same);

reader_fn reader_bool, reader_double, reader_top_k, reader_max_tokens, reader_seed;
reader_fn reader_stops;        /* a string, or a list of strings */
reader_fn reader_schema;       /* an object: the JSON Schema that the answer is to follow */
reader_fn reader_only_false;   /* a local answer has no other */
reader_fn reader_only_empty;
reader_fn reader_never;
reader_fn reader_tools;        /* a list of tools in OpenAI's chat form */

/* Inputs of an embedding: a string, or a list of strings. */
reader_fn reader_inputs;

/* ---- messages, for dialects that call things as OpenAI does ---- */

/* The list `array` as conv->msgs, each read by `read`; unsupported when it is empty or too long. */
void reader_messages(struct reader *r, uint32_t array, void (*read)(struct reader *r, uint32_t msg, struct conv_msg *m));
/* The role of a message; unsupported when it is none of system, developer, user, assistant and tool. */
enum conv_role reader_role(struct reader *r, uint32_t msg);
/* The message's `tool_calls`, when there are any, each read by `read`. */
void reader_calls(struct reader *r, uint32_t msg, struct conv_msg *m,
                  void (*read)(struct reader *r, uint32_t call, struct conv_call *c));

#endif
