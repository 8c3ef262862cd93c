/* The tables of Gemini's codecs. */
#include "wire/codecs.h"
#include "wire/gemini_generate.h"
#include "wire/refuse.h"

/* A blank line between events, white space between the elements of an array: both SDKs pass it over. */
static void keepalive(struct answer *a, struct obuf *out)
{
    (void)a;
    obuf_str(out, "\n");
}

/* A stream without alt=sse is one JSON document that arrives bit by bit. */
static const char *content_type(const struct answer *a)
{
    bool events = a->stream && (a->conv->own & GEMINI_SSE);
    return events ? NULL : "application/json; charset=UTF-8";
}

const struct codec codec_gemini_generate = {
    .name = "gemini.generate",
    .provider = "gemini",
    .decode = gemini_generate_decode,
    .encode = gemini_generate_encode,
    .error = refuse_gemini,
    .stream_error = refuse_gemini_stream,
    .keepalive = keepalive,
    .content_type = content_type,
};

/* Both SDKs send a piece of a file three times more unless the reply says that the upload is over. */
static void upload_is_over(const struct refusal *r, struct obuf *out)
{
    if (!fail_may_retry(r->fail)) obuf_str(out, "x-goog-upload-status: final\r\n");
}

const struct codec codec_gemini_upload = {
    .name = "gemini.upload",
    .provider = "gemini",
    .error = refuse_gemini,
    .stream_error = refuse_gemini_stream,
    .error_headers = upload_is_over,
};

const struct codec codec_gemini_count = {
    .name = "gemini.count",
    .provider = "gemini",
    .decode = gemini_count_decode,
    .encode = gemini_count_encode,
    .error = refuse_gemini,
    .stream_error = refuse_gemini_stream,
};

const struct codec codec_gemini_embed = {
    .name = "gemini.embed",
    .provider = "gemini",
    .decode = gemini_embed_decode,
    .encode = gemini_embed_encode,
    .error = refuse_gemini,
    .stream_error = refuse_gemini_stream,
};
