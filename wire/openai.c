/* OpenAI's paths. Formats: openai_*.c. Source: OpenAI's API reference and the paths that its Python SDK knows. Not here,
 * and so unknown: the organisation's administration, hosted agents, vaults and webhooks, which hold no request of a
 * user's. */
#include "wire/codecs.h"
#include "wire/dialects.h"
#include "wire/refuse.h"

/* An endpoint that only an error is ever answered on here. */
#define NO_ANSWER(what) static const struct codec what = { \
    .name = "openai." #what, .provider = "openai", .error = refuse_openai, .stream_error = refuse_openai_stream}
NO_ANSWER(conversations);
NO_ANSWER(moderations);
NO_ANSWER(files);
NO_ANSWER(uploads);
NO_ANSWER(batches);
NO_ANSWER(audio);
NO_ANSWER(images);
NO_ANSWER(videos);
NO_ANSWER(vector_stores);
NO_ANSWER(assistants);
NO_ANSWER(threads);
NO_ANSWER(evals);
NO_ANSWER(fine_tuning);
NO_ANSWER(containers);
NO_ANSWER(skills);
NO_ANSWER(chatkit);
NO_ANSWER(realtime);

#define GET(path, op, c, f) {"GET", path, &(const struct route)ROUTE_NO_BODY(op, c, f)}
#define DELETE_AS(path, op, c, f) {"DELETE", path, &(const struct route)ROUTE_NO_BODY(op, c, f)}
#define DELETE(path, op, c) DELETE_AS(path, op, c, 0)
#define POST(path, op, c, f) {"POST", path, &(const struct route)ROUTE(op, c, CONV_NONE, f)}
#define ANSWERED(path, op, c, kind, f) {"POST", path, &(const struct route)ROUTE(op, c, kind, f)}

/* What is got by its id names further objects that the provider has made meanwhile: a batch its output file. */
enum { ANY = ROUTE_ANY_BODY, IDS = ROUTE_GIVES_IDS, OWN = ROUTE_LOCAL_OBJECTS, DOOR = ROUTE_SIDE_DOOR };
enum { RESPONSES = ROUTE_GIVES_IDS | ROUTE_GIVES_SEALED, KEPT = ROUTE_HAS_STORE | ROUTE_STORES_BY_DEFAULT };

