/* Responses requests to conversations: items of every type, tools, what a local answer cannot honour, what is no
 * request. */
#include "wire/codecs.h"
#include "wire/openai_responses.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static struct conv conv;
static const char *field;
static size_t at;

static const struct route plain = {.operation = "responses", .kind = CONV_CHAT};
static const struct route compact = {.operation = "responses.compact", .kind = CONV_CHAT};
static const struct route count = {.operation = "responses.input_tokens", .kind = CONV_COUNT};

static enum fail decode_on(const struct route *route, struct span body)
{
    arena_reset(arena);
    assert_int_equal(jscan(body, arena, &doc, &at), FAIL_OK);
    return responses_decode(&(struct conv_source){.doc = &doc, .route = route}, arena, &conv, &field, &at);
}

static void decode(const char *body) { assert_int_equal(decode_on(&plain, span_str(body)), FAIL_OK); }

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))
#define INPUT(items) "{\"model\":\"m\",\"input\":[" items "]}"
#define WITH(more) "{\"model\":\"m\",\"input\":\"hi\"," more "}"

static void assert_message(size_t i, enum conv_role role, const char *text)
{
    assert_true(i < conv.n_msgs);
    assert_int_equal(conv.msgs[i].role, role);
    ASSERT_IS(conv.msgs[i].text, text);
}

static void assert_call(size_t i, size_t k, const char *id, const char *name, const char *arguments)
{
    assert_true(i < conv.n_msgs && k < conv.msgs[i].n_calls);
    ASSERT_IS(conv.msgs[i].calls[k].id, id);
    ASSERT_IS(conv.msgs[i].calls[k].name, name);
    ASSERT_IS(conv.msgs[i].calls[k].arguments, arguments);
}

static void reads_the_smallest(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"input\":\"hi\"}");
    ASSERT_IS(conv.model, "m");
    assert_int_equal(conv.n_msgs, 1);
    assert_message(0, ROLE_USER, "hi");
    assert_true(conv.kind == CONV_CHAT && conv.parallel_tool_calls && conv.store);
    assert_false(conv.stream || conv.show_reasoning || conv.own);
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    assert_null(conv.previous.p);
    assert_true(conv.max_tokens == -1 && isnan(conv.temperature) && isnan(conv.top_p) && conv.n_choices == 1);
}

static void reads_every_parameter(void **state)
{
    (void)state;
    decode(WITH("\"instructions\":\"be \\\"short\\\"\",\"stream\":true,\"store\":false,\"max_output_tokens\":7,"
                "\"temperature\":0.5,"
                "\"top_p\":0.25,\"parallel_tool_calls\":false,\"previous_response_id\":\"resp_1\",\"top_logprobs\":0,"
                "\"background\":true,\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"truncation\":\"auto\","
                "\"include\":[\"reasoning.encrypted_content\"],\"max_tool_calls\":3,\"user\":\"u\","
                "\"metadata\":{\"a\":\"b\"},"
                "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"type\":\"object\"}}},"
                "\"new\":[1]"));
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 2);
    assert_message(0, ROLE_SYSTEM, "be \"short\"");
    assert_message(1, ROLE_USER, "hi");
    assert_int_equal(conv.own, RESPONSES_INSTRUCTIONS);
    assert_true(conv.stream && !conv.store && !conv.parallel_tool_calls && conv.show_reasoning);
    assert_true(conv.max_tokens == 7 && conv.temperature == 0.5 && conv.top_p == 0.25);
    ASSERT_IS(conv.previous, "resp_1");
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    decode(WITH("\"text\":{\"format\":{\"type\":\"json_object\"}},\"reasoning\":{\"summary\":\"none\"}"));
    assert_true(conv.format == FORMAT_JSON && !conv.show_reasoning);
    decode(WITH("\"text\":{\"format\":{\"type\":\"text\"},\"verbosity\":\"low\"},"
                "\"reasoning\":{\"generate_summary\":\"auto\"}"));
    assert_true(conv.format == FORMAT_TEXT && conv.show_reasoning && conv.unsupported == NULL);
}

