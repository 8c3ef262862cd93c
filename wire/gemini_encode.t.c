/* Gemini's answers as the SDKs read them: the exact bytes of small ones, and streams that say what the whole says. */
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/gemini_generate.h"
#include "wire/sse.h"


static const struct conv whole = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true};
static const struct conv two = {.kind = CONV_CHAT, .n_choices = 2};
static const struct conv events = {.kind = CONV_CHAT, .n_choices = 1, .stream = true, .own = GEMINI_SSE, .show_reasoning = true};
static const struct conv events_two = {.kind = CONV_CHAT, .n_choices = 2, .stream = true, .own = GEMINI_SSE};
static const struct conv array = {.kind = CONV_CHAT, .n_choices = 1, .stream = true};

static struct answer generate(const struct conv *c) { return answer_of(&codec_gemini_generate, c); }

#define RESPONSE(candidates, usage) \
    "{\"candidates\":[" candidates "]" usage ",\"modelVersion\":\"smol\",\"responseId\":\"%s\"}"
#define CANDIDATE(parts, finish, i) "{\"content\":{\"parts\":[" parts "],\"role\":\"model\"}" finish ",\"index\":" i "}"
#define FINISH(why) ",\"finishReason\":\"" why "\""
#define USAGE ",\"usageMetadata\":{\"promptTokenCount\":9,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":9}]," \
              "\"candidatesTokenCount\":3,\"totalTokenCount\":12}"
#define SAY(t) "{\"text\":\"" t "\"}"
#define CALL(name, args) "{\"functionCall\":{\"id\":\"%s\",\"name\":\"" name "\",\"args\":" args "}}"
#define ID id_of("resp_", 0)

static void writes_a_whole_answer(void **state)
{
    (void)state;
    struct span said = ENCODE(generate(&whole), start, text("Hi "), text("\"you\""), end(STOP_END));
    assert_true(span_is(said, "Hi \"you\""));
    assert_out(RESPONSE(CANDIDATE(SAY("Hi \\\"you\\\""), FINISH("STOP"), "0"), USAGE), ID);
    ENCODE(generate(&whole), start, thought("so"), text("x"), end(STOP_LENGTH));
    assert_out(RESPONSE(CANDIDATE("{\"text\":\"so\",\"thought\":true}," SAY("x"), FINISH("MAX_TOKENS"), "0"), USAGE), ID);
    ENCODE(generate(&whole), start, end(STOP_STRING));
    assert_out(RESPONSE(CANDIDATE(SAY(""), FINISH("STOP"), "0"), USAGE), ID);
}

static void writes_calls_when_they_are_whole(void **state)
{
    (void)state;
    ENCODE(generate(&whole), start, call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), call(1, "g"), end(STOP_TOOL_CALLS));
    assert_out(RESPONSE(CANDIDATE(CALL("f", "{\"a\":1}") "," CALL("g", "{}"), FINISH("STOP"), "0"), USAGE),
               id_of("call_", 1), id_of("call_", 2), ID);
    ENCODE(generate(&events), start, text("x"), call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), end(STOP_TOOL_CALLS));
    assert_out("data: " RESPONSE(CANDIDATE(SAY("x"), "", "0"), "") "\r\n\r\n"
               "data: " RESPONSE(CANDIDATE(CALL("f", "{\"a\":1}"), "", "0"), "") "\r\n\r\n"
               "data: " RESPONSE(CANDIDATE(SAY(""), FINISH("STOP"), "0"), USAGE) "\r\n\r\n",
               ID, id_of("call_", 1), ID, ID);
}

/* What a token limit cut, or a model got wrong, must not spoil the document or be taken for a call. */
static void leaves_out_calls_that_are_broken(void **state)
{
    (void)state;
    ENCODE(generate(&whole), start, call(0, "f"), args(0, "{\"a\":"), call(1, "g"), args(1, "{}"), end(STOP_TOOL_CALLS));
    assert_out(RESPONSE(CANDIDATE(CALL("g", "{}"), FINISH("MALFORMED_FUNCTION_CALL"), "0"), USAGE), id_of("call_", 2), ID);
    ENCODE(generate(&whole), start, call(0, "f"), args(0, "[1]"), end(STOP_LENGTH));
    assert_out(RESPONSE(CANDIDATE(SAY(""), FINISH("MAX_TOKENS"), "0"), USAGE), ID);
    ENCODE(generate(&events), start, call(0, "f"), args(0, "{\"a\":1}}"), end(STOP_TOOL_CALLS));
    assert_out("data: " RESPONSE(CANDIDATE(SAY(""), FINISH("MALFORMED_FUNCTION_CALL"), "0"), USAGE) "\r\n\r\n", ID);
}

