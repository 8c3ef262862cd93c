#include "policy/judge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "policy/world.t.h"
#include <stdio.h>
#include <stdlib.h>

/* With a pattern and a word of its own, so that it does not depend on the built-in pack. */
static const char text[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams: [{name: us, api: openai, host: us.example}]\n"
    "models: [{name: m, file: m}]\n"
    "classes: [{name: project}]\n"
    "patterns: [{type: TEST_MRN, class: phi, regex: 'ZQ-[0-9]{7}', score: 0.9}]\n"
    "word_lists: [{type: TEST_NAME, class: project, words: [bluebarn], score: 0.9}]\n"
    "rules:\n"
    "  - {name: trial, when: {classes: [project]}, action: refuse, observe: true}\n"
    "  - {name: patients, when: {classes: [phi]}, action: local, model: m, min_parameters: 7B}\n"
    "  - {name: else, action: forward}\n";

static int begin(void **state)
{
    static struct world w;
    world_begin(&w, SPAN(text));
    *state = &w;
    return 0;
}

static int end(void **state)
{
    world_end(*state);
    return 0;
}

static struct judge_case *set(struct world *w, const char *api, const char *body)
{
    arena_reset(w->arena);
    w->c = (struct judge_case){.route = api ? route_of_api(api) : NULL, .body = span_str(body), .content_type = SPAN("application/json"),
                               .arena = w->arena, .site = {.upstream = &w->conf->upstreams[0]}};
    if (api) assert_non_null(w->c.route);
    return &w->c;
}

static void expect(struct world *w, enum action action, const char *rule)
{
    assert_int_equal(judge_all(&w->c, w->scanner, w->rules), FAIL_OK);
    const struct verdict *v = &w->c.verdict;
    if (v->action != action || strcmp(v->rule, rule) != 0) fail_msg("%s by %s, expected %s by %s", action_name(v->action), v->rule, action_name(action), rule);
    assert_int_equal(v->coverage[PART_BODY].received, w->c.body.n);
    assert_int_equal(v->coverage[PART_BODY].inspected, w->c.body.n);
}

static void expect_failure(struct world *w, enum fail want)
{
    enum fail f = judge_all(&w->c, w->scanner, w->rules);
    if (f != want) fail_msg("%s, expected %s", fail_code(f), fail_code(want));
}

/* Wherever the value stands, it is found, and the range is that of the body. */
static void every_string_is_inspected(void **state)
{
    struct world *w = *state;
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"see ZQ-4829137 \"}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"ZQ-4829137\"}]}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"user\":\"ZQ-4829137\"}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"metadata\":{\"ZQ-4829137\":\"x\"}}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"made_up\":[[{\"a\":\"ZQ-4829137\"}]]}",
        "{\"model\":\"ZQ-4829137\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop\":\"ZQ-4829137\"}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        set(w, "openai.chat", bodies[i]);
        expect(w, ACTION_LOCAL, "patients");
        assert_int_equal(w->c.findings.n, 1);
        const struct finding *f = &w->c.findings.f[0];
        assert_string_equal(f->type, "TEST_MRN");
        assert_int_equal(f->part, PART_BODY);
        assert_memory_equal(bodies[i] + f->start, "ZQ-4829137", 10);
        assert_int_equal(f->end - f->start, 10);
    }
}

static void escapes_do_not_hide(void **state)
{
    struct world *w = *state;
    const char *body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\u005aQ-\\u0034829137!\"}]}";
    set(w, "openai.chat", body);
    expect(w, ACTION_LOCAL, "patients");
    const struct finding *f = &w->c.findings.f[0];
    assert_int_equal(f->end - f->start, strlen("\\u005aQ-\\u0034829137"));
    assert_memory_equal(body + f->start, "\\u005aQ", 7);
}

static void path_and_headers_are_inspected(void **state)
{
    struct world *w = *state;
    const char *body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    set(w, "openai.chat", body)->target = SPAN("/v1/chat/completions?user=%5AQ-48291%337");
    expect(w, ACTION_LOCAL, "patients");
    assert_int_equal(w->c.findings.f[0].part, PART_PATH);
    struct judge_header headers[] = {{SPAN("Authorization"), SPAN("Bearer ZQ-4829137")}, {SPAN("x-note"), SPAN("ZQ-4829137")}};
    set(w, "openai.chat", body)->headers = headers;
    w->c.n_headers = 1;   /* only the credential: not inspected */
    expect(w, ACTION_FORWARD, "else");
    set(w, "openai.chat", body)->headers = headers;
    w->c.n_headers = 2;
    expect(w, ACTION_LOCAL, "patients");
    assert_int_equal(w->c.findings.n, 1);
    assert_int_equal(w->c.findings.f[0].part, PART_HEADER);
}

