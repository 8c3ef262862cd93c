/* Answers as the SDKs read them: the exact bytes of small ones, and streams put together again by sse and jscan, which
 * must say what the whole answer says. */
#include "wire/openai_chat.h"
#include "wire/sse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *arena;
static struct obuf out;

static const struct id_key key = {{7}};
static struct conv conv;   /* that of the answer being made; answer_of sets it anew */

static struct answer answer_of(bool stream, bool usage, const char *notice)
{
    conv = (struct conv){.include_usage = usage, .n_choices = 1};
    return (struct answer){.id = "01J", .id_key = &key, .model = "smol", .notice = notice, .created = 1764000000,
                           .stream = stream, .conv = &conv};
}

static const struct conv_event start = {.kind = EV_START};

static struct conv_event text(const char *t) { return (struct conv_event){.kind = EV_TEXT, .text = span_str(t)}; }

static struct conv_event thought(const char *t) { return (struct conv_event){.kind = EV_REASONING, .text = span_str(t)}; }

/* The engine's id is not the one that the client is told. */
static struct conv_event call(uint32_t i, const char *name)
{
    return (struct conv_event){.kind = EV_CALL, .call_index = i, .call_id = SPAN("engine"), .call_name = span_str(name)};
}

static struct conv_event args(uint32_t i, const char *t)
{
    return (struct conv_event){.kind = EV_CALL_ARGS, .call_index = i, .text = span_str(t)};
}

static struct conv_event end(enum conv_stop stop)
{
    return (struct conv_event){.kind = EV_END, .stop = stop, .prompt_tokens = 9, .completion_tokens = 3};
}

static struct conv_event broken(enum fail f) { return (struct conv_event){.kind = EV_ERROR, .fail = f}; }

static void encode(struct answer a, const struct conv_event *e, size_t n)
{
    obuf_reset(&out);
    for (size_t i = 0; i < n; i++) openai_chat_encode(&a, &e[i], &out);
    answer_fini(&a);
    assert_true(obuf_ok(&out));
}

#define ENCODE(a, ...) encode((a), (const struct conv_event[]){__VA_ARGS__}, \
                              COUNT(((const struct conv_event[]){__VA_ARGS__})))

static struct conv_event of(uint32_t choice, struct conv_event e)
{
    e.choice = choice;
    return e;
}

/* `want` with each "<n>" replaced by the digits of the answer's n-th id, "chatcmpl-" being the prefix of the first and
 * "call_" that of the others. */
static void put_expected(struct obuf *o, const char *want)
{
    for (; *want; want++) {
        if (want[0] != '<' || want[1] < '0' || want[1] > '9') {
            obuf_put(o, want, 1);
            continue;
        }
        const char *prefix = want[1] == '0' ? "chatcmpl-" : "call_";
        struct obuf id = {0};
        local_id_put(&id, &key, prefix, SPAN("01J"), (uint32_t)(want[1] - '0'), 0);
        obuf_span_put(o, span_from(obuf_span(&id), strlen(prefix)));
        obuf_fini(&id);
        want += 2;
    }
}

static void assert_out(const char *want)
{
    struct obuf o = {0};
    put_expected(&o, want);
    if (!span_eq(obuf_span(&out), obuf_span(&o))) fail_msg("\n%.*s\nnot\n%.*s", (int)out.n, out.p, (int)o.n, o.p);
    obuf_fini(&o);
}

static bool says(const char *what) { return out.n && memmem(out.p, out.n, what, strlen(what)); }

#define CHUNK "data: {\"id\":\"chatcmpl-<0>\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,\"model\":\"smol\"," \
              "\"system_fingerprint\":\"fp_cordon\",\"choices\":["
#define DELTA(d, fin) DELTA_OF("0", d, fin)
#define DELTA_OF(i, d, fin) CHUNK "{\"index\":" i ",\"delta\":{" d "},\"logprobs\":null,\"finish_reason\":" fin "}]"
#define DETAILS(reasoning) ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{" \
    "\"reasoning_tokens\":" reasoning ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}"
#define ROLE "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"

static void writes_a_stream(void **state)
{
    (void)state;
    ENCODE(answer_of(true, false, NULL), start, text("Hi \"you\"\n"), text(""), text("\xe2\x82\xac"), end(STOP_END));
    assert_out(DELTA(ROLE, "null") "}\n\n" DELTA("\"content\":\"Hi \\\"you\\\"\\n\"", "null") "}\n\n"
               DELTA("\"content\":\"\xe2\x82\xac\"", "null") "}\n\n" DELTA("", "\"stop\"") "}\n\ndata: [DONE]\n\n");
}

