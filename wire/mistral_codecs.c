/* The tables of Mistral's codecs. */
#include "wire/codecs.h"
#include "wire/mistral.h"
#include "wire/openai_fields.h"

#define SHAPE .provider = "mistral", .error = refuse_mistral, .stream_error = refuse_mistral_stream, \
              .id_header = "mistral-correlation-id"

const struct codec codec_mistral_chat = {
    .name = "mistral.chat", .decode = mistral_chat_decode, .encode = mistral_chat_encode, .keepalive = openai_keepalive, SHAPE};
const struct codec codec_mistral_embed = {
    .name = "mistral.embed", .decode = mistral_embed_decode, .encode = mistral_embed_encode, SHAPE};
const struct codec codec_mistral_other = {.name = "mistral.other", SHAPE};
