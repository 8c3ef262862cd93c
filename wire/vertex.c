/* Vertex AI's paths, under both versions of the API: Google's own models in Gemini's format, other publishers' in theirs.
 * Source: the Vertex AI REST reference and the paths in google-genai and in Anthropic's SDKs. Live sessions are WebSockets
 * and gRPC, and have no row. */
#include "wire/codecs.h"
#include "wire/dialects.h"

#define OTHER(op, f) ROUTE(op, codec_vertex_other, CONV_NONE, f)
#define READ(op) ROUTE_NO_BODY(op, codec_vertex_other, 0)

static const struct route generate = ROUTE("generateContent", codec_gemini_generate, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route generate_stream =
    ROUTE("streamGenerateContent", codec_gemini_generate, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route count = ROUTE("countTokens", codec_gemini_count, CONV_COUNT, 0);
static const struct route compute = OTHER("computeTokens", 0);
static const struct route embed = ROUTE("embedContent", codec_gemini_embed, CONV_EMBED, 0);
static const struct route predict = ROUTE("predict", codec_vertex_embed, CONV_EMBED, 0);
static const struct route predict_long = OTHER("predictLongRunning", ROUTE_GIVES_IDS);
static const struct route predict_fetch = OTHER("fetchPredictOperation", 0);

static const struct route claude = ROUTE("rawPredict", codec_vertex_anthropic, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route claude_stream = ROUTE("streamRawPredict", codec_vertex_anthropic, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route claude_count = ROUTE("count_tokens", codec_anthropic_count, CONV_COUNT, 0);
static const struct route mistral = ROUTE("rawPredict", codec_vertex_mistral, CONV_CHAT, 0);
static const struct route mistral_stream = ROUTE("streamRawPredict", codec_vertex_mistral, CONV_CHAT, 0);
static const struct route raw = OTHER("rawPredict", 0);
static const struct route raw_stream = OTHER("streamRawPredict", 0);
static const struct route openai_chat = ROUTE("openapi.chat.completions", codec_openai_chat, CONV_CHAT, 0);
static const struct route openai_embeddings = ROUTE("openapi.embeddings", codec_openai_embeddings, CONV_EMBED, 0);
static const struct route endpoint_predict = OTHER("endpoints.predict", ROUTE_ANY_BODY);

static const struct route models_list = READ("models.list");
static const struct route models_get = READ("models.get");
static const struct route operations_list = READ("operations.list");
static const struct route operations_get = READ("operations.get");
static const struct route operations_delete = READ("operations.delete");
static const struct route operations_other = OTHER("operations.other", 0);

static const struct route caches_create = OTHER("cachedContents.create", ROUTE_GIVES_IDS);
static const struct route caches_list = READ("cachedContents.list");
static const struct route caches_get = READ("cachedContents.get");
static const struct route caches_patch = OTHER("cachedContents.patch", 0);
static const struct route caches_delete = READ("cachedContents.delete");

static const struct route batches_create = OTHER("batchPredictionJobs.create", ROUTE_GIVES_IDS);
static const struct route batches_list = READ("batchPredictionJobs.list");
static const struct route batches_get = READ("batchPredictionJobs.get");
static const struct route batches_cancel = OTHER("batchPredictionJobs.cancel", 0);
static const struct route batches_delete = READ("batchPredictionJobs.delete");

static const struct route tuning_create = OTHER("tuningJobs.create", ROUTE_GIVES_IDS);
static const struct route tuning_list = READ("tuningJobs.list");
static const struct route tuning_get = READ("tuningJobs.get");
static const struct route tuning_cancel = OTHER("tuningJobs.cancel", 0);

static const struct route rag_upload = OTHER("ragFiles.upload", ROUTE_ANY_BODY | ROUTE_GIVES_IDS);
static const struct route rag_import = OTHER("ragFiles.import", ROUTE_GIVES_IDS);
static const struct route rag_retrieve = OTHER("retrieveContexts", 0);
static const struct route rag_create = OTHER("ragCorpora.create", ROUTE_GIVES_IDS);
static const struct route rag_read = READ("ragCorpora.read");

static const struct route agents_query = OTHER("reasoningEngines.query", ROUTE_GIVES_IDS);
static const struct route sessions_create = OTHER("reasoningEngines.sessions.create", ROUTE_GIVES_IDS);
static const struct route memories_create = OTHER("reasoningEngines.memories.create", ROUTE_GIVES_IDS);

/* What Gemini models do, wherever they stand: a publisher's, or tuned at an endpoint. */
#define GEMINI_ROWS(folder) \
    {"POST", folder "/*:generateContent", &generate}, \
    {"POST", folder "/*:streamGenerateContent", &generate_stream}, \
    {"POST", folder "/*:countTokens", &count}, \
    {"POST", folder "/*:computeTokens", &compute}

#define GOOGLE_ROWS(folder) \
    GEMINI_ROWS(folder), \
    {"POST", folder "/*:embedContent", &embed}, \
    {"POST", folder "/*:predict", &predict}, \
    {"POST", folder "/*:predictLongRunning", &predict_long}, \
    {"POST", folder "/*:fetchPredictOperation", &predict_fetch}, \
    {"GET", folder "/*/operations/*", &operations_get}, \
    {"GET", folder, &models_list}, \
    {"GET", folder "/*", &models_get}

/* Publishers whose format is known stand before the others; count-tokens stands where a model would. */
#define PUBLISHER_ROWS(place) \
    GOOGLE_ROWS(place "/publishers/google/models"), \
    {"POST", place "/publishers/anthropic/models/count-tokens:rawPredict", &claude_count}, \
    {"POST", place "/publishers/anthropic/models/*:rawPredict", &claude}, \
    {"POST", place "/publishers/anthropic/models/*:streamRawPredict", &claude_stream}, \
    {"POST", place "/publishers/mistralai/models/*:rawPredict", &mistral}, \
    {"POST", place "/publishers/mistralai/models/*:streamRawPredict", &mistral_stream}, \
    {"POST", place "/publishers/*/models/*:rawPredict", &raw}, \
    {"POST", place "/publishers/*/models/*:streamRawPredict", &raw_stream}, \
    {"GET", place "/publishers/*/models", &models_list}, \
    {"GET", place "/publishers/*/models/*", &models_get}

#define ENDPOINT_ROWS(place) \
    {"POST", place "/endpoints/*/chat/completions", &openai_chat}, \
    {"POST", place "/endpoints/*/embeddings", &openai_embeddings}, \
    GEMINI_ROWS(place "/endpoints"), \
    {"POST", place "/endpoints/*:predict", &endpoint_predict}, \
    {"POST", place "/endpoints/*:rawPredict", &endpoint_predict}, \
    {"POST", place "/endpoints/*:streamRawPredict", &endpoint_predict}

#define JOB_ROWS(place) \
    {"POST", place "/cachedContents", &caches_create}, \
    {"GET", place "/cachedContents", &caches_list}, \
    {"GET", place "/cachedContents/*", &caches_get}, \
    {"PATCH", place "/cachedContents/*", &caches_patch}, \
    {"DELETE", place "/cachedContents/*", &caches_delete}, \
    {"POST", place "/batchPredictionJobs", &batches_create}, \
    {"GET", place "/batchPredictionJobs", &batches_list}, \
    {"GET", place "/batchPredictionJobs/*", &batches_get}, \
    {"POST", place "/batchPredictionJobs/*:cancel", &batches_cancel}, \
    {"DELETE", place "/batchPredictionJobs/*", &batches_delete}, \
    {"POST", place "/tuningJobs", &tuning_create}, \
    {"GET", place "/tuningJobs", &tuning_list}, \
    {"GET", place "/tuningJobs/*", &tuning_get}, \
    {"POST", place "/tuningJobs/*:cancel", &tuning_cancel}, \
    {"GET", place "/operations", &operations_list}, \
    {"GET", place "/operations/*", &operations_get}, \
    {"DELETE", place "/operations/*", &operations_delete}, \
    {"POST", place "/operations/*:cancel", &operations_other}

#define RAG_ROWS(place) \
    {"POST", "/upload" place "/ragCorpora/*/ragFiles:upload", &rag_upload}, \
    {"POST", place "/ragCorpora/*/ragFiles:import", &rag_import}, \
    {"POST", place ":retrieveContexts", &rag_retrieve}, \
    {"POST", place "/ragCorpora", &rag_create}, \
    {"GET", place "/ragCorpora", &rag_read}, \
    {"GET", place "/ragCorpora/*", &rag_read}, \
    {"POST", place "/reasoningEngines/*:query", &agents_query}, \
    {"POST", place "/reasoningEngines/*:streamQuery", &agents_query}, \
    {"POST", place "/reasoningEngines/*/sessions", &sessions_create}, \
    {"POST", place "/reasoningEngines/*/sessions/*:appendEvent", &sessions_create}, \
    {"POST", place "/reasoningEngines/*/memories", &memories_create}, \
    {"POST", place "/reasoningEngines/*/memories:generate", &memories_create}

#define PLACE(version) "/" version "/projects/*/locations/*"

/* Rows are tried in order: what is asked most stands first. The rows without a project are those of an API key. */
static const struct route_row rows[] = {
    PUBLISHER_ROWS(PLACE("v1")), PUBLISHER_ROWS(PLACE("v1beta1")),
    ENDPOINT_ROWS(PLACE("v1")), ENDPOINT_ROWS(PLACE("v1beta1")),
    JOB_ROWS(PLACE("v1")), JOB_ROWS(PLACE("v1beta1")),
    RAG_ROWS(PLACE("v1")), RAG_ROWS(PLACE("v1beta1")),
    GOOGLE_ROWS("/v1/publishers/google/models"), GOOGLE_ROWS("/v1beta1/publishers/google/models"),
    {"GET", "/v1beta1/publishers/*/models", &models_list},
};

const struct dialect dialect_vertex = {
    .name = "vertex", .rows = rows, .n_rows = COUNT(rows), .query_credentials = google_query_credentials,
    DIALECT_OTHERS(codec_vertex_other)};
