#include "wire/refuse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct obuf out;
static struct arena *arena;
static struct jdoc doc;

static const struct codec *codec(const char *provider)
{
    return route_find(provider, SPAN("POST"), SPAN("/x"), true)->codec;
}

/* The member at a path of two names, unescaped. */
static struct span at(const char *outer, const char *inner)
{
    uint32_t i = jdoc_get(&doc, 0, outer);
    if (inner) i = jdoc_get(&doc, i, inner);
    assert_int_not_equal(i, J_NONE);
    return doc.tok[i].type == J_STRING ? jdoc_text(&doc, i, arena) : jdoc_raw(&doc, i);
}

static void parse(struct span json)
{
    size_t where;
    arena_reset(arena);
    assert_true(obuf_ok(&out));
    assert_int_equal(jscan(json, arena, &doc, &where), FAIL_OK);
}

static void body(const char *provider, const struct refusal *r)
{
    obuf_reset(&out);
    codec(provider)->error(r, &out);
    parse(obuf_span(&out));
}

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void openai_policy(void **state)
{
    (void)state;
    struct refusal r = {FAIL_POLICY_REFUSED, "Patient data \"stays\" in.\n", NULL, "phi\\stays", "01JX"};
    body("openai", &r);
    ASSERT_IS(at("error", "message"), "Patient data \"stays\" in.\n (cordon POLICY_REFUSED, rule phi\\stays, id 01JX)");
    ASSERT_IS(at("error", "type"), "invalid_request_error");
    ASSERT_IS(at("error", "code"), "policy_refused");
    ASSERT_IS(at("error", "param"), "null");
}

static void openai_others(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_JSON_DUP_KEY, .detail = "byte 118"};
    body("openai", &r);
    ASSERT_IS(at("error", "message"), "an object of the body has the same key twice: byte 118 (cordon JSON_DUP_KEY)");
    ASSERT_IS(at("error", "param"), "null");
    r = (struct refusal){.fail = FAIL_LOCAL_UNSUPPORTED, .detail = "response_format"};
    body("openai", &r);
    ASSERT_IS(at("error", "param"), "response_format");
    ASSERT_IS(at("error", "code"), "local_unsupported");
    r = (struct refusal){.fail = FAIL_LEDGER_DOWN};
    body("openai", &r);
    ASSERT_IS(at("error", "type"), "server_error");
    r = (struct refusal){.fail = FAIL_UPSTREAM_CONNECT};
    body("openai", &r);
    ASSERT_IS(at("error", "type"), "server_error");
    r = (struct refusal){.fail = FAIL_HOST_UNKNOWN};
    body("openai", &r);
    ASSERT_IS(at("error", "type"), "invalid_request_error");
}

static void openai_context_length(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_CONTEXT_LENGTH, .id = "01JX"};
    body("openai", &r);
    ASSERT_IS(at("error", "code"), "context_length_exceeded");
    ASSERT_IS(at("error", "type"), "invalid_request_error");
    ASSERT_IS(at("error", "param"), "messages");
    assert_true(span_starts(at("error", "message"), SPAN("This model's maximum context length is ")));
    assert_true(span_ends(at("error", "message"), SPAN("(cordon CONTEXT_LENGTH, id 01JX)")));
    assert_int_equal(fail_status(FAIL_CONTEXT_LENGTH), 400);
}

static void anthropic_shape(void **state)
{
    (void)state;
    struct refusal r = {FAIL_POLICY_REFUSED, NULL, NULL, "r1", "01JX"};
    body("anthropic", &r);
    ASSERT_IS(at("type", NULL), "error");
    ASSERT_IS(at("error", "type"), "invalid_request_error");
    ASSERT_IS(at("request_id", NULL), "01JX");
    r.fail = FAIL_BODY_TOO_LARGE;
    body("anthropic", &r);
    ASSERT_IS(at("error", "type"), "request_too_large");
    r.fail = FAIL_ENGINE_BUSY;
    body("anthropic", &r);
    ASSERT_IS(at("error", "type"), "overloaded_error");
}

static void gemini_shape(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_ENDPOINT_UNKNOWN};
    body("gemini", &r);
    ASSERT_IS(at("error", "code"), "400");
    ASSERT_IS(at("error", "status"), "INVALID_ARGUMENT");
    assert_int_equal(doc.tok[jdoc_get(&doc, jdoc_get(&doc, 0, "error"), "code")].type, J_NUMBER);
    r.fail = FAIL_UPSTREAM_TIMEOUT;
    body("gemini", &r);
    ASSERT_IS(at("error", "status"), "DEADLINE_EXCEEDED");
}

