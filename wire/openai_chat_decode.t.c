/* Request bodies to conversations: what is understood, what a local answer cannot honour, what is no request. */
#include "wire/openai_chat.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static struct conv conv;
static const char *field;
static size_t at;

static enum fail decode_span(struct span body)
{
    arena_reset(arena);
    assert_int_equal(jscan(body, arena, &doc, &at), FAIL_OK);
    return openai_chat_decode(&(struct conv_source){.doc = &doc}, arena, &conv, &field, &at);
}

static void decode(const char *body) { assert_int_equal(decode_span(span_str(body)), FAIL_OK); }

#define HEAD "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_the_smallest(void **state)
{
    (void)state;
    decode(HEAD "}");
    ASSERT_IS(conv.model, "m");
    assert_int_equal(conv.n_msgs, 1);
    assert_int_equal(conv.msgs[0].role, ROLE_USER);
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_true(conv.kind == CONV_CHAT && conv.parallel_tool_calls);
    assert_false(conv.stream || conv.include_usage || conv.has_seed);
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    assert_int_equal(conv.tool_choice, TOOLS_AUTO);
    assert_int_equal(conv.max_tokens, -1);
    assert_true(isnan(conv.temperature) && isnan(conv.top_p));
    assert_true(conv.frequency_penalty == 0 && conv.presence_penalty == 0);
    assert_int_equal(conv.n_stops, 0);
}

static void reads_every_parameter(void **state)
{
    (void)state;
    decode("{\"stop\":[\"\\n\",\"END\"],\"seed\":-9007199254740993,\"temperature\":0.5,\"top_p\":1,"
           "\"frequency_penalty\":-2,\"presence_penalty\":1.5,\"max_tokens\":5,\"stream\":true,"
           "\"stream_options\":{\"include_usage\":true},\"parallel_tool_calls\":false,\"user\":\"u\",\"metadata\":{\"a\":\"b\"},"
           "\"n\":1,\"logprobs\":false,\"top_logprobs\":null,\"logit_bias\":{},\"response_format\":{\"type\":\"text\"},"
           "\"modalities\":[\"text\"],\"audio\":null,\"functions\":[],\"store\":true,\"service_tier\":\"auto\",\"new\":[1],"
           "\"prediction\":{\"type\":\"content\",\"content\":\"hi\"},"
           "\"\\u006dodel\":\"gpt-4\\u006f\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.model, "gpt-4o");
    assert_int_equal(conv.n_stops, 2);
    ASSERT_IS(conv.stops[0], "\n");
    ASSERT_IS(conv.stops[1], "END");
    assert_true(conv.has_seed && conv.seed == -9007199254740993);
    assert_true(conv.temperature == 0.5 && conv.top_p == 1);
    assert_true(conv.frequency_penalty == -2 && conv.presence_penalty == 1.5);
    assert_int_equal(conv.max_tokens, 5);
    assert_true(conv.stream && conv.include_usage && !conv.parallel_tool_calls);
}

static void null_is_not_given(void **state)
{
    (void)state;
    decode(HEAD ",\"stop\":null,\"seed\":null,\"temperature\":null,\"top_p\":null,\"frequency_penalty\":null,"
                "\"max_tokens\":null,\"max_completion_tokens\":null,\"stream\":null,\"stream_options\":null,\"tools\":null,"
                "\"tool_choice\":null,\"n\":null,\"logprobs\":null,\"response_format\":null,\"functions\":null,"
                "\"function_call\":null,\"prediction\":null,\"web_search_options\":null,\"parallel_tool_calls\":null}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.max_tokens, -1);
    assert_true(isnan(conv.temperature) && conv.parallel_tool_calls && !conv.stream && !conv.has_seed);
}

static void the_newer_maximum_wins(void **state)
{
    (void)state;
    decode(HEAD ",\"max_tokens\":5,\"max_completion_tokens\":7}");
    assert_int_equal(conv.max_tokens, 7);
    decode(HEAD ",\"max_completion_tokens\":7,\"max_tokens\":5}");
    assert_int_equal(conv.max_tokens, 7);
    decode(HEAD ",\"max_completion_tokens\":null,\"max_tokens\":5}");
    assert_int_equal(conv.max_tokens, 5);
    decode(HEAD ",\"stop\":\"x\"}");
    assert_int_equal(conv.n_stops, 1);
}

static void reads_every_role(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"developer\",\"content\":\"d\"},"
           "{\"role\":\"user\",\"name\":\"ann\",\"content\":[{\"type\":\"text\",\"text\":\"a\\n\"},{\"type\":\"text\",\"text\":\"b\"}]},"
           "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"
           "{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\"}}]},"
           "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":\"text\",\"text\":\"r\"}]},"
           "{\"role\":\"assistant\",\"refusal\":\"no\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"never\"}]}]}");
    static const enum conv_role roles[] = {ROLE_SYSTEM, ROLE_DEVELOPER, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL,
                                           ROLE_ASSISTANT, ROLE_ASSISTANT};
    static const char *const texts[] = {"s", "d", "a\nb", "", "r", "no", "never"};
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++) {
        assert_int_equal(conv.msgs[i].role, roles[i]);
        ASSERT_IS(conv.msgs[i].text, texts[i]);
    }
    ASSERT_IS(conv.msgs[2].name, "ann");
    ASSERT_IS(conv.msgs[4].tool_call_id, "c1");
    const struct conv_msg *m = &conv.msgs[3];
    assert_int_equal(m->n_calls, 2);
    ASSERT_IS(m->calls[0].id, "c1");
    ASSERT_IS(m->calls[0].name, "f");
    ASSERT_IS(m->calls[0].arguments, "{\"x\":1}");
    ASSERT_IS(m->calls[1].name, "g");
    ASSERT_IS(m->calls[1].arguments, "");
}

