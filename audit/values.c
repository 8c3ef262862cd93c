#include "audit/values.h"

#define HASH 16

/* All findings of one type and class. */
struct group {
    const char *type;
    uint8_t klass;
    uint32_t n;             /* findings; rows with one id are one */
    uint32_t omitted;       /* findings whose value is not among the hashes: there were too many */
    uint32_t n_values;
    unsigned char value[VALUES_PER_TYPE][HASH];
};

struct groups {
    struct group g[VALUES_TYPES];
    size_t n, last;         /* last: findings come in runs of one type */
    uint32_t omitted;       /* findings of types beyond the table */
};

const char *class_name(const char *const *class_names, uint8_t klass)
{
    static const char *const builtin[CLASS_BUILTIN] = {"phi", "pii", "privileged", "financial", "secret"};
    const char *name = class_names && klass < CLASS_MAX ? class_names[klass] : NULL;
    if (name != NULL) return name;
    return klass < CLASS_BUILTIN ? builtin[klass] : "unnamed";
}

static bool is_of(const struct group *g, const struct finding *f)
{
    return g->klass == f->klass && strcmp(g->type, f->type) == 0;
}

static struct group *group_of(struct groups *s, const struct finding *f)
{
    if (s->last < s->n && is_of(&s->g[s->last], f)) return &s->g[s->last];
    for (s->last = 0; s->last < s->n; s->last++)
        if (is_of(&s->g[s->last], f)) return &s->g[s->last];
    if (s->n == VALUES_TYPES) return NULL;
    s->g[s->n] = (struct group){.type = f->type, .klass = f->klass};
    return &s->g[s->n++];
}

static void add_value(struct group *g, const struct ledger *l, struct span text)
{
    unsigned char h[HASH];
    if (g->n_values == VALUES_PER_TYPE) {
        g->omitted++;
        return;
    }
    ledger_keyed(l, text, h);
    for (uint32_t i = 0; i < g->n_values; i++)
        if (memcmp(g->value[i], h, HASH) == 0) return;
    memcpy(g->value[g->n_values++], h, HASH);
}

static void collect(struct groups *s, const struct ledger *l, const struct findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        if (i > 0 && f->f[i].id == f->f[i - 1].id && f->f[i].part == f->f[i - 1].part) continue;   /* another range of it */
        struct group *g = group_of(s, &f->f[i]);
        if (g == NULL) {
            s->omitted++;
            continue;
        }
        g->n++;
        if (f->f[i].text.n > 0) add_value(g, l, f->f[i].text);
    }
}

static void put_group(struct obuf *o, const struct group *g, const char *const *class_names)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", g->type);
    jo_cstr(o, "class", class_name(class_names, g->klass));
    jo_u64(o, "n", g->n);
    jo_open(o, "values", '[');
    for (uint32_t i = 0; i < g->n_values; i++) {
        char text[2 * HASH + 3];
        hex_put(text + 1, g->value[i], HASH);
        text[0] = text[2 * HASH + 1] = '"';
        jo_raw(o, NULL, (struct span){text, 2 * HASH + 2});
    }
    jo_close(o, ']');
    if (g->omitted) jo_u64(o, "omitted", g->omitted);
    jo_close(o, '}');
}

void values_put(struct obuf *o, const struct ledger *l, const struct findings *f, const char *const *class_names)
{
    struct groups s;   /* 34 KB, of which only the groups in use are touched */
    s.n = s.last = 0;
    s.omitted = 0;
    if (f != NULL) collect(&s, l, f);
    if (s.n > 0) jo_cstr(o, "key_id", ledger_key_id(l));
    jo_open(o, "found", '[');
    for (size_t i = 0; i < s.n; i++) put_group(o, &s.g[i], class_names);
    jo_close(o, ']');
    if (s.omitted) jo_u64(o, "found_omitted", s.omitted);
}
