/* The frames: a message byte by byte, what is read back at every split, what is refused. */
#include "wire/eventstream.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* A frame that botocore's EventStreamBuffer reads as {"a":1} of the event "x". */
static const unsigned char golden[] = {
    0x00, 0x00, 0x00, 0x5e, 0x00, 0x00, 0x00, 0x47, 0x0a, 0xb9, 0x7a, 0xf0,
    0x0b, ':', 'e', 'v', 'e', 'n', 't', '-', 't', 'y', 'p', 'e', 7, 0, 1, 'x',
    0x0d, ':', 'c', 'o', 'n', 't', 'e', 'n', 't', '-', 't', 'y', 'p', 'e', 7, 0, 16,
    'a', 'p', 'p', 'l', 'i', 'c', 'a', 't', 'i', 'o', 'n', '/', 'j', 's', 'o', 'n',
    0x0d, ':', 'm', 'e', 's', 's', 'a', 'g', 'e', '-', 't', 'y', 'p', 'e', 7, 0, 5, 'e', 'v', 'e', 'n', 't',
    '{', '"', 'a', '"', ':', '1', '}', 0x6f, 0x91, 0xd0, 0x63,
};
static struct obuf out;

static void put(enum eventstream_kind kind, const char *name, const char *payload)
{
    size_t place = eventstream_open(&out, kind, name);
    obuf_str(&out, payload);
    eventstream_close(&out, place);
    assert_true(obuf_ok(&out));
}

static void writes_the_bytes(void **state)
{
    (void)state;
    obuf_reset(&out);
    put(EVENTSTREAM_EVENT, "x", "{\"a\":1}");
    assert_int_equal(out.n, sizeof golden);
    assert_memory_equal(out.p, golden, sizeof golden);
}

/* Feeds two pieces; gathers what was read as text. */
static enum eventstream_step read_pieces(struct span one, struct span two, struct obuf *heard)
{
    struct eventstream s;
    struct eventstream_message m;
    struct span pieces[] = {one, two};
    enum eventstream_step r = EVENTSTREAM_MORE;
    eventstream_init(&s, 4096);
    obuf_reset(heard);
    for (size_t i = 0; i < 2; i++)
        while ((r = eventstream_next(&s, &pieces[i], &m)) == EVENTSTREAM_MESSAGE) {
            obuf_printf(heard, "%d ", (int)m.kind);
            obuf_span_put(heard, m.name);
            obuf_str(heard, " ");
            obuf_span_put(heard, m.payload);
            obuf_str(heard, "\n");
        }
    if (r == EVENTSTREAM_MORE && !eventstream_may_end(&s)) obuf_str(heard, "cut");
    eventstream_fini(&s);
    return r;
}

static void reads_at_every_split(void **state)
{
    (void)state;
    struct obuf heard = {0};
    obuf_reset(&out);
    put(EVENTSTREAM_EVENT, "messageStart", "{\"role\":\"assistant\"}");
    put(EVENTSTREAM_EVENT, "contentBlockDelta", "{}");
    put(EVENTSTREAM_EXCEPTION, "throttlingException", "{\"message\":\"m\"}");
    struct span all = obuf_span(&out);
    for (size_t cut = 0; cut <= all.n; cut++) {
        assert_int_equal(read_pieces((struct span){all.p, cut}, span_from(all, cut), &heard), EVENTSTREAM_MORE);
        assert_true(span_is(obuf_span(&heard), "0 messageStart {\"role\":\"assistant\"}\n0 contentBlockDelta {}\n"
                                               "1 throttlingException {\"message\":\"m\"}\n"));
    }
    (void)read_pieces((struct span){all.p, all.n - 1}, SPAN_NONE, &heard);
    assert_true(span_ends(obuf_span(&heard), SPAN("cut")));
    obuf_fini(&heard);
}

static void finds_every_flipped_byte(void **state)
{
    (void)state;
    struct obuf heard = {0};
    char copy[sizeof golden];
    for (size_t i = 0; i < sizeof golden; i++) {
        memcpy(copy, golden, sizeof golden);
        copy[i] ^= 0x10;
        enum eventstream_step r = read_pieces((struct span){copy, sizeof copy}, SPAN_NONE, &heard);
        assert_true(r == EVENTSTREAM_BAD);
        assert_int_equal(heard.n, 0);
    }
    obuf_fini(&heard);
}

static void bounds_a_message(void **state)
{
    (void)state;
    struct eventstream s;
    struct eventstream_message m;
    struct span all = {(const char *)golden, sizeof golden};
    eventstream_init(&s, sizeof golden - 1);
    assert_int_equal(eventstream_next(&s, &all, &m), EVENTSTREAM_TOO_LARGE);
    assert_int_equal(eventstream_next(&s, &all, &m), EVENTSTREAM_TOO_LARGE);
    eventstream_fini(&s);
}

static void keeps_a_bad_writer_bad(void **state)
{
    (void)state;
    struct obuf o = {.bad = true};
    size_t place = eventstream_open(&o, EVENTSTREAM_EVENT, "x");
    eventstream_close(&o, place);
    assert_false(obuf_ok(&o));
    obuf_fini(&o);
}

static int done(void **state)
{
    (void)state;
    obuf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_bytes), cmocka_unit_test(reads_at_every_split),
        cmocka_unit_test(finds_every_flipped_byte), cmocka_unit_test(bounds_a_message),
        cmocka_unit_test(keeps_a_bad_writer_bad),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