static void keeps_what_c_strings_lose(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\u0000b\"},"
           "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\\u0000\"},{\"type\":\"text\",\"text\":\"c\"}]}]}");
    assert_true(span_eq(conv.msgs[0].text, SPAN("a\0b")));
    assert_true(span_eq(conv.msgs[1].text, SPAN("\0c")));
}

#define TOOL "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}"

static void reads_tools(void **state)
{
    (void)state;
    decode(HEAD ",\"tools\":[" TOOL "],\"tool_choice\":\"required\"}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools, "[" TOOL "]");
    assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    decode(HEAD ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"\\u0066\"}},\"tools\":[" TOOL "]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.tool_choice, TOOLS_NAMED);
    ASSERT_IS(conv.tool_name, "f");
    decode(HEAD ",\"tools\":[],\"tool_choice\":\"none\"}");
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    assert_int_equal(conv.tool_choice, TOOLS_NONE);
}

#define TOOL_NAMED(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"
#define ALLOWED(mode, names) \
    "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"" mode "\",\"tools\":[" names "]}}"

/* Only some of the tools may be called: the others are not offered, wherever in the body either list stands. */
static void offers_the_allowed_tools(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        HEAD "," ALLOWED("required", TOOL_NAMED("g") "," TOOL_NAMED("x")) ",\"tools\":[" TOOL "," TOOL_NAMED("\\u0067") "]}",
        HEAD ",\"tools\":[" TOOL "," TOOL_NAMED("\\u0067") "]," ALLOWED("required", TOOL_NAMED("x") "," TOOL_NAMED("g")) "}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        decode(bodies[i]);
        assert_null(conv.unsupported);
        ASSERT_IS(conv.tools, "[" TOOL_NAMED("\\u0067") "]");
        assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    }
    decode(HEAD ",\"tools\":[" TOOL "]," ALLOWED("auto", "") "}");
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
    assert_int_equal(conv.tool_choice, TOOLS_AUTO);
    decode(HEAD ",\"tools\":[" TOOL "]," ALLOWED("required", TOOL_NAMED("x")) "}");
    assert_string_equal(conv.unsupported, "tool_choice");
}

/* All of these can be forwarded; none can be answered here, and the client is told which field is the reason. */
static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *more, *name; } rows[] = {
        {"\"n\":9", "n"}, {"\"n\":0", "n"}, {"\"n\":\"1\"", "n"}, {"\"logprobs\":true", "logprobs"},
        {"\"top_logprobs\":3", "top_logprobs"},
        {"\"response_format\":{\"type\":\"json_schema\"}", "response_format"},
        {"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\"}}", "response_format"},
        {"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":\"{}\"}}", "response_format"},
        {"\"response_format\":{\"type\":\"grammar\"}", "response_format"}, {"\"response_format\":{}", "response_format"},
        {"\"response_format\":\"text\"", "response_format"},
        {"\"modalities\":[\"text\",\"audio\"]", "modalities"}, {"\"modalities\":[]", "modalities"},
        {"\"audio\":{\"voice\":\"x\"}", "audio"},
        {"\"web_search_options\":{}", "web_search_options"}, {"\"functions\":[{}]", "functions"},
        {"\"function_call\":\"required\"", "function_call"}, {"\"logit_bias\":{\"50256\":-100}", "logit_bias"},
        {"\"temperature\":\"hot\"", "temperature"}, {"\"temperature\":2.5", "temperature"},
        {"\"temperature\":1e400", "temperature"},
        {"\"top_p\":-0.1", "top_p"}, {"\"max_tokens\":0", "max_tokens"}, {"\"max_tokens\":\"5\"", "max_tokens"},
        {"\"max_completion_tokens\":-1", "max_completion_tokens"}, {"\"seed\":1.5", "seed"},
        {"\"seed\":123456789012345678901234567890", "seed"}, {"\"stream\":\"true\"", "stream"},
        {"\"stream_options\":true", "stream_options"}, {"\"stream_options\":{\"include_usage\":1}", "stream_options"},
        {"\"stop\":5", "stop"}, {"\"stop\":[\"a\",1]", "stop"}, {"\"stop\":[\"a\",\"\"]", "stop"},
        {"\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"q\"]", "stop"},
        {"\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"f\"}}]", "tools"}, {"\"tools\":[1]", "tools"},
        {"\"tools\":{}", "tools"}, {"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":1}}]", "tools"},
        {"\"tool_choice\":\"required\"", "tool_choice"}, {"\"tool_choice\":\"any\"", "tool_choice"},
        {"\"tool_choice\":7", "tool_choice"},
        {"\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"allowed_tools\"}", "tool_choice"},
        {"\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice"},
        {"\"parallel_tool_calls\":\"no\"", "parallel_tool_calls"}, {"\"store\":1", "store"},
        {"\"functions\":[{\"name\":\"f\"}],\"function_call\":{\"name\":\"g\"}", "function_call"},
        {"\"function_call\":{\"name\":\"f\"}", "function_call"}, {"\"functions\":{}", "functions"},
        {"\"tools\":[" TOOL "],\"functions\":[{\"name\":\"f\"}]", "functions"},
        {"\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"custom\",\"custom\":{\"name\":\"f\"}}", "tool_choice"},
        {"\"data_sources\":[]", "data_sources"}, {"\"top_k\":-1", "top_k"}, {"\"min_p\":0.1", "min_p"},
        {"\"repetition_penalty\":1.1", "repetition_penalty"}, {"\"best_of\":2", "best_of"}, {"\"echo\":true", "echo"},
        {"\"continue_final_message\":true", "continue_final_message"}, {"\"guided_json\":\"{}\"", "guided_json"},
        {"\"guided_regex\":\"a*\"", "guided_regex"}, {"\"guided_choice\":[\"a\"]", "guided_choice"},
        {"\"guided_grammar\":\"g\"", "guided_grammar"}, {"\"structured_outputs\":{}", "structured_outputs"},
        {"\"plugins\":[{\"id\":\"web\"}]", "plugins"}, {"\"search_parameters\":{\"mode\":\"on\"}", "search_parameters"},
        {"\"n\":30,\"logprobs\":true", "n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct obuf o = {0};
        obuf_printf(&o, "%s,%s}", HEAD, rows[i].more);
        assert_int_equal(decode_span(obuf_span(&o)), FAIL_OK);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].more, conv.unsupported ? conv.unsupported : "none");
        obuf_fini(&o);
    }
}

