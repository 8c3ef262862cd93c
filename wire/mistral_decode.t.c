/* Mistral's request bodies to conversations: mostly what differs from OpenAI's. */
#include "wire/mistral.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static struct conv conv;
static const char *field;
static size_t at;

typedef enum fail decoder(const struct conv_source *, struct arena *, struct conv *, const char **, size_t *);

static enum fail decode_by(decoder *f, struct span body)
{
    arena_reset(arena);
    assert_int_equal(jscan(body, arena, &doc, &at), FAIL_OK);
    return f(&(struct conv_source){.doc = &doc}, arena, &conv, &field, &at);
}

static void chat(const char *body) { assert_int_equal(decode_by(mistral_chat_decode, span_str(body)), FAIL_OK); }

#define HEAD "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define TOOLS ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]"
#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_the_smallest(void **state)
{
    (void)state;
    chat(HEAD "}");
    assert_true(conv.kind == CONV_CHAT && conv.n_msgs == 1 && !conv.stream && !conv.show_reasoning && conv.n_choices == 1);
    ASSERT_IS(conv.model, "m");
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_true(isnan(conv.temperature) && conv.max_tokens == -1 && conv.parallel_tool_calls);
    assert_null(conv.unsupported);
}

static void reads_every_parameter(void **state)
{
    (void)state;
    chat(HEAD TOOLS ",\"stream\":true,\"max_tokens\":7,\"temperature\":0.5,\"top_p\":0.9,\"top_k\":3,\"random_seed\":5,\"stop\":\"a\","
         "\"n\":2,\"presence_penalty\":0.1,\"frequency_penalty\":0.2,\"repetition_penalty\":1,\"min_tokens\":0,"
         "\"tool_choice\":\"any\",\"parallel_tool_calls\":false,\"prompt_mode\":\"reasoning\",\"safe_prompt\":true,"
         "\"response_format\":{\"type\":\"json_object\"},\"metadata\":{},\"prediction\":{\"type\":\"content\",\"content\":\"\"}}");
    assert_null(conv.unsupported);
    assert_true(conv.stream && conv.max_tokens == 7 && conv.temperature == 0.5 && conv.top_p == 0.9 && conv.top_k == 3);
    assert_true(conv.has_seed && conv.seed == 5 && conv.n_stops == 1 && conv.n_choices == 2 && !conv.parallel_tool_calls);
    assert_true(conv.tool_choice == TOOLS_REQUIRED && conv.show_reasoning && conv.format == FORMAT_JSON);
    chat(HEAD TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}},\"reasoning_effort\":\"none\","
         "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}}");
    assert_true(!conv.unsupported && conv.tool_choice == TOOLS_NAMED && conv.format == FORMAT_SCHEMA && !conv.show_reasoning);
    ASSERT_IS(conv.tool_name, "g");
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    chat(HEAD TOOLS ",\"tool_choice\":\"none\",\"reasoning_effort\":\"high\",\"response_format\":{\"type\":\"text\"},\"random_seed\":null}");
    assert_true(!conv.unsupported && conv.tool_choice == TOOLS_NONE && conv.show_reasoning && !conv.has_seed);
}

