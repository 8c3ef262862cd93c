/* engine_llama.h - between the files of the llama.cpp engine. */
#ifndef CORDON_LOCALMODEL_ENGINE_LLAMA_H
#define CORDON_LOCALMODEL_ENGINE_LLAMA_H

#include "localmodel/chat_shim.h"
#include "localmodel/engine_backend.h"
#include "localmodel/engine_call.h"
#include "localmodel/engine_text.h"

/* Forget llama.cpp's last error on this thread, and keep the next. */
void llama_listen(void);
/* Its whole text, which may quote a request: only for what fails at boot. */
const char *llama_last_error(void);
/* The function it came from: returns the length of the name. */
int llama_error_source(const char **name);

/* --- engine_llama_answer.c: from tokens to events --- */

struct answer {
    struct job *job;
    struct chat_reply *reply;          /* owned */
    const char **stops;                /* the request's and the template's; the array is owned, its strings are not */
    struct utf8_filter utf8;
    struct think_filter think;
    struct stop_filter stop;
    struct obuf whole;                 /* CHAT_PARSED: all that was generated */
    struct obuf held;                  /* CHAT_PARSED: content that may turn out to be a bare call */
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

#endif
