/* engine_llama.h - between the files of the llama.cpp engine. */
#ifndef CORDON_LOCALMODEL_ENGINE_LLAMA_H
#define CORDON_LOCALMODEL_ENGINE_LLAMA_H

#include "localmodel/chat_shim.h"
#include "localmodel/engine_backend.h"
#include "localmodel/engine_call.h"
#include "localmodel/engine_prune.h"
#include "localmodel/engine_text.h"

/* Forget llama.cpp's last error on this thread, and keep the next. */
void llama_listen(void);
/* Its whole text, which may quote a request: only for what fails at boot. */
const char *llama_last_error(void);
/* The function it came from: returns the length of the name. */
int llama_error_source(const char **name);

/* Of a client's text: beyond it, a text surely has more tokens than the context. */
#define BYTES_PER_TOKEN_MAX 64u

/* --- engine_llama_answer.c: from tokens to events --- */

struct answer {
    struct job *job;
    struct chat_reply *reply;          /* owned */
    const char **stops;                /* the request's and the template's; the array is owned, its strings are not */
    struct utf8_filter utf8;
    struct think_filter think;         /* CHAT_PARSED: only counts what is reasoning */
    struct stop_filter stop;
    struct obuf whole;                 /* CHAT_PARSED: all that was generated */
    struct obuf held;                  /* CHAT_PARSED: content that may turn out to be a bare call */
    struct obuf blanks;                /* CHAT_PARSED: at the end of the reasoning so far */
    bool thought;                      /* CHAT_PARSED: some reasoning has been given */
    enum { HOLD_UNDECIDED, HOLD_ALL, HOLD_NOTHING } hold;
    struct call_scan call;             /* CHAT_CALL */
    bool said;                         /* text or a call has gone out, or is held */
    uint32_t calls;
    uint64_t parsed_us, parse_cost_us;
    enum fail fail;                    /* what went wrong on the way, told at the end */
};

/* Takes ownership of `reply` in every case. */
CD_USE enum fail job_answer_init(struct answer *a, struct job *job, struct chat_reply *reply);
void job_answer_fini(struct answer *a);
/* True when the answer is complete by its own account: a stop string, a whole tool call, a failure. */
bool job_answer_token(struct answer *a, int32_t token);
/* Tell what is left and how it ended: `cut` by a limit, or by the model's own end. */
void job_answer_end(struct answer *a, bool cut);

/* --- engine_llama_chat.c: many answers written together --- */

#define BATCH 512u                     /* tokens of a prompt decoded at once, when its job is alone */

struct seq {
    struct job *job;                   /* NULL: the place is free */
    struct answer answer;
    const int32_t *prompt;             /* the answer's reply's */
    uint32_t n_prompt, read;           /* its tokens; how many are decoded */
    int64_t left;                      /* tokens that may still be generated */
    uint64_t turn;                     /* in the order of arrival */
    int32_t next;                      /* the token to decode next, once the prompt is read */
    int32_t pos;                       /* where it goes */
    int32_t row;                       /* of this batch, whose logits are ours; -1: none */
    bool in_batch;
};

/* A job that waits for a place, prepared. */
struct ready {
    struct ready *next;
    struct job *job;
    struct chat_reply *reply;          /* owned */
};

/* A job of vectors. */
struct embedding {
    struct job *job;                   /* NULL: the place is free */
    uint32_t input;                    /* the next to do */
};

struct backend {
    const struct engine_model_conf *conf;
    struct engine_model_info *info;
    struct queue *jobs;
    struct llama_model *model;
    struct llama_context *context;
    struct llama_batch *batch;
    struct chat *chat;                 /* NULL for a model of vectors */
    float temperature, top_p;          /* when the request gives none */
    uint64_t turns, decode_us;         /* decode_us: of the last batch */
    double us_per_prompt_token;        /* a running mean */
    struct seq at[ENGINE_PARALLEL_MAX];
    struct ready *ready;               /* in the order of arrival */
    struct embedding vectors[ENGINE_PARALLEL_MAX];
    const struct job *encoding;        /* whose input is being done */
};

/* ggml asks in the middle of a decode: whether nobody wants its result any more. `arg` is the backend. */
bool chat_is_unwanted(void *arg);
void chat_run(struct backend *b);
/* Says in the log that llama.cpp failed. */
void log_decode_failure(const struct backend *b, int code);

/* --- engine_llama_embed.c: vectors of texts, one at a time --- */

bool embed_is_unwanted(void *arg);
/* False when there is no memory. Needs the weights. */
CD_USE bool embed_make_context(struct backend *b);
void embed_run(struct backend *b);

#endif
