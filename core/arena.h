/* arena.h - the memory of one exchange: grows by blocks, freed at once. Not thread-safe; one exchange, one thread at
 * a time. Returned memory is zeroed, aligned for any object, and lives until arena_reset or arena_free. Out of memory
 * returns NULL; the caller refuses that request. */
#ifndef CORDON_CORE_ARENA_H
#define CORDON_CORE_ARENA_H

#include "core/attrib.h"
#include "core/span.h"
#include <stddef.h>

struct arena;

CD_USE struct arena *arena_new(size_t first_block);   /* first_block: bytes; 0 takes a default of 8 KiB */
void arena_free(struct arena *a);                     /* NULL is allowed */
void arena_reset(struct arena *a);                    /* keeps the first block */
CD_USE void *arena_alloc(struct arena *a, size_t n);
CD_USE void *arena_array(struct arena *a, size_t count, size_t size);   /* NULL also on overflow of count*size */
/* A NUL-terminated copy. */
CD_USE char *arena_strndup(struct arena *a, const char *p, size_t n);
size_t arena_used(const struct arena *a);
#define arena_make(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
