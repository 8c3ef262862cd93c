#include "state/table.h"
#include <stdlib.h>

#define FIRST_CAP 64u

void table_fini(struct table *t)
{
    free(t->slot);
    *t = (struct table){.size = t->size};
}

static bool is_empty(const void *entry)
{
    static const struct state_key none;
    return memcmp(entry, &none, sizeof none) == 0;
}

static size_t home(const struct table *t, const void *key)
{
    uint64_t h;
    memcpy(&h, key, sizeof h);
    return (size_t)h & (t->cap - 1);
}

static unsigned char *slot_at(const struct table *t, size_t i) { return t->slot + i * t->size; }

/* The slot that has the key, or the empty one where it would be. */
static unsigned char *find(const struct table *t, const struct state_key *key)
{
    size_t i = home(t, key);
    while (!is_empty(slot_at(t, i)) && memcmp(slot_at(t, i), key, sizeof *key) != 0) i = (i + 1) & (t->cap - 1);
    return slot_at(t, i);
}

void *table_get(const struct table *t, const struct state_key *key)
{
    if (t->cap == 0) return NULL;
    unsigned char *s = find(t, key);
    return is_empty(s) ? NULL : s;
}

static bool grow(struct table *t)
{
    struct table more = {.cap = t->cap ? t->cap * 2 : FIRST_CAP, .n = t->n, .size = t->size};
    more.slot = calloc(more.cap, more.size);
    if (more.slot == NULL) return false;
    for (size_t i = 0; i < t->cap; i++) {
        struct state_key key;
        if (is_empty(slot_at(t, i))) continue;
        memcpy(&key, slot_at(t, i), sizeof key);
        memcpy(find(&more, &key), slot_at(t, i), t->size);
    }
    free(t->slot);
    *t = more;
    return true;
}

void *table_put(struct table *t, const struct state_key *key)
{
    if ((t->n + 1) * 4 > t->cap * 3 && !grow(t)) return NULL;
    unsigned char *s = find(t, key);
    if (is_empty(s)) {
        memcpy(s, key, sizeof *key);
        t->n++;
    }
    return s;
}

/* Entries behind the hole move up, so that no probe ends too early. */
void table_drop(struct table *t, void *entry)
{
    size_t mask = t->cap - 1, hole = (size_t)((unsigned char *)entry - t->slot) / t->size;
    for (size_t i = (hole + 1) & mask; !is_empty(slot_at(t, i)); i = (i + 1) & mask) {
        size_t from_home = (i - home(t, slot_at(t, i))) & mask, from_hole = (i - hole) & mask;
        if (from_home < from_hole) continue;
        memcpy(slot_at(t, hole), slot_at(t, i), t->size);
        hole = i;
    }
    memset(slot_at(t, hole), 0, t->size);
    t->n--;
}

void table_sweep(struct table *t, bool (*gone)(const void *entry, const void *arg), const void *arg)
{
    for (size_t i = 0; i < t->cap;) {
        unsigned char *s = slot_at(t, i);
        if (!is_empty(s) && gone(s, arg)) table_drop(t, s);   /* another one may be here now */
        else i++;
    }
}

void *table_next(const struct table *t, size_t *at)
{
    while (*at < t->cap) {
        unsigned char *s = slot_at(t, (*at)++);
        if (!is_empty(s)) return s;
    }
    return NULL;
}
