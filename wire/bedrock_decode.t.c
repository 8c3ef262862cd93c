/* Converse requests to conversations: what is understood, what a local answer cannot honour, what is no request. */
#include "wire/bedrock_invoke.h"
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
static const char *field;
static size_t at;

static enum fail try_at(const char *path, const char *body)
{
    arena_reset(arena);
    assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
    const struct route *r = route_find("bedrock", SPAN("POST"), span_str(path), true);
    assert_true(r->known);
    struct conv_source s = {.doc = &doc, .path = span_str(path), .route = r};
    return r->codec->decode(&s, arena, &conv, &field, &at);
}

static void decode_at(const char *path, const char *body) { assert_int_equal(try_at(path, body), FAIL_OK); }

#define MODEL "/model/us.anthropic.claude-sonnet-4-20250514-v1%3A0"
static void decode(const char *body) { decode_at(MODEL "/converse", body); }

#define USER "\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]"
#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_the_smallest(void **state)
{
    (void)state;
    decode("{" USER "}");
    ASSERT_IS(conv.model, "us.anthropic.claude-sonnet-4-20250514-v1:0");
    assert_true(conv.kind == CONV_CHAT && !conv.stream && conv.n_choices == 1 && conv.parallel_tool_calls);
    assert_int_equal(conv.n_msgs, 1);
    assert_int_equal(conv.msgs[0].role, ROLE_USER);
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    assert_int_equal(conv.max_tokens, -1);
    assert_true(isnan(conv.temperature) && isnan(conv.top_p));
    decode_at(MODEL "/converse-stream", "{" USER "}");
    assert_true(conv.stream);
    decode_at("/model/arn%3Aaws%3abedrock%3Aeu-west-1%3A123456789012%3A"
              "inference-profile%2Feu.amazon.nova-lite-v1%3A0/converse",
              "{" USER "}");
    ASSERT_IS(conv.model, "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0");
}

