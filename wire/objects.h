/* objects.h - answers that an API keeps, kept here when the answer was given here: what is stored of one, how a later
 * request goes on from it, and how it is served when it is asked for by its id. Of OpenAI's Responses. What is stored is
 * one JSON document, `{"response":…,"messages":[…],"input":[…]}`, sealed and kept by state/; it holds what people said,
 * so it goes nowhere else. Nothing here is kept between calls. Any thread. Source: OpenAI's API reference. */
#ifndef CORDON_WIRE_OBJECTS_H
#define CORDON_WIRE_OBJECTS_H

#include "wire/codec.h"

/* What the id of an answer on this route begins with ("resp_"), when the API keeps such answers and they can be kept
 * here; else NULL. */
const char *objects_id_prefix(const struct route *route);

/* The document, appended to `o`, of an answer that has ended: `response_json` is what the codec left in answer.body, `c`
 * the conversation that was answered, restored messages included. o->bad when it cannot be made. */
void objects_keep_put(const struct answer *a, const struct conv *c, struct span response_json, struct obuf *o);

/* Puts the messages of `kept` before those of `c`, but after its `instructions`, which each request brings anew. The
 * messages point into `arena` and `kept`. INTERNAL when the document cannot be read. */
CD_USE enum fail objects_restore(struct span kept, struct arena *arena, struct conv *c);

/* The body of the reply to a GET or DELETE on one of the routes with ROUTE_LOCAL_OBJECTS, appended to `out`. `id`: as it
 * stands in the path. False when there is no such reply. Lists are whole, the newest item first, as the API's are when
 * nothing else is asked for. */
CD_USE bool objects_serve(const struct route *route, struct span method, struct span kept, struct span id,
                          struct obuf *out);

#endif
