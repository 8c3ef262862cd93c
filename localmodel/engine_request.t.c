#include "localmodel/engine.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void test_messages_in_openai_form(void **state)
{
    (void)state;
    struct conv_call call = {.id = SPAN("call_1"), .name = SPAN("f"), .arguments = SPAN("{\"a\":\"\xc3\xbc\"}")};
    struct conv_msg msgs[] = {
        {.role = ROLE_SYSTEM, .text = SPAN("Be \"brief\".")},
        {.role = ROLE_USER, .text = SPAN("hi\n"), .name = SPAN("ann")},
        {.role = ROLE_ASSISTANT, .calls = &call, .n_calls = 1},
        {.role = ROLE_TOOL, .text = SPAN("42"), .tool_call_id = SPAN("call_1")},
        {.role = ROLE_DEVELOPER, .text = SPAN("")},
        {.role = ROLE_ASSISTANT, .text = SPAN("so"), .reasoning = SPAN("hm\n")},
    };
    struct conv c = {.msgs = msgs, .n_msgs = COUNT(msgs)};
    struct engine_request *r = engine_request_new(&c);
    assert_non_null(r);
    assert_string_equal(r->messages,
        "[{\"role\":\"system\",\"content\":\"Be \\\"brief\\\".\"},"
        "{\"role\":\"user\",\"content\":\"hi\\n\",\"name\":\"ann\"},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"\xc3\xbc\\\"}\"}}]},"
        "{\"role\":\"tool\",\"content\":\"42\",\"tool_call_id\":\"call_1\"},"
        "{\"role\":\"developer\",\"content\":\"\"},"
        "{\"role\":\"assistant\",\"content\":\"so\",\"reasoning_content\":\"hm\\n\"}]");
    assert_null(r->tools);
    engine_request_free(r);
}

static void test_the_rest_is_copied(void **state)
{
    (void)state;
    char tools[] = "[1]", stop[] = "END", name[] = "g";
    struct span stops[] = {{stop, 3}, SPAN(""), SPAN("x")};
    struct conv c = {.tools = {tools, 3}, .tool_choice = TOOLS_NAMED, .tool_name = {name, 1}, .max_tokens = 7,
                     .temperature = NAN, .top_p = 0.5, .has_seed = true, .seed = -3, .stops = stops, .n_stops = 3,
                     .frequency_penalty = 0.25, .presence_penalty = -1, .parallel_tool_calls = true};
    struct engine_request *r = engine_request_new(&c);
    assert_non_null(r);
    memset(tools, '?', 3);
    memset(stop, '?', 3);
    memset(name, '?', 1);
    assert_string_equal(r->messages, "[]");
    assert_string_equal(r->tools, "[1]");
    assert_string_equal(r->tool_name, "g");
    assert_int_equal(r->tool_choice, TOOLS_NAMED);
    assert_true(r->parallel_tool_calls && r->has_seed && r->seed == -3 && r->max_tokens == 7);
    assert_true(isnan(r->temperature) && r->top_p == 0.5);
    assert_true(r->frequency_penalty == 0.25 && r->presence_penalty == -1);
    assert_int_equal(r->n_stops, 2);   /* the empty one would stop everything */
    assert_string_equal(r->stops[0], "END");
    assert_string_equal(r->stops[1], "x");
    engine_request_free(r);
    engine_request_free(NULL);
}

static void test_the_newer_fields(void **state)
{
    (void)state;
    char schema[] = "{}", input[] = "a\0b";
    struct span inputs[] = {{input, 3}, {NULL, 0}};
    struct conv c = {.kind = CONV_EMBED, .top_k = 9, .format = FORMAT_SCHEMA, .schema = {schema, 2}, .show_reasoning = true,
                     .inputs = inputs, .n_inputs = 2};
    struct engine_request *r = engine_request_new(&c);
    assert_non_null(r);
    memset(schema, '?', 2);
    memset(input, '?', 3);
    assert_int_equal(r->kind, CONV_EMBED);
    assert_true(r->top_k == 9 && r->show_reasoning && r->format == FORMAT_SCHEMA);
    assert_string_equal(r->schema, "{}");
    assert_int_equal(r->n_inputs, 2);
    assert_int_equal(r->input_lengths[0], 3);
    assert_memory_equal(r->inputs[0], "a\0b", 4);
    assert_int_equal(r->input_lengths[1], 0);
    assert_string_equal(r->inputs[1], "");
    assert_true(r->choice == 0 && !r->prune_tools);
    engine_request_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_messages_in_openai_form),
                                       cmocka_unit_test(test_the_rest_is_copied),
                                       cmocka_unit_test(test_the_newer_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
