/* engine_job.h - one accepted request and its way back. A job is made by engine_submit on a worker, waits in the
 * model's queue and is then owned by that model's thread, which says things through it; every job ends with exactly
 * one job_end or job_fail, and is freed after it.
 *
 * A job has one asker or more: who submits a request that equals one which waits or runs (engine_request.twin) joins
 * that one's job, hears all that was told already, and from then on what the others hear. Askers come and go on any
 * thread; `lock` guards them and what was told. A job that loses its last asker is cancelled.
 *
 * Text is gathered and posted at most every JOB_BATCH_US, so that a fast model does not wake the worker per token. */
#ifndef CORDON_LOCALMODEL_ENGINE_JOB_H
#define CORDON_LOCALMODEL_ENGINE_JOB_H

#include "core/obuf.h"
#include "localmodel/engine.h"
#include <pthread.h>
#include <stdatomic.h>

#define JOB_BATCH_US 20000
#define JOB_TOLD_MAX (1u << 20)        /* bytes kept for those who join later; a job that told more takes nobody in */

/* Whom a job's events go to. */
struct asker {
    struct asker *next;
    uint64_t id;                       /* what engine_cancel names */
    struct handle to;
    void (*deliver)(struct letter *, void *);
    struct engine_letter *last;        /* made at submit, so that the end can always be told */
};

/* What an answer has cost so far. */
struct job_usage {
    uint32_t prompt_tokens, completion_tokens, reasoning_tokens;
};

struct job {
    struct job *next;                  /* the queue's */
    struct engine_request *request;
    _Atomic bool cancelled;            /* nobody wants it any more */

    pthread_mutex_t lock;
    struct asker *askers;
    struct engine_letter *told, **told_tail;   /* with a twin key: what was posted, oldest first */
    size_t told_bytes;
    struct job_usage told_usage;       /* as of the last post */
    bool closed, over;                 /* closed: it has told too much for others to join; over: the end is told */

    /* The model's thread's alone. */
    struct obuf pending;               /* text or arguments not yet posted */
    enum conv_event_kind pending_kind;
    uint32_t pending_index;
    uint64_t posted_us;                /* when something was posted last */
    bool started, broken;              /* broken: a letter could not be made; the job is to be failed */
    struct job_usage usage;
    uint32_t tools_given, tools_kept;  /* told with the start */
};

/* Takes ownership of `r` in every case; NULL when out of memory. */
CD_USE struct job *job_new(struct engine_request *r, struct handle to, void (*deliver)(struct letter *, void *));
void job_free(struct job *j);

/* --- askers; any thread. The caller keeps the job from being freed by holding its queue's lock. --- */

/* Whether a request may join: the same twin key, kind and choice, and a job that is not over or cancelled. Returns with
 * the job locked when it may. */
CD_USE bool job_lock_for(struct job *j, const struct engine_request *r);
/* The asker of `from`, a job that nobody has seen, joins `j`, locked by job_lock_for; unlocks it. `from` is freed. */
CD_USE enum fail job_join(struct job *j, struct job *from);
enum job_leaving { JOB_NOT_ASKED, JOB_LEFT, JOB_WAS_LAST };
/* An asker goes: told CLIENT_ABORT at once when others stay (JOB_LEFT). The last one stays, so that the job's end is
 * told to somebody, and the caller is to cancel the job. */
CD_USE enum job_leaving job_leave(struct job *j, uint64_t id);
size_t job_askers(struct job *j);

/* --- the model's thread --- */

/* The answer begins; a second call does nothing. */
void job_start(struct job *j);
/* Whole UTF-8 characters. Starts the answer when it has not begun. */
void job_text(struct job *j, struct span text);
/* As job_text, and dropped when the request did not ask for it. */
void job_reasoning(struct job *j, struct span text);
void job_call(struct job *j, uint32_t index, struct span name);
void job_call_args(struct job *j, uint32_t index, struct span text);
void job_vector(struct job *j, uint32_t index, const float *vector, size_t n);
/* Post what is gathered, when it is as old as JOB_BATCH_US or will be within `ahead_us`. */
void job_flush(struct job *j, uint64_t ahead_us);
/* The end, one of the three, once. A job that is broken fails whatever is asked. `hit` is one of the request's stops. */
void job_end(struct job *j, enum conv_stop stop);
void job_end_at(struct job *j, const char *hit);
void job_fail(struct job *j, enum fail why);

#endif