static void reads_what_steers(void **state)
{
    (void)state;
    decode("{\"inferenceConfig\":{\"maxTokens\":7,\"temperature\":0.5,\"topP\":1,\"stopSequences\":[\"a\",\"\\n\"]},"
           "\"additionalModelRequestFields\":{\"top_k\":40,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},"
           "\"anthropic_beta\":[\"x\"],\"other\":{}},\"guardrailConfig\":{\"guardrailIdentifier\":\"g\"},"
           "\"requestMetadata\":{\"k\":\"v\"},\"performanceConfig\":{\"latency\":\"standard\"},\"new\":[1]," USER "}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.max_tokens, 7);
    assert_true(conv.temperature == 0.5 && conv.top_p == 1 && conv.top_k == 40 && conv.show_reasoning);
    assert_int_equal(conv.n_stops, 2);
    ASSERT_IS(conv.stops[1], "\n");
    decode("{\"inferenceConfig\":null,\"toolConfig\":null,\"system\":null,\"additionalModelRequestFields\":null,"
           "\"outputConfig\":null,\"promptVariables\":null," USER "}");
    assert_null(conv.unsupported);
    decode("{\"inferenceConfig\":{\"maxTokens\":null,\"temperature\":null,\"topP\":null,\"stopSequences\":null},"
           "\"additionalModelRequestFields\":{\"thinking\":{\"type\":\"disabled\"}}," USER "}");
    assert_null(conv.unsupported);
    assert_true(conv.max_tokens == -1 && isnan(conv.temperature) && conv.n_stops == 0 && !conv.show_reasoning);
}

static void reads_system_and_turns(void **state)
{
    (void)state;
    decode("{\"messages\":["
           "{\"role\":\"user\",\"content\":[{\"text\":\"a\"},{\"cachePoint\":{\"type\":\"default\"}},{\"text\":\"\\u0062\"},"
           "{\"guardContent\":{\"text\":{\"text\":\"c\",\"qualifiers\":[\"query\"]}}}]},"
           "{\"role\":\"assistant\",\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\","
           "\"signature\":\"s\"}}},"
           "{\"reasoningContent\":{\"redactedContent\":\"AAAA\"}},{\"text\":\"ok\"},"
           "{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"get\",\"input\":{\"a\": [1]}}},"
           "{\"toolUse\":{\"toolUseId\":\"t2\",\"name\":\"put\",\"input\":\"x\"}}]},"
           "{\"role\":\"user\",\"content\":[{\"text\":\"first\"},{\"toolResult\":{\"toolUseId\":\"t1\","
           "\"content\":[{\"json\":{\"r\":2}}]}},"
           "{\"toolResult\":{\"toolUseId\":\"t2\",\"status\":\"error\",\"content\":[{\"text\":\"x\"},{\"text\":\"y\"}]}},"
           "{\"text\":\"go\"}]}],"
           "\"system\":[{\"text\":\"be\"},{\"cachePoint\":{\"type\":\"default\"}},"
           "{\"guardContent\":{\"text\":{\"text\":\" brief\"}}}]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 7);
    assert_true(conv.msgs[0].role == ROLE_SYSTEM && conv.msgs[1].role == ROLE_USER && conv.msgs[2].role == ROLE_ASSISTANT);
    ASSERT_IS(conv.msgs[0].text, "be brief");
    ASSERT_IS(conv.msgs[1].text, "abc");
    ASSERT_IS(conv.msgs[2].text, "ok");
    ASSERT_IS(conv.msgs[2].reasoning, "hm");
    assert_int_equal(conv.msgs[2].n_calls, 2);
    ASSERT_IS(conv.msgs[2].calls[0].id, "t1");
    ASSERT_IS(conv.msgs[2].calls[0].name, "get");
    ASSERT_IS(conv.msgs[2].calls[0].arguments, "{\"a\": [1]}");
    ASSERT_IS(conv.msgs[2].calls[1].arguments, "\"x\"");
    assert_true(conv.msgs[3].role == ROLE_USER && conv.msgs[4].role == ROLE_TOOL && conv.msgs[6].role == ROLE_USER);
    ASSERT_IS(conv.msgs[3].text, "first");
    ASSERT_IS(conv.msgs[4].tool_call_id, "t1");
    ASSERT_IS(conv.msgs[4].text, "{\"r\":2}");
    ASSERT_IS(conv.msgs[5].text, "xy");
    ASSERT_IS(conv.msgs[6].text, "go");
}

static void reads_documents_that_are_text(void **state)
{
    (void)state;
    decode("{\"messages\":[{\"role\":\"user\",\"content\":[{\"document\":{\"format\":\"txt\",\"name\":\"n\","
        "\"source\":{\"bytes\":\"w6kgMQ==\"}}},"
           "{\"document\":{\"name\":\"m\",\"context\":\"c\",\"source\":{\"text\":\"plain\"}}},"
           "{\"document\":{\"name\":\"l\",\"source\":{\"content\":[{\"text\":\"p\"},{\"text\":\"q\"}]}}},"
           "{\"searchResult\":{\"source\":\"u\",\"title\":\"t\",\"content\":[{\"text\":\"found\"}]}},{\"text\":\"?\"}]}]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.msgs[0].text, "n\n\xc3\xa9 1\n\nm\nc\nplain\n\nl\npq\n\nt\nu\nfound\n\n?");
}

static void reads_tools(void **state)
{
    (void)state;
#define SPEC(n) "{\"toolSpec\":{\"name\":\"" n "\",\"description\":\"d\\u00e9\"," \
    "\"inputSchema\":{\"json\":{\"type\": \"object\"}}}}"
#define TOOL(n) "{\"type\":\"function\",\"function\":{\"name\":\"" n "\",\"description\":\"d\\u00e9\"," \
    "\"parameters\":{\"type\": \"object\"}}}"
#define TOOLS(choice) "{\"toolConfig\":{\"tools\":[" SPEC("get") ",{\"cachePoint\":{\"type\":\"default\"}}," \
    "" SPEC("put") "]" choice "}," USER "}"
    decode(TOOLS(""));
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools, "[" TOOL("get") "," TOOL("put") "]");
    assert_int_equal(conv.tool_choice, TOOLS_AUTO);
    decode(TOOLS(",\"toolChoice\":{\"any\":{}}"));
    assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    decode(TOOLS(",\"toolChoice\":{\"auto\":{}}"));
    assert_int_equal(conv.tool_choice, TOOLS_AUTO);
    decode(TOOLS(",\"toolChoice\":{\"tool\":{\"name\":\"p\\u0075t\"}}"));
    assert_true(conv.tool_choice == TOOLS_NAMED && conv.unsupported == NULL);
    ASSERT_IS(conv.tool_name, "put");
    decode(TOOLS(",\"toolChoice\":{\"tool\":{\"name\":\"other\"}}"));
    assert_string_equal(conv.unsupported, "toolConfig.toolChoice");
    decode("{\"toolConfig\":{\"tools\":[{\"systemTool\":{\"name\":\"nova_grounding\"}}]}," USER "}");
    assert_string_equal(conv.unsupported, "toolConfig.tools");
}

static void reads_a_schema_in_a_string(void **state)
{
    (void)state;
#define FORMAT(schema) "{\"outputConfig\":{\"textFormat\":{\"type\":\"json_schema\"," \
    "\"structure\":{\"jsonSchema\":{\"name\":\"n\",\"schema\":" schema "}}}}," USER "}"
    decode(FORMAT("\"{\\\"type\\\":\\\"object\\\"}\""));
    assert_true(conv.format == FORMAT_SCHEMA && conv.unsupported == NULL);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    decode(FORMAT("\"[1]\""));
    assert_string_equal(conv.unsupported, "outputConfig");
    decode(FORMAT("\"{\""));
    assert_string_equal(conv.unsupported, "outputConfig");
    decode("{\"additionalModelRequestFields\":{\"output_config\":{\"effort\":\"low\",\"format\":{\"type\":\"json_schema\","
        "\"schema\":{\"type\":\"object\"}}}}," USER "}");
    assert_true(conv.format == FORMAT_SCHEMA && conv.unsupported == NULL);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    decode("{\"additionalModelRequestFields\":{\"output_config\":{\"effort\":\"low\"}}," USER "}");
    assert_true(conv.format == FORMAT_TEXT && conv.unsupported == NULL);
}

static void names_what_a_local_answer_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *block, *field; } blocks[] = {
        {"{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AAAA\"}}}", "image"},
        {"{\"video\":{}}", "video"}, {"{\"audio\":{}}", "audio"},
        {"{\"document\":{\"format\":\"pdf\",\"name\":\"n\",\"source\":{\"bytes\":\"AAAA\"}}}", "document"},
        {"{\"document\":{\"format\":\"txt\",\"name\":\"n\",\"source\":{\"bytes\":\"/w==\"}}}", "document"},
        {"{\"document\":{\"format\":\"txt\",\"name\":\"n\",\"source\":{\"s3Location\":{\"uri\":\"s3://b/k\"}}}}",
            "document"},
        {"{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"n\",\"input\":{}}}", "toolUse"},
        {"{\"toolResult\":{\"toolUseId\":\"t\",\"content\":[{\"image\":{}}]}}", "toolResult"},
        {"{\"toolResult\":{\"content\":[]}}", "toolResult"},
        {"{\"guardContent\":{\"image\":{}}}", "guardContent"},
        {"{\"toolAddition\":{}}", "messages.content"}, {"{\"brandNew\":1}", "messages.content"}, {"7", "messages.content"},
        {"{\"text\":7}", "text"},
    };
    char body[512];
    for (size_t i = 0; i < COUNT(blocks); i++) {
        snprintf(body, sizeof body, "{\"messages\":[{\"role\":\"user\",\"content\":[%s]}]}", blocks[i].block);
        decode(body);
        assert_string_equal(conv.unsupported, blocks[i].field);
    }
    static const struct { const char *body, *field; } bodies[] = {
        {"{\"messages\":[]}", "messages"}, {"{\"messages\":[{\"role\":\"user\"}]}", "messages.content"},
        {"{\"messages\":[{\"role\":\"tool\",\"content\":[]}]}", "messages.role"}, {"{\"messages\":[7]}", "messages.role"},
        {"{\"inferenceConfig\":{\"temperature\":1.5}," USER "}", "temperature"},
        {"{\"inferenceConfig\":{\"maxTokens\":0}," USER "}", "maxTokens"}, {"{\"inferenceConfig\":7," USER "}",
            "inferenceConfig"},
        {"{\"toolConfig\":[]," USER "}", "toolConfig"}, {"{\"promptVariables\":{\"a\":{\"text\":\"b\"}}," USER "}",
            "promptVariables"},
        {"{\"additionalModelRequestFields\":{\"tools\":[{}]}," USER "}", "tools"}, {"{\"system\":7," USER "}", "system"},
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        decode(bodies[i].body);
        assert_non_null(conv.unsupported);
        assert_string_equal(conv.unsupported, bodies[i].field);
    }
}

