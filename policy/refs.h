/* refs.h - what a request refers to but does not hold: state at the provider, ids of local answers, the client's session,
 * texts that may have been sensitive before. Found generically: by the value's form and the member's name, in every
 * dialect. The proxy looks them up (state/) between inspection and decision. Results in the arena; any thread. */
#ifndef CORDON_POLICY_REFS_H
#define CORDON_POLICY_REFS_H

#include "policy/judge.h"
#include "policy/view.h"

/* Fills c->refs. After contents and findings are there; `v`: the view that they were found in, or NULL for none. */
CD_USE enum fail refs_find(struct judge_case *c, const struct view *v);
/* White space at the ends gone, runs of it one space: how texts are compared. Into the arena when it changes anything. */
CD_USE struct span refs_normal(struct span text, struct arena *a);

#endif
