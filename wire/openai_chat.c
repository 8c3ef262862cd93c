#include "wire/openai_chat.h"
#include "wire/codecs.h"
#include "wire/refuse.h"

/* A blank line: the only filler between events that all SDKs take (docs/ARCHITECTURE.md). */
static void keepalive(struct answer *a, struct obuf *out)
{
    (void)a;
    obuf_str(out, "\n");
}

const struct codec codec_openai_chat = {
    .name = "openai.chat",
    .provider = "openai",
    .decode = openai_chat_decode,
    .encode = openai_chat_encode,
    .error = refuse_openai,
    .stream_error = refuse_openai_stream,
    .keepalive = keepalive,
};
