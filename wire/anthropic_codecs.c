/* The codecs of Anthropic's API that answer. */
#include "wire/anthropic.h"
#include "wire/codecs.h"
#include "wire/refuse.h"

const struct codec codec_anthropic_messages = {
    .name = "anthropic.messages",
    .provider = "anthropic",
    .decode = anthropic_decode,
    .encode = anthropic_encode,
    .error = refuse_anthropic,
    .stream_error = refuse_anthropic_stream,
    .keepalive = anthropic_keepalive,
    .id_header = "request-id",
};

const struct codec codec_anthropic_count = {
    .name = "anthropic.count_tokens",
    .provider = "anthropic",
    .decode = anthropic_decode,
    .encode = anthropic_count_encode,
    .error = refuse_anthropic,
    .stream_error = refuse_anthropic_stream,
    .id_header = "request-id",
};
