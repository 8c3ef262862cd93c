/* The tables of Ollama's codecs. There is no filler between documents that its client tolerates: it reads each line as
 * JSON, an empty one too. */
#include "wire/codecs.h"
#include "wire/ollama.h"

static const char *content_type(const struct answer *a)
{
    return a->stream ? "application/x-ndjson" : "application/json; charset=utf-8";
}

const struct codec codec_ollama_chat = {
    .name = "ollama.chat",
    .provider = "ollama",
    .decode = ollama_chat_decode,
    .encode = ollama_encode,
    .error = refuse_ollama,
    .stream_error = refuse_ollama_stream,
    .content_type = content_type,
};

const struct codec codec_ollama_generate = {
    .name = "ollama.generate",
    .provider = "ollama",
    .decode = ollama_generate_decode,
    .encode = ollama_encode,
    .error = refuse_ollama,
    .stream_error = refuse_ollama_stream,
    .content_type = content_type,
};

const struct codec codec_ollama_embed = {
    .name = "ollama.embed",
    .provider = "ollama",
    .decode = ollama_embed_decode,
    .encode = ollama_embed_encode,
    .error = refuse_ollama,
    .stream_error = refuse_ollama_stream,
};

const struct codec codec_ollama_other = {
    .name = "ollama.other", .provider = "ollama", .error = refuse_ollama, .stream_error = refuse_ollama_stream};
