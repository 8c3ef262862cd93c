/* Cohere's first chat: what is read, what is not, and the exact answers. */
#include "wire/codecs.h"
#include "wire/cohere.h"
#include "wire/encoding.t.h"
#include <math.h>

static struct jdoc doc;
static struct conv conv;
static const char *field;
static size_t at;

static enum fail decode(const char *body)
{
    arena_reset(arena);
    assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
    return cohere_v1_decode(&(struct conv_source){.doc = &doc, .path = SPAN("/v1/chat")}, arena, &conv, &field, &at);
}

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_a_message_and_what_came_before(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"message\":\"hi\"}"), FAIL_OK);
    assert_true(conv.n_msgs == 1 && conv.msgs[0].role == ROLE_USER && conv.model.n == 0 && !conv.stream && !conv.unsupported);
    assert_int_equal(decode("{\"message\":\"now\",\"model\":\"command-r\",\"preamble\":\"be brief\",\"stream\":true,\"max_tokens\":7,\"k\":3,"
                            "\"p\":0.5,\"temperature\":0.3,\"seed\":4,\"stop_sequences\":[\"x\"],\"connectors\":[],\"documents\":[{\"t\":\"d\"}],"
                            "\"chat_history\":[{\"role\":\"USER\",\"message\":\"a\"},{\"role\":\"CHATBOT\",\"message\":\"b\"}]}"), FAIL_OK);
    static const struct { enum conv_role role; const char *text; } want[] = {
        {ROLE_SYSTEM, "be brief"}, {ROLE_SYSTEM, "Documents to answer from:\n\n{\"t\":\"d\"}"}, {ROLE_USER, "a"}, {ROLE_ASSISTANT, "b"},
        {ROLE_USER, "now"}};
    assert_int_equal(conv.n_msgs, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_int_equal(conv.msgs[i].role, want[i].role);
        ASSERT_IS(conv.msgs[i].text, want[i].text);
    }
    ASSERT_IS(conv.model, "command-r");
    assert_true(conv.stream && conv.max_tokens == 7 && conv.top_k == 3 && conv.seed == 4 && conv.n_stops == 1 && !conv.unsupported);
    assert_int_equal(decode("{\"message\":\"hi\",\"response_format\":{\"type\":\"json_object\",\"schema\":{\"type\":\"object\"}}}"), FAIL_OK);
    assert_int_equal(conv.format, FORMAT_SCHEMA);
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *member, *name; } rows[] = {
        {"\"tools\":[{\"name\":\"f\"}]", "tools"}, {"\"tool_results\":[{}]", "tool_results"}, {"\"connectors\":[{\"id\":\"web-search\"}]", "connectors"},
        {"\"conversation_id\":\"c1\"", "conversation_id"}, {"\"search_queries_only\":true", "search_queries_only"},
        {"\"raw_prompting\":true", "raw_prompting"}, {"\"chat_history\":7", "chat_history"}, {"\"chat_history\":[{\"role\":\"TOOL\"}]", "chat_history"},
        {"\"chat_history\":[1]", "chat_history"}, {"\"preamble\":1", "preamble"}, {"\"documents\":{}", "documents"},
        {"\"response_format\":{\"type\":\"xml\"}", "response_format"}, {"\"p\":2", "p"}, {"\"model\":1", "model"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[256];
        snprintf(body, sizeof body, "{\"message\":\"hi\",%s}", rows[i].member);
        assert_int_equal(decode(body), FAIL_OK);
        if (!conv.unsupported || strcmp(conv.unsupported, rows[i].name) != 0) fail_msg("%s: %s", body, conv.unsupported ? conv.unsupported : "-");
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const char *const bodies[] = {"[]", "{}", "{\"message\":null}", "{\"message\":[\"hi\"]}"};
    for (size_t i = 0; i < COUNT(bodies); i++) assert_int_equal(decode(bodies[i]), FAIL_REQUEST_INVALID);
    assert_string_equal(field, "message");
}

#define ID id_of("chat_", 0)
#define META "\"meta\":{\"api_version\":{\"version\":\"1\"},\"billed_units\":{\"input_tokens\":9,\"output_tokens\":3}," \
             "\"tokens\":{\"input_tokens\":9,\"output_tokens\":3}}"
#define ANSWER(text, why) "{\"response_id\":\"%s\",\"text\":\"" text "\",\"generation_id\":\"%s\",\"chat_history\":[" \
                          "{\"role\":\"USER\",\"message\":\"hi\"},{\"role\":\"CHATBOT\",\"message\":\"" text "\"}]," \
                          "\"finish_reason\":\"" why "\"," META "}"

static struct answer answer(bool stream)
{
    assert_int_equal(decode(stream ? "{\"message\":\"hi\",\"preamble\":\"p\",\"stream\":true}" : "{\"message\":\"hi\",\"preamble\":\"p\"}"), FAIL_OK);
    return answer_of(&codec_cohere_v1_chat, &conv);
}

static void answers_whole(void **state)
{
    (void)state;
    ENCODE(answer(false), start, text("a\n"), text("b"), end(STOP_END));
    assert_out(ANSWER("a\\nb", "COMPLETE"), ID, ID);
    ENCODE(answer(false), start, text("a"), end(STOP_LENGTH), text("late"));
    assert_out(ANSWER("a", "MAX_TOKENS"), ID, ID);
    ENCODE(answer(false), start, text("a"), broken(FAIL_ENGINE_FAILED));
    assert_int_equal(out.n, 0);
    struct answer a = answer(false);
    a.notice = "[inside]";
    ENCODE(a, start, end(STOP_END));
    assert_true(out_has("\"text\":\"[inside]\""));
}

static void answers_line_by_line(void **state)
{
    (void)state;
    ENCODE(answer(true), start, text("a"), text("b"), end(STOP_STRING));
    assert_out("{\"is_finished\":false,\"event_type\":\"stream-start\",\"generation_id\":\"%s\"}\n"
               "{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"a\"}\n"
               "{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"b\"}\n"
               "{\"is_finished\":true,\"event_type\":\"stream-end\",\"finish_reason\":\"STOP_SEQUENCE\",\"response\":"
               ANSWER("ab", "STOP_SEQUENCE") "}\n", ID, ID, ID);
    assert_string_equal(codec_cohere_v1_chat.content_type(&(struct answer){.stream = true}), "application/stream+json");
    ENCODE(answer(true), start, text("a"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_true(span_ends(obuf_span(&out), SPAN("{\"is_finished\":true,\"event_type\":\"stream-end\",\"finish_reason\":\"ERROR\",\"response\":"
                                                "{\"text\":\"the local model failed (cordon ENGINE_FAILED, id 01J)\"}}\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_message_and_what_came_before), cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request), cmocka_unit_test(answers_whole), cmocka_unit_test(answers_line_by_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
