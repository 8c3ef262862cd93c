/* Messages answers as the SDKs read them: the exact bytes of small ones, and streams put together again as the SDKs do,
 * which must say what the whole answer says. */
#include "wire/anthropic.h"
#include "wire/codecs.h"
#include "wire/refuse.h"
#include "wire/sse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *arena;
static struct obuf out;
static const struct id_key key = {{7}};
static const struct conv plain = {.n_choices = 1}, thinking = {.n_choices = 1, .show_reasoning = true};

static struct answer answer_of(bool stream, const struct conv *conv, const char *notice)
{
    return (struct answer){.codec = &codec_anthropic_messages, .id = "01J", .id_key = &key, .class_mask = 5, .model = "smol",
                           .notice = notice, .stream = stream, .conv = conv};
}

static const struct conv_event start = {.kind = EV_START};

static struct conv_event text(const char *t) { return (struct conv_event){.kind = EV_TEXT, .text = span_str(t)}; }
static struct conv_event thought(const char *t) { return (struct conv_event){.kind = EV_REASONING, .text = span_str(t)}; }

static struct conv_event call(uint32_t i, const char *name)
{
    return (struct conv_event){.kind = EV_CALL, .call_index = i, .call_id = SPAN("theirs"), .call_name = span_str(name)};
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
    for (size_t i = 0; i < n; i++) anthropic_encode(&a, &e[i], &out);
    answer_fini(&a);
    assert_true(obuf_ok(&out));
}

#define ENCODE(a, ...) encode((a), (const struct conv_event[]){__VA_ARGS__}, \
                              COUNT(((const struct conv_event[]){__VA_ARGS__})))

/* The n-th id of the answers here; the strings live until the test program ends. */
static const char *id(const char *prefix, uint32_t n)
{
    static char kept[16][64];
    static size_t next;
    struct answer a = answer_of(true, &plain, NULL);
    struct obuf o = {0};
    answer_id_again(&a, prefix, n, &o);
    char *s = kept[next++ % COUNT(kept)];
    assert_true(o.n < sizeof kept[0]);
    memcpy(s, o.p, o.n);
    s[o.n] = '\0';
    obuf_fini(&o);
    return s;
}

CD_PRINTF(1, 2) static void assert_out(const char *fmt, ...)
{
    char *want;
    va_list ap;
    va_start(ap, fmt);
    assert_true(vasprintf(&want, fmt, ap) >= 0);
    va_end(ap);
    if (!span_is(obuf_span(&out), want)) fail_msg("\n%.*s\nnot\n%s", (int)out.n, out.p, want);
    free(want);
}

static bool says(const char *piece) { return memmem(out.p, out.n, piece, strlen(piece)) != NULL; }

/* ---- the exact bytes ---- */

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define USAGE(in, n) "\"usage\":{\"input_tokens\":" in ",\"cache_creation_input_tokens\":0," \
    "\"cache_read_input_tokens\":0,\"output_tokens\":" n "}"
#define NO_STOP "\"stop_reason\":null,\"stop_sequence\":null,\"stop_details\":null"
#define STOP(why) "\"stop_reason\":\"" why "\",\"stop_sequence\":null,\"stop_details\":null"
#define HEAD "\"id\":\"%s\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"smol\",\"content\":["
#define BEGUN EVENT("message_start", ",\"message\":{" HEAD "]," NO_STOP "," USAGE("0", "0") "}")
#define OPEN(i, block) EVENT("content_block_start", ",\"index\":" i ",\"content_block\":{" block "}")
#define OPEN_TEXT(i) OPEN(i, "\"type\":\"text\",\"text\":\"\"")
#define DELTA(i, d) EVENT("content_block_delta", ",\"index\":" i ",\"delta\":{" d "}")
#define TEXT(i, t) DELTA(i, "\"type\":\"text_delta\",\"text\":\"" t "\"")
#define CLOSE(i) EVENT("content_block_stop", ",\"index\":" i)
#define ENDED(why) EVENT("message_delta", ",\"delta\":{" STOP(why) "}," USAGE("9", "3")) EVENT("message_stop", "")

