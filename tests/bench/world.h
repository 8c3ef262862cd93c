/* world.h - a judge with its configuration, for the benchmarks: the built-in pack, and rules like those of a gateway that
 * keeps what is sensitive. And what it takes from the heap. One thread. */
#ifndef CORDON_TESTS_BENCH_WORLD_H
#define CORDON_TESTS_BENCH_WORLD_H

#include "policy/judge.h"

struct world {
    struct conf *conf;
    struct ruleset *rules;
    struct pack *pack;
    struct scanner *scanner;
    struct arena *arena;
};

/* Ends the program when something is missing. */
void world_begin(struct world *w);
void world_end(struct world *w);
/* Gives back what the last case took. */
void world_rest(struct world *w);
/* Judges a request with the headers of an SDK; the arena is emptied first. */
CD_USE enum fail world_judge(struct world *w, const struct route *route, struct span path, struct span type,
                             struct span body, struct judge_case *c);

/* Of malloc, calloc and realloc in cordon's own code (the linker wraps them): how many calls, and the most bytes that were
 * held at one time since world_heap_mark. */
struct world_heap {
    uint64_t calls, peak;
};
void world_heap_mark(void);
struct world_heap world_heap_since(void);

#endif
