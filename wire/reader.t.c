#include "wire/reader.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* A document, and a reader at its root. */
struct world {
    struct arena *arena;
    struct jdoc doc;
    struct conv conv;
    struct reader r;
};
static struct world w;

static void read_json(const char *json)
{
    static const struct route route = {.kind = CONV_CHAT};
    size_t at;
    arena_reset(w.arena);
    if (jscan(span_str(json), w.arena, &w.doc, &at)) fail_msg("at %zu: %s", at, json);
    reader_begin(&w.r, &(struct conv_source){.doc = &w.doc, .route = &route}, w.arena, &w.conv);
}

static int begin(void **state)
{
    (void)state;
    w.arena = arena_new(0);
    return w.arena == NULL;
}

static int end(void **state)
{
    (void)state;
    arena_free(w.arena);
    return 0;
}

static void assert_unsupported(const char *name)
{
    if (name) assert_string_equal(w.conv.unsupported ? w.conv.unsupported : "nothing", name);
    else assert_null(w.conv.unsupported);
}

static void test_defaults(void **state)
{
    (void)state;
    read_json("{}");
    assert_int_equal(w.conv.kind, CONV_CHAT);
    assert_int_equal(w.conv.max_tokens, -1);
    assert_int_equal(w.conv.top_k, -1);
    assert_int_equal(w.conv.n_choices, 1);
    assert_true(isnan(w.conv.temperature) && isnan(w.conv.top_p) && w.conv.parallel_tool_calls && !w.conv.stream);
    assert_int_equal(reader_end(&w.r), FAIL_OK);
    static const struct route route = {.kind = CONV_EMBED};
    reader_begin(&w.r, &(struct conv_source){.doc = &w.doc, .route = &route}, w.arena, &w.conv);
    assert_int_equal(w.conv.kind, CONV_EMBED);
    reader_begin(&w.r, &(struct conv_source){.doc = &w.doc}, w.arena, &w.conv);
    assert_int_equal(w.conv.kind, CONV_CHAT);
}

static void test_what_is_told_of_bad_input(void **state)
{
    (void)state;
    const char *field;
    size_t at;
    read_json("{\"a\": 7}");
    assert_int_equal(reader_invalid(&w.r, 2, "a", &field, &at), FAIL_REQUEST_INVALID);
    assert_string_equal(field, "a");
    assert_int_equal(at, 6);
    assert_int_equal(reader_invalid(&w.r, J_NONE, NULL, &field, &at), FAIL_REQUEST_INVALID);
    assert_null(field);
    assert_int_equal(at, SIZE_MAX);
    reader_unsupported(&w.r, "one");
    reader_unsupported(&w.r, "two");
    assert_unsupported("one");
    w.r.no_memory = true;
    assert_int_equal(reader_end(&w.r), FAIL_NO_MEMORY);
}

static void test_values(void **state)
{
    (void)state;
    read_json("{\"s\":\"a\\u0000\\u00e9\",\"e\":\"\",\"null\":null,\"n\":1,\"list\":[1,[2,3],4]}");
    assert_int_equal(reader_given(&w.r, 0, "null"), J_NONE);
    assert_int_equal(reader_given(&w.r, 0, "absent"), J_NONE);
    assert_int_equal(reader_given(&w.r, J_NONE, "s"), J_NONE);
    assert_int_equal(reader_given(&w.r, 0, "s"), 2);
    assert_true(span_eq(reader_string(&w.r, 2, "s"), (struct span){"a\0\xc3\xa9", 4}));
    struct span empty = reader_string(&w.r, jdoc_get(&w.doc, 0, "e"), "e");
    assert_true(empty.p != NULL && empty.n == 0);
    assert_null(reader_string(&w.r, J_NONE, "x").p);
    assert_null(reader_string(&w.r, jdoc_get(&w.doc, 0, "null"), "null").p);
    assert_unsupported(NULL);
    assert_null(reader_string(&w.r, jdoc_get(&w.doc, 0, "n"), "n").p);
    assert_unsupported("n");
    uint32_t list = jdoc_get(&w.doc, 0, "list");
    assert_int_equal(reader_count(&w.r, list, 10), 3);
    assert_int_equal(reader_count(&w.r, list, 3), 3);
    assert_int_equal(reader_count(&w.r, list, 1), 2);   /* no further than one too many */
}

