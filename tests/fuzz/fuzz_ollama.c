/* Ollama's decoders on any JSON; the first byte says which. What a chat says last, said back as an answer, in lines and
 * whole, arrives as it was. */
#include "tests/fuzz/decoded.h"
#include "wire/codecs.h"
#include "wire/ollama.h"

static void hear(const struct conv *c, struct span said, struct span out, struct arena *a)
{
    struct obuf heard = {0};
    while (out.n) {
        const char *end = memchr(out.p, '\n', out.n);
        REQUIRE(!c->stream == (end == NULL));
        struct span line = {out.p, end ? (size_t)(end - out.p) : out.n};
        struct jdoc d = read_back(line, a);
        uint32_t text = c->own & OLLAMA_GENERATE ? jdoc_get(&d, 0, "response") : jdoc_get(&d, jdoc_get(&d, 0, "message"), "content");
        REQUIRE(text != J_NONE);
        obuf_span_put(&heard, jdoc_text(&d, text, a));
        out = span_from(out, line.n + 1);
    }
    REQUIRE(span_eq(obuf_span(&heard), said));
    obuf_fini(&heard);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const struct target targets[] = {
        {&codec_ollama_chat, "/api/chat", "", CONV_CHAT},
        {&codec_ollama_generate, "/api/generate", "", CONV_CHAT},
        {&codec_ollama_embed, "/api/embed", "", CONV_EMBED},
        {&codec_ollama_embed, "/api/embeddings", "", CONV_EMBED},
    };
    RUN_TARGETS(targets, p, n, hear);
    return 0;
}
