#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct route *find(const char *method, const char *path, bool body)
{
    return route_find("openai", span_str(method), span_str(path), body);
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

static void does_not_know(void **state)
{
    (void)state;
    static const struct { const char *method, *path; } rows[] = {
        {"POST", "/v1/chat/completions/"}, {"POST", "//v1/chat/completions"}, {"POST", "/v1//chat/completions"},
        {"POST", "/v1/./chat/completions"}, {"POST", "/v1/x/../chat/completions"}, {"POST", "/v1/chat%2fcompletions"},
        {"POST", "/v1/%63hat/completions"}, {"POST", "/V1/chat/completions"}, {"POST", "/v1/Chat/completions"},
        {"POST", "/v1/chat/completions;x"}, {"POST", "/v1/chat/completions%00"}, {"POST", "/chat/completions"},
        {"POST", "/v1/chat/completions2"}, {"POST", "/v1/chat"}, {"POST", "/v1"}, {"POST", ""}, {"POST", "/"},
        {"GET", "/v1/chat/completions"}, {"post", "/v1/chat/completions"}, {"PUT", "/v1/chat/completions"},
        {"POST", "/v1/models"}, {"DELETE", "/v1/models/gpt-4o"}, {"HEAD", "/v1/models"}, {"GET", "/v1/models/"},
        {"GET", "/v1/models/a/b"}, {"GET", "/v1/models/.."}, {"GET", "/v1/models/."}, {"GET", "/v1/models/.hidden"},
        {"GET", "/v1/models/a%2fb"}, {"GET", "/v1/models/a b"}, {"GET", "/v1/models/a;b"}, {"GET", "/v1/models/a\\b"},
        {"OPTIONS", "/v1/files"}, {"OPTIONS", "*"}, {"GET", "/"}, {"POST", "/v1/responses"}, {"POST", "/v1/embeddings"},
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
    char longest[200] = "/v1/models/";
    memset(longest + 11, 'm', 128);
    assert_true(find("GET", longest, false)->known);
    longest[11 + 128] = 'm';
    assert_false(find("GET", longest, false)->known);
}

/* The body of a request on a path that takes none would go up unread. */
static void a_body_where_none_belongs_is_unknown(void **state)
{
    (void)state;
    assert_false(find("GET", "/v1/models", true)->known);
    assert_false(find("GET", "/v1/models/gpt-4o", true)->known);
    assert_false(find("HEAD", "/", true)->known);
    assert_false(find("OPTIONS", "/v1/models", true)->known);
}

static void other_providers_get_their_own_shape(void **state)
{
    (void)state;
    assert_string_equal(route_find("anthropic", SPAN("POST"), SPAN("/v1/messages"), true)->codec->provider, "anthropic");
    assert_false(route_find("anthropic", SPAN("POST"), SPAN("/v1/messages"), true)->known);
    assert_false(route_find("anthropic", SPAN("POST"), SPAN("/v1/chat/completions"), true)->known);
    assert_true(route_find("anthropic", SPAN("HEAD"), SPAN("/"), false)->known);
    assert_string_equal(route_find("gemini", SPAN("GET"), SPAN("/x"), false)->codec->provider, "gemini");
    assert_string_equal(route_find("nobody", SPAN("GET"), SPAN("/x"), false)->codec->provider, "openai");
    assert_string_equal(route_find(NULL, SPAN("GET"), SPAN("/x"), false)->codec->provider, "openai");
    assert_true(route_knows_provider("openai") && route_knows_provider("anthropic") && route_knows_provider("gemini"));
    assert_false(route_knows_provider("OpenAI") || route_knows_provider("") || route_knows_provider(NULL));
}

static void tells_whose_path_it_is(void **state)
{
    (void)state;
    static const struct { const char *path, *provider; } rows[] = {
        {"/v1/chat/completions", "openai"}, {"/v1/models", "openai"}, {"/v1/responses", "openai"},
        {"/v1/completions", "openai"}, {"/v1/messages", "anthropic"}, {"/v1/messages/count_tokens", "anthropic"},
        {"/v1/messages2", "openai"}, {"/v1/complete", "anthropic"},
        {"/v1beta/models/gemini-2.0-flash:generateContent", "gemini"},
        {"/v1/models/gemini-2.0-flash:streamGenerateContent", "gemini"}, {"/v1/models/ft:gpt-4o:x", "openai"},
        {"/", NULL}, {"", NULL}, {"/v1", NULL}, {"/V1/chat/completions", NULL}, {"/api/chat", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = route_provider(span_str(rows[i].path));
        if (rows[i].provider == NULL) assert_null(got);
        else if (got == NULL || strcmp(got, rows[i].provider) != 0) fail_msg("%s: %s", rows[i].path, got ? got : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_openai),
        cmocka_unit_test(does_not_know),
        cmocka_unit_test(a_body_where_none_belongs_is_unknown),
        cmocka_unit_test(other_providers_get_their_own_shape),
        cmocka_unit_test(tells_whose_path_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