static void null_is_not_given(void **state)
{
    (void)state;
    decode(WITH("\"instructions\":null,\"stream\":null,\"store\":null,\"max_output_tokens\":null,\"temperature\":null,"
                "\"tools\":null,\"tool_choice\":null,\"text\":null,\"reasoning\":{\"effort\":null,\"summary\":null},"
                "\"previous_response_id\":null,\"conversation\":null,\"prompt\":null,\"background\":null,\"include\":null,"
                "\"top_logprobs\":null"));
    assert_null(conv.unsupported);
    assert_true(conv.n_msgs == 1 && conv.store && !conv.show_reasoning && conv.previous.p == NULL);
}

static void reads_messages(void **state)
{
    (void)state;
    decode(INPUT("{\"role\":\"system\",\"content\":\"s\"},{\"type\":\"message\",\"role\":\"developer\",\"content\":["
                 "{\"type\":\"input_text\",\"text\":\"d\\u0000\"},{\"type\":\"input_text\",\"text\":\"e\"}]},"
                 "{\"role\":\"user\",\"content\":[]},{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\","
                 "\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"a\",\"annotations\":[]},"
                 "{\"type\":\"refusal\",\"refusal\":\"no\"}]}"));
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 4);
    assert_message(0, ROLE_SYSTEM, "s");
    assert_int_equal(conv.msgs[1].role, ROLE_DEVELOPER);
    assert_true(span_eq(conv.msgs[1].text, SPAN("d\0e")));
    assert_message(2, ROLE_USER, "");
    assert_message(3, ROLE_ASSISTANT, "ano");
}

#define SAID "{\"role\":\"assistant\",\"content\":\"I look\"}"
#define CALL(id) "{\"type\":\"function_call\",\"call_id\":\"" id "\",\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}"
#define OUTPUT(id) "{\"type\":\"function_call_output\",\"call_id\":\"" id "\",\"output\":\"42\"}"
#define THOUGHT "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"encrypted_content\":\"x\",\"summary\":[" \
                "{\"type\":\"summary_text\",\"text\":\"hm\"},{\"type\":\"summary_text\",\"text\":\"!\"}]}"

static void joins_what_one_turn_said(void **state)
{
    (void)state;
    decode(INPUT("{\"role\":\"user\",\"content\":\"q\"}," THOUGHT "," SAID "," CALL("c1") "," CALL("c2") "," OUTPUT("c1") ","
                 "{\"type\":\"function_call_output\",\"call_id\":\"c2\",\"output\":[{\"type\":\"input_text\","
                 "\"text\":\"4\"},"
                 "{\"type\":\"input_text\",\"text\":\"3\"}]}," CALL("c3") "," THOUGHT "," CALL("c4")));
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 6);
    assert_message(1, ROLE_ASSISTANT, "I look");
    ASSERT_IS(conv.msgs[1].reasoning, "hm!");
    assert_int_equal(conv.msgs[1].n_calls, 2);
    assert_call(1, 0, "c1", "get", "{\"a\":1}");
    assert_call(1, 1, "c2", "get", "{\"a\":1}");
    assert_message(2, ROLE_TOOL, "42");
    ASSERT_IS(conv.msgs[2].tool_call_id, "c1");
    assert_message(3, ROLE_TOOL, "43");
    assert_call(4, 0, "c3", "get", "{\"a\":1}");
    assert_null(conv.msgs[4].reasoning.p);
    assert_int_equal(conv.msgs[4].n_calls, 1);   /* it thought anew before the next */
    assert_call(5, 0, "c4", "get", "{\"a\":1}");
    ASSERT_IS(conv.msgs[5].reasoning, "hm!");
}

