/* The index of objects: key to frame. */
#include "state/file.h"
#include <stdlib.h>

void objects_fini(struct objects *o) { table_fini(&o->table); }

static int by_age(const void *a, const void *b)
{
    uint64_t x = ((const struct object *)a)->frame.at, y = ((const struct object *)b)->frame.at;
    return x < y ? -1 : x > y;
}

static void drop(struct objects *o, struct object *e)
{
    o->bytes -= e->bytes;
    o->dead = true;
    table_drop(&o->table, e);
}

/* The oldest ones go until an eighth is free, so that this is seldom. */
static bool make_room(struct objects *o)
{
    struct object *all = malloc((o->table.n + 1) * sizeof *all);
    size_t n = 0, at = 0;
    if (all == NULL) return false;
    for (const struct object *e; (e = table_next(&o->table, &at)) != NULL;) all[n++] = *e;
    qsort(all, n, sizeof *all, by_age);
    for (size_t i = 0; i < n && o->bytes > o->max / 8 * 7; i++) objects_drop(o, &all[i].key);
    free(all);
    return true;
}

bool objects_put(struct objects *o, const struct state_key *key, struct frame f, uint32_t expires, uint32_t bytes)
{
    if (o->bytes + bytes > o->max && !make_room(o)) return false;
    o->table.size = sizeof(struct object);
    struct object *e = table_put(&o->table, key);
    if (e == NULL) return false;
    if (e->bytes > 0) o->dead = true;
    o->bytes += bytes - (uint64_t)e->bytes;
    *e = (struct object){*key, f, expires, bytes};
    return true;
}

void objects_drop(struct objects *o, const struct state_key *key)
{
    struct object *e = table_get(&o->table, key);
    if (e != NULL) drop(o, e);
}

const struct object *objects_get(const struct objects *o, const struct state_key *key, uint32_t now)
{
    const struct object *e = table_get(&o->table, key);
    return e != NULL && e->expires > now ? e : NULL;
}

struct sweep {
    struct objects *of;
    uint32_t now;
};

static bool has_ended(const void *entry, const void *arg)
{
    const struct object *e = entry;
    const struct sweep *w = arg;
    if (e->expires > w->now) return false;
    w->of->bytes -= e->bytes;
    w->of->dead = true;
    return true;
}

void objects_sweep(struct objects *o, uint32_t now) { table_sweep(&o->table, has_ended, &(struct sweep){o, now}); }
