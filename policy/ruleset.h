/* ruleset.h - classes, thresholds and rules of one configuration, compiled; and the decision, a pure function. Immutable
 * once made; part of the snapshot; any thread. */
#ifndef CORDON_POLICY_RULESET_H
#define CORDON_POLICY_RULESET_H

#include "conf/conf.h"
#include "core/finding.h"

struct ruleset;

/* The verdict's rule when no rule of the configuration takes a path that cordon does not know. */
#define RULE_UNKNOWN_ENDPOINT "unknown-endpoint"
/* And when none matched at all. */
#define RULE_NONE "no-rule"

/* NULL and *why: an unknown class, model, upstream or client in a rule, a rule that can never match because one before
 * it takes everything, no last rule for everything else. `conf` must outlive the rule set. */
CD_USE struct ruleset *ruleset_new(const struct conf *conf, struct why *why);
void ruleset_free(struct ruleset *r);
size_t ruleset_class_count(const struct ruleset *r);
const char *const *ruleset_class_names(const struct ruleset *r);
int ruleset_class_id(const struct ruleset *r, const char *name);   /* -1: none */

/* Who asks, and where it would go. */
struct site {
    const char *client;                     /* configured name or NULL */
    const char *api;                        /* "openai.chat" */
    const char *provider;                   /* "openai" */
    const struct conf_upstream *upstream;   /* NULL: none (explain without one) */
    struct span model;
    struct span path;                       /* without the query */
    bool known_endpoint;
    bool generating;                        /* a local answer is possible */
    bool unknown_ids;                       /* it refers to state of the provider that cordon has not seen made */
};

/* Phase 4. Fills everything of *out but coverage and opaque_mask. First match wins; observing rules are noted and passed.
 * An unknown endpoint is refused unless the configuration or a rule with `unknown_endpoint: true` lets it through. */
void decide(const struct ruleset *r, const struct findings *f, const struct site *site, struct verdict *out);

#endif
