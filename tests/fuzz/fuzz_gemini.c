/* Gemini's decoders on any JSON; the first byte says which. What a chat says last, said back as an answer, as events and
 * as an array, arrives as it was. */
#include "tests/fuzz/decoded.h"
#include "wire/codecs.h"
#include "wire/gemini_generate.h"
#include "wire/sse.h"

static void hear_response(const struct jdoc *d, uint32_t response, struct obuf heard[], struct arena *a)
{
    uint32_t all = jdoc_get(d, response, "candidates");
    for (uint32_t k = jdoc_first(all); k < jdoc_end(d, all); k = d->tok[k].next) {
        uint32_t parts = jdoc_get(d, jdoc_get(d, k, "content"), "parts");
        int64_t i;
        REQUIRE(jdoc_int(d, jdoc_get(d, k, "index"), &i) && i >= 0 && i < (int64_t)CONV_MAX_CHOICES && parts != J_NONE);
        for (uint32_t p = jdoc_first(parts); p < jdoc_end(d, parts); p = d->tok[p].next) {
            uint32_t text = jdoc_get(d, p, "text");
            if (text != J_NONE && jdoc_get(d, p, "thought") == J_NONE) obuf_span_put(&heard[i], jdoc_text(d, text, a));
        }
    }
}

static void hear_events(struct span out, struct obuf heard[], struct arena *a)
{
    struct sse s;
    struct sse_event e;
    sse_init(&s, out.n);
    while (sse_next(&s, &out, &e) == SSE_EVENT) {
        struct jdoc d = read_back(e.data, a);
        hear_response(&d, 0, heard, a);
    }
    sse_fini(&s);
}

static void hear(const struct conv *c, struct span said, struct span out, struct arena *a)
{
    struct obuf heard[CONV_MAX_CHOICES] = {{0}};
    if (c->stream && (c->own & GEMINI_SSE)) {
        hear_events(out, heard, a);
    } else {
        struct jdoc d = read_back(out, a);
        for (uint32_t k = c->stream ? 1 : 0; k < d.n; k = d.tok[k].next) hear_response(&d, k, heard, a);
    }
    for (uint32_t i = 0; i < CONV_MAX_CHOICES; i++) {
        REQUIRE(span_eq(obuf_span(&heard[i]), i < c->n_choices ? said : SPAN_NONE));
        obuf_fini(&heard[i]);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const struct target targets[] = {
        {&codec_gemini_generate, "/v1beta/models/g:streamGenerateContent", "alt=sse", CONV_CHAT},
        {&codec_gemini_generate, "/v1beta/models/g:streamGenerateContent", "", CONV_CHAT},
        {&codec_gemini_count, "/v1beta/models/g:countTokens", "", CONV_COUNT},
        {&codec_gemini_embed, "/v1beta/models/g:embedContent", "", CONV_EMBED},
        {&codec_gemini_embed, "/v1beta/models/g:batchEmbedContents", "", CONV_EMBED},
    };
    RUN_TARGETS(targets, p, n, hear);
    return 0;
}