static void names_messages_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *messages, *name; } rows[] = {
        {"", "messages"}, {"1", "messages.role"}, {"{}", "messages.role"},
        {"{\"role\":\"function\",\"content\":\"x\"}", "messages.name"},
        {"{\"role\":\"User\",\"content\":\"x\"}", "messages.role"}, {"{\"role\":\"user\"}", "messages.content"},
        {"{\"role\":\"user\",\"content\":5}", "messages.content"},
        {"{\"role\":\"user\",\"content\":[\"x\"]}", "messages.content"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}", "messages.content"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}", "messages.content"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}", "image_url"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}", "input_audio"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{}}]}", "file"},
        {"{\"role\":\"tool\",\"content\":\"x\"}", "messages.tool_call_id"},
        {"{\"role\":\"user\",\"content\":\"x\",\"name\":1}", "messages.name"},
        {"{\"role\":\"assistant\",\"function_call\":{\"arguments\":\"f\"}}", "messages.function_call"},
        {"{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\"},\"tool_calls\":[{\"type\":\"function\",\"id\":\"c\",\"function\":"
         "{\"name\":\"f\"}}]}", "messages.function_call"},
        {"{\"role\":\"assistant\",\"content\":\"x\",\"prefix\":true}", "messages.prefix"},
        {"{\"role\":\"assistant\",\"content\":\"x\",\"reasoning_content\":[]}", "messages.reasoning_content"},
        {"{\"role\":\"assistant\",\"content\":5}", "messages.content"},
        {"{\"role\":\"assistant\",\"audio\":{\"id\":\"a\"}}", "messages.audio"},
        {"{\"role\":\"assistant\",\"tool_calls\":{}}", "messages.tool_calls"},
        {"{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"custom\",\"id\":\"c\"}]}", "messages.tool_calls"},
        {"{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"function\",\"function\":{}}]}", "messages.tool_calls"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct obuf o = {0};
        obuf_printf(&o, "{\"model\":\"m\",\"messages\":[%s]}", rows[i].messages);
        assert_int_equal(decode_span(obuf_span(&o)), FAIL_OK);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].messages, conv.unsupported ? conv.unsupported : "none");
        obuf_fini(&o);
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { const char *body, *field; size_t at; } rows[] = {
        {"[]", NULL, 0}, {" 5", NULL, 1}, {"{}", "model", SIZE_MAX}, {"{\"model\":5,\"messages\":[]}", "model", 9},
        {"{\"model\":null,\"messages\":[]}", "model", 9}, {"{\"model\":\"m\"}", "messages", SIZE_MAX},
        {"{\"model\":\"m\",\"messages\":\"hi\"}", "messages", 25}, {"{\"model\":\"m\",\"messages\":{}}", "messages", 24},
        {"{\"Model\":\"m\",\"messages\":[]}", "model", SIZE_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_span(span_str(rows[i].body)), FAIL_REQUEST_INVALID);
        assert_int_equal(at, rows[i].at);
        if (rows[i].field) assert_string_equal(field, rows[i].field);
        else assert_null(field);
    }
}

