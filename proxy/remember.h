/* remember.h - what an exchange leaves in the state: sessions and texts that are sensitive from now on, ids and sealed
 * contents that a provider made, local answers to be kept. Worker's thread. */
#ifndef CORDON_PROXY_REMEMBER_H
#define CORDON_PROXY_REMEMBER_H

#include "proxy/exchange.h"

/* The names of the classes that the request was decided to be, comma-separated. */
void remember_class_names(const struct exchange *x, char out[sizeof ((struct state_fact *)0)->classes]);
/* What a local answer said, and the answer itself where the API keeps it. *later as in state.h; `done` gets x. */
CD_USE enum fail remember_answer(struct exchange *x, state_done *done, bool *later);
/* One thing that a provider's reply named. Nobody waits for it. */
void remember_reply(struct exchange *x, enum state_kind kind, const struct digest *value);

#endif
