/* Mistral's decoders on any JSON; the first byte says which. What a chat says last, said back as an answer, as chunks and
 * whole, arrives as it was. */
#include "tests/fuzz/decoded.h"
#include "wire/codecs.h"
#include "wire/sse.h"

/* Content is a string, or a list of parts, of which some are thinking. */
static void hear_choices(const struct jdoc *d, const char *member, struct obuf heard[], struct arena *a)
{
    uint32_t all = jdoc_get(d, 0, "choices");
    for (uint32_t k = jdoc_first(all); k < jdoc_end(d, all); k = d->tok[k].next) {
        uint32_t content = jdoc_get(d, jdoc_get(d, k, member), "content");
        int64_t i;
        REQUIRE(jdoc_int(d, jdoc_get(d, k, "index"), &i) && i >= 0 && i < (int64_t)CONV_MAX_CHOICES && content != J_NONE);
        if (d->tok[content].type == J_STRING) obuf_span_put(&heard[i], jdoc_text(d, content, a));
        if (d->tok[content].type != J_ARRAY) continue;
        for (uint32_t p = jdoc_first(content); p < jdoc_end(d, content); p = d->tok[p].next) {
            uint32_t text = jdoc_get(d, p, "text");
            if (text != J_NONE) obuf_span_put(&heard[i], jdoc_text(d, text, a));
        }
    }
}

static void hear_chunks(struct span out, struct obuf heard[], struct arena *a)
{
    struct sse s;
    struct sse_event e;
    bool done = false;
    sse_init(&s, out.n);
    while (sse_next(&s, &out, &e) == SSE_EVENT) {
        REQUIRE(!done);
        if ((done = span_is(e.data, "[DONE]"))) continue;
        struct jdoc d = read_back(e.data, a);
        hear_choices(&d, "delta", heard, a);
    }
    REQUIRE(done);
    sse_fini(&s);
}

static void hear(const struct conv *c, struct span said, struct span out, struct arena *a)
{
    struct obuf heard[CONV_MAX_CHOICES] = {{0}};
    if (c->stream) {
        hear_chunks(out, heard, a);
    } else {
        struct jdoc d = read_back(out, a);
        hear_choices(&d, "message", heard, a);
    }
    for (uint32_t i = 0; i < CONV_MAX_CHOICES; i++) {
        REQUIRE(span_eq(obuf_span(&heard[i]), i < c->n_choices ? said : SPAN_NONE));
        obuf_fini(&heard[i]);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const struct target targets[] = {
        {&codec_mistral_chat, "/v1/chat/completions", "", CONV_CHAT},
        {&codec_mistral_embed, "/v1/embeddings", "", CONV_EMBED},
    };
    RUN_TARGETS(targets, p, n, hear);
    return 0;
}
