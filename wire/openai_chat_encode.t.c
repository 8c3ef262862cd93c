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

static struct answer answer_of(bool stream, bool usage, const char *notice)
{
    static const struct conv with_usage = {.include_usage = true, .n_choices = 1}, without = {.n_choices = 1};
    return (struct answer){.id = "01J", .model = "smol", .notice = notice, .created = 1764000000, .stream = stream, .conv = usage ? &with_usage : &without};
}

static const struct conv_event start = {.kind = EV_START};

static struct conv_event text(const char *t) { return (struct conv_event){.kind = EV_TEXT, .text = span_str(t)}; }

static struct conv_event call(uint32_t i, const char *id, const char *name)
{
    return (struct conv_event){.kind = EV_CALL, .call_index = i, .call_id = span_str(id), .call_name = span_str(name)};
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

static void assert_out(const char *want)
{
    if (!span_is(obuf_span(&out), want)) fail_msg("\n%.*s\nnot\n%s", (int)out.n, out.p, want);
}

#define CHUNK "data: {\"id\":\"chatcmpl-01J\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,\"model\":\"smol\"," \
              "\"system_fingerprint\":\"fp_cordon\",\"choices\":["
#define DELTA(d, fin) CHUNK "{\"index\":0,\"delta\":{" d "},\"logprobs\":null,\"finish_reason\":" fin "}]"
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
               "],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n\ndata: [DONE]\n\n");
}

static void writes_tool_calls_in_pieces(void **state)
{
    (void)state;
    ENCODE(answer_of(true, false, NULL), start, call(0, "c1", "get"), args(0, "{\"a"), args(0, "\":1}"), call(1, "", "put"),
           end(STOP_TOOL_CALLS));
    assert_out(DELTA(ROLE, "null") "}\n\n"
               DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"get\",\"arguments\":\"\"}}]", "null")
               "}\n\n" DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\"}}]", "null") "}\n\n"
               DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}]", "null") "}\n\n"
               DELTA("\"tool_calls\":[{\"index\":1,\"id\":\"call_01J_1\",\"type\":\"function\",\"function\":{\"name\":\"put\",\"arguments\":\"\"}}]", "null")
               "}\n\n" DELTA("", "\"tool_calls\"") "}\n\ndata: [DONE]\n\n");
}

#define WHOLE "{\"id\":\"chatcmpl-01J\",\"object\":\"chat.completion\",\"created\":1764000000,\"model\":\"smol\"," \
              "\"system_fingerprint\":\"fp_cordon\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
#define USAGE ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}"

