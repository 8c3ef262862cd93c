/* Gemini's request bodies to conversations: what is understood in both spellings, what a local answer cannot honour, what
 * is no request. */
#include "wire/gemini_generate.h"
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

static enum fail decode_by(decoder *f, const char *path, const char *query, struct span body)
{
    arena_reset(arena);
    assert_int_equal(jscan(body, arena, &doc, &at), FAIL_OK);
    return f(&(struct conv_source){.doc = &doc, .path = span_str(path), .query = span_str(query)}, arena, &conv, &field, &at);
}

#define GENERATE "/v1beta/models/gemini-2.5-pro:generateContent"
#define STREAM "/v1beta/models/gemini-2.5-pro:streamGenerateContent"

static void decode(const char *body)
{
    assert_int_equal(decode_by(gemini_generate_decode, GENERATE, "", span_str(body)), FAIL_OK);
}

#define USER "{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}"
#define HEAD "{\"contents\":[" USER "]"
#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_the_smallest(void **state)
{
    (void)state;
    decode(HEAD "}");
    ASSERT_IS(conv.model, "gemini-2.5-pro");
    assert_int_equal(conv.kind, CONV_CHAT);
    assert_int_equal(conv.n_msgs, 1);
    assert_int_equal(conv.msgs[0].role, ROLE_USER);
    ASSERT_IS(conv.msgs[0].text, "hi");
    assert_false(conv.stream || conv.has_seed || conv.show_reasoning);
    assert_true(isnan(conv.temperature) && isnan(conv.top_p));
    assert_true(conv.max_tokens == -1 && conv.top_k == -1 && conv.n_choices == 1 && conv.n_stops == 0);
    assert_null(conv.unsupported);
    assert_null(conv.tools.p);
}

/* Google's own examples write the one content and the one part without their lists. */
static void one_element_may_stand_for_its_list(void **state)
{
    (void)state;
    decode("{\"systemInstruction\":{\"parts\":{\"text\":\"be brief\"}},\"contents\":{\"parts\":{\"text\":\"hi\"}}}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 2);
    ASSERT_IS(conv.msgs[0].text, "be brief");
    ASSERT_IS(conv.msgs[1].text, "hi");
    assert_int_equal(conv.msgs[1].role, ROLE_USER);
    decode(HEAD ",\"tools\":{\"functionDeclarations\":{\"name\":\"f\"}}}");
    assert_null(conv.unsupported);
    assert_non_null(strstr(conv.tools.p, "\"name\":\"f\""));
}

static void enums_in_any_case(void **state)
{
    (void)state;
    decode(HEAD ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}],"
           "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"any\"}},\"generationConfig\":{\"responseModalities\":[\"Text\"]}}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    decode(HEAD ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}],\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"anyone\"}}}");
    assert_string_equal(conv.unsupported, "functionCallingConfig.mode");
}

static void the_path_says_model_and_stream(void **state)
{
    (void)state;
    static const struct { const char *path, *query, *model; bool stream; uint32_t own; } rows[] = {
        {STREAM, "alt=sse", "gemini-2.5-pro", true, GEMINI_SSE}, {STREAM, "key=k&alt=sse", "gemini-2.5-pro", true, GEMINI_SSE},
        {STREAM, "$alt=sse&x", "gemini-2.5-pro", true, GEMINI_SSE}, {STREAM, "", "gemini-2.5-pro", true, 0},
        {STREAM, "alt=json", "gemini-2.5-pro", true, 0}, {STREAM, "xalt=sse&&alt=ssex", "gemini-2.5-pro", true, 0},
        {GENERATE, "alt=sse", "gemini-2.5-pro", false, 0},
        {"/v1/projects/p/locations/l/publishers/google/models/m:generateContent", "", "m", false, 0},
        {"/x/", "", "", false, 0}, {"", "", "", false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(gemini_generate_decode, rows[i].path, rows[i].query, SPAN(HEAD "}")), FAIL_OK);
        ASSERT_IS(conv.model, rows[i].model);
        assert_int_equal(conv.stream, rows[i].stream);
        assert_int_equal(conv.own, rows[i].own);
    }
}

