#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct route *on(const char *provider, const char *method, const char *path, bool body)
{
    return route_find(provider, span_str(method), span_str(path), body);
}

static const struct route *find(const char *method, const char *path, bool body) { return on("openai", method, path, body); }

static void assert_operation(const char *provider, const char *method, const char *path, const char *operation)
{
    const struct route *r = on(provider, method, path, false);
    if (strcmp(r->operation, operation) != 0) fail_msg("%s: %s %s is %s", provider, method, path, r->operation);
    assert_int_equal(r->known, strcmp(operation, "unknown") != 0);
}

static void knows_openai(void **state)
{
    (void)state;
    const struct route *r = find("POST", "/v1/chat/completions", true);
    assert_true(r->known && r->takes_body && r->kind == CONV_CHAT);
    assert_string_equal(r->operation, "chat.completions");
    assert_string_equal(r->codec->name, "openai.chat");
    assert_non_null(r->codec->decode);
    assert_non_null(r->codec->encode);
    assert_true(r->flags & ROUTE_HAS_STORE);
    assert_false(r->flags & ROUTE_STORES_BY_DEFAULT);
    r = find("GET", "/v1/models", false);
    assert_true(r->known && !r->takes_body && r->kind == CONV_NONE);
    assert_string_equal(r->operation, "models.list");
    r = find("GET", "/v1/models/ft:gpt-4o-mini-2024-07-18:acme::A1b2", false);
    assert_true(r->known);
    assert_string_equal(r->operation, "models.retrieve");
    assert_true(find("HEAD", "/", false)->known);
    assert_true(find("OPTIONS", "/", false)->known);
    assert_true(find("OPTIONS", "/v1/chat/completions", false)->known);
    assert_int_equal(find("OPTIONS", "/v1/chat/completions", false)->kind, CONV_NONE);
}