/* Clients that shorten a conversation and try again go by these words. */
static void context_length_elsewhere(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_CONTEXT_LENGTH, .id = "01JX"};
    body("anthropic", &r);
    ASSERT_IS(at("error", "type"), "invalid_request_error");
    assert_true(span_starts(at("error", "message"), SPAN("prompt is too long")));
    body("gemini", &r);
    ASSERT_IS(at("error", "status"), "INVALID_ARGUMENT");
    assert_true(span_starts(at("error", "message"), SPAN("The input token count exceeds the maximum number of tokens")));
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_STATE_UNKNOWN};
    assert_int_equal(fail_status(r.fail), 404);
    body("openai", &r);
    ASSERT_IS(at("error", "type"), "invalid_request_error");
    body("anthropic", &r);
    ASSERT_IS(at("error", "type"), "not_found_error");
    body("gemini", &r);
    ASSERT_IS(at("error", "status"), "NOT_FOUND");
}

/* What other dialects' shapes are made of. */
static void helpers_for_other_shapes(void **state)
{
    (void)state;
    static const struct refuse_name names[] = {{400, "bad"}, {503, "busy"}, {0, "other"}};
    assert_string_equal(refuse_named(names, COUNT(names), 503), "busy");
    assert_string_equal(refuse_named(names, COUNT(names), 418), "other");
    struct refusal r = {FAIL_POLICY_REFUSED, "say \"no\"", "field", "rule", "01J"};
    obuf_reset(&out);
    refuse_message(&r, &out);
    ASSERT_IS(obuf_span(&out), "say \\\"no\\\": field (cordon POLICY_REFUSED, rule rule, id 01J)");
    obuf_reset(&out);
    jo_open(&out, NULL, '{');
    refuse_jo_message_as(&r, "m", "other words", &out);
    refuse_jo_message(&r, "n", &out);
    jo_close(&out, '}');
    parse(obuf_span(&out));
    ASSERT_IS(at("m", NULL), "other words: field (cordon POLICY_REFUSED, rule rule, id 01J)");
    ASSERT_IS(at("n", NULL), "say \"no\": field (cordon POLICY_REFUSED, rule rule, id 01J)");
}

/* Every failure in every shape is JSON whose message ends in the code, wherever in a buffer it is written. */
static void every_code_in_every_shape(void **state)
{
    (void)state;
    static const char *const names[] = {"openai", "anthropic", "gemini"};
    for (size_t p = 0; p < COUNT(names); p++)
        for (int f = FAIL_OK; f < FAIL_COUNT; f++) {
            struct refusal r = {.fail = (enum fail)f};
            obuf_reset(&out);
            jo_bool(&out, NULL, true);   /* leaves a comma due */
            size_t from = out.n;
            codec(names[p])->error(&r, &out);
            parse(span_from(obuf_span(&out), from));
            char tail[80];
            size_t n = (size_t)snprintf(tail, sizeof tail, " (cordon %s)", fail_code(r.fail));
            assert_true(span_ends(at("error", "message"), (struct span){tail, n}));
        }
}

static void stream_errors_are_one_event(void **state)
{
    (void)state;
    static const struct { const char *provider; struct span head, tail; } rows[] = {
        {"openai", {"data: ", 6}, {"\n\n", 2}},
        {"anthropic", {"event: error\ndata: ", 19}, {"\n\n", 2}},
        {"gemini", {"data: ", 6}, {"\r\n\r\n", 4}},
    };
    struct refusal r = {.fail = FAIL_ENGINE_FAILED, .message = "line\nline"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        obuf_reset(&out);
        codec(rows[i].provider)->stream_error(&r, &out);
        struct span s = obuf_span(&out);
        assert_true(span_starts(s, rows[i].head) && span_ends(s, rows[i].tail));
        s = span_from((struct span){s.p, s.n - rows[i].tail.n}, rows[i].head.n);
        assert_null(memchr(s.p, '\n', s.n));
        parse(s);
        assert_true(span_starts(at("error", "message"), SPAN("line\nline")));
    }
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    obuf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai_policy),
        cmocka_unit_test(openai_others),
        cmocka_unit_test(openai_context_length),
        cmocka_unit_test(anthropic_shape),
        cmocka_unit_test(gemini_shape),
        cmocka_unit_test(context_length_elsewhere),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(helpers_for_other_shapes),
        cmocka_unit_test(every_code_in_every_shape),
        cmocka_unit_test(stream_errors_are_one_event),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