static void reads_every_parameter(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        HEAD ",\"systemInstruction\":{\"parts\":[{\"text\":\"be \"},{\"text\":\"brief\"}]},\"store\":true,\"labels\":{\"a\":\"b\"},"
             "\"safetySettings\":[{}],\"generationConfig\":{\"temperature\":0.5,\"topP\":0.9,\"topK\":40,\"maxOutputTokens\":7,"
             "\"candidateCount\":3,\"stopSequences\":[\"A\",\"\\n\"],\"seed\":-5,\"presencePenalty\":1.5,"
             "\"frequencyPenalty\":-2,\"thinkingConfig\":{\"includeThoughts\":true,\"thinkingBudget\":1},"
             "\"responseModalities\":[\"TEXT\"],\"responseLogprobs\":false,\"responseMimeType\":\"application/json\",\"new\":1}}",
        HEAD ",\"system_instruction\":{\"parts\":[{\"text\":\"be brief\"}]},\"store\":true,\"generation_config\":{"
             "\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40.0,\"max_output_tokens\":7,\"candidate_count\":3,"
             "\"stop_sequences\":[\"A\",\"\\n\"],\"seed\":-5,\"presence_penalty\":1.5,\"frequency_penalty\":-2,"
             "\"thinking_config\":{\"include_thoughts\":true},\"response_modalities\":[\"TEXT\"],"
             "\"\\u0072esponse_mime_type\":\"application/json\"}}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        decode(bodies[i]);
        assert_null(conv.unsupported);
        assert_int_equal(conv.n_msgs, 2);
        assert_int_equal(conv.msgs[0].role, ROLE_SYSTEM);
        ASSERT_IS(conv.msgs[0].text, "be brief");
        assert_true(conv.temperature == 0.5 && conv.top_p == 0.9 && conv.top_k == 40 && conv.max_tokens == 7);
        assert_true(conv.presence_penalty == 1.5 && conv.frequency_penalty == -2);
        assert_true(conv.n_choices == 3 && conv.has_seed && conv.seed == -5 && conv.show_reasoning && conv.store);
        assert_int_equal(conv.format, FORMAT_JSON);
        assert_int_equal(conv.n_stops, 2);
        ASSERT_IS(conv.stops[1], "\n");
    }
}

