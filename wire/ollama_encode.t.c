/* Ollama's answers: the exact lines, and that the lines say what the whole says. */
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/ollama.h"
#include <stdlib.h>


static const struct conv whole = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true};
static const struct conv lines = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true, .stream = true};
static const struct conv prompt_lines = {.kind = CONV_CHAT, .n_choices = 1, .stream = true, .own = OLLAMA_GENERATE};
static const struct conv prompt_whole = {.kind = CONV_CHAT, .n_choices = 1, .own = OLLAMA_GENERATE};

static struct answer chat(const struct conv *c) { return answer_of(&codec_ollama_chat, c); }
static struct answer generate(const struct conv *c) { return answer_of(&codec_ollama_generate, c); }

/* Durations are measured: they must be there, and not be 0; then they are taken out. */
static void take_out_durations(void)
{
    static const char *const names[] = {"\"total_duration\":", "\"eval_duration\":"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *p = out.p ? memmem(out.p, out.n, names[i], strlen(names[i])) : NULL;
        if (p == NULL) continue;
        char *digits = p + strlen(names[i]), *after;
        assert_true(strtoull(digits, &after, 10) > 0);
        memmove(digits + 1, after, (size_t)(out.p + out.n - after));
        *digits = '#';
        out.n -= (size_t)(after - digits - 1);
    }
}

#define HEAD "{\"model\":\"smol\",\"created_at\":\"2025-11-24T16:00:00.000000000Z\","
#define LINE(m) HEAD "\"message\":{\"role\":\"assistant\"," m "},\"done\":false}\n"
#define LAST(m, why) HEAD m "\"done\":true,\"done_reason\":\"" why "\",\"total_duration\":#,\"load_duration\":0," \
                     "\"prompt_eval_count\":9,\"eval_count\":3,\"eval_duration\":#}"
#define MESSAGE(m) "\"message\":{\"role\":\"assistant\"," m "},"
#define CALL(i, name, args) "{\"id\":\"%s\",\"function\":{\"index\":" i ",\"name\":\"" name "\",\"arguments\":" args "}}"

static void writes_lines(void **state)
{
    (void)state;
    struct span said = ENCODE(chat(&lines), start, thought("hm"), text("Hi \"you\"\n"), text(""), text("!"), end(STOP_LENGTH));
    take_out_durations();
    assert_true(span_is(said, "Hi \"you\"\n!"));
    assert_out(LINE("\"content\":\"\",\"thinking\":\"hm\"") LINE("\"content\":\"Hi \\\"you\\\"\\n\"") LINE("\"content\":\"!\"")
               LAST(MESSAGE("\"content\":\"\""), "length") "\n");
    ENCODE(generate(&prompt_lines), start, thought("hm"), text("a"), call(0, "f"), end(STOP_END));
    take_out_durations();
    assert_out(HEAD "\"response\":\"a\",\"done\":false}\n" LAST("\"response\":\"\",", "stop") "\n");
}

static void writes_the_whole(void **state)
{
    (void)state;
    ENCODE(chat(&whole), start, thought("hm"), text("a"), call(0, "f"), args(0, "{\"x\""), args(0, ":1}"), call(1, "g"),
           end(STOP_TOOL_CALLS), end(STOP_END));
    take_out_durations();
    assert_out(LAST(MESSAGE("\"content\":\"a\",\"thinking\":\"hm\",\"tool_calls\":[" CALL("0", "f", "{\"x\":1}") ","
                            CALL("1", "g", "{}") "]"), "stop"), id_of("call_", 0), id_of("call_", 1));
    ENCODE(generate(&prompt_whole), start, text("a"), end(STOP_STRING));
    take_out_durations();
    assert_out(LAST("\"response\":\"a\",", "stop"));
}

static void writes_calls_when_they_are_whole(void **state)
{
    (void)state;
    ENCODE(chat(&lines), start, call(0, "f"), args(0, "{\"x\":"), args(0, "1}"), call(1, "bad"), args(1, "{\"x"), end(STOP_TOOL_CALLS));
    take_out_durations();
    assert_out(LINE("\"content\":\"\",\"tool_calls\":[" CALL("0", "f", "{\"x\":1}") "]") LAST(MESSAGE("\"content\":\"\""), "stop") "\n",
               id_of("call_", 0));
    ENCODE(chat(&whole), start, call(0, "bad"), args(0, "x"), call(1, "f"), args(1, "{}"), end(STOP_TOOL_CALLS));
    assert_true(out_has("\"tool_calls\":[{") && out_has("\"name\":\"f\"") && !out_has("bad"));
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    struct answer a = chat(&lines);
    a.notice = "[inside]";
    assert_true(span_is(ENCODE(a, start, text("a"), end(STOP_END)), "[inside]\n\na"));
    assert_true(out_has("\"content\":\"[inside]\\n\\na\""));
    ENCODE(a, start, call(0, "f"), end(STOP_TOOL_CALLS));
    assert_true(out_has("\"content\":\"[inside]\"}"));
    struct answer b = generate(&prompt_whole);
    b.notice = "[inside]";
    ENCODE(b, start, end(STOP_END));
    assert_true(out_has("\"response\":\"[inside]\""));
}

