/* Vertex AI: which path is what, whose format it carries, and vectors by `predict`. */
#include "wire/vertex.h"
#include "wire/codecs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static struct conv conv;

static enum fail try_path(const char *path, const char *body)
{
    const char *field;
    size_t at;
    arena_reset(arena);
    assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
    const struct route *r = route_find("vertex", SPAN("POST"), span_str(path), true);
    assert_true(r->known);
    return r->codec->decode(&(struct conv_source){.doc = &doc, .path = span_str(path), .route = r}, arena, &conv, &field,
        &at);
}

#define PLACE "/v1/projects/p-1/locations/us-central1"
#define GOOGLE PLACE "/publishers/google/models/"
#define CLAUDE PLACE "/publishers/anthropic/models/"

static void knows_the_paths(void **state)
{
    (void)state;
    static const struct { const char *method, *path; const struct codec *codec; const char *operation; } paths[] = {
        {"POST", GOOGLE "gemini-2.5-pro:generateContent", &codec_gemini_generate, "generateContent"},
        {"POST", "/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
         &codec_gemini_generate, "streamGenerateContent"},
        {"POST", "/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent", &codec_gemini_generate,
            "generateContent"},
        {"POST", PLACE "/endpoints/1234:generateContent", &codec_gemini_generate, "generateContent"},
        {"POST", GOOGLE "gemini-2.5-pro:countTokens", &codec_gemini_count, "countTokens"},
        {"POST", GOOGLE "gemini-embedding-001:predict", &codec_vertex_embed, "predict"},
        {"POST", CLAUDE "claude-sonnet-4@20250514:rawPredict", &codec_vertex_anthropic, "rawPredict"},
        {"POST", CLAUDE "claude-sonnet-4@20250514:streamRawPredict", &codec_vertex_anthropic, "streamRawPredict"},
        {"POST", CLAUDE "count-tokens:rawPredict", &codec_anthropic_count, "count_tokens"},
        {"POST", PLACE "/publishers/mistralai/models/mistral-large:rawPredict", &codec_vertex_mistral, "rawPredict"},
        {"POST", PLACE "/publishers/ai21/models/jamba:rawPredict", &codec_vertex_other, "rawPredict"},
        {"POST", PLACE "/endpoints/openapi/chat/completions", &codec_openai_chat, "openapi.chat.completions"},
        {"POST", PLACE "/cachedContents", &codec_vertex_other, "cachedContents.create"},
        {"DELETE", PLACE "/cachedContents/1", &codec_vertex_other, "cachedContents.delete"},
        {"POST", PLACE "/batchPredictionJobs", &codec_vertex_other, "batchPredictionJobs.create"},
        {"POST", "/upload" PLACE "/ragCorpora/1/ragFiles:upload", &codec_vertex_other, "ragFiles.upload"},
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct span path = span_str(paths[i].path);
        const struct route *r = route_find("vertex", span_str(paths[i].method), path, paths[i].method[0] == 'P');
        assert_true(r->known);
        assert_string_equal(r->operation, paths[i].operation);
        assert_ptr_equal(r->codec, paths[i].codec);
        assert_string_equal(route_provider(path), "vertex");
    }
    assert_true(route_find("vertex", SPAN("POST"), SPAN(PLACE "/cachedContents"), true)->flags & ROUTE_GIVES_IDS);
    assert_false(route_find("vertex", SPAN("POST"), SPAN(PLACE "/publishers/google/models/a/b:generateContent"),
        true)->known);
    assert_false(route_find("vertex", SPAN("POST"), SPAN("/v1/projects/p/locations/l/what"), true)->known);
    assert_ptr_equal(route_of_api("vertex.embed")->codec, &codec_vertex_embed);
}