static void says_what_is_no_request(void **state)
{
    (void)state;
    assert_int_equal(try_at(MODEL "/converse", "[]"), FAIL_REQUEST_INVALID);
    assert_int_equal(at, 0);
    assert_int_equal(try_at(MODEL "/converse", "{}"), FAIL_REQUEST_INVALID);
    assert_string_equal(field, "messages");
    assert_int_equal(try_at(MODEL "/converse", "{\"messages\":7}"), FAIL_REQUEST_INVALID);
    assert_int_equal(at, 12);
    decode_at("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprompt%2FABC%3A1/converse",
              "{\"promptVariables\":{\"a\":{\"text\":\"b\"}}}");
    assert_string_equal(conv.unsupported, "promptVariables");
}

static void bounds_what_it_builds(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"messages\":[{\"role\":\"user\",\"content\":[{}");
    for (size_t i = 0; i < READER_MAX_MESSAGES; i++) obuf_str(&o, ",{}");
    obuf_str(&o, "]}]}");
    obuf_put(&o, "", 1);
    decode(o.p);
    assert_string_equal(conv.unsupported, "messages");
    assert_int_equal(conv.n_msgs, 0);
    obuf_reset(&o);
    obuf_str(&o, "{\"messages\":[{\"role\":\"assistant\",\"content\":[{}");
    for (size_t i = 0; i <= READER_MAX_CALLS; i++) obuf_str(&o,
        ",{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"n\",\"input\":{}}}");
    obuf_str(&o, "]}]}");
    obuf_put(&o, "", 1);
    decode(o.p);
    assert_string_equal(conv.unsupported, "toolUse");
    assert_int_equal(conv.msgs[0].n_calls, READER_MAX_CALLS);
    obuf_fini(&o);
}

