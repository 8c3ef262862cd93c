/* Messages requests to conversations: what is understood, what a local answer cannot honour, what is no request. */
#include "wire/anthropic.h"
#include "wire/codecs.h"
#include "wire/dialects.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static struct conv conv;
static const char *field;
static size_t at;
static struct obuf body;   /* what the conversation's spans point to, when it was put together here */

static enum fail decode_span(struct span text, const struct route *route)
{
    arena_reset(arena);
    assert_int_equal(jscan(text, arena, &doc, &at), FAIL_OK);
    return anthropic_decode(&(struct conv_source){.doc = &doc, .route = route}, arena, &conv, &field, &at);
}

static void decode(const char *text) { assert_int_equal(decode_span(span_str(text), NULL), FAIL_OK); }

#define HEAD "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define ASSERT_IS(span, text) assert_string_is((span), (text), __LINE__)

static void assert_string_is(struct span s, const char *want, int line)
{
    if (!span_is(s, want)) fail_msg("line %d: \"%.*s\" is not \"%s\"", line, (int)s.n, s.p, want);
}

/* A conversation of one user's blocks. */
static void decode_blocks(const char *blocks)
{
    obuf_reset(&body);
    obuf_printf(&body, "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[%s]}]}", blocks);
    assert_int_equal(decode_span(obuf_span(&body), NULL), FAIL_OK);
}

static void assert_unsupported(const char *name)
{
    if (conv.unsupported == NULL || strcmp(conv.unsupported, name) != 0)
        fail_msg("unsupported is %s, not %s", conv.unsupported ? conv.unsupported : "nothing", name);
}

/* ---- the top level ---- */

static void reads_the_smallest(void **state)
{
    (void)state;
    decode(HEAD "}");
    ASSERT_IS(conv.model, "m");
    assert_int_equal(conv.n_msgs, 1);
    assert_int_equal(conv.msgs[0].role, ROLE_USER);
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_true(conv.kind == CONV_CHAT && conv.parallel_tool_calls && conv.n_choices == 1);
    assert_false(conv.stream || conv.show_reasoning || conv.has_seed);
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    assert_int_equal(conv.tool_choice, TOOLS_AUTO);
    assert_int_equal(conv.format, FORMAT_TEXT);
    assert_int_equal(conv.max_tokens, 9);
    assert_int_equal(conv.top_k, -1);
    assert_true(isnan(conv.temperature) && isnan(conv.top_p));
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assert_int_equal(conv.max_tokens, -1);
    assert_null(conv.unsupported);
}

static void reads_every_parameter(void **state)
{
    (void)state;
    decode("{\"stop_sequences\":[\"\\n\\nHuman:\",\"END\"],\"temperature\":0.5,\"top_p\":1,\"top_k\":40,\"stream\":true,"
           "\"metadata\":{\"user_id\":\"u\"},\"service_tier\":\"auto\",\"mcp_servers\":[],\"container\":null,"
           "\"cache_control\":{\"type\":\"ephemeral\"},\"context_management\":{\"edits\":[]},\"inference_geo\":\"eu\","
           "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"betas\":[\"x\"],\"speed\":\"fast\",\"new\":[1],"
           "\"output_config\":{\"effort\":\"high\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}},"
           "\"\\u006dodel\":\"claude-\\u006f\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.model, "claude-o");
    assert_int_equal(conv.n_stops, 2);
    ASSERT_IS(conv.stops[0], "\n\nHuman:");
    ASSERT_IS(conv.stops[1], "END");
    assert_true(conv.temperature == 0.5 && conv.top_p == 1 && conv.top_k == 40 && conv.max_tokens == 100);
    assert_true(conv.stream && conv.show_reasoning);
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
}

static void null_is_not_given(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":null,\"stream\":null,"
           "\"temperature\":null,\"top_p\":null,\"top_k\":null,\"stop_sequences\":null,\"thinking\":null,\"tools\":null,"
           "\"tool_choice\":null,\"output_config\":null,\"output_format\":null,\"mcp_servers\":null,\"container\":null,"
           "\"system\":null,\"thread\":null}");
    assert_null(conv.unsupported);
    assert_true(conv.max_tokens == -1 && conv.top_k == -1 && isnan(conv.temperature) && !conv.stream);
    assert_int_equal(conv.n_msgs, 1);
}