static void writes_an_array_without_alt_sse(void **state)
{
    (void)state;
    ENCODE(generate(&array), start, text("a"), text(""), text("b"), end(STOP_END));
    assert_out("[" RESPONSE(CANDIDATE(SAY("a"), "", "0"), "") "\n,\r\n" RESPONSE(CANDIDATE(SAY("b"), "", "0"), "") "\n,\r\n"
               RESPONSE(CANDIDATE(SAY(""), FINISH("STOP"), "0"), USAGE) "\n]", ID, ID, ID);
    struct answer a = generate(&array), b = generate(&events), c = generate(&whole);
    assert_string_equal(codec_gemini_generate.content_type(&a), "application/json; charset=UTF-8");
    assert_null(codec_gemini_generate.content_type(&b));
    assert_string_equal(codec_gemini_generate.content_type(&c), "application/json; charset=UTF-8");
}

static void writes_several_candidates(void **state)
{
    (void)state;
    ENCODE(generate(&two), start, text_of(1, "b"), text_of(0, "a"), end_of(1, STOP_LENGTH), text_of(1, "late"), end_of(0, STOP_END));
    assert_out(RESPONSE(CANDIDATE(SAY("a"), FINISH("STOP"), "0") "," CANDIDATE(SAY("b"), FINISH("MAX_TOKENS"), "1"),
                        ",\"usageMetadata\":{\"promptTokenCount\":9,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":9}],"
                        "\"candidatesTokenCount\":6,\"totalTokenCount\":15}"), ID);
    ENCODE(generate(&events_two), start, text_of(1, "b"), end_of(1, STOP_END), text_of(0, "a"), end_of(0, STOP_END));
    assert_true(out_has(CANDIDATE(SAY("b"), "", "1")) && out_has(CANDIDATE(SAY("a"), "", "0")));
    assert_true(out_has(CANDIDATE(SAY(""), FINISH("STOP"), "1") "],\"modelVersion\""));   /* usage comes with the last */
    assert_true(out_has("\"candidatesTokenCount\":6"));
}

static void counts_what_was_thought_apart(void **state)
{
    (void)state;
    struct conv_event e = end(STOP_END);
    e.reasoning_tokens = 2;
    ENCODE(generate(&whole), start, text("x"), e);
    assert_true(out_has("\"candidatesTokenCount\":1,\"thoughtsTokenCount\":2,\"totalTokenCount\":12"));
    ENCODE(generate(&events_two), start, thought("secret"), text("x"), end_of(0, STOP_END), end_of(1, STOP_END));
    assert_false(out_has("secret"));   /* the request did not ask to be shown it */
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    struct answer a = generate(&events);
    a.notice = "[inside]";
    struct span said = ENCODE(a, start, text("a"), text("b"), end(STOP_END));
    assert_true(span_is(said, "[inside]\n\nab"));
    assert_true(out_has(SAY("[inside]\\n\\na")) && out_has(SAY("b")));
    ENCODE(a, start, call(0, "f"), end(STOP_TOOL_CALLS));
    assert_true(out_has(SAY("[inside]")));
    a.stream = false;
    ENCODE(a, start, call(0, "f"), end(STOP_TOOL_CALLS));
    assert_true(out_has("\"parts\":[" SAY("[inside]") ",{\"functionCall\""));
}