/* What carries text or state beside chats: the operation, and what a row promises about bodies and replies. */
static void knows_the_other_endpoints(void **state)
{
    (void)state;
    enum { ANY = ROUTE_ANY_BODY, IDS = ROUTE_GIVES_IDS };
    static const struct { const char *method, *path, *operation, *codec; unsigned flags; } rows[] = {
        {"POST", "/v1/embeddings", "embeddings", "openai.embeddings", 0},
        {"POST", "/v1/completions", "completions", "openai.completions", 0},
        {"POST", "/v1/moderations", "moderations", "openai.moderations", 0},
        {"GET", "/v1/chat/completions", "chat.completions.list", "openai.chat", 0},
        {"GET", "/v1/chat/completions/chatcmpl-1", "chat.completions.retrieve", "openai.chat", ROUTE_LOCAL_OBJECTS},
        {"DELETE", "/v1/chat/completions/chatcmpl-1", "chat.completions.delete", "openai.chat", ROUTE_LOCAL_OBJECTS},
        {"GET", "/v1/chat/completions/chatcmpl-1/messages", "chat.completions.messages.list", "openai.chat", ROUTE_LOCAL_OBJECTS},
        {"POST", "/v1/files", "files.create", "openai.files", ANY | IDS | ROUTE_BATCH},
        {"GET", "/v1/files/file-1/content", "files.content", "openai.files", 0},
        {"DELETE", "/v1/files/file-1", "files.delete", "openai.files", 0},
        {"POST", "/v1/uploads/upload_1/parts", "uploads.parts.create", "openai.uploads", ANY | IDS | ROUTE_BATCH},
        {"POST", "/v1/uploads/upload_1/complete", "uploads.complete", "openai.uploads", IDS},
        {"POST", "/v1/batches", "batches.create", "openai.batches", IDS},
        {"GET", "/v1/batches/batch_1", "batches.retrieve", "openai.batches", IDS},
        {"POST", "/v1/batches/batch_1/cancel", "batches.cancel", "openai.batches", IDS},
        {"POST", "/v1/audio/speech", "audio.speech", "openai.audio", 0},
        {"POST", "/v1/audio/transcriptions", "audio.transcriptions", "openai.audio", ANY},
        {"POST", "/v1/images/edits", "images.edit", "openai.images", ANY},
        {"POST", "/v1/videos", "videos.create", "openai.videos", ANY | IDS},
        {"GET", "/v1/videos/characters/c1", "videos.characters.retrieve", "openai.videos", 0},
        {"POST", "/v1/vector_stores/vs_1/search", "vector_stores.search", "openai.vector_stores", 0},
        {"GET", "/v1/vector_stores/vs_1/files/file-1/content", "vector_stores.files.content", "openai.vector_stores", 0},
        {"POST", "/v1/assistants", "assistants.create", "openai.assistants", IDS},
        {"POST", "/v1/threads/runs", "threads.create_and_run", "openai.threads", IDS},
        {"POST", "/v1/threads/thread_1", "threads.update", "openai.threads", 0},
        {"POST", "/v1/threads/thread_1/messages", "threads.messages.create", "openai.threads", IDS},
        {"POST", "/v1/threads/t/runs/r/submit_tool_outputs", "threads.runs.submit_tool_outputs", "openai.threads", IDS},
        {"GET", "/v1/threads/t/runs/r/steps/s", "threads.runs.steps.retrieve", "openai.threads", IDS},
        {"POST", "/v1/evals/e/runs", "evals.runs.create", "openai.evals", IDS},
        {"GET", "/v1/fine_tuning/jobs/j", "fine_tuning.jobs.retrieve", "openai.fine_tuning", IDS},
        {"POST", "/v1/containers/c/files", "containers.files.create", "openai.containers", ANY | IDS},
        {"POST", "/v1/skills", "skills.create", "openai.skills", ANY | IDS},
        {"DELETE", "/v1/models/ft:x", "models.delete", "openai.models", 0},
        {"POST", "/v1/realtime/calls", "realtime.calls.create", "openai.realtime", ANY | ROUTE_SIDE_DOOR},
        {"POST", "/v1/realtime/client_secrets", "realtime.client_secrets.create", "openai.realtime", ROUTE_SIDE_DOOR},
        {"POST", "/v1/realtime/calls/rtc_1/accept", "realtime.calls.accept", "openai.realtime", ROUTE_SIDE_DOOR},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct route *r = find(rows[i].method, rows[i].path, false);
        if (!r->known || strcmp(r->operation, rows[i].operation) != 0 || strcmp(r->codec->name, rows[i].codec) != 0 ||
            r->flags != rows[i].flags)
            fail_msg("%s %s: %s %s %u", rows[i].method, rows[i].path, r->operation, r->codec->name, r->flags);
        assert_int_equal(r->takes_body, strcmp(rows[i].method, "POST") == 0);
        assert_non_null(r->codec->error);
        assert_non_null(r->codec->stream_error);
    }
}

