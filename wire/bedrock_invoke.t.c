/* InvokeModel: the families by the model's id, their requests, and their answers in the frames that botocore reads. */
#include "wire/bedrock_invoke.h"
#include "core/base64.h"
#include "wire/codecs.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static struct conv conv;
static struct obuf out, seen;
static const struct id_key key = {{7}};

static enum fail try_model(const char *model, bool stream, const char *body)
{
    static char path[300];
    const char *field;
    size_t at;
    arena_reset(arena);
    snprintf(path, sizeof path, "/model/%s/%s", model, stream ? "invoke-with-response-stream" : "invoke");
    assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
    const struct route *r = route_find("bedrock", SPAN("POST"), span_str(path), true);
    assert_true(r->known);
    return r->codec->decode(&(struct conv_source){.doc = &doc, .path = span_str(path), .route = r}, arena, &conv, &field,
        &at);
}

static void decode(const char *model, bool stream, const char *body)
{
    assert_int_equal(try_model(model, stream, body), FAIL_OK);
}

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))
#define CLAUDE "anthropic.claude-3-haiku-20240307-v1%3A0"
#define CLAUDE_BODY "{\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\"," \
    "\"content\":\"hi\"}]}"
#define LLAMA "meta.llama3-8b-instruct-v1:0"
#define PROFILE "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc"

static void knows_the_families(void **state)
{
    (void)state;
    static const struct { const char *model; enum bedrock_family family; } rows[] = {
        {"anthropic.claude-v2", FAMILY_ANTHROPIC}, {"us.anthropic.claude-x", FAMILY_ANTHROPIC},
        {"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-x", FAMILY_ANTHROPIC}, {"eu.amazon.nova-pro-v1:0",
            FAMILY_NOVA},
        {LLAMA, FAMILY_LLAMA}, {"mistral.mixtral", FAMILY_MISTRAL}, {"amazon.titan-text-lite-v1", FAMILY_TITAN},
        {"amazon.titan-embed-text-v2:0", FAMILY_TITAN_EMBED}, {"amazon.titan-embed-image-v1", FAMILY_UNKNOWN},
        {"cohere.command-r-plus-v1:0", FAMILY_COHERE}, {"cohere.embed-english-v3", FAMILY_COHERE_EMBED},
        {"openai.gpt-oss-20b-1:0", FAMILY_OPENAI}, {"us.deepseek.r1-v1:0", FAMILY_DEEPSEEK},
        {"notanthropic.claude", FAMILY_UNKNOWN}, {"", FAMILY_UNKNOWN},
    };
    struct jdoc none = {.text = SPAN(""), .n = 0};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(bedrock_family_of(span_str(rows[i].model), &none), rows[i].family);
    decode(PROFILE, false, CLAUDE_BODY);
    assert_int_equal(bedrock_family_in(&conv), FAMILY_ANTHROPIC);
    decode(PROFILE, false, "{\"prompt\":\"x\",\"max_gen_len\":3}");
    assert_int_equal(bedrock_family_in(&conv), FAMILY_LLAMA);
    decode(PROFILE, false, "{\"what\":\"x\"}");
    assert_string_equal(conv.unsupported, "model family");
    decode("stability.sd3-large-v1:0", false, "{\"prompt\":\"x\"}");
    assert_string_equal(conv.unsupported, "model family");
    assert_int_equal(try_model(CLAUDE, false, "[]"), FAIL_REQUEST_INVALID);
}

static void reads_claude_and_nova(void **state)
{
    (void)state;
    decode(CLAUDE, true, CLAUDE_BODY);
    ASSERT_IS(conv.model, "anthropic.claude-3-haiku-20240307-v1:0");
    assert_true(conv.kind == CONV_CHAT && conv.stream && conv.max_tokens == 5 && conv.n_msgs == 1 && !conv.unsupported);
    decode("us.amazon.nova-lite-v1:0", false,
           "{\"schemaVersion\":\"messages-v1\",\"system\":[{\"text\":\"s\"}],\"messages\":[{\"role\":\"user\","
           "\"content\":[{\"text\":\"hi\"}]}],"
           "\"inferenceConfig\":{\"max_new_tokens\":6,\"top_p\":0.5,\"topK\":7,\"stopSequences\":[\"x\"]}}");
    assert_true(conv.n_msgs == 2 && conv.max_tokens == 6 && conv.top_p == 0.5 && conv.top_k == 7 && conv.n_stops == 1);
    assert_true(!conv.stream && !conv.unsupported);
    decode(CLAUDE, false, "{\"prompt\":\"\\n\\nHuman: hi\\n\\nAssistant:\",\"max_tokens_to_sample\":5}");
    assert_string_equal(conv.unsupported, "prompt");
    decode("amazon.nova-canvas-v1:0", false, "{\"taskType\":\"TEXT_IMAGE\"}");
    assert_string_equal(conv.unsupported, "messages");
    assert_int_equal(try_model("amazon.nova-lite-v1:0", false, "{\"messages\":7}"), FAIL_REQUEST_INVALID);
}

