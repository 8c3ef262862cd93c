/* Cohere's answers: the exact events, and that the stream says what the whole says. */
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/cohere.h"
#include "wire/sse.h"


static const struct conv whole = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true};
static const struct conv events = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true, .stream = true};

static struct answer chat(const struct conv *c) { return answer_of(&codec_cohere_chat, c); }

#define ID id_of("chat_", 0)
#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"," rest "}\n\n"
#define START EVENT("message-start", "\"id\":\"%s\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\"," \
                                     "\"tool_calls\":[],\"citations\":[]}}")
#define MESSAGE(type, i, m) EVENT(type, "\"index\":" i ",\"delta\":{\"message\":{" m "}}")
#define BEGIN(i, kind) MESSAGE("content-start", i, "\"content\":{\"type\":\"" kind "\",\"" kind "\":\"\"}")
#define PIECE(i, kind, t) MESSAGE("content-delta", i, "\"content\":{\"" kind "\":\"" t "\"}")
#define CLOSE(i) EVENT("content-end", "\"index\":" i)
#define USAGE "\"usage\":{\"billed_units\":{\"input_tokens\":9,\"output_tokens\":3},\"tokens\":{\"input_tokens\":9,\"output_tokens\":3}}"
#define END(why) EVENT("message-end", "\"delta\":{\"finish_reason\":\"" why "\"," USAGE "}")
#define CALL_BEGIN(i, name) MESSAGE("tool-call-start", i, "\"tool_calls\":{\"id\":\"%s\",\"type\":\"function\",\"function\":{" \
                                                          "\"name\":\"" name "\",\"arguments\":\"\"}}")
#define CALL_PIECE(i, t) MESSAGE("tool-call-delta", i, "\"tool_calls\":{\"function\":{\"arguments\":\"" t "\"}}")
#define CALL_CLOSE(i) EVENT("tool-call-end", "\"index\":" i)

static void writes_blocks(void **state)
{
    (void)state;
    struct span said = ENCODE(chat(&events), start, start, thought("hm"), text("a"), text(""), text("\"b\""), end(STOP_END), end(STOP_END));
    assert_true(span_is(said, "a\"b\""));
    assert_out(START BEGIN("0", "thinking") PIECE("0", "thinking", "hm") CLOSE("0") BEGIN("1", "text") PIECE("1", "text", "a")
               PIECE("1", "text", "\\\"b\\\"") CLOSE("1") END("COMPLETE"), ID);
    ENCODE(chat(&events), start, end(STOP_LENGTH));
    assert_out(START END("MAX_TOKENS"), ID);
}

static void writes_calls_in_pieces(void **state)
{
    (void)state;
    ENCODE(chat(&events), text("x"), call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), call(1, "g"), end(STOP_TOOL_CALLS));
    assert_out(START BEGIN("0", "text") PIECE("0", "text", "x") CLOSE("0") CALL_BEGIN("0", "f") CALL_PIECE("0", "{\\\"a\\\"")
               CALL_PIECE("0", ":1}") CALL_CLOSE("0") CALL_BEGIN("1", "g") CALL_CLOSE("1") END("TOOL_CALL"),
               ID, id_of("call_", 1), id_of("call_", 2));
}

#define WHOLE(why, message) "{\"id\":\"%s\",\"finish_reason\":\"" why "\",\"message\":{\"role\":\"assistant\"," message "}," USAGE "}"
#define CALL(name, args) "{\"id\":\"%s\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" args "\"}}"

static void writes_the_whole(void **state)
{
    (void)state;
    ENCODE(chat(&whole), start, thought("hm"), text("a"), text("b"), end(STOP_STRING));
    assert_out(WHOLE("STOP_SEQUENCE", "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},{\"type\":\"text\",\"text\":\"ab\"}]"), ID);
    ENCODE(chat(&whole), start, call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), call(1, "g"), end(STOP_TOOL_CALLS));
    assert_out(WHOLE("TOOL_CALL", "\"tool_calls\":[" CALL("f", "{\\\"a\\\":1}") "," CALL("g", "") "]"),
               ID, id_of("call_", 1), id_of("call_", 2));
    ENCODE(chat(&whole), start, end(STOP_END));
    assert_out(WHOLE("COMPLETE", "\"content\":[{\"type\":\"text\",\"text\":\"\"}]"), ID);
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    struct answer a = chat(&events);
    a.notice = "[inside]";
    assert_true(span_is(ENCODE(a, start, text("a"), end(STOP_END)), "[inside]\n\na"));
    assert_true(out_has(PIECE("0", "text", "[inside]\\n\\na")));
    ENCODE(a, start, call(0, "f"), end(STOP_TOOL_CALLS));
    assert_true(out_has(PIECE("0", "text", "[inside]") CLOSE("0") "event: tool-call-start"));
}

