/* recall_items.h - one round of phase RECALL, and what comes of it: a request that names items of local answers by their ids
 * is read again with the items in their places. One question after another, as each costs a client a turn that it did not
 * have to send. Worker's thread. */
#ifndef CORDON_PROXY_RECALL_ITEMS_H
#define CORDON_PROXY_RECALL_ITEMS_H

#include "proxy/exchange.h"

/* Asks for the next item; nothing where none is left. *later as in state.h; `done` gets x. */
CD_USE enum fail recall_items_ask(struct exchange *x, state_done *done, bool *later);
/* Takes it. x->recall.again: there are more to be asked for. STATE_UNKNOWN: it is somebody else's, expired or deleted. */
CD_USE enum fail recall_items_take(struct exchange *x);
/* What the kept answer x->recall.object has of items, to be forgotten with it. */
CD_USE enum fail recall_items_of_object(struct exchange *x);

/* The key of an item, or of an answer, of this client's. */
struct state_key recall_object_key(const struct exchange *x, struct span id);

#endif
