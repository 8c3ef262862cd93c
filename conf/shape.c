#include "conf/load.h"
#include <stdio.h>

static const char *const kind_names[] = {[NODE_SCALAR] = "a single value", [NODE_LIST] = "a list",
                                         [NODE_MAP] = "keys of its own"};

static const struct option *find(const struct options *of, const char *key)
{
    for (size_t i = 0; i < of->n; i++)
        if (strcmp(of->option[i].key, key) == 0) return &of->option[i];
    return NULL;
}

static void report_unknown(const struct options *of, const struct node *n, struct report *r)
{
    const char *names[64];
    char all[300] = "";
    size_t used = 0, i;
    for (i = 0; i < of->n; i++) {
        names[i] = of->option[i].key;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
        if (used >= sizeof all) used = sizeof all - 1;
    }
    names[i] = NULL;
    const char *meant = report_nearest(n->key, names);
    if (meant) report_at(r, n->key_at, "%s has no key `%.40s`; did you mean `%s`?", of->what, n->key, meant);
    else report_at(r, n->key_at, "%s has no key `%.40s`; it has: %s", of->what, n->key, all);
}

static void check_map(const struct lines *l, uint32_t map, const struct options *of, struct report *r);

static void check_list(const struct lines *l, const struct node *list, const struct option *o, struct report *r)
{
    if (list->n < o->min)
        report_at(r, list->at, "`%s` is an empty list; give at least one entry, or take the key out", o->key);
    enum node_kind want = o->kind == O_OBJECTS ? NODE_MAP : NODE_SCALAR;
    for (uint32_t i = list->first; i; i = l->node[i].next) {
        const struct node *n = &l->node[i];
        if (n->kind != want || n->is_null)
            report_at(r, n->at, "an entry of `%s` must be %s, not %s", o->key,
                      want == NODE_MAP ? "a mapping, `- name: …`" : "one value",
                      n->is_null ? "empty" : kind_names[n->kind]);
        else if (want == NODE_MAP) check_map(l, i, o->of, r);
    }
}

static void check_value(const struct lines *l, uint32_t at, const struct option *o, struct report *r)
{
    const struct node *n = &l->node[at];
    enum node_kind want = option_is_list(o) ? NODE_LIST : option_is_map(o) ? NODE_MAP : NODE_SCALAR;
    if (n->is_null) report_at(r, n->at, "`%s` has no value; give one, or take the key out", o->key);
    else if (n->kind == NODE_SCALAR && want == NODE_LIST)
        report_at(r, n->at, "`%s` takes a list; write it in brackets: [one, two]", o->key);
    else if (n->kind != want)
        report_at(r, n->at, "`%s` takes %s, not %s", o->key, kind_names[want], kind_names[n->kind]);
    else if (want == NODE_LIST) check_list(l, n, o, r);
    else if (want == NODE_MAP) check_map(l, at, o->of, r);
}

static void check_map(const struct lines *l, uint32_t map, const struct options *of, struct report *r)
{
    const struct node *m = &l->node[map];
    for (uint32_t i = m->first; i; i = l->node[i].next) {
        const struct option *o = find(of, l->node[i].key);
        if (o) check_value(l, i, o, r);
        else report_unknown(of, &l->node[i], r);
    }
    for (size_t i = 0; i < of->n; i++)
        if (of->option[i].required && lines_get(l, map, of->option[i].key) == 0)
            report_at(r, m->at, "%s needs `%s`; add it", of->what, of->option[i].key);
}

void shape_check(const struct lines *l, const struct options *top, struct report *r)
{
    if (l->node[0].kind != NODE_MAP)
        report_at(r, l->node[0].at, "the file must be `key: value` lines; see cordon.conf(5)");
    else check_map(l, 0, top, r);
}
