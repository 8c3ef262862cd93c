/* Converse's answers as botocore reads them: the events in order, and a stream that says what the whole says. */
#include "wire/bedrock.h"
#include "wire/codecs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct obuf out, seen;
static struct conv conv = {.kind = CONV_CHAT, .n_choices = 1, .show_reasoning = true};
static const struct id_key key = {{7}};

static const struct conv_event start = {.kind = EV_START};
static struct conv_event text(const char *t) { return (struct conv_event){.kind = EV_TEXT, .text = span_str(t)}; }
static struct conv_event think(const char *t) { return (struct conv_event){.kind = EV_REASONING, .text = span_str(t)}; }
static struct conv_event args(const char *t) { return (struct conv_event){.kind = EV_CALL_ARGS, .text = span_str(t)}; }
static struct conv_event broken(enum fail f) { return (struct conv_event){.kind = EV_ERROR, .fail = f}; }
static struct conv_event call(const char *name)
{
    return (struct conv_event){.kind = EV_CALL, .call_name = span_str(name)};
}
static struct conv_event end(enum conv_stop stop)
{
    return (struct conv_event){.kind = EV_END, .stop = stop, .prompt_tokens = 9, .completion_tokens = 3};
}

/* A run of an id's digits is written as '#'. */
static void put_normal(struct span s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = 0;
        while (i + n < s.n && s.p[i + n] && strchr("0123456789abcdef", s.p[i + n])) n++;
        if (n >= LOCAL_ID_DIGITS) obuf_str(&seen, "#");
        else obuf_put(&seen, s.p + i, n ? n : 1);
        i += n ? n : 1;
    }
}

static void see_events(void)
{
    struct eventstream s;
    struct eventstream_message m;
    struct span left = obuf_span(&out);
    eventstream_init(&s, 1 << 20);
    while (eventstream_next(&s, &left, &m) == EVENTSTREAM_MESSAGE) {
        obuf_str(&seen, m.kind == EVENTSTREAM_EXCEPTION ? "!" : "");
        obuf_span_put(&seen, m.name);
        obuf_str(&seen, " ");
        put_normal(m.payload);
        obuf_str(&seen, "\n");
    }
    assert_true(eventstream_may_end(&s) && left.n == 0);
    eventstream_fini(&s);
}

/* created is in the future, so that the latency is told as 1. */
static void encode(bool stream, const char *notice, const struct conv_event *e, size_t n)
{
    struct answer a = {.id = "01J", .id_key = &key, .model = "m", .notice = notice, .created = (uint64_t)1 << 40,
                       .stream = stream, .conv = &conv, .codec = &codec_bedrock_converse};
    obuf_reset(&out);
    obuf_reset(&seen);
    for (size_t i = 0; i < n; i++) a.codec->encode(&a, &e[i], &out);
    assert_string_equal(a.codec->content_type(&a), stream ? "application/vnd.amazon.eventstream" : "application/json");
    answer_fini(&a);
    assert_true(obuf_ok(&out));
    if (stream) see_events();
    else put_normal(obuf_span(&out));
}

#define ENCODE(stream, notice, ...) encode((stream), (notice), (const struct conv_event[]){__VA_ARGS__}, \
                                           COUNT(((const struct conv_event[]){__VA_ARGS__})))

static void assert_seen(const char *want)
{
    if (!span_is(obuf_span(&seen), want)) fail_msg("\n%.*s\nnot\n%s", (int)seen.n, seen.p, want);
}

#define START "messageStart {\"role\":\"assistant\"}\n"
#define DELTA(i, d) "contentBlockDelta {\"contentBlockIndex\":" i ",\"delta\":{" d "}}\n"
#define STOP(i) "contentBlockStop {\"contentBlockIndex\":" i "}\n"
#define USAGE "\"usage\":{\"inputTokens\":9,\"outputTokens\":3,\"totalTokens\":12}}"
#define END(reason) "messageStop {\"stopReason\":\"" reason "\"}\nmetadata {\"metrics\":{\"latencyMs\":1}," USAGE "\n"
#define WHOLE(blocks, reason) "{\"metrics\":{\"latencyMs\":1},\"output\":{\"message\":{\"content\":[" blocks \
                              "],\"role\":\"assistant\"}},\"stopReason\":\"" reason "\"," USAGE