static void prefers_whole_thoughts(void **state)
{
    (void)state;
    decode(INPUT("{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"short\"}],\"content\":["
                 "{\"type\":\"reasoning_text\",\"text\":\"long\"}]}," SAID ",{\"type\":\"reasoning\",\"summary\":[],"
                 "\"content\":null,\"encrypted_content\":\"x\"}," SAID));
    assert_null(conv.unsupported);
    ASSERT_IS(conv.msgs[0].reasoning, "long");
    assert_null(conv.msgs[1].reasoning.p);
}

static void reads_other_calls(void **state)
{
    (void)state;
    decode(INPUT("{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"patch\",\"input\":\"a\\\"b\\n\"},"
                 "{\"type\":\"custom_tool_call_output\",\"call_id\":\"c\",\"output\":\"done\"},"
                 "{\"type\":\"local_shell_call\",\"id\":\"l\",\"call_id\":\"c2\",\"status\":\"completed\","
                 "\"action\":{\"type\":\"exec\"}},"
                 "{\"type\":\"local_shell_call_output\",\"id\":\"c2\",\"output\":\"{}\"},"
                 "{\"type\":\"shell_call\",\"call_id\":\"c3\",\"action\":{\"commands\":[\"ls\"]}},"
                 "{\"type\":\"shell_call_output\",\"call_id\":\"c3\",\"output\":[{\"stdout\":\"x\"}]},"
                 "{\"type\":\"apply_patch_call\",\"call_id\":\"c4\",\"operation\":{\"type\":\"delete_file\"}},"
                 "{\"type\":\"apply_patch_call_output\",\"call_id\":\"c4\",\"status\":\"failed\"},"
                 "{\"type\":\"mcp_call\",\"id\":\"mcp_1\",\"name\":\"find\",\"arguments\":\"{}\",\"output\":\"o\"}"));
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 10);
    assert_call(0, 0, "c", "patch", "{\"input\":\"a\\\"b\\n\"}");
    assert_message(1, ROLE_TOOL, "done");
    assert_call(2, 0, "c2", "local_shell", "{\"type\":\"exec\"}");
    assert_message(3, ROLE_TOOL, "{}");
    assert_call(4, 0, "c3", "shell", "{\"commands\":[\"ls\"]}");
    assert_message(5, ROLE_TOOL, "[{\"stdout\":\"x\"}]");
    assert_call(6, 0, "c4", "apply_patch", "{\"type\":\"delete_file\"}");
    assert_message(7, ROLE_TOOL, "failed");
    assert_call(8, 0, "mcp_1", "find", "{}");
    assert_message(9, ROLE_TOOL, "o");
    ASSERT_IS(conv.msgs[9].tool_call_id, "mcp_1");
}

static void offers_what_the_client_runs(void **state)
{
    (void)state;
    decode(WITH("\"tools\":[{\"type\":\"function\",\"name\":\"get\",\"description\":\"a \\\"b\\\"\",\"strict\":true,"
                "\"parameters\":{\"type\":\"object\"}},{\"type\":\"web_search\"},{\"type\":\"namespace\","
                "\"name\":\"n\",\"tools\":[]},"
                "{\"type\":\"function\",\"name\":\"bare\",\"parameters\":null},{\"type\":\"custom\",\"name\":\"patch\"}]"));
    assert_null(conv.unsupported);
    assert_int_equal(conv.own, RESPONSES_CUSTOM_TOOLS);
    ASSERT_IS(conv.tools,
              "[{\"type\":\"function\",\"function\":{\"name\":\"get\",\"description\":\"a \\\"b\\\"\","
              "\"parameters\":{\"type\":\"object\"}}},"
              "{\"type\":\"function\",\"function\":{\"name\":\"bare\"}},"
              "{\"type\":\"function\",\"function\":{\"name\":\"patch\",\"parameters\":{\"type\":\"object\","
              "\"properties\":{\"input\":"
              "{\"type\":\"string\"}},\"required\":[\"input\"],\"additionalProperties\":false}}}]");
    assert_true(responses_tool_is_custom(&doc, SPAN("patch")));
    assert_false(responses_tool_is_custom(&doc, SPAN("get")));
    decode(WITH("\"tools\":[{\"type\":\"web_search\"},{\"type\":\"mcp\",\"server_label\":\"s\"}],\"tool_choice\":\"auto\""));
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
}

