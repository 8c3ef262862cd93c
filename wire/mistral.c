/* Mistral's paths; formats: mistral_*.c. Source: Mistral's API reference and the paths in its Python SDK. What has no row
 * (workflows, observability and other parts of its console) is unknown, and left to the rule for that. */
#include "wire/codecs.h"
#include "wire/dialects.h"

#define OTHER(op, f) ROUTE(op, codec_mistral_other, CONV_NONE, f)
#define READ(op) ROUTE_NO_BODY(op, codec_mistral_other, 0)

static const struct route chat = ROUTE("chat.completions", codec_mistral_chat, CONV_CHAT, 0);
static const struct route embeddings = ROUTE("embeddings", codec_mistral_embed, CONV_EMBED, 0);
static const struct route fim = OTHER("fim.completions", 0);
static const struct route agents_completions = OTHER("agents.completions", 0);
static const struct route moderations = OTHER("moderations", 0);
static const struct route classifications = OTHER("classifications", 0);
static const struct route ocr = OTHER("ocr", 0);
static const struct route transcriptions = OTHER("audio.transcriptions", ROUTE_ANY_BODY);
static const struct route speech = OTHER("audio.speech", 0);
static const struct route voices_create = OTHER("audio.voices.create", ROUTE_ANY_BODY | ROUTE_GIVES_IDS);
static const struct route voices_read = READ("audio.voices.read");
static const struct route voices_update = OTHER("audio.voices.update", 0);
static const struct route voices_delete = READ("audio.voices.delete");
static const struct route models_list = READ("models.list");
static const struct route models_get = READ("models.get");
static const struct route models_delete = READ("models.delete");

#define KEPT (ROUTE_GIVES_IDS | ROUTE_HAS_STORE | ROUTE_STORES_BY_DEFAULT)

static const struct route conversations_start = OTHER("conversations.start", KEPT);
static const struct route conversations_append = OTHER("conversations.append", KEPT);
static const struct route conversations_restart = OTHER("conversations.restart", KEPT);
static const struct route conversations_list = READ("conversations.list");
static const struct route conversations_get = READ("conversations.get");
static const struct route conversations_delete = READ("conversations.delete");

static const struct route agents_create = OTHER("agents.create", ROUTE_GIVES_IDS);
static const struct route agents_update = OTHER("agents.update", 0);
static const struct route agents_read = READ("agents.read");
static const struct route agents_delete = READ("agents.delete");

static const struct route files_upload = OTHER("files.upload", ROUTE_ANY_BODY | ROUTE_GIVES_IDS);
static const struct route files_list = READ("files.list");
static const struct route files_get = READ("files.get");
static const struct route files_delete = READ("files.delete");
static const struct route files_content = READ("files.content");
static const struct route files_url = READ("files.url");

static const struct route jobs_create = OTHER("batch.create", ROUTE_BATCH | ROUTE_GIVES_IDS);
static const struct route jobs_list = READ("batch.list");
static const struct route jobs_get = READ("batch.get");
static const struct route jobs_cancel = OTHER("batch.cancel", 0);
static const struct route jobs_delete = READ("batch.delete");

static const struct route tuning_create = OTHER("fine_tuning.create", ROUTE_GIVES_IDS);
static const struct route tuning_read = READ("fine_tuning.read");
static const struct route tuning_change = OTHER("fine_tuning.change", 0);
static const struct route tuning_unarchive = READ("fine_tuning.unarchive");

static const struct route libraries_create = OTHER("libraries.create", ROUTE_GIVES_IDS);
static const struct route libraries_read = READ("libraries.read");
static const struct route libraries_update = OTHER("libraries.update", 0);
static const struct route libraries_delete = READ("libraries.delete");
static const struct route documents_upload = OTHER("libraries.documents.upload", ROUTE_ANY_BODY | ROUTE_GIVES_IDS);
static const struct route documents_read = READ("libraries.documents.read");
static const struct route documents_update = OTHER("libraries.documents.update", 0);
static const struct route documents_delete = READ("libraries.documents.delete");

