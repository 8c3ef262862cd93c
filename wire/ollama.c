/* Ollama's own paths; formats: ollama_*.c. Under /v1 it serves a part of OpenAI's API, and Anthropic's messages. Source:
 * Ollama's API reference, with its pages on OpenAI's and Anthropic's compatibility, and the routes of its server. */
#include "wire/codecs.h"
#include "wire/dialects.h"

#define OTHER(op, f) ROUTE(op, codec_ollama_other, CONV_NONE, f)
#define READ(op) ROUTE_NO_BODY(op, codec_ollama_other, 0)

static const struct route chat = ROUTE("chat", codec_ollama_chat, CONV_CHAT, 0);
static const struct route generate = ROUTE("generate", codec_ollama_generate, CONV_CHAT, 0);
static const struct route embed = ROUTE("embed", codec_ollama_embed, CONV_EMBED, 0);
static const struct route embeddings = ROUTE("embeddings", codec_ollama_embed, CONV_EMBED, 0);
static const struct route tags = READ("tags");
static const struct route version = READ("version");
static const struct route ps = READ("ps");
static const struct route show = OTHER("show", 0);
static const struct route pull = OTHER("pull", 0);
static const struct route push = OTHER("push", 0);
static const struct route create = OTHER("create", 0);
static const struct route copy = OTHER("copy", 0);
static const struct route delete_model = OTHER("delete", 0);
static const struct route blob = OTHER("blobs", ROUTE_ANY_BODY);
static const struct route blob_head = READ("blobs.head");
static const struct route account = READ("account");
static const struct route web_search = OTHER("web_search", 0);
static const struct route web_fetch = OTHER("web_fetch", 0);

static const struct route openai_chat = ROUTE("openai.chat.completions", codec_openai_chat, CONV_CHAT, 0);
static const struct route openai_completions = ROUTE("openai.completions", codec_openai_completions, CONV_CHAT, 0);
static const struct route openai_embeddings = ROUTE("openai.embeddings", codec_openai_embeddings, CONV_EMBED, 0);
static const struct route openai_responses = ROUTE("openai.responses", codec_openai_responses, CONV_CHAT, ROUTE_GIVES_IDS);
static const struct route openai_images = ROUTE("openai.images", codec_openai_other, CONV_NONE, 0);
static const struct route openai_models = ROUTE_NO_BODY("openai.models", codec_openai_models, 0);
static const struct route anthropic_messages = ROUTE("anthropic.messages", codec_anthropic_messages, CONV_CHAT, 0);
static const struct route anthropic_count = ROUTE("anthropic.count_tokens", codec_anthropic_count, CONV_COUNT, 0);

/* By a HEAD clients ask whether it runs. */
static const struct route_row rows[] = {
    {"POST", "/api/chat", &chat},
    {"POST", "/api/generate", &generate},
    {"POST", "/api/embed", &embed},
    {"POST", "/api/embeddings", &embeddings},
    {"GET", "/api/tags", &tags},
    {"HEAD", "/api/tags", &tags},
    {"GET", "/api/version", &version},
    {"HEAD", "/api/version", &version},
    {"GET", "/api/ps", &ps},
    {"POST", "/api/show", &show},
    {"POST", "/api/pull", &pull},
    {"POST", "/api/push", &push},
    {"POST", "/api/create", &create},
    {"POST", "/api/copy", &copy},
    {"DELETE", "/api/delete", &delete_model},
    {"POST", "/api/blobs/*", &blob},
    {"HEAD", "/api/blobs/*", &blob_head},
    {"POST", "/api/me", &account},
    {"POST", "/api/signout", &account},
    {"POST", "/api/web_search", &web_search},
    {"POST", "/api/web_fetch", &web_fetch},
    {"POST", "/v1/chat/completions", &openai_chat},
    {"POST", "/v1/completions", &openai_completions},
    {"POST", "/v1/embeddings", &openai_embeddings},
    {"POST", "/v1/responses", &openai_responses},
    {"POST", "/v1/images/generations", &openai_images},
    {"POST", "/v1/images/edits", &openai_images},
    {"GET", "/v1/models", &openai_models},
    {"GET", "/v1/models/*", &openai_models},
    {"POST", "/v1/messages", &anthropic_messages},
    {"POST", "/v1/messages/count_tokens", &anthropic_count},
};

const struct dialect dialect_ollama = {
    .name = "ollama", .rows = rows, .n_rows = COUNT(rows), DIALECT_OTHERS(codec_ollama_other)};
