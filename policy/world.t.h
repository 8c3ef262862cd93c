/* world.t.h - what a judge needs, made of a configuration's text: for unit tests of policy/. */
#ifndef CORDON_POLICY_WORLD_T_H
#define CORDON_POLICY_WORLD_T_H

#include "core/digest.h"
#include "policy/judge.h"
#include "policy/pack.h"
#include "policy/ruleset.h"

struct world {
    struct conf *conf;
    struct ruleset *rules;
    struct pack *pack;
    struct scanner *scanner;
    struct arena *arena;
    struct route route;
    struct judge_case c;
};

static void world_begin(struct world *w, struct span text)
{
    struct why why;
    digest_init();
    w->conf = conf_load_bytes("/e/x.yaml", text, &why);
    if (w->conf == NULL) fail_msg("%s", why.text);
    w->rules = ruleset_new(w->conf, &why);
    w->pack = w->rules ? pack_compile(w->conf, ruleset_class_names(w->rules), ruleset_class_count(w->rules), &why) : NULL;
    if (w->pack == NULL) fail_msg("%s", why.text);
    w->scanner = scanner_new(w->pack);
    w->arena = arena_new(0);
    assert_true(w->scanner && w->arena);
}

static void world_end(struct world *w)
{
    scanner_free(w->scanner);
    arena_free(w->arena);
    pack_free(w->pack);
    ruleset_free(w->rules);
    conf_free(w->conf);
}

#endif
