/* objects.h - answers that an API keeps, kept here when the answer was given here: what is stored of one, how a later
 * request goes on from it, and how it is served when it is asked for by its id. Of OpenAI's Responses, and of its chats
 * that are to be stored. What is stored is one JSON document, `{"response":…,"messages":[…],"input":[…]}` (of a chat,
 * without `messages`: nothing goes on from it), sealed and kept by state/; it holds what people said, so it goes nowhere
 * else. Nothing here is kept between calls. Any thread. Source: OpenAI's API reference. */
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

/* ---- items by their own ids ---- */

struct object_item {
    uint32_t token;            /* in the document that it was found in */
    struct span id, json;      /* json: of the item itself; of a reference, p == NULL until it is fetched */
};
struct object_items {
    struct object_item *item;
    size_t n;
};

/* The items of a kept answer, which are kept by their ids as well. Spans point into `kept`, the list is in `a`. */
CD_USE enum fail objects_kept_items(struct span kept, struct arena *a, struct object_items *to);
/* The items of a request's input that are references to local ones. None on other routes than that of such an API. */
CD_USE enum fail objects_references(const struct route *route, const struct jdoc *request, const struct id_key *key,
                                    struct arena *a, struct object_items *to);
/* The request with each reference replaced by its item, which a decoder then reads as if the client had sent it. */
CD_USE enum fail objects_expand(const struct jdoc *request, const struct object_items *items, struct arena *a,
                                struct jdoc *full);

/* ---- serving ---- */

/* What is asked for on one of the routes with ROUTE_LOCAL_OBJECTS. */
struct object_request {
    const struct route *route;
    struct span method;
    struct span target;        /* path and query */
    struct span id;            /* as it stands in the path */
};
/* The body of the reply to a GET, a DELETE or a cancelling POST, appended to `out`. STATE_UNKNOWN when there is no such
 * reply, LOCAL_UNSUPPORTED when it is asked for as a stream (told already, the events are not kept). Lists are whole, the
 * newest item first unless the query says otherwise, as the API's are. */
CD_USE enum fail objects_serve(const struct object_request *q, struct span kept, struct obuf *out);

#endif
