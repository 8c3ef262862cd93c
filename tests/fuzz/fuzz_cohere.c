/* Cohere's decoders on any JSON; the first byte says which. What a chat says last, said back as an answer, as events and
 * whole, arrives as it was. */
#include "tests/fuzz/decoded.h"
#include "wire/codecs.h"
#include "wire/sse.h"

static void hear_content(const struct jdoc *d, uint32_t content, struct obuf *heard, struct arena *a)
{
    uint32_t text = jdoc_get(d, content, "text");
    if (text != J_NONE) obuf_span_put(heard, jdoc_text(d, text, a));
}

static void hear_events(struct span out, struct obuf *heard, struct arena *a)
{
    struct sse s;
    struct sse_event e;
    bool ended = false;
    sse_init(&s, out.n);
    while (sse_next(&s, &out, &e) == SSE_EVENT) {
        struct jdoc d = read_back(e.data, a);
        REQUIRE(!ended && span_eq(e.type, jdoc_text(&d, jdoc_get(&d, 0, "type"), a)));
        ended = span_is(e.type, "message-end");
        hear_content(&d, jdoc_get(&d, jdoc_get(&d, jdoc_get(&d, 0, "delta"), "message"), "content"), heard, a);
    }
    REQUIRE(ended);
    sse_fini(&s);
}

/* The first version: lines, of which the last holds the whole answer. */
static void hear_lines(struct span out, struct obuf *heard, struct arena *a)
{
    bool ended = false;
    while (out.n) {
        const char *end = memchr(out.p, '\n', out.n);
        REQUIRE(end != NULL && !ended);
        struct jdoc d = read_back((struct span){out.p, (size_t)(end - out.p)}, a);
        hear_content(&d, 0, heard, a);
        ended = jdoc_get_type(&d, 0, "is_finished", J_TRUE) != J_NONE;
        out = span_from(out, (size_t)(end - out.p) + 1);
    }
    REQUIRE(ended);
}

static void hear(const struct conv *c, struct span said, struct span out, struct arena *a)
{
    struct obuf heard = {0};
    if (c->stream && span_starts(out, SPAN("{"))) {
        hear_lines(out, &heard, a);
    } else if (c->stream) {
        hear_events(out, &heard, a);
    } else {
        struct jdoc d = read_back(out, a);
        hear_content(&d, 0, &heard, a);   /* as the first version says it */
        uint32_t list = jdoc_get(&d, jdoc_get(&d, 0, "message"), "content");
        for (uint32_t k = list == J_NONE ? d.n : jdoc_first(list); list != J_NONE && k < jdoc_end(&d, list); k = d.tok[k].next)
            hear_content(&d, k, &heard, a);
    }
    REQUIRE(span_eq(obuf_span(&heard), said));
    obuf_fini(&heard);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const struct target targets[] = {
        {&codec_cohere_chat, "/v2/chat", "", CONV_CHAT},
        {&codec_cohere_embed, "/v2/embed", "", CONV_EMBED},
        {&codec_cohere_v1_chat, "/v1/chat", "", CONV_CHAT},
        {&codec_cohere_embed, "/v1/embed", "", CONV_EMBED},
    };
    RUN_TARGETS(targets, p, n, hear);
    return 0;
}