static void reads_turns(void **state)
{
    (void)state;
    chat("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
         "{\"type\":\"text\",\"text\":\"\\u0062\"}]},{\"role\":\"assistant\",\"prefix\":false,\"content\":[{\"type\":\"thinking\","
         "\"thinking\":[{\"type\":\"text\",\"text\":\"h\"},{\"type\":\"reference\",\"reference_ids\":[1]},{\"type\":\"text\",\"text\":\"m\"}]},"
         "{\"type\":\"text\",\"text\":\"yes\"},{\"type\":\"reference\",\"reference_ids\":[1]}],\"tool_calls\":["
         "{\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\": 1}}},"
         "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
         "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"name\":\"f\",\"content\":\"r\"},{\"role\":\"tool\",\"content\":null}]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 4);
    const struct conv_msg *m = conv.msgs;
    ASSERT_IS(m[0].text, "ab");
    ASSERT_IS(m[1].text, "yes");
    ASSERT_IS(m[1].reasoning, "hm");
    assert_int_equal(m[1].n_calls, 2);
    ASSERT_IS(m[1].calls[0].arguments, "{\"x\": 1}");
    ASSERT_IS(m[1].calls[1].arguments, "{}");
    ASSERT_IS(m[2].tool_call_id, "c1");
    ASSERT_IS(m[2].name, "f");
    assert_true(m[3].role == ROLE_TOOL);
}

static void reads_inputs(void **state)
{
    (void)state;
    assert_int_equal(decode_by(mistral_embed_decode, SPAN("{\"model\":\"e\",\"input\":[\"a\",\"b\"],\"encoding_format\":\"float\"}")), FAIL_OK);
    assert_true(conv.kind == CONV_EMBED && conv.n_inputs == 2 && !conv.unsupported);
    assert_int_equal(decode_by(mistral_embed_decode, SPAN("{\"model\":\"e\",\"input\":\"a\",\"output_dtype\":\"int8\"}")), FAIL_OK);
    assert_string_equal(conv.unsupported, "output_dtype");
    assert_int_equal(decode_by(mistral_embed_decode, SPAN("{\"model\":\"e\",\"input\":7}")), FAIL_REQUEST_INVALID);
    assert_string_equal(field, "input");
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
#define CONTENT(c) "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" c "}]}"
    static const struct { const char *body, *name; } rows[] = {
        {"{\"model\":\"m\",\"messages\":[]}", "messages"}, {"{\"model\":\"m\",\"messages\":[1]}", "messages.role"},
        {CONTENT("null"), "messages.content"}, {CONTENT("7"), "messages.content"}, {CONTENT("[7]"), "messages.content"},
        {CONTENT("[{\"type\":\"image_url\",\"image_url\":\"data:\"}]"), "image_url"},
        {CONTENT("[{\"type\":\"document_url\"}]"), "document_url"}, {CONTENT("[{\"type\":\"input_audio\"}]"), "input_audio"},
        {CONTENT("[{\"type\":\"thinking\",\"thinking\":\"x\"}]"), "messages.content"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"prefix\":true}]}", "messages.prefix"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}", "messages.tool_calls"},
        {HEAD ",\"tools\":[{\"type\":\"web_search\"}]}", "tools"}, {HEAD ",\"tool_choice\":\"any\"}", "tool_choice"},
        {HEAD TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"h\"}}}", "tool_choice"},
        {HEAD ",\"n\":99}", "n"}, {HEAD ",\"prompt_mode\":\"other\"}", "prompt_mode"},
        {HEAD ",\"response_format\":{\"type\":\"json_schema\"}}", "response_format"}, {HEAD ",\"repetition_penalty\":1.2}", "repetition_penalty"},
        {HEAD ",\"logprobs\":true}", "logprobs"}, {HEAD ",\"random_seed\":\"x\"}", "random_seed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        chat(rows[i].body);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].body, conv.unsupported ? conv.unsupported : "nothing");
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { const char *body, *name; } rows[] = {
        {"[]", NULL}, {"{\"messages\":[]}", "model"}, {"{\"model\":\"m\"}", "messages"}, {"{\"model\":\"m\",\"messages\":\"hi\"}", "messages"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(mistral_chat_decode, span_str(rows[i].body)), FAIL_REQUEST_INVALID);
        assert_true(rows[i].name ? field && strcmp(field, rows[i].name) == 0 : field == NULL);
    }
}

static void bounds_what_it_builds(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"model\":\"m\",\"messages\":[{}");
    for (int i = 0; i < 100000; i++) obuf_str(&o, ",{}");
    obuf_str(&o, "]}");
    assert_int_equal(decode_by(mistral_chat_decode, obuf_span(&o)), FAIL_OK);
    assert_true(conv.unsupported && conv.n_msgs == 0);
    obuf_fini(&o);
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
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_smallest),
        cmocka_unit_test(reads_every_parameter),
        cmocka_unit_test(reads_turns),
        cmocka_unit_test(reads_inputs),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(bounds_what_it_builds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
