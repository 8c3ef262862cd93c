/* Mistral's answers: the exact chunks, and that the stream says what the whole says. */
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/mistral.h"
#include "wire/sse.h"


static const struct conv whole = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true};
static const struct conv two = {.kind = CONV_CHAT, .n_choices = 2};
static const struct conv chunks = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true, .stream = true};
static const struct conv two_chunks = {.kind = CONV_CHAT, .n_choices = 2, .stream = true};

static struct answer chat(const struct conv *c) { return answer_of(&codec_mistral_chat, c); }

#define ID id_of("cmpl-", 0)
#define HEAD(object) "{\"id\":\"%s\",\"object\":\"" object "\",\"created\":1764000000,\"model\":\"smol\",\"choices\":["
#define CHUNK(i, d, why, usage) "data: " HEAD("chat.completion.chunk") "{\"index\":" i ",\"delta\":{" d "},\"finish_reason\":" why "}]" \
                                usage "}\n\n"
#define ROLE(i) CHUNK(i, "\"role\":\"assistant\",\"content\":\"\"", "null", "")
#define SAY(i, t) CHUNK(i, "\"content\":\"" t "\"", "null", "")
#define USAGE(c, t) ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":" c ",\"total_tokens\":" t "}"
#define END(i, why, usage) CHUNK(i, "\"content\":\"\"", "\"" why "\"", usage)
#define CALL(i, name, args) "{\"id\":\"%s\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" args "\"}," \
                            "\"index\":" i "}"
#define THINK(t) "{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"" t "\"}]}"

static void writes_chunks(void **state)
{
    (void)state;
    struct span said = ENCODE(chat(&chunks), start, start, thought("hm"), text("Hi "), text(""), text("\"you\""), end(STOP_LENGTH));
    assert_true(span_is(said, "Hi \"you\""));
    assert_out(ROLE("0") CHUNK("0", "\"content\":[" THINK("hm") "]", "null", "") SAY("0", "Hi ") SAY("0", "\\\"you\\\"")
               END("0", "length", USAGE("3", "12")) "data: [DONE]\n\n", ID, ID, ID, ID, ID);
}

/* Its SDK wants a name in every call of a stream. */
static void writes_calls_in_one_piece(void **state)
{
    (void)state;
    ENCODE(chat(&chunks), start, call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), call(1, "g"), end(STOP_TOOL_CALLS));
    assert_out(ROLE("0") CHUNK("0", "\"content\":\"\",\"tool_calls\":[" CALL("0", "f", "{\\\"a\\\":1}") "]", "null", "")
               CHUNK("0", "\"content\":\"\",\"tool_calls\":[" CALL("1", "g", "") "]", "null", "")
               END("0", "tool_calls", USAGE("3", "12")) "data: [DONE]\n\n", ID, ID, id_of("call_", 1), ID, id_of("call_", 2), ID);
}

#define WHOLE(i, content, calls, why) "{\"index\":" i ",\"message\":{\"role\":\"assistant\",\"content\":" content ",\"tool_calls\":" calls \
                                      "},\"finish_reason\":\"" why "\"}"

static void writes_the_whole(void **state)
{
    (void)state;
    ENCODE(chat(&whole), start, text("a"), text("b"), end(STOP_END), end(STOP_END));
    assert_out(HEAD("chat.completion") WHOLE("0", "\"ab\"", "null", "stop") "]" USAGE("3", "12") "}", ID);
    ENCODE(chat(&whole), start, thought("hm"), call(0, "f"), args(0, "{}"), end(STOP_TOOL_CALLS));
    assert_out(HEAD("chat.completion") WHOLE("0", "[" THINK("hm") ",{\"type\":\"text\",\"text\":\"\"}]",
                                             "[" CALL("0", "f", "{}") "]", "tool_calls") "]" USAGE("3", "12") "}",
               ID, id_of("call_", 1));
    ENCODE(chat(&two), start, text_of(1, "b"), text_of(0, "a"), end_of(1, STOP_LENGTH), text_of(1, "late"), end_of(0, STOP_STRING));
    assert_out(HEAD("chat.completion") WHOLE("0", "\"a\"", "null", "stop") "," WHOLE("1", "\"b\"", "null", "length") "]"
               USAGE("6", "15") "}", ID);
    ENCODE(chat(&two_chunks), text_of(1, "b"), end_of(1, STOP_END), end_of(0, STOP_END));
    assert_out(ROLE("0") ROLE("1") SAY("1", "b") END("1", "stop", "") END("0", "stop", USAGE("6", "15")) "data: [DONE]\n\n",
               ID, ID, ID, ID, ID);
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    struct answer a = chat(&chunks);
    a.notice = "[inside]";
    assert_true(span_is(ENCODE(a, start, text("a"), end(STOP_END)), "[inside]\n\na"));
    assert_true(out_has("\"content\":\"[inside]\\n\\na\""));
    ENCODE(a, start, call(0, "f"), end(STOP_TOOL_CALLS));
    assert_true(out_has("\"content\":\"[inside]\"}"));
}

