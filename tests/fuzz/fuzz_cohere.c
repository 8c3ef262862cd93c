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

static void hear(const struct conv *c, struct span said, struct span out, struct arena *a)
{
    struct obuf heard = {0};
    if (c->stream) {
        hear_events(out, &heard, a);
    } else {
        struct jdoc d = read_back(out, a);
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
    };
    RUN_TARGETS(targets, p, n, hear);
    return 0;
}
