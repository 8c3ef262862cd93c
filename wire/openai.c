/* OpenAI's paths. Formats: openai_*.c. Source: OpenAI's API reference. */
#include "wire/codecs.h"
#include "wire/dialects.h"

static const struct route chat = ROUTE("chat.completions", codec_openai_chat, CONV_CHAT, ROUTE_HAS_STORE);
static const struct route models_list = ROUTE_NO_BODY("models.list", codec_openai_models, 0);
static const struct route models_get = ROUTE_NO_BODY("models.retrieve", codec_openai_models, 0);

static const struct route_row rows[] = {
    {"POST", "/v1/chat/completions", &chat},
    {"GET", "/v1/models", &models_list},
    {"GET", "/v1/models/*", &models_get},
};

const struct dialect dialect_openai = {
    .name = "openai", .rows = rows, .n_rows = COUNT(rows), .base_path = "/v1", DIALECT_OTHERS(codec_openai_other)};