static void reads_thinking_and_format(void **state)
{
    (void)state;
    static const struct { const char *json; bool shown; } cases[] = {
        {HEAD ",\"thinking\":{\"type\":\"adaptive\"}}", true},
        {HEAD ",\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}}", true},
        {HEAD ",\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}}", false},
        {HEAD ",\"thinking\":{\"type\":\"disabled\"}}", false},
        {HEAD ",\"thinking\":{\"type\":\"new\"}}", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        decode(cases[i].json);
        assert_null(conv.unsupported);
        assert_int_equal(conv.show_reasoning, cases[i].shown);
    }
    decode(HEAD ",\"output_format\":{\"type\":\"json_schema\",\"schema\":{\"a\":1}}}");
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"a\":1}");
    decode(HEAD ",\"output_config\":{\"effort\":\"low\",\"format\":null}}");
    assert_int_equal(conv.format, FORMAT_TEXT);
    assert_null(conv.unsupported);
}

static void says_what_is_no_request(void **state)
{
    (void)state;
    static const struct { const char *body, *field; size_t at; } cases[] = {
        {"[]", NULL, 0}, {"\"x\"", NULL, 1}, {"{}", "model", SIZE_MAX},
        {"{\"model\":1,\"messages\":[]}", "model", 9}, {"{\"model\":null,\"messages\":[]}", "model", 9},
        {"{\"model\":\"m\"}", "messages", SIZE_MAX}, {"{\"model\":\"m\",\"messages\":{}}", "messages", 24},
        {"{\"model\":\"m\",\"prompt\":\"\\n\\nHuman: hi\"}", "messages", SIZE_MAX},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(decode_span(span_str(cases[i].body), NULL), FAIL_REQUEST_INVALID);
        assert_int_equal(at, cases[i].at);
        if (cases[i].field) assert_string_equal(field, cases[i].field);
        else assert_null(field);
    }
}

static void takes_the_model_from_a_path(void **state)
{
    (void)state;
    struct span text = SPAN("{\"anthropic_version\":\"v\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\","
        "\"content\":\"hi\"}]}");
    assert_int_equal(jscan(text, arena, &doc, &at), FAIL_OK);
    struct conv_source s = {.doc = &doc};
    assert_int_equal(anthropic_decode_model(&s, SPAN("claude-x"), arena, &conv, &field, &at), FAIL_OK);
    ASSERT_IS(conv.model, "claude-x");
    assert_null(conv.unsupported);
    assert_int_equal(anthropic_decode(&s, arena, &conv, &field, &at), FAIL_REQUEST_INVALID);
}

