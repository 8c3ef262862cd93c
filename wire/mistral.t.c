/* The rows of Mistral's dialect, and what is none of them. */
#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void knows_its_rows(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation, *codec; enum conv_kind kind; unsigned flags; } rows[] = {
        {"POST", "/v1/chat/completions", "chat.completions", "mistral.chat", CONV_CHAT, 0},
        {"POST", "/v1/embeddings", "embeddings", "mistral.embed", CONV_EMBED, 0},
        {"POST", "/v1/fim/completions", "fim.completions", "mistral.other", CONV_NONE, 0},
        {"POST", "/v1/agents/completions", "agents.completions", "mistral.other", CONV_NONE, 0},
        {"POST", "/v1/agents", "agents.create", "mistral.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"POST", "/v1/conversations", "conversations.start", "mistral.other", CONV_NONE, ROUTE_GIVES_IDS | ROUTE_STORES_BY_DEFAULT},
        {"POST", "/v1/conversations/conv_1", "conversations.append", "mistral.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"POST", "/v1/conversations/conv_1/restart", "conversations.restart", "mistral.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"DELETE", "/v1/conversations/conv_1", "conversations.delete", "mistral.other", CONV_NONE, 0},
        {"POST", "/v1/files", "files.upload", "mistral.other", CONV_NONE, ROUTE_ANY_BODY | ROUTE_GIVES_IDS},
        {"GET", "/v1/files/f1/content", "files.content", "mistral.other", CONV_NONE, 0},
        {"POST", "/v1/batch/jobs", "batch.create", "mistral.other", CONV_NONE, ROUTE_BATCH | ROUTE_GIVES_IDS},
        {"POST", "/v1/ocr", "ocr", "mistral.other", CONV_NONE, 0},
        {"POST", "/v1/audio/transcriptions", "audio.transcriptions", "mistral.other", CONV_NONE, ROUTE_ANY_BODY},
        {"POST", "/v1/chat/moderations", "moderations", "mistral.other", CONV_NONE, 0},
        {"POST", "/v1/libraries/l1/documents", "libraries.documents.upload", "mistral.other", CONV_NONE, ROUTE_ANY_BODY},
        {"GET", "/v1/models", "models.list", "mistral.other", CONV_NONE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool body = rows[i].method[0] == 'P';
        const struct route *r = route_find("mistral", span_str(rows[i].method), span_str(rows[i].path), body);
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
        {"POST", "/v1/responses"}, {"GET", "/v1/chat/completions"}, {"POST", "/v1/chat/completions/"}, {"POST", "/v1/messages"},
        {"POST", "/v1/workflows"}, {"POST", "/v1/conversations/../files"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct route *r = route_find("mistral", span_str(rows[i].method), span_str(rows[i].path), false);
        if (r->known) fail_msg("%s %s is known", rows[i].method, rows[i].path);
        assert_string_equal(r->codec->provider, "mistral");
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
