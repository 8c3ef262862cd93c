/* Tools made shorter: what goes, in which order, and that what is left is still the client's JSON. */
#include "localmodel/engine_prune.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FIRST \
    "{\"type\":\"function\",\"function\":{\"name\":\"read\",\"description\":\"Reads \\u00fc a file. Then more. \"," \
    "\"parameters\":{\"type\":\"object\",\"description\":\"all\",\"properties\":{\"description\":{\"type\":\"string\"," \
    "\"description\":\"text\",\"default\":{\"description\":\"kept\"}},\"l\":{\"type\":\"array\",\"items\":{\"anyOf\":" \
    "[{\"type\":\"null\",\"description\":\"none\"}]}}},\"required\":[\"description\"]},\"strict\":true}}"
#define OTHER(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"
#define LIST "[" FIRST "," OTHER("a") "," OTHER("b") "," OTHER("c") "]"

/* Fits when no longer than `most`; remembers what it was asked. */
struct bound {
    size_t most;
    unsigned tries;
    char last[2048];
};

static enum fail within(void *arg, const char *tools)
{
    struct bound *b = arg;
    b->tries++;
    snprintf(b->last, sizeof b->last, "%s", tools ? tools : "none");
    return tools && strlen(tools) > b->most ? FAIL_CONTEXT_LENGTH : FAIL_OK;
}

static struct engine_request request(char *tools, char *messages)
{
    return (struct engine_request){.messages = messages, .tools = tools, .max_tokens = -1, .prune_tools = true};
}

static struct bound fit(const struct engine_request *r, size_t most, uint32_t kept)
{
    struct bound b = {.most = most};
    struct prune_count count;
    assert_int_equal(prune_to_fit(r, within, &b, &count), FAIL_OK);
    assert_int_equal(count.given, 4);
    assert_int_equal(count.kept, kept);
    return b;
}

#define NO_PARAMETER_TEXT \
    "[{\"type\":\"function\",\"function\":{\"name\":\"read\",\"description\":\"Reads \\u00fc a file. Then more. \"," \
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"description\":{\"type\":\"string\",\"default\":" \
    "{\"description\":\"kept\"}},\"l\":{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"null\"}]}}},\"required\":" \
    "[\"description\"]},\"strict\":true}}," OTHER("a") "," OTHER("b") "," OTHER("c") "]"

static void test_the_steps_in_order(void **state)
{
    (void)state;
    char tools[] = LIST, messages[] = "[{\"role\":\"user\",\"content\":\"x\"}]";
    struct engine_request r = request(tools, messages);
    assert_string_equal(fit(&r, strlen(LIST), 4).last, LIST);
    struct bound b = fit(&r, strlen(LIST) - 1, 4);
    assert_string_equal(b.last, NO_PARAMETER_TEXT);
    b = fit(&r, strlen(NO_PARAMETER_TEXT) - 1, 4);
    assert_non_null(strstr(b.last, "\"description\":\"Reads \xc3\xbc a file.\",\"parameters\""));
    assert_non_null(strstr(b.last, OTHER("c")));
    b = fit(&r, strlen(b.last) - 1, 3);
    assert_null(strstr(b.last, OTHER("c")));
    assert_non_null(strstr(b.last, OTHER("b")));
    assert_string_equal(fit(&r, 10, 0).last, "none");
}

static void test_what_was_called_stays(void **state)
{
    (void)state;
    char tools[] = LIST, messages[] = "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":"
                                      "\"function\",\"function\":{\"name\":\"b\",\"arguments\":\"{}\"}}]}]";
    struct engine_request r = request(tools, messages);
    size_t one = strlen("[" OTHER("b") "]");
    assert_string_equal(fit(&r, one, 1).last, "[" OTHER("b") "]");
    char name[] = "c";
    r.tool_choice = TOOLS_NAMED;
    r.tool_name = name;
    assert_string_equal(fit(&r, 2 * one, 2).last, "[" OTHER("b") "," OTHER("c") "]");
    struct bound b = {.most = one};
    struct prune_count count;
    assert_int_equal(prune_to_fit(&r, within, &b, &count), FAIL_CONTEXT_LENGTH);
    assert_string_equal(b.last, "[" OTHER("b") "," OTHER("c") "]");   /* the shortest was tried last */
}