static void reads_claude_with_its_model_in_the_path(void **state)
{
    (void)state;
    const char *body = "{\"anthropic_version\":\"vertex-2023-10-16\",\"max_tokens\":5,\"stream\":true,"
                       "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    assert_int_equal(try_path(CLAUDE "claude-sonnet-4@20250514:streamRawPredict", body), FAIL_OK);
    assert_true(conv.kind == CONV_CHAT && conv.stream && conv.n_msgs == 1 && conv.unsupported == NULL);
    assert_true(span_is(conv.model, "claude-sonnet-4@20250514"));
    assert_int_equal(try_path(CLAUDE "count-tokens:rawPredict",
        "{\"model\":\"claude-x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                     FAIL_OK);
    assert_int_equal(conv.kind, CONV_COUNT);
}

static void reads_gemini_with_its_model_in_the_path(void **state)
{
    (void)state;
    assert_int_equal(try_path(GOOGLE "gemini-2.5-pro:streamGenerateContent",
        "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"),
                     FAIL_OK);
    assert_true(conv.stream && span_is(conv.model, "gemini-2.5-pro"));
}

static void reads_mistral(void **state)
{
    (void)state;
    const char *path = PLACE "/publishers/mistralai/models/mistral-large@2411:streamRawPredict";
    assert_int_equal(try_path(path, "{\"model\":\"mistral-large\",\"stream\":true,"
                              "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"), FAIL_OK);
    assert_true(conv.kind == CONV_CHAT && conv.stream && conv.n_msgs == 1 && conv.unsupported == NULL);
    assert_int_equal(try_path(path, "{\"model\":\"codestral\",\"prompt\":\"def f\",\"suffix\":\"\"}"), FAIL_OK);
    assert_string_equal(conv.unsupported, "messages");
    assert_true(span_is(conv.model, "mistral-large@2411"));
    assert_int_equal(try_path(path, "{\"model\":\"m\",\"messages\":7}"), FAIL_REQUEST_INVALID);
}

static void makes_predictions_of_vectors(void **state)
{
    (void)state;
    static const float v[] = {0.5f, -1}, w[] = {0.25f};
    const struct conv_event events[] = {
        {.kind = EV_START}, {.kind = EV_VECTOR, .index = 0, .vector = v, .n_vector = 2},
        {.kind = EV_VECTOR, .index = 1, .vector = w, .n_vector = 1}, {.kind = EV_END, .prompt_tokens = 8}, {.kind = EV_END}};
    struct obuf out = {0};
    assert_int_equal(try_path(GOOGLE "text-embedding-005:predict",
                              "{\"instances\":[{\"task_type\":\"RETRIEVAL_QUERY\",\"content\":\"abc\"},{\"content\":\"d\"}],"
                              "\"parameters\":{\"autoTruncate\":true,\"outputDimensionality\":null}}"), FAIL_OK);
    assert_true(conv.kind == CONV_EMBED && conv.n_inputs == 2 && conv.unsupported == NULL);
    assert_true(span_is(conv.inputs[0], "abc") && span_is(conv.model, "text-embedding-005"));
    struct answer a = {.id = "01J", .conv = &conv};
    for (size_t i = 0; i < COUNT(events); i++) codec_vertex_embed.encode(&a, &events[i], &out);
    obuf_put(&out, "", 1);
    assert_string_equal(out.p, "{\"predictions\":[{\"embeddings\":{\"statistics\":{\"truncated\":false,\"token_count\":6},"
        "\"values\":[0.5,-1]}},"
                               "{\"embeddings\":{\"statistics\":{\"truncated\":false,\"token_count\":2},\"values\":[0.25]}"
                               "}]}");
    answer_fini(&a);
    obuf_fini(&out);
}

static void names_what_it_cannot_embed(void **state)
{
    (void)state;
    static const struct { const char *body, *field; } rows[] = {
        {"{\"instances\":[{\"prompt\":\"a cat\"}]}", "instances"}, {"{\"instances\":[]}", "instances"},
        {"{\"instances\":[{\"content\":\"a\"},7]}", "instances"},
        {"{\"instances\":[{\"content\":\"a\"}],\"parameters\":{\"outputDimensionality\":256}}", "outputDimensionality"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(try_path(GOOGLE "m:predict", rows[i].body), FAIL_OK);
        assert_non_null(conv.unsupported);
        assert_string_equal(conv.unsupported, rows[i].field);
    }
    assert_int_equal(try_path(GOOGLE "m:predict", "{}"), FAIL_REQUEST_INVALID);
    assert_int_equal(try_path(GOOGLE "m:predict", "[]"), FAIL_REQUEST_INVALID);
}

static int set_up(void **state)
{
    (void)state;
    return (arena = arena_new(0)) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_paths), cmocka_unit_test(reads_claude_with_its_model_in_the_path),
        cmocka_unit_test(reads_gemini_with_its_model_in_the_path), cmocka_unit_test(reads_mistral), cmocka_unit_test(makes_predictions_of_vectors),
        cmocka_unit_test(names_what_it_cannot_embed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
