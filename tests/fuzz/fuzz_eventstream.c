/* AWS event streams: however the bytes are cut, the same messages come out; spans are readable; a bad reader stays bad; and
 * what is written is read back. The first byte says where to cut. */
#include "wire/eventstream.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static void note(struct obuf *heard, struct span s)
{
    uint32_t length = (uint32_t)s.n;
    obuf_put(heard, &length, sizeof length);
    obuf_span_put(heard, s);
}

static enum eventstream_step read_all(struct eventstream *s, struct span bytes, struct obuf *heard)
{
    struct eventstream_message m;
    enum eventstream_step r;
    while ((r = eventstream_next(s, &bytes, &m)) == EVENTSTREAM_MESSAGE) {
        note(heard, m.name);
        note(heard, m.content_type);
        note(heard, m.payload);
    }
    REQUIRE(r != EVENTSTREAM_MORE || bytes.n == 0);
    return r;
}

static void check_cuts(struct span all, size_t cut)
{
    struct eventstream one, two;
    struct obuf heard_one = {0}, heard_two = {0};
    eventstream_init(&one, 4096);
    eventstream_init(&two, 4096);
    enum eventstream_step a = read_all(&one, all, &heard_one);
    enum eventstream_step b = read_all(&two, (struct span){all.p, cut}, &heard_two);
    if (b == EVENTSTREAM_MORE) b = read_all(&two, span_from(all, cut), &heard_two);
    REQUIRE(a == b && span_eq(obuf_span(&heard_one), obuf_span(&heard_two)));
    REQUIRE(a != EVENTSTREAM_MORE || eventstream_may_end(&one) == eventstream_may_end(&two));
    if (a > EVENTSTREAM_MESSAGE) REQUIRE(read_all(&one, all, &heard_one) == a);
    eventstream_fini(&one);
    eventstream_fini(&two);
    obuf_fini(&heard_one);
    obuf_fini(&heard_two);
}

static void check_echo(struct span payload)
{
    struct obuf o = {0}, heard = {0}, want = {0};
    struct eventstream s;
    size_t place = eventstream_open(&o, EVENTSTREAM_EVENT, "chunk");
    obuf_span_put(&o, payload);
    eventstream_close(&o, place);
    eventstream_init(&s, o.n);
    REQUIRE(read_all(&s, obuf_span(&o), &heard) == EVENTSTREAM_MORE && eventstream_may_end(&s));
    note(&want, SPAN("chunk"));
    note(&want, SPAN("application/json"));
    note(&want, payload);
    REQUIRE(span_eq(obuf_span(&heard), obuf_span(&want)));
    eventstream_fini(&s);
    obuf_fini(&o);
    obuf_fini(&heard);
    obuf_fini(&want);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    if (n == 0) return 0;
    struct span all = {(const char *)p + 1, n - 1};
    check_cuts(all, n == 1 ? 0 : p[0] % n);
    check_echo(all);
    return 0;
}