static void test_a_required_call_has_a_tool(void **state)
{
    (void)state;
    char tools[] = LIST, messages[] = "[]";
    struct engine_request r = request(tools, messages);
    struct bound b = {.most = 10};
    struct prune_count count;
    r.tool_choice = TOOLS_REQUIRED;
    assert_int_equal(prune_to_fit(&r, within, &b, &count), FAIL_CONTEXT_LENGTH);
    assert_non_null(strstr(b.last, "\"read\""));
}

static void test_many_tools_few_tries(void **state)
{
    (void)state;
    static char tools[64000];
    char messages[] = "[]";
    size_t at = (size_t)sprintf(tools, "[");
    for (int i = 0; i < 500; i++)
        at += (size_t)sprintf(tools + at, "%s{\"type\":\"function\",\"function\":{\"name\":\"t%03d\"}}", i ? "," : "", i);
    sprintf(tools + at, "]");
    struct engine_request r = request(tools, messages);
    struct prune_count count;
    for (uint32_t want = 1; want < 40; want += 7) {
        struct bound b = {.most = 1 + want * 47};
        assert_int_equal(prune_to_fit(&r, within, &b, &count), FAIL_OK);
        assert_int_equal(count.kept, want);
        assert_true(b.tries <= 6 + 9);
        assert_true(strlen(b.last) <= b.most);
    }
}

static void test_first_sentences(void **state)
{
    (void)state;
    char messages[] = "[]", tools[2048], want[400] = "\"description\":\"", text[600] = "bb";
    for (int i = 0; i < 100; i++) strcat(text, "a\xc3\xbc");   /* no sentence ends, and byte 256 is within a character */
    strcat(text, "aa");
    snprintf(tools, sizeof tools, "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"%s\"}}," OTHER("x")
             "]", text);
    memcpy(want + strlen("\"description\":\""), text, 255);
    memcpy(want + strlen("\"description\":\"") + 255, "\"}", 3);
    struct engine_request r = request(tools, messages);
    struct bound b = {.most = strlen(tools) - 1};
    struct prune_count count;
    assert_int_equal(prune_to_fit(&r, within, &b, &count), FAIL_OK);
    assert_non_null(strstr(b.last, want));
}

static void test_lists_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"[]", "{}", "1"};
    char messages[] = "[]", tools[8];
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct bound b = {0};
        struct prune_count count;
        strcpy(tools, bad[i]);
        struct engine_request r = request(tools, messages);
        assert_int_equal(prune_to_fit(&r, within, &b, &count), FAIL_LOCAL_UNSUPPORTED);
        assert_int_equal(prune_count_tools(&r), 0);
        assert_int_equal(b.tries, 0);
    }
}

static void test_room(void **state)
{
    (void)state;
    struct engine_request r = {.max_tokens = -1};
    assert_int_equal(prune_room(&r, 8192), 512);
    assert_int_equal(prune_room(&r, 800), 100);
    r.max_tokens = 60;
    assert_int_equal(prune_room(&r, 800), 60);
    r.max_tokens = INT64_MAX;
    assert_int_equal(prune_room(&r, 800), 200);
    r.max_tokens = 0;
    assert_int_equal(prune_room(&r, 800), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_steps_in_order), cmocka_unit_test(test_what_was_called_stays),
        cmocka_unit_test(test_a_required_call_has_a_tool), cmocka_unit_test(test_many_tools_few_tries),
        cmocka_unit_test(test_first_sentences), cmocka_unit_test(test_lists_that_are_none), cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
