#include "conf/check.h"

/* One rule, with the nodes of its mapping and of its `when`. */
struct rule_at {
    const struct checker *k;
    const struct conf_rule *rule;
    uint32_t node, when;
};

static void check_known(const struct rule_at *a, const char *key, char *const *names, size_t n,
                        bool (*known)(const struct conf *, const char *), const char *reason)
{
    uint32_t item = lines_item(a->k->l, lines_get(a->k->l, a->when, key), 0);
    for (size_t i = 0; i < n; i++, item = item_next(a->k, item))
        if (!known(a->k->c, names[i])) report_at(a->k->r, a->k->l->node[item].at, "%s: %s", names[i], reason);
}

static bool known_client(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n_clients; i++)
        if (strcmp(c->clients[i].name, name) == 0) return true;
    return false;
}

static bool known_upstream(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n_upstreams; i++)
        if (strcmp(c->upstreams[i].name, name) == 0) return true;
    return false;
}

static bool known_region(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n_upstreams; i++)
        if (c->upstreams[i].region && strcmp(c->upstreams[i].region, name) == 0) return true;
    return false;
}

static bool known_model(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n_models; i++)
        if (strcmp(c->models[i].name, name) == 0) return true;
    return false;
}

static void check_rule_classes(const struct rule_at *a)
{
    uint32_t item = lines_item(a->k->l, lines_get(a->k->l, a->when, "classes"), 0);
    for (size_t i = 0; i < a->rule->n_classes; i++, item = item_next(a->k, item))
        if (strcmp(a->rule->classes[i], "any") != 0)
            check_class_name(a->k, a->rule->classes[i], a->k->l->node[item].at);
}

static bool known_opaque(const struct conf *c, const char *name)
{
    (void)c;
    for (int i = 0; i < OPAQUE_COUNT; i++)
        if (strcmp(opaque_kind_name(i), name) == 0) return true;
    return false;
}

static void check_conditions(const struct rule_at *a)
{
    const struct conf_rule *r = a->rule;
    check_rule_classes(a);
    check_known(a, "clients", r->clients, r->n_clients, known_client,
                "there is no such client; add it under `clients`");
    check_known(a, "upstreams", r->upstreams, r->n_upstreams, known_upstream,
                "there is no such upstream; add it under `upstreams`");
    check_known(a, "regions", r->regions, r->n_regions, known_region,
                "no upstream has this region, so the rule would never match");
    check_known(a, "opaque", r->opaque, r->n_opaque, known_opaque, OPAQUE_KINDS_REASON);
    if (r->min_score > 0 && r->n_classes == 0 && r->n_types == 0)
        complain(a->k, a->when, "min_score", "is of a class or type; add `classes` or `types`");
}

static void check_doing(const struct rule_at *a)
{
    const struct conf_rule *r = a->rule;
    const struct checker *k = a->k;
    if (r->no_store && (r->action == ACTION_LOCAL || r->action == ACTION_REFUSE))
        complain(k, a->node, "no_store", "is only for `action: forward` and `action: redact`");
    if (!r->prune_tools && r->action != ACTION_LOCAL)
        complain(k, a->node, "prune_tools", "is only for `action: local`");
    if (r->action == ACTION_LOCAL) {
        if (k->c->n_models == 0)
            complain(k, a->node, "action", "needs a model when it is local; add one under `models`");
        else if (r->model && !known_model(k->c, r->model))
            complain(k, a->node, "model", "names no model that is there; add it under `models`");
        if (r->unknown_endpoint == 1)
            complain(k, a->node, "action", "cannot be local for an unknown endpoint; use refuse, redact or forward");
        return;
    }
    if (r->model) complain(k, a->node, "model", "is only for `action: local`");
    if (r->notice) complain(k, a->node, "notice", "is only for `action: local`");
    if (r->min_parameters) complain(k, a->node, "min_parameters", "is only for `action: local`");
    if (r->message && r->action != ACTION_REFUSE)
        complain(k, a->node, "message", "is only for `action: refuse` and `action: local`");
}

static bool takes_everything(const struct conf_rule *r)
{
    return !r->observe &&
           r->n_classes + r->n_types + r->n_clients + r->n_apis + r->n_upstreams + r->n_regions + r->n_models + r->n_paths +
               r->n_opaque == 0 &&
           r->baa < 0 && r->inside < 0 && r->unknown_ids < 0 && r->unknown_endpoint < 0;
}

static void check_order(const struct checker *k, size_t i, uint32_t node)
{
    const struct conf_rule *r = &k->c->rules[i];
    bool last = i + 1 == k->c->n_rules;
    if (last && !takes_everything(r))
        complain(k, node, NULL,
                 "the last rule must take everything that is left: add one without `when` and `observe` at the end");
    if (!last && takes_everything(r))
        complain(k, node, NULL, "this rule takes everything, so the rules after it never match; move it to the end");
}

void check_rules(const struct checker *k)
{
    uint32_t node = items_of(k, "rules");
    for (size_t i = 0; i < k->c->n_rules; i++, node = item_next(k, node)) {
        struct rule_at a = {k, &k->c->rules[i], node, lines_get(k->l, node, "when")};
        if (strcmp(a.rule->name, "unknown-endpoint") == 0)
            complain(k, node, "name", "is taken: records have it for unknown paths that no rule lets through");
        if (strcmp(a.rule->name, "local-object") == 0)
            complain(k, node, "name", "is taken: records have it for a kept local answer that its owner asks for");
        check_conditions(&a);
        check_doing(&a);
        check_order(k, i, node);
    }
}