static void breaks_off_without_an_end(void **state)
{
    (void)state;
    ENCODE(generate(&events), start, text("x"), broken(FAIL_ENGINE_FAILED), text("late"), end(STOP_END));
    assert_true(span_ends(obuf_span(&out), SPAN("data: {\"error\":{\"code\":503,\"message\":\"the local model failed "
                                                "(cordon ENGINE_FAILED, id 01J)\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n")));
    assert_false(out_has("late") || out_has("finishReason"));
    ENCODE(generate(&array), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_true(span_ends(obuf_span(&out), SPAN("\"status\":\"UNAVAILABLE\"}}\n]")));
    const struct conv *none[] = {&events, &array};
    for (size_t i = 0; i < COUNT(none); i++) {   /* nothing is out yet: the caller can refuse with a status */
        ENCODE(generate(none[i]), broken(FAIL_ENGINE_FAILED), start, end(STOP_END));
        assert_int_equal(out.n, 0);
        ENCODE(generate(none[i]), start, broken(FAIL_ENGINE_FAILED), end(STOP_END));
        assert_true(span_starts(obuf_span(&out), i ? SPAN("[{\"error\":") : SPAN("data: {\"error\":")));
    }
    ENCODE(generate(&whole), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void writes_counts_and_vectors(void **state)
{
    (void)state;
    static const struct conv count = {.kind = CONV_COUNT, .n_choices = 1}, one = {.kind = CONV_EMBED, .n_choices = 1};
    static const struct conv many = {.kind = CONV_EMBED, .n_choices = 1, .own = GEMINI_BATCH};
    ENCODE(answer_of(&codec_gemini_count, &count), start, end(STOP_END), end(STOP_END));
    assert_out("{\"totalTokens\":9,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":9}]}");
    ENCODE(answer_of(&codec_gemini_embed, &one), start, vector(0), vector(1), end(STOP_END));
    assert_out("{\"embedding\":{\"values\":[0.5,-2,0.100000001]}}");
    ENCODE(answer_of(&codec_gemini_embed, &many), start, vector(0), vector(1), end(STOP_END));
    assert_out("{\"embeddings\":[{\"values\":[0.5,-2,0.100000001]},{\"values\":[0.5,-2,0.100000001]}]}");
    ENCODE(answer_of(&codec_gemini_embed, &many), start, vector(0), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

/* ---- a stream put together again ---- */

struct heard {
    struct obuf text, calls;
    unsigned ends;
};

static void add_response(struct heard *h, struct span json)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    uint32_t one = jdoc_first(jdoc_get_type(&d, 0, "candidates", J_ARRAY));
    uint32_t parts = jdoc_get_type(&d, jdoc_get(&d, one, "content"), "parts", J_ARRAY);
    for (uint32_t k = jdoc_first(parts); k < jdoc_end(&d, parts); k = d.tok[k].next) {
        uint32_t t = jdoc_get(&d, k, "text"), c = jdoc_get(&d, k, "functionCall");
        if (t != J_NONE) obuf_span_put(&h->text, jdoc_text(&d, t, arena));
        if (c != J_NONE) obuf_span_put(&h->calls, jdoc_raw(&d, c));
    }
    h->ends += jdoc_get(&d, one, "finishReason") != J_NONE && jdoc_get(&d, 0, "usageMetadata") != J_NONE;
}

static void add_bytes(struct heard *h, struct sse *s, struct span bytes)
{
    struct sse_event e;
    while (sse_next(s, &bytes, &e) == SSE_EVENT) add_response(h, e.data);
}

static void a_stream_says_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event said[] = {
        start, thought("hm"), text("Caf\xc3\xa9 \xf0\x9f\x98\x80 "), text("line\r\n\ttab \\ / \" \x01 \xe2\x80\xa8"), text("data: x\n\n"),
        call(0, "f\\n\""), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"), call(1, "g"), end(STOP_TOOL_CALLS),
    };
    struct heard all = {0};
    encode(generate(&whole), said, COUNT(said));
    add_response(&all, obuf_span(&out));
    encode(generate(&events), said, COUNT(said));
    for (size_t cut = 0; cut <= out.n; cut++) {
        struct heard h = {0};
        struct sse s;
        arena_reset(arena);
        sse_init(&s, 4096);
        add_bytes(&h, &s, (struct span){out.p, cut});
        add_bytes(&h, &s, span_from(obuf_span(&out), cut));
        assert_true(span_eq(obuf_span(&h.text), obuf_span(&all.text)) && span_eq(obuf_span(&h.calls), obuf_span(&all.calls)));
        assert_true(h.ends == 1 && all.ends == 1);
        sse_fini(&s);
        obuf_fini(&h.text);
        obuf_fini(&h.calls);
    }
    obuf_fini(&all.text);
    obuf_fini(&all.calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_whole_answer),
        cmocka_unit_test(writes_calls_when_they_are_whole),
        cmocka_unit_test(leaves_out_calls_that_are_broken),
        cmocka_unit_test(writes_an_array_without_alt_sse),
        cmocka_unit_test(writes_several_candidates),
        cmocka_unit_test(counts_what_was_thought_apart),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(breaks_off_without_an_end),
        cmocka_unit_test(writes_counts_and_vectors),
        cmocka_unit_test(a_stream_says_what_the_whole_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
