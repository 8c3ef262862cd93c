#include "wire/answer_json.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void expect_vector(const float *v, size_t n, const char *want)
{
    struct obuf o = {0};
    jo_open(&o, NULL, '{');
    jo_vector(&o, "v", v, n);
    jo_close(&o, '}');
    if (!span_is(obuf_span(&o), want)) fail_msg("%.*s, not %s", (int)o.n, o.p, want);
    obuf_fini(&o);
}

/* JSON has no infinity and no NaN. */
static void test_vectors(void **state)
{
    (void)state;
    expect_vector(NULL, 0, "{\"v\":[]}");
    expect_vector((const float[]){0, 1, -2.5f}, 3, "{\"v\":[0,1,-2.5]}");
    expect_vector((const float[]){NAN, INFINITY, -INFINITY, 3}, 4, "{\"v\":[0,0,0,3]}");
}

static void test_numbers_give_back_the_same_float(void **state)
{
    (void)state;
    static const float values[] = {0.1f, -0.0333333351f, 1e-38f, 1e-45f, 3.4028235e38f, 16777217, 0.7071067811865475f};
    struct arena *a = arena_new(0);
    struct obuf o = {0};
    struct jdoc d;
    size_t at;
    jo_vector(&o, NULL, values, COUNT(values));
    assert_int_equal(jscan(obuf_span(&o), a, &d, &at), FAIL_OK);
    for (uint32_t i = 0; i < COUNT(values); i++) {
        double v;
        assert_true(jdoc_double(&d, 1 + i, &v) && (float)v == values[i]);
    }
    obuf_fini(&o);
    arena_free(a);
}

static void test_whole_arguments(void **state)
{
    (void)state;
    static const char *const whole[] = {"{}", " {\"a\":{\"b\":[1,2]}}\n", "{\"a\":\"}\"}"};
    static const char *const not_whole[] = {"", " ", "{", "{\"a\":", "{\"a\":\"x", "{}{}", "{} x", "[]", "\"{}\"", "7", "null",
                                            "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud800\"}", "{'a':1}", "{\"a\":1,}"};
    for (size_t i = 0; i < COUNT(whole); i++) assert_true(arguments_whole(span_str(whole[i])));
    for (size_t i = 0; i < COUNT(not_whole); i++)
        if (arguments_whole(span_str(not_whole[i]))) fail_msg("%s", not_whole[i]);
    assert_false(arguments_whole(SPAN_NONE));
}

/* A call as the encoders write one: members, the arguments, what closes it. Whether it was kept. */
static bool write_call(struct answer_choice *c, const char *name, const char *const *pieces, size_t n)
{
    call_begins(c);
    jo_open(&c->calls, NULL, '{');
    jo_cstr(&c->calls, "name", name);
    obuf_str(&c->calls, ",\"args\":");
    call_arguments_begin(c);
    for (size_t i = 0; i < n; i++) obuf_str(&c->calls, pieces[i]);
    if (!call_arguments_end(c)) return false;
    jo_close(&c->calls, '}');
    return true;
}

static bool one_call(struct answer_choice *c, const char *name, const char *args) { return write_call(c, name, &args, 1); }

static void expect_calls(const struct answer_choice *c, const char *want)
{
    if (!span_is(obuf_span(&c->calls), want)) fail_msg("%.*s, not %s", (int)c->calls.n, c->calls.p, want);
}

static void test_calls(void **state)
{
    (void)state;
    static const char *const pieces[] = {"{\"x\"", ":", "1}"};
    struct answer_choice c = {.n_calls = 0};
    assert_true(write_call(&c, "a", pieces, COUNT(pieces)));
    assert_true(write_call(&c, "b", NULL, 0));
    expect_calls(&c, "{\"name\":\"a\",\"args\":{\"x\":1}},{\"name\":\"b\",\"args\":{}}");
    obuf_fini(&c.calls);
}

/* A model may write its arguments in lines; events and lines of JSON have only one. */
static void test_arguments_are_one_line(void **state)
{
    (void)state;
    struct answer_choice c = {.n_calls = 0};
    assert_true(one_call(&c, "a", "{\r\n\t\"x\":\n\"\\n\"}\n"));
    expect_calls(&c, "{\"name\":\"a\",\"args\":{   \"x\": \"\\n\"} }");
    obuf_fini(&c.calls);
}

/* The others stay as they are, and the comma is right: before the first, between, at the end. */
static void test_bad_calls_are_taken_out(void **state)
{
    (void)state;
    static const char *const bad[] = {"{\"x\":", "[1]", "\"x\"", "{}}", " "};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct answer_choice c = {.n_calls = 0};
        assert_false(one_call(&c, "bad", bad[i]));
        expect_calls(&c, "");
        assert_true(one_call(&c, "a", "{}"));
        assert_false(one_call(&c, "bad", bad[i]));
        assert_true(one_call(&c, "b", "{}"));
        assert_false(one_call(&c, "bad", bad[i]));
        expect_calls(&c, "{\"name\":\"a\",\"args\":{}},{\"name\":\"b\",\"args\":{}}");
        obuf_fini(&c.calls);
    }
}

static void test_without_memory_no_call_is_whole(void **state)
{
    (void)state;
    struct answer_choice c = {.calls = {.bad = true}};
    assert_false(one_call(&c, "a", "{}"));
    obuf_fini(&c.calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_numbers_give_back_the_same_float),
        cmocka_unit_test(test_whole_arguments), cmocka_unit_test(test_calls),
        cmocka_unit_test(test_arguments_are_one_line), cmocka_unit_test(test_bad_calls_are_taken_out),
        cmocka_unit_test(test_without_memory_no_call_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
