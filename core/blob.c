#include "core/blob.h"
#include <stdatomic.h>
#include <stdlib.h>

struct blob {
    atomic_uint refs;
    char *p;
    size_t n;
};

struct blob *blob_take(char *p, size_t n)
{
    struct blob *b = malloc(sizeof *b);
    if (b == NULL) {
        free(p);
        return NULL;
    }
    atomic_init(&b->refs, 1);
    b->p = p;
    b->n = n;
    return b;
}

struct blob *blob_copy(struct span s)
{
    char *p = malloc(s.n ? s.n : 1);
    if (p == NULL) return NULL;
    if (s.n) memcpy(p, s.p, s.n);
    return blob_take(p, s.n);
}

struct blob *blob_ref(struct blob *b)
{
    atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

void blob_unref(struct blob *b)
{
    if (b == NULL || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1) return;
    free(b->p);
    free(b);
}

struct span blob_span(const struct blob *b) { return (struct span){b->p, b->n}; }
