/* Ollama's own paths; formats: ollama_*.c. What it serves under /v1 is OpenAI's: an upstream of that api. Source:
 * Ollama's API reference. */
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
static const struct route web_search = OTHER("web_search", 0);
static const struct route web_fetch = OTHER("web_fetch", 0);

static const struct route_row rows[] = {
    {"POST", "/api/chat", &chat},
    {"POST", "/api/generate", &generate},
    {"POST", "/api/embed", &embed},
    {"POST", "/api/embeddings", &embeddings},
    {"GET", "/api/tags", &tags},
    {"GET", "/api/version", &version},
    {"GET", "/api/ps", &ps},
    {"POST", "/api/show", &show},
    {"POST", "/api/pull", &pull},
    {"POST", "/api/push", &push},
    {"POST", "/api/create", &create},
    {"POST", "/api/copy", &copy},
    {"DELETE", "/api/delete", &delete_model},
    {"POST", "/api/blobs/*", &blob},
    {"HEAD", "/api/blobs/*", &blob_head},
    {"POST", "/api/web_search", &web_search},
    {"POST", "/api/web_fetch", &web_fetch},
};

const struct dialect dialect_ollama = {
    .name = "ollama", .rows = rows, .n_rows = COUNT(rows), DIALECT_OTHERS(codec_ollama_other)};
