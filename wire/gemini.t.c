/* The rows of Gemini's dialect: every verb under every version, and nothing that only looks like one. */
#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct route *find(const char *method, const char *path, bool body)
{
    return route_find("gemini", span_str(method), span_str(path), body);
}

static void every_version_has_every_row(void **state)
{
    (void)state;
    static const char *const versions[] = {"v1beta", "v1", "v1alpha"};
    static const struct { const char *method, *path, *operation, *codec; enum conv_kind kind; unsigned flags; } rows[] = {
        {"POST", "/%s/models/gemini-2.5-pro:generateContent", "generateContent", "gemini.generate", CONV_CHAT, ROUTE_GIVES_SEALED},
        {"POST", "/%s/models/g:streamGenerateContent", "streamGenerateContent", "gemini.generate", CONV_CHAT, ROUTE_GIVES_SEALED},
        {"POST", "/%s/tunedModels/my-1:generateContent", "generateContent", "gemini.generate", CONV_CHAT, 0},
        {"POST", "/%s/models/g:countTokens", "countTokens", "gemini.count", CONV_COUNT, 0},
        {"POST", "/%s/models/g:embedContent", "embedContent", "gemini.embed", CONV_EMBED, 0},
        {"POST", "/%s/models/g:batchEmbedContents", "batchEmbedContents", "gemini.embed", CONV_EMBED, 0},
        {"POST", "/%s/models/g:batchGenerateContent", "batchGenerateContent", "gemini.other", CONV_NONE, ROUTE_BATCH | ROUTE_GIVES_IDS},
        {"POST", "/%s/models/g:asyncBatchEmbedContent", "asyncBatchEmbedContent", "gemini.other", CONV_NONE, ROUTE_BATCH},
        {"POST", "/%s/models/g:predict", "predict", "gemini.other", CONV_NONE, 0},
        {"POST", "/%s/models/g:predictLongRunning", "predictLongRunning", "gemini.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"GET", "/%s/models", "models.list", "gemini.other", CONV_NONE, 0},
        {"GET", "/%s/models/g", "models.get", "gemini.other", CONV_NONE, 0},
        {"GET", "/%s/models/g/operations/o1", "operations.get", "gemini.other", CONV_NONE, 0},
        {"POST", "/upload/%s/files", "files.upload", "gemini.upload", CONV_NONE, ROUTE_FILE_BODY | ROUTE_ANY_BODY | ROUTE_GIVES_IDS},
        {"PUT", "/upload/%s/files", "files.upload", "gemini.upload", CONV_NONE, ROUTE_FILE_BODY},
        {"GET", "/%s/files", "files.list", "gemini.other", CONV_NONE, 0},
        {"GET", "/%s/files/abc", "files.get", "gemini.other", CONV_NONE, 0},
        {"GET", "/%s/files/abc:download", "files.download", "gemini.other", CONV_NONE, 0},
        {"DELETE", "/%s/files/abc", "files.delete", "gemini.other", CONV_NONE, 0},
        {"POST", "/%s/cachedContents", "cachedContents.create", "gemini.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"PATCH", "/%s/cachedContents/c", "cachedContents.patch", "gemini.other", CONV_NONE, 0},
        {"DELETE", "/%s/cachedContents/c", "cachedContents.delete", "gemini.other", CONV_NONE, 0},
        {"GET", "/%s/batches/b", "batches.get", "gemini.other", CONV_NONE, 0},
        {"POST", "/%s/batches/b:cancel", "batches.cancel", "gemini.other", CONV_NONE, 0},
        {"POST", "/%s/interactions", "interactions.create", "gemini.other", CONV_NONE, ROUTE_GIVES_IDS | ROUTE_STORES_BY_DEFAULT},
        {"GET", "/%s/interactions/i", "interactions.get", "gemini.other", CONV_NONE, 0},
        {"DELETE", "/%s/interactions/i", "interactions.delete", "gemini.other", CONV_NONE, 0},
        {"POST", "/%s/openai/images/generations", "openai.images", "openai.other", CONV_NONE, 0},
        {"POST", "/%s/openai/batches", "openai.batches", "openai.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"GET", "/%s/openai/batches/b1", "openai.objects", "openai.other", CONV_NONE, ROUTE_GIVES_IDS},
        {"POST", "/%s/openai/chat/completions", "openai.chat.completions", "openai.chat", CONV_CHAT, 0},
    };
    for (size_t v = 0; v < COUNT(versions); v++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            char path[128];
            const char *cut = strstr(rows[i].path, "%s");
            snprintf(path, sizeof path, "%.*s%s%s", (int)(cut - rows[i].path), rows[i].path, versions[v], cut + 2);
            bool body = strcmp(rows[i].method, "GET") != 0 && strcmp(rows[i].method, "DELETE") != 0;
            const struct route *r = find(rows[i].method, path, body);
            if (!r->known || strcmp(r->operation, rows[i].operation) != 0 || strcmp(r->codec->name, rows[i].codec) != 0)
                fail_msg("%s %s: %s, %s", rows[i].method, path, r->operation, r->codec->name);
            assert_int_equal(r->kind, rows[i].kind);
            assert_int_equal(r->flags & rows[i].flags, rows[i].flags);
            assert_true(r->kind == CONV_NONE || (r->codec->decode && r->codec->encode));
        }
}

static void does_not_know(void **state)
{
    (void)state;
    static const struct { const char *method, *path; } rows[] = {
        {"POST", "/v2/models/g:generateContent"}, {"POST", "/v1beta2/models/g:generateContent"},
        {"POST", "/v1beta/models/g:generatecontent"}, {"POST", "/v1beta/models/g:other"}, {"POST", "/v1beta/models/:generateContent"},
        {"POST", "/v1beta/models/a/b:generateContent"}, {"POST", "/v1beta/models/g%3AgenerateContent"},
        {"POST", "/v1beta/models/..:generateContent"}, {"GET", "/v1beta/models/a/b/c"}, {"POST", "/v1beta/dynamic/g:generateContent"},
        {"GET", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"},
        {"POST", "/v1beta/models/g:generateContent/"}, {"DELETE", "/v1beta/models/g"}, {"POST", "/upload/v2/files"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (find(rows[i].method, rows[i].path, false)->known) fail_msg("%s %s is known", rows[i].method, rows[i].path);
    assert_false(find("GET", "/v1beta/files", true)->known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_has_every_row),
        cmocka_unit_test(does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
