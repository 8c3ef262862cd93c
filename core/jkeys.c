#include "core/jkeys.h"
#include "core/digest.h"
#include <stdlib.h>

#define PAIRWISE 12u   /* up to here comparing lengths beats hashing */

void jkeys_fini(struct jkeys *k)
{
    free(k->slot);
    free(k->plain);
    *k = (struct jkeys){0};
}

static uint32_t next_key(const struct jdoc *d, uint32_t key) { return d->tok[key + 1].next; }

static bool same_escaped(struct span a, struct span b)
{
    const char *pa = a.p, *ea = a.p + a.n, *pb = b.p, *eb = b.p + b.n;
    while (pa < ea && pb < eb) {
        char ca[4], cb[4];
        int na = jscan_unescape1(&pa, ea, ca), nb = jscan_unescape1(&pb, eb, cb);
        if (na != nb || memcmp(ca, cb, (size_t)na) != 0) return false;
    }
    return pa == ea && pb == eb;
}

static bool same_key(const struct jdoc *d, uint32_t a, uint32_t b)
{
    struct span sa = jdoc_raw(d, a), sb = jdoc_raw(d, b);
    if (d->tok[a].escaped || d->tok[b].escaped) return same_escaped(sa, sb);
    return span_eq(sa, sb);
}

/* Plain keys only, at most PAIRWISE of them. */
static enum fail check_pairs(struct jkeys *k, const struct jdoc *d, uint32_t obj, uint32_t *dup)
{
    struct span seen[PAIRWISE];
    size_t n = 0;
    uint32_t end = jdoc_end(d, obj);
    for (uint32_t i = jdoc_first(obj); i < end; i = next_key(d, i), n++) {
        struct span key = jdoc_raw(d, i);
        k->probes += n;
        for (size_t j = 0; j < n; j++) {
            if (seen[j].n != key.n || memcmp(seen[j].p, key.p, key.n) != 0) continue;
            *dup = i;
            return FAIL_JSON_DUP_KEY;
        }
        seen[n] = key;
    }
    return FAIL_OK;
}

static bool plain_room(struct jkeys *k, size_t n)
{
    if (k->plain_cap >= n) return true;
    size_t cap = n < 256 ? 256 : n * 2;
    char *p = realloc(k->plain, cap);
    if (p == NULL) return false;
    k->plain = p;
    k->plain_cap = cap;
    return true;
}

static bool hash_key(struct jkeys *k, const struct jdoc *d, uint32_t key, uint32_t *out)
{
    struct span s = jdoc_raw(d, key);
    if (d->tok[key].escaped) {
        if (!plain_room(k, s.n)) return false;
        const char *p = s.p, *end = s.p + s.n;
        size_t n = 0;
        while (p < end) {
            char c[4];
            int len = jscan_unescape1(&p, end, c);
            memcpy(k->plain + n, c, (size_t)len);
            n += (size_t)len;
        }
        s = (struct span){k->plain, n};
    }
    uint64_t h = keyed_hash(s);
    *out = (uint32_t)(h ^ h >> 32);
    return true;
}

/* An empty table with room for twice the keys. */
static size_t table_for(struct jkeys *k, size_t keys)
{
    size_t size = 32;
    while (size < keys * 2) size *= 2;
    if (k->cap < size) {
        struct jkeys_slot *p = realloc(k->slot, size * sizeof *p);
        if (p == NULL) return 0;
        k->slot = p;
        k->cap = size;
    }
    memset(k->slot, 0, size * sizeof *k->slot);
    return size;
}

static enum fail check_table(struct jkeys *k, const struct jdoc *d, uint32_t obj, size_t keys, uint32_t *dup)
{
    size_t size = table_for(k, keys);
    if (size == 0) return FAIL_NO_MEMORY;
    uint32_t end = jdoc_end(d, obj);
    for (uint32_t i = jdoc_first(obj); i < end; i = next_key(d, i)) {
        uint32_t hash;
        if (!hash_key(k, d, i, &hash)) return FAIL_NO_MEMORY;
        size_t at = hash & (size - 1);
        for (; k->slot[at].key; at = (at + 1) & (size - 1)) {
            k->probes++;
            if (k->slot[at].hash != hash || !same_key(d, i, k->slot[at].key)) continue;
            *dup = i;
            return FAIL_JSON_DUP_KEY;
        }
        k->probes++;
        k->slot[at] = (struct jkeys_slot){hash, i};
    }
    return FAIL_OK;
}

enum fail jkeys_check(struct jkeys *k, const struct jdoc *d, uint32_t obj, uint32_t *dup)
{
    size_t keys = 0;
    bool escaped = false;
    uint32_t end = jdoc_end(d, obj);
    for (uint32_t i = jdoc_first(obj); i < end; i = next_key(d, i)) {
        keys++;
        escaped |= d->tok[i].escaped;
    }
    if (keys < 2) return FAIL_OK;
    /* Escaped keys are compared a character at a time, which over twelve long ones would cost twelve scans. */
    if (keys <= PAIRWISE && !escaped) return check_pairs(k, d, obj, dup);
    return check_table(k, d, obj, keys, dup);
}
