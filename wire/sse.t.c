#include "wire/sse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* All events of a stream as one text: "type|data|id" and a LF each. The pieces are fed from blocks of their exact
 * size, so that the sanitizer sees a read past one. */
static enum sse_step feed(struct sse *s, struct span piece, struct obuf *seen)
{
    char *held = malloc(piece.n ? piece.n : 1);
    if (piece.n) memcpy(held, piece.p, piece.n);
    struct span left = {held, piece.n};
    struct sse_event e;
    enum sse_step did;
    while ((did = sse_next(s, &left, &e)) == SSE_EVENT) {
        obuf_span_put(seen, e.type);
        obuf_put(seen, "|", 1);
        obuf_span_put(seen, e.data);
        obuf_put(seen, "|", 1);
        obuf_span_put(seen, e.id);
        obuf_put(seen, "\n", 1);
    }
    if (did == SSE_MORE) assert_int_equal(left.n, 0);
    free(held);
    return did;
}

struct stream {
    const char *bytes, *events;
};

static const struct stream streams[] = {
    {"", ""},
    {"data: a\n\n", "|a|\n"},
    {"data:a\n\n", "|a|\n"},
    {"data:  a\n\n", "| a|\n"},
    {"data: a\r\n\r\ndata: b\r\n\r\n", "|a|\n|b|\n"},
    {"data: a\r\rdata: b\r\r", "|a|\n|b|\n"},
    {"data: a\r\n\ndata: b\n\r\n", "|a|\n|b|\n"},
    {"data: a\ndata: b\r\ndata: c\r\n\r\n", "|a\nb\nc|\n"},
    {"event: ping\ndata: {}\n\n", "ping|{}|\n"},
    {"event: x\n\ndata: a\n\n", "|a|\n"},
    {"event: x\nevent: y\ndata: a\n\ndata: b\n\n", "y|a|\n|b|\n"},
    {": comment\n\n:\n\ndata: a\n: in between\ndata: b\n\n", "|a\nb|\n"},
    {"\n\n\r\n\r\r\n\ndata: a\n\n\n\n", "|a|\n"},
    {"data\n\n", "||\n"},
    {"data:\n\n", "||\n"},
    {"data\ndata\n\n", "|\n|\n"},
    {"id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "|a|7\n|b|7\n|c|\n"},
    {"retry: 3000\n\nunknown: x\nDATA: x\n data: x\ndata: a\n\n", "|a|\n"},
    {"data: a:b: c\n\n", "|a:b: c|\n"},
    {"\xef\xbb\xbf" "data: a\n\n", "|a|\n"},
    {"\xef\xbb\xbf\n\xef\xbb\xbf" "data: a\ndata: b\n\n", "|b|\n"},
    {"\n\xef\xbb\xbf" "data: a\n\n", ""},
    {"data: \xef\xbb\xbf\xf0\x9f\x98\x80\n\n", "|\xef\xbb\xbf\xf0\x9f\x98\x80|\n"},
    {"data: a\n\ndata: cut off", "|a|\n"},
    {"data: a\n\ndata: cut off\n", "|a|\n"},
    {"data: {\"x\":1}\n\ndata: [DONE]\n\n", "|{\"x\":1}|\n|[DONE]|\n"},
};

static void check(const struct stream *st, const struct obuf *seen, size_t cut)
{
    if (!span_is(obuf_span(seen), st->events))
        fail_msg("'%s' cut at %zu: '%.*s', not '%s'", st->bytes, cut, (int)seen->n, seen->p, st->events);
}

static void cut_in_two_anywhere(void **state)
{
    (void)state;
    struct obuf seen = {0};
    for (size_t i = 0; i < COUNT(streams); i++)
        for (size_t cut = 0, n = strlen(streams[i].bytes); cut <= n; cut++) {
            struct sse s;
            sse_init(&s, 1000);
            obuf_reset(&seen);
            assert_int_equal(feed(&s, (struct span){streams[i].bytes, cut}, &seen), SSE_MORE);
            assert_int_equal(feed(&s, (struct span){streams[i].bytes + cut, n - cut}, &seen), SSE_MORE);
            check(&streams[i], &seen, cut);
            sse_fini(&s);
        }
    obuf_fini(&seen);
}

static void byte_by_byte(void **state)
{
    (void)state;
    struct obuf seen = {0};
    for (size_t i = 0; i < COUNT(streams); i++) {
        struct sse s;
        sse_init(&s, 1000);
        obuf_reset(&seen);
        for (size_t k = 0; k < strlen(streams[i].bytes); k++)
            assert_int_equal(feed(&s, (struct span){streams[i].bytes + k, 1}, &seen), SSE_MORE);
        check(&streams[i], &seen, 1);
        sse_fini(&s);
    }
    obuf_fini(&seen);
}

static void an_id_with_nul_is_passed_over(void **state)
{
    (void)state;
    struct obuf seen = {0};
    struct sse s;
    sse_init(&s, 1000);
    assert_int_equal(feed(&s, SPAN("id: 1\nid: a\0b\ndata: x\0y\n\n"), &seen), SSE_MORE);
    assert_true(span_eq(obuf_span(&seen), SPAN("|x\0y|1\n")));
    sse_fini(&s);
    obuf_fini(&seen);
}

/* The limit holds for one long line, for many short ones and however they are cut, and the reader stays broken. */
static void bounds_what_it_keeps(void **state)
{
    (void)state;
    struct obuf seen = {0};
    struct sse s;
    sse_init(&s, 16);
    assert_int_equal(feed(&s, SPAN("data: 1234567890\n\n"), &seen), SSE_MORE);
    assert_int_equal(feed(&s, SPAN("data: 12345678901\n\n"), &seen), SSE_TOO_LARGE);
    assert_int_equal(feed(&s, SPAN("data: a\n\n"), &seen), SSE_TOO_LARGE);
    sse_fini(&s);
    sse_init(&s, 16);
    for (int i = 0; i < 16; i++) assert_int_equal(feed(&s, SPAN("x"), &seen), SSE_MORE);
    assert_int_equal(feed(&s, SPAN("x"), &seen), SSE_TOO_LARGE);
    sse_fini(&s);
    sse_init(&s, 16);
    assert_int_equal(feed(&s, SPAN("data:1234\ndata:567\n"), &seen), SSE_MORE);
    assert_int_equal(feed(&s, SPAN("data:1234\n"), &seen), SSE_TOO_LARGE);
    sse_fini(&s);
    sse_init(&s, 16);
    for (int i = 0; i < 1000; i++) assert_int_equal(feed(&s, SPAN("data: 12345\n\n:comment\n"), &seen), SSE_MORE);
    assert_true(s.data.cap <= 256 && s.line.cap <= 256);
    sse_fini(&s);
    obuf_fini(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_in_two_anywhere),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(an_id_with_nul_is_passed_over),
        cmocka_unit_test(bounds_what_it_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