static const struct route_row rows[] = {
    {"POST", "/v1/chat/completions", &chat},
    {"POST", "/v1/embeddings", &embeddings},
    {"POST", "/v1/fim/completions", &fim},
    {"POST", "/v1/agents/completions", &agents_completions},
    {"POST", "/v1/moderations", &moderations},
    {"POST", "/v1/chat/moderations", &moderations},
    {"POST", "/v1/classifications", &classifications},
    {"POST", "/v1/chat/classifications", &classifications},
    {"POST", "/v1/ocr", &ocr},
    {"POST", "/v1/audio/transcriptions", &transcriptions},
    {"POST", "/v1/audio/speech", &speech},
    {"POST", "/v1/audio/voices", &voices_create},
    {"GET", "/v1/audio/voices", &voices_read},
    {"GET", "/v1/audio/voices/*", &voices_read},
    {"GET", "/v1/audio/voices/*/sample", &voices_read},
    {"PATCH", "/v1/audio/voices/*", &voices_update},
    {"DELETE", "/v1/audio/voices/*", &voices_delete},
    {"GET", "/v1/models", &models_list},
    {"GET", "/v1/models/*", &models_get},
    {"DELETE", "/v1/models/*", &models_delete},
    {"POST", "/v1/conversations", &conversations_start},
    {"POST", "/v1/conversations/*", &conversations_append},
    {"POST", "/v1/conversations/*/restart", &conversations_restart},
    {"GET", "/v1/conversations", &conversations_list},
    {"GET", "/v1/conversations/*", &conversations_get},
    {"GET", "/v1/conversations/*/history", &conversations_get},
    {"GET", "/v1/conversations/*/messages", &conversations_get},
    {"DELETE", "/v1/conversations/*", &conversations_delete},
    {"POST", "/v1/agents", &agents_create},
    {"GET", "/v1/agents", &agents_read},
    {"GET", "/v1/agents/*", &agents_read},
    {"GET", "/v1/agents/*/versions", &agents_read},
    {"GET", "/v1/agents/*/versions/*", &agents_read},
    {"PATCH", "/v1/agents/*", &agents_update},
    {"PATCH", "/v1/agents/*/version", &agents_update},
    {"DELETE", "/v1/agents/*", &agents_delete},
    {"POST", "/v1/files", &files_upload},
    {"GET", "/v1/files", &files_list},
    {"GET", "/v1/files/*", &files_get},
    {"DELETE", "/v1/files/*", &files_delete},
    {"GET", "/v1/files/*/content", &files_content},
    {"GET", "/v1/files/*/url", &files_url},
    {"POST", "/v1/batch/jobs", &jobs_create},
    {"GET", "/v1/batch/jobs", &jobs_list},
    {"GET", "/v1/batch/jobs/*", &jobs_get},
    {"POST", "/v1/batch/jobs/*/cancel", &jobs_cancel},
    {"DELETE", "/v1/batch/jobs/*", &jobs_delete},
    {"POST", "/v1/fine_tuning/jobs", &tuning_create},
    {"GET", "/v1/fine_tuning/jobs", &tuning_read},
    {"GET", "/v1/fine_tuning/jobs/*", &tuning_read},
    {"POST", "/v1/fine_tuning/jobs/*/cancel", &tuning_change},
    {"POST", "/v1/fine_tuning/jobs/*/start", &tuning_change},
    {"PATCH", "/v1/fine_tuning/models/*", &tuning_change},
    {"POST", "/v1/fine_tuning/models/*/archive", &tuning_change},
    {"DELETE", "/v1/fine_tuning/models/*/archive", &tuning_unarchive},
    {"POST", "/v1/libraries", &libraries_create},
    {"GET", "/v1/libraries", &libraries_read},
    {"GET", "/v1/libraries/*", &libraries_read},
    {"PUT", "/v1/libraries/*", &libraries_update},
    {"PATCH", "/v1/libraries/*", &libraries_update},
    {"DELETE", "/v1/libraries/*", &libraries_delete},
    {"POST", "/v1/libraries/*/documents", &documents_upload},
    {"GET", "/v1/libraries/*/documents", &documents_read},
    {"GET", "/v1/libraries/*/documents/*", &documents_read},
    {"GET", "/v1/libraries/*/documents/*/status", &documents_read},
    {"GET", "/v1/libraries/*/documents/*/text_content", &documents_read},
    {"GET", "/v1/libraries/*/documents/*/signed-url", &documents_read},
    {"GET", "/v1/libraries/*/documents/*/extracted-text-signed-url", &documents_read},
    {"POST", "/v1/libraries/*/documents/*/reprocess", &documents_update},
    {"PUT", "/v1/libraries/*/documents/*", &documents_update},
    {"DELETE", "/v1/libraries/*/documents/*", &documents_delete},
};

const struct dialect dialect_mistral = {
    .name = "mistral", .rows = rows, .n_rows = COUNT(rows), .base_path = "/v1", DIALECT_OTHERS(codec_mistral_other)};