/* A small body must not become many times its size in structs. */
static void bounds_what_it_builds(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"model\":\"m\",\"messages\":[0");
    for (int i = 0; i < 1000000; i++) obuf_str(&o, ",0");
    obuf_str(&o, "]}");
    arena_reset(arena);
    assert_int_equal(jscan(obuf_span(&o), arena, &doc, &at), FAIL_OK);
    size_t before = arena_used(arena);
    assert_int_equal(openai_chat_decode(&(struct conv_source){.doc = &doc}, arena, &conv, &field, &at), FAIL_OK);
    assert_in_range(arena_used(arena) - before, 0, 4096);
    assert_string_equal(conv.unsupported, "messages");
    assert_int_equal(conv.n_msgs, 0);

    obuf_reset(&o);
    obuf_str(&o, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[0");
    for (int i = 0; i < 100000; i++) obuf_str(&o, ",0");
    obuf_str(&o, "]}]}");
    assert_int_equal(decode_span(obuf_span(&o)), FAIL_OK);
    assert_string_equal(conv.unsupported, "messages.tool_calls");
    assert_int_equal(conv.msgs[0].n_calls, 0);
    obuf_fini(&o);
}

static void reads_the_number_of_answers(void **state)
{
    (void)state;
    decode(HEAD "}");
    assert_int_equal(conv.n_choices, 1);
    decode(HEAD ",\"n\":8,\"store\":true}");
    assert_int_equal(conv.n_choices, CONV_MAX_CHOICES);
    assert_true(conv.store);
    assert_null(conv.unsupported);
}

static void reads_the_form_of_the_answer(void **state)
{
    (void)state;
    decode(HEAD ",\"response_format\":{\"type\":\"json_object\"}}");
    assert_int_equal(conv.format, FORMAT_JSON);
    decode(HEAD ",\"response_format\":{\"json_schema\":{\"name\":\"x\",\"strict\":true,\"schema\":{\"type\": \"object\"}},"
                "\"type\":\"json_schema\"}}");
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"type\": \"object\"}");
    assert_null(conv.unsupported);
    decode(HEAD ",\"response_format\":{\"type\":\"json_object\",\"schema\":{\"a\":1}}}");
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"a\":1}");
    decode(HEAD ",\"guided_json\":{\"b\":1}}");
    ASSERT_IS(conv.schema, "{\"b\":1}");
    assert_null(conv.unsupported);
}