static void breaks_off_without_an_end(void **state)
{
    (void)state;
    ENCODE(chat(&chunks), start, text("x"), broken(FAIL_ENGINE_FAILED), text("late"), end(STOP_END));
    assert_true(span_ends(obuf_span(&out), SPAN("data: {\"object\":\"error\",\"message\":\"the local model failed (cordon ENGINE_FAILED, "
                                                "id 01J)\",\"type\":\"service_unavailable\",\"param\":null,\"code\":\"ENGINE_FAILED\"}\n\n")));
    assert_false(out_has("late") || out_has("[DONE]"));
    ENCODE(chat(&chunks), broken(FAIL_ENGINE_FAILED), start, end(STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(chat(&whole), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void writes_vectors(void **state)
{
    (void)state;
    static const struct conv embed = {.kind = CONV_EMBED, .n_choices = 1};
    ENCODE(answer_of(&codec_mistral_embed, &embed), start, vector(0), vector(1), end(STOP_END));
    assert_out("{\"id\":\"%s\",\"object\":\"list\",\"model\":\"smol\",\"data\":[{\"object\":\"embedding\",\"embedding\":"
               "[0.5,-2,0.100000001],\"index\":0},{\"object\":\"embedding\",\"embedding\":[0.5,-2,0.100000001],\"index\":1}],"
               "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":0,\"total_tokens\":9}}", id_of("embd-", 0));
}

static void refuses_in_its_shape(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_LOCAL_UNSUPPORTED, .detail = "n", .id = "01J"};
    obuf_reset(&out);
    codec_mistral_other.error(&r, &out);
    assert_true(out_has("\"type\":\"invalid_request_error\",\"param\":\"n\",\"code\":\"LOCAL_UNSUPPORTED\""));
    r = (struct refusal){.fail = FAIL_CONTEXT_LENGTH};
    obuf_reset(&out);
    codec_mistral_chat.error(&r, &out);
    assert_true(out_has("maximum context length") && out_has("\"type\":\"invalid_request_prompt\",\"param\":null,\"code\":\"3051\""));
}

/* ---- a stream put together again ---- */

struct heard {
    struct obuf text, calls;
    unsigned done;
};

static void add_message(struct heard *h, const struct jdoc *d, const char *member)
{
    uint32_t m = jdoc_get(d, jdoc_first(jdoc_get(d, 0, "choices")), member), text = jdoc_get_type(d, m, "content", J_STRING);
    uint32_t calls = jdoc_get_type(d, m, "tool_calls", J_ARRAY);
    if (text != J_NONE) obuf_span_put(&h->text, jdoc_text(d, text, arena));
    if (calls == J_NONE) return;
    for (uint32_t k = jdoc_first(calls); k < jdoc_end(d, calls); k = d->tok[k].next) obuf_span_put(&h->calls, jdoc_raw(d, k));
}

static void add_bytes(struct heard *h, struct sse *s, struct span bytes)
{
    struct sse_event e;
    struct jdoc d;
    size_t at;
    while (sse_next(s, &bytes, &e) == SSE_EVENT) {
        if (span_is(e.data, "[DONE]")) h->done++;
        else {
            assert_int_equal(jscan(e.data, arena, &d, &at), FAIL_OK);
            add_message(h, &d, "delta");
        }
    }
}

static void a_stream_says_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event said[] = {
        start, text("Caf\xc3\xa9 \xf0\x9f\x98\x80 "), text("line\r\n\ttab \\ / \" \x01 \xe2\x80\xa8"), text("data: x\n\n"),
        call(0, "f\\n\""), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"), call(1, "g"), end(STOP_TOOL_CALLS),
    };
    struct heard all = {0};
    struct jdoc d;
    size_t at;
    encode(chat(&whole), said, COUNT(said));
    assert_int_equal(jscan(obuf_span(&out), arena, &d, &at), FAIL_OK);
    add_message(&all, &d, "message");
    encode(chat(&chunks), said, COUNT(said));
    for (size_t cut = 0; cut <= out.n; cut++) {
        struct heard h = {0};
        struct sse s;
        arena_reset(arena);
        sse_init(&s, 4096);
        add_bytes(&h, &s, (struct span){out.p, cut});
        add_bytes(&h, &s, span_from(obuf_span(&out), cut));
        assert_true(span_eq(obuf_span(&h.text), obuf_span(&all.text)) && span_eq(obuf_span(&h.calls), obuf_span(&all.calls)));
        assert_int_equal(h.done, 1);
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
        cmocka_unit_test(writes_chunks),
        cmocka_unit_test(writes_calls_in_one_piece),
        cmocka_unit_test(writes_the_whole),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(breaks_off_without_an_end),
        cmocka_unit_test(writes_vectors),
        cmocka_unit_test(refuses_in_its_shape),
        cmocka_unit_test(a_stream_says_what_the_whole_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