static void breaks_off_without_a_good_end(void **state)
{
    (void)state;
    ENCODE(chat(&events), start, text("x"), broken(FAIL_ENGINE_FAILED), text("late"), end(STOP_END));
    assert_true(span_ends(obuf_span(&out), SPAN(EVENT("message-end", "\"delta\":{\"finish_reason\":\"ERROR\",\"error\":"
                                                "\"the local model failed (cordon ENGINE_FAILED, id 01J)\"}"))));
    assert_false(out_has("late") || out_has("COMPLETE"));
    ENCODE(chat(&events), broken(FAIL_ENGINE_FAILED), start, end(STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(chat(&whole), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void writes_vectors(void **state)
{
    (void)state;
    struct span inputs[] = {SPAN("a"), SPAN("\"b\"")};
    struct conv embed = {.kind = CONV_EMBED, .n_choices = 1, .inputs = inputs, .n_inputs = 2, .own = COHERE_FLOAT};
    ENCODE(answer_of(&codec_cohere_embed, &embed), start, vector(0), vector(1), end(STOP_END));
    assert_out("{\"id\":\"%s\",\"embeddings\":{\"float\":[[0.5,-2,0.100000001],[0.5,-2,0.100000001]]},\"texts\":[\"a\",\"\\\"b\\\"\"],"
               "\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{\"input_tokens\":9}},"
               "\"response_type\":\"embeddings_by_type\"}", id_of("embd_", 0));
    embed.own = COHERE_FLOAT | COHERE_V1 | COHERE_LIST;
    ENCODE(answer_of(&codec_cohere_embed, &embed), start, vector(0), vector(1), end(STOP_END));
    assert_true(out_has(",\"embeddings\":[[0.5,-2,0.100000001],[0.5,-2,0.100000001]],\"texts\":[\"a\",\"\\\"b\\\"\"],"
                        "\"meta\":{\"api_version\":{\"version\":\"1\"},"));
    assert_true(out_has("\"response_type\":\"embeddings_floats\"}"));
}

/* Signs are packed with the first one on top, and filled up with zeros. */
static void writes_vectors_of_each_kind(void **state)
{
    (void)state;
    struct span inputs[] = {SPAN("a")};
    static const float nine[] = {1, -1, 0.5f, 0, 0, 0, -0.5f, 0.004f, 2};
    static const struct { unsigned own; const char *want; } rows[] = {
        {COHERE_INT8, "{\"int8\":[[127,-127,64,0,0,0,-64,1,127]]}"}, {COHERE_UINT8, "{\"uint8\":[[255,1,192,128,128,128,64,129,255]]}"},
        {COHERE_BINARY, "{\"binary\":[[33,0]]}"}, {COHERE_UBINARY, "{\"ubinary\":[[161,128]]}"},
        {COHERE_BASE64, "{\"base64\":[\"AACAPwAAgL8AAAA/AAAAAAAAAAAAAAAAAAAAv28SgzsAAABA\"]}"},
        {COHERE_UBINARY | COHERE_INT8, "{\"int8\":[[127,-127,64,0,0,0,-64,1,127]],\"ubinary\":[[161,128]]}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct conv embed = {.kind = CONV_EMBED, .n_choices = 1, .inputs = inputs, .n_inputs = 1, .own = rows[i].own};
        const struct conv_event one = {.kind = EV_VECTOR, .vector = nine, .n_vector = COUNT(nine)};
        ENCODE(answer_of(&codec_cohere_embed, &embed), start, one, end(STOP_END));
        if (!out_has(rows[i].want)) fail_msg("%s: %.*s", rows[i].want, (int)out.n, out.p);
    }
}

static void refuses_in_its_shape(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_POLICY_REFUSED, .message = "Stays \"in\".", .rule = "r1", .id = "01J"};
    obuf_reset(&out);
    codec_cohere_other.error(&r, &out);
    assert_out("{\"id\":\"01J\",\"message\":\"Stays \\\"in\\\". (cordon POLICY_REFUSED, rule r1, id 01J)\"}");
    r = (struct refusal){.fail = FAIL_CONTEXT_LENGTH};
    obuf_reset(&out);
    codec_cohere_chat.error(&r, &out);
    assert_true(span_starts(obuf_span(&out), SPAN("{\"message\":\"too many tokens: ")));
}

/* ---- a stream put together again ---- */

struct heard {
    struct obuf text, calls;
    unsigned ends;
};

static void add_event(struct heard *h, const struct sse_event *e)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(e->data, arena, &d, &at), FAIL_OK);
    assert_true(span_eq(jdoc_text(&d, jdoc_get(&d, 0, "type"), arena), e->type));
    uint32_t m = jdoc_get(&d, jdoc_get(&d, 0, "delta"), "message");
    uint32_t text = jdoc_get(&d, jdoc_get(&d, m, "content"), "text"), fn = jdoc_get(&d, jdoc_get(&d, m, "tool_calls"), "function");
    if (text != J_NONE) obuf_span_put(&h->text, jdoc_text(&d, text, arena));
    if (jdoc_get(&d, fn, "name") != J_NONE) obuf_span_put(&h->calls, jdoc_text(&d, jdoc_get(&d, fn, "name"), arena));
    if (fn != J_NONE) obuf_span_put(&h->calls, jdoc_text(&d, jdoc_get(&d, fn, "arguments"), arena));
    h->ends += span_is(e->type, "message-end");
}

static void add_bytes(struct heard *h, struct sse *s, struct span bytes)
{
    struct sse_event e;
    while (sse_next(s, &bytes, &e) == SSE_EVENT) add_event(h, &e);
}

static void a_stream_says_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event said[] = {
        start, text("Caf\xc3\xa9 \xf0\x9f\x98\x80 "), text("line\r\n\ttab \\ / \" \x01 \xe2\x80\xa8"), text("data: x\n\n"),
        call(0, "f\\n\""), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"), call(1, "g"), end(STOP_TOOL_CALLS),
    };
    struct jdoc d;
    size_t at;
    encode(chat(&whole), said, COUNT(said));
    struct obuf all = out;
    out = (struct obuf){0};
    encode(chat(&events), said, COUNT(said));
    for (size_t cut = 0; cut <= out.n; cut++) {
        struct heard h = {0};
        struct sse s;
        arena_reset(arena);
        sse_init(&s, 4096);
        add_bytes(&h, &s, (struct span){out.p, cut});
        add_bytes(&h, &s, span_from(obuf_span(&out), cut));
        assert_int_equal(jscan(obuf_span(&all), arena, &d, &at), FAIL_OK);
        uint32_t m = jdoc_get(&d, 0, "message"), one = jdoc_first(jdoc_get(&d, m, "content")), list = jdoc_get(&d, m, "tool_calls");
        assert_true(span_eq(obuf_span(&h.text), jdoc_text(&d, jdoc_get(&d, one, "text"), arena)));
        size_t n = 0;
        for (uint32_t k = jdoc_first(list); k < jdoc_end(&d, list); k = d.tok[k].next) {
            uint32_t fn = jdoc_get(&d, k, "function");
            struct span name = jdoc_text(&d, jdoc_get(&d, fn, "name"), arena), a = jdoc_text(&d, jdoc_get(&d, fn, "arguments"), arena);
            assert_true(span_starts(span_from(obuf_span(&h.calls), n), name));
            n += name.n;
            assert_true(span_starts(span_from(obuf_span(&h.calls), n), a));
            n += a.n;
        }
        assert_true(n == h.calls.n && h.ends == 1);
        sse_fini(&s);
        obuf_fini(&h.text);
        obuf_fini(&h.calls);
    }
    obuf_fini(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_blocks),
        cmocka_unit_test(writes_calls_in_pieces),
        cmocka_unit_test(writes_the_whole),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(breaks_off_without_a_good_end),
        cmocka_unit_test(writes_vectors), cmocka_unit_test(writes_vectors_of_each_kind),
        cmocka_unit_test(refuses_in_its_shape),
        cmocka_unit_test(a_stream_says_what_the_whole_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
