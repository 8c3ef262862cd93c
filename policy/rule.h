/* rule.h - a rule set as ruleset.c compiles it and decide.c reads it. Internal to policy/. */
#ifndef CORDON_POLICY_RULE_H
#define CORDON_POLICY_RULE_H

#include "policy/ruleset.h"

struct rule {
    const struct conf_rule *conf;
    uint32_t classes;        /* bit per class, of the `classes` condition; 0: none given */
    uint32_t opaque;         /* bit per enum opaque_kind, of the `opaque` condition; 0: none given */
    float min_score;
};

struct ruleset {
    const struct conf *conf;
    const char *class_name[CLASS_MAX];
    float threshold[CLASS_MAX];
    size_t n_classes;
    struct rule *rule;
    size_t n_rules;
};

/* Whether `text` as a whole matches `pattern`, where * is any run and ? any one byte. ASCII letters match in both cases:
 * a provider may take `GPT-4o` for `gpt-4o`, and a rule must not be walked round by that. */
bool glob_match(const char *pattern, struct span text);

#endif
