/* Gemini's paths, under each version of the API. Formats: gemini_*.c. Source: Google's Gemini API reference and the paths
 * in its Python and Node SDKs. The WebSocket under /ws/ has no row: it is no request that could be inspected. */
#include "wire/codecs.h"
#include "wire/dialects.h"

#define OTHER(op, f) ROUTE(op, codec_gemini_other, CONV_NONE, f)
#define READ(op) ROUTE_NO_BODY(op, codec_gemini_other, 0)

static const struct route generate =
    ROUTE("generateContent", codec_gemini_generate, CONV_CHAT, ROUTE_GIVES_SEALED | ROUTE_HAS_STORE);
static const struct route generate_stream =
    ROUTE("streamGenerateContent", codec_gemini_generate, CONV_CHAT, ROUTE_GIVES_SEALED | ROUTE_HAS_STORE);
static const struct route count = ROUTE("countTokens", codec_gemini_count, CONV_COUNT, 0);
static const struct route embed = ROUTE("embedContent", codec_gemini_embed, CONV_EMBED, 0);
static const struct route embed_many = ROUTE("batchEmbedContents", codec_gemini_embed, CONV_EMBED, 0);

static const struct route batch = OTHER("batchGenerateContent", ROUTE_BATCH | ROUTE_GIVES_IDS);
static const struct route batch_embed = OTHER("asyncBatchEmbedContent", ROUTE_BATCH | ROUTE_GIVES_IDS);
static const struct route predict = OTHER("predict", 0);
static const struct route predict_long = OTHER("predictLongRunning", ROUTE_GIVES_IDS);
static const struct route generate_answer = OTHER("generateAnswer", 0);
static const struct route legacy = OTHER("legacy", 0);

static const struct route models_list = READ("models.list");
static const struct route models_get = READ("models.get");
static const struct route tuned_create = OTHER("tunedModels.create", ROUTE_GIVES_IDS);
static const struct route tuned_patch = OTHER("tunedModels.patch", 0);
static const struct route tuned_delete = READ("tunedModels.delete");
static const struct route operations_list = READ("operations.list");
static const struct route operations_get = READ("operations.get");

static const struct route upload =
    ROUTE("files.upload", codec_gemini_upload, CONV_NONE, ROUTE_ANY_BODY | ROUTE_FILE_BODY | ROUTE_GIVES_IDS);
static const struct route files_create = OTHER("files.create", ROUTE_GIVES_IDS);
static const struct route files_register = OTHER("files.register", ROUTE_GIVES_IDS);
static const struct route files_list = READ("files.list");
static const struct route files_get = READ("files.get");
static const struct route files_delete = READ("files.delete");
static const struct route files_download = READ("files.download");

static const struct route caches_create = OTHER("cachedContents.create", ROUTE_GIVES_IDS);
static const struct route caches_list = READ("cachedContents.list");
static const struct route caches_get = READ("cachedContents.get");
static const struct route caches_patch = OTHER("cachedContents.patch", 0);
static const struct route caches_delete = READ("cachedContents.delete");

static const struct route batches_list = READ("batches.list");
static const struct route batches_get = READ("batches.get");
static const struct route batches_cancel = OTHER("batches.cancel", 0);
static const struct route batches_update = OTHER("batches.update", ROUTE_BATCH);
static const struct route batches_delete = READ("batches.delete");

static const struct route stores_create = OTHER("fileSearchStores.create", ROUTE_GIVES_IDS);
static const struct route stores_list = READ("fileSearchStores.list");
static const struct route stores_get = READ("fileSearchStores.get");
static const struct route stores_delete = READ("fileSearchStores.delete");
static const struct route stores_import = OTHER("fileSearchStores.import", ROUTE_GIVES_IDS);
static const struct route documents_list = READ("documents.list");
static const struct route documents_get = READ("documents.get");
static const struct route documents_delete = READ("documents.delete");

static const struct route interactions_create =
    OTHER("interactions.create", ROUTE_GIVES_IDS | ROUTE_GIVES_SEALED | ROUTE_HAS_STORE | ROUTE_STORES_BY_DEFAULT);