static void reads_prompts(void **state)
{
    (void)state;
    decode(LLAMA, true, "{\"prompt\":\"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\\n\\nbe brief<|eot_id|>"
           "<|start_header_id|>user<|end_header_id|>\\n\\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>"
           "\\n\\nyo<|eot_id|>"
           "<|start_header_id|>user<|end_header_id|>\\n\\nmore<|eot_id|><|start_header_id|>assistant<|end_header_id|>"
           "\\n\\n\","
           "\"max_gen_len\":9,\"temperature\":0.1,\"top_p\":0.2}");
    assert_true(conv.n_msgs == 4 && conv.max_tokens == 9 && conv.temperature == 0.1 && conv.top_p == 0.2 && conv.stream);
    assert_true(conv.msgs[0].role == ROLE_SYSTEM && conv.msgs[2].role == ROLE_ASSISTANT);
    ASSERT_IS(conv.msgs[0].text, "be brief");
    ASSERT_IS(conv.msgs[3].text, "more");
    decode(LLAMA, false, "{\"prompt\":\"just a question\"}");
    assert_true(conv.n_msgs == 1 && conv.max_tokens == -1 && isnan(conv.temperature));
    ASSERT_IS(conv.msgs[0].text, "just a question");
    decode(LLAMA, false, "{\"prompt\":\"<|start_header_id|>user<|end_header_id|>\"}");   /* no turn: text like any other */
    ASSERT_IS(conv.msgs[0].text, "<|start_header_id|>user<|end_header_id|>");
}

static void reads_other_prompts(void **state)
{
    (void)state;
    decode("mistral.mistral-7b-instruct-v0:2", false,
           "{\"prompt\":\"<s>[INST] <<SYS>>\\nsys\\n<</SYS>>\\n\\nhi [/INST] yo </s><s>[INST] again [/INST]\","
           "\"max_tokens\":3,\"top_k\":4,\"stop\":[\"x\"]}");
    assert_true(conv.n_msgs == 4 && conv.top_k == 4 && conv.n_stops == 1);
    ASSERT_IS(conv.msgs[0].text, "sys");
    ASSERT_IS(conv.msgs[1].text, "hi");
    ASSERT_IS(conv.msgs[2].text, "yo");
    ASSERT_IS(conv.msgs[3].text, "again");
    decode("amazon.titan-text-express-v1", false,
           "{\"inputText\":\"[INST] as it is\",\"textGenerationConfig\":{\"maxTokenCount\":3,\"topP\":1,\"temperature\":0,"
           "\"stopSequences\":[]}}");
    ASSERT_IS(conv.msgs[0].text, "[INST] as it is");
    assert_true(conv.max_tokens == 3 && conv.top_p == 1 && conv.temperature == 0 && !conv.unsupported);
    decode("cohere.command-r-v1:0", false,
           "{\"message\":\"hi\",\"preamble\":\"p\",\"chat_history\":[{\"role\":\"USER\",\"message\":\"a\"},"
           "{\"role\":\"CHATBOT\",\"message\":\"b\"}],\"p\":0.5,\"k\":3}");
    assert_true(conv.n_msgs == 4 && conv.top_k == 3);
    assert_true(conv.msgs[0].role == ROLE_SYSTEM && conv.msgs[2].role == ROLE_ASSISTANT);
    ASSERT_IS(conv.msgs[3].text, "hi");
    decode("cohere.command-r-v1:0", false, "{\"message\":\"hi\",\"chat_history\":7}");
    assert_string_equal(conv.unsupported, "chat_history");
    assert_int_equal(try_model(LLAMA, false, "{\"prompt\":7}"), FAIL_REQUEST_INVALID);
    assert_int_equal(try_model("amazon.titan-text-express-v1", false, "{}"), FAIL_REQUEST_INVALID);
}

