/* The prefilter: Hyperscan in block mode, without start-of-match. Bytes, not characters: text need not be UTF-8. */
#include "policy/pack.h"
#include <hs.h>
#include <stdlib.h>

struct hsdb {
    hs_database_t *db;
};

struct hsdb_scratch {
    hs_scratch_t *s;
};

struct relay {
    hsdb_hit *hit;
    void *arg;
};

static unsigned flags_of(const struct hsdb_expr *e)
{
    return (e->caseless ? HS_FLAG_CASELESS : 0u) | (e->prefilter ? HS_FLAG_PREFILTER : 0u);
}

static bool supported(const char *text, unsigned flags)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *err = NULL;
    hs_database_t *db = NULL;
    bool ok = hs_expression_info(text, flags, &info, &err) == HS_SUCCESS && info->min_width > 0;
    hs_free_compile_error(err);
    free(info);
    if (!ok) return false;
    /* Some expressions are refused only when they are built ("pattern is too large"). */
    ok = hs_compile(text, flags, HS_MODE_BLOCK, NULL, &db, &err) == HS_SUCCESS;
    hs_free_compile_error(err);
    hs_free_database(db);
    return ok;
}

int hsdb_probe(const char *text)
{
    if (supported(text, 0)) return HSDB_EXACT;
    return supported(text, HS_FLAG_PREFILTER) ? HSDB_PREFILTER : HSDB_NONE;
}

struct hsdb *hsdb_compile(const struct hsdb_expr *e, size_t n, struct why *why)
{
    struct hsdb *db = calloc(1, sizeof *db);
    const char **text = calloc(n, sizeof *text);
    unsigned *flags = calloc(n, sizeof *flags), *ids = calloc(n, sizeof *ids);
    hs_compile_error_t *err = NULL;
    bool ok = db && text && flags && ids;
    for (unsigned i = 0; ok && i < n; i++) {
        text[i] = e[i].text;
        flags[i] = flags_of(&e[i]);
        ids[i] = i;
    }
    if (ok && hs_compile_multi(text, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL, &db->db, &err) != HS_SUCCESS) {
        const char *where = err && err->expression >= 0 ? text[err->expression] : "the pack as a whole";
        why_set(why, "patterns: Hyperscan cannot compile %s: %s", where, err ? err->message : "no reason given");
        ok = false;
    } else if (!ok) {
        why_set(why, "patterns: out of memory");
    }
    hs_free_compile_error(err);
    free(text);
    free(flags);
    free(ids);
    if (!ok) free(db);
    return ok ? db : NULL;
}

struct hsdb *hsdb_load(struct span bytes)
{
    struct hsdb *db = calloc(1, sizeof *db);
    if (db != NULL && hs_deserialize_database(bytes.p, bytes.n, &db->db) == HS_SUCCESS) return db;
    free(db);
    return NULL;
}

bool hsdb_store(const struct hsdb *db, char **bytes, size_t *n)
{
    return hs_serialize_database(db->db, bytes, n) == HS_SUCCESS;
}

void hsdb_free(struct hsdb *db)
{
    if (db == NULL) return;
    hs_free_database(db->db);
    free(db);
}

const char *hsdb_version(void) { return hs_version(); }

uint64_t hsdb_platform(void)
{
    hs_platform_info_t p = {0};
    if (hs_populate_platform(&p) != HS_SUCCESS) return 0;
    return (uint64_t)p.tune << 48 ^ p.cpu_features;
}

struct hsdb_scratch *hsdb_scratch_new(const struct hsdb *db)
{
    struct hsdb_scratch *s = calloc(1, sizeof *s);
    if (s != NULL && hs_alloc_scratch(db->db, &s->s) == HS_SUCCESS) return s;
    free(s);
    return NULL;
}

void hsdb_scratch_free(struct hsdb_scratch *s)
{
    if (s == NULL) return;
    hs_free_scratch(s->s);
    free(s);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    struct relay *r = arg;
    (void)from;
    (void)flags;
    return r->hit(id, to, r->arg) ? 0 : 1;
}

enum fail hsdb_scan(const struct hsdb *db, struct hsdb_scratch *s, const char *p, size_t n, hsdb_hit *hit, void *arg)
{
    struct relay r = {hit, arg};
    if (n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    hs_error_t e = hs_scan(db->db, p, (unsigned)n, 0, s->s, on_match, &r);
    return e == HS_SUCCESS || e == HS_SCAN_TERMINATED ? FAIL_OK : FAIL_INSPECT_FAILED;
}