static void writes_text(void **state)
{
    (void)state;
    ENCODE(true, NULL, start, start, text("Hi \"you\"\n"), text(""), text("\xe2\x82\xac"), end(STOP_END), text("late"));
    assert_seen(START DELTA("0", "\"text\":\"Hi \\\"you\\\"\\n\"") DELTA("0", "\"text\":\"\xe2\x82\xac\"") STOP("0")
                END("end_turn"));
    ENCODE(false, NULL, start, text("Hi \"you\"\n"), text("\xe2\x82\xac"), end(STOP_LENGTH));
    assert_seen(WHOLE("{\"text\":\"Hi \\\"you\\\"\\n\xe2\x82\xac\"}", "max_tokens"));
    ENCODE(false, NULL, start, end(STOP_STRING));
    assert_seen(WHOLE("", "stop_sequence"));
    ENCODE(true, NULL, end(STOP_STRING));
    assert_seen(START END("stop_sequence"));
}

static void writes_tool_calls(void **state)
{
    (void)state;
#define BEGIN(i, n) "contentBlockStart {\"contentBlockIndex\":" i ",\"start\":{\"toolUse\":{\"name\":\"" n "\"," \
    "\"toolUseId\":\"tooluse_#\"}}}\n"
#define INPUT(i, t) DELTA(i, "\"toolUse\":{\"input\":\"" t "\"}")
    ENCODE(true, NULL, start, text("x"), call("get"), args("{\"a\""), args(":1}"), call("put"), end(STOP_TOOL_CALLS));
    assert_seen(START DELTA("0", "\"text\":\"x\"") STOP("0") BEGIN("1", "get") INPUT("1", "{\\\"a\\\"") INPUT("1",
        ":1}") STOP("1")
                BEGIN("2", "put") STOP("2") END("tool_use"));
#define USE(n, in) "{\"toolUse\":{\"name\":\"" n "\",\"toolUseId\":\"tooluse_#\",\"input\":" in "}}"
    ENCODE(false, NULL, start, text("x"), call("get"), args("{\"a\""), args(":1}"), call("put"), end(STOP_TOOL_CALLS));
    assert_seen(WHOLE("{\"text\":\"x\"}," USE("get", "{\"a\":1}") "," USE("put", "{}"), "tool_use"));
    ENCODE(false, NULL, call("get"), args("{\"a\":\"cut"), end(STOP_LENGTH));   /* what a limit cut is still a document */
    assert_seen(WHOLE(USE("get", "{\"INVALID_JSON\":\"{\\\"a\\\":\\\"cut\"}"), "max_tokens"));
}

static void writes_what_it_thought(void **state)
{
    (void)state;
    ENCODE(true, NULL, start, think("a"), think("b"), text("c"), end(STOP_END));
    assert_seen(START DELTA("0", "\"reasoningContent\":{\"text\":\"a\"}") DELTA("0", "\"reasoningContent\":{\"text\":\"b\"}")
                DELTA("0", "\"reasoningContent\":{\"signature\":\"local_#\"}") STOP("0") DELTA("1",
                    "\"text\":\"c\"") STOP("1")
                END("end_turn"));
    ENCODE(false, NULL, start, think("a"), think("b"), text("c"), end(STOP_END));
    assert_seen(WHOLE("{\"reasoningContent\":{\"reasoningText\":{\"text\":\"ab\",\"signature\":\"local_#\"}}},"
        "{\"text\":\"c\"}", "end_turn"));
    conv.show_reasoning = false;
    ENCODE(false, NULL, start, think("a"), text("c"), end(STOP_END));
    assert_seen(WHOLE("{\"text\":\"c\"}", "end_turn"));
    conv.show_reasoning = true;
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    ENCODE(true, "[in]", start, think("t"), text("a"), text("b"), end(STOP_END));
    assert_seen(START DELTA("0", "\"reasoningContent\":{\"text\":\"t\"}") DELTA("0",
        "\"reasoningContent\":{\"signature\":\"local_#\"}")
                STOP("0") DELTA("1", "\"text\":\"[in]\\n\\na\"") DELTA("1", "\"text\":\"b\"") STOP("1") END("end_turn"));
    ENCODE(false, "[in]", start, call("f"), end(STOP_TOOL_CALLS));
    assert_seen(WHOLE("{\"text\":\"[in]\"}," USE("f", "{}"), "tool_use"));
    ENCODE(false, "[in]", start, end(STOP_END));
    assert_seen(WHOLE("{\"text\":\"[in]\"}", "end_turn"));
}

