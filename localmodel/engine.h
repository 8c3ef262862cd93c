/* engine.h - the only door to the local models. One owner thread per model runs continuous batching; callers are
 * workers. Requests are moved in, events come back as letters to the worker's mailbox, with the handle that was
 * given. engine_llama.c is the real one; engine_standin.c is a deterministic stand-in for thread-sanitizer runs, chosen
 * at build time (CORDON_ENGINE). */
#ifndef CORDON_LOCALMODEL_ENGINE_H
#define CORDON_LOCALMODEL_ENGINE_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/mailbox.h"
#include "core/obuf.h"
#include "wire/conv.h"
#include <stdint.h>

struct engine_model_conf {
    const char *name;          /* as rules and clients name it */
    const char *file;          /* GGUF */
    uint32_t context;          /* tokens of one request; 0 takes the model's own, at most 8192 (embeddings: 2048) */
    uint32_t parallel;         /* requests decoded at once in one context; 0 is 4 */
    uint32_t threads;          /* 0 is 1 */
    uint32_t queue;            /* waiting requests beyond `parallel`; 0 is 32 */
    const char *chat_template; /* file with a Jinja template that replaces the model's own, or NULL */
};

/* What the GGUF says of itself. Strings are owned by the info. */
struct engine_model_info {
    char name[64], family[64], description[128], licence[128];
    uint64_t parameters, bytes;
    uint32_t context_trained, context;   /* context: of one request; engine_inspect: where the configuration says nothing */
    bool has_template, has_tool_template;
    bool embeds;               /* it makes vectors, not text (an encoder such as BERT) */
    uint32_t dimensions;       /* of its vectors */
};

struct engine;

/* Load all models and start their threads. NULL and *why (file, reason, what to do) on failure. Boot thread. */
CD_USE struct engine *engine_start(const struct engine_model_conf *m, size_t n, struct why *why);
/* Read one file's metadata without loading its weights. */
CD_USE enum fail engine_inspect(const char *file, struct engine_model_info *out, struct why *why);
/* Stop: running jobs end with ENGINE_FAILED events; threads are joined. */
void engine_stop(struct engine *e);

size_t engine_count(const struct engine *e);
/* NULL name: the first model that answers for that kind of request (CONV_EMBED: one that embeds; else one that does not).
 * NULL when there is none of that name, or it is not one for that. Valid until engine_stop. */
const struct engine_model_info *engine_find(const struct engine *e, const char *name, enum conv_kind kind);

/* One request, as the engine keeps it: all strings are its own (malloc). */
struct engine_request {
    enum conv_kind kind;
    uint32_t choice;           /* its number among the answers to one request; comes back with every event */
    char *messages;            /* JSON array in OpenAI's form */
    char *tools;               /* JSON array or NULL */
    enum tool_choice tool_choice;
    char *tool_name;
    bool parallel_tool_calls;
    int64_t max_tokens;        /* -1: until the context is full */
    double temperature, top_p, frequency_penalty, presence_penalty;   /* NAN: the model's default */
    int64_t top_k;             /* -1: the model's default */
    enum conv_format format;
    char *schema;              /* FORMAT_SCHEMA */
    bool show_reasoning;       /* EV_REASONING events are wanted */
    bool prune_tools;          /* tool definitions may be shortened and left out when the prompt does not fit */
    char **inputs;             /* CONV_EMBED; may hold NUL bytes, so their lengths count */
    size_t *input_lengths;
    size_t n_inputs;
    /* Requests with equal, non-zero keys that run at the same time run once: the later ones get the same events. */
    unsigned char twin[16];
    bool has_seed;
    int64_t seed;
    char **stops;
    size_t n_stops;
};
/* Deep copy of what the engine needs of a conversation. NULL when out of memory. */
CD_USE struct engine_request *engine_request_new(const struct conv *c);
/* The conversation's messages as a JSON array in OpenAI's form, appended: as the engine gets them. */
void engine_messages_put(const struct conv *c, struct obuf *o);
void engine_request_free(struct engine_request *r);

/* A letter that carries one event back. `event.text`, names and vectors point into `bytes`, owned by the letter; free
 * it with engine_letter_free. */
struct engine_letter {
    struct letter letter;
    struct handle to;
    struct conv_event event;
    char *bytes;
    size_t n_bytes;
};
void engine_letter_free(struct engine_letter *l);

/* Queue a request for the model of that name, or the first for its kind. Takes ownership of `r` in every case.
 * ENGINE_BUSY when the queue is full, ENGINE_MISSING when there is no such model (engine_find). Every accepted job ends
 * with exactly one EV_END or EV_ERROR, also after engine_cancel. `deliver` becomes letter.deliver of each event. Any worker.
 *
 *   CONV_CHAT    EV_START, the answer, EV_END. A prompt that does not fit the context ends with EV_ERROR CONTEXT_LENGTH as
 *                its first event, and soon, however long the answer would have waited. It fits when room for one token is
 *                left. With prune_tools, tools are shortened and left out until there is room for an answer: max_tokens, or
 *                an eighth of the context and at most 512 where that is not given, and never more than a quarter of the
 *                context (localmodel/engine_prune.h).
 *   CONV_COUNT   EV_END with prompt_tokens. It does not wait for answers that are being written, only for one step of them.
 *   CONV_EMBED   EV_VECTOR of each input in order, of length 1; EV_END with prompt_tokens. An input that is longer than
 *                the model's context ends it with CONTEXT_LENGTH, before the first vector.
 *
 * A request whose twin key equals that of one that waits or runs for the model is not run: it hears what that one was
 * told, from its begin, and whatever it is told from now on. engine_cancel on one of them leaves the others be. */
CD_USE enum fail engine_submit(struct engine *e, const char *model, struct engine_request *r, struct handle to,
                               void (*deliver)(struct letter *, void *owner), uint64_t *job);
/* Ask that a job stop; takes effect between two decodes. Unknown or finished jobs are ignored. Any thread. */
void engine_cancel(struct engine *e, uint64_t job);
/* Jobs that the models have begun since the start; a request that joined its twin's is none. Any thread. */
uint64_t engine_jobs_run(const struct engine *e);

#endif