static void does_not_know(void **state)
{
    (void)state;
    static const struct { const char *method, *path; } rows[] = {
        {"POST", "/v1/chat/completions/"}, {"POST", "//v1/chat/completions"}, {"POST", "/v1//chat/completions"},
        {"POST", "/v1/./chat/completions"}, {"POST", "/v1/x/../chat/completions"}, {"POST", "/v1/chat%2fcompletions"},
        {"POST", "/v1/%63hat/completions"}, {"POST", "/V1/chat/completions"}, {"POST", "/v1/Chat/completions"},
        {"POST", "/v1/chat/completions;x"}, {"POST", "/v1/chat/completions%00"}, {"POST", "/chat/completions"},
        {"POST", "/v1/chat/completions2"}, {"POST", "/v1/chat"}, {"POST", "/v1"}, {"POST", ""}, {"POST", "/"},
        {"post", "/v1/chat/completions"}, {"PUT", "/v1/chat/completions"}, {"GET", "/v1/embeddings"},
        {"POST", "/v1/models"}, {"HEAD", "/v1/models"}, {"GET", "/v1/models/"},
        {"GET", "/v1/models/a/b"}, {"GET", "/v1/models/.."}, {"GET", "/v1/models/."}, {"GET", "/v1/models/.hidden"},
        {"GET", "/v1/models/a%2fb"}, {"GET", "/v1/models/a b"}, {"GET", "/v1/models/a;b"}, {"GET", "/v1/models/a\\b"},
        {"GET", "/v1/files/%2e%2e"}, {"GET", "/v1/files/../models"}, {"GET", "/v1/files//content"},
        {"PATCH", "/v1/files/f"},
        {"GET", "/v1/threads/t/runs//steps"}, {"GET", "/v1/threads/./runs"}, {"OPTIONS", "/v1/secrets"}, {"OPTIONS", "*"},
        {"GET", "/"}, {"POST", "/v1/organization/users"}, {"GET", "/openai/deployments/d/chat/completions"},
        {"POST", "/openai/deployments/d/chat/completions"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct route *r = find(rows[i].method, rows[i].path, false);
        if (r->known || r->kind != CONV_NONE) fail_msg("%s %s is known", rows[i].method, rows[i].path);
        assert_string_equal(r->operation, "unknown");
        assert_string_equal(r->codec->provider, "openai");
        assert_non_null(r->codec->error);
        assert_non_null(r->codec->stream_error);
        assert_null(r->codec->decode);
    }
    char nul[] = "/v1/models/a\0b";
    assert_false(route_find("openai", SPAN("GET"), (struct span){nul, sizeof nul - 1}, false)->known);
}

static void names_have_an_end(void **state)
{
    (void)state;
    char longest[400] = "/v1/models/";
    memset(longest + 11, 'm', 256);
    assert_true(find("GET", longest, false)->known);
    longest[11 + 256] = 'm';
    assert_false(find("GET", longest, false)->known);
    /* Many names of the greatest length, and a last byte that fits nothing: no more work than their sum. */
    char many[4096] = "/v1/threads/";
    size_t n = strlen(many);
    for (int k = 0; k < 12; k++, n += 257) {
        memset(many + n, 'a', 256);
        many[n + 256] = '/';
    }
    assert_false(route_find("openai", SPAN("GET"), (struct span){many, n}, false)->known);
}

/* The body of a request on a path that takes none would go up unread. */
static void a_body_where_none_belongs_is_unknown(void **state)
{
    (void)state;
    assert_false(find("GET", "/v1/models", true)->known);
    assert_false(find("GET", "/v1/models/gpt-4o", true)->known);
    assert_false(find("DELETE", "/v1/files/file-1", true)->known);
    assert_false(find("GET", "/v1/batches/b", true)->known);
    assert_false(find("HEAD", "/", true)->known);
    assert_false(find("OPTIONS", "/v1/models", true)->known);
    assert_false(on("azure", "GET", "/openai/models", true)->known);
    assert_true(find("GET", "/v1/models", true)->takes_body);   /* as the unknown route does, so that it is read */
}

/* Every provider's rows are well formed, whatever file they are in. */
static void every_provider_is_whole(void **state)
{
    (void)state;
    size_t n = 0;
    for (const char *name; (name = route_provider_name(n)); n++) {
        assert_true(route_knows_provider(name));
        for (size_t k = 0; k < n; k++) assert_string_not_equal(name, route_provider_name(k));
        const struct route *r = on(name, "POST", "/no/such/path", true);
        assert_true(!r->known && r->takes_body && (r->flags & ROUTE_ANY_BODY) && r->codec->error && r->codec->stream_error);
        r = on(name, "HEAD", "/", false);
        assert_true(r->known && r->codec->error && !r->takes_body);
        assert_true(on(name, "OPTIONS", "/", false)->known);
        assert_false(on(name, "OPTIONS", "/no/such/path", false)->known);
    }
    assert_true(n >= 15);
    assert_null(route_provider_name(n));
    assert_null(route_provider_name(SIZE_MAX));
}

static void other_providers_get_their_own_shape(void **state)
{
    (void)state;
    assert_string_equal(on("anthropic", "POST", "/v1/messages", true)->codec->provider, "anthropic");
    assert_false(on("anthropic", "POST", "/v1/chat/completions", true)->known);
    assert_string_equal(on("gemini", "GET", "/x", false)->codec->provider, "gemini");
    assert_string_equal(on("nobody", "GET", "/x", false)->codec->provider, "openai");
    assert_string_equal(on(NULL, "GET", "/x", false)->codec->provider, "openai");
    assert_true(route_knows_provider("openai") && route_knows_provider("anthropic") && route_knows_provider("gemini"));
    assert_false(route_knows_provider("OpenAI") || route_knows_provider("") || route_knows_provider(NULL));
}

/* Their paths arrive with the family's base path in place of their own. */
static void hosts_that_speak_openai(void **state)
{
    (void)state;
    static const struct { const char *provider, *base; } rows[] = {
        {"openai", "/v1"}, {"azure", "/openai/v1"}, {"deepseek", ""}, {"xai", "/v1"},
        {"groq", "/openai/v1"}, {"openrouter", "/api/v1"}, {"together", "/v1"}, {"fireworks", "/inference/v1"},
        {"cerebras", "/v1"}, {"perplexity", ""}, {"vllm", "/v1"}, {"openai-compatible", "/v1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_operation(rows[i].provider, "POST", "/v1/chat/completions", "chat.completions");
        assert_operation(rows[i].provider, "GET", "/v1/models/meta-llama~x", "models.retrieve");
        assert_operation(rows[i].provider, "POST", "/v2/chat", "unknown");
        assert_string_equal(route_base_path(rows[i].provider), rows[i].base);
        assert_string_equal(route_family_path(rows[i].provider), "/v1");
    }
    assert_null(route_base_path("nobody"));
    assert_null(route_family_path("nobody"));
    assert_operation("groq", "POST", "/openai/v1/chat/completions", "unknown");
}

static void knows_both_of_azures_styles(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation; } rows[] = {
        {"POST", "/openai/deployments/gpt-4o.eu_1/chat/completions", "chat.completions"},
        {"POST", "/openai/deployments/d/completions", "completions"},
        {"POST", "/openai/deployments/d/embeddings", "embeddings"},
        {"POST", "/openai/deployments/d/audio/transcriptions", "audio.transcriptions"},
        {"POST", "/openai/deployments/d/images/generations", "images.generate"},
        {"POST", "/openai/v1/chat/completions", "chat.completions"}, {"GET", "/openai/v1/models", "models.list"},
        {"POST", "/openai/v1/files", "files.create"}, {"POST", "/openai/files", "files.create"},
        {"GET", "/openai/files/file-1/content", "files.content"}, {"POST", "/openai/batches", "batches.create"},
        {"POST", "/openai/threads/t/messages", "threads.messages.create"},
        {"POST", "/models/chat/completions", "chat.completions"},
        {"POST", "/models/embeddings", "embeddings"}, {"OPTIONS", "/openai/deployments/d/chat/completions", "options"},
        {"GET", "/openai/deployments/d/chat", "unknown"}, {"POST", "/openai/deployments/d", "unknown"},
        {"POST", "/openai/deployments//chat/completions", "unknown"},
        {"POST", "/openai/deployments/../chat/completions", "unknown"},
        {"POST", "/openai/deployments/a/b/chat/completions", "unknown"},
        {"POST", "/openai/deployments/a%2fb/chat/completions", "unknown"},
        {"POST", "/openai/deployments/d/chat/completions/", "unknown"}, {"POST", "/openaichat/completions", "unknown"},
        {"POST", "/openai/v1chat/completions", "unknown"}, {"POST", "/openai//chat/completions", "unknown"},
        {"POST", "/openai", "unknown"},
        {"POST", "/openai/deployments/d/extensions/chat/completions", "unknown"},
        {"POST", "/openai/v1/v1/embeddings", "unknown"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_operation("azure", rows[i].method, rows[i].path, rows[i].operation);
}

/* Bedrock's model may be an ARN, whose colons and slashes come escaped. */
static void lets_escapes_stand_in_some_names(void **state)
{
    (void)state;
    static const struct { const char *name; bool known; } rows[] = {
        {"anthropic.claude-x:0", true}, {"anthropic.claude-x%3A0", true},
        {"arn%3aaws%3abedrock%3aeu%3a1%3aprofile%2Feu.x-1", true},
        {"a%20b", true}, {"a.b..c", true},
        {"%2e%2e", false}, {"a%2e", false}, {"a%2E", false}, {"..", false}, {".a", false}, {"a%2f..%2fb", false},
        {"a%2F.x", false},
        {"a%00b", false}, {"a%0ab", false}, {"a%7fb", false}, {"a%5cb", false}, {"a%252f", false}, {"a%", false},
        {"a%2", false},
        {"a%zz", false}, {"a%c3%a9", false}, {"a/b", false}, {"", false}, {"a;b", false}, {"a b", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct obuf path = {0};
        obuf_printf(&path, "/model/%s/converse", rows[i].name);
        const struct route *r = route_find("bedrock", SPAN("POST"), obuf_span(&path), true);
        if (r->known != rows[i].known) fail_msg("%s", rows[i].name);
        obuf_fini(&path);
    }
}

static void tells_whose_path_it_is(void **state)
{
    (void)state;
    static const struct { const char *path, *provider; } rows[] = {
        {"/v1/chat/completions", "openai"}, {"/v1/models", "openai"}, {"/v1/responses", "openai"},
        {"/v1/completions", "openai"}, {"/v1/embeddings", "openai"}, {"/v1/files", "openai"},
        {"/v1/never/heard/of", "openai"},
        {"/v1/messages", "anthropic"}, {"/v1/messages/count_tokens", "anthropic"}, {"/v1/messages/x/y/z", "anthropic"},
        {"/v1/messages2", "openai"}, {"/v1/complete", "anthropic"}, {"/api/event_logging/v2/batch", "anthropic"},
        {"/v1beta/models/gemini-2.0-flash:generateContent", "gemini"},
        {"/v1/models/gemini-2.0-flash:streamGenerateContent", "gemini"},
        {"/model/x%3A0/converse", "bedrock"}, {"/model/x/y/z", "bedrock"}, {"/v1beta/never/heard/of", "gemini"},
        {"/v1/models/ft:gpt-4o:x", "openai"},
        {"/openai/deployments/d/chat/completions", "azure"}, {"/openai/v1/chat/completions", "azure"},
        {"/openai/x", "azure"},
        {"/backend-api/codex/responses", "openai"},
        {"/", NULL}, {"", NULL}, {"/v1", NULL}, {"/V1/chat/completions", NULL}, {"/v1beta", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = route_provider(span_str(rows[i].path));
        if (rows[i].provider == NULL) assert_null(got);
        else if (got == NULL || strcmp(got, rows[i].provider) != 0) fail_msg("%s: %s", rows[i].path, got ? got : "none");
    }
}

static void finds_by_name(void **state)
{
    (void)state;
    const struct route *r = route_of_api("openai.chat");
    assert_true(r->kind == CONV_CHAT && r->codec->decode);
    assert_int_equal(route_of_api("openai.embeddings")->kind, CONV_EMBED);
    assert_string_equal(route_of_api("openai.files")->operation, "files.create");
    assert_string_equal(route_of_api("openai.other")->operation, "unknown");
    assert_string_equal(route_of_api("anthropic.other")->codec->provider, "anthropic");
    assert_null(route_of_api("openai"));
    assert_null(route_of_api("openai.nothing"));
    assert_null(route_of_api(""));
    const char *names[ROUTE_API_NAMES];
    size_t n = route_api_names(names, COUNT(names)), chats = 0;
    assert_in_range(n, 40, COUNT(names) - 1);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(route_of_api(names[i]));
        chats += strcmp(names[i], "openai.chat") == 0;
    }
    assert_int_equal(chats, 1);
    assert_int_equal(route_api_names(names, 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_openai),
        cmocka_unit_test(knows_the_other_endpoints),
        cmocka_unit_test(does_not_know),
        cmocka_unit_test(names_have_an_end),
        cmocka_unit_test(a_body_where_none_belongs_is_unknown),
        cmocka_unit_test(every_provider_is_whole),
        cmocka_unit_test(other_providers_get_their_own_shape),
        cmocka_unit_test(hosts_that_speak_openai),
        cmocka_unit_test(knows_both_of_azures_styles),
        cmocka_unit_test(lets_escapes_stand_in_some_names),
        cmocka_unit_test(tells_whose_path_it_is),
        cmocka_unit_test(finds_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
