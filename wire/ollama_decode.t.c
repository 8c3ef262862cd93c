/* Ollama's request bodies to conversations. */
#include "wire/ollama.h"
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

static enum fail decode_by(decoder *f, const char *path, struct span body)
{
    arena_reset(arena);
    assert_int_equal(jscan(body, arena, &doc, &at), FAIL_OK);
    return f(&(struct conv_source){.doc = &doc, .path = span_str(path)}, arena, &conv, &field, &at);
}

static void chat(const char *body) { assert_int_equal(decode_by(ollama_chat_decode, "/api/chat", span_str(body)), FAIL_OK); }
static void generate(const char *body)
{
    assert_int_equal(decode_by(ollama_generate_decode, "/api/generate", span_str(body)), FAIL_OK);
}

#define HEAD "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void streams_unless_told_otherwise(void **state)
{
    (void)state;
    chat(HEAD "}");
    assert_true(conv.stream && conv.kind == CONV_CHAT && conv.n_msgs == 1 && conv.own == 0);
    ASSERT_IS(conv.model, "m");
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_true(isnan(conv.temperature) && conv.max_tokens == -1 && conv.format == FORMAT_TEXT && !conv.show_reasoning);
    assert_null(conv.unsupported);
    chat(HEAD ",\"stream\":null}");
    assert_true(conv.stream);
    chat(HEAD ",\"stream\":false}");
    assert_false(conv.stream);
}

