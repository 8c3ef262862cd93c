#include "state/facts.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SHARDS 64u

struct shard {
    pthread_mutex_t lock;
    struct table table;
};

struct facts {
    size_t max_of_shard;
    _Atomic size_t n;
    struct shard shard[SHARDS];
};

struct facts *facts_new(size_t max)
{
    struct facts *f = calloc(1, sizeof *f);
    if (f == NULL) return NULL;
    f->max_of_shard = (max + SHARDS - 1) / SHARDS;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&f->shard[i].lock, NULL);
        f->shard[i].table.size = sizeof(struct fact);
    }
    return f;
}

void facts_free(struct facts *f)
{
    if (f == NULL) return;
    for (size_t i = 0; i < SHARDS; i++) {
        table_fini(&f->shard[i].table);
        pthread_mutex_destroy(&f->shard[i].lock);
    }
    free(f);
}

/* By another byte than those the table takes its slot from. */
static struct shard *enter(struct facts *f, const struct state_key *key)
{
    struct shard *s = &f->shard[key->b[sizeof key->b - 1] % SHARDS];
    pthread_mutex_lock(&s->lock);
    return s;
}

static void leave(struct shard *s) { pthread_mutex_unlock(&s->lock); }

bool facts_get(struct facts *f, const struct state_key *key, uint32_t now, uint64_t *classes)
{
    struct shard *s = enter(f, key);
    const struct fact *e = table_get(&s->table, key);
    bool known = e != NULL && e->expires > now;
    *classes = known ? e->classes : 0;
    leave(s);
    return known;
}

/* ---- room ---- */

struct cut {
    uint32_t any, plain;       /* gone: what ends up to here; without classes: up to here */
};

static bool is_gone(const void *entry, const void *arg)
{
    const struct fact *e = entry;
    const struct cut *c = arg;
    return e->expires <= c->any || (e->classes == 0 && e->expires <= c->plain);
}

static void sweep(struct facts *f, struct shard *s, struct cut c)
{
    size_t before = s->table.n;
    table_sweep(&s->table, is_gone, &c);
    atomic_fetch_sub_explicit(&f->n, before - s->table.n, memory_order_relaxed);
}

/* Of a full shard: what has ended, then more and more of what has no classes. An eighth is to be free, so that this is
 * seldom. */
static bool make_room(struct facts *f, struct shard *s, uint32_t now, uint32_t keep)
{
    for (uint32_t quarter = 0; quarter <= 4; quarter++) {
        sweep(f, s, (struct cut){now, now + keep / 4 * quarter});
        if (s->table.n <= f->max_of_shard / 8 * 7) return true;
    }
    sweep(f, s, (struct cut){now, UINT32_MAX});
    return s->table.n < f->max_of_shard;
}

static struct fact *put(struct facts *f, struct shard *s, const struct state_key *key)
{
    size_t before = s->table.n;
    struct fact *e = table_put(&s->table, key);
    atomic_fetch_add_explicit(&f->n, s->table.n - before, memory_order_relaxed);
    return e;
}

/* ---- changes ---- */

enum facts_added facts_add(struct facts *f, const struct state_key *key, uint64_t classes, uint32_t now, uint32_t keep,
                           struct fact *out)
{
    enum facts_added did = FACTS_CHANGED;
    struct shard *s = enter(f, key);
    struct fact *e = table_get(&s->table, key);
    if (e == NULL && (s->table.n < f->max_of_shard || make_room(f, s, now, keep))) e = put(f, s, key);
    if (e == NULL) {
        did = FACTS_FULL;
    } else {
        if (e->expires <= now) e->classes = 0;
        uint64_t all = e->classes | classes;
        if (e->durable && all == e->classes && e->expires > now && e->expires - now > keep - keep / 8) did = FACTS_STANDS;
        else *e = (struct fact){*key, all, now + keep, 0};
        *out = *e;
    }
    leave(s);
    return did;
}

void facts_settle(struct facts *f, const struct fact *written)
{
    struct shard *s = enter(f, &written->key);
    struct fact *e = table_get(&s->table, &written->key);
    if (e != NULL && e->classes == written->classes && e->expires == written->expires) e->durable = 1;
    leave(s);
}

enum facts_added facts_load(struct facts *f, const struct fact *from_file, uint32_t now, uint32_t keep)
{
    struct shard *s = enter(f, &from_file->key);
    struct fact *e = table_get(&s->table, &from_file->key);
    if (e == NULL && (s->table.n < f->max_of_shard || make_room(f, s, now, keep))) e = put(f, s, &from_file->key);
    if (e != NULL) {
        e->classes |= from_file->classes;
        if (e->expires < from_file->expires) e->expires = from_file->expires;
        e->durable = 1;
    }
    leave(s);
    return e ? FACTS_CHANGED : FACTS_FULL;
}

/* ---- all of them ---- */

void facts_sweep(struct facts *f, uint32_t now)
{
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&f->shard[i].lock);
        sweep(f, &f->shard[i], (struct cut){now, now});
        leave(&f->shard[i]);
    }
}

size_t facts_count(const struct facts *f) { return atomic_load_explicit(&f->n, memory_order_relaxed); }

/* The living of one shard, copied. */
static bool copy_shard(struct shard *s, uint32_t now, struct fact **copy, size_t *n)
{
    size_t at = 0;
    *n = 0;
    pthread_mutex_lock(&s->lock);
    *copy = malloc((s->table.n + 1) * sizeof **copy);
    for (const struct fact *e; *copy != NULL && (e = table_next(&s->table, &at)) != NULL;)
        if (e->expires > now) (*copy)[(*n)++] = *e;
    leave(s);
    return *copy != NULL;
}

bool facts_each(struct facts *f, uint32_t now, bool (*each)(void *arg, const struct fact *fact), void *arg)
{
    bool ok = true;
    for (size_t i = 0; ok && i < SHARDS; i++) {
        struct fact *copy;
        size_t n;
        ok = copy_shard(&f->shard[i], now, &copy, &n);
        for (size_t k = 0; ok && k < n; k++) ok = each(arg, &copy[k]);
        free(copy);
    }
    return ok;
}
