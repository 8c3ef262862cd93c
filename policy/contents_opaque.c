/* Findings for what cannot be read. */
#include "policy/contents.h"
#include <stdlib.h>

#define MAX_ROWS (1u << 18)

static bool in_list(char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0) return true;
    return false;
}

/* The classes that opaque content counts as: those that the configuration names, or all but secrets, of which nobody can
 * say that they are not in it. */
static uint32_t classes_of(const struct conf *conf)
{
    const char *names[CLASS_MAX];
    size_t n = conf ? conf_class_names(conf, names) : CLASS_BUILTIN;
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++) {
        bool counts = conf && conf->opaque.n_classes ? in_list(conf->opaque.classes, conf->opaque.n_classes, names[i])
                                                     : i != CLASS_SECRET;
        if (counts) mask |= 1u << i;
    }
    return mask;
}

static int by_source(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    if (x->klass != y->klass) return x->klass < y->klass ? -1 : 1;
    return strcmp(x->type, y->type);
}

static size_t put_run(const struct opaque_run *o, uint32_t classes, struct finding *f)
{
    size_t n = 0;
    for (uint8_t k = 0; k < CLASS_MAX; k++) {
        if (!(classes >> k & 1)) continue;
        f[n++] = (struct finding){.type = opaque_type_name(o->kind), .via = "opaque", .klass = k, .part = o->part,
                                  .coded = CODING_FIXED, .start = o->start, .end = o->end, .score = 1, .text = SPAN("")};
    }
    return n;
}

enum fail contents_find_opaque(struct judge_case *c)
{
    const struct contents *in = c->contents;
    struct findings *to = &c->findings;
    uint32_t allowed = 0, classes = in->n_opaque ? classes_of(c->conf) : 0;
    size_t each = (size_t)__builtin_popcount(classes), n = to->n;
    c->verdict.opaque_mask = 0;
    if (in->n_opaque == 0) return FAIL_OK;
    for (int k = 0; c->conf && k < OPAQUE_COUNT; k++)
        if (in_list(c->conf->opaque.allow, c->conf->opaque.n_allow, opaque_kind_name((enum opaque_kind)k))) allowed |= 1u << k;
    if (in->n_opaque * each > MAX_ROWS) return FAIL_INSPECT_LIMIT;
    struct finding *f = arena_array(c->arena, n + in->n_opaque * each + 1, sizeof *f);
    if (f == NULL) return FAIL_NO_MEMORY;
    if (n > 0) memcpy(f, to->f, n * sizeof *f);
    for (size_t i = 0; i < in->n_opaque; i++) {
        c->verdict.opaque_mask |= 1u << in->opaque[i].kind;
        if (!(allowed >> in->opaque[i].kind & 1)) n += put_run(&in->opaque[i], classes, f + n);
    }
    qsort(f, n, sizeof *f, by_source);
    for (size_t i = 0; i < n; i++) f[i].id = (uint32_t)i;
    *to = (struct findings){f, n};
    return FAIL_OK;
}
