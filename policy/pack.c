/* The pack: built-in tables and the operator's additions, compiled once, shared by all threads. */
#include "policy/pack.h"
#include "core/obuf.h"
#include "policy/pack_forms.h"
#include <stdio.h>
#include <stdlib.h>

/* Raise when a check or the context pass changes what is found: the digest must say so too. */
#define PACK_RULES 2

static const struct pattern_def *const tables[] = {pack_identifiers, pack_contact, pack_clinical, pack_money,
                                                   pack_legal, pack_secrets, pack_derived};

const struct pattern_def pack_derived[DERIVED_COUNT + 1] = {
    [DERIVED_PERSON] = {.type = "PERSON", .source = "a known given name and a surname", .klass = CLASS_PII},
    [DERIVED_PATIENT] = {.type = "PATIENT_CONTEXT", .source = "45 CFR 160.103: a person beside clinical words",
                         .klass = CLASS_PHI},
    [DERIVED_RECORD] = {.type = "MEDICAL_RECORD", .source = "two headings or statements of a chart",
                        .klass = CLASS_PHI},
    {.type = NULL}};

static const struct pattern_def *builtin(size_t i)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct pattern_def *d = tables[t]; d->type; d++)
            if (i-- == 0) return d;
    return NULL;
}

const char *pack_builtin_type(size_t i, const char **klass, const char **source)
{
    static const char *const names[CLASS_BUILTIN] = {"phi", "pii", "privileged", "financial", "secret"};
    const struct pattern_def *d = builtin(i);
    if (d == NULL) return NULL;
    *klass = names[d->klass];
    *source = d->source;
    return d->type;
}

struct pattern *pack_push(struct pack *p)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 128;
        struct pattern *q = realloc(p->pattern, cap * sizeof *q);
        if (q == NULL) return NULL;
        p->pattern = q;
        p->cap = cap;
    }
    p->pattern[p->n] = (struct pattern){.list = -1, .via = "pattern"};
    return &p->pattern[p->n++];
}

char *pack_own(struct pack *p, const char *s, size_t n)
{
    char **q = realloc(p->owned, (p->n_owned + 1) * sizeof *q);
    char *copy = q ? strndup(s, n) : NULL;
    if (q != NULL) p->owned = q;
    if (copy != NULL) p->owned[p->n_owned++] = copy;
    return copy;
}

/* ---- the built-in ones ---- */

static struct exact *exact_builtin(const struct pattern_def *d, const char *regex, struct why *why)
{
    char err[160];
    size_t at = 0;
    struct exact *e = exact_new(regex, d->caseless, false, err, sizeof err, &at);
    if (e == NULL) why_set(why, "built-in pattern %s (%s): %s at offset %zu of %s", d->type, d->source, err, at, regex);
    return e;
}

static bool compile_shape(struct pattern *p, struct why *why)
{
    p->exact = exact_builtin(&p->def, p->def.re, why);
    return p->exact != NULL;
}

static bool compile_label(struct pattern *p, struct why *why)
{
    char text[2048], keyed[1024];
    int n = snprintf(text, sizeof text, LABEL_OPEN "(?:%s)" LABEL_GAP "%s", p->def.re, p->def.value);
    int k = snprintf(keyed, sizeof keyed, "\\A[\\s\"'#:(]{0,4}%s", p->def.value);
    if (n < 0 || k < 0 || (size_t)n >= sizeof text || (size_t)k >= sizeof keyed) {
        why_set(why, "built-in pattern %s: too long", p->def.type);
        return false;
    }
    p->def.ahead = 200;
    p->exact = exact_builtin(&p->def, text, why);
    p->keyed = p->exact ? exact_builtin(&p->def, keyed, why) : NULL;
    return p->keyed != NULL;
}

static bool is_disabled(const struct conf *conf, const char *type)
{
    for (size_t i = 0; i < conf->n_disabled_types; i++)
        if (strcmp(conf->disabled_types[i], type) == 0) return true;
    return false;
}

static bool disabled_are_known(const struct conf *conf, struct why *why)
{
    for (size_t i = 0; i < conf->n_disabled_types; i++) {
        const struct pattern_def *d = NULL;
        for (size_t k = 0; (d = builtin(k)) != NULL; k++)
            if (strcmp(d->type, conf->disabled_types[i]) == 0) break;
        if (d == NULL) {
            why_set(why, "disabled_types: there is no built-in type %s", conf->disabled_types[i]);
            return false;
        }
    }
    return true;
}

static bool add_builtin(struct pack *p, const struct conf *conf, struct why *why)
{
    const struct pattern_def *d;
    for (size_t i = 0; (d = builtin(i)) != NULL; i++) {
        if (d->hs == NULL) p->derived_off[d - pack_derived] = is_disabled(conf, d->type);
        if (d->hs == NULL || is_disabled(conf, d->type)) continue;
        struct pattern *pat = pack_push(p);
        if (pat == NULL) return why_set(why, "patterns: out of memory"), false;
        pat->def = *d;
        pat->has_context = d->context != 0;
        if (!(d->kind == PATTERN_LABEL ? compile_label(pat, why) : compile_shape(pat, why))) return false;
    }
    return true;
}