#define BAR "\xef\xbd\x9c"
#define OF_SENTENCE "\xe2\x96\x81of\xe2\x96\x81sentence" BAR ">"
#define DEEPSEEK_PROMPT "<" BAR "begin" OF_SENTENCE "be brief<" BAR "User" BAR ">hi<" BAR "Assistant" BAR ">yo<" BAR "end" \
    OF_SENTENCE "<" BAR "User" BAR ">more <" BAR "tea" BAR "> please<" BAR "Assistant" BAR "><think>\\n"

static void reads_deepseeks_prompt(void **state)
{
    (void)state;
    decode("us.deepseek.r1-v1:0", false, "{\"prompt\":\"" DEEPSEEK_PROMPT "\",\"max_tokens\":3,\"stop\":[\"x\"]}");
    assert_true(conv.n_msgs == 4 && conv.max_tokens == 3 && conv.n_stops == 1 && !conv.unsupported);
    assert_true(conv.msgs[0].role == ROLE_SYSTEM && conv.msgs[2].role == ROLE_ASSISTANT && conv.msgs[3].role == ROLE_USER);
    ASSERT_IS(conv.msgs[0].text, "be brief");
    ASSERT_IS(conv.msgs[1].text, "hi");
    ASSERT_IS(conv.msgs[2].text, "yo");
    ASSERT_IS(conv.msgs[3].text, "more <" BAR "tea" BAR "> please");
    decode("us.deepseek.r1-v1:0", false, "{\"prompt\":\"just a question\"}");
    ASSERT_IS(conv.msgs[0].text, "just a question");
}

#define CHAT_BODY "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," \
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\"," \
    "\"text\":\"hi\"}]}],\"max_completion_tokens\":5,\"reasoning_effort\":\"low\"}"

static void reads_chat_completions(void **state)
{
    (void)state;
    static const char *const models[] = {"openai.gpt-oss-120b-1%3A0", "qwen.qwen3-coder-30b-a3b-v1:0", "deepseek.v3-v1:0",
                                         "writer.palmyra-x5-v1:0", "ai21.jamba-1-5-large-v1:0",
                                         "mistral.mistral-large-2407-v1:0", "moonshot.kimi-k2-thinking", PROFILE};
    for (size_t i = 0; i < COUNT(models); i++) {
        decode(models[i], i % 2, CHAT_BODY);
        assert_int_equal(bedrock_family_in(&conv), FAMILY_OPENAI);
        assert_true(conv.kind == CONV_CHAT && conv.stream == i % 2 && conv.n_msgs == 2 && conv.max_tokens == 5);
        assert_true(conv.show_reasoning && !conv.unsupported);
    }
    decode("openai.gpt-oss-20b-1:0", false, CHAT_BODY);
    ASSERT_IS(conv.model, "openai.gpt-oss-20b-1:0");
    decode(PROFILE, false, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}");
    assert_string_equal(conv.unsupported, "model family");
    decode("mistral.mistral-large-2407-v1:0", false,
           "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tool_choice\":\"any\","
           "\"tools\":[{\"type\":\"function\","
           "\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}]}");
    assert_true(conv.tool_choice == TOOLS_REQUIRED && conv.tools.p && !conv.unsupported);
    assert_int_equal(try_model("openai.gpt-oss-20b-1:0", false, "{\"messages\":7}"), FAIL_REQUEST_INVALID);
    assert_int_equal(try_model("openai.gpt-oss-20b-1:0", false, "[]"), FAIL_REQUEST_INVALID);
}

