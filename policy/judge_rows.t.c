/* Batches: a verdict for each row and for what is around them, and the strictest of those for the whole. */
#include "policy/contents.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "policy/world.t.h"
#include <stdio.h>
#include <stdlib.h>

#define MRN "ZQ-4829137"
#define PIN "PP-4829137"
#define KEY "KK-4829137"
#define NAME "NN-4829137"
#define IMAGE "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

static const char text[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams: [{name: us, api: openai, host: us.example}]\n"
    "models: [{name: m, file: m}]\n"
    "classes: [{name: project}]\n"
    "opaque: {allow: [image, document]}\n"
    "patterns:\n"
    "  - {type: TEST_MRN, class: phi, regex: 'ZQ-[0-9]{7}', score: 0.9}\n"
    "  - {type: TEST_PIN, class: pii, regex: 'PP-[0-9]{7}', score: 0.9}\n"
    "  - {type: TEST_KEY, class: secret, regex: 'KK-[0-9]{7}', score: 0.9}\n"
    "  - {type: TEST_NAME, class: project, regex: 'NN-[0-9]{7}', score: 0.9}\n"
    "rules:\n"
    "  - {name: trial, when: {classes: [pii]}, action: refuse, observe: true}\n"
    "  - {name: secrets, when: {classes: [secret]}, action: refuse, message: Take it out.}\n"
    "  - {name: patients, when: {classes: [phi]}, action: local}\n"
    "  - {name: pictures, when: {opaque: [image]}, action: refuse}\n"
    "  - {name: people, when: {classes: [pii]}, action: redact}\n"
    "  - {name: projects, when: {classes: [project]}, action: forward, no_store: true}\n"
    "  - {name: else, action: forward}\n";

static struct world w;

static int begin(void **state)
{
    (void)state;
    world_begin(&w, SPAN(text));
    w.route = (struct route){.operation = "any", .known = true, .takes_body = true, .flags = ROUTE_ANY_BODY | ROUTE_BATCH,
                             .codec = route_of_api("openai.chat")->codec};
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static const struct verdict *judge(const char *type, const char *body)
{
    arena_reset(w.arena);
    w.c = (struct judge_case){.route = &w.route, .body = span_str(body), .content_type = span_str(type), .arena = w.arena,
                              .conf = w.conf, .site = {.upstream = &w.conf->upstreams[0]}};
    enum fail f = judge_all(&w.c, w.scanner, w.rules);
    if (f) fail_msg("%s: %s", fail_code(f), body);
    return &w.c.verdict;
}

#define LINES "application/jsonl"
#define ROW(value) "{\"custom_id\":\"" value "\"}\n"

/* The rules of the rows, with a space between, and those of the whole. */
struct row {
    const char *body;
    const char *rules;
    enum action action;
    const char *rule;
};

static void expect(const char *type, const struct row *r)
{
    char rules[200] = "";
    const struct verdict *v = judge(type, r->body);
    for (size_t i = 0; i < w.c.n_rows; i++) {
        size_t n = strlen(rules);
        snprintf(rules + n, sizeof rules - n, "%s%s", i ? " " : "", w.c.rows[i].rule);
    }
    if (strcmp(rules, r->rules) != 0) fail_msg("%s\nrows: %s, expected %s", r->body, rules, r->rules);
    if (v->action != r->action || strcmp(v->rule, r->rule) != 0)
        fail_msg("%s\n%s by %s, expected %s by %s", r->body, action_name(v->action), v->rule, action_name(r->action), r->rule);
}

static void strictest_row_counts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {ROW("x") ROW("y"), "else else", ACTION_FORWARD, "else"},
        {ROW("x") ROW(PIN), "else people", ACTION_REDACT, "people"},
        {ROW(PIN) ROW("x") ROW(PIN), "people else people", ACTION_REDACT, "people"},
        {ROW(PIN) ROW(KEY) ROW("x"), "people secrets else", ACTION_REFUSE, "secrets"},
        {ROW(KEY) ROW(PIN), "secrets people", ACTION_REFUSE, "secrets"},
        {ROW(MRN) ROW(KEY), "patients secrets", ACTION_REFUSE, "patients"},   /* the first of the strictest */
        {ROW(PIN) ROW(IMAGE) ROW("x"), "people pictures else", ACTION_REFUSE, "pictures"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) expect(LINES, &rows[i]);
}

/* The first rule that matches decides on each row alone: what another row holds is not held against it. */
static void rows_do_not_mix(void **state)
{
    (void)state;
    const struct verdict *v = judge(LINES, ROW(PIN) ROW("x") ROW(NAME));
    assert_int_equal(w.c.rows[0].class_mask, 1u << CLASS_PII);
    assert_int_equal(w.c.rows[1].class_mask, 0);
    assert_int_equal(w.c.rows[2].class_mask, 1u << CLASS_BUILTIN);
    assert_int_equal(v->class_mask, 1u << CLASS_PII | 1u << CLASS_BUILTIN);
    assert_string_equal(v->observed, "trial");
    assert_int_equal(v->observed_action, ACTION_REFUSE);
    assert_true(v->no_store);   /* one row's rule is enough */
    assert_false(judge(LINES, ROW(PIN) ROW("x"))->no_store);
    assert_null(judge(LINES, ROW("x"))->observed);
}

/* Also where a route that generates took a batch. */
static void no_local_answer(void **state)
{
    (void)state;
    const struct verdict *v = judge(LINES, ROW("x") ROW(MRN));
    assert_int_equal(v->action, ACTION_REFUSE);
    assert_int_equal(v->why, FAIL_POLICY_REFUSED);
    assert_string_equal(v->rule, "patients");
    w.c.site.generating = true;
    judge_decide(&w.c, w.rules);
    assert_int_equal(v->action, ACTION_REFUSE);
    assert_int_equal(v->why, FAIL_LOCAL_UNSUPPORTED);
    assert_int_equal(w.c.rows[1].action, ACTION_REFUSE);
    v = judge(LINES, ROW(KEY));
    assert_int_equal(v->why, FAIL_POLICY_REFUSED);
    assert_string_equal(v->message, "Take it out.");
}

/* Only what lies in a row that is to be masked, of the classes that its rule masks. */
static void masks_rows(void **state)
{
    (void)state;
    static const char body[] = ROW(NAME) ROW(PIN " " NAME) ROW("x") ROW(PIN);
    judge(LINES, body);
    assert_int_equal(w.c.to_mask.n, 3);   /* the second row is decided to hold both classes */
    for (size_t i = 0; i < w.c.to_mask.n; i++) assert_true(w.c.to_mask.f[i].start > sizeof ROW(NAME) - 1);
    assert_int_equal(w.c.findings.n, 4);
    uint32_t n[ACTION_REFUSE + 1];
    judge_count_rows(&w.c, n);
    assert_true(n[ACTION_FORWARD] == 2 && n[ACTION_REDACT] == 2 && n[ACTION_LOCAL] == 0 && n[ACTION_REFUSE] == 0);
}

#define PARTS "multipart/form-data; boundary=B"
#define BATCH(more, rows) more "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.jsonl\"\r\n\r\n" rows "\r\n"
#define NOTE(value) "--B\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n" value "\r\n"
#define PNG "--B\r\nContent-Disposition: form-data; name=\"p\"\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" IMAGE "\r\n"

static void around_the_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BATCH(NOTE("x"), ROW("x") ROW("y")) "--B--\r\n", "else else", ACTION_FORWARD, "else"},
        {BATCH(NOTE(KEY), ROW("x") ROW("y")) "--B--\r\n", "else else", ACTION_REFUSE, "secrets"},
        {BATCH("", ROW("x") ROW("y")) NOTE(KEY) "--B--\r\n", "else else", ACTION_REFUSE, "secrets"},
        {BATCH(NOTE(PIN), ROW("x") ROW("y")) "--B--\r\n", "else else", ACTION_REDACT, "people"},
        {BATCH(NOTE(PIN), ROW("x") ROW(KEY)) "--B--\r\n", "else secrets", ACTION_REFUSE, "secrets"},
        {BATCH(PNG, ROW("x") ROW("y")) "--B--\r\n", "else else", ACTION_REFUSE, "pictures"},
        {BATCH("", ROW("x") ROW("y")) PNG "--B--\r\n", "else else", ACTION_REFUSE, "pictures"},
        {BATCH(NOTE("x"), ROW(IMAGE) ROW("y")) "--B--\r\n", "pictures else", ACTION_REFUSE, "pictures"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) expect(PARTS, &rows[i]);
    assert_int_equal(judge(PARTS, rows[3].body)->action, ACTION_REDACT);
    assert_int_equal(w.c.to_mask.n, 1);
}

/* Not a batch's path, or nothing to be rows: one verdict. */
static void other_requests_have_no_rows(void **state)
{
    (void)state;
    w.route.flags &= ~(unsigned)ROUTE_BATCH;
    const struct verdict *v = judge(LINES, ROW(PIN) ROW(KEY));
    w.route.flags |= ROUTE_BATCH;
    assert_int_equal(w.c.n_rows, 0);
    assert_null(w.c.rows);
    assert_string_equal(v->rule, "secrets");
    assert_int_equal(w.c.to_mask.n, w.c.findings.n);
    v = judge("application/json", "{\"input_file_id\":\"" MRN "\"}");
    assert_int_equal(w.c.n_rows, 0);
    assert_string_equal(v->rule, "patients");
    uint32_t n[ACTION_REFUSE + 1];
    judge_count_rows(&w.c, n);
    assert_true(n[ACTION_FORWARD] + n[ACTION_REDACT] + n[ACTION_LOCAL] + n[ACTION_REFUSE] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strictest_row_counts), cmocka_unit_test(rows_do_not_mix), cmocka_unit_test(no_local_answer),
        cmocka_unit_test(masks_rows), cmocka_unit_test(around_the_rows), cmocka_unit_test(other_requests_have_no_rows),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
