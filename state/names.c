#include "state/names.h"
#include <stdatomic.h>
#include <stdlib.h>

void names_init(struct names *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
}

void names_fini(struct names *s)
{
    for (uint32_t i = 0; i < s->held; i++) free(s->name[i]);
    pthread_mutex_destroy(&s->lock);
}

static int find(const struct names *s, struct span name)
{
    uint32_t n = atomic_load_explicit(&s->n, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++)
        if (span_is(name, s->name[i])) return (int)i;
    return -1;
}

static int add(struct names *s, struct span name)
{
    pthread_mutex_lock(&s->lock);
    int i = find(s, name);   /* another thread may have been first */
    char *copy = i < 0 && s->held < NAMES_MAX ? malloc(name.n + 1) : NULL;   /* the span has no NUL after it */
    if (copy != NULL) {
        memcpy(copy, name.p, name.n);
        copy[name.n] = '\0';
        i = (int)s->held;
        s->name[s->held++] = copy;
        atomic_store_explicit(&s->n, s->held, memory_order_release);
    }
    pthread_mutex_unlock(&s->lock);
    return i;
}

bool names_next(struct span *list, struct span *name)
{
    while (list->n > 0) {
        const char *comma = memchr(list->p, ',', list->n);
        *name = (struct span){list->p, comma ? (size_t)(comma - list->p) : list->n};
        *list = span_from(*list, name->n + 1);
        if (name->n > 0) return true;
    }
    return false;
}

bool names_bits(struct names *s, struct span list, uint64_t *bits)
{
    *bits = 0;
    for (struct span name; names_next(&list, &name);) {
        int i = find(s, name);
        if (i < 0) i = add(s, name);
        if (i < 0) return false;
        *bits |= UINT64_C(1) << i;
    }
    return true;
}

void names_text(const struct names *s, uint64_t bits, char out[NAMES_TEXT_MAX])
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < NAMES_MAX && bits >> i != 0; i++) {
        size_t len = (bits >> i & 1) ? strlen(s->name[i]) : 0;
        if (len == 0 || at + (at > 0) + len >= NAMES_TEXT_MAX) continue;
        if (at > 0) out[at++] = ',';
        memcpy(out + at, s->name[i], len + 1);
        at += len;
    }
}