static void breaks_off_without_an_end(void **state)
{
    (void)state;
    ENCODE(chat(&lines), start, text("x"), broken(FAIL_ENGINE_FAILED), text("late"), end(STOP_END));
    assert_true(span_ends(obuf_span(&out), SPAN("\n{\"error\":\"the local model failed (cordon ENGINE_FAILED, id 01J)\"}\n")));
    assert_false(out_has("late") || out_has("\"done\":true"));
    ENCODE(chat(&lines), broken(FAIL_ENGINE_FAILED), start, end(STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(chat(&whole), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void writes_vectors(void **state)
{
    (void)state;
    static const struct conv many = {.kind = CONV_EMBED, .n_choices = 1}, one = {.kind = CONV_EMBED, .n_choices = 1, .own = OLLAMA_EMBEDDINGS};
    ENCODE(answer_of(&codec_ollama_embed, &many), start, vector(0), vector(1), end(STOP_END));
    take_out_durations();
    assert_out("{\"model\":\"smol\",\"embeddings\":[[0.5,-2,0.100000001],[0.5,-2,0.100000001]],\"total_duration\":#,"
               "\"load_duration\":0,\"prompt_eval_count\":9}");
    ENCODE(answer_of(&codec_ollama_embed, &one), start, vector(0), vector(1), end(STOP_END));
    assert_out("{\"embedding\":[0.5,-2,0.100000001]}");
}

static void refuses_in_one_sentence(void **state)
{
    (void)state;
    struct refusal r = {.fail = FAIL_POLICY_REFUSED, .message = "Stays \"in\".", .rule = "r1", .id = "01J"};
    obuf_reset(&out);
    codec_ollama_other.error(&r, &out);
    assert_out("{\"error\":\"Stays \\\"in\\\". (cordon POLICY_REFUSED, rule r1, id 01J)\"}");
    r = (struct refusal){.fail = FAIL_CONTEXT_LENGTH};
    obuf_reset(&out);
    codec_ollama_chat.error(&r, &out);
    assert_out("{\"error\":\"the input length exceeds the context length (cordon CONTEXT_LENGTH)\"}");
    assert_null(codec_ollama_chat.keepalive);   /* its client reads every line as JSON */
}

/* ---- lines put together again ---- */

static void add_line(struct span json, struct obuf *content, struct obuf *calls)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    uint32_t m = jdoc_get(&d, 0, "message"), list = jdoc_get(&d, m, "tool_calls");
    obuf_span_put(content, jdoc_text(&d, jdoc_get(&d, m, "content"), arena));
    for (uint32_t k = list == J_NONE ? J_NONE : jdoc_first(list); list != J_NONE && k < jdoc_end(&d, list); k = d.tok[k].next)
        obuf_span_put(calls, jdoc_raw(&d, k));
}

static void the_lines_say_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event said[] = {
        start, text("Caf\xc3\xa9 \xf0\x9f\x98\x80 "), text("line\r\n\ttab \\ / \" \x01 \xe2\x80\xa8\n\n"),
        call(0, "f\\n\""), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"), call(1, "g"), end(STOP_TOOL_CALLS),
    };
    struct obuf all = {0}, all_calls = {0}, text_heard = {0}, calls_heard = {0};
    encode(chat(&whole), said, COUNT(said));
    add_line(obuf_span(&out), &all, &all_calls);
    encode(chat(&lines), said, COUNT(said));
    for (struct span left = obuf_span(&out); left.n;) {
        const char *nl = memchr(left.p, '\n', left.n);
        assert_non_null(nl);
        add_line((struct span){left.p, (size_t)(nl - left.p)}, &text_heard, &calls_heard);
        left = span_from(left, (size_t)(nl - left.p) + 1);
    }
    assert_true(span_eq(obuf_span(&all), obuf_span(&text_heard)) && span_eq(obuf_span(&all_calls), obuf_span(&calls_heard)));
    obuf_fini(&all);
    obuf_fini(&all_calls);
    obuf_fini(&text_heard);
    obuf_fini(&calls_heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_lines),
        cmocka_unit_test(writes_the_whole),
        cmocka_unit_test(writes_calls_when_they_are_whole),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(breaks_off_without_an_end),
        cmocka_unit_test(writes_vectors),
        cmocka_unit_test(refuses_in_one_sentence),
        cmocka_unit_test(the_lines_say_what_the_whole_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