static void writes_a_stream(void **state)
{
    (void)state;
    ENCODE(answer_of(true, &plain, NULL), start, text("Hi \"you\"\n"), text(""), text("\xe2\x82\xac"), end(STOP_END));
    assert_out(BEGUN OPEN_TEXT("0") TEXT("0", "Hi \\\"you\\\"\\n") TEXT("0", "\xe2\x82\xac") CLOSE("0")
               ENDED("end_turn"), id("msg_", 0));
    ENCODE(answer_of(true, &plain, NULL), start, end(STOP_LENGTH));
    assert_out(BEGUN ENDED("max_tokens"), id("msg_", 0));
}

static void writes_a_whole_answer(void **state)
{
    (void)state;
    ENCODE(answer_of(false, &plain, NULL), start, text("Hi "), text("\"you\""), end(STOP_END));
    assert_out("{" HEAD "{\"type\":\"text\",\"text\":\"Hi \\\"you\\\"\"}]," STOP("end_turn") "," USAGE("9", "3") "}",
               id("msg_", 0));
    ENCODE(answer_of(false, &plain, NULL), start, end(STOP_LENGTH));
    assert_out("{" HEAD "]," STOP("max_tokens") "," USAGE("9", "3") "}", id("msg_", 0));
}

#define OPEN_TOOL(i, name) OPEN(i, "\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"" name "\",\"input\":{}")
#define INPUT(i, json) DELTA(i, "\"type\":\"input_json_delta\",\"partial_json\":\"" json "\"")

static void writes_tool_calls(void **state)
{
    (void)state;
    ENCODE(answer_of(true, &plain, NULL), start, text("ok"), call(0, "get"), args(0, "{\"a"), args(0, "\":1}"),
           call(1, "put"), end(STOP_TOOL_CALLS));
    assert_out(BEGUN OPEN_TEXT("0") TEXT("0", "ok") CLOSE("0") OPEN_TOOL("1", "get") INPUT("1", "{\\\"a\\\":1}") CLOSE("1")
               OPEN_TOOL("2", "put") INPUT("2", "{}") CLOSE("2") ENDED("tool_use"), id("msg_", 0), id("toolu_", 1),
               id("toolu_", 2));
    ENCODE(answer_of(false, &plain, NULL), start, call(0, "get"), args(0, "{\"a"), args(0, "\":1}"), call(1, "put"),
           text("then"), end(STOP_TOOL_CALLS));
    assert_out("{" HEAD "{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"get\",\"input\":{\"a\":1}},"
               "{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"put\",\"input\":{}},{\"type\":\"text\",\"text\":\"then\"}],"
               STOP("tool_use") "," USAGE("9", "3") "}", id("msg_", 0), id("toolu_", 1), id("toolu_", 2));
}

/* What is no object would break the clients' readers, or be taken for one. */
static void tells_an_input_that_is_none(void **state)
{
    (void)state;
    static const char *const inputs[] = {"{\"a\":", "[1]", "7", "\"x\"", "{}{}", "{\"a\":1,\"a\":2}", "nonsense \"q\""};
    for (size_t i = 0; i < COUNT(inputs); i++)
        for (int stream = 0; stream < 2; stream++) {
            ENCODE(answer_of(stream, &plain, NULL), start, call(0, "f"), args(0, inputs[i]), end(STOP_LENGTH));
            assert_true(says(stream ? "\"partial_json\":\"{\\\"INVALID_JSON\\\":" : "\"input\":{\"INVALID_JSON\":\""));
        }
    ENCODE(answer_of(false, &plain, NULL), start, call(0, "f"), args(0, "{\"a\":\""), end(STOP_LENGTH));
    assert_true(says("\"input\":{\"INVALID_JSON\":\"{\\\"a\\\":\\\"\"}}"));
    ENCODE(answer_of(false, &plain, NULL), start, call(0, "f"), args(0, " {\"a\" : 1}\n"), end(STOP_LENGTH));
    assert_true(says("\"input\": {\"a\" : 1}\n}"));
}