static void counts_either_form(void **state)
{
    (void)state;
    decode_at(MODEL "/count-tokens", "{\"input\":{\"converse\":{\"system\":[{\"text\":\"s\"}]," USER "}}}");
    assert_true(conv.kind == CONV_COUNT && conv.n_msgs == 2 && conv.unsupported == NULL);
    /* {"anthropic_version":"bedrock-2023-05-31","max_tokens":1,"messages":[{"role":"user","content":"hi"}]} */
    decode_at(MODEL "/count-tokens",
              "{\"input\":{\"invokeModel\":{\"body\":\""
              "eyJhbnRocm9waWNfdmVyc2lvbiI6ImJlZHJvY2stMjAyMy0wNS0zMSIsIm1heF90b2tlbnMiOjEsIm1lc3Nh"
              "Z2VzIjpbeyJyb2xlIjoidXNlciIsImNvbnRlbnQiOiJoaSJ9XX0=\"}}}");
    assert_true(conv.kind == CONV_COUNT && conv.n_msgs == 1 && !conv.stream && conv.unsupported == NULL);
    ASSERT_IS(conv.msgs[0].text, "hi");
    ASSERT_IS(conv.model, "us.anthropic.claude-sonnet-4-20250514-v1:0");
    assert_int_equal(try_at(MODEL "/count-tokens", "{\"input\":{\"invokeModel\":{\"body\":\"e30\"}}}"),
        FAIL_REQUEST_INVALID);
    assert_int_equal(try_at(MODEL "/count-tokens", "{\"input\":{\"invokeModel\":{\"body\":\"!\"}}}"), FAIL_REQUEST_INVALID);
    assert_int_equal(try_at(MODEL "/count-tokens", "{}"), FAIL_REQUEST_INVALID);
    decode_at(MODEL "/count-tokens", "{\"input\":{\"converse\":{}}}");
    assert_string_equal(conv.unsupported, "input.converse.messages");
    decode_at("/model/amazon.titan-embed-text-v2:0/count-tokens",   /* {"inputText":"x"} */
              "{\"input\":{\"invokeModel\":{\"body\":\"eyJpbnB1dFRleHQiOiJ4In0=\"}}}");
    assert_true(conv.kind == CONV_COUNT);
    assert_string_equal(conv.unsupported, "input.invokeModel.body");
}

static void knows_the_paths(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation; } paths[] = {
        {"POST", "/model/a.b-v1:0/converse", "converse"}, {"POST", "/model/a%3A0/converse-stream", "converse_stream"},
        {"POST", "/model/a/invoke", "invoke"}, {"POST", "/model/a/invoke-with-response-stream", "invoke_stream"},
        {"POST", "/model/a/count-tokens", "count_tokens"}, {"POST", "/async-invoke", "async_invoke.create"},
        {"GET", "/async-invoke/arn%3Aaws%2Fx", "async_invoke.retrieve"}, {"POST", "/guardrail/g/version/1/apply",
            "guardrail.apply"},
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        const struct route *r = route_find("bedrock", span_str(paths[i].method), span_str(paths[i].path),
            paths[i].method[0] == 'P');
        assert_true(r->known);
        assert_string_equal(r->operation, paths[i].operation);
        assert_string_equal(route_provider(span_str(paths[i].path)), "bedrock");
    }
    const struct route *duplex = route_find("bedrock", SPAN("POST"), SPAN("/model/a/invoke-with-bidirectional-stream"),
        true);
    assert_true(duplex->flags & ROUTE_SIDE_DOOR);
    assert_false(route_find("bedrock", SPAN("POST"), SPAN("/model/a%2e%2e/converse"), true)->known);
    assert_false(route_find("bedrock", SPAN("POST"), SPAN("/model/a/b/converse"), true)->known);
    assert_ptr_equal(route_of_api("bedrock.converse")->codec, &codec_bedrock_converse);
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
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_smallest), cmocka_unit_test(reads_what_steers), cmocka_unit_test(reads_system_and_turns),
        cmocka_unit_test(reads_documents_that_are_text), cmocka_unit_test(reads_tools),
        cmocka_unit_test(reads_a_schema_in_a_string), cmocka_unit_test(names_what_a_local_answer_cannot_honour),
        cmocka_unit_test(says_what_is_no_request), cmocka_unit_test(bounds_what_it_builds),
        cmocka_unit_test(counts_either_form), cmocka_unit_test(knows_the_paths),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
