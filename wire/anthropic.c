/* Anthropic's paths. Formats: anthropic_*.c. Source: Anthropic's API reference and the paths that its Python SDK knows.
 * Not here, and so unknown: the organisation's administration, tunnels, and what Claude Code sends beside its requests
 * (telemetry, settings, evaluations). */
#include "wire/codecs.h"
#include "wire/dialects.h"
#include "wire/refuse.h"

/* An endpoint that only an error is ever answered on here. */
#define NO_ANSWER(what) static const struct codec what = {.name = "anthropic." #what, .provider = "anthropic", \
    .error = refuse_anthropic, .stream_error = refuse_anthropic_stream, .id_header = "request-id"}
NO_ANSWER(complete);
NO_ANSWER(batches);
NO_ANSWER(files);
NO_ANSWER(models);
NO_ANSWER(skills);
NO_ANSWER(agents);
NO_ANSWER(deployments);
NO_ANSWER(dreams);
NO_ANSWER(environments);
NO_ANSWER(memory_stores);
NO_ANSWER(sessions);
NO_ANSWER(vaults);
NO_ANSWER(user_profiles);

#define GET(path, op, c, f) {"GET", path, &(const struct route)ROUTE_NO_BODY(op, c, f)}
#define DELETE(path, op, c) {"DELETE", path, &(const struct route)ROUTE_NO_BODY(op, c, 0)}
#define POST(path, op, c, f) {"POST", path, &(const struct route)ROUTE(op, c, CONV_NONE, f)}
#define ANSWERED(path, op, c, kind, f) {"POST", path, &(const struct route)ROUTE(op, c, kind, f)}

enum { ANY = ROUTE_ANY_BODY, IDS = ROUTE_GIVES_IDS, SEALED = ROUTE_GIVES_SEALED, THREADS = ROUTE_GIVES_MESSAGES };