static void tells_thoughts_to_who_asked(void **state)
{
    (void)state;
    struct conv_event e = end(STOP_END);
    e.reasoning_tokens = 2;
    ENCODE(answer_of(true, &thinking, NULL), start, thought("hm"), thought("m"), text("yes"), e);
    assert_out(BEGUN OPEN("0", "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"")
               DELTA("0", "\"type\":\"thinking_delta\",\"thinking\":\"hm\"")
               DELTA("0", "\"type\":\"thinking_delta\",\"thinking\":\"m\"")
               DELTA("0", "\"type\":\"signature_delta\",\"signature\":\"%s\"") CLOSE("0")
               OPEN_TEXT("1") TEXT("1", "yes") CLOSE("1")
               "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{" STOP("end_turn") "},"
               "\"usage\":{\"input_tokens\":9,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"
               "\"output_tokens\":3,"
               "\"output_tokens_details\":{\"thinking_tokens\":2}}}\n\n" EVENT("message_stop", ""), id("msg_", 0),
               id("local_", 1));
    ENCODE(answer_of(false, &thinking, NULL), start, thought("hm"), text("yes"), end(STOP_END));
    assert_out("{" HEAD "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"%s\"},{\"type\":\"text\","
               "\"text\":\"yes\"}],"
               STOP("end_turn") "," USAGE("9", "3") "}", id("msg_", 0), id("local_", 1));
    ENCODE(answer_of(true, &plain, NULL), start, thought("hm"), text("yes"), end(STOP_END));
    assert_out(BEGUN OPEN_TEXT("0") TEXT("0", "yes") CLOSE("0") ENDED("end_turn"), id("msg_", 0));
}

/* The signature comes back with the next turn: it says that the conversation was kept inside. */
static void signs_as_local(void **state)
{
    (void)state;
    uint32_t classes = 0;
    assert_true(local_id_read(&key, span_str(id("local_", 1)), &classes));
    assert_int_equal(classes, 5);
    assert_true(local_id_read(&key, span_str(id("msg_", 0)), &classes));
    assert_true(local_id_read(&key, span_str(id("toolu_", 2)), &classes));
}

static void names_why_it_stopped(void **state)
{
    (void)state;
    struct conv_event e = end(STOP_STRING);
    e.stop_string = SPAN("\"END\"");
    for (int stream = 0; stream < 2; stream++) {
        ENCODE(answer_of(stream, &plain, NULL), start, text("x"), e);
        assert_true(says("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"\\\"END\\\"\",\"stop_details\":null"));
    }
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    ENCODE(answer_of(false, &plain, "[kept inside]"), start, text("a"), text("b"), end(STOP_END));
    assert_true(says("\"content\":[{\"type\":\"text\",\"text\":\"[kept inside]\\n\\nab\"}]"));
    ENCODE(answer_of(false, &plain, "[kept inside]"), start, call(0, "f"), text("a"), end(STOP_TOOL_CALLS));
    assert_true(says("\"content\":[{\"type\":\"text\",\"text\":\"[kept inside]\"},{\"type\":\"tool_use\","));
    assert_true(says("{\"type\":\"text\",\"text\":\"\\n\\na\"}]"));
    ENCODE(answer_of(false, &plain, "[kept inside]"), start, end(STOP_END));
    assert_true(says("\"content\":[{\"type\":\"text\",\"text\":\"[kept inside]\"}]"));
    ENCODE(answer_of(true, &plain, "[kept inside]"), start, text("a"), text("b"), end(STOP_END));
    assert_out(BEGUN OPEN_TEXT("0") TEXT("0", "[kept inside]\\n\\na") TEXT("0", "b") CLOSE("0") ENDED("end_turn"),
               id("msg_", 0));
}

static void gathers_what_it_tells(void **state)
{
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        struct answer a = answer_of(stream, &thinking, "N");
        const struct conv_event events[] = {start, thought("hm"), text("a"), call(0, "f"), text("b"), end(STOP_TOOL_CALLS)};
        obuf_reset(&out);
        for (size_t i = 0; i < COUNT(events); i++) anthropic_encode(&a, &events[i], &out);
        assert_true(span_is(obuf_span(&a.choice[0].text), "N\n\nab"));
        assert_true(a.ended && a.prompt_tokens == 9 && a.completion_tokens == 3);
        answer_fini(&a);
    }
}

