/* Cohere's paths; formats: cohere_*.c. Of the first version of its API, chat and vectors are answered here. Source: Cohere's
 * API reference and the paths in its Python SDK. */
#include "wire/codecs.h"
#include "wire/dialects.h"

#define OTHER(op, f) ROUTE(op, codec_cohere_other, CONV_NONE, f)
#define READ(op) ROUTE_NO_BODY(op, codec_cohere_other, 0)

static const struct route chat = ROUTE("chat", codec_cohere_chat, CONV_CHAT, 0);
static const struct route embed = ROUTE("embed", codec_cohere_embed, CONV_EMBED, 0);
static const struct route rerank = OTHER("rerank", 0);
static const struct route parse = OTHER("parse", ROUTE_ANY_BODY);
static const struct route transcriptions = OTHER("audio.transcriptions", ROUTE_ANY_BODY);
static const struct route batches_create = OTHER("batches.create", ROUTE_GIVES_IDS);
static const struct route batches_list = READ("batches.list");
static const struct route batches_get = READ("batches.get");
static const struct route batches_cancel = OTHER("batches.cancel", 0);

static const struct route v1_chat = ROUTE("v1.chat", codec_cohere_v1_chat, CONV_CHAT, ROUTE_GIVES_IDS);
static const struct route v1_generate = OTHER("v1.generate", 0);
static const struct route v1_embed = ROUTE("v1.embed", codec_cohere_embed, CONV_EMBED, 0);
static const struct route v1_rerank = OTHER("v1.rerank", 0);
static const struct route classify = OTHER("classify", 0);
static const struct route summarize = OTHER("summarize", 0);
static const struct route tokenize = OTHER("tokenize", 0);
static const struct route detokenize = OTHER("detokenize", 0);
static const struct route check_key = OTHER("check-api-key", 0);
static const struct route models_list = READ("models.list");
static const struct route models_get = READ("models.get");

static const struct route jobs_create = OTHER("embed-jobs.create", ROUTE_GIVES_IDS);
static const struct route jobs_list = READ("embed-jobs.list");
static const struct route jobs_get = READ("embed-jobs.get");
static const struct route jobs_cancel = OTHER("embed-jobs.cancel", 0);
static const struct route datasets_create = OTHER("datasets.create", ROUTE_ANY_BODY | ROUTE_GIVES_IDS);
static const struct route datasets_list = READ("datasets.list");
static const struct route datasets_get = READ("datasets.get");
static const struct route datasets_delete = READ("datasets.delete");
static const struct route connectors_create = OTHER("connectors.create", ROUTE_GIVES_IDS);
static const struct route connectors_list = READ("connectors.list");
static const struct route connectors_get = READ("connectors.get");
static const struct route connectors_update = OTHER("connectors.update", 0);
static const struct route connectors_delete = READ("connectors.delete");
static const struct route connectors_authorize = OTHER("connectors.authorize", 0);
static const struct route tuning_create = OTHER("finetuning.create", ROUTE_GIVES_IDS);
static const struct route tuning_list = READ("finetuning.list");
static const struct route tuning_get = READ("finetuning.get");
static const struct route tuning_update = OTHER("finetuning.update", 0);
static const struct route tuning_delete = READ("finetuning.delete");
static const struct route tuning_events = READ("finetuning.events");

/* Cohere offers OpenAI's format too, under a folder of its own. */
static const struct route openai_chat = ROUTE("openai.chat.completions", codec_openai_chat, CONV_CHAT, 0);
static const struct route openai_embeddings = ROUTE("openai.embeddings", codec_openai_embeddings, CONV_EMBED, 0);

#define TUNED "/v1/finetuning/finetuned-models"

static const struct route_row rows[] = {
    {"POST", "/v2/chat", &chat},
    {"POST", "/v2/embed", &embed},
    {"POST", "/v2/rerank", &rerank},
    {"POST", "/v2/parse", &parse},
    {"POST", "/v2/audio/transcriptions", &transcriptions},
    {"POST", "/v2/batches", &batches_create},
    {"GET", "/v2/batches", &batches_list},
    {"GET", "/v2/batches/*", &batches_get},
    {"POST", "/v2/batches/*:cancel", &batches_cancel},
    {"POST", "/v1/chat", &v1_chat},
    {"POST", "/v1/generate", &v1_generate},
    {"POST", "/v1/embed", &v1_embed},
    {"POST", "/v1/rerank", &v1_rerank},
    {"POST", "/v1/classify", &classify},
    {"POST", "/v1/summarize", &summarize},
    {"POST", "/v1/tokenize", &tokenize},
    {"POST", "/v1/detokenize", &detokenize},
    {"POST", "/v1/check-api-key", &check_key},
    {"GET", "/v1/models", &models_list},
    {"GET", "/v1/models/*", &models_get},
    {"POST", "/v1/embed-jobs", &jobs_create},
    {"GET", "/v1/embed-jobs", &jobs_list},
    {"GET", "/v1/embed-jobs/*", &jobs_get},
    {"POST", "/v1/embed-jobs/*/cancel", &jobs_cancel},
    {"POST", "/v1/datasets", &datasets_create},
    {"GET", "/v1/datasets", &datasets_list},
    {"GET", "/v1/datasets/*", &datasets_get},
    {"DELETE", "/v1/datasets/*", &datasets_delete},
    {"POST", "/v1/connectors", &connectors_create},
    {"GET", "/v1/connectors", &connectors_list},
    {"GET", "/v1/connectors/*", &connectors_get},
    {"PATCH", "/v1/connectors/*", &connectors_update},
    {"DELETE", "/v1/connectors/*", &connectors_delete},
    {"POST", "/v1/connectors/*/oauth/authorize", &connectors_authorize},
    {"POST", TUNED, &tuning_create},
    {"GET", TUNED, &tuning_list},
    {"GET", TUNED "/*", &tuning_get},
    {"PATCH", TUNED "/*", &tuning_update},
    {"DELETE", TUNED "/*", &tuning_delete},
    {"GET", TUNED "/*/events", &tuning_events},
    {"GET", TUNED "/*/training-step-metrics", &tuning_events},
    {"POST", "/compatibility/v1/chat/completions", &openai_chat},
    {"POST", "/compatibility/v1/embeddings", &openai_embeddings},
};

const struct dialect dialect_cohere = {
    .name = "cohere", .rows = rows, .n_rows = COUNT(rows), DIALECT_OTHERS(codec_cohere_other)};