/* ---- digest and database ---- */

static void put_field(struct obuf *o, const char *s)
{
    obuf_str(o, s ? s : "");
    obuf_put(o, "\0", 1);
}

/* Everything that decides what is found: the rows as they were compiled, and the operator's words. */
static void describe(const struct pack *p, const struct conf *conf, struct obuf *o)
{
    obuf_printf(o, "cordon patterns %d %s\n", PACK_RULES, CORDON_VERSION);
    for (size_t i = 0; i < p->n; i++) {
        const struct pattern_def *d = &p->pattern[i].def;
        put_field(o, d->type), put_field(o, d->hs), put_field(o, d->re), put_field(o, d->value);
        obuf_printf(o, "%u %u %u %u %d %u %u %a %a %llx %llx %u %u %d %d\n", d->klass, d->kind, d->role, d->norm,
                    d->caseless, d->back, d->ahead,
                    (double)d->score, (double)d->near, (unsigned long long)d->context, (unsigned long long)d->against,
                        d->before, d->after,
                    p->pattern[i].context_required, p->pattern[i].always);
    }
    const struct word_list *const words[] = {words_context, words_clinical, words_names};
    for (size_t w = 0; w < COUNT(words); w++)
        for (const struct word_list *l = words[w]; l->phrases; l++) put_field(o, l->phrases);
    for (size_t i = 0; i < conf->n_patterns; i++) {
        put_field(o, conf->patterns[i].validator);
        for (size_t k = 0; k < conf->patterns[i].n_context; k++) put_field(o, conf->patterns[i].context[k]);
    }
    for (size_t i = 0; i < conf->n_disabled_types; i++) put_field(o, conf->disabled_types[i]);
}

/* The list files are in it by their words, so that an edited file is a new digest. */
static bool make_digest(struct pack *p, const struct conf *conf, const struct digest *words, struct why *why)
{
    struct obuf o = {0};
    describe(p, conf, &o);
    obuf_put(&o, words->b, sizeof words->b);
    bool ok = obuf_ok(&o);
    if (ok) {
        struct digest d = sha256(obuf_span(&o));
        hex_put(p->digest, d.b, sizeof d.b);
    } else {
        why_set(why, "patterns: out of memory");
    }
    obuf_fini(&o);
    return ok;
}

static struct hsdb *compile_db(const struct pack *p, struct why *why)
{
    struct hsdb_expr *e = calloc(p->n, sizeof *e);
    if (e == NULL) {
        why_set(why, "patterns: out of memory");
        return NULL;
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct pattern *pat = &p->pattern[i];
        e[i] = (struct hsdb_expr){.text = pat->def.hs, .caseless = pat->def.caseless, .prefilter = pat->operators};
    }
    struct hsdb *db = hsdb_compile(e, p->n, why);
    free(e);
    return db;
}

static bool make_db(struct pack *p, const struct conf *conf, struct why *why)
{
    p->db = conf->cache_dir ? pack_cache_load(conf->cache_dir, p->digest) : NULL;
    if (p->db != NULL) return true;
    p->db = compile_db(p, why);
    if (p->db != NULL && conf->cache_dir) pack_cache_store(conf->cache_dir, p->digest, p->db);
    return p->db != NULL;
}

static bool add_words(struct pack *p, struct why *why)
{
    p->lexicon = lexicon_new();
    bool ok = p->lexicon && lexicon_add_words(p->lexicon, words_context) && lexicon_add_words(p->lexicon,
        words_clinical) &&
              lexicon_add_words(p->lexicon, words_names);
    if (!ok) why_set(why, "patterns: out of memory");
    return ok;
}

struct pack *pack_compile(const struct conf *conf, const char *const *class_names, size_t n_classes, struct why *why)
{
    struct digest words;
    struct pack *p = calloc(1, sizeof *p);
    if (p == NULL) {
        why_set(why, "patterns: out of memory");
        return NULL;
    }
    bool ok = disabled_are_known(conf, why) && add_words(p, why) && add_builtin(p, conf, why) &&
              pack_add_operator(p, conf, class_names, n_classes, why) && pack_add_lists(p, conf, class_names,
                  n_classes, &words, why);
    if (ok && !lexicon_finish(p->lexicon)) {
        why_set(why, "patterns: out of memory");
        ok = false;
    }
    if (ok && make_digest(p, conf, &words, why) && make_db(p, conf, why)) return p;
    pack_free(p);
    return NULL;
}

void pack_free(struct pack *p)
{
    if (p == NULL) return;
    for (size_t i = 0; i < p->n; i++) {
        exact_free(p->pattern[i].exact);
        exact_free(p->pattern[i].keyed);
    }
    for (size_t i = 0; i < p->n_list; i++) free(p->list[i].type);
    for (size_t i = 0; i < p->n_owned; i++) free(p->owned[i]);
    free(p->owned);
    free(p->list);
    free(p->pattern);
    lexicon_free(p->lexicon);
    hsdb_free(p->db);
    free(p);
}

size_t pack_count(const struct pack *p) { return p->n; }
const char *pack_digest(const struct pack *p) { return p->digest; }
