/* The tables of Cohere's codecs. */
#include "wire/codecs.h"
#include "wire/cohere.h"

/* Its SDK passes over a blank line, between events and between lines. */
static void keepalive(struct answer *a, struct obuf *out)
{
    (void)a;
    obuf_str(out, "\n");
}

/* The first version streams JSON lines. */
static const char *lines(const struct answer *a) { return a->stream ? "application/stream+json" : NULL; }

#define SHAPE .provider = "cohere", .error = refuse_cohere, .stream_error = refuse_cohere_stream, .id_header = "x-debug-trace-id"

const struct codec codec_cohere_chat = {
    .name = "cohere.chat", .decode = cohere_chat_decode, .encode = cohere_chat_encode, .keepalive = keepalive, SHAPE};
const struct codec codec_cohere_v1_chat = {
    .name = "cohere.v1_chat", .decode = cohere_v1_decode, .encode = cohere_v1_encode, .keepalive = keepalive,
    .provider = "cohere", .error = refuse_cohere, .stream_error = cohere_v1_stream_error, .content_type = lines,
    .id_header = "x-debug-trace-id"};
const struct codec codec_cohere_embed = {
    .name = "cohere.embed", .decode = cohere_embed_decode, .encode = cohere_embed_encode, SHAPE};
const struct codec codec_cohere_other = {.name = "cohere.other", SHAPE};
