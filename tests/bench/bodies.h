/* bodies.h - chat bodies of any size for every API dialect that has a decoder, for the benchmarks. One thread. */
#ifndef CORDON_TESTS_BENCH_BODIES_H
#define CORDON_TESTS_BENCH_BODIES_H

#include "wire/codec.h"

/* A body is `head`, turns, and `tail`. */
struct body_form {
    const char *api, *path;   /* the route's codec, and the path that the decoder reads the model from */
    const char *head;
    void (*turn)(struct obuf *o, bool assistant, struct span text);
    bool once;                /* there is one turn, which is the whole text */
    const char *tail;
};
extern const struct body_form body_forms[];
extern const size_t n_body_forms;

/* The route to that form's decoder. Ends the program when there is none. */
const struct route *body_route(const struct body_form *f);
/* A body of about `want` bytes whose turns are of about `each` bytes, the last one the user's, into `o`, which is emptied
 * before. NUL-terminated beyond its end. Ends the program when out of memory. */
void body_put(const struct body_form *f, size_t want, size_t each, struct obuf *o);
/* How many codecs have a decoder and no form here; each is told on stdout as a failed test. */
int bodies_missing(void);

#endif
