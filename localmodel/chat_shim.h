/* chat_shim.h - the part of llama.cpp that exists only in C++ (its common/ folder), behind a C face: chat templates,
 * the grammars and parsers of tool calls, sampling under a grammar. That folder is no stable interface: every use of it
 * is in chat_shim.cpp, and no exception leaves there. Messages of those exceptions hold client text, so requests only
 * get a result code; the template's own mistakes, found at boot, get a text.
 *
 * One `chat` a model; one `chat_reply` a job. A model's thread only. */
#ifndef CORDON_LOCALMODEL_CHAT_SHIM_H
#define CORDON_LOCALMODEL_CHAT_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llama_model;
struct llama_context;
struct llama_batch;
struct chat;
struct chat_reply;

enum chat_result {
    CHAT_OK,
    CHAT_UNSUPPORTED,   /* the template or the grammar cannot express this request */
    CHAT_FAILED,        /* something broke inside */
    CHAT_NO_MEMORY
};

enum chat_tools { CHAT_TOOLS_NONE, CHAT_TOOLS_AUTO, CHAT_TOOLS_FORCED };
enum chat_format { CHAT_FORMAT_TEXT, CHAT_FORMAT_JSON, CHAT_FORMAT_SCHEMA };   /* JSON: an object of any form */

/* How the reply's text is to be read. */
enum chat_mode {
    CHAT_PLAIN,    /* it is the answer, but for the reasoning between two marks */
    CHAT_PARSED,   /* by chat_parse */
    CHAT_CALL      /* one tool call in the form of engine_call.h */
};

/* `template_text` replaces the model's own; NULL takes that. NULL and a message in `error` on failure. */
struct chat *chat_new(const struct llama_model *model, const char *template_text, char *error, size_t error_size);
void chat_free(struct chat *c);

struct chat_ask {
    const char *messages, *tools;      /* JSON, OpenAI's form; tools may be NULL */
    const char *tool_name;             /* with CHAT_TOOLS_FORCED: that one; NULL: any */
    enum chat_tools use_tools;
    bool parallel_tool_calls;
    enum chat_format format;           /* does not bind a forced call */
    const char *schema;                /* CHAT_FORMAT_SCHEMA: JSON */
    int32_t top_k;                     /* 0: all tokens */
    float temperature, top_p, frequency_penalty, presence_penalty;
    uint32_t seed;
    int32_t penalty_tokens;            /* how far back the penalties look */
};

/* Writes the prompt. All pointers of `ask` are only read during the call. */
enum chat_result chat_begin(struct chat *c, const struct chat_ask *ask, struct chat_reply **out);
/* Makes the sampler, with the same `ask`: only for a reply that is to be written, since a grammar takes time. */
enum chat_result chat_ready(struct chat_reply *r, const struct chat_ask *ask);
void chat_reply_free(struct chat_reply *r);

/* Valid until the reply is freed. */
const int32_t *chat_prompt(const struct chat_reply *r, size_t *n);
enum chat_mode chat_reply_mode(const struct chat_reply *r);
/* The marks around the reasoning, empty when the model has none; *inside: the prompt has opened it. */
void chat_think(const struct chat_reply *r, const char **open, const char **close, bool *inside);
/* Strings that end the answer, by the template's account; NULL after the last. */
const char *chat_extra_stop(const struct chat_reply *r, size_t i);

/* llama_decode; a negative number also for an exception. */
int chat_decode(struct llama_context *lc, const struct llama_batch *batch);
/* How many tokens a text has, with the marks that the model puts around one; they are written when they are at most `cap`.
 * A negative number for a failure. What looks like a control token in the text is none. */
int32_t chat_tokenise(const struct llama_model *model, const char *p, size_t n, int32_t *tokens, int32_t cap);
/* chat_decode for a model of vectors, whatever its kind; forgets what was decoded before. */
int chat_embed(struct llama_context *lc, const struct llama_batch *batch);
/* The next token from the logits of batch row `row`; *end when it ends the answer. */
enum chat_result chat_sample(struct chat_reply *r, struct llama_context *lc, int32_t row, int32_t *token, bool *end);
/* The bytes of a token: at most `cap`, the number is returned. Control tokens that the format does not need give none. */
size_t chat_piece(const struct chat_reply *r, int32_t token, char *buf, size_t cap);

/* Where the parts of a parsed reply go. */
struct chat_sink {
    void *arg;
    void (*text)(void *arg, const char *p, size_t n);
    void (*reasoning)(void *arg, const char *p, size_t n);
    void (*call)(void *arg, uint32_t index, const char *name);
    void (*arguments)(void *arg, uint32_t index, const char *p, size_t n);
};
/* Read all the text so far (whole UTF-8 characters) and give the sink what is new in it since the last call. With
 * `partial`, more text will come, and a text that cannot be read yet is no failure. */
enum chat_result chat_parse(struct chat_reply *r, const char *text, size_t n, bool partial, const struct chat_sink *sink);
/* Models often write a call as bare JSON instead of in their own format. When `text` is that, fenced or not, and names
 * only tools of the request, give the calls to the sink and return true. */
bool chat_bare_calls(const struct chat_reply *r, const char *text, size_t n, const struct chat_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