/* All of these can be forwarded; none can be answered here, and the client is told which field is the reason. */
static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *rest, *name; } cases[] = {
        {",\"temperature\":1.5}", "temperature"}, {",\"temperature\":\"1\"}", "temperature"}, {",\"top_p\":-1}", "top_p"},
        {",\"top_k\":-2}", "top_k"}, {",\"stream\":1}", "stream"}, {",\"stop_sequences\":[1]}", "stop_sequences"},
        {",\"stop_sequences\":{}}", "stop_sequences"}, {",\"mcp_servers\":[{\"url\":\"u\"}]}", "mcp_servers"},
        {",\"container\":\"c\"}", "container"}, {",\"container\":{\"skills\":[]}}", "container"},
        {",\"thread\":{\"type\":\"continue\"}}", "thread"}, {",\"thread\":{\"type\":\"new\"}}", "thread"},
        {",\"compaction\":{\"type\":\"summarize\"}}", "compaction"},
        {",\"output_config\":[]}", "output_config"}, {",\"output_config\":{\"format\":{\"type\":\"x\"}}}", "output_config"},
        {",\"output_format\":{\"type\":\"json_schema\",\"schema\":1}}", "output_format"},
        {",\"tools\":{}}", "tools"}, {",\"tools\":[{\"name\":1,\"input_schema\":{}}]}", "tools"},
        {",\"tools\":[{\"name\":\"a\"}]}", "tools"}, {",\"tools\":[7]}", "tools"},
        {",\"tool_choice\":{\"type\":\"new\"}}", "tool_choice"}, {",\"tool_choice\":\"auto\"}", "tool_choice"},
        {",\"tool_choice\":{\"type\":\"any\"}}", "tool_choice"},
        {",\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}}", "tool_choice"},
        {",\"system\":7}", "system"}, {",\"system\":[{\"type\":\"image\"}]}", "image"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        obuf_reset(&body);
        obuf_printf(&body, "%s%s", HEAD, cases[i].rest);
        assert_int_equal(decode_span(obuf_span(&body), NULL), FAIL_OK);
        assert_unsupported(cases[i].name);
    }
    decode(HEAD ",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"msg_1\"}}");
    ASSERT_IS(conv.previous, "msg_1");
    assert_true(conv.store && conv.unsupported == NULL);
    decode(HEAD ",\"thread\":{\"type\":\"create\"}}");
    assert_true(conv.store && conv.previous.p == NULL && conv.unsupported == NULL);
    decode("{\"model\":\"m\",\"max_tokens\":0,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assert_unsupported("max_tokens");
}

/* ---- tools ---- */

#define TOOL(name) "{\"name\":\"" name "\",\"description\":\"d\\n\\\"\",\"input_schema\":{\"type\":\"object\"}," \
                   "\"input_examples\":[{}],\"cache_control\":{\"type\":\"ephemeral\"}}"
#define AS_FUNCTION(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"description\":\"d\\n\\\"\"," \
                          "\"parameters\":{\"type\":\"object\"}}}"
#define SEARCH "{\"type\":\"web_search_20250305\",\"name\":\"web_search\",\"max_uses\":2}"

static void writes_tools_in_the_one_form(void **state)
{
    (void)state;
    decode(HEAD ",\"tools\":[" TOOL("f") "," TOOL("g\\u0068") "]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools, "[" AS_FUNCTION("f") "," AS_FUNCTION("g\\u0068") "]");
    decode(HEAD ",\"tools\":[{\"type\":\"custom\",\"name\":\"f\",\"input_schema\":{}}]}");
    ASSERT_IS(conv.tools, "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]");
    decode(HEAD ",\"tools\":[]}");
    assert_null(conv.tools.p);
    assert_null(conv.unsupported);
}

static void leaves_out_the_providers_tools(void **state)
{
    (void)state;
    decode(HEAD ",\"tools\":[" SEARCH "," TOOL("f") "]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools, "[" AS_FUNCTION("f") "]");
    decode(HEAD ",\"tools\":[" SEARCH "]}");
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    decode(HEAD ",\"tools\":[" SEARCH "," TOOL("f") "],\"tool_choice\":{\"type\":\"any\"}}");
    assert_unsupported("tool_choice");
    decode(HEAD ",\"tools\":[" SEARCH "," TOOL("f") "],\"tool_choice\":{\"type\":\"tool\",\"name\":\"web_search\"}}");
    assert_unsupported("tool_choice");
    decode(HEAD ",\"tools\":[" SEARCH "," TOOL("f") "],\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}}");
    assert_null(conv.unsupported);
}

static void reads_the_choice_of_tools(void **state)
{
    (void)state;
    decode(HEAD ",\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true},\"tools\":[" TOOL("f") "]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    assert_false(conv.parallel_tool_calls);
    decode(HEAD ",\"tools\":[" TOOL("f\\u0067") "],\"tool_choice\":{\"type\":\"tool\",\"name\":\"\\u0066g\"}}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.tool_choice, TOOLS_NAMED);
    ASSERT_IS(conv.tool_name, "fg");
    assert_true(conv.parallel_tool_calls);
    decode(HEAD ",\"tools\":[" TOOL("f") "],\"tool_choice\":{\"type\":\"none\"}}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.tool_choice, TOOLS_NONE);
}

/* ---- turns ---- */

static void reads_system_text_first(void **state)
{
    (void)state;
    decode(HEAD ",\"system\":\"be \\\"kind\\\"\"}");
    assert_int_equal(conv.n_msgs, 2);
    assert_int_equal(conv.msgs[0].role, ROLE_SYSTEM);
    ASSERT_IS(conv.msgs[0].text, "be \"kind\"");
    decode("{\"model\":\"m\",\"max_tokens\":1,\"system\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\","
           "\"text\":\"b\","
           "\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
           "{\"role\":\"system\",\"content\":\"mid\"},{\"role\":\"system\",\"content\":[{\"type\":\"text\","
           "\"text\":\"late\"}]}]}");
    assert_null(conv.unsupported);
    static const enum conv_role roles[] = {ROLE_SYSTEM, ROLE_USER, ROLE_SYSTEM, ROLE_SYSTEM};
    static const char *const texts[] = {"ab", "hi", "mid", "late"};
    assert_int_equal(conv.n_msgs, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++) {
        assert_int_equal(conv.msgs[i].role, roles[i]);
        ASSERT_IS(conv.msgs[i].text, texts[i]);
    }
}

static void splits_tool_results_from_a_turn(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"weather?\"},"
           "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\\u006dm\",\"signature\":\"s\"},"
           "{\"type\":\"redacted_thinking\",\"data\":\"x\"},{\"type\":\"thinking\",\"thinking\":\"!\",\"signature\":\"s\"},"
           "{\"type\":\"text\",\"text\":\"I look.\"},"
           "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{\"x\": \"\\u00e9\"}},"
           "{\"type\":\"tool_use\",\"id\":\"toolu_2\",\"name\":\"g\",\"input\":{}}]},"
           "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":\"rain\"},"
           "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_2\",\"is_error\":true,\"content\":[{\"type\":\"text\","
           "\"text\":\"no \"},"
           "{\"type\":\"text\",\"text\":\"way\"}]},{\"type\":\"text\",\"text\":\"and \"},{\"type\":\"text\","
           "\"text\":\"now?\"}]},"
           "{\"role\":\"assistant\",\"content\":\"fine\"},"
           "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_3\"}]}]}");
    assert_null(conv.unsupported);
    static const enum conv_role roles[] = {ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL, ROLE_TOOL, ROLE_USER, ROLE_ASSISTANT,
        ROLE_TOOL};
    static const char *const texts[] = {"weather?", "I look.", "rain", "Error: no way", "and now?", "fine", ""};
    assert_int_equal(conv.n_msgs, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++) {
        assert_int_equal(conv.msgs[i].role, roles[i]);
        ASSERT_IS(conv.msgs[i].text, texts[i]);
    }
    const struct conv_msg *m = &conv.msgs[1];
    ASSERT_IS(m->reasoning, "hmm!");
    assert_int_equal(m->n_calls, 2);
    ASSERT_IS(m->calls[0].id, "toolu_1");
    ASSERT_IS(m->calls[0].name, "f");
    ASSERT_IS(m->calls[0].arguments, "{\"x\": \"\\u00e9\"}");
    ASSERT_IS(m->calls[1].arguments, "{}");
    ASSERT_IS(conv.msgs[2].tool_call_id, "toolu_1");
    ASSERT_IS(conv.msgs[6].tool_call_id, "toolu_3");
    assert_null(conv.msgs[5].reasoning.p);
}

static void tells_documents_in_lines(void **state)
{
    (void)state;
    static const struct { const char *block, *text; } cases[] = {
        {"{\"type\":\"document\",\"title\":\"T\",\"context\":\"C\",\"source\":{\"type\":\"text\","
         "\"media_type\":\"text/plain\","
         "\"data\":\"body\"}},{\"type\":\"text\",\"text\":\"ask\"}", "T\nC\nbody\nask"},
        {"{\"type\":\"text\",\"text\":\"ask\"},{\"type\":\"document\",\"title\":null,\"source\":{\"type\":\"content\","
         "\"content\":"
         "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}}", "ask\nab\n"},
        {"{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":\"c\"}}", "c\n"},
        {"{\"type\":\"search_result\",\"source\":\"u\",\"title\":\"t\",\"content\":[{\"type\":\"text\","
         "\"text\":\"found\"}]}",
         "t\nu\nfound\n"},
        {"{\"type\":\"compaction\",\"content\":\"before\"},{\"type\":\"compaction\",\"content\":null},"
         "{\"type\":\"fallback\",\"from\":{},\"to\":{}},{\"type\":\"mcp_tool_listing\",\"tools\":[]}", "before\n"},
        {"{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\":\"q\"}},"
         "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":[{\"type\":\"web_search_result\","
         "\"title\":\"t\",\"url\":\"u\",\"encrypted_content\":\"zzz\"}]}", "web_search\n{\"query\":\"q\"}\nt\nu\n"},
        {"{\"type\":\"bash_code_execution_tool_result\",\"content\":{\"type\":\"bash_code_execution_result\","
         "\"stdout\":\"\","
         "\"stderr\":\"bad\",\"return_code\":1,\"content\":[]}}", "bad\n"},
        {"{\"type\":\"mcp_tool_result\",\"content\":[{\"type\":\"text\",\"text\":\"m\"}]}", "m\n"},
        {"{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_reference\",\"name\":\"f\"}}", ""},
        {"{\"type\":\"browser_state\",\"tabs\":[{\"tab_id\":1,\"title\":\"t\",\"url\":\"u\",\"active\":true}]}", "t\nu\n"},
        {"{\"type\":\"tool_search_tool_result\",\"content\":{\"tool_references\":[{\"type\":\"tool_reference\","
         "\"tool_name\":\"f\"}]}}",
         "f\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        decode_blocks(cases[i].block);
        assert_null(conv.unsupported);
        assert_int_equal(conv.n_msgs, 1);
        ASSERT_IS(conv.msgs[0].text, cases[i].text);
    }
}

static void names_the_block_that_has_no_words(void **state)
{
    (void)state;
    static const struct { const char *block, *name; } cases[] = {
        {"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA\"}}", "image"},
        {"{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"image\"}]}", "image"},
        {"{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\","
         "\"data\":\"AA\"}}", "document"},
        {"{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}", "document"},
        {"{\"type\":\"document\",\"source\":{\"type\":\"file\",\"file_id\":\"file_1\"}}", "document"},
        {"{\"type\":\"document\",\"source\":{\"type\":\"text\"}}", "document"}, {"{\"type\":\"document\"}", "document"},
        {"{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":1}}", "document"},
        {"{\"type\":\"web_fetch_tool_result\",\"content\":{\"url\":\"u\",\"content\":{\"type\":\"document\",\"source\":"
         "{\"type\":\"base64\",\"data\":\"AA\"}}}}", "document"},
        {"{\"type\":\"advisor_tool_result\",\"content\":{\"type\":\"advisor_redacted_result\",\"encrypted_content\":\"z\"}}",
         "messages.content"},
        {"{\"type\":\"container_upload\",\"file_id\":\"f\"}", "container_upload"},
        {"{\"type\":\"hologram\"}", "messages.content"}, {"{}", "messages.content"}, {"7", "messages.content"},
        {"{\"type\":\"text\"}", "messages.content"}, {"{\"type\":\"text\",\"text\":1}", "messages.content"},
        {"{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}", "messages.content"},
        {"{\"type\":\"tool_result\",\"content\":\"x\"}", "messages.content"},
        {"{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":1}", "messages.content"},
        {"{\"type\":\"tool_addition\",\"tool\":{}}", "tool_addition"},
        {"{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_definition\","
         "\"definition\":{\"name\":\"f\"}}}", "tool_addition"},
        {"{\"type\":\"tool_removal\",\"tool\":{\"type\":\"tool_reference\",\"name\":\"f\"}}", "messages.content"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        decode_blocks(cases[i].block);
        assert_unsupported(cases[i].name);
    }
}

static void names_turns_that_are_none(void **state)
{
    (void)state;
    static const struct { const char *turn, *name; } cases[] = {
        {"{\"role\":\"tool\",\"content\":\"x\"}", "messages.role"}, {"{\"content\":\"x\"}", "messages.role"},
        {"7", "messages.role"}, {"{\"role\":\"user\"}", "messages.content"},
        {"{\"role\":\"user\",\"content\":null}", "messages.content"}, {"{\"role\":\"user\",\"content\":{}}",
         "messages.content"},
        {"{\"role\":\"assistant\",\"content\":7}", "messages.content"},
        {"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
         "\"input\":\"{}\"}]}", "messages.content"},
        {"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"input\":{}}]}", "messages.content"},
        {"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\"}]}", "messages.content"},
        {"{\"role\":\"assistant\",\"content\":\"The answer is (\"}", "messages.prefill"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        obuf_reset(&body);
        obuf_printf(&body, "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[%s]}", cases[i].turn);
        assert_int_equal(decode_span(obuf_span(&body), NULL), FAIL_OK);
        assert_unsupported(cases[i].name);
    }
    decode("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}");
    assert_unsupported("messages");
}

static void keeps_what_c_strings_lose(void **state)
{
    (void)state;
    decode_blocks("{\"type\":\"text\",\"text\":\"a\\u0000b\"},{\"type\":\"text\",\"text\":\"\\u0000\"}");
    assert_true(span_eq(conv.msgs[0].text, SPAN("a\0b\0")));
}

/* Claude Code's own turn, and the title that it asks for beside it, cut short. */
static void reads_what_an_agent_sends(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
           "\"text\":\"<system-reminder>\\n\"},"
           "{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"system\",\"content\":\"Agents: none\"}],"
           "\"system\":[{\"type\":\"text\","
           "\"text\":\"x-billing: v\"},{\"type\":\"text\",\"text\":\"You are an agent.\","
           "\"cache_control\":{\"type\":\"ephemeral\"}}],"
           "\"tools\":[" TOOL("Bash") "],\"metadata\":{\"user_id\":\"{\\\"device_id\\\":\\\"d\\\"}\"},\"max_tokens\":64000,"
           "\"thinking\":{\"type\":\"adaptive\"},\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\","
           "\"keep\":\"all\"}]},\"output_config\":{\"effort\":\"high\"},\"stream\":true}");
    assert_null(conv.unsupported);
    assert_true(conv.stream && conv.show_reasoning && conv.max_tokens == 64000 && conv.n_msgs == 3);
    ASSERT_IS(conv.tools, "[" AS_FUNCTION("Bash") "]");
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
           "\"text\":\"<session>hi</session>\"}]}],"
           "\"system\":[{\"type\":\"text\",\"text\":\"Write a title.\"}],\"tools\":[],\"metadata\":{\"user_id\":\"u\"},"
           "\"max_tokens\":64000,\"thinking\":{\"type\":\"disabled\"},\"output_config\":{\"effort\":\"high\",\"format\":"
           "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\",\"required\":[\"title\"]}}},\"stream\":true}");
    assert_null(conv.unsupported);
    assert_true(conv.format == FORMAT_SCHEMA && !conv.show_reasoning && conv.tools.p == NULL);
    ASSERT_IS(conv.schema, "{\"type\":\"object\",\"required\":[\"title\"]}");
}

/* ---- counting ---- */

static void counts_by_its_route(void **state)
{
    (void)state;
    const struct route *r = route_find("anthropic", SPAN("POST"), SPAN("/v1/messages/count_tokens"), true);
    struct span text = SPAN("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
        "{\"role\":\"assistant\",\"content\":\"(\"}]}");
    assert_true(r->known && r->codec == &codec_anthropic_count);
    assert_int_equal(decode_span(text, r), FAIL_OK);
    assert_int_equal(conv.kind, CONV_COUNT);
    assert_null(conv.unsupported);   /* nothing is to be gone on from */
    assert_int_equal(conv.n_msgs, 2);
}

/* ---- bounds ---- */

static void decode_many(const char *head, const char *item, size_t n, const char *tail)
{
    obuf_reset(&body);
    obuf_str(&body, head);
    for (size_t i = 0; i < n; i++) obuf_printf(&body, "%s%s", i ? "," : "", item);
    obuf_str(&body, tail);
    assert_int_equal(decode_span(obuf_span(&body), NULL), FAIL_OK);
}

static void bounds_what_it_decodes(void **state)
{
    (void)state;
    static const char turns[] = "{\"model\":\"m\",\"messages\":[", turn[] = "{\"role\":\"user\",\"content\":\"\"}";
    static const char results[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[";
    static const char result[] = "{\"type\":\"tool_result\",\"tool_use_id\":\"t\"}";
    static const char calls[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":[";
    static const char use[] = "{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}}";
    static const char end[] = "]},{\"role\":\"user\",\"content\":\"\"}]}";
    decode_many(turns, turn, READER_MAX_MESSAGES, "]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, READER_MAX_MESSAGES);
    decode_many(turns, turn, READER_MAX_MESSAGES + 1, "]}");
    assert_unsupported("messages");
    assert_int_equal(conv.n_msgs, 0);
    decode_many(results, result, 1000, "]}]}");   /* grows many times */
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 1000);
    for (size_t i = 0; i < 1000; i++) ASSERT_IS(conv.msgs[i].tool_call_id, "t");
    decode_many(results, result, READER_MAX_MESSAGES + 1, "]}]}");
    assert_unsupported("messages");
    assert_int_equal(conv.n_msgs, READER_MAX_MESSAGES);
    decode_many(calls, use, READER_MAX_CALLS, end);
    assert_null(conv.unsupported);
    assert_int_equal(conv.msgs[0].n_calls, READER_MAX_CALLS);
    decode_many(calls, use, READER_MAX_CALLS + 1, end);
    assert_unsupported("messages.content");
    assert_int_equal(conv.msgs[0].n_calls, READER_MAX_CALLS);
}

/* ---- routes ---- */

static void knows_its_paths(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation; unsigned flags; } cases[] = {
        {"POST", "/v1/messages", "messages", ROUTE_GIVES_SEALED},
        {"POST", "/v1/messages/batches", "messages.batches.create", ROUTE_BATCH | ROUTE_GIVES_IDS},
        {"GET", "/v1/messages/batches/msgbatch_1/results", "messages.batches.results", ROUTE_GIVES_SEALED},
        {"POST", "/v1/messages/batches/msgbatch_1/cancel", "messages.batches.cancel", 0},
        {"DELETE", "/v1/messages/batches/msgbatch_1", "messages.batches.delete", 0},
        {"POST", "/v1/files", "files.create", ROUTE_ANY_BODY | ROUTE_GIVES_IDS},
        {"GET", "/v1/files/file_1/content", "files.content", 0},
        {"POST", "/v1/skills/skill_1/versions", "skills.versions.create", ROUTE_ANY_BODY},
        {"POST", "/v1/sessions/s/events", "sessions.events.send", ROUTE_ANY_BODY},
        {"GET", "/v1/environments/e/work/poll", "environments.work.poll", 0},
        {"POST", "/v1/memory_stores/m/memories", "memory_stores.memories.create", ROUTE_ANY_BODY},
        {"POST", "/v1/vaults/v/credentials", "vaults.credentials.create", ROUTE_ANY_BODY},
        {"GET", "/v1/models/claude-x", "models.retrieve", 0},
        {"POST", "/v1/complete", "complete", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool posted = strcmp(cases[i].method, "POST") == 0;
        const struct route *r = route_find("anthropic", span_str(cases[i].method), span_str(cases[i].path), posted);
        assert_true(r->known);
        assert_string_equal(r->operation, cases[i].operation);
        assert_int_equal(r->flags & cases[i].flags, cases[i].flags);
        assert_string_equal(r->codec->id_header, "request-id");
    }
}

/* What agents send beside their requests is not let through by a row. */
static void knows_no_side_traffic(void **state)
{
    (void)state;
    static const char *const paths[] = {"/api/event_logging/v2/batch", "/api/eval/sdk-x", "/api/claude_code/settings",
                                        "/api/claude_cli/bootstrap", "/mcp-registry/v0/servers", "/v1/organizations/me"};
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_false(route_find("anthropic", SPAN("POST"), span_str(paths[i]), true)->known);
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
    obuf_fini(&body);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_smallest),
        cmocka_unit_test(reads_every_parameter),
        cmocka_unit_test(null_is_not_given),
        cmocka_unit_test(reads_thinking_and_format),
        cmocka_unit_test(says_what_is_no_request),
        cmocka_unit_test(takes_the_model_from_a_path),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(writes_tools_in_the_one_form),
        cmocka_unit_test(leaves_out_the_providers_tools),
        cmocka_unit_test(reads_the_choice_of_tools),
        cmocka_unit_test(reads_system_text_first),
        cmocka_unit_test(splits_tool_results_from_a_turn),
        cmocka_unit_test(tells_documents_in_lines),
        cmocka_unit_test(names_the_block_that_has_no_words),
        cmocka_unit_test(names_turns_that_are_none),
        cmocka_unit_test(keeps_what_c_strings_lose),
        cmocka_unit_test(reads_what_an_agent_sends),
        cmocka_unit_test(counts_by_its_route),
        cmocka_unit_test(bounds_what_it_decodes),
        cmocka_unit_test(knows_its_paths),
        cmocka_unit_test(knows_no_side_traffic),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