static void reads_every_parameter(void **state)
{
    (void)state;
    chat(HEAD ",\"think\":\"high\",\"format\":\"json\",\"keep_alive\":\"5m\",\"tools\":[],\"options\":{\"temperature\":0.5,\"top_k\":3,"
         "\"top_p\":0.9,\"num_predict\":7,\"seed\":0,\"stop\":[\"a\",\"b\"],\"presence_penalty\":1,\"frequency_penalty\":-1,"
         "\"num_ctx\":4096,\"repeat_penalty\":1.1}}");
    assert_null(conv.unsupported);
    assert_true(conv.temperature == 0.5 && conv.top_k == 3 && conv.top_p == 0.9 && conv.max_tokens == 7);
    assert_true(conv.has_seed && conv.seed == 0 && conv.presence_penalty == 1 && conv.frequency_penalty == -1);
    assert_true(conv.show_reasoning && conv.format == FORMAT_JSON && conv.n_stops == 2);
    assert_null(conv.tools.p);
    chat(HEAD ",\"think\":false,\"format\":{\"type\":\"object\"},\"options\":{\"num_predict\":-1,\"stop\":\"x\",\"top_k\":0},"
         "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
    assert_null(conv.unsupported);
    assert_true(!conv.show_reasoning && conv.format == FORMAT_SCHEMA && conv.max_tokens == -1 && conv.n_stops == 1);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    ASSERT_IS(conv.tools, "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");
    chat(HEAD ",\"format\":\"\",\"options\":{\"num_predict\":-2}}");
    assert_true(conv.format == FORMAT_TEXT && conv.max_tokens == -1 && !conv.unsupported);
}

static void reads_turns(void **state)
{
    (void)state;
    chat("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"assistant\",\"content\":\"\","
         "\"thinking\":\"hm\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\": 1}}},"
         "{\"id\":\"c1\",\"function\":{\"name\":\"g\"}}]},{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"1\"},"
         "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"2\"},{\"role\":\"user\",\"content\":\"\\u00e9\",\"images\":[]}]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 5);
    const struct conv_msg *m = conv.msgs;
    assert_true(m[0].role == ROLE_SYSTEM && m[1].role == ROLE_ASSISTANT && m[2].role == ROLE_TOOL && m[4].role == ROLE_USER);
    ASSERT_IS(m[1].reasoning, "hm");
    assert_int_equal(m[1].n_calls, 2);
    ASSERT_IS(m[1].calls[0].id, "f");
    ASSERT_IS(m[1].calls[0].arguments, "{\"a\": 1}");
    ASSERT_IS(m[1].calls[1].id, "c1");
    ASSERT_IS(m[1].calls[1].arguments, "{}");
    ASSERT_IS(m[2].tool_call_id, "f");
    ASSERT_IS(m[3].tool_call_id, "c1");
    ASSERT_IS(m[4].text, "\xc3\xa9");
}

static void reads_prompts_and_inputs(void **state)
{
    (void)state;
    generate("{\"model\":\"m\",\"prompt\":\"p\",\"system\":\"s\",\"raw\":false,\"template\":\"\",\"context\":[],\"images\":null}");
    assert_true(conv.n_msgs == 2 && conv.own == OLLAMA_GENERATE && conv.stream && !conv.unsupported);
    ASSERT_IS(conv.msgs[0].text, "s");
    ASSERT_IS(conv.msgs[1].text, "p");
    assert_int_equal(decode_by(ollama_embed_decode, "/api/embed", SPAN("{\"model\":\"m\",\"input\":[\"a\",\"b\"]}")), FAIL_OK);
    assert_true(conv.kind == CONV_EMBED && conv.n_inputs == 2 && !conv.stream && conv.own == 0 && !conv.unsupported);
    ASSERT_IS(conv.inputs[1], "b");
    assert_int_equal(decode_by(ollama_embed_decode, "/api/embed", SPAN("{\"model\":\"m\",\"input\":\"a\",\"dimensions\":4}")), FAIL_OK);
    assert_int_equal(conv.n_inputs, 1);
    assert_string_equal(conv.unsupported, "dimensions");
    assert_int_equal(decode_by(ollama_embed_decode, "/api/embeddings", SPAN("{\"model\":\"m\",\"prompt\":\"a\"}")), FAIL_OK);
    assert_true(conv.n_inputs == 1 && conv.own == OLLAMA_EMBEDDINGS);
    ASSERT_IS(conv.inputs[0], "a");
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { decoder *f; const char *body, *name; } rows[] = {
        {ollama_chat_decode, "{\"model\":\"m\"}", "messages"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[]}", "messages"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[1]}", "messages.role"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}", "messages.content"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[]}]}", "messages.content"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\",\"images\":[\"QQ==\"]}]}", "messages.images"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":{}}]}", "messages.tool_calls"},
        {ollama_chat_decode, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}", "messages.tool_calls"},
        {ollama_chat_decode, HEAD ",\"stream\":1}", "stream"}, {ollama_chat_decode, HEAD ",\"options\":[]}", "options"},
        {ollama_chat_decode, HEAD ",\"format\":7}", "format"}, {ollama_chat_decode, HEAD ",\"format\":\"xml\"}", "format"},
        {ollama_chat_decode, HEAD ",\"tools\":[{}]}", "tools"}, {ollama_chat_decode, HEAD ",\"think\":1}", "think"},
        {ollama_chat_decode, HEAD ",\"logprobs\":true}", "logprobs"},
        {ollama_chat_decode, HEAD ",\"options\":{\"num_predict\":0}}", "num_predict"},
        {ollama_chat_decode, HEAD ",\"options\":{\"stop\":[\"\"]}}", "stop"},
        {ollama_generate_decode, "{\"model\":\"m\"}", "prompt"},
        {ollama_generate_decode, "{\"model\":\"m\",\"prompt\":\"p\",\"raw\":true}", "raw"},
        {ollama_generate_decode, "{\"model\":\"m\",\"prompt\":\"p\",\"template\":\"t\"}", "template"},
        {ollama_generate_decode, "{\"model\":\"m\",\"prompt\":\"p\",\"context\":[1]}", "context"},
        {ollama_generate_decode, "{\"model\":\"m\",\"prompt\":\"p\",\"images\":[\"QQ==\"]}", "images"},
        {ollama_generate_decode, "{\"model\":\"m\",\"prompt\":\"p\",\"suffix\":\"s\"}", "suffix"},
        {ollama_embed_decode, "{\"model\":\"m\",\"input\":[1]}", "input"}, {ollama_embed_decode, "{\"model\":\"m\",\"input\":[]}", "input"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(rows[i].f, "/api/x", span_str(rows[i].body)), FAIL_OK);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].body, conv.unsupported ? conv.unsupported : "nothing");
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { decoder *f; const char *body, *name; } rows[] = {
        {ollama_chat_decode, "[]", NULL}, {ollama_chat_decode, "{\"messages\":[]}", "model"},
        {ollama_chat_decode, "{\"model\":1}", "model"}, {ollama_chat_decode, "{\"model\":\"m\",\"messages\":\"hi\"}", "messages"},
        {ollama_generate_decode, "{\"model\":\"m\",\"prompt\":[]}", "prompt"},
        {ollama_embed_decode, "{\"model\":\"m\"}", "input"}, {ollama_embed_decode, "{\"model\":\"m\",\"input\":{}}", "input"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(rows[i].f, "/api/x", span_str(rows[i].body)), FAIL_REQUEST_INVALID);
        assert_true(rows[i].name ? field && strcmp(field, rows[i].name) == 0 : field == NULL);
    }
    assert_int_equal(decode_by(ollama_embed_decode, "/api/embeddings", SPAN("{\"model\":\"m\",\"prompt\":[\"a\"]}")),
                     FAIL_REQUEST_INVALID);
}

static void bounds_what_it_builds(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"model\":\"m\",\"messages\":[{}");
    for (int i = 0; i < 100000; i++) obuf_str(&o, ",{}");
    obuf_str(&o, "]}");
    assert_int_equal(decode_by(ollama_chat_decode, "/api/chat", obuf_span(&o)), FAIL_OK);
    assert_string_equal(conv.unsupported, "messages");
    assert_int_equal(conv.n_msgs, 0);
    obuf_reset(&o);
    obuf_str(&o, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}");
    for (int i = 0; i < 1000; i++) obuf_str(&o, ",{}");
    obuf_str(&o, "]}]}");
    assert_int_equal(decode_by(ollama_chat_decode, "/api/chat", obuf_span(&o)), FAIL_OK);
    assert_true(conv.unsupported && conv.msgs[0].n_calls == 0);
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
        cmocka_unit_test(streams_unless_told_otherwise),
        cmocka_unit_test(reads_every_parameter),
        cmocka_unit_test(reads_turns),
        cmocka_unit_test(reads_prompts_and_inputs),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(bounds_what_it_builds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
