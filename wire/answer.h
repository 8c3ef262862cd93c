/* answer.h - what every dialect's encoder begins with: the bookkeeping of an answer's choices. For the dialects' own
 * files; the rest of the program sees codec.h. */
#ifndef CORDON_WIRE_ANSWER_H
#define CORDON_WIRE_ANSWER_H

#include "wire/codec.h"

/* The choice that an event is about; the last one for a number beyond n_choices. */
struct answer_choice *answer_choice_of(struct answer *a, const struct conv_event *e);
/* How many there are to be. */
uint32_t answer_n_choices(const struct answer *a);
/* Gathers a piece of text in c->text, and returns what the client is to be told: the piece, before the first one the
 * notice and a blank line. The span lives until the next call for this choice. There is no notice in an answer that was
 * asked for as JSON. */
struct span answer_add_text(const struct answer *a, struct answer_choice *c, struct span text);
/* The notice, gathered and returned, when no text has come before a tool call or the end; empty otherwise. */
struct span answer_notice_left(const struct answer *a, struct answer_choice *c);
/* Adds up an EV_END; true when it was the last choice's. */
bool answer_choice_ended(struct answer *a, const struct conv_event *e);
/* Whether the answer's own buffers are whole. */
bool answer_ok(const struct answer *a);

#endif