static void test_joined_parts(void **state)
{
    (void)state;
    read_json("[\"one\",\"\",\"two\",\"three\"]");
    struct reader_join j = {.cap = 0};
    assert_null(j.text.p);
    reader_add(&w.r, &j, reader_text(&w.r, 1));
    assert_ptr_equal(j.text.p, w.doc.text.p + 2);   /* one part is not copied */
    reader_add(&w.r, &j, reader_text(&w.r, 2));
    assert_ptr_equal(j.text.p, w.doc.text.p + 2);
    reader_add(&w.r, &j, reader_text(&w.r, 3));
    reader_add(&w.r, &j, reader_text(&w.r, 4));
    assert_true(span_is(j.text, "onetwothree"));
    struct reader_join first_empty = {.cap = 0};
    reader_add(&w.r, &first_empty, SPAN(""));
    reader_add(&w.r, &first_empty, SPAN("x"));
    assert_true(span_is(first_empty.text, "x"));
    size_t before = arena_used(w.arena);
    struct reader_join many = {.cap = 0};
    for (int i = 0; i < 10000; i++) reader_add(&w.r, &many, SPAN("0123456789"));
    assert_int_equal(many.text.n, 100000);
    assert_memory_equal(many.text.p + 99990, "0123456789", 10);
    assert_true(arena_used(w.arena) - before < 1000000);   /* linear, not a copy for each part */
}

static void test_kept_output(void **state)
{
    (void)state;
    struct obuf o = {0};
    read_json("1");
    struct span s = reader_keep(&w.r, &o);
    assert_true(s.p != NULL && s.n == 0);
    obuf_str(&o, "kept");
    assert_true(span_is(reader_keep(&w.r, &o), "kept"));
    assert_null(o.p);
    o.bad = true;
    assert_null(reader_keep(&w.r, &o).p);
    assert_true(w.r.no_memory);
}

static const struct reader_field rows[] = {
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"top_k", reader_top_k, 0, 0, 0},
    {"max_tokens", reader_max_tokens, 0, 0, 0},
    {"seed", reader_seed, 0, 0, 0},
    {"stop", reader_stops, 0, 0, 0},
    {"schema", reader_schema, 0, 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
    {"bias", reader_only_empty, 0, 0, 0},
    {"modalities", reader_never, 0, 0, 0},
    {"tools", reader_tools, 0, 0, 0},
    {"input", reader_inputs, 0, 0, 0},
};

static void read_fields(const char *json)
{
    read_json(json);
    reader_fields(&w.r, 0, rows, COUNT(rows), jdoc_is);
    assert_false(w.r.no_memory);
}