static void bad_json_is_refused(void **state)
{
    struct world *w = *state;
    set(w, "openai.chat", "{\"a\":1,\"a\":2}");
    expect_failure(w, FAIL_JSON_DUP_KEY);
    assert_int_equal(w->c.at, 7);
    set(w, "openai.chat", "hello")->content_type = SPAN("text/plain");   /* a known route takes nothing else */
    expect_failure(w, FAIL_JSON_SYNTAX);
    set(w, "openai.chat", "");
    expect_failure(w, FAIL_JSON_SYNTAX);
    set(w, "openai.other", "hello");
    expect_failure(w, FAIL_JSON_SYNTAX);
    const struct route cancel = {.operation = "cancel", .codec = w->c.route->codec, .known = true, .takes_body = true};
    set(w, "openai.other", "")->route = &cancel;   /* the SDKs send none, and call it JSON */
    expect(w, ACTION_FORWARD, "else");
    set(w, "openai.other", "hello")->route = &cancel;
    expect_failure(w, FAIL_JSON_SYNTAX);
    set(w, "openai.other", "hello")->content_type = SPAN("Application/LD+JSON; charset=utf-8");
    expect_failure(w, FAIL_JSON_SYNTAX);
    set(w, "openai.other", " {\"a\":1,\"a\":2}")->content_type = SPAN("text/plain");   /* another reader takes it */
    expect_failure(w, FAIL_JSON_DUP_KEY);
    set(w, "openai.chat", "{\"model\":\"m\"}");
    expect_failure(w, FAIL_REQUEST_INVALID);
    assert_non_null(w->c.field);
}

static void other_bodies_are_text(void **state)
{
    struct world *w = *state;
    set(w, "openai.other", "note ZQ-4829137")->content_type = SPAN_NONE;
    expect(w, ACTION_REFUSE, "unknown-endpoint");
    assert_false(w->c.is_json);
    assert_int_equal(w->c.findings.n, 1);
    assert_int_equal(w->c.findings.f[0].start, 5);
    set(w, "openai.other", "{\"a\":\"ZQ-4829137\"}")->content_type = SPAN("text/plain");
    expect(w, ACTION_REFUSE, "unknown-endpoint");
    assert_true(w->c.is_json);
    set(w, "openai.other", "{\"a\":1}\n{\"a\":\"ZQ-4829137\"}\n")->content_type = SPAN("application/x-ndjson");
    expect(w, ACTION_REFUSE, "unknown-endpoint");
    assert_int_equal(w->c.findings.n, 1);
    set(w, "openai.other", "\xff\xfe\x01 ZQ-4829137 \x80")->content_type = SPAN("application/octet-stream");
    expect(w, ACTION_REFUSE, "unknown-endpoint");
    assert_int_equal(w->c.findings.n, 1);
    set(w, "openai.models", "");
    expect(w, ACTION_FORWARD, "else");
}