/* Templates that are cut anywhere are still read. */
static void reads_cut_prompts(void **state)
{
    (void)state;
    static const char *const prompts[] = {
        "<|start_header_id|>user<|end_header_id|>\\n\\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>x",
        "<s>[INST] <<SYS>>a<</SYS>>b [/INST] c </s>[INST] d [/INST] e"};
    char body[300];
    for (size_t p = 0; p < COUNT(prompts); p++)
        for (int cut = 0; cut <= (int)strlen(prompts[p]); cut++) {
            if (cut && prompts[p][cut - 1] == '\\') continue;
            snprintf(body, sizeof body, "{\"prompt\":\"%.*s\"}", cut, prompts[p]);
            decode(LLAMA, false, body);
            for (size_t i = 0; i < conv.n_msgs; i++) assert_true(conv.msgs[i].text.p || conv.msgs[i].text.n == 0);
        }
    assert_int_equal(conv.n_msgs, 5);
}

/* ---- answers ---- */

static void put_normal(struct span s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = 0;
        while (i + n < s.n && s.p[i + n] && strchr("0123456789abcdef", s.p[i + n])) n++;
        if (n >= LOCAL_ID_DIGITS) obuf_str(&seen, "#");
        else obuf_put(&seen, s.p + i, n ? n : 1);
        i += n ? n : 1;
    }
}

/* The documents in the chunks. */
static void see_chunks(void)
{
    struct eventstream s;
    struct eventstream_message m;
    struct span left = obuf_span(&out);
    eventstream_init(&s, 1 << 20);
    while (eventstream_next(&s, &left, &m) == EVENTSTREAM_MESSAGE) {
        struct jdoc d, inner;
        size_t at;
        assert_int_equal(jscan(m.payload, arena, &d, &at), FAIL_OK);
        uint32_t bytes = jdoc_get(&d, 0, "bytes");
        if (m.kind == EVENTSTREAM_EXCEPTION) {
            obuf_str(&seen, "!");
            obuf_span_put(&seen, m.name);
        } else {
            assert_true(span_is(m.name, "chunk") && bytes != J_NONE);
            char *text = arena_alloc(arena, base64_room(jdoc_raw(&d, bytes).n));
            struct span json = {text, base64_decode(jdoc_raw(&d, bytes), text)};
            assert_int_equal(jscan(json, arena, &inner, &at), FAIL_OK);
            put_normal(json);
        }
        obuf_str(&seen, "\n");
    }
    assert_true(eventstream_may_end(&s) && left.n == 0);
    eventstream_fini(&s);
}

static void answer(const char *model, bool stream, const char *body, const struct conv_event *e, size_t n)
{
    decode(model, stream, body);
    struct answer a = {.id = "01J", .id_key = &key, .model = "m", .created = (uint64_t)1 << 40, .stream = stream,
        .conv = &conv};
    obuf_reset(&out);
    obuf_reset(&seen);
    for (size_t i = 0; i < n; i++) codec_bedrock_invoke.encode(&a, &e[i], &out);
    assert_true(obuf_ok(&out));
    if (stream) see_chunks();
    else put_normal(obuf_span(&out));
    answer_fini(&a);
}

static void assert_seen(const char *want)
{
    if (!span_is(obuf_span(&seen), want)) fail_msg("\n%.*s\nnot\n%s", (int)seen.n, seen.p, want);
}

static const struct conv_event said[] = {
    {.kind = EV_START}, {.kind = EV_TEXT, .text = {"a\"", 2}}, {.kind = EV_TEXT, .text = {"b", 1}},
    {.kind = EV_END, .prompt_tokens = 9, .completion_tokens = 3}, {.kind = EV_TEXT, .text = {"late", 4}}};
#define SAY(model, stream, body) answer((model), (stream), (body), said, COUNT(said))
#define METRICS "\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":9,\"outputTokenCount\":3," \
    "\"invocationLatency\":1,\"firstByteLatency\":1}}\n"

static void answers_as_claude(void **state)
{
    (void)state;
    SAY(CLAUDE, true, CLAUDE_BODY);
    assert_true(span_starts(obuf_span(&seen), SPAN("{\"type\":\"message_start\",\"message\":{\"id\":\"msg_#\"")));
    assert_non_null(memmem(seen.p, seen.n, "\"text\":\"a\\\"\"", 11));
    assert_true(span_ends(obuf_span(&seen), SPAN("{\"type\":\"message_stop\"," METRICS)));
    SAY(CLAUDE, false, CLAUDE_BODY);
    assert_non_null(memmem(seen.p, seen.n, "\"content\":[{\"type\":\"text\",\"text\":\"a\\\"b\"}]", 40));
    static const struct conv_event broken[] = {{.kind = EV_START}, {.kind = EV_ERROR, .fail = FAIL_ENGINE_BUSY},
        {.kind = EV_END}};
    answer(CLAUDE, true, CLAUDE_BODY, broken, COUNT(broken));
    assert_true(span_ends(obuf_span(&seen), SPAN("\n!serviceUnavailableException\n")));
}

