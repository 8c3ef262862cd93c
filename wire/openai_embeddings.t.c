/* Inputs to vectors, in both of the encodings that the SDKs ask for. */
#include "wire/openai_embeddings.h"
#include "wire/reader.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;
static struct obuf out;
static struct conv conv;
static const char *field;
static size_t at;

static enum fail decode_span(struct span body)
{
    struct jdoc doc;
    arena_reset(arena);
    assert_int_equal(jscan(body, arena, &doc, &at), FAIL_OK);
    struct conv_source s = {.doc = &doc, .path = SPAN("/v1/embeddings")};
    return openai_embeddings_decode(&s, arena, &conv, &field, &at);
}

static enum fail decode(const char *body) { return decode_span(span_str(body)); }

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_inputs(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"model\":\"m\",\"input\":\"a\\n\",\"user\":\"u\"}"), FAIL_OK);
    assert_null(conv.unsupported);
    assert_int_equal(conv.kind, CONV_EMBED);
    assert_int_equal(conv.n_inputs, 1);
    ASSERT_IS(conv.inputs[0], "a\n");
    assert_int_equal(decode("{\"input\":[\"a\",\"\",\"c\"],\"model\":\"m\",\"encoding_format\":\"base64\",\"dimensions\":null}"), FAIL_OK);
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_inputs, 3);
    ASSERT_IS(conv.inputs[1], "");
    ASSERT_IS(conv.inputs[2], "c");
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *body, *name; } rows[] = {
        {"{\"model\":\"m\",\"input\":[1,2]}", "input"}, {"{\"model\":\"m\",\"input\":[[1,2],[3]]}", "input"},
        {"{\"model\":\"m\",\"input\":[]}", "input"}, {"{\"model\":\"m\",\"input\":{}}", "input"},
        {"{\"model\":\"m\",\"input\":[\"a\",null]}", "input"},
        {"{\"model\":\"m\",\"input\":\"a\",\"dimensions\":8}", "dimensions"},
        {"{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"int8\"}", "encoding_format"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode(rows[i].body), FAIL_OK);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].body, conv.unsupported ? conv.unsupported : "none");
    }
}

static void bounds_the_inputs(void **state)
{
    (void)state;
    for (int n = 2048; n <= 2049; n++) {
        struct obuf o = {0};
        obuf_str(&o, "{\"model\":\"m\",\"input\":[\"a\"");
        for (int i = 1; i < n; i++) obuf_str(&o, ",\"a\"");
        obuf_str(&o, "]}");
        assert_int_equal(decode_span(obuf_span(&o)), FAIL_OK);
        assert_int_equal(conv.n_inputs, n == 2048 ? 2048 : 0);
        if (n == 2048) assert_null(conv.unsupported);
        else assert_string_equal(conv.unsupported, "input");
        obuf_fini(&o);
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    static const struct { const char *body, *field; size_t at; } rows[] = {
        {"5", NULL, 0}, {"{\"input\":\"a\"}", "model", SIZE_MAX}, {"{\"model\":\"m\"}", "input", SIZE_MAX},
        {"{\"model\":\"m\",\"input\":null}", "input", 21},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(decode(rows[i].body), FAIL_REQUEST_INVALID);
        assert_int_equal(at, rows[i].at);
        if (rows[i].field) assert_string_equal(field, rows[i].field);
        else assert_null(field);
    }
}

/* ---- answers ---- */

static const float first[] = {0.5f, -1.25f, 3e-8f}, second[] = {1.0f, INFINITY};

static void encode(const char *format)
{
    struct obuf body = {0};
    obuf_printf(&body, "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"encoding_format\":%s}", format);
    assert_int_equal(decode_span(obuf_span(&body)), FAIL_OK);
    struct answer a = {.id = "01J", .model = "mini", .conv = &conv};
    const struct conv_event events[] = {
        {.kind = EV_START}, {.kind = EV_VECTOR, .index = 0, .vector = first, .n_vector = COUNT(first)}, {.kind = EV_START},
        {.kind = EV_VECTOR, .index = 1, .vector = second, .n_vector = COUNT(second)}, {.kind = EV_END, .prompt_tokens = 6},
        {.kind = EV_END, .prompt_tokens = 6},
    };
    obuf_reset(&out);
    for (size_t i = 0; i < COUNT(events); i++) openai_embeddings_encode(&a, &events[i], &out);
    answer_fini(&a);
    obuf_fini(&body);
}

#define ITEM(i, v) "{\"object\":\"embedding\",\"index\":" i ",\"embedding\":" v "}"
#define LIST(one, two) "{\"object\":\"list\",\"data\":[" ITEM("0", one) "," ITEM("1", two) "],\"model\":\"mini\"," \
                       "\"usage\":{\"prompt_tokens\":6,\"total_tokens\":6}}"

static void writes_numbers(void **state)
{
    (void)state;
    static const char *const formats[] = {"\"float\"", "null"};
    for (size_t i = 0; i < COUNT(formats); i++) {
        encode(formats[i]);
        ASSERT_IS(obuf_span(&out), LIST("[0.5,-1.25,2.99999989e-08]", "[1,0]"));
    }
}

/* The expected strings are those of Python's struct and base64 modules. */
static void writes_base64(void **state)
{
    (void)state;
    encode("\"base64\"");
    ASSERT_IS(obuf_span(&out), LIST("\"AAAAPwAAoL9Z2QAz\"", "\"AACAPwAAgH8=\""));
}

static void an_error_is_left_to_the_caller(void **state)
{
    (void)state;
    struct answer a = {.id = "01J", .model = "mini", .conv = &conv};
    const struct conv_event events[] = {
        {.kind = EV_START}, {.kind = EV_ERROR, .fail = FAIL_ENGINE_FAILED}, {.kind = EV_END}};
    obuf_reset(&out);
    for (size_t i = 0; i < COUNT(events); i++) openai_embeddings_encode(&a, &events[i], &out);
    assert_int_equal(out.n, 0);
    assert_true(a.ended);
    answer_fini(&a);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    obuf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_inputs),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(bounds_the_inputs),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(writes_base64),
        cmocka_unit_test(an_error_is_left_to_the_caller),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