static void breaks_off_without_an_end(void **state)
{
    (void)state;
    ENCODE(answer_of(true, &plain, NULL), start, text("x"), broken(FAIL_ENGINE_FAILED), text("late"), end(STOP_END));
    assert_out(BEGUN OPEN_TEXT("0") TEXT("0", "x") "event: error\ndata: {\"type\":\"error\","
               "\"error\":{\"type\":\"overloaded_error\","
               "\"message\":\"the local model failed (cordon ENGINE_FAILED, id 01J)\"},\"request_id\":\"01J\"}\n\n",
               id("msg_", 0));
    /* Before the first event the caller still has a status line to refuse with. */
    ENCODE(answer_of(true, &plain, NULL), broken(FAIL_CONTEXT_LENGTH), start, end(STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(answer_of(false, &plain, NULL), start, text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void starts_by_itself(void **state)
{
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        ENCODE(answer_of(stream, &plain, NULL), text("x"), end(STOP_END), end(STOP_END));
        struct obuf first = out;
        out = (struct obuf){0};
        ENCODE(answer_of(stream, &plain, NULL), start, start, text("x"), end(STOP_END));
        assert_true(span_eq(obuf_span(&first), obuf_span(&out)));
        obuf_fini(&first);
    }
}

/* Arguments that belong to no call are nobody's. */
static void leaves_stray_arguments(void **state)
{
    (void)state;
    ENCODE(answer_of(false, &plain, NULL), args(0, "{\"lost\":1}"), call(0, "f"), text("x"), args(0, "{\"lost\":2}"),
           call(1, "g"), end(STOP_TOOL_CALLS));
    assert_false(says("lost"));
    assert_true(says("\"name\":\"f\",\"input\":{}}") && says("\"name\":\"g\",\"input\":{}}"));
}

static void counts(void **state)
{
    (void)state;
    struct answer a = answer_of(false, &plain, NULL);
    const struct conv_event e = end(STOP_END), fails = broken(FAIL_ENGINE_BUSY);
    obuf_reset(&out);
    anthropic_count_encode(&a, &start, &out);
    anthropic_count_encode(&a, &e, &out);
    anthropic_count_encode(&a, &e, &out);
    assert_out("{\"input_tokens\":9}");
    answer_fini(&a);
    a = answer_of(false, &plain, NULL);
    obuf_reset(&out);
    anthropic_count_encode(&a, &fails, &out);
    anthropic_count_encode(&a, &e, &out);
    assert_int_equal(out.n, 0);
    answer_fini(&a);
}

static void keeps_alive(void **state)
{
    (void)state;
    struct answer a = answer_of(true, &plain, NULL);
    obuf_reset(&out);
    anthropic_keepalive(&a, &out);
    assert_out("event: ping\ndata: {\"type\": \"ping\"}\n\n");
}

static void says_that_a_prompt_is_too_long(void **state)
{
    (void)state;
    obuf_reset(&out);
    refuse_anthropic(&(struct refusal){.fail = FAIL_CONTEXT_LENGTH, .id = "01J"}, &out);
    assert_out("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long (cordon "
               "CONTEXT_LENGTH, id 01J)\"},\"request_id\":\"01J\"}");
}

/* ---- another wrapping ---- */

static void note(void *arg, const char *type, struct span json)
{
    struct obuf *seen = arg;
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    assert_true(jdoc_is(&d, jdoc_get(&d, 0, "type"), type));
    obuf_printf(seen, "%s ", type);
}

static void gives_events_to_a_wrapping(void **state)
{
    (void)state;
    struct answer a = answer_of(true, &plain, NULL);
    const struct conv_event events[] = {start, text("x"), broken(FAIL_ENGINE_FAILED)};
    struct obuf seen = {0}, whole = {0};
    for (size_t i = 0; i < COUNT(events); i++) anthropic_encode_raw(&a, &events[i], note, &seen, &whole);
    assert_true(span_is(obuf_span(&seen), "message_start content_block_start content_block_delta error "));
    assert_int_equal(whole.n, 0);
    answer_fini(&a);
    obuf_fini(&seen);
    a = answer_of(false, &plain, NULL);
    const struct conv_event both[] = {text("x"), end(STOP_END)};
    for (size_t i = 0; i < COUNT(both); i++) anthropic_encode_raw(&a, &both[i], note, &seen, &whole);
    assert_int_equal(seen.n, 0);
    assert_true(whole.n > 0);
    answer_fini(&a);
    obuf_fini(&whole);
}

/* ---- a stream put together again ---- */

enum { MAX_BLOCKS = 8 };

struct rebuilt {
    struct obuf block[MAX_BLOCKS];      /* "text: …", "thinking: …", "tool_use id name input" */
    struct obuf message;                /* id, stop reason, usage */
    uint32_t blocks;
    bool open, done;
};

static struct span member(const struct jdoc *d, uint32_t obj, const char *name)
{
    uint32_t i = jdoc_get(d, obj, name);
    return i == J_NONE ? SPAN_NONE : d->tok[i].type == J_STRING ? jdoc_text(d, i, arena) : jdoc_raw(d, i);
}

static void add_message(struct rebuilt *r, const struct jdoc *d, uint32_t msg)
{
    static const char *const names[] = {"id", "stop_reason", "stop_sequence"};
    for (size_t i = 0; i < COUNT(names); i++) {
        obuf_span_put(&r->message, member(d, msg, names[i]));
        obuf_str(&r->message, " ");
    }
}

static void add_block(struct rebuilt *r, const struct jdoc *d, uint32_t block, bool whole)
{
    static const char *const names[] = {"type", "id", "name", "text", "thinking"};
    assert_true(r->blocks < MAX_BLOCKS);
    struct obuf *o = &r->block[r->blocks++];
    for (size_t i = 0; i < COUNT(names); i++) {
        if (i) obuf_str(o, i < 3 ? " " : "");
        obuf_span_put(o, member(d, block, names[i]));
    }
    obuf_span_put(o, whole ? member(d, block, "input") : SPAN_NONE);
    obuf_span_put(o, member(d, block, "signature"));
}

static void add_delta(struct rebuilt *r, const struct jdoc *d, uint32_t delta)
{
    static const char *const names[] = {"text", "thinking", "partial_json", "signature"};
    for (size_t i = 0; i < COUNT(names); i++) obuf_span_put(&r->block[r->blocks - 1], member(d, delta, names[i]));
}

static void add_event(struct rebuilt *r, struct span type, struct span json)
{
    struct jdoc d;
    size_t at;
    int64_t index = -1;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    assert_false(r->done);
    assert_true(span_eq(type, member(&d, 0, "type")));
    (void)jdoc_int(&d, jdoc_get(&d, 0, "index"), &index);
    if (span_is(type, "message_start")) {
        assert_int_equal(r->message.n, 0);
        obuf_span_put(&r->message, member(&d, jdoc_get(&d, 0, "message"), "id"));
        obuf_str(&r->message, " ");
    } else if (span_is(type, "content_block_start")) {
        assert_true(r->message.n > 0 && !r->open && index == r->blocks);
        add_block(r, &d, jdoc_get(&d, 0, "content_block"), false);
        r->open = true;
    } else if (span_is(type, "content_block_delta")) {
        assert_true(r->open && index == r->blocks - 1);
        add_delta(r, &d, jdoc_get(&d, 0, "delta"));
    } else if (span_is(type, "content_block_stop")) {
        assert_true(r->open && index == r->blocks - 1);
        r->open = false;
    } else if (span_is(type, "message_delta")) {
        uint32_t delta = jdoc_get(&d, 0, "delta");
        assert_false(r->open);
        obuf_span_put(&r->message, member(&d, delta, "stop_reason"));
        obuf_str(&r->message, " ");
        obuf_span_put(&r->message, member(&d, delta, "stop_sequence"));
        obuf_str(&r->message, " ");
        obuf_span_put(&r->message, member(&d, 0, "usage"));
    } else {
        assert_true(span_is(type, "message_stop"));
        r->done = true;
    }
}

static void add_whole(struct rebuilt *r, struct span json)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(json, arena, &d, &at), FAIL_OK);
    add_message(r, &d, 0);
    obuf_span_put(&r->message, member(&d, 0, "usage"));
    uint32_t content = jdoc_get_type(&d, 0, "content", J_ARRAY);
    assert_int_not_equal(content, J_NONE);
    for (uint32_t k = jdoc_first(content); k < jdoc_end(&d, content); k = d.tok[k].next) add_block(r, &d, k, true);
}

static void add_bytes(struct rebuilt *r, struct sse *s, struct span bytes)
{
    struct sse_event e;
    enum sse_step did;
    while ((did = sse_next(s, &bytes, &e)) == SSE_EVENT) add_event(r, e.type, e.data);
    assert_int_equal(did, SSE_MORE);
}

static void rebuilt_fini(struct rebuilt *r)
{
    for (size_t i = 0; i < MAX_BLOCKS; i++) obuf_fini(&r->block[i]);
    obuf_fini(&r->message);
}

static void assert_same(const struct rebuilt *a, const struct rebuilt *b)
{
    assert_true(a->done && a->blocks == b->blocks);
    assert_true(span_eq(obuf_span(&a->message), obuf_span(&b->message)));
    for (uint32_t i = 0; i < a->blocks; i++) assert_true(span_eq(obuf_span(&a->block[i]), obuf_span(&b->block[i])));
}

static void a_stream_says_what_the_whole_says(void **state)
{
    (void)state;
    const struct conv_event events[] = {
        start, thought("why \"not\"\n"), thought("\xf0\x9f\x98\x80"), text("Caf\xc3\xa9 "),
        text("line\r\nline\ttab \\ / \" \x01 \xe2\x80\xa8"), text("data: x\n\n"),
        call(0, "f\\n"), args(0, "{\"q\":\"\\u00e9\xc3\xa9"), args(0, "\",\"n\":[1,2]}"),
        thought("more"), call(1, "g"), call(2, "h"), args(2, "cut {"), end(STOP_TOOL_CALLS),
    };
    static const char *const notices[] = {NULL, "Kept \"inside\".\nAsk IT."};
    for (size_t k = 0; k < COUNT(notices); k++) {
        struct rebuilt whole = {0};
        encode(answer_of(false, &thinking, notices[k]), events, COUNT(events));
        add_whole(&whole, obuf_span(&out));
        assert_int_equal(whole.blocks, 6);
        encode(answer_of(true, &thinking, notices[k]), events, COUNT(events));
        for (size_t cut = 0; cut <= out.n; cut++) {
            struct rebuilt streamed = {0};
            struct sse s;
            arena_reset(arena);
            sse_init(&s, 4096);
            add_bytes(&streamed, &s, (struct span){out.p, cut});
            add_bytes(&streamed, &s, span_from(obuf_span(&out), cut));
            assert_same(&streamed, &whole);
            sse_fini(&s);
            rebuilt_fini(&streamed);
        }
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
        cmocka_unit_test(writes_a_whole_answer),
        cmocka_unit_test(writes_tool_calls),
        cmocka_unit_test(tells_an_input_that_is_none),
        cmocka_unit_test(tells_thoughts_to_who_asked),
        cmocka_unit_test(signs_as_local),
        cmocka_unit_test(names_why_it_stopped),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(gathers_what_it_tells),
        cmocka_unit_test(breaks_off_without_an_end),
        cmocka_unit_test(starts_by_itself),
        cmocka_unit_test(leaves_stray_arguments),
        cmocka_unit_test(counts),
        cmocka_unit_test(keeps_alive),
        cmocka_unit_test(says_that_a_prompt_is_too_long),
        cmocka_unit_test(gives_events_to_a_wrapping),
        cmocka_unit_test(a_stream_says_what_the_whole_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