static void answers_as_nova(void **state)
{
    (void)state;
    SAY("amazon.nova-lite-v1:0", true, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}");
    assert_seen("{\"messageStart\":{\"role\":\"assistant\"}}\n"
                "{\"contentBlockDelta\":{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a\\\"\"}}}\n"
                "{\"contentBlockDelta\":{\"contentBlockIndex\":0,\"delta\":{\"text\":\"b\"}}}\n"
                "{\"contentBlockStop\":{\"contentBlockIndex\":0}}\n{\"messageStop\":{\"stopReason\":\"end_turn\"}}\n"
                "{\"metadata\":{\"metrics\":{\"latencyMs\":1},\"usage\":{\"inputTokens\":9,\"outputTokens\":3,"
                "\"totalTokens\":12}}," METRICS);
}

#define CHUNK_HEAD "{\"id\":\"chatcmpl-#\",\"object\":\"chat.completion.chunk\",\"created\":1099511627776,\"model\":\"m\"," \
    "\"system_fingerprint\":\"fp_cordon\",\"choices\":["
#define CHUNK(delta, finish) CHUNK_HEAD "{\"index\":0,\"delta\":{" delta "},\"logprobs\":null,\"finish_reason\":" finish "}]"

static void answers_as_chat_completions(void **state)
{
    (void)state;
    SAY("openai.gpt-oss-20b-1:0", false, CHAT_BODY);
    assert_true(span_starts(obuf_span(&seen), SPAN("{\"id\":\"chatcmpl-#\",\"object\":\"chat.completion\"")));
    assert_non_null(memmem(seen.p, seen.n, "\"content\":\"a\\\"b\"", 16));
    SAY("openai.gpt-oss-20b-1:0", true, CHAT_BODY);
    assert_seen(CHUNK("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null") "}\n"
                CHUNK("\"content\":\"a\\\"\"", "null") "}\n" CHUNK("\"content\":\"b\"", "null") "}\n"
                CHUNK("", "\"stop\"") "," METRICS);
    SAY("openai.gpt-oss-20b-1:0", true, "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
        "\"stream_options\":{\"include_usage\":true}}");
    assert_non_null(memmem(seen.p, seen.n, "\"choices\":[],\"usage\":{\"prompt_tokens\":9,", 39));
    assert_true(span_ends(obuf_span(&seen), SPAN("," METRICS)));
    static const struct conv_event broken[] = {{.kind = EV_START}, {.kind = EV_ERROR, .fail = FAIL_ENGINE_BUSY},
        {.kind = EV_ERROR, .fail = FAIL_ENGINE_BUSY}, {.kind = EV_END}};
    answer("openai.gpt-oss-20b-1:0", true, CHAT_BODY, broken, COUNT(broken));
    assert_true(span_ends(obuf_span(&seen), SPAN("\"finish_reason\":null}]}\n!serviceUnavailableException\n")));
}