static void writes_a_whole_answer(void **state)
{
    (void)state;
    ENCODE(answer_of(false, false, NULL), start, text("Hi "), text("\"you\""), end(STOP_END));
    assert_out(WHOLE "\"content\":\"Hi \\\"you\\\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]" USAGE);
    ENCODE(answer_of(false, false, NULL), start, end(STOP_LENGTH));
    assert_out(WHOLE "\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"length\"}]" USAGE);
    ENCODE(answer_of(false, false, NULL), start, call(0, "c1", "get"), args(0, "{\"a\""), args(0, ":1}"), call(1, "c2", "put"),
           end(STOP_TOOL_CALLS));
    assert_out(WHOLE "\"content\":null,\"refusal\":null,\"tool_calls\":["
               "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}},"
               "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"put\",\"arguments\":\"\"}}]},"
               "\"logprobs\":null,\"finish_reason\":\"tool_calls\"}]" USAGE);
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    ENCODE(answer_of(false, false, "[kept inside]"), start, text("a"), text("b"), end(STOP_END));
    assert_non_null(memmem(out.p, out.n, "\"content\":\"[kept inside]\\n\\nab\"", 31));
    ENCODE(answer_of(false, false, "[kept inside]"), start, call(0, "c", "f"), end(STOP_TOOL_CALLS));
    assert_non_null(memmem(out.p, out.n, "\"content\":\"[kept inside]\",", 26));
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

/* ---- a stream put together again ---- */

struct rebuilt {
    struct obuf content, calls;
    char finish[16];
    unsigned chunks, done, usages;
    int64_t total;
};

static void add_calls(struct rebuilt *r, const struct jdoc *d, uint32_t array)
{
    for (uint32_t k = jdoc_first(array); k < jdoc_end(d, array); k = d->tok[k].next) {
        uint32_t fn = jdoc_get(d, k, "function"), name = jdoc_get(d, fn, "name");
        if (name != J_NONE) {
            obuf_printf(&r->calls, "\n");
            obuf_span_put(&r->calls, jdoc_text(d, jdoc_get(d, k, "id"), arena));
            obuf_str(&r->calls, " ");
            obuf_span_put(&r->calls, jdoc_text(d, name, arena));
            obuf_str(&r->calls, " ");
        }
        obuf_span_put(&r->calls, jdoc_text(d, jdoc_get(d, fn, "arguments"), arena));
    }
}

static void add_choice(struct rebuilt *r, const struct jdoc *d, uint32_t choice, const char *member)
{
    uint32_t m = jdoc_get(d, choice, member), content = jdoc_get_type(d, m, "content", J_STRING);
    uint32_t calls = jdoc_get(d, m, "tool_calls"), fin = jdoc_get_type(d, choice, "finish_reason", J_STRING);
    if (content != J_NONE) obuf_span_put(&r->content, jdoc_text(d, content, arena));
    if (calls != J_NONE) add_calls(r, d, calls);
    if (fin == J_NONE) return;
    struct span f = jdoc_raw(d, fin);
    assert_int_equal(r->finish[0], 0);   /* said once */
    assert_true(f.n < sizeof r->finish);
    memcpy(r->finish, f.p, f.n);
}

static void add_document(struct rebuilt *r, struct span json, const char *member)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    uint32_t choices = jdoc_get_type(&d, 0, "choices", J_ARRAY), usage = jdoc_get_type(&d, 0, "usage", J_OBJECT);
    assert_int_not_equal(choices, J_NONE);
    r->chunks++;
    if (jdoc_first(choices) < jdoc_end(&d, choices)) add_choice(r, &d, jdoc_first(choices), member);
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
    obuf_fini(&r->content);
    obuf_fini(&r->calls);
}

#define LONG_NOTICE "Kept \"inside\".\nAsk IT."

static void a_stream_says_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event events[] = {
        start, text("Caf\xc3\xa9 \xf0\x9f\x98\x80 "), text("line\r\nline\ttab \\ / \" \x01 \xe2\x80\xa8"), text("data: x\n\n"),
        call(0, "c\"1", "f\\n"), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"), call(1, "c2", "g"),
        args(1, "{}"), end(STOP_TOOL_CALLS),
    };
    static const char *const notices[] = {NULL, LONG_NOTICE};
    for (size_t k = 0; k < COUNT(notices); k++) {
        struct rebuilt whole = {0};
        encode(answer_of(false, false, notices[k]), events, COUNT(events));
        add_document(&whole, obuf_span(&out), "message");
        encode(answer_of(true, true, notices[k]), events, COUNT(events));
        for (size_t cut = 0; cut <= out.n; cut++) {
            struct rebuilt streamed = {0};
            struct sse s;
            arena_reset(arena);
            sse_init(&s, 4096);
            add_bytes(&streamed, &s, (struct span){out.p, cut});
            add_bytes(&streamed, &s, span_from(obuf_span(&out), cut));
            assert_true(span_eq(obuf_span(&streamed.content), obuf_span(&whole.content)));
            assert_true(span_eq(obuf_span(&streamed.calls), obuf_span(&whole.calls)));
            assert_string_equal(streamed.finish, whole.finish);
            assert_int_equal(streamed.done, 1);
            assert_int_equal(streamed.usages, 1);
            assert_int_equal(streamed.total, whole.total);
            sse_fini(&s);
            rebuilt_fini(&streamed);
        }
        assert_true(span_starts(obuf_span(&whole.content), notices[k] ? SPAN(LONG_NOTICE "\n\nCaf") : SPAN("Caf")));
        rebuilt_fini(&whole);
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
        cmocka_unit_test(a_stream_says_what_the_whole_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