static void reads_turns(void **state)
{
    (void)state;
    decode("{\"contents\":[" USER ",{\"role\":\"model\",\"parts\":[{\"text\":\"I think\",\"thought\":true},{\"text\":\"a\"},"
           "{\"functionCall\":{\"name\":\"get\",\"args\":{\"x\":[1, 2]},\"id\":\"c1\"},\"thoughtSignature\":\"QQ==\"}]},"
           "{\"role\":\"model\",\"parts\":[{\"text\":\"b\"},{\"function_call\":{\"name\":\"get\"}},"
           "{\"executableCode\":{\"code\":\"1+1\",\"language\":\"PYTHON\"}},{\"codeExecutionResult\":{\"output\":\"2\"}}]},"
           "{\"role\":\"function\",\"parts\":[{\"functionResponse\":{\"name\":\"get\",\"response\":{\"r\":1}}},"
           "{\"function_response\":{\"name\":\"get\",\"response\":{\"r\":2}}},{\"text\":\"and \"},{\"text\":\"you\\u003f\"},"
           "{\"functionResponse\":{\"name\":\"put\",\"id\":\"c9\",\"response\":{}}}]}]}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 6);
    const struct conv_msg *m = conv.msgs;
    assert_true(m[1].role == ROLE_ASSISTANT && m[2].role == ROLE_TOOL && m[4].role == ROLE_TOOL && m[5].role == ROLE_USER);
    ASSERT_IS(m[1].reasoning, "I think");
    ASSERT_IS(m[1].text, "ab1+12");
    assert_int_equal(m[1].n_calls, 2);
    ASSERT_IS(m[1].calls[0].id, "c1");
    ASSERT_IS(m[1].calls[0].arguments, "{\"x\":[1, 2]}");
    ASSERT_IS(m[1].calls[1].id, "get");
    ASSERT_IS(m[1].calls[1].arguments, "{}");
    ASSERT_IS(m[2].tool_call_id, "c1");   /* the first result of that name is the first call's */
    ASSERT_IS(m[3].tool_call_id, "get");
    ASSERT_IS(m[2].name, "get");
    ASSERT_IS(m[2].text, "{\"r\":1}");
    ASSERT_IS(m[4].tool_call_id, "c9");
    ASSERT_IS(m[5].text, "and you?");
}

static void reads_tools(void **state)
{
    (void)state;
    decode(HEAD ",\"tools\":[{\"googleSearch\":{}},{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"d\\n\","
           "\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"type\":{\"type\":\"STRING\",\"nullable\":true},\"n\":{"
           "\"type\":\"ARRAY\",\"min_items\":\"2\",\"maxItems\":9,\"items\":{\"anyOf\":[{\"type\":\"INTEGER\"},{\"type\":\"NULL\"}]}}},"
           "\"required\":[\"n\"]}},{\"name\":\"g\",\"parametersJsonSchema\":{\"type\":\"object\",\"X\":[\"STRING\"]}}]},"
           "{\"function_declarations\":[{\"name\":\"h\"}]}]}");
    assert_null(conv.unsupported);
    ASSERT_IS(conv.tools,
              "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\\n\",\"parameters\":{\"type\":\"object\","
              "\"properties\":{\"type\":{\"type\":[\"string\",\"null\"]},\"n\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":9,"
              "\"items\":{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]}}},\"required\":[\"n\"]}}},"
              "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"parameters\":{\"type\":\"object\",\"X\":[\"STRING\"]}}},"
              "{\"type\":\"function\",\"function\":{\"name\":\"h\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]");
    decode(HEAD ",\"tools\":[{\"googleSearch\":{}}]}");
    assert_null(conv.tools.p);
    assert_null(conv.unsupported);
}

#define TOOLS ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"},{\"name\":\"g\"}]}]"
#define CHOICE(c) HEAD TOOLS ",\"toolConfig\":{\"functionCallingConfig\":{" c "}}}"

static void reads_tool_choice(void **state)
{
    (void)state;
    decode(CHOICE("\"mode\":\"AUTO\""));
    assert_int_equal(conv.tool_choice, TOOLS_AUTO);
    decode(CHOICE("\"mode\":\"NONE\""));
    assert_int_equal(conv.tool_choice, TOOLS_NONE);
    decode(CHOICE("\"mode\":\"ANY\",\"allowedFunctionNames\":[\"g\",\"f\"]"));
    assert_int_equal(conv.tool_choice, TOOLS_REQUIRED);
    decode(CHOICE("\"mode\":\"ANY\",\"allowed_function_names\":[\"g\"]"));
    assert_int_equal(conv.tool_choice, TOOLS_NAMED);
    ASSERT_IS(conv.tool_name, "g");
    assert_null(memmem(conv.tools.p, conv.tools.n, "\"f\"", 3));
    assert_null(conv.unsupported);
    decode(CHOICE("\"mode\":\"ANY\",\"allowedFunctionNames\":[\"none\"]"));
    assert_string_equal(conv.unsupported, "toolConfig");
    decode(CHOICE("\"mode\":\"SOME\""));
    assert_string_equal(conv.unsupported, "functionCallingConfig.mode");
}

#define CONFIG(c) HEAD ",\"generationConfig\":{" c "}}"

static void reads_schemas(void **state)
{
    (void)state;
    decode(CONFIG("\"responseSchema\":{\"type\":\"OBJECT\",\"propertyOrdering\":[\"a\"]},\"responseMimeType\":\"application/json\""));
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"type\":\"object\",\"propertyOrdering\":[\"a\"]}");
    decode(CONFIG("\"responseMimeType\":\"application/json\",\"response_json_schema\":{\"type\":\"object\"}"));
    assert_int_equal(conv.format, FORMAT_SCHEMA);
    ASSERT_IS(conv.schema, "{\"type\":\"object\"}");
    decode(CONFIG("\"responseMimeType\":\"text/plain\""));
    assert_int_equal(conv.format, FORMAT_TEXT);
    assert_null(conv.unsupported);
}

