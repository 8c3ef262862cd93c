/* Cohere's request bodies to conversations. */
#include "wire/cohere.h"
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

static void chat(const char *body) { assert_int_equal(decode_by(cohere_chat_decode, span_str(body)), FAIL_OK); }
static void embed(const char *body) { assert_int_equal(decode_by(cohere_embed_decode, span_str(body)), FAIL_OK); }

#define HEAD "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_the_smallest(void **state)
{
    (void)state;
    chat(HEAD "}");
    assert_true(conv.kind == CONV_CHAT && conv.n_msgs == 1 && !conv.stream && !conv.show_reasoning && conv.n_choices == 1);
    ASSERT_IS(conv.model, "m");
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_true(isnan(conv.temperature) && isnan(conv.top_p) && conv.top_k == -1 && conv.max_tokens == -1);
    assert_null(conv.unsupported);
}

static void reads_every_parameter(void **state)
{
    (void)state;
    chat(HEAD ",\"stream\":true,\"max_tokens\":7,\"temperature\":0.5,\"p\":0.9,\"k\":3,\"seed\":5,\"stop_sequences\":[\"a\",\"b\"],"
         "\"frequency_penalty\":0.1,\"presence_penalty\":0.2," TOOLS ",\"tool_choice\":\"REQUIRED\",\"strict_tools\":true,"
         "\"thinking\":{\"type\":\"enabled\",\"token_budget\":9},\"response_format\":{\"type\":\"json_object\"},\"documents\":[],"
         "\"citation_options\":{\"mode\":\"off\"},\"safety_mode\":\"OFF\",\"logprobs\":false,\"priority\":1}");
    assert_null(conv.unsupported);
    assert_true(conv.stream && conv.max_tokens == 7 && conv.temperature == 0.5 && conv.top_p == 0.9 && conv.top_k == 3);
    assert_true(conv.has_seed && conv.seed == 5 && conv.n_stops == 2 && conv.frequency_penalty == 0.1 && conv.presence_penalty == 0.2);
    assert_true(conv.tool_choice == TOOLS_REQUIRED && conv.show_reasoning && conv.format == FORMAT_JSON && conv.n_msgs == 1);
    ASSERT_IS(conv.tools, "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");
    chat(HEAD ",\"k\":0,\"tool_choice\":\"NONE\",\"thinking\":{\"type\":\"disabled\"},"
         "\"response_format\":{\"type\":\"json_object\",\"json_schema\":{\"type\":\"object\"}}}");
    assert_true(!conv.unsupported && conv.top_k == -1 && conv.tool_choice == TOOLS_NONE && conv.format == FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    chat(HEAD ",\"response_format\":{\"type\":\"json_object\",\"schema\":{\"a\":1}},\"temperature\":null}");
    ASSERT_IS(conv.schema, "{\"a\":1}");
    chat(HEAD ",\"response_format\":{\"type\":\"text\"}}");
    assert_true(conv.format == FORMAT_TEXT && !conv.unsupported);
}

static void reads_turns(void **state)
{
    (void)state;
    chat("{\"model\":\"m\",\"documents\":[\"one\",{\"id\":\"2\",\"data\":{\"t\": \"two\"}}],\"messages\":["
         "{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"\\u0062\"}]},"
         "{\"role\":\"assistant\",\"tool_plan\":\"plan\",\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
         "\"arguments\":\"{\\\"x\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":\"document\","
         "\"document\":{\"data\":{\"r\":1}}}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},"
         "{\"type\":\"text\",\"text\":\"yes\"}]}]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 5);
    const struct conv_msg *m = conv.msgs;
    assert_true(m[0].role == ROLE_SYSTEM && m[2].role == ROLE_ASSISTANT && m[3].role == ROLE_TOOL);
    ASSERT_IS(m[0].text, "Documents to answer from:\n\none\n\n{\"t\": \"two\"}");
    ASSERT_IS(m[1].text, "ab");
    ASSERT_IS(m[2].text, "plan");
    ASSERT_IS(m[2].calls[0].id, "c1");
    ASSERT_IS(m[2].calls[0].arguments, "{\"x\":1}");
    ASSERT_IS(m[3].tool_call_id, "c1");
    ASSERT_IS(m[3].text, "{\"r\":1}");
    ASSERT_IS(m[4].reasoning, "hm");
    ASSERT_IS(m[4].text, "yes");
}

static void reads_inputs(void **state)
{
    (void)state;
    embed("{\"model\":\"e\",\"input_type\":\"search_query\",\"texts\":[\"a\",\"b\"],\"embedding_types\":[\"float\"],\"truncate\":\"END\"}");
    assert_true(conv.kind == CONV_EMBED && conv.n_inputs == 2 && !conv.unsupported);
    ASSERT_IS(conv.inputs[1], "b");
    embed("{\"model\":\"e\",\"inputs\":[{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}],\"texts\":null}");
    assert_true(conv.n_inputs == 1 && !conv.unsupported && conv.own == COHERE_FLOAT);
    ASSERT_IS(conv.inputs[0], "ab");
    embed("{\"model\":\"e\",\"texts\":[\"a\"],\"embedding_types\":[\"int8\",\"base64\"]}");
    assert_true(conv.own == (COHERE_INT8 | COHERE_BASE64) && !conv.unsupported);
}

static void reads_inputs_of_the_first_version(void **state)
{
    (void)state;
    static const struct { const char *body; unsigned own; } rows[] = {
        {"{\"texts\":[\"a\"]}", COHERE_FLOAT | COHERE_LIST | COHERE_V1},
        {"{\"model\":\"e\",\"texts\":[\"a\"],\"embedding_types\":[\"uint8\"]}", COHERE_UINT8 | COHERE_V1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_reset(arena);
        assert_int_equal(jscan(span_str(rows[i].body), arena, &doc, &at), FAIL_OK);
        const struct conv_source s = {.doc = &doc, .path = SPAN("/v1/embed")};
        assert_int_equal(cohere_embed_decode(&s, arena, &conv, &field, &at), FAIL_OK);
        assert_int_equal(conv.own, rows[i].own);
        assert_true(conv.n_inputs == 1 && conv.model.p != NULL && !conv.unsupported);
    }
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { decoder *f; const char *body, *name; } rows[] = {
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[]}", "messages"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[1]}", "messages.role"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}", "messages.content"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", "image_url"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{}]}]}", "messages.content"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "messages.tool_call_id"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}", "messages.tool_calls"},
        {cohere_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":1}]}", "messages.tool_calls"},
        {cohere_chat_decode, HEAD ",\"documents\":[1]}", "documents"}, {cohere_chat_decode, HEAD ",\"documents\":\"d\"}", "documents"},
        {cohere_chat_decode, HEAD ",\"tool_choice\":\"REQUIRED\"}", "tool_choice"},
        {cohere_chat_decode, HEAD ",\"tool_choice\":\"required\"}", "tool_choice"},
        {cohere_chat_decode, HEAD ",\"tools\":[{\"type\":\"function\"}]}", "tools"},
        {cohere_chat_decode, HEAD ",\"response_format\":{\"type\":\"xml\"}}", "response_format"},
        {cohere_chat_decode, HEAD ",\"response_format\":{\"type\":\"json_object\",\"schema\":1}}", "response_format"},
        {cohere_chat_decode, HEAD ",\"thinking\":{}}", "thinking"}, {cohere_chat_decode, HEAD ",\"logprobs\":true}", "logprobs"},
        {cohere_chat_decode, HEAD ",\"raw_prompting\":true}", "raw_prompting"}, {cohere_chat_decode, HEAD ",\"stream\":\"yes\"}", "stream"},
        {cohere_chat_decode, HEAD ",\"p\":2}", "p"}, {cohere_chat_decode, HEAD ",\"max_tokens\":0}", "max_tokens"},
        {cohere_embed_decode, "{\"model\":\"e\",\"images\":[\"data:\"]}", "images"},
        {cohere_embed_decode, "{\"model\":\"e\",\"texts\":[]}", "texts"}, {cohere_embed_decode, "{\"model\":\"e\",\"texts\":[1]}", "texts"},
        {cohere_embed_decode, "{\"model\":\"e\",\"inputs\":[{\"content\":[{\"type\":\"image_url\"}]}]}", "inputs"},
        {cohere_embed_decode, "{\"model\":\"e\",\"texts\":[\"a\"],\"inputs\":[{}]}", "inputs"},
        {cohere_embed_decode, "{\"model\":\"e\",\"texts\":[\"a\"],\"embedding_types\":[\"int4\"]}", "embedding_types"},
        {cohere_embed_decode, "{\"model\":\"e\",\"texts\":[\"a\"],\"embedding_types\":\"float\"}", "embedding_types"},
        {cohere_embed_decode, "{\"model\":\"e\",\"texts\":[\"a\"],\"output_dimension\":256}", "output_dimension"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(rows[i].f, span_str(rows[i].body)), FAIL_OK);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].body, conv.unsupported ? conv.unsupported : "nothing");
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { decoder *f; const char *body, *name; } rows[] = {
        {cohere_chat_decode, "[]", NULL}, {cohere_chat_decode, "{\"messages\":[]}", "model"},
        {cohere_chat_decode, "{\"model\":\"m\"}", "messages"}, {cohere_chat_decode, "{\"model\":\"m\",\"messages\":{}}", "messages"},
        {cohere_embed_decode, "{\"model\":\"e\"}", "texts"}, {cohere_embed_decode, "{\"model\":\"e\",\"texts\":\"a\"}", "texts"},
        {cohere_embed_decode, "{\"model\":null,\"texts\":[\"a\"]}", "model"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(rows[i].f, span_str(rows[i].body)), FAIL_REQUEST_INVALID);
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
    assert_int_equal(decode_by(cohere_chat_decode, obuf_span(&o)), FAIL_OK);
    assert_true(conv.unsupported && conv.n_msgs == 0);
    obuf_reset(&o);
    obuf_str(&o, "{\"model\":\"e\",\"inputs\":[{}");
    for (int i = 0; i < 100000; i++) obuf_str(&o, ",{}");
    obuf_str(&o, "]}");
    assert_int_equal(decode_by(cohere_embed_decode, obuf_span(&o)), FAIL_OK);
    assert_true(conv.unsupported && conv.n_inputs == 0);
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
        cmocka_unit_test(reads_inputs), cmocka_unit_test(reads_inputs_of_the_first_version),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(bounds_what_it_builds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