/* What the hosts call it, and whether the client then sees it. */
static void reads_whether_reasoning_is_shown(void **state)
{
    (void)state;
    static const struct { const char *more; bool shown, plain; } rows[] = {
        {"\"reasoning_effort\":\"low\"", true, false}, {"\"reasoning_effort\":\"none\"", false, false},
        {"\"reasoning_effort\":null", false, false}, {"\"reasoning_effort\":5", false, false},
        {"\"thinking\":{\"type\":\"enabled\"}", true, false}, {"\"thinking\":{\"type\":\"disabled\"}", false, false},
        {"\"reasoning\":{\"effort\":\"high\"}", true, true}, {"\"reasoning\":{\"max_tokens\":9}", true, true},
        {"\"reasoning\":{\"effort\":\"none\"}", false, true}, {"\"reasoning\":{\"exclude\":true}", false, true},
        {"\"reasoning\":{\"enabled\":false}", false, true}, {"\"include_reasoning\":true", true, true},
        {"\"include_reasoning\":false,\"reasoning_effort\":\"low\"", false, true},
        {"\"reasoning_effort\":\"low\",\"include_reasoning\":false", false, true},
        {"\"reasoning_format\":\"parsed\"", true, true}, {"\"reasoning_format\":\"hidden\"", false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct obuf o = {0};
        obuf_printf(&o, "%s,%s}", HEAD, rows[i].more);
        assert_int_equal(decode_span(obuf_span(&o)), FAIL_OK);
        bool plain = conv.own & OPENAI_OWN_REASONING;
        if (conv.show_reasoning != rows[i].shown || plain != rows[i].plain || conv.unsupported) fail_msg("%s", rows[i].more);
        obuf_fini(&o);
    }
    decode("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"r1\"},"
           "{\"role\":\"assistant\",\"content\":\"b\",\"reasoning\":\"r2\"},{\"role\":\"assistant\",\"content\":\"c\"}]}");
    ASSERT_IS(conv.msgs[0].reasoning, "r1");
    ASSERT_IS(conv.msgs[1].reasoning, "r2");
    assert_null(conv.msgs[2].reasoning.p);
}

static void reads_the_old_functions(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"function_call\":{\"name\":\"g\"},\"functions\":[{\"name\":\"f\"},{\"name\":\"g\",\"parameters\":{}}],"
           "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,"
           "\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"role\":\"function\",\"name\":\"f\",\"content\":\"r\"}]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools, "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
                          "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"parameters\":{}}}]");
    assert_int_equal(conv.tool_choice, TOOLS_NAMED);
    ASSERT_IS(conv.tool_name, "g");
    assert_true(conv.own & OPENAI_OWN_FUNCTIONS);
    assert_false(conv.parallel_tool_calls);
    assert_int_equal(conv.msgs[1].n_calls, 1);
    ASSERT_IS(conv.msgs[1].calls[0].id, "f");
    ASSERT_IS(conv.msgs[1].calls[0].arguments, "{}");
    assert_int_equal(conv.msgs[2].role, ROLE_TOOL);
    ASSERT_IS(conv.msgs[2].tool_call_id, "f");
    decode(HEAD ",\"tools\":[],\"functions\":[{\"name\":\"f\"}],\"function_call\":\"none\"}");
    assert_null(conv.unsupported);
    assert_non_null(conv.tools.p);
    assert_int_equal(conv.tool_choice, TOOLS_NONE);
}

/* Azure's paths name the model; elsewhere a body without one is no request. */
static void takes_the_model_from_the_path(void **state)
{
    (void)state;
    static const struct { const char *path, *model; } rows[] = {
        {"/openai/deployments/gpt-4o/chat/completions", "gpt-4o"}, {"/v1/chat/completions", NULL},
        {"/openai/deployments/gpt-4o", NULL},
    };
    const char *body = "{\"model\":null,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_reset(arena);
        assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
        enum fail f = openai_chat_decode(&(struct conv_source){.doc = &doc, .path = span_str(rows[i].path)}, arena, &conv,
                                         &field, &at);
        assert_int_equal(f, rows[i].model ? FAIL_OK : FAIL_REQUEST_INVALID);
        if (rows[i].model) ASSERT_IS(conv.model, rows[i].model);
    }
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
        cmocka_unit_test(null_is_not_given),
        cmocka_unit_test(the_newer_maximum_wins),
        cmocka_unit_test(reads_every_role),
        cmocka_unit_test(keeps_what_c_strings_lose),
        cmocka_unit_test(reads_tools),
        cmocka_unit_test(offers_the_allowed_tools),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(names_messages_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(bounds_what_it_builds),
        cmocka_unit_test(reads_the_number_of_answers),
        cmocka_unit_test(reads_the_form_of_the_answer),
        cmocka_unit_test(reads_whether_reasoning_is_shown),
        cmocka_unit_test(reads_the_old_functions),
        cmocka_unit_test(takes_the_model_from_the_path),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
