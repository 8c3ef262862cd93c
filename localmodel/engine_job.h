/* engine_job.h - one accepted request and its way back. A job is made by engine_submit on a worker, waits in the
 * model's queue and is then owned by that model's thread, which says things through it; every job ends with exactly
 * one job_end or job_fail, and is freed after it. `cancelled` alone is touched by other threads.
 *
 * Text is gathered and posted at most every JOB_BATCH_US, so that a fast model does not wake the worker per token. */
#ifndef CORDON_LOCALMODEL_ENGINE_JOB_H
#define CORDON_LOCALMODEL_ENGINE_JOB_H

#include "core/obuf.h"
#include "localmodel/engine.h"
#include <stdatomic.h>

#define JOB_BATCH_US 20000

struct job {
    struct job *next;                  /* the queue's */
    uint64_t id;
    struct engine_request *request;
    struct handle to;
    void (*deliver)(struct letter *, void *);
    _Atomic bool cancelled;
    struct engine_letter *last;        /* made at submit, so that the end can always be told */
    struct obuf pending;               /* text or arguments not yet posted */
    enum conv_event_kind pending_kind;
    uint32_t pending_index;
    uint64_t posted_us;                /* when something was posted last */
    bool started, broken;              /* broken: a letter could not be made; the job is to be failed */
    uint32_t prompt_tokens, completion_tokens;
};

/* Takes ownership of `r` in every case; NULL when out of memory. */
CD_USE struct job *job_new(struct engine_request *r, struct handle to, void (*deliver)(struct letter *, void *));
void job_free(struct job *j);

/* The answer begins; a second call does nothing. */
void job_start(struct job *j);
/* Whole UTF-8 characters. Starts the answer when it has not begun. */
void job_text(struct job *j, struct span text);
void job_call(struct job *j, uint32_t index, struct span id, struct span name);
void job_call_args(struct job *j, uint32_t index, struct span text);
/* Post what is gathered, when it is as old as JOB_BATCH_US or will be within `ahead_us`. */
void job_flush(struct job *j, uint64_t ahead_us);
/* A fresh call id, "call_" and 24 letters and digits. */
#define JOB_CALL_ID_LEN 29
void job_call_id(char out[JOB_CALL_ID_LEN + 1]);
/* The end, one of the two, once. A job that is broken fails whatever is asked. */
void job_end(struct job *j, enum conv_stop stop);
void job_fail(struct job *j, enum fail why);

#endif
