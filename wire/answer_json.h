/* answer_json.h - what the encoders of several dialects write alike. For the dialects' own files. Any thread. */
#ifndef CORDON_WIRE_ANSWER_JSON_H
#define CORDON_WIRE_ANSWER_JSON_H

#include "core/attrib.h"
#include "wire/codec.h"

/* A vector as a JSON array, each number with the digits that give back the same float. */
void jo_vector(struct obuf *o, const char *k, const float *v, size_t n);
/* Whether the arguments that a model wrote are one whole JSON object: those that a token limit cut, or that a model got
 * wrong, would spoil every document they are put into. */
CD_USE bool arguments_whole(struct span json);

/* A call whose arguments stand in the document as an object, so that it is told when it is whole. It is written to
 * choice.calls: call_begins, then the members before the arguments and their key, call_arguments_begin, then the arguments
 * as they come, call_arguments_end, then what closes the call. choice.open_index and n_items say where it begins and where
 * its arguments do. */
void call_begins(struct answer_choice *c);
void call_arguments_begin(struct answer_choice *c);
/* No arguments are an empty object; line ends between their tokens become spaces. False: they are no object, and the call
 * has been taken out again; or memory ran out. */
CD_USE bool call_arguments_end(struct answer_choice *c);

#endif
