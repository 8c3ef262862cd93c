/* The rows of Cohere's dialect, and what is none of them. */
#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void knows_its_rows(void **state)
{
    (void)state;
    static const struct { const char *method, *path, *operation, *codec; enum conv_kind kind; unsigned flags; } rows[] = {
        {"POST", "/v2/chat", "chat", "cohere.chat", CONV_CHAT, 0},
        {"POST", "/v2/embed", "embed", "cohere.embed", CONV_EMBED, 0},
        {"POST", "/v2/rerank", "rerank", "cohere.other", CONV_NONE, 0},
        {"POST", "/v2/audio/transcriptions", "audio.transcriptions", "cohere.other", CONV_NONE, ROUTE_ANY_BODY},
        {"POST", "/v2/batches", "batches.create", "cohere.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"POST", "/v2/batches/b1:cancel", "batches.cancel", "cohere.other", CONV_NONE, 0},
        {"POST", "/v1/chat", "v1.chat", "cohere.v1_chat", CONV_CHAT, ROUTE_GIVES_IDS},
        {"POST", "/v1/embed", "v1.embed", "cohere.embed", CONV_EMBED, 0},
        {"POST", "/v1/rerank", "v1.rerank", "cohere.other", CONV_NONE, 0},
        {"POST", "/v1/tokenize", "tokenize", "cohere.other", CONV_NONE, 0},
        {"POST", "/v1/datasets", "datasets.create", "cohere.other", CONV_NONE, ROUTE_ANY_BODY | ROUTE_GIVES_IDS},
        {"POST", "/v1/embed-jobs", "embed-jobs.create", "cohere.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"GET", "/v1/finetuning/finetuned-models/m1/events", "finetuning.events", "cohere.other", CONV_NONE, 0},
        {"POST", "/compatibility/v1/chat/completions", "openai.chat.completions", "openai.chat", CONV_CHAT, 0},
        {"GET", "/v1/models/command-a", "models.get", "cohere.other", CONV_NONE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool body = rows[i].method[0] == 'P';
        const struct route *r = route_find("cohere", span_str(rows[i].method), span_str(rows[i].path), body);
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
        {"POST", "/v1/chat/completions"}, {"GET", "/v2/chat"}, {"POST", "/v2/chat/"}, {"POST", "/v3/chat"}, {"POST", "/V2/chat"},
        {"DELETE", "/v2/batches/b1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct route *r = route_find("cohere", span_str(rows[i].method), span_str(rows[i].path), false);
        if (r->known) fail_msg("%s %s is known", rows[i].method, rows[i].path);
        assert_string_equal(r->codec->provider, "cohere");
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