#define TOOLS "\"tools\":[{\"type\":\"function\",\"name\":\"get\"},{\"type\":\"custom\",\"name\":\"patch\"}],"

static void reads_the_choice_of_tools(void **state)
{
    (void)state;
    static const struct { const char *json; enum tool_choice choice; const char *name; } rows[] = {
        {"\"auto\"", TOOLS_AUTO, ""}, {"\"none\"", TOOLS_NONE, ""}, {"\"required\"", TOOLS_REQUIRED, ""},
        {"{\"type\":\"function\",\"name\":\"get\"}", TOOLS_NAMED, "get"},
        {"{\"type\":\"custom\",\"name\":\"patch\"}", TOOLS_NAMED, "patch"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct obuf o = {0};
        obuf_printf(&o, "{\"model\":\"m\",\"input\":\"hi\"," TOOLS "\"tool_choice\":%s}", rows[i].json);
        assert_int_equal(decode_on(&plain, obuf_span(&o)), FAIL_OK);
        assert_null(conv.unsupported);
        assert_int_equal(conv.tool_choice, rows[i].choice);
        ASSERT_IS(conv.tool_name, rows[i].name);
        obuf_fini(&o);
    }
}

/* Only some of the tools may be called: the others are not offered. */
static void offers_the_allowed_tools(void **state)
{
    (void)state;
#define ALLOWED(mode, names) "\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"" mode "\",\"tools\":[" names "]}"
    decode(WITH(TOOLS ALLOWED("required", "{\"type\":\"function\",\"name\":\"get\"},{\"type\":\"mcp\",\"server_label\":\"s\"}")));
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools, "[{\"type\":\"function\",\"function\":{\"name\":\"get\"}}]");
    assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    assert_false(conv.own & RESPONSES_CUSTOM_TOOLS);
    decode(WITH(TOOLS ALLOWED("auto", "{\"type\":\"custom\",\"name\":\"patch\"},{\"type\":\"custom\",\"name\":\"get\"}")));
    assert_null(conv.unsupported);
    assert_true(conv.own & RESPONSES_CUSTOM_TOOLS && conv.tool_choice == TOOLS_AUTO);
    assert_null(memmem(conv.tools.p, conv.tools.n, "\"get\"", 5));
    decode(WITH(TOOLS ALLOWED("auto", "{\"type\":\"web_search\"}")));
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    decode(WITH(TOOLS ALLOWED("required", "{\"type\":\"web_search\"}")));
    assert_string_equal(conv.unsupported, "tool_choice");
}