static void answers_with_plain_text(void **state)
{
    (void)state;
    SAY("us.deepseek.r1-v1:0", true, "{\"prompt\":\"x\"}");
    assert_seen("{\"choices\":[{\"text\":\"a\\\"\",\"stop_reason\":null}]}\n"
                "{\"choices\":[{\"text\":\"b\",\"stop_reason\":null}]}\n"
                "{\"choices\":[{\"text\":\"\",\"stop_reason\":\"stop\"}]," METRICS);
    SAY(LLAMA, false, "{\"prompt\":\"x\"}");
    assert_seen("{\"generation\":\"a\\\"b\",\"prompt_token_count\":9,\"generation_token_count\":3,"
        "\"stop_reason\":\"stop\"}");
    SAY(LLAMA, true, "{\"prompt\":\"x\"}");
    assert_seen("{\"generation\":\"a\\\"\",\"prompt_token_count\":null,\"generation_token_count\":1,\"stop_reason\":null}\n"
                "{\"generation\":\"b\",\"prompt_token_count\":null,\"generation_token_count\":2,\"stop_reason\":null}\n"
                "{\"generation\":\"\",\"prompt_token_count\":9,\"generation_token_count\":3,\"stop_reason\":\"stop\","
                "" METRICS);
    SAY("mistral.mistral-7b-instruct-v0:2", false, "{\"prompt\":\"x\"}");
    assert_seen("{\"outputs\":[{\"text\":\"a\\\"b\",\"stop_reason\":\"stop\"}]}");
    SAY("amazon.titan-text-express-v1", false, "{\"inputText\":\"x\"}");
    assert_seen("{\"inputTextTokenCount\":9,\"results\":[{\"tokenCount\":3,\"outputText\":\"a\\\"b\","
        "\"completionReason\":\"FINISH\"}]}");
    SAY("amazon.titan-text-express-v1", true, "{\"inputText\":\"x\"}");
    assert_true(span_ends(obuf_span(&seen), SPAN("{\"outputText\":\"\",\"index\":0,\"totalOutputTextTokenCount\":3,"
                "\"completionReason\":\"FINISH\",\"inputTextTokenCount\":9," METRICS)));
    SAY("cohere.command-r-v1:0", true, "{\"message\":\"x\"}");
    assert_true(span_starts(obuf_span(&seen), SPAN("{\"is_finished\":false,\"event_type\":\"stream-start\","
        "\"generation_id\":\"local_#\"}\n"
                "{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"a\\\"\"}\n")));
}

static void answers_with_vectors(void **state)
{
    (void)state;
    static const float v[] = {0.5f, -1};
    static const struct conv_event vectors[] = {
        {.kind = EV_START}, {.kind = EV_VECTOR, .vector = v, .n_vector = 2}, {.kind = EV_END, .prompt_tokens = 4}};
    answer("amazon.titan-embed-text-v2:0", false, "{\"inputText\":\"t\",\"normalize\":true}", vectors, COUNT(vectors));
    assert_true(conv.kind == CONV_EMBED && conv.n_inputs == 1 && !conv.unsupported);
    ASSERT_IS(conv.inputs[0], "t");
    assert_seen("{\"embedding\":[0.5,-1],\"inputTextTokenCount\":4}");
    answer("amazon.titan-embed-text-v2:0", false, "{\"inputText\":\"t\",\"embeddingTypes\":[\"float\"]}", vectors,
        COUNT(vectors));
    assert_seen("{\"embedding\":[0.5,-1],\"inputTextTokenCount\":4,\"embeddingsByType\":{\"float\":[0.5,-1]}}");
    answer("cohere.embed-english-v3", false, "{\"texts\":[\"t\"],\"input_type\":\"search_query\"}", vectors, COUNT(vectors));
    assert_seen("{\"embeddings\":[[0.5,-1]],\"id\":\"local_#\",\"response_type\":\"embeddings_floats\",\"texts\":[\"t\"]}");
    decode("amazon.titan-embed-text-v2:0", false, "{\"inputText\":\"t\",\"dimensions\":256}");
    assert_string_equal(conv.unsupported, "dimensions");
    decode("cohere.embed-english-v3", false, "{\"images\":[\"data:\"]}");
    assert_string_equal(conv.unsupported, "images");
    decode("cohere.embed-english-v3", false, "{\"texts\":[\"t\"],\"embedding_types\":[\"int8\"]}");
    assert_string_equal(conv.unsupported, "embedding_types");
    assert_int_equal(try_model("cohere.embed-english-v3", false, "{\"texts\":\"t\"}"), FAIL_REQUEST_INVALID);
}

static int set_up(void **state)
{
    (void)state;
    return (arena = arena_new(0)) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    obuf_fini(&out);
    obuf_fini(&seen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_families), cmocka_unit_test(reads_claude_and_nova), cmocka_unit_test(reads_prompts),
        cmocka_unit_test(reads_other_prompts), cmocka_unit_test(reads_deepseeks_prompt),
        cmocka_unit_test(reads_chat_completions), cmocka_unit_test(answers_as_chat_completions),
        cmocka_unit_test(reads_cut_prompts), cmocka_unit_test(answers_as_claude), cmocka_unit_test(answers_as_nova),
        cmocka_unit_test(answers_with_plain_text), cmocka_unit_test(answers_with_vectors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