static void writes_usage_when_asked(void **state)
{
    (void)state;
    ENCODE(answer_of(true, true, NULL), start, text("x"), end(STOP_LENGTH));
    assert_out(DELTA(ROLE, "null") ",\"usage\":null}\n\n" DELTA("\"content\":\"x\"", "null") ",\"usage\":null}\n\n"
               DELTA("", "\"length\"") ",\"usage\":null}\n\n" CHUNK
               "],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12" DETAILS("0") "}}\n\ndata: [DONE]\n\n");
}

static void writes_tool_calls_in_pieces(void **state)
{
    (void)state;
    ENCODE(answer_of(true, false, NULL), start, call(0, "get"), args(0, "{\"a"), args(0, "\":1}"), call(1, "put"),
           end(STOP_TOOL_CALLS));
    assert_out(DELTA(ROLE, "null") "}\n\n"
               DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"call_<1>\",\"type\":\"function\",\"function\":{\"name\":\"get\",\"arguments\":\"\"}}]", "null")
               "}\n\n" DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\"}}]", "null") "}\n\n"
               DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}]", "null") "}\n\n"
               DELTA("\"tool_calls\":[{\"index\":1,\"id\":\"call_<2>\",\"type\":\"function\",\"function\":{\"name\":\"put\",\"arguments\":\"\"}}]", "null")
               "}\n\n" DELTA("", "\"tool_calls\"") "}\n\ndata: [DONE]\n\n");
}

#define WHOLE "{\"id\":\"chatcmpl-<0>\",\"object\":\"chat.completion\",\"created\":1764000000,\"model\":\"smol\"," \
              "\"system_fingerprint\":\"fp_cordon\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
#define USAGE ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12" DETAILS("0") "}}"

static void writes_a_whole_answer(void **state)
{
    (void)state;
    ENCODE(answer_of(false, false, NULL), start, text("Hi "), text("\"you\""), end(STOP_END));
    assert_out(WHOLE "\"content\":\"Hi \\\"you\\\"\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}]" USAGE);
    ENCODE(answer_of(false, false, NULL), start, end(STOP_LENGTH));
    assert_out(WHOLE "\"content\":\"\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"length\"}]" USAGE);
    ENCODE(answer_of(false, false, NULL), start, call(0, "get"), args(0, "{\"a\""), args(0, ":1}"), call(1, "put"),
           end(STOP_TOOL_CALLS));
    assert_out(WHOLE "\"content\":null,\"refusal\":null,\"annotations\":[],\"tool_calls\":["
               "{\"id\":\"call_<1>\",\"type\":\"function\",\"function\":{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}},"
               "{\"id\":\"call_<2>\",\"type\":\"function\",\"function\":{\"name\":\"put\",\"arguments\":\"\"}}]},"
               "\"logprobs\":null,\"finish_reason\":\"tool_calls\"}]" USAGE);
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    ENCODE(answer_of(false, false, "[kept inside]"), start, text("a"), text("b"), end(STOP_END));
    assert_true(says("\"content\":\"[kept inside]\\n\\nab\""));
    ENCODE(answer_of(false, false, "[kept inside]"), start, call(0, "f"), end(STOP_TOOL_CALLS));
    assert_true(says("\"content\":\"[kept inside]\","));
    ENCODE(answer_of(true, false, "[kept inside]"), start, text("a"), text("b"), end(STOP_END));
    assert_out(DELTA(ROLE, "null") "}\n\n" DELTA("\"content\":\"[kept inside]\"", "null") "}\n\n"
               DELTA("\"content\":\"\\n\\na\"", "null") "}\n\n" DELTA("\"content\":\"b\"", "null") "}\n\n"
               DELTA("", "\"stop\"") "}\n\ndata: [DONE]\n\n");
}

