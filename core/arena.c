#include "core/arena.h"
#include <stdint.h>
#include <stdlib.h>

#define ALIGN 16u
#define DEFAULT_BLOCK 8192u

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

struct arena {
    struct block *first, *now;
    size_t used;
};

static struct block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block)) return NULL;
    struct block *b = malloc(sizeof *b + size);
    if (b == NULL) return NULL;
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(size_t first_block)
{
    struct arena *a = malloc(sizeof *a);
    if (a == NULL) return NULL;
    a->first = a->now = block_new(first_block ? first_block : DEFAULT_BLOCK);
    a->used = 0;
    if (a->first == NULL) {
        free(a);
        return NULL;
    }
    return a;
}

static void free_after(struct block *b)
{
    while (b->next) {
        struct block *gone = b->next;
        b->next = gone->next;
        free(gone);
    }
}

void arena_free(struct arena *a)
{
    if (a == NULL) return;
    free_after(a->first);
    free(a->first);
    free(a);
}

void arena_reset(struct arena *a)
{
    free_after(a->first);
    a->now = a->first;
    a->first->used = 0;
    a->used = 0;
}

/* Blocks double, so that a request of any size costs a logarithm of allocations. */
static struct block *grow(struct arena *a, size_t need)
{
    size_t size = a->now->size * 2;
    if (size > (16u << 20)) size = 16u << 20;
    if (size < need) size = need;
    struct block *b = block_new(size);
    if (b == NULL) return NULL;
    a->now->next = b;
    a->now = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX - ALIGN) return NULL;
    size_t need = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct block *b = a->now;
    if (b->size - b->used < need && (b = grow(a, need)) == NULL) return NULL;
    void *p = b->data + b->used;
    b->used += need;
    a->used += need;
    return memset(p, 0, need);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) return NULL;
    return arena_alloc(a, n);
}

char *arena_strndup(struct arena *a, const char *p, size_t n)
{
    if (n == SIZE_MAX) return NULL;
    char *s = arena_alloc(a, n + 1);
    if (s != NULL && n > 0) memcpy(s, p, n);
    return s;
}

size_t arena_used(const struct arena *a) { return a->used; }