static const struct route interactions_get = READ("interactions.get");
static const struct route interactions_delete = READ("interactions.delete");
static const struct route interactions_cancel = OTHER("interactions.cancel", 0);
static const struct route tokens_create = OTHER("authTokens.create", 0);

/* Google offers OpenAI's format too, under a folder of its own. */
static const struct route openai_chat = ROUTE("openai.chat.completions", codec_openai_chat, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route openai_models = READ("openai.models");
static const struct route openai_embeddings = ROUTE("openai.embeddings", codec_openai_embeddings, CONV_EMBED, 0);
static const struct route openai_images = ROUTE("openai.images", codec_openai_other, CONV_NONE, 0);
static const struct route openai_videos =
    ROUTE("openai.videos", codec_openai_other, CONV_NONE, ROUTE_ANY_BODY | ROUTE_GIVES_IDS);
static const struct route openai_batches = ROUTE("openai.batches", codec_openai_other, CONV_NONE, ROUTE_GIVES_IDS);
static const struct route openai_objects = ROUTE_NO_BODY("openai.objects", codec_openai_other, ROUTE_GIVES_IDS);

/* What any kind of model can do. */
#define MODEL_ROWS(folder) \
    {"POST", folder "/*:generateContent", &generate}, \
    {"POST", folder "/*:streamGenerateContent", &generate_stream}, \
    {"POST", folder "/*:countTokens", &count}, \
    {"POST", folder "/*:embedContent", &embed}, \
    {"POST", folder "/*:batchEmbedContents", &embed_many}, \
    {"POST", folder "/*:batchGenerateContent", &batch}, \
    {"POST", folder "/*:asyncBatchEmbedContent", &batch_embed}, \
    {"POST", folder "/*:predict", &predict}, \
    {"POST", folder "/*:predictLongRunning", &predict_long}, \
    {"POST", folder "/*:generateAnswer", &generate_answer}, \
    {"POST", folder "/*:generateText", &legacy}, \
    {"POST", folder "/*:generateMessage", &legacy}, \
    {"POST", folder "/*:embedText", &legacy}, \
    {"POST", folder "/*:batchEmbedText", &legacy}, \
    {"POST", folder "/*:countTextTokens", &legacy}, \
    {"POST", folder "/*:countMessageTokens", &legacy}, \
    {"GET", folder "/*/operations", &operations_list}, \
    {"GET", folder "/*/operations/*", &operations_get}, \
    {"GET", folder, &models_list}, \
    {"GET", folder "/*", &models_get}

#define TUNING_ROWS(v) \
    {"POST", "/" v "/tunedModels", &tuned_create}, \
    {"PATCH", "/" v "/tunedModels/*", &tuned_patch}, \
    {"DELETE", "/" v "/tunedModels/*", &tuned_delete}

#define FILE_ROWS(v) \
    {"POST", "/upload/" v "/files", &upload}, \
    {"PUT", "/upload/" v "/files", &upload}, \
    {"POST", "/upload/" v "/*/files", &upload}, \
    {"PUT", "/upload/" v "/*/files", &upload}, \
    {"POST", "/" v "/files", &files_create}, \
    {"POST", "/" v "/files:register", &files_register}, \
    {"GET", "/" v "/files", &files_list}, \
    {"GET", "/" v "/files/*:download", &files_download}, \
    {"GET", "/download/" v "/files/*:download", &files_download}, \
    {"GET", "/" v "/files/*", &files_get}, \
    {"DELETE", "/" v "/files/*", &files_delete}

#define CACHE_ROWS(v) \
    {"POST", "/" v "/cachedContents", &caches_create}, \
    {"GET", "/" v "/cachedContents", &caches_list}, \
    {"GET", "/" v "/cachedContents/*", &caches_get}, \
    {"PATCH", "/" v "/cachedContents/*", &caches_patch}, \
    {"DELETE", "/" v "/cachedContents/*", &caches_delete}

#define BATCH_ROWS(v) \
    {"GET", "/" v "/batches", &batches_list}, \
    {"GET", "/" v "/batches/*", &batches_get}, \
    {"POST", "/" v "/batches/*:cancel", &batches_cancel}, \
    {"PATCH", "/" v "/batches/*:updateGenerateContentBatch", &batches_update}, \
    {"PATCH", "/" v "/batches/*:updateEmbedContentBatch", &batches_update}, \
    {"DELETE", "/" v "/batches/*", &batches_delete}

#define STORE_ROWS(v) \
    {"POST", "/" v "/fileSearchStores", &stores_create}, \
    {"GET", "/" v "/fileSearchStores", &stores_list}, \
    {"GET", "/" v "/fileSearchStores/*", &stores_get}, \
    {"DELETE", "/" v "/fileSearchStores/*", &stores_delete}, \
    {"POST", "/" v "/fileSearchStores/*:importFile", &stores_import}, \
    {"POST", "/upload/" v "/fileSearchStores/*:uploadToFileSearchStore", &upload}, \
    {"PUT", "/upload/" v "/fileSearchStores/*:uploadToFileSearchStore", &upload}, \
    {"GET", "/" v "/fileSearchStores/*/operations/*", &operations_get}, \
    {"GET", "/" v "/fileSearchStores/*/upload/operations/*", &operations_get}, \
    {"GET", "/" v "/fileSearchStores/*/documents", &documents_list}, \
    {"GET", "/" v "/fileSearchStores/*/documents/*", &documents_get}, \
    {"DELETE", "/" v "/fileSearchStores/*/documents/*", &documents_delete}

#define INTERACTION_ROWS(v) \
    {"POST", "/" v "/interactions", &interactions_create}, \
    {"GET", "/" v "/interactions/*", &interactions_get}, \
    {"DELETE", "/" v "/interactions/*", &interactions_delete}, \
    {"POST", "/" v "/interactions/*/cancel", &interactions_cancel}, \
    {"POST", "/" v "/auth_tokens", &tokens_create}

#define OPENAI_ROWS(v) \
    {"POST", "/" v "/openai/chat/completions", &openai_chat}, \
    {"POST", "/" v "/openai/embeddings", &openai_embeddings}, \
    {"POST", "/" v "/openai/images/generations", &openai_images}, \
    {"POST", "/" v "/openai/videos", &openai_videos}, \
    {"GET", "/" v "/openai/videos/*", &openai_objects}, \
    {"POST", "/" v "/openai/batches", &openai_batches}, \
    {"POST", "/" v "/openai/batches/*/cancel", &openai_batches}, \
    {"GET", "/" v "/openai/batches", &openai_objects}, \
    {"GET", "/" v "/openai/batches/*", &openai_objects}, \
    {"GET", "/" v "/openai/models", &openai_models}, \
    {"GET", "/" v "/openai/models/*", &openai_models}

/* Rows are tried in order: what is asked most stands first. */
static const struct route_row rows[] = {
    MODEL_ROWS("/v1beta/models"), MODEL_ROWS("/v1/models"), MODEL_ROWS("/v1alpha/models"),
    MODEL_ROWS("/v1beta/tunedModels"), MODEL_ROWS("/v1/tunedModels"), MODEL_ROWS("/v1alpha/tunedModels"),
    TUNING_ROWS("v1beta"), TUNING_ROWS("v1"), TUNING_ROWS("v1alpha"),
    FILE_ROWS("v1beta"), FILE_ROWS("v1"), FILE_ROWS("v1alpha"),
    CACHE_ROWS("v1beta"), CACHE_ROWS("v1"), CACHE_ROWS("v1alpha"),
    BATCH_ROWS("v1beta"), BATCH_ROWS("v1"), BATCH_ROWS("v1alpha"),
    STORE_ROWS("v1beta"), STORE_ROWS("v1"), STORE_ROWS("v1alpha"),
    INTERACTION_ROWS("v1beta"), INTERACTION_ROWS("v1"), INTERACTION_ROWS("v1alpha"),
    OPENAI_ROWS("v1beta"), OPENAI_ROWS("v1"), OPENAI_ROWS("v1alpha"),
};

const char *const google_query_credentials[] = {"key", "access_token", "oauth_token", NULL};

const struct dialect dialect_gemini = {
    .name = "gemini", .rows = rows, .n_rows = COUNT(rows), .query_credentials = google_query_credentials,
    DIALECT_OTHERS(codec_gemini_other)};