static void breaks_off_without_an_end(void **state)
{
    (void)state;
    struct conv_event e = text("late");
    ENCODE(answer_of(true, true, NULL), start, text("x"), broken(FAIL_ENGINE_FAILED), e, end(STOP_END));
    struct span s = obuf_span(&out);
    const char *err = memmem(s.p, s.n, "data: {\"error\":{\"message\":\"the local model failed (cordon ENGINE_FAILED, id 01J)\"", 81);
    assert_non_null(err);
    assert_null(memmem(s.p, s.n, "[DONE]", 6));
    assert_null(memmem(s.p, s.n, "late", 4));
    assert_true(span_ends(s, SPAN("}}\n\n")));
    /* Before the first event the caller still has a status line to refuse with. */
    ENCODE(answer_of(true, true, NULL), broken(FAIL_CONTEXT_LENGTH), start, end(STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(answer_of(false, false, NULL), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void starts_by_itself(void **state)
{
    (void)state;
    ENCODE(answer_of(true, false, NULL), text("x"), end(STOP_END), end(STOP_END));
    struct obuf first = out;
    out = (struct obuf){0};
    ENCODE(answer_of(true, false, NULL), start, start, text("x"), end(STOP_END));
    assert_true(span_eq(obuf_span(&first), obuf_span(&out)));
    obuf_fini(&first);
}

/* ---- more than one answer, reasoning, the old form ---- */

static void writes_several_answers_as_they_come(void **state)
{
    (void)state;
    struct answer a = answer_of(true, true, NULL);
    conv.n_choices = 2;
    ENCODE(a, start, of(1, text("x")), start, of(0, text("y")), of(1, end(STOP_LENGTH)), of(1, text("late")),
           of(1, end(STOP_END)), of(0, text("z")), of(0, end(STOP_STRING)), of(0, text("late")));
    assert_out(DELTA(ROLE, "null") ",\"usage\":null}\n\n" DELTA_OF("1", ROLE, "null") ",\"usage\":null}\n\n"
               DELTA_OF("1", "\"content\":\"x\"", "null") ",\"usage\":null}\n\n"
               DELTA("\"content\":\"y\"", "null") ",\"usage\":null}\n\n" DELTA_OF("1", "", "\"length\"") ",\"usage\":null}\n\n"
               DELTA("\"content\":\"z\"", "null") ",\"usage\":null}\n\n" DELTA("", "\"stop\"") ",\"usage\":null}\n\n"
               CHUNK "],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":6,\"total_tokens\":15" DETAILS("0") "}}\n\ndata: [DONE]\n\n");
}

static void writes_several_answers_at_once(void **state)
{
    (void)state;
    struct answer a = answer_of(false, false, NULL);
    conv.n_choices = 3;
    ENCODE(a, start, of(2, text("c")), of(0, call(0, "f")), of(1, text("b")), of(2, end(STOP_END)), of(0, args(0, "{}")),
           of(0, end(STOP_TOOL_CALLS)), of(1, end(STOP_LENGTH)));
    assert_out(WHOLE "\"content\":null,\"refusal\":null,\"annotations\":[],\"tool_calls\":[{\"id\":\"call_<1>\",\"type\":\"function\","
               "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":\"tool_calls\"},"
               "{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"b\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,"
               "\"finish_reason\":\"length\"},{\"index\":2,\"message\":{\"role\":\"assistant\",\"content\":\"c\",\"refusal\":null,\"annotations\":[]},"
               "\"logprobs\":null,\"finish_reason\":\"stop\"}],"
               "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9,\"total_tokens\":18" DETAILS("0") "}}");
}

static void shows_reasoning_only_when_asked(void **state)
{
    (void)state;
    struct conv_event last = end(STOP_END);
    last.reasoning_tokens = 2;
    static const char *const names[] = {"reasoning_content", "reasoning"};
    for (unsigned k = 0; k < COUNT(names); k++) {
        struct answer a = answer_of(true, true, NULL);
        struct obuf want = {0};
        conv.show_reasoning = true;
        conv.own = k ? OPENAI_OWN_REASONING : 0;
        ENCODE(a, start, thought("hm"), text("x"), last);
        obuf_printf(&want, "\"delta\":{\"%s\":\"hm\"}", names[k]);
        assert_non_null(memmem(out.p, out.n, want.p, want.n));
        assert_true(says("\"completion_tokens_details\":{\"reasoning_tokens\":2,"));
        a.stream = false;
        ENCODE(a, start, thought("h"), thought("m"), text("x"), last);
        obuf_reset(&want);
        obuf_printf(&want, "\"content\":\"x\",\"%s\":\"hm\"", names[k]);
        assert_non_null(memmem(out.p, out.n, want.p, want.n));
        obuf_fini(&want);
    }
    for (int stream = 0; stream < 2; stream++) {
        ENCODE(answer_of(stream, true, NULL), start, thought("hm"), text("x"), end(STOP_END));
        assert_false(says("hm"));
        assert_false(says("\"reasoning\"") || says("reasoning_content"));
    }
}

static void answers_the_old_functions_in_kind(void **state)
{
    (void)state;
    struct answer a = answer_of(true, false, NULL);
    conv.own = OPENAI_OWN_FUNCTIONS;
    ENCODE(a, start, call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), call(1, "g"), args(1, "{}"), end(STOP_TOOL_CALLS));
    assert_out(DELTA(ROLE, "null") "}\n\n" DELTA("\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}", "null") "}\n\n"
               DELTA("\"function_call\":{\"arguments\":\"{\\\"a\\\"\"}", "null") "}\n\n"
               DELTA("\"function_call\":{\"arguments\":\":1}\"}", "null") "}\n\n"
               DELTA("", "\"function_call\"") "}\n\ndata: [DONE]\n\n");
    a.stream = false;
    ENCODE(a, start, call(0, "f"), args(0, "{\"a\""), args(0, ":1}"), call(1, "g"), args(1, "{}"), end(STOP_TOOL_CALLS));
    assert_out(WHOLE "\"content\":null,\"refusal\":null,\"annotations\":[],\"function_call\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
               "\"logprobs\":null,\"finish_reason\":\"function_call\"}]" USAGE);
}

/* A notice before JSON would not be JSON. */
static void leaves_the_notice_out_of_json(void **state)
{
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        struct answer a = answer_of(stream, false, "[kept inside]");
        conv.format = FORMAT_JSON;
        ENCODE(a, start, text("{}"), end(STOP_END));
        assert_false(says("kept"));
    }
}

/* ---- a stream put together again ---- */

#define MOST_CHOICES 3

struct rebuilt {
    struct {
        struct obuf content, calls, reasoning;
        char finish[16];
    } choice[MOST_CHOICES];
    unsigned chunks, done, usages;
    int64_t total;
};

static void add_calls(struct obuf *o, const struct jdoc *d, uint32_t array)
{
    for (uint32_t k = jdoc_first(array); k < jdoc_end(d, array); k = d->tok[k].next) {
        uint32_t fn = jdoc_get(d, k, "function"), name = jdoc_get(d, fn, "name");
        if (name != J_NONE) {
            obuf_printf(o, "\n");
            obuf_span_put(o, jdoc_text(d, name, arena));
            obuf_str(o, " ");
            assert_int_not_equal(jdoc_get_type(d, k, "id", J_STRING), J_NONE);
        }
        obuf_span_put(o, jdoc_text(d, jdoc_get(d, fn, "arguments"), arena));
    }
}

static void add_choice(struct rebuilt *r, const struct jdoc *d, uint32_t choice, const char *member)
{
    int64_t at;
    assert_true(jdoc_int(d, jdoc_get(d, choice, "index"), &at) && at >= 0 && at < MOST_CHOICES);
    uint32_t m = jdoc_get(d, choice, member), content = jdoc_get_type(d, m, "content", J_STRING);
    uint32_t calls = jdoc_get(d, m, "tool_calls"), fin = jdoc_get_type(d, choice, "finish_reason", J_STRING);
    uint32_t thoughts = jdoc_get_type(d, m, "reasoning_content", J_STRING);
    if (content != J_NONE) obuf_span_put(&r->choice[at].content, jdoc_text(d, content, arena));
    if (thoughts != J_NONE) obuf_span_put(&r->choice[at].reasoning, jdoc_text(d, thoughts, arena));
    if (calls != J_NONE) add_calls(&r->choice[at].calls, d, calls);
    if (fin == J_NONE) return;
    struct span f = jdoc_raw(d, fin);
    assert_int_equal(r->choice[at].finish[0], 0);   /* said once */
    assert_true(f.n < sizeof r->choice[at].finish);
    memcpy(r->choice[at].finish, f.p, f.n);
}

static void add_document(struct rebuilt *r, struct span json, const char *member)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    uint32_t choices = jdoc_get_type(&d, 0, "choices", J_ARRAY), usage = jdoc_get_type(&d, 0, "usage", J_OBJECT);
    assert_int_not_equal(choices, J_NONE);
    r->chunks++;
    for (uint32_t k = jdoc_first(choices); k < jdoc_end(&d, choices); k = d.tok[k].next) add_choice(r, &d, k, member);
    if (usage == J_NONE) return;
    r->usages++;
    assert_true(jdoc_int(&d, jdoc_get(&d, usage, "total_tokens"), &r->total));
}

static void add_bytes(struct rebuilt *r, struct sse *s, struct span bytes)
{
    struct sse_event e;
    enum sse_step did;
    while ((did = sse_next(s, &bytes, &e)) == SSE_EVENT) {
        assert_int_equal(r->done, 0);
        assert_int_equal(e.type.n, 0);
        if (span_is(e.data, "[DONE]")) r->done++;
        else add_document(r, e.data, "delta");
    }
    assert_int_equal(did, SSE_MORE);
}

static void rebuilt_fini(struct rebuilt *r)
{
    for (size_t i = 0; i < MOST_CHOICES; i++) {
        obuf_fini(&r->choice[i].content);
        obuf_fini(&r->choice[i].calls);
        obuf_fini(&r->choice[i].reasoning);
    }
}

static void assert_same(const struct rebuilt *whole, const struct rebuilt *streamed)
{
    for (size_t i = 0; i < MOST_CHOICES; i++) {
        assert_true(span_eq(obuf_span(&streamed->choice[i].content), obuf_span(&whole->choice[i].content)));
        assert_true(span_eq(obuf_span(&streamed->choice[i].calls), obuf_span(&whole->choice[i].calls)));
        assert_true(span_eq(obuf_span(&streamed->choice[i].reasoning), obuf_span(&whole->choice[i].reasoning)));
        assert_string_equal(streamed->choice[i].finish, whole->choice[i].finish);
    }
    assert_int_equal(streamed->done, 1);
    assert_int_equal(streamed->usages, 1);
    assert_int_equal(streamed->total, whole->total);
}

#define LONG_NOTICE "Kept \"inside\".\nAsk IT."

/* At every split point of the stream. */
static void compare(const struct rebuilt *whole)
{
    for (size_t cut = 0; cut <= out.n; cut++) {
        struct rebuilt streamed = {0};
        struct sse s;
        arena_reset(arena);
        sse_init(&s, 4096);
        add_bytes(&streamed, &s, (struct span){out.p, cut});
        add_bytes(&streamed, &s, span_from(obuf_span(&out), cut));
        assert_same(whole, &streamed);
        sse_fini(&s);
        rebuilt_fini(&streamed);
    }
}

static void a_stream_says_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event events[] = {
        start, of(1, thought("so\n")), of(2, text("only this")), text("Caf\xc3\xa9 \xf0\x9f\x98\x80 "), of(1, thought("\"that\"")),
        text("line\r\nline\ttab \\ / \" \x01 \xe2\x80\xa8"), of(2, end(STOP_LENGTH)), text("data: x\n\n"), of(1, call(0, "h")),
        call(0, "f\\n"), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"), of(1, args(0, "{}")), call(1, "g"),
        args(1, "{}"), end(STOP_TOOL_CALLS), of(1, end(STOP_TOOL_CALLS)),
    };
    static const char *const notices[] = {NULL, LONG_NOTICE};
    for (size_t k = 0; k < COUNT(notices); k++) {
        struct rebuilt whole = {0};
        struct answer a = answer_of(false, false, notices[k]);
        conv.n_choices = MOST_CHOICES;
        conv.show_reasoning = true;
        encode(a, events, COUNT(events));
        add_document(&whole, obuf_span(&out), "message");
        a.stream = conv.include_usage = true;
        encode(a, events, COUNT(events));
        compare(&whole);
        assert_true(span_starts(obuf_span(&whole.choice[0].content), notices[k] ? SPAN(LONG_NOTICE "\n\nCaf") : SPAN("Caf")));
        assert_true(span_is(obuf_span(&whole.choice[1].reasoning), "so\n\"that\""));
        rebuilt_fini(&whole);
    }
}

/* What the proxy keeps of a turn is what the client was told. */
static void gathers_what_it_tells(void **state)
{
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        struct answer a = answer_of(stream, false, "note");
        const struct conv_event events[] = {start, text("a"), text("b"), end(STOP_END)};
        obuf_reset(&out);
        for (size_t i = 0; i < COUNT(events); i++) openai_chat_encode(&a, &events[i], &out);
        assert_true(span_is(obuf_span(&a.choice[0].text), "note\n\nab"));
        answer_fini(&a);
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
    obuf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_stream),
        cmocka_unit_test(writes_usage_when_asked),
        cmocka_unit_test(writes_tool_calls_in_pieces),
        cmocka_unit_test(writes_a_whole_answer),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(breaks_off_without_an_end),
        cmocka_unit_test(starts_by_itself),
        cmocka_unit_test(writes_several_answers_as_they_come),
        cmocka_unit_test(writes_several_answers_at_once),
        cmocka_unit_test(shows_reasoning_only_when_asked),
        cmocka_unit_test(answers_the_old_functions_in_kind),
        cmocka_unit_test(leaves_the_notice_out_of_json),
        cmocka_unit_test(a_stream_says_what_the_whole_says),
        cmocka_unit_test(gathers_what_it_tells),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