static const struct route_row rows[] = {
    ANSWERED("/v1/chat/completions", "chat.completions", codec_openai_chat, CONV_CHAT, ROUTE_HAS_STORE),
    ANSWERED("/v1/embeddings", "embeddings", codec_openai_embeddings, CONV_EMBED, 0),
    ANSWERED("/v1/completions", "completions", codec_openai_completions, CONV_CHAT, 0),
    GET("/v1/models", "models.list", codec_openai_models, 0),
    GET("/v1/models/*", "models.retrieve", codec_openai_models, 0),
    DELETE("/v1/models/*", "models.delete", codec_openai_models),

    /* stored chat completions */
    GET("/v1/chat/completions", "chat.completions.list", codec_openai_chat, 0),
    GET("/v1/chat/completions/*", "chat.completions.retrieve", codec_openai_chat, OWN),
    POST("/v1/chat/completions/*", "chat.completions.update", codec_openai_chat, 0),
    DELETE_AS("/v1/chat/completions/*", "chat.completions.delete", codec_openai_chat, OWN),
    GET("/v1/chat/completions/*/messages", "chat.completions.messages.list", codec_openai_chat, OWN),

    ANSWERED("/v1/responses", "responses", codec_openai_responses, CONV_CHAT, RESPONSES | KEPT),
    ANSWERED("/v1/responses/input_tokens", "responses.input_tokens", codec_openai_responses_count, CONV_COUNT, 0),
    ANSWERED("/v1/responses/compact", "responses.compact", codec_openai_responses_compact, CONV_CHAT, RESPONSES),
    GET("/v1/responses/*", "responses.retrieve", codec_openai_responses, RESPONSES | OWN),
    DELETE_AS("/v1/responses/*", "responses.delete", codec_openai_responses, OWN),
    POST("/v1/responses/*/cancel", "responses.cancel", codec_openai_responses, RESPONSES | OWN),
    GET("/v1/responses/*/input_items", "responses.input_items.list", codec_openai_responses, RESPONSES | OWN),
    /* the same for who is logged in to ChatGPT */
    ANSWERED("/backend-api/codex/responses", "responses", codec_openai_responses, CONV_CHAT, RESPONSES | KEPT),
    ANSWERED("/backend-api/codex/responses/compact", "responses.compact", codec_openai_responses_compact, CONV_CHAT,
             RESPONSES),
    POST("/v1/conversations", "conversations.create", conversations, IDS),
    GET("/v1/conversations/*", "conversations.retrieve", conversations, 0),
    POST("/v1/conversations/*", "conversations.update", conversations, 0),
    DELETE("/v1/conversations/*", "conversations.delete", conversations),
    POST("/v1/conversations/*/items", "conversations.items.create", conversations, RESPONSES),
    GET("/v1/conversations/*/items", "conversations.items.list", conversations, RESPONSES),
    GET("/v1/conversations/*/items/*", "conversations.items.retrieve", conversations, RESPONSES),
    DELETE("/v1/conversations/*/items/*", "conversations.items.delete", conversations),

    POST("/v1/moderations", "moderations", moderations, 0),

    /* a file may be the JSONL of a batch, whose rows are requests */
    POST("/v1/files", "files.create", files, ANY | IDS | ROUTE_BATCH),
    GET("/v1/files", "files.list", files, 0),
    GET("/v1/files/*", "files.retrieve", files, 0),
    GET("/v1/files/*/content", "files.content", files, 0),
    DELETE("/v1/files/*", "files.delete", files),
    POST("/v1/uploads", "uploads.create", uploads, IDS),
    POST("/v1/uploads/*/parts", "uploads.parts.create", uploads, ANY | IDS | ROUTE_BATCH),
    POST("/v1/uploads/*/complete", "uploads.complete", uploads, IDS),
    POST("/v1/uploads/*/cancel", "uploads.cancel", uploads, 0),
    POST("/v1/batches", "batches.create", batches, IDS),
    GET("/v1/batches", "batches.list", batches, 0),
    GET("/v1/batches/*", "batches.retrieve", batches, IDS),
    POST("/v1/batches/*/cancel", "batches.cancel", batches, IDS),

    POST("/v1/audio/speech", "audio.speech", audio, 0),
    POST("/v1/audio/transcriptions", "audio.transcriptions", audio, ANY),
    POST("/v1/audio/translations", "audio.translations", audio, ANY),
    POST("/v1/audio/voices", "audio.voices.create", audio, ANY | IDS),
    POST("/v1/images/generations", "images.generate", images, 0),
    POST("/v1/images/edits", "images.edit", images, ANY),
    POST("/v1/images/variations", "images.variation", images, ANY),
    POST("/v1/videos", "videos.create", videos, ANY | IDS),
    GET("/v1/videos", "videos.list", videos, 0),
    POST("/v1/videos/edits", "videos.edit", videos, ANY | IDS),
    POST("/v1/videos/extensions", "videos.extend", videos, ANY | IDS),
    POST("/v1/videos/characters", "videos.characters.create", videos, ANY | IDS),
    GET("/v1/videos/characters/*", "videos.characters.retrieve", videos, 0),
    GET("/v1/videos/*", "videos.retrieve", videos, 0),
    GET("/v1/videos/*/content", "videos.content", videos, 0),
    POST("/v1/videos/*/remix", "videos.remix", videos, IDS),
    DELETE("/v1/videos/*", "videos.delete", videos),

    POST("/v1/vector_stores", "vector_stores.create", vector_stores, IDS),
    GET("/v1/vector_stores", "vector_stores.list", vector_stores, 0),
    GET("/v1/vector_stores/*", "vector_stores.retrieve", vector_stores, 0),
    POST("/v1/vector_stores/*", "vector_stores.update", vector_stores, 0),
    DELETE("/v1/vector_stores/*", "vector_stores.delete", vector_stores),
    POST("/v1/vector_stores/*/search", "vector_stores.search", vector_stores, 0),
    POST("/v1/vector_stores/*/files", "vector_stores.files.create", vector_stores, IDS),
    GET("/v1/vector_stores/*/files", "vector_stores.files.list", vector_stores, 0),
    GET("/v1/vector_stores/*/files/*", "vector_stores.files.retrieve", vector_stores, 0),
    POST("/v1/vector_stores/*/files/*", "vector_stores.files.update", vector_stores, 0),
    GET("/v1/vector_stores/*/files/*/content", "vector_stores.files.content", vector_stores, 0),
    DELETE("/v1/vector_stores/*/files/*", "vector_stores.files.delete", vector_stores),
    POST("/v1/vector_stores/*/file_batches", "vector_stores.file_batches.create", vector_stores, IDS),
    GET("/v1/vector_stores/*/file_batches/*", "vector_stores.file_batches.retrieve", vector_stores, 0),
    GET("/v1/vector_stores/*/file_batches/*/files", "vector_stores.file_batches.files", vector_stores, 0),
    POST("/v1/vector_stores/*/file_batches/*/cancel", "vector_stores.file_batches.cancel", vector_stores, 0),

    POST("/v1/assistants", "assistants.create", assistants, IDS),
    GET("/v1/assistants", "assistants.list", assistants, 0),
    GET("/v1/assistants/*", "assistants.retrieve", assistants, 0),
    POST("/v1/assistants/*", "assistants.update", assistants, 0),
    DELETE("/v1/assistants/*", "assistants.delete", assistants),
    POST("/v1/threads", "threads.create", threads, IDS),
    POST("/v1/threads/runs", "threads.create_and_run", threads, IDS),
    GET("/v1/threads/*", "threads.retrieve", threads, 0),
    POST("/v1/threads/*", "threads.update", threads, 0),
    DELETE("/v1/threads/*", "threads.delete", threads),
    POST("/v1/threads/*/messages", "threads.messages.create", threads, IDS),
    GET("/v1/threads/*/messages", "threads.messages.list", threads, IDS),
    GET("/v1/threads/*/messages/*", "threads.messages.retrieve", threads, IDS),
    POST("/v1/threads/*/messages/*", "threads.messages.update", threads, 0),
    DELETE("/v1/threads/*/messages/*", "threads.messages.delete", threads),
    POST("/v1/threads/*/runs", "threads.runs.create", threads, IDS),
    GET("/v1/threads/*/runs", "threads.runs.list", threads, IDS),
    GET("/v1/threads/*/runs/*", "threads.runs.retrieve", threads, IDS),
    POST("/v1/threads/*/runs/*", "threads.runs.update", threads, 0),
    POST("/v1/threads/*/runs/*/submit_tool_outputs", "threads.runs.submit_tool_outputs", threads, IDS),
    POST("/v1/threads/*/runs/*/cancel", "threads.runs.cancel", threads, 0),
    GET("/v1/threads/*/runs/*/steps", "threads.runs.steps.list", threads, IDS),
    GET("/v1/threads/*/runs/*/steps/*", "threads.runs.steps.retrieve", threads, IDS),

    POST("/v1/evals", "evals.create", evals, IDS),
    GET("/v1/evals", "evals.list", evals, 0),
    GET("/v1/evals/*", "evals.retrieve", evals, 0),
    POST("/v1/evals/*", "evals.update", evals, 0),
    DELETE("/v1/evals/*", "evals.delete", evals),
    POST("/v1/evals/*/runs", "evals.runs.create", evals, IDS),
    GET("/v1/evals/*/runs", "evals.runs.list", evals, 0),
    GET("/v1/evals/*/runs/*", "evals.runs.retrieve", evals, 0),
    POST("/v1/evals/*/runs/*", "evals.runs.cancel", evals, 0),
    POST("/v1/evals/*/runs/*/cancel", "evals.runs.cancel", evals, 0),
    DELETE("/v1/evals/*/runs/*", "evals.runs.delete", evals),
    GET("/v1/evals/*/runs/*/output_items", "evals.runs.output_items.list", evals, IDS),
    GET("/v1/evals/*/runs/*/output_items/*", "evals.runs.output_items.retrieve", evals, 0),
    POST("/v1/fine_tuning/jobs", "fine_tuning.jobs.create", fine_tuning, IDS),
    GET("/v1/fine_tuning/jobs", "fine_tuning.jobs.list", fine_tuning, 0),
    GET("/v1/fine_tuning/jobs/*", "fine_tuning.jobs.retrieve", fine_tuning, IDS),
    GET("/v1/fine_tuning/jobs/*/events", "fine_tuning.jobs.events", fine_tuning, 0),
    GET("/v1/fine_tuning/jobs/*/checkpoints", "fine_tuning.jobs.checkpoints", fine_tuning, IDS),
    POST("/v1/fine_tuning/jobs/*/cancel", "fine_tuning.jobs.cancel", fine_tuning, 0),
    POST("/v1/fine_tuning/jobs/*/pause", "fine_tuning.jobs.pause", fine_tuning, 0),
    POST("/v1/fine_tuning/jobs/*/resume", "fine_tuning.jobs.resume", fine_tuning, 0),
    POST("/v1/fine_tuning/alpha/graders/run", "fine_tuning.graders.run", fine_tuning, 0),
    POST("/v1/fine_tuning/alpha/graders/validate", "fine_tuning.graders.validate", fine_tuning, 0),

    POST("/v1/containers", "containers.create", containers, IDS),
    GET("/v1/containers", "containers.list", containers, 0),
    GET("/v1/containers/*", "containers.retrieve", containers, 0),
    DELETE("/v1/containers/*", "containers.delete", containers),
    POST("/v1/containers/*/files", "containers.files.create", containers, ANY | IDS),
    GET("/v1/containers/*/files", "containers.files.list", containers, IDS),
    GET("/v1/containers/*/files/*", "containers.files.retrieve", containers, 0),
    GET("/v1/containers/*/files/*/content", "containers.files.content", containers, 0),
    DELETE("/v1/containers/*/files/*", "containers.files.delete", containers),
    POST("/v1/skills", "skills.create", skills, ANY | IDS),
    GET("/v1/skills", "skills.list", skills, 0),
    GET("/v1/skills/*", "skills.retrieve", skills, 0),
    POST("/v1/skills/*", "skills.update", skills, 0),
    DELETE("/v1/skills/*", "skills.delete", skills),
    GET("/v1/skills/*/content", "skills.content", skills, 0),
    POST("/v1/skills/*/versions", "skills.versions.create", skills, ANY | IDS),
    GET("/v1/skills/*/versions", "skills.versions.list", skills, 0),
    GET("/v1/skills/*/versions/*", "skills.versions.retrieve", skills, 0),
    GET("/v1/skills/*/versions/*/content", "skills.versions.content", skills, 0),
    DELETE("/v1/skills/*/versions/*", "skills.versions.delete", skills),
    POST("/v1/chatkit/sessions", "chatkit.sessions.create", chatkit, IDS),
    POST("/v1/chatkit/sessions/*/cancel", "chatkit.sessions.cancel", chatkit, 0),
    GET("/v1/chatkit/threads", "chatkit.threads.list", chatkit, 0),
    GET("/v1/chatkit/threads/*", "chatkit.threads.retrieve", chatkit, 0),
    GET("/v1/chatkit/threads/*/items", "chatkit.threads.items", chatkit, 0),
    DELETE("/v1/chatkit/threads/*", "chatkit.threads.delete", chatkit),

    /* What is agreed here goes by UDP or by a WebSocket of somebody else's. */
    POST("/v1/realtime/client_secrets", "realtime.client_secrets.create", realtime, DOOR),
    POST("/v1/realtime/translations/client_secrets", "realtime.client_secrets.create", realtime, DOOR),
    POST("/v1/realtime/sessions", "realtime.sessions.create", realtime, DOOR),
    POST("/v1/realtime/transcription_sessions", "realtime.sessions.create", realtime, DOOR),
    POST("/v1/realtime", "realtime.calls.create", realtime, ANY | DOOR),
    POST("/v1/realtime/calls", "realtime.calls.create", realtime, ANY | DOOR),
    POST("/v1/realtime/calls/*/accept", "realtime.calls.accept", realtime, DOOR),
    POST("/v1/realtime/calls/*/hangup", "realtime.calls.hangup", realtime, 0),
    POST("/v1/realtime/calls/*/refer", "realtime.calls.refer", realtime, DOOR),
    POST("/v1/realtime/calls/*/reject", "realtime.calls.reject", realtime, 0),
    POST("/v1/live/sessions", "live.sessions.create", realtime, ANY | DOOR),
    POST("/v1/live/sessions/*/accept", "live.sessions.accept", realtime, DOOR),
    POST("/v1/live/sessions/*/fork", "live.sessions.fork", realtime, DOOR),
    POST("/v1/live/sessions/*/refer", "live.sessions.refer", realtime, DOOR),
    POST("/v1/live/sessions/*/hangup", "live.sessions.hangup", realtime, 0),
    POST("/v1/live/sessions/*/reject", "live.sessions.reject", realtime, 0),
    GET("/v1/live/sessions/*/content", "live.sessions.content", realtime, 0),
};

const struct dialect dialect_openai = {
    .name = "openai", .rows = rows, .n_rows = COUNT(rows), .base_path = "/v1", DIALECT_OTHERS(codec_openai_other)};