static void null_is_not_given(void **state)
{
    (void)state;
    decode(HEAD ",\"tools\":null,\"systemInstruction\":null,\"cachedContent\":null,\"generationConfig\":{\"temperature\":null,"
           "\"responseSchema\":null,\"speechConfig\":null},\"toolConfig\":{\"functionCallingConfig\":null}}");
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 1);
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *body, *name; } rows[] = {
        {HEAD ",\"cachedContent\":\"cachedContents/a\"}", "cachedContent"},
        {HEAD ",\"generationConfig\":3}", "generationConfig"},
        {CONFIG("\"temperature\":\"hot\""), "temperature"}, {CONFIG("\"temperature\":2.1"), "temperature"},
        {CONFIG("\"candidateCount\":9"), "candidateCount"}, {CONFIG("\"candidateCount\":0"), "candidateCount"},
        {CONFIG("\"maxOutputTokens\":0"), "maxOutputTokens"}, {CONFIG("\"topK\":-1"), "topK"},
        {CONFIG("\"stopSequences\":[1]"), "stopSequences"}, {CONFIG("\"seed\":1.5"), "seed"},
        {CONFIG("\"responseMimeType\":\"text/x.enum\""), "responseMimeType"}, {CONFIG("\"responseSchema\":[]"), "responseSchema"},
        {CONFIG("\"responseModalities\":[\"TEXT\",\"IMAGE\"]"), "responseModalities"},
        {CONFIG("\"responseLogprobs\":true"), "responseLogprobs"}, {CONFIG("\"speechConfig\":{}"), "speechConfig"},
        {CONFIG("\"thinkingConfig\":1"), "thinkingConfig"}, {HEAD ",\"tools\":1}", "tools"},
        {HEAD ",\"tools\":[{\"functionDeclarations\":[{}]}]}", "functionDeclarations"},
        {HEAD ",\"systemInstruction\":{\"parts\":[{\"inlineData\":{}}]}}", "inlineData"},
        {HEAD ",\"systemInstruction\":{}}", "systemInstruction"},
        {"{\"contents\":[]}", "contents"}, {"{\"contents\":[1]}", "contents.parts"},
        {"{\"contents\":[{\"role\":\"user\"}]}", "contents.parts"}, {"{\"contents\":[{\"parts\":[]}]}", "contents.parts"},
        {"{\"contents\":[{\"parts\":[1]}]}", "contents.parts"}, {"{\"contents\":[{\"parts\":[{\"text\":1}]}]}", "contents.parts"},
        {"{\"contents\":[{\"parts\":[{\"inlineData\":{\"data\":\"QQ==\"}}]}]}", "inlineData"},
        {"{\"contents\":[{\"parts\":[{\"file_data\":{}}]}]}", "fileData"},
        {"{\"contents\":[{\"parts\":[{\"toolCall\":{}}]}]}", "contents.parts"},
        {"{\"contents\":[{\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]}]}", "contents.parts"},
        {"{\"contents\":[{\"role\":\"ai\",\"parts\":[{\"text\":\"x\"}]}]}", "contents.role"},
        {"{\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"args\":{}}}]}]}", "functionCall"},
        {"{\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":\"{}\"}}]}]}", "functionCall"},
        {"{\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{}}}]}]}", "contents.parts"},
        {"{\"contents\":[{\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":\"x\"}}]}]}", "functionResponse"},
        {"{\"contents\":[{\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{},\"parts\":[{}]}}]}]}", "functionResponse"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        decode(rows[i].body);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].body, conv.unsupported ? conv.unsupported : "nothing");
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { decoder *f; const char *body, *name; size_t at; } rows[] = {
        {gemini_generate_decode, "[]", NULL, 0}, {gemini_generate_decode, "{}", "contents", SIZE_MAX},
        {gemini_generate_decode, "{\"contents\":null}", "contents", SIZE_MAX},
        {gemini_generate_decode, "{\"contents\":\"hi\"}", "contents", 13},
        {gemini_count_decode, "{\"generateContentRequest\":{}}", "contents", SIZE_MAX},
        {gemini_embed_decode, "{\"contents\":[]}", "content", SIZE_MAX}, {gemini_embed_decode, "1", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode_by(rows[i].f, "/v1/models/m:x", "", span_str(rows[i].body)), FAIL_REQUEST_INVALID);
        assert_true(rows[i].name ? field && strcmp(field, rows[i].name) == 0 : field == NULL);
        assert_int_equal(at, rows[i].at);
    }
}

