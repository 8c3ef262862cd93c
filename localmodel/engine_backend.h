/* engine_backend.h - what a kind of engine does for one model; engine.c does the rest (threads, queues, names).
 * engine_llama.c and engine_standin.c each define these, and engine_inspect; one of them is linked. */
#ifndef CORDON_LOCALMODEL_ENGINE_BACKEND_H
#define CORDON_LOCALMODEL_ENGINE_BACKEND_H

#include "localmodel/engine_queue.h"

#define ENGINE_CONTEXT_MAX 8192u       /* the context when the configuration gives none */
#define ENGINE_EMBED_CONTEXT_MAX 2048u /* the same for a model of vectors, which reads a text in one go */
#define ENGINE_PARALLEL_MAX 256u       /* what llama.cpp allows, too */

struct backend;

/* Load the weights; boot thread. `conf` has its zeros replaced but for `context`; it, `info` and `jobs` outlive the
 * backend. Fills info->context with the tokens one request may have. NULL and *why on failure. */
CD_USE struct backend *backend_open(const struct engine_model_conf *conf, struct engine_model_info *info,
                                    struct queue *jobs, struct why *why);
/* The model's thread: serve `jobs` until they stop. Jobs still running then are left in the queue. */
void backend_run(struct backend *b);
void backend_close(struct backend *b);

#endif
