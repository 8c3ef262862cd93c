#include "policy/rule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* A configuration with all that rules can ask for; a test gives the rules. */
static const char frame[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams:\n"
    "  - {name: us, api: openai, host: us.example, region: us, baa: false}\n"
    "  - {name: eu, api: openai, host: eu.example, region: eu, baa: true}\n"
    "  - {name: here, api: openai, host: here.example, perimeter: inside}\n"
    "models: [{name: big, file: m}, {name: small, file: n}]\n"
    "clients: [{name: ward, networks: [10.0.0.0/8]}]\n"
    "classes: [{name: phi, threshold: 0.4}, {name: secret, threshold: 0.7}, {name: study}]\n"
    "patterns: [{type: MY_MRN, class: phi, regex: 'x', score: 0.7}]\n";

struct world {
    struct conf *conf;
    struct ruleset *rules;
    struct site site;
    struct finding found[4];
    struct findings findings;
    uint32_t opaque;   /* bit per kind */
    struct verdict verdict;
};

static bool make(struct world *w, const char *rules, struct why *why)
{
    char *text;
    assert_true(asprintf(&text, "%s%s", frame, rules) > 0);
    *w = (struct world){.site = {.api = "openai.chat", .provider = "openai", .model = SPAN("gpt-4o-mini"), .known_endpoint = true, .generating = true}};
    w->conf = conf_load_bytes("/e/x.yaml", span_str(text), why);
    free(text);
    if (w->conf == NULL) return false;
    w->site.upstream = &w->conf->upstreams[0];
    w->rules = ruleset_new(w->conf, why);
    if (w->rules == NULL) conf_free(w->conf);
    return w->rules != NULL;
}

static struct world world(const char *rules)
{
    struct world w;
    struct why why;
    if (!make(&w, rules, &why)) fail_msg("%s", why.text);
    return w;
}

static void end(struct world *w)
{
    ruleset_free(w->rules);
    conf_free(w->conf);
}

static void find(struct world *w, const char *type, const char *klass, float score)
{
    int id = ruleset_class_id(w->rules, klass);
    assert_true(id >= 0);
    w->found[w->findings.n++] = (struct finding){.type = type, .via = "pattern", .klass = (uint8_t)id, .score = score};
}

static const struct verdict *verdict(struct world *w)
{
    w->findings.f = w->found;   /* the world may have been moved */
    w->verdict.coverage[PART_BODY].received = 7;   /* decide leaves these alone */
    w->verdict.opaque_mask = w->opaque;
    decide(w->rules, &w->findings, &w->site, &w->verdict);
    assert_int_equal(w->verdict.coverage[PART_BODY].received, 7);
    assert_int_equal(w->verdict.opaque_mask, w->opaque);
    return &w->verdict;
}

static void expect(struct world *w, enum action action, const char *rule)
{
    const struct verdict *v = verdict(w);
    if (v->action != action || strcmp(v->rule, rule) != 0) fail_msg("%s by %s, expected %s by %s", action_name(v->action), v->rule, action_name(action), rule);
}

static void expect_error(const char *rules, const char *want)
{
    struct world w;
    struct why why = {""};
    if (make(&w, rules, &why) || strstr(why.text, want) == NULL) fail_msg("%s\nexpected: %s\ngot: %s", rules, want, why.text);
}

/* One rule with a condition, then the one for everything else: does the condition hold? */
static bool holds(const char *when, void (*set)(struct world *))
{
    char rules[300];
    snprintf(rules, sizeof rules, "rules: [{name: it, when: %s, action: refuse}, {name: else, action: forward}]\n", when);
    struct world w = world(rules);
    if (set) set(&w);
    bool it = strcmp(verdict(&w)->rule, "it") == 0;
    end(&w);
    return it;
}

static void set_eu(struct world *w) { w->site.upstream = &w->conf->upstreams[1]; }
static void set_here(struct world *w) { w->site.upstream = &w->conf->upstreams[2]; }
static void set_none(struct world *w) { w->site.upstream = NULL; }
static void set_ward(struct world *w) { w->site.client = "ward"; }
static void set_phi(struct world *w) { find(w, "MY_MRN", "phi", 0.45f); }
static void set_pii(struct world *w) { find(w, "EMAIL_ADDRESS", "pii", 0.45f); }
static void set_secret(struct world *w) { find(w, "T", "secret", 0.7f); }
static void set_study(struct world *w) { find(w, "T", "study", 0.6f); }
static void set_models(struct world *w) { w->site.api = "openai.models"; }
static void set_unknown(struct world *w) { w->site.known_endpoint = false; }
static void set_no_model(struct world *w) { w->site.model = SPAN_NONE; }
static void set_path(struct world *w) { w->site.path = SPAN("/v1/Files/file-1/content"); }
static void set_image(struct world *w) { w->opaque = 1u << OPAQUE_IMAGE; }
static void set_two_opaque(struct world *w) { w->opaque = 1u << OPAQUE_AUDIO | 1u << OPAQUE_BINARY; }
static void set_ids(struct world *w) { w->site.unknown_ids = true; }
static void set_upper(struct world *w) { w->site.model = SPAN("GPT-4O"); }

static void conditions(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        void (*set)(struct world *);
        bool want;
    } rows[] = {
        {"{classes: [phi]}", set_phi, true},
        {"{classes: [phi]}", NULL, false},
        {"{classes: [phi]}", set_pii, false},
        {"{classes: [pii]}", set_pii, false},   /* below 0.5 */
        {"{classes: [secret]}", set_secret, true},
        {"{classes: [phi], min_score: 0.45}", set_phi, true},
        {"{classes: [phi], min_score: 0.5}", set_phi, false},
        {"{classes: [pii, phi]}", set_phi, true},
        {"{classes: [any]}", set_study, true},
        {"{classes: [any]}", set_pii, false},
        {"{classes: [any]}", NULL, false},
        {"{classes: [study]}", set_study, true},
        {"{types: [MY_MRN]}", set_phi, true},
        {"{types: [MY_MRN]}", set_study, false},
        {"{types: [MY_MRN], min_score: 0.5}", set_phi, false},
        {"{clients: [ward]}", set_ward, true},
        {"{clients: [ward]}", NULL, false},
        {"{apis: [openai.chat]}", NULL, true},
        {"{apis: [openai.chat]}", set_models, false},
        {"{apis: [openai]}", set_models, true},
        {"{apis: [anthropic]}", NULL, false},
        {"{upstreams: [us]}", NULL, true},
        {"{upstreams: [eu, here]}", NULL, false},
        {"{upstreams: [eu, here]}", set_eu, true},
        {"{upstreams: [us]}", set_none, false},
        {"{regions: [eu]}", set_eu, true},
        {"{regions: [eu]}", set_here, false},
        {"{baa: true}", set_eu, true},
        {"{baa: true}", NULL, false},
        {"{baa: true}", set_here, false},   /* not said */
        {"{baa: false}", set_here, true},
        {"{baa: false}", set_none, true},
        {"{perimeter: inside}", set_here, true},
        {"{perimeter: inside}", NULL, false},
        {"{perimeter: inside}", set_none, false},
        {"{perimeter: outside}", set_none, true},
        {"{models: ['gpt-4*']}", NULL, true},
        {"{models: ['gpt-4*']}", set_upper, true},
        {"{models: ['gpt-4']}", NULL, false},
        {"{models: ['o3', '*mini']}", NULL, true},
        {"{models: ['gpt*']}", set_no_model, false},
        {"{models: ['*']}", set_no_model, true},
        {"{unknown_endpoint: true}", set_unknown, true},
        {"{unknown_endpoint: true}", NULL, false},
        {"{unknown_endpoint: false}", NULL, true},
        {"{unknown_endpoint: false}", set_unknown, false},
        {"{paths: ['/v1/files/*']}", set_path, true},
        {"{paths: ['/v1/files/*']}", NULL, false},
        {"{paths: ['/v1/files']}", set_path, false},
        {"{paths: ['/v1/chat', '*/content']}", set_path, true},
        {"{paths: ['*']}", NULL, true},
        {"{opaque: [image]}", set_image, true},
        {"{opaque: [image]}", NULL, false},
        {"{opaque: [image]}", set_two_opaque, false},
        {"{opaque: [image, audio]}", set_two_opaque, true},
        {"{opaque: [binary]}", set_two_opaque, true},
        {"{unknown_ids: true}", set_ids, true},
        {"{unknown_ids: true}", NULL, false},
        {"{unknown_ids: false}", NULL, true},
        {"{unknown_ids: false}", set_ids, false},
        {"{opaque: [image], unknown_ids: true}", set_image, false},
        {"{classes: [phi], clients: [ward]}", set_phi, false},
        {"{classes: [phi], baa: false}", set_phi, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (holds(rows[i].when, rows[i].set) != rows[i].want) fail_msg("row %zu: %s", i, rows[i].when);
}

static void first_match_wins(void **state)
{
    (void)state;
    struct world w = world("rules:\n"
                           "  - {name: secrets, when: {classes: [secret]}, action: refuse, message: Take it out.}\n"
                           "  - {name: patients, when: {classes: [phi]}, action: local, model: small, min_parameters: 7B, notice: here}\n"
                           "  - {name: mine, when: {classes: [phi]}, action: refuse}\n"
                           "  - {name: else, action: forward}\n");
    expect(&w, ACTION_FORWARD, "else");
    assert_int_equal(w.verdict.n_classes, 0);
    find(&w, "MY_MRN", "phi", 0.7f);
    expect(&w, ACTION_LOCAL, "patients");
    assert_string_equal(w.verdict.model, "small");
    assert_string_equal(w.verdict.notice, "here");
    assert_int_equal(w.verdict.min_parameters, 7000000000);
    assert_int_equal(w.verdict.n_classes, 1);
    assert_int_equal(w.verdict.class_mask, 1u << CLASS_PHI);
    find(&w, "KEY", "secret", 0.9f);
    expect(&w, ACTION_REFUSE, "secrets");
    assert_string_equal(w.verdict.message, "Take it out.");
    assert_null(w.verdict.model);
    assert_int_equal(w.verdict.n_classes, 2);
    end(&w);
}

static void observing_rules_are_passed(void **state)
{
    (void)state;
    struct world w = world("rules:\n"
                           "  - {name: trial, when: {classes: [phi]}, action: refuse, observe: true}\n"
                           "  - {name: trial2, action: local, observe: true}\n"
                           "  - {name: else, action: forward}\n");
    find(&w, "MY_MRN", "phi", 0.7f);
    expect(&w, ACTION_FORWARD, "else");
    assert_string_equal(w.verdict.observed, "trial");
    assert_int_equal(w.verdict.observed_action, ACTION_REFUSE);
    w.findings.n = 0;
    expect(&w, ACTION_FORWARD, "else");
    assert_string_equal(w.verdict.observed, "trial2");
    end(&w);
}

static void masks_what_was_decided(void **state)
{
    (void)state;
    struct world w = world("rules: [{name: r, when: {classes: [pii]}, action: redact}, {name: else, action: redact}]\n");
    find(&w, "EMAIL_ADDRESS", "pii", 0.9f);
    find(&w, "MY_MRN", "phi", 0.9f);
    find(&w, "CARD", "financial", 0.1f);
    expect(&w, ACTION_REDACT, "r");
    assert_int_equal(w.verdict.redact_mask, 1u << CLASS_PII | 1u << CLASS_PHI);
    w.findings.n = 0;
    expect(&w, ACTION_REDACT, "else");
    assert_int_equal(w.verdict.redact_mask, UINT32_MAX);
    end(&w);
}

static void find_opaque(struct world *w, enum opaque_kind kind, const char *klass)
{
    find(w, opaque_type_name(kind), klass, 1);
    w->found[w->findings.n - 1].via = "opaque";
    w->opaque |= 1u << kind;
}

/* What cannot be read cannot be masked: refused, with a code of its own, where the classes that are to be masked may be in
 * it, and only there. */
static void nothing_is_masked_in_what_cannot_be_read(void **state)
{
    (void)state;
    struct world w = world("rules: [{name: r, when: {classes: [pii, phi]}, action: redact},\n"
                           "        {name: s, when: {classes: [study]}, action: forward}, {name: else, action: redact}]\n");
    find_opaque(&w, OPAQUE_IMAGE, "pii");
    expect(&w, ACTION_REFUSE, "r");
    assert_int_equal(w.verdict.why, FAIL_OPAQUE_CONTENT);
    assert_int_equal(w.verdict.redact_mask, 0);
    find(&w, "MY_MRN", "phi", 0.9f);   /* one that could be masked beside it */
    expect(&w, ACTION_REFUSE, "r");
    assert_int_equal(w.verdict.why, FAIL_OPAQUE_CONTENT);
    w.findings.n = 0;   /* a kind that the configuration allows gives no finding */
    find(&w, "MY_MRN", "phi", 0.9f);
    expect(&w, ACTION_REDACT, "r");
    assert_int_equal(w.verdict.why, FAIL_OK);
    w.findings.n = 0;
    find_opaque(&w, OPAQUE_AUDIO, "financial");
    expect(&w, ACTION_REFUSE, "else");   /* masks all classes */
    assert_int_equal(w.verdict.why, FAIL_OPAQUE_CONTENT);
    w.findings.n = 0;
    find_opaque(&w, OPAQUE_AUDIO, "study");
    expect(&w, ACTION_FORWARD, "s");
    end(&w);
}

static void local_needs_a_generating_request(void **state)
{
    (void)state;
    struct world w = world("rules: [{name: l, when: {classes: [phi]}, action: local}, {name: else, action: forward}]\n");
    find(&w, "MY_MRN", "phi", 0.9f);
    w.site.generating = false;
    expect(&w, ACTION_REFUSE, "l");
    assert_null(w.verdict.model);
    end(&w);
}

static void unknown_endpoints(void **state)
{
    (void)state;
    struct world w = world("rules:\n"
                           "  - {name: secrets, when: {classes: [secret]}, action: refuse}\n"
                           "  - {name: patients, when: {classes: [phi]}, action: local}\n"
                           "  - {name: wards, when: {unknown_endpoint: true, clients: [ward]}, action: forward}\n"
                           "  - {name: else, action: forward}\n");
    w.site.known_endpoint = w.site.generating = false;
    expect(&w, ACTION_REFUSE, "unknown-endpoint");
    w.site.client = "ward";
    expect(&w, ACTION_FORWARD, "wards");
    find(&w, "MY_MRN", "phi", 0.9f);
    expect(&w, ACTION_REFUSE, "unknown-endpoint");
    find(&w, "KEY", "secret", 0.9f);
    expect(&w, ACTION_REFUSE, "secrets");
    end(&w);
    w = world("unknown_endpoint: forward\nrules: [{name: l, when: {classes: [phi]}, action: local}, {name: else, action: forward}]\n");
    w.site.known_endpoint = w.site.generating = false;
    expect(&w, ACTION_FORWARD, "else");
    find(&w, "MY_MRN", "phi", 0.9f);
    expect(&w, ACTION_REFUSE, "l");
    end(&w);
}

static void thresholds_of_zero_need_a_finding(void **state)
{
    (void)state;
    struct conf_class zero = {.name = (char[]){"phi"}, .threshold = 0};
    struct conf_rule rule = {.name = (char[]){"all"}, .action = ACTION_FORWARD, .baa = -1, .inside = -1, .unknown_endpoint = -1};
    struct conf c = {.path = (char[]){"x"}, .classes = &zero, .n_classes = 1, .rules = &rule, .n_rules = 1, .unknown_endpoint = ACTION_REFUSE};
    struct why why;
    struct ruleset *r = ruleset_new(&c, &why);
    assert_non_null(r);
    struct site site = {.known_endpoint = true};
    struct verdict v = {0};
    decide(r, &(struct findings){NULL, 0}, &site, &v);
    assert_int_equal(v.n_classes, 0);
    ruleset_free(r);
}

static void errors(void **state)
{
    (void)state;
    expect_error("rules: [{name: r, when: {types: [MY_MNR]}, action: refuse}, {name: e, action: forward}]\n", "/e/x.yaml:12: rule r: there is no type MY_MNR");
    expect_error("rules: [{name: r, when: {apis: [openai.chta]}, action: refuse}, {name: e, action: forward}]\n", "/e/x.yaml:12: rule r: there is no API openai.chta");
    expect_error("disabled_types: [NOPE]\nrules: [{name: e, action: forward}]\n", "/e/x.yaml:12: `disabled_types`: there is no built-in type NOPE");
    expect_error("disabled_types: [MY_MRN]\nrules: [{name: e, action: forward}]\n", "there is no built-in type MY_MRN");
    struct conf_upstream u = {.name = (char[]){"u"}, .api = (char[]){"opneai"}, .line = 3};
    struct conf c = {.path = (char[]){"x"}, .upstreams = &u, .n_upstreams = 1};
    struct why why;
    assert_null(ruleset_new(&c, &why));
    assert_string_equal(why.text, "x:3: upstream u: `api` opneai is none that cordon knows; write openai");
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool want;
    } rows[] = {
        {"", "", true},         {"", "a", false},      {"*", "", true},        {"*", "abc", true},     {"a*c", "abbbc", true}, {"a*c", "ab", false},
        {"a?c", "abc", true},   {"a?c", "ac", false},  {"?", "", false},       {"**", "x", true},      {"*a*b", "xaxb", true}, {"*a*b", "xbxa", false},
        {"gpt-4", "GPT-4", true}, {"abc", "abcd", false}, {"*bc", "abcbc", true}, {"a*", "ba", false}, {"a\\*", "a*", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (glob_match(rows[i].pattern, span_str(rows[i].text)) != rows[i].want) fail_msg("%s %s", rows[i].pattern, rows[i].text);
    assert_true(glob_match("a*b", (struct span){"a\0b", 3}));
    assert_false(glob_match("a", (struct span){"a\0b", 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),             cmocka_unit_test(first_match_wins),
        cmocka_unit_test(observing_rules_are_passed), cmocka_unit_test(masks_what_was_decided),
        cmocka_unit_test(nothing_is_masked_in_what_cannot_be_read),
        cmocka_unit_test(local_needs_a_generating_request), cmocka_unit_test(unknown_endpoints),
        cmocka_unit_test(thresholds_of_zero_need_a_finding), cmocka_unit_test(errors), cmocka_unit_test(globs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