static void breaks_a_stream_by_an_exception(void **state)
{
    (void)state;
    ENCODE(true, NULL, start, text("a"), broken(FAIL_ENGINE_BUSY), end(STOP_END));
    assert_seen(START DELTA("0",
        "\"text\":\"a\"") "!serviceUnavailableException {\"message\":\"the local model's queue is full "
                "(cordon ENGINE_BUSY, id 01J)\"}\n");
    ENCODE(true, NULL, start, broken(FAIL_ENGINE_FAILED));
    assert_seen(START "!modelStreamErrorException {\"message\":\"the local model failed (cordon ENGINE_FAILED, id 01J)\"}"
        "\n");
    ENCODE(true, NULL, broken(FAIL_ENGINE_FAILED));
    assert_seen("");
    ENCODE(false, NULL, start, text("a"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_seen("");
}

static void assert_error(enum fail f, const char *exception, const char *body)
{
    struct refusal r = {.fail = f, .id = "01J"};
    obuf_reset(&out);
    codec_bedrock_other.error_headers(&r, &out);
    codec_bedrock_other.error(&r, &out);
    obuf_put(&out, "", 1);
    assert_true(span_starts(obuf_span(&out), SPAN("x-amzn-errortype: ")));
    assert_true(strncmp(out.p + 18, exception, strlen(exception)) == 0 && out.p[18 + strlen(exception)] == '\r');
    assert_non_null(strstr(out.p, body));
}

static void refuses_as_the_api_does(void **state)
{
    (void)state;
    assert_error(FAIL_POLICY_REFUSED, "ValidationException", "\r\n{\"message\":\"the organisation's data policy");
    assert_error(FAIL_CONTEXT_LENGTH, "ValidationException",
        "{\"message\":\"Input is too long for requested model. (cordon");
    assert_error(FAIL_STATE_UNKNOWN, "ResourceNotFoundException", "STATE_UNKNOWN");
    assert_error(FAIL_HOST_UNKNOWN, "AccessDeniedException", "HOST_UNKNOWN");
    assert_error(FAIL_ENGINE_BUSY, "ServiceUnavailableException", "ENGINE_BUSY");
    assert_error(FAIL_INTERNAL, "ModelErrorException", "INTERNAL");
    assert_error(FAIL_UPSTREAM_TIMEOUT, "ModelTimeoutException", "UPSTREAM_TIMEOUT");
    assert_error(FAIL_BODY_TOO_LARGE, "ValidationException", "BODY_TOO_LARGE");
    assert_string_equal(codec_bedrock_converse.id_header, "x-amzn-requestid");
}

static void counts(void **state)
{
    (void)state;
    struct answer a = {.id = "01J", .id_key = &key, .conv = &conv};
    struct conv_event e = end(STOP_END);
    obuf_reset(&out);
    codec_bedrock_count.encode(&a, &start, &out);
    codec_bedrock_count.encode(&a, &e, &out);
    codec_bedrock_count.encode(&a, &e, &out);
    assert_true(span_is(obuf_span(&out), "{\"inputTokens\":9}"));
    answer_fini(&a);
}

/* Amazon's SDKs read no x-should-retry: they go by the status and by these codes. */
static void what_is_final_is_not_tried_again(void **state)
{
    (void)state;
    const struct codec *c = route_find("bedrock", SPAN("POST"), SPAN("/model/m/converse"), true)->codec;
    for (int f = FAIL_HTTP_SYNTAX; f < FAIL_COUNT; f++) {
        int status = codec_error_status(c, (enum fail)f);
        struct refusal r = {.fail = (enum fail)f};
        struct obuf o = {0};
        c->error_headers(&r, &o);
        obuf_put(&o, "", 1);
        bool again = status >= 500 || status == 429 || strstr(o.p, "Throttl") || strstr(o.p, "NotReady");
        assert_int_equal(again, fail_may_retry((enum fail)f));
        if (!again) assert_true(status >= 400);
        obuf_fini(&o);
    }
    assert_int_equal(codec_error_status(c, FAIL_UPSTREAM_REDIRECT), 424);
    assert_int_equal(codec_error_status(c, FAIL_LEDGER_DOWN), 503);
}

static int done(void **state)
{
    (void)state;
    obuf_fini(&out);
    obuf_fini(&seen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_text), cmocka_unit_test(writes_tool_calls), cmocka_unit_test(writes_what_it_thought),
        cmocka_unit_test(puts_the_notice_first), cmocka_unit_test(breaks_a_stream_by_an_exception),
        cmocka_unit_test(refuses_as_the_api_does), cmocka_unit_test(counts),
        cmocka_unit_test(what_is_final_is_not_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
