#include "localmodel/engine_call.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect(struct span got, const char *want)
{
    if (!span_is(got, want)) fail_msg("got \"%.*s\", want \"%s\"", (int)got.n, got.p ? got.p : "", want);
}

static void scan_case(const char *in, const char *name, const char *arguments, enum call_state state)
{
    size_t n = strlen(in);
    for (size_t cut = 0; cut <= n; cut++) {
        struct call_scan c = {0};
        struct obuf out = {0};
        call_feed(&c, (struct span){in, cut}, &out);
        call_feed(&c, (struct span){in + cut, n - cut}, &out);
        assert_int_equal(c.state, state);
        expect(obuf_span(&c.name), name);
        expect(obuf_span(&out), arguments);
        obuf_fini(&out);
        call_fini(&c);
    }
}

static void test_whole_calls(void **state)
{
    (void)state;
    scan_case("{\"name\":\"f\",\"arguments\":{}}", "f", "{}", CALL_DONE);
    scan_case("{ \"name\" : \"get_lab\",\n \"arguments\": {\"a\": [1, {\"b\": \"}\\\"]\"}]} }", "get_lab",
              "{\"a\": [1, {\"b\": \"}\\\"]\"}]}", CALL_DONE);
    scan_case("{\"name\": \"f\", \"arguments\": {\"x\": \"\\\\\"}} trailing {", "f", "{\"x\": \"\\\\\"}", CALL_DONE);
}

static void test_cut_calls(void **state)
{
    (void)state;
    scan_case("{\"na", "", "", CALL_BEFORE_NAME);
    scan_case("{\"name\": \"fu", "fu", "", CALL_NAME);
    scan_case("{\"name\": \"f\", \"argum", "f", "", CALL_BEFORE_ARGUMENTS);
    scan_case("{\"name\": \"f\", \"arguments\": {\"a\": \"b}", "f", "{\"a\": \"b}", CALL_ARGUMENTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_calls), cmocka_unit_test(test_cut_calls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
