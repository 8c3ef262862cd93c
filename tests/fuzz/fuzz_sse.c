/* The SSE reader on any bytes: however they are cut, the same events come out, and none holds more than the limit. The
 * first byte of the input says how it is cut. */
#include "wire/sse.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())
#define LIMIT 64u

/* Lengths before the bytes, so that two different runs of events never look the same. */
static void write_down(struct obuf *seen, const struct sse_event *e)
{
    REQUIRE(e->type.n <= LIMIT && e->data.n <= LIMIT && e->id.n <= LIMIT);
    obuf_printf(seen, "%zu %zu %zu ", e->type.n, e->data.n, e->id.n);
    obuf_span_put(seen, e->type);
    obuf_span_put(seen, e->data);
    obuf_span_put(seen, e->id);
}

static enum sse_step read_all(struct span bytes, size_t piece, struct obuf *seen)
{
    struct sse s;
    struct sse_event e;
    enum sse_step did = SSE_MORE;
    sse_init(&s, LIMIT);
    while (bytes.n && did == SSE_MORE) {
        struct span now = {bytes.p, piece < bytes.n ? piece : bytes.n};
        bytes = span_from(bytes, now.n);
        while ((did = sse_next(&s, &now, &e)) == SSE_EVENT) write_down(seen, &e);
        REQUIRE(did != SSE_MORE || now.n == 0);
    }
    sse_fini(&s);
    return did;
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    if (n == 0) return 0;
    struct span bytes = {(const char *)p + 1, n - 1};
    struct obuf whole = {0}, cut = {0}, single = {0};
    enum sse_step a = read_all(bytes, n, &whole), b = read_all(bytes, p[0] % 16u + 1u, &cut), c = read_all(bytes, 1, &single);
    REQUIRE(a == b && a == c);
    REQUIRE(span_eq(obuf_span(&whole), obuf_span(&cut)) && span_eq(obuf_span(&whole), obuf_span(&single)));
    obuf_fini(&whole);
    obuf_fini(&cut);
    obuf_fini(&single);
    return 0;
}
