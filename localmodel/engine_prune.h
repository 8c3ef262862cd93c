/* engine_prune.h - makes a list of tools shorter until the prompt that shows them fits the context. Clients that work
 * for an hour describe more tools than a small model can be told of; most of them are not needed for the next turn.
 *
 * In this order, each step from the client's own list, so that the same request gives the same list:
 *   1  descriptions of parameters go, wherever in their schemas they stand
 *   2  of a tool's description the first sentence stays, at most PRUNE_SENTENCE_MAX bytes
 *   3  tools are left out, from the end of the list, but none that was called earlier in the conversation or that
 *      tool_choice names, and not the first where a call is required: as few as is enough
 * The model's thread only. */
#ifndef CORDON_LOCALMODEL_ENGINE_PRUNE_H
#define CORDON_LOCALMODEL_ENGINE_PRUNE_H

#include "localmodel/engine.h"

#define PRUNE_SENTENCE_MAX 256u

struct prune_count {
    uint32_t given, kept;
};

/* Tries a list; NULL is none at all. CONTEXT_LENGTH: it is too long. Anything else but FAIL_OK ends the search. */
typedef enum fail prune_try(void *arg, const char *tools);

/* Calls `try` at most 6 + log2(tools) times. FAIL_OK: the last list tried is the longest that fits. CONTEXT_LENGTH: the
 * last list tried is the shortest there is. `r` has tools. */
CD_USE enum fail prune_to_fit(const struct engine_request *r, prune_try *try, void *arg, struct prune_count *count);

/* How many tools the request has; 0 when its list is none. */
CD_USE uint32_t prune_count_tools(const struct engine_request *r);
/* How many tokens are to be left for the answer when tools are pruned. */
uint32_t prune_room(const struct engine_request *r, uint32_t context);

#endif