/* Each value in a field of its own, and the field that is then called unsupported. */
static void test_fields(void **state)
{
    (void)state;
    static const struct { const char *json, *unsupported; } cases[] = {
        {"{}", NULL}, {"{\"\":1,\"unknown\":{\"stream\":7}}", NULL}, {"{\"Stream\":7}", NULL},
        {"{\"stream\":true}", NULL}, {"{\"stream\":null}", NULL}, {"{\"stream\":1}", "stream"}, {"{\"\\u0073tream\":1}", "stream"},
        {"{\"temperature\":0}", NULL}, {"{\"temperature\":2}", NULL}, {"{\"temperature\":2.1}", "temperature"},
        {"{\"temperature\":-0.1}", "temperature"}, {"{\"temperature\":\"1\"}", "temperature"}, {"{\"temperature\":1e999}", "temperature"},
        {"{\"top_k\":0}", NULL}, {"{\"top_k\":40.0}", NULL}, {"{\"top_k\":40.5}", "top_k"}, {"{\"top_k\":-1}", "top_k"},
        {"{\"top_k\":2147483648}", "top_k"},
        {"{\"max_tokens\":1}", NULL}, {"{\"max_tokens\":0}", "max_tokens"}, {"{\"max_tokens\":true}", "max_tokens"},
        {"{\"max_tokens\":1e300}", "max_tokens"},
        {"{\"seed\":-9223372036854775808}", NULL}, {"{\"seed\":9223372036854775808}", "seed"}, {"{\"seed\":[]}", "seed"},
        {"{\"stop\":\"x\"}", NULL}, {"{\"stop\":[]}", NULL}, {"{\"stop\":\"\"}", "stop"}, {"{\"stop\":[\"x\",1]}", "stop"},
        {"{\"stop\":{}}", "stop"},
        {"{\"schema\":{}}", NULL}, {"{\"schema\":[]}", "schema"}, {"{\"schema\":true}", "schema"},
        {"{\"logprobs\":false}", NULL}, {"{\"logprobs\":true}", "logprobs"}, {"{\"logprobs\":0}", "logprobs"},
        {"{\"bias\":{}}", NULL}, {"{\"bias\":[]}", NULL}, {"{\"bias\":\"\"}", NULL}, {"{\"bias\":{\"1\":2}}", "bias"},
        {"{\"bias\":[0]}", "bias"}, {"{\"bias\":\"x\"}", "bias"}, {"{\"bias\":0}", "bias"},
        {"{\"modalities\":null}", NULL}, {"{\"modalities\":[]}", "modalities"},
        {"{\"tools\":[]}", NULL}, {"{\"tools\":{}}", "tools"}, {"{\"tools\":[1]}", "tools"},
        {"{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}", NULL},
        {"{\"tools\":[{\"type\":\"function\",\"function\":{}}]}", "tools"},
        {"{\"tools\":[{\"type\":\"custom\",\"function\":{\"name\":\"f\"}}]}", "tools"},
        {"{\"input\":\"\"}", NULL}, {"{\"input\":[\"a\",\"b\"]}", NULL}, {"{\"input\":[]}", "input"}, {"{\"input\":[[1]]}", "input"},
        {"{\"input\":7}", "input"}, {"{\"input\":[\"a\",null]}", "input"}, {"{\"input\":null}", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        read_fields(cases[i].json);
        const char *got = w.conv.unsupported, *want = cases[i].unsupported;
        if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
            fail_msg("%s: %s", cases[i].json, got ? got : "nothing is unsupported");
    }
}

static void test_what_fields_set(void **state)
{
    (void)state;
    read_fields("{\"stream\":true,\"temperature\":0.5,\"top_k\":40.0,\"max_tokens\":9,\"seed\":-3.0,\"stop\":[\"a\",\"\\u0062\"],"
                "\"schema\":{ \"type\":\"object\" },\"input\":[\"x\",\"y\"]}");
    assert_unsupported(NULL);
    assert_true(w.conv.stream && w.conv.temperature == 0.5 && w.conv.top_k == 40 && w.conv.max_tokens == 9);
    assert_true(w.conv.has_seed && w.conv.seed == -3);
    assert_int_equal(w.conv.n_stops, 2);
    assert_true(span_is(w.conv.stops[0], "a") && span_is(w.conv.stops[1], "b"));
    assert_int_equal(w.conv.format, FORMAT_SCHEMA);
    assert_true(span_is(w.conv.schema, "{ \"type\":\"object\" }"));
    assert_int_equal(w.conv.n_inputs, 2);
    assert_true(span_is(w.conv.inputs[1], "y"));
    read_fields("{\"top_k\":0,\"tools\":[]}");
    assert_int_equal(w.conv.top_k, -1);
    assert_null(w.conv.tools.p);
    read_fields("{\"tools\":[ {\"type\":\"function\",\"function\":{\"name\":\"f\"}} ]}");
    assert_true(span_is(w.conv.tools, "[ {\"type\":\"function\",\"function\":{\"name\":\"f\"}} ]"));
}

/* A list of `n` elements, behind that key. */
static const char *long_list(const char *key, const char *element, size_t n)
{
    static char text[1 << 20];
    int at = snprintf(text, sizeof text, "{\"%s\":[%s", key, element);
    for (size_t i = 1; i < n; i++) at += snprintf(text + at, sizeof text - (size_t)at, ",%s", element);
    at += snprintf(text + at, sizeof text - (size_t)at, "]}");
    assert_true((size_t)at < sizeof text);
    return text;
}

static void one_message(struct reader *r, uint32_t msg, struct conv_msg *m) { m->role = reader_role(r, msg); }

static void one_call(struct reader *r, uint32_t call, struct conv_call *c)
{
    c->name = reader_string(r, jdoc_get(r->d, call, "name"), "messages.tool_calls");
}

/* As many as there may be, and one more: that one is not cut off, the request is unsupported. */
static void test_bounds(void **state)
{
    (void)state;
    read_fields(long_list("stop", "\"x\"", READER_MAX_STOPS));
    assert_unsupported(NULL);
    assert_int_equal(w.conv.n_stops, READER_MAX_STOPS);
    read_fields(long_list("stop", "\"x\"", READER_MAX_STOPS + 1));
    assert_unsupported("stop");
    read_fields(long_list("input", "\"x\"", READER_MAX_INPUTS));
    assert_unsupported(NULL);
    assert_int_equal(w.conv.n_inputs, READER_MAX_INPUTS);
    read_fields(long_list("input", "\"x\"", READER_MAX_INPUTS + 1));
    assert_unsupported("input");
    assert_int_equal(w.conv.n_inputs, 0);
    read_json(long_list("m", "{\"role\":\"user\"}", READER_MAX_MESSAGES));
    reader_messages(&w.r, 2, one_message);
    assert_unsupported(NULL);
    assert_int_equal(w.conv.n_msgs, READER_MAX_MESSAGES);
    read_json(long_list("m", "{\"role\":\"user\"}", READER_MAX_MESSAGES + 1));
    reader_messages(&w.r, 2, one_message);
    assert_unsupported("messages");
    assert_int_equal(w.conv.n_msgs, 0);
    for (uint32_t n = READER_MAX_CALLS; n <= READER_MAX_CALLS + 1; n++) {
        struct conv_msg m = {.n_calls = 0};
        read_json(long_list("tool_calls", "{\"name\":\"f\"}", n));
        reader_calls(&w.r, 0, &m, one_call);
        assert_unsupported(n > READER_MAX_CALLS ? "messages.tool_calls" : NULL);
        assert_int_equal(m.n_calls, n > READER_MAX_CALLS ? 0 : n);
    }
}

static void test_messages(void **state)
{
    (void)state;
    static const enum conv_role want[] = {ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL, ROLE_SYSTEM, ROLE_DEVELOPER};
    read_json("[{\"role\":\"user\"},{\"role\":\"assist\\u0061nt\"},{\"role\":\"tool\"},{\"role\":\"system\"},{\"role\":\"developer\"}]");
    reader_messages(&w.r, 0, one_message);
    assert_int_equal(w.conv.n_msgs, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) assert_int_equal(w.conv.msgs[i].role, want[i]);
    assert_unsupported(NULL);
    static const char *const bad[] = {"[{\"role\":\"User\"}]", "[{\"role\":\"function\"}]", "[{}]", "[7]", "[{\"role\":null}]"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        read_json(bad[i]);
        reader_messages(&w.r, 0, one_message);
        assert_unsupported("messages.role");
    }
    static const char *const none[] = {"[]", "{}", "\"x\"", "null"};
    for (size_t i = 0; i < COUNT(none); i++) {
        read_json(none[i]);
        reader_messages(&w.r, 0, one_message);
        assert_unsupported("messages");
    }
}

static void test_calls(void **state)
{
    (void)state;
    struct conv_msg m = {.n_calls = 0};
    static const char *const none[] = {"{}", "{\"tool_calls\":null}", "{\"tool_calls\":[]}"};
    for (size_t i = 0; i < COUNT(none); i++) {
        read_json(none[i]);
        reader_calls(&w.r, 0, &m, one_call);
        assert_unsupported(NULL);
        assert_int_equal(m.n_calls, 0);
    }
    read_json("{\"tool_calls\":{\"name\":\"f\"}}");
    reader_calls(&w.r, 0, &m, one_call);
    assert_unsupported("messages.tool_calls");
    assert_int_equal(m.n_calls, 0);
    read_json("{\"tool_calls\":[{\"name\":\"f\"},{\"name\":\"g\"}]}");
    reader_calls(&w.r, 0, &m, one_call);
    assert_int_equal(m.n_calls, 2);
    assert_true(span_is(m.calls[0].name, "f") && span_is(m.calls[1].name, "g"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_what_is_told_of_bad_input), cmocka_unit_test(test_values),
        cmocka_unit_test(test_joined_parts), cmocka_unit_test(test_kept_output), cmocka_unit_test(test_fields),
        cmocka_unit_test(test_what_fields_set), cmocka_unit_test(test_bounds), cmocka_unit_test(test_messages),
        cmocka_unit_test(test_calls),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
