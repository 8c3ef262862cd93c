#include "policy/ruleset.h"
#include "policy/rule.h"
#include "policy/scan.h"
#include "wire/codec.h"
#include <stdlib.h>

/* What conf/ checks (names that refer to something in the file, the order of rules) is not checked again, but for the
 * classes, which become numbers here. What refers to the program itself, its APIs and its types, is checked here. */

static bool set_classes(struct ruleset *r, struct rule *to, struct why *why)
{
    for (size_t i = 0; i < to->conf->n_classes; i++) {
        const char *name = to->conf->classes[i];
        int id = ruleset_class_id(r, name);
        if (strcmp(name, "any") == 0) to->classes = UINT32_MAX;
        else if (id >= 0) to->classes |= 1u << id;
        else return why_at(why, r->conf, to->conf->line, "rule %s: there is no class %s", to->conf->name, name), false;
    }
    return true;
}

/* What conf/ has checked to be kinds. */
static void set_opaque(struct rule *to)
{
    for (size_t i = 0; i < to->conf->n_opaque; i++)
        for (int k = 0; k < OPAQUE_COUNT; k++)
            if (strcmp(to->conf->opaque[i], opaque_kind_name((enum opaque_kind)k)) == 0) to->opaque |= 1u << k;
}

static bool is_opaque_type(const char *type)
{
    for (int k = 0; k < OPAQUE_COUNT; k++)
        if (strcmp(opaque_type_name((enum opaque_kind)k), type) == 0) return true;
    return false;
}

static bool is_builtin_type(const char *type)
{
    const char *klass, *source, *name;
    for (size_t i = 0; (name = pack_builtin_type(i, &klass, &source)) != NULL; i++)
        if (strcmp(name, type) == 0) return true;
    return false;
}

static bool is_type(const struct conf *c, const char *type)
{
    for (size_t i = 0; i < c->n_patterns; i++)
        if (strcmp(c->patterns[i].type, type) == 0) return true;
    for (size_t i = 0; i < c->n_word_lists; i++)
        if (strcmp(c->word_lists[i].type, type) == 0) return true;
    return is_builtin_type(type) || is_opaque_type(type);
}

/* A rule on a type or API that does not exist would never match, and nobody would notice. */
static bool check_rule(const struct conf *c, const struct conf_rule *r, struct why *why)
{
    for (size_t i = 0; i < r->n_types; i++)
        if (!is_type(c, r->types[i])) {
            why_at(why, c, r->line, "rule %s: there is no type %s; the types are listed in cordon.conf(5)", r->name,
                   r->types[i]);
            return false;
        }
    for (size_t i = 0; i < r->n_apis; i++)
        if (!route_knows_provider(r->apis[i]) && route_of_api(r->apis[i]) == NULL) {
            why_at(why, c, r->line, "rule %s: there is no API %s; write openai or openai.chat", r->name, r->apis[i]);
            return false;
        }
    return true;
}

static bool check_references(const struct conf *c, struct why *why)
{
    for (size_t i = 0; i < c->n_upstreams; i++)
        if (!route_knows_provider(c->upstreams[i].api)) {
            why_at(why, c, c->upstreams[i].line, "upstream %s: `api` %s is none that cordon knows; write openai",
                   c->upstreams[i].name,
                   c->upstreams[i].api);
            return false;
        }
    for (size_t i = 0; i < c->n_disabled_types; i++)
        if (!is_builtin_type(c->disabled_types[i])) {
            why_at(why, c, c->disabled_types_line, "`disabled_types`: there is no built-in type %s; they are listed in cordon.conf(5)",
                   c->disabled_types[i]);
            return false;
        }
    for (size_t i = 0; i < c->n_rules; i++)
        if (!check_rule(c, &c->rules[i], why)) return false;
    return true;
}

static void set_thresholds(struct ruleset *r)
{
    for (size_t i = 0; i < CLASS_MAX; i++) r->threshold[i] = 0.5f;
    for (size_t i = 0; i < r->conf->n_classes; i++) {
        int id = ruleset_class_id(r, r->conf->classes[i].name);
        if (id >= 0) r->threshold[id] = (float)r->conf->classes[i].threshold;
    }
}

struct ruleset *ruleset_new(const struct conf *conf, struct why *why)
{
    struct ruleset *r = calloc(1, sizeof *r);
    if (r == NULL) return why_set(why, "out of memory"), NULL;
    r->conf = conf;
    r->n_classes = conf_class_names(conf, r->class_name);
    set_thresholds(r);
    if (!check_references(conf, why)) goto failed;
    if ((r->rule = calloc(conf->n_rules + 1, sizeof *r->rule)) == NULL) {
        why_set(why, "out of memory");
        goto failed;
    }
    for (; r->n_rules < conf->n_rules; r->n_rules++) {
        struct rule *to = &r->rule[r->n_rules];
        to->conf = &conf->rules[r->n_rules];
        to->min_score = (float)to->conf->min_score;
        set_opaque(to);
        if (!set_classes(r, to, why)) goto failed;
    }
    return r;
failed:
    ruleset_free(r);
    return NULL;
}

void ruleset_free(struct ruleset *r)
{
    if (r == NULL) return;
    free(r->rule);
    free(r);
}

size_t ruleset_class_count(const struct ruleset *r) { return r->n_classes; }
const char *const *ruleset_class_names(const struct ruleset *r) { return r->class_name; }

int ruleset_class_id(const struct ruleset *r, const char *name)
{
    for (size_t i = 0; i < r->n_classes; i++)
        if (strcmp(r->class_name[i], name) == 0) return (int)i;
    return -1;
}