static void assert_unsupported(const char *body, const char *name)
{
    decode(body);
    if (conv.unsupported == NULL || strcmp(conv.unsupported, name) != 0)
        fail_msg("%s: %s, not %s", body, conv.unsupported ? conv.unsupported : "-", name);
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *body, *name; } rows[] = {
        {WITH("\"conversation\":\"conv_1\""), "conversation"}, {WITH("\"background\":1"), "background"},
        {WITH("\"prompt\":{\"id\":\"p\"}"), "prompt"}, {WITH("\"top_logprobs\":2"), "top_logprobs"},
        {WITH("\"include\":[\"message.output_text.logprobs\"]"), "include"},
        {WITH("\"text\":{\"format\":{\"type\":\"x\"}}"), "text"},
        {WITH("\"text\":7"), "text"}, {WITH("\"temperature\":3"), "temperature"}, {WITH("\"stream\":1"), "stream"},
        {WITH("\"max_output_tokens\":0"), "max_output_tokens"}, {WITH("\"instructions\":[]"), "instructions"},
        {WITH("\"tools\":{}"), "tools"}, {WITH("\"tool_choice\":\"required\""), "tool_choice"},
        {WITH("\"tools\":[{\"type\":\"web_search\"}],\"tool_choice\":\"required\""), "tool_choice"},
        {WITH("\"tools\":[{\"type\":\"web_search\"}],\"tool_choice\":{\"type\":\"web_search\"}"), "tool_choice"},
        {WITH("\"tools\":[{\"type\":\"function\",\"name\":\"a\"}],\"tool_choice\":{\"type\":\"function\","
              "\"name\":\"b\"}"), "tool_choice"},
        {WITH("\"previous_response_id\":7"), "previous_response_id"}, {"{\"model\":\"m\"}", "input"}, {INPUT(""), "input"},
        {"{\"prompt\":{\"id\":\"p\"}}", "prompt"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_unsupported(rows[i].body, rows[i].name);
}

#define PART(part) INPUT("{\"role\":\"user\",\"content\":[" part "]}")

static void names_items_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *body, *name; } rows[] = {
        {PART("{\"type\":\"input_image\",\"image_url\":\"x\"}"), "input_image"},
        {PART("{\"type\":\"input_file\"}"), "input_file"},
        {PART("{\"type\":\"input_audio\"}"), "input_audio"}, {PART("{\"type\":\"new\"}"), "input.content"},
        {PART("7"), "input.content"},
        {PART("{\"type\":\"input_text\",\"text\":7}"), "input.content"}, {INPUT("{\"role\":\"user\"}"), "input.content"},
        {INPUT("{\"role\":\"critic\",\"content\":\"x\"}"), "input.role"},
        {INPUT("{\"id\":\"msg_1\"}"), "input.item_reference"},
        {INPUT("{\"type\":\"item_reference\",\"id\":\"m\"}"), "input.item_reference"}, {INPUT("7"), "input.item_reference"},
        {INPUT("{\"type\":\"image_generation_call\"}"), "input"}, {INPUT("{\"type\":\"computer_call\"}"), "input"},
        {INPUT("{\"type\":\"compaction\",\"encrypted_content\":\"gAAAA\"}"), "input.compaction"},
        {INPUT("{\"type\":\"compaction\"}"), "input.compaction"},
        {INPUT("{\"type\":\"compaction_trigger\"}," SAID), "input.compaction_trigger"},
        {INPUT("{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\"}"), "input.function_call"},
        {INPUT("{\"type\":\"function_call\",\"call_id\":\"c\",\"arguments\":\"{}\"}"), "input.function_call"},
        {INPUT("{\"type\":\"function_call_output\",\"output\":\"x\"}"), "input.call_id"},
        {INPUT("{\"type\":\"function_call_output\",\"call_id\":\"c\"}"), "input.output"},
        {INPUT("{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":[{\"type\":\"input_image\"}]}"),
               "input_image"},
        {INPUT("{\"type\":\"shell_call\",\"call_id\":\"c\"}"), "input.function_call"},
        {INPUT("{\"type\":\"reasoning\",\"summary\":7}"), "input.reasoning"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_unsupported(rows[i].body, rows[i].name);
}

/* What the provider ran is a call with its result, what another agent wrote a message. */
static void reads_what_others_did(void **state)
{
    (void)state;
    decode(INPUT("{\"type\":\"file_search_call\",\"id\":\"fs_1\",\"status\":\"completed\",\"queries\":[\"q\"],\"results\":[{\"text\":\"t\"}]},"
                 "{\"type\":\"file_search_call\",\"id\":\"fs_2\",\"queries\":[],\"results\":null},"
                 "{\"type\":\"code_interpreter_call\",\"id\":\"ci_1\",\"container_id\":\"c\",\"code\":\"1\\n+1\",\"outputs\":[]},"
                 "{\"type\":\"agent_message\",\"author\":\"a\",\"content\":[{\"type\":\"input_text\",\"text\":\"found it\"}]}"));
    assert_null(conv.unsupported);
    static const struct { const char *name, *id, *arguments, *result; } ran[] = {
        {"file_search", "fs_1", "{\"queries\":[\"q\"]}", "[{\"text\":\"t\"}]"}, {"file_search", "fs_2", "{\"queries\":[]}", ""},
        {"code_interpreter", "ci_1", "{\"code\":\"1\\n+1\"}", "[]"},
    };
    assert_int_equal(conv.n_msgs, 2 * COUNT(ran) + 1);
    for (size_t i = 0; i < COUNT(ran); i++) {
        const struct conv_msg *m = &conv.msgs[2 * i];
        assert_true(m->role == ROLE_ASSISTANT && m->n_calls == 1);
        ASSERT_IS(m->calls[0].name, ran[i].name);
        ASSERT_IS(m->calls[0].id, ran[i].id);
        ASSERT_IS(m->calls[0].arguments, ran[i].arguments);
        assert_message(2 * i + 1, ROLE_TOOL, ran[i].result);
        ASSERT_IS(m[1].tool_call_id, ran[i].id);
    }
    assert_message(2 * COUNT(ran), ROLE_USER, "found it");
}

static void passes_over_what_says_nothing(void **state)
{
    (void)state;
    decode(INPUT("{\"type\":\"web_search_call\",\"id\":\"ws\",\"status\":\"completed\"},{\"type\":\"mcp_list_tools\"},"
                 "{\"type\":\"additional_tools\",\"tools\":[]}," SAID));
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 1);
}

static void reads_and_asks_for_summaries(void **state)
{
    (void)state;
    decode(INPUT("{\"type\":\"compaction\",\"id\":\"cmp_1\",\"encrypted_content\":\"" RESPONSES_SUMMARY "so far\"}," SAID));
    assert_null(conv.unsupported);
    assert_message(0, ROLE_USER, "so far");
    assert_int_equal(conv.own, 0);
    decode("{\"model\":\"m\",\"stream\":true,\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],"
           "\"tool_choice\":\"required\","
           "\"reasoning\":{\"summary\":\"auto\"},\"input\":[" SAID ",{\"type\":\"compaction_trigger\"}]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.own, RESPONSES_COMPACT);
    assert_int_equal(conv.n_msgs, 2);
    assert_int_equal(conv.msgs[1].role, ROLE_USER);
    assert_true(conv.stream && conv.tools.p == NULL && conv.tool_choice == TOOLS_AUTO && !conv.show_reasoning);
    assert_int_equal(decode_on(&compact, SPAN("{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}")), FAIL_OK);
    assert_true(conv.own == RESPONSES_COMPACT && conv.n_msgs == 2 && !conv.stream && !conv.store);
}

static void counts_without_a_model(void **state)
{
    (void)state;
    assert_int_equal(decode_on(&count, SPAN("{\"input\":\"hi\",\"instructions\":\"x\",\"stream\":true}")), FAIL_OK);
    assert_true(conv.kind == CONV_COUNT && conv.n_msgs == 2 && !conv.stream && !conv.store && conv.model.n == 0);
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { const char *body, *field; size_t at; } rows[] = {
        {"[]", NULL, 0}, {"{\"input\":\"hi\"}", "model", SIZE_MAX}, {"{\"model\":null,\"input\":\"hi\"}", "model", SIZE_MAX},
        {"{\"model\":7,\"input\":\"hi\"}", "model", 9}, {"{\"model\":\"m\",\"input\":7}", "input", 21},
        {"{\"model\":\"m\",\"input\":{}}", "input", 21}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_on(&plain, span_str(rows[i].body)), FAIL_REQUEST_INVALID);
        assert_true(field == rows[i].field || strcmp(field, rows[i].field) == 0);
        assert_int_equal(at, rows[i].at);
    }
}

/* `n` items that are all alike. */
static void decode_many(const char *item, size_t n)
{
    struct obuf o = {0};
    obuf_str(&o, "{\"model\":\"m\",\"input\":[");
    for (size_t i = 0; i < n; i++) obuf_printf(&o, "%s%s", i ? "," : "", item);
    obuf_str(&o, "]}");
    assert_int_equal(decode_on(&plain, obuf_span(&o)), FAIL_OK);
    obuf_fini(&o);
}

static void bounds_what_it_builds(void **state)
{
    (void)state;
    decode_many(SAID, READER_MAX_MESSAGES + 1);
    assert_string_equal(conv.unsupported, "input");
    assert_int_equal(conv.n_msgs, 0);
    decode_many(CALL("c"), READER_MAX_CALLS);
    assert_null(conv.unsupported);
    assert_int_equal(conv.msgs[0].n_calls, READER_MAX_CALLS);
    decode_many(CALL("c"), READER_MAX_CALLS + 1);
    assert_string_equal(conv.unsupported, "input.function_call");
    decode_many("{\"type\":\"mcp_call\",\"id\":\"i\",\"name\":\"n\",\"arguments\":\"{}\",\"output\":\"o\"}",
                READER_MAX_MESSAGES);
    assert_int_equal(conv.n_msgs, 2 * READER_MAX_MESSAGES);   /* two of each */
}

static void routes_lead_here(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation; enum conv_kind kind; unsigned flags; } rows[] = {
        {"POST", "/v1/responses", "responses", CONV_CHAT, ROUTE_HAS_STORE | ROUTE_STORES_BY_DEFAULT | ROUTE_GIVES_SEALED},
        {"POST", "/v1/responses/input_tokens", "responses.input_tokens", CONV_COUNT, 0},
        {"POST", "/v1/responses/compact", "responses.compact", CONV_CHAT, ROUTE_GIVES_SEALED},
        {"POST", "/backend-api/codex/responses", "responses", CONV_CHAT, ROUTE_HAS_STORE},
        {"POST", "/backend-api/codex/responses/compact", "responses.compact", CONV_CHAT, 0},
        {"GET", "/v1/responses/resp_1", "responses.retrieve", CONV_NONE, ROUTE_LOCAL_OBJECTS},
        {"DELETE", "/v1/responses/resp_1", "responses.delete", CONV_NONE, ROUTE_LOCAL_OBJECTS},
        {"GET", "/v1/responses/resp_1/input_items", "responses.input_items.list", CONV_NONE, ROUTE_LOCAL_OBJECTS},
        {"POST", "/v1/responses/resp_1/cancel", "responses.cancel", CONV_NONE, ROUTE_GIVES_IDS | ROUTE_LOCAL_OBJECTS},
        {"POST", "/v1/conversations/conv_1/items", "conversations.items.create", CONV_NONE, ROUTE_GIVES_IDS},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool body = strcmp(rows[i].method, "POST") == 0;
        const struct route *r = route_find("openai", span_str(rows[i].method), span_str(rows[i].path), body);
        assert_string_equal(r->operation, rows[i].operation);
        assert_int_equal(r->kind, rows[i].kind);
        assert_int_equal(r->flags & rows[i].flags, rows[i].flags);
        assert_string_equal(route_provider(span_str(rows[i].path)), "openai");
    }
    assert_string_equal(route_of_api("openai.responses")->operation, "responses");
}

static int set_up(void **state)
{
    (void)state;
    return (arena = arena_new(0)) == NULL;
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
        cmocka_unit_test(null_is_not_given),
        cmocka_unit_test(reads_messages),
        cmocka_unit_test(joins_what_one_turn_said),
        cmocka_unit_test(prefers_whole_thoughts),
        cmocka_unit_test(reads_other_calls),
        cmocka_unit_test(offers_what_the_client_runs),
        cmocka_unit_test(reads_the_choice_of_tools),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(names_items_it_cannot_honour),
        cmocka_unit_test(reads_what_others_did),
        cmocka_unit_test(offers_the_allowed_tools), cmocka_unit_test(passes_over_what_says_nothing),
        cmocka_unit_test(reads_and_asks_for_summaries),
        cmocka_unit_test(counts_without_a_model),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(bounds_what_it_builds),
        cmocka_unit_test(routes_lead_here),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