static const struct route_row rows[] = {
    ANSWERED("/v1/messages", "messages", codec_anthropic_messages, CONV_CHAT, IDS | SEALED | THREADS),
    ANSWERED("/v1/messages/count_tokens", "messages.count_tokens", codec_anthropic_count, CONV_COUNT, 0),
    POST("/v1/complete", "complete", complete, 0),
    GET("/v1/models", "models.list", models, 0),
    GET("/v1/models/*", "models.retrieve", models, 0),

    POST("/v1/messages/batches", "messages.batches.create", batches, ROUTE_BATCH | IDS),
    GET("/v1/messages/batches", "messages.batches.list", batches, 0),
    GET("/v1/messages/batches/*", "messages.batches.retrieve", batches, 0),
    GET("/v1/messages/batches/*/results", "messages.batches.results", batches, IDS | SEALED),
    POST("/v1/messages/batches/*/cancel", "messages.batches.cancel", batches, 0),
    DELETE("/v1/messages/batches/*", "messages.batches.delete", batches),

    POST("/v1/files", "files.create", files, ANY | IDS),
    GET("/v1/files", "files.list", files, 0),
    GET("/v1/files/*", "files.retrieve", files, 0),
    GET("/v1/files/*/content", "files.content", files, 0),
    DELETE("/v1/files/*", "files.delete", files),

    POST("/v1/skills", "skills.create", skills, ANY | IDS),
    GET("/v1/skills", "skills.list", skills, 0),
    GET("/v1/skills/*", "skills.retrieve", skills, 0),
    DELETE("/v1/skills/*", "skills.delete", skills),
    POST("/v1/skills/*/versions", "skills.versions.create", skills, ANY | IDS),
    GET("/v1/skills/*/versions", "skills.versions.list", skills, 0),
    GET("/v1/skills/*/versions/*", "skills.versions.retrieve", skills, 0),
    GET("/v1/skills/*/versions/*/content", "skills.versions.content", skills, 0),
    DELETE("/v1/skills/*/versions/*", "skills.versions.delete", skills),

    /* agents that run at the provider */
    POST("/v1/agents", "agents.create", agents, ANY | IDS),
    GET("/v1/agents", "agents.list", agents, 0),
    GET("/v1/agents/*", "agents.retrieve", agents, 0),
    POST("/v1/agents/*", "agents.update", agents, ANY | IDS),
    POST("/v1/agents/*/archive", "agents.archive", agents, ANY),
    GET("/v1/agents/*/versions", "agents.versions.list", agents, 0),
    POST("/v1/sessions", "sessions.create", sessions, ANY | IDS),
    GET("/v1/sessions", "sessions.list", sessions, 0),
    GET("/v1/sessions/*", "sessions.retrieve", sessions, 0),
    POST("/v1/sessions/*", "sessions.update", sessions, ANY | IDS),
    DELETE("/v1/sessions/*", "sessions.delete", sessions),
    POST("/v1/sessions/*/archive", "sessions.archive", sessions, ANY),
    POST("/v1/sessions/*/events", "sessions.events.send", sessions, ANY | IDS),
    GET("/v1/sessions/*/events", "sessions.events.list", sessions, IDS),
    GET("/v1/sessions/*/events/stream", "sessions.events.stream", sessions, IDS),
    POST("/v1/sessions/*/resources", "sessions.resources.add", sessions, ANY | IDS),
    GET("/v1/sessions/*/resources", "sessions.resources.list", sessions, 0),
    GET("/v1/sessions/*/resources/*", "sessions.resources.retrieve", sessions, 0),
    POST("/v1/sessions/*/resources/*", "sessions.resources.update", sessions, ANY | IDS),
    DELETE("/v1/sessions/*/resources/*", "sessions.resources.delete", sessions),
    GET("/v1/sessions/*/threads", "sessions.threads.list", sessions, IDS),
    GET("/v1/sessions/*/threads/*", "sessions.threads.retrieve", sessions, 0),
    POST("/v1/sessions/*/threads/*/archive", "sessions.threads.archive", sessions, ANY),
    GET("/v1/sessions/*/threads/*/events", "sessions.threads.events", sessions, IDS),
    GET("/v1/sessions/*/threads/*/stream", "sessions.threads.stream", sessions, IDS),
    POST("/v1/deployments", "deployments.create", deployments, ANY | IDS),
    GET("/v1/deployments", "deployments.list", deployments, 0),
    GET("/v1/deployments/*", "deployments.retrieve", deployments, 0),
    POST("/v1/deployments/*", "deployments.update", deployments, ANY | IDS),
    POST("/v1/deployments/*/archive", "deployments.archive", deployments, ANY),
    POST("/v1/deployments/*/pause", "deployments.pause", deployments, ANY),
    POST("/v1/deployments/*/unpause", "deployments.unpause", deployments, ANY),
    POST("/v1/deployments/*/run", "deployments.run", deployments, ANY | IDS),
    GET("/v1/deployment_runs", "deployment_runs.list", deployments, IDS),
    GET("/v1/deployment_runs/*", "deployment_runs.retrieve", deployments, IDS),
    POST("/v1/environments", "environments.create", environments, ANY | IDS),
    GET("/v1/environments", "environments.list", environments, 0),
    GET("/v1/environments/*", "environments.retrieve", environments, 0),
    POST("/v1/environments/*", "environments.update", environments, ANY | IDS),
    DELETE("/v1/environments/*", "environments.delete", environments),
    POST("/v1/environments/*/archive", "environments.archive", environments, ANY),
    GET("/v1/environments/*/work", "environments.work.list", environments, IDS),
    GET("/v1/environments/*/work/poll", "environments.work.poll", environments, IDS),
    GET("/v1/environments/*/work/stats", "environments.work.stats", environments, 0),
    GET("/v1/environments/*/work/*", "environments.work.retrieve", environments, IDS),
    POST("/v1/environments/*/work/*", "environments.work.update", environments, ANY),
    POST("/v1/environments/*/work/*/ack", "environments.work.ack", environments, ANY),
    POST("/v1/environments/*/work/*/heartbeat", "environments.work.heartbeat", environments, ANY),
    POST("/v1/environments/*/work/*/stop", "environments.work.stop", environments, ANY),

    /* what they remember, and the secrets that they use */
    POST("/v1/memory_stores", "memory_stores.create", memory_stores, ANY | IDS),
    GET("/v1/memory_stores", "memory_stores.list", memory_stores, 0),
    GET("/v1/memory_stores/*", "memory_stores.retrieve", memory_stores, 0),
    POST("/v1/memory_stores/*", "memory_stores.update", memory_stores, ANY | IDS),
    DELETE("/v1/memory_stores/*", "memory_stores.delete", memory_stores),
    POST("/v1/memory_stores/*/archive", "memory_stores.archive", memory_stores, ANY),
    POST("/v1/memory_stores/*/memories", "memory_stores.memories.create", memory_stores, ANY | IDS),
    GET("/v1/memory_stores/*/memories", "memory_stores.memories.list", memory_stores, 0),
    GET("/v1/memory_stores/*/memories/*", "memory_stores.memories.retrieve", memory_stores, 0),
    POST("/v1/memory_stores/*/memories/*", "memory_stores.memories.update", memory_stores, ANY | IDS),
    DELETE("/v1/memory_stores/*/memories/*", "memory_stores.memories.delete", memory_stores),
    GET("/v1/memory_stores/*/memory_versions", "memory_stores.versions.list", memory_stores, 0),
    GET("/v1/memory_stores/*/memory_versions/*", "memory_stores.versions.retrieve", memory_stores, 0),
    POST("/v1/memory_stores/*/memory_versions/*/redact", "memory_stores.versions.redact", memory_stores, ANY),
    POST("/v1/dreams", "dreams.create", dreams, ANY | IDS),
    GET("/v1/dreams", "dreams.list", dreams, 0),
    GET("/v1/dreams/*", "dreams.retrieve", dreams, IDS),
    POST("/v1/dreams/*/archive", "dreams.archive", dreams, ANY),
    POST("/v1/dreams/*/cancel", "dreams.cancel", dreams, ANY),
    POST("/v1/vaults", "vaults.create", vaults, ANY | IDS),
    GET("/v1/vaults", "vaults.list", vaults, 0),
    GET("/v1/vaults/*", "vaults.retrieve", vaults, 0),
    POST("/v1/vaults/*", "vaults.update", vaults, ANY | IDS),
    DELETE("/v1/vaults/*", "vaults.delete", vaults),
    POST("/v1/vaults/*/archive", "vaults.archive", vaults, ANY),
    POST("/v1/vaults/*/credentials", "vaults.credentials.create", vaults, ANY | IDS),
    GET("/v1/vaults/*/credentials", "vaults.credentials.list", vaults, 0),
    GET("/v1/vaults/*/credentials/*", "vaults.credentials.retrieve", vaults, 0),
    POST("/v1/vaults/*/credentials/*", "vaults.credentials.update", vaults, ANY | IDS),
    DELETE("/v1/vaults/*/credentials/*", "vaults.credentials.delete", vaults),
    POST("/v1/vaults/*/credentials/*/archive", "vaults.credentials.archive", vaults, ANY),
    POST("/v1/vaults/*/credentials/*/mcp_oauth_validate", "vaults.credentials.validate", vaults, ANY),
    POST("/v1/user_profiles", "user_profiles.create", user_profiles, ANY | IDS),
    GET("/v1/user_profiles", "user_profiles.list", user_profiles, 0),
    GET("/v1/user_profiles/*", "user_profiles.retrieve", user_profiles, 0),
    POST("/v1/user_profiles/*", "user_profiles.update", user_profiles, ANY | IDS),
    DELETE("/v1/user_profiles/*", "user_profiles.delete", user_profiles),
    POST("/v1/user_profiles/*/action_urls", "user_profiles.action_urls", user_profiles, ANY),
    POST("/v1/user_profiles/*/enrollment_url", "user_profiles.enrollment_url", user_profiles, ANY),
};

const struct dialect dialect_anthropic = {
    .name = "anthropic", .rows = rows, .n_rows = COUNT(rows), .base_path = "/v1", DIALECT_OTHERS(codec_anthropic_other)};