static void counts_and_embeds(void **state)
{
    (void)state;
    assert_int_equal(decode_by(gemini_count_decode, "/v1/models/m:countTokens", "", SPAN(HEAD "}")), FAIL_OK);
    assert_true(conv.kind == CONV_COUNT && conv.n_msgs == 1 && !conv.stream);
    assert_int_equal(decode_by(gemini_count_decode, "/v1/models/m:countTokens", "",
                               SPAN("{\"generateContentRequest\":" HEAD TOOLS ",\"systemInstruction\":{\"parts\":[{\"text\":\"s\"}]}}}")),
                     FAIL_OK);
    assert_true(conv.n_msgs == 2 && conv.tools.p);
    assert_int_equal(decode_by(gemini_embed_decode, "/v1/models/m:embedContent", "",
                               SPAN("{\"content\":{\"parts\":[{\"text\":\"a\"},{\"text\":\"b\"}]},\"taskType\":\"X\"}")), FAIL_OK);
    assert_true(conv.kind == CONV_EMBED && conv.n_inputs == 1 && conv.own == 0);
    ASSERT_IS(conv.inputs[0], "ab");
    assert_null(conv.unsupported);
    assert_int_equal(decode_by(gemini_embed_decode, "/v1/models/m:batchEmbedContents", "",
                               SPAN("{\"requests\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}},{\"model\":\"models/m\","
                                    "\"content\":{\"parts\":[{\"text\":\"b\"}]},\"outputDimensionality\":9}]}")), FAIL_OK);
    assert_true(conv.n_inputs == 2 && conv.own == GEMINI_BATCH);
    ASSERT_IS(conv.inputs[1], "b");
    assert_string_equal(conv.unsupported, "outputDimensionality");
}

static void repeat(struct obuf *o, const char *head, const char *piece, const char *tail, size_t n)
{
    obuf_reset(o);
    obuf_str(o, head);
    for (size_t i = 0; i < n; i++) obuf_printf(o, "%s%s", i ? "," : "", piece);
    obuf_str(o, tail);
}

static void bounds_what_it_builds(void **state)
{
    (void)state;
    struct obuf o = {0};
    repeat(&o, "{\"contents\":[", "{}", "]}", 100000);
    assert_int_equal(decode_by(gemini_generate_decode, GENERATE, "", obuf_span(&o)), FAIL_OK);
    assert_string_equal(conv.unsupported, "contents");
    assert_int_equal(conv.n_msgs, 0);
    repeat(&o, "{\"contents\":[{\"role\":\"model\",\"parts\":[", "{\"functionCall\":{\"name\":\"f\"}}", "]}]}", 129);
    assert_int_equal(decode_by(gemini_generate_decode, GENERATE, "", obuf_span(&o)), FAIL_OK);
    assert_string_equal(conv.unsupported, "functionCall");
    assert_int_equal(conv.msgs[0].n_calls, 0);
    repeat(&o, "{\"contents\":[{\"parts\":[", "{\"functionResponse\":{\"name\":\"f\",\"response\":{}}}", "]}]}", 16000);
    assert_int_equal(decode_by(gemini_generate_decode, GENERATE, "", obuf_span(&o)), FAIL_OK);
    assert_int_equal(conv.n_msgs, 16000);
    repeat(&o, "{\"requests\":[", "{}", "]}", 3000);
    assert_int_equal(decode_by(gemini_embed_decode, "/v1/models/m:batchEmbedContents", "", obuf_span(&o)), FAIL_OK);
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
        cmocka_unit_test(one_element_may_stand_for_its_list),
        cmocka_unit_test(enums_in_any_case),
        cmocka_unit_test(the_path_says_model_and_stream),
        cmocka_unit_test(reads_every_parameter),
        cmocka_unit_test(reads_turns),
        cmocka_unit_test(reads_tools),
        cmocka_unit_test(reads_tool_choice),
        cmocka_unit_test(reads_schemas),
        cmocka_unit_test(null_is_not_given),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(counts_and_embeds),
        cmocka_unit_test(bounds_what_it_builds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
