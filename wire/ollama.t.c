/* The rows of Ollama's dialect, and what is none of them. */
#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void knows_its_rows(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation, *codec; enum conv_kind kind; unsigned flags; } rows[] = {
        {"POST", "/api/chat", "chat", "ollama.chat", CONV_CHAT, 0},
        {"POST", "/api/generate", "generate", "ollama.generate", CONV_CHAT, 0},
        {"POST", "/api/embed", "embed", "ollama.embed", CONV_EMBED, 0},
        {"POST", "/api/embeddings", "embeddings", "ollama.embed", CONV_EMBED, 0},
        {"GET", "/api/tags", "tags", "ollama.other", CONV_NONE, 0},
        {"GET", "/api/version", "version", "ollama.other", CONV_NONE, 0},
        {"GET", "/api/ps", "ps", "ollama.other", CONV_NONE, 0},
        {"POST", "/api/show", "show", "ollama.other", CONV_NONE, 0},
        {"POST", "/api/create", "create", "ollama.other", CONV_NONE, 0},
        {"POST", "/api/blobs/sha256:0123abcd", "blobs", "ollama.other", CONV_NONE, ROUTE_ANY_BODY},
        {"HEAD", "/", "probe", "ollama.other", CONV_NONE, 0},
        {"HEAD", "/api/tags", "tags", "ollama.other", CONV_NONE, 0},
        {"HEAD", "/api/version", "version", "ollama.other", CONV_NONE, 0},
        /* what it serves of others' */
        {"POST", "/v1/chat/completions", "openai.chat.completions", "openai.chat", CONV_CHAT, 0},
        {"POST", "/v1/completions", "openai.completions", "openai.completions", CONV_CHAT, 0},
        {"POST", "/v1/embeddings", "openai.embeddings", "openai.embeddings", CONV_EMBED, 0},
        {"POST", "/v1/responses", "openai.responses", "openai.responses", CONV_CHAT, ROUTE_GIVES_IDS},
        {"GET", "/v1/models", "openai.models", "openai.models", CONV_NONE, 0},
        {"POST", "/v1/messages", "anthropic.messages", "anthropic.messages", CONV_CHAT, 0},
        {"POST", "/v1/messages/count_tokens", "anthropic.count_tokens", "anthropic.count_tokens", CONV_COUNT, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool body = rows[i].method[0] == 'P';
        const struct route *r = route_find("ollama", span_str(rows[i].method), span_str(rows[i].path), body);
        if (!r->known || strcmp(r->operation, rows[i].operation) != 0 || strcmp(r->codec->name, rows[i].codec) != 0)
            fail_msg("%s %s: %s, %s", rows[i].method, rows[i].path, r->operation, r->codec->name);
        assert_int_equal(r->kind, rows[i].kind);
        assert_int_equal(r->flags & rows[i].flags, rows[i].flags);
        assert_true(r->kind == CONV_NONE || (r->codec->decode && r->codec->encode));
        assert_non_null(r->codec->error);
        assert_non_null(r->codec->stream_error);
    }
}

static void does_not_know(void **state)
{
    (void)state;
    static const struct { const char *method, *path; } rows[] = {
        {"POST", "/v1/nothing"}, {"GET", "/api/chat"}, {"POST", "/api/chat/"}, {"POST", "/api"}, {"POST", "/api/tags"},
        {"POST", "/API/chat"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct route *r = route_find("ollama", span_str(rows[i].method), span_str(rows[i].path), false);
        if (r->known) fail_msg("%s %s is known", rows[i].method, rows[i].path);
        assert_string_equal(r->codec->provider, "ollama");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_rows),
        cmocka_unit_test(does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