static void site_is_filled_in(void **state)
{
    struct world *w = *state;
    set(w, "openai.chat", "{\"model\":\"gpt-x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    expect(w, ACTION_FORWARD, "else");
    assert_true(span_is(w->c.site.model, "gpt-x"));
    assert_string_equal(w->c.site.api, "openai.chat");
    assert_string_equal(w->c.site.provider, "openai");
    assert_true(w->c.site.known_endpoint && w->c.site.generating);
}

static void expect_json(struct world *w, enum fail f, struct span id, const char *want)
{
    struct obuf out = {0};
    judge_explain(&w->c, f, id, ruleset_class_names(w->rules), &out);
    obuf_put(&out, "", 1);
    assert_string_equal(out.p, want);
    obuf_fini(&out);
}

static void explanations(void **state)
{
    struct world *w = *state;
    set(w, NULL, "bluebarn ZQ-4829137");
    expect(w, ACTION_LOCAL, "patients");
    assert_int_equal(w->c.findings.n, 2);
    w->c.findings.f[0].via = w->c.findings.f[1].via = "v";   /* scan's own words */
    expect_json(w, FAIL_OK, SPAN("7"),
                "{\"id\":7,\"action\":\"local\",\"rule\":\"patients\",\"classes\":[{\"class\":\"phi\",\"score\":0.900},{\"class\":\"project\",\"score\":0.900}],"
                "\"findings\":[{\"type\":\"TEST_NAME\",\"class\":\"project\",\"start\":0,\"end\":8,\"score\":0.900,\"via\":\"v\"},"
                "{\"type\":\"TEST_MRN\",\"class\":\"phi\",\"start\":9,\"end\":19,\"score\":0.900,\"via\":\"v\"}],"
                "\"coverage\":{\"body\":{\"received\":19,\"inspected\":19,\"opaque\":0}},\"upstream\":\"us\",\"local_model\":\"m\",\"min_parameters\":7000000000,"
                "\"observed\":{\"rule\":\"trial\",\"action\":\"refuse\"}}");
    w->c.findings.f[0].id = w->c.findings.f[1].id = 4;   /* one finding of two ranges */
    w->c.findings.n = 2, w->c.verdict = (struct verdict){.rule = "r"};
    expect_json(w, FAIL_OK, SPAN_NONE,
                "{\"action\":\"forward\",\"rule\":\"r\",\"classes\":[],"
                "\"findings\":[{\"type\":\"TEST_NAME\",\"class\":\"project\",\"start\":0,\"end\":8,\"score\":0.900,\"via\":\"v\",\"id\":4},"
                "{\"type\":\"TEST_MRN\",\"class\":\"phi\",\"start\":9,\"end\":19,\"score\":0.900,\"via\":\"v\",\"id\":4}],"
                "\"coverage\":{\"body\":{\"received\":0,\"inspected\":0,\"opaque\":0}},\"upstream\":\"us\"}");
    set(w, "openai.chat", "{\"model\":1}");
    enum fail f = judge_all(&w->c, w->scanner, w->rules);
    w->c.field = "model", w->c.at = 9;
    expect_json(w, f, SPAN_NONE,
                "{\"action\":\"refuse\",\"rule\":null,\"classes\":[],\"findings\":[],\"coverage\":{\"body\":{\"received\":11,\"inspected\":0,\"opaque\":11}},\"upstream\":\"us\","
                "\"error\":{\"code\":\"REQUEST_INVALID\",\"message\":\"a field of the request is missing or has the wrong type\",\"field\":\"model\",\"at\":9}}");
}

/* Of findings of sealed content those go that lie in a known range; nothing else does, and it takes no longer for many. */
static void known_sealed_content_is_vouched_for(void **state)
{
    struct world *w = *state;
    enum { N = 20000 };
    const char *sealed = opaque_type_name(OPAQUE_ENCRYPTED);
    struct finding *f = calloc(2 * N, sizeof *f);
    struct judge_sealed *known = calloc(2 * N, sizeof *known);
    assert_true(f && known);
    for (size_t i = 0; i < 2 * N; i++) {
        f[i] = (struct finding){.type = i % 4 == 3 ? "US_SSN" : sealed, .part = i % 4 == 2 ? PART_PATH : PART_BODY,
                                .start = 100 * i, .end = 100 * i + 50};
        if (i < N) known[N - 1 - i] = known[2 * N - 1 - i] = (struct judge_sealed){100 * i, 100 * i + 50};   /* twice, not in order */
    }
    w->c.findings = (struct findings){f, 2 * N};
    judge_vouch_sealed(&w->c, known, 2 * N);
    assert_int_equal(w->c.findings.n, N / 2 + N);
    assert_int_equal(w->c.findings.f[0].start, 200);
    free(known);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sealed_content_is_vouched_for),
        cmocka_unit_test(every_string_is_inspected), cmocka_unit_test(escapes_do_not_hide), cmocka_unit_test(path_and_headers_are_inspected),
        cmocka_unit_test(bad_json_is_refused),       cmocka_unit_test(other_bodies_are_text), cmocka_unit_test(site_is_filled_in),
        cmocka_unit_test(explanations),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
