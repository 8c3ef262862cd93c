#include "wire/openai_chat.h"
#include "wire/codecs.h"
#include "wire/openai_fields.h"
#include "wire/refuse.h"

const struct codec codec_openai_chat = {
    .name = "openai.chat",
    .provider = "openai",
    .decode = openai_chat_decode,
    .encode = openai_chat_encode,
    .error = refuse_openai,
    .stream_error = refuse_openai_stream,
    .keepalive = openai_keepalive,
};
