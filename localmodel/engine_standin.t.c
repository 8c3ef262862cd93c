/* The engine's contract, on the stand-in: threads, queue, cancel and stop are the real ones. */
#include "core/log.h"
#include "localmodel/engine_listener.t.h"

static struct engine *engine;
static struct listener *listener;

static int set_up(void **state)
{
    (void)state;
    const struct engine_model_conf conf[] = {
        {.name = "first", .file = "/nowhere/tiny-135m.gguf", .context = 60, .parallel = 2, .queue = 2},
        {.name = "vectors", .file = "tiny-embed.gguf", .context = 6},
        {.name = "second", .file = "big.gguf"},
    };
    struct why why;
    engine = engine_start(conf, COUNT(conf), &why);
    listener = listener_new();
    return engine == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    engine_stop(engine);
    listener_free(listener);
    return 0;
}

/* A text of `words` words. */
static const char *words(unsigned n)
{
    static char text[4096];
    size_t at = 0;
    for (unsigned i = 0; i < n; i++) at += (size_t)snprintf(text + at, sizeof text - at, "w%u ", i);
    return text;
}

static const struct heard *answer(const struct conv *c)
{
    uint64_t job;
    assert_int_equal(ask(engine, listener, 0, c, &job), FAIL_OK);
    listen_all(listener, 1, 10);
    return &listener->at[0];
}

static void test_it_echoes_word_by_word(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "how  are\nyou");
    const struct heard *h = answer(&c);
    assert_string_equal(h->text, "[standin] how are you");
    assert_int_equal(h->first, EV_START);
    assert_int_equal(h->starts, 1);
    assert_int_equal(h->texts, 4);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->after_end, 0);
    assert_int_equal(h->stop, STOP_END);
    assert_int_equal(h->prompt_tokens, 3);
    assert_int_equal(h->completion_tokens, 4);
}

static void test_models_by_name(void **state)
{
    (void)state;
    assert_int_equal(engine_count(engine), 3);
    assert_int_equal(engine_find(engine, NULL, CONV_CHAT)->parameters, 135000000);
    assert_int_equal(engine_find(engine, "first", CONV_CHAT)->context, 60);
    assert_string_equal(engine_find(engine, "second", CONV_CHAT)->name, "big");
    assert_int_equal(engine_find(engine, "second", CONV_CHAT)->context, 8192);
    assert_null(engine_find(engine, "third", CONV_CHAT));
    assert_ptr_equal(engine_find(engine, NULL, CONV_COUNT), engine_find(engine, "first", CONV_COUNT));
    assert_ptr_equal(engine_find(engine, NULL, CONV_EMBED), engine_find(engine, "vectors", CONV_EMBED));
    assert_int_equal(engine_find(engine, NULL, CONV_EMBED)->dimensions, 8);
    assert_null(engine_find(engine, "vectors", CONV_CHAT));
    assert_null(engine_find(engine, "first", CONV_EMBED));
    struct conv_msg m;
    struct conv c = conv_of(&m, "x");
    uint64_t job;
    assert_int_equal(engine_submit(engine, "third", engine_request_new(&c), (struct handle){listener->box, 0, 0}, hear,
                                   &job), FAIL_ENGINE_MISSING);
}

static void test_no_models_at_all(void **state)
{
    (void)state;
    struct why why;
    struct engine *none = engine_start(NULL, 0, &why);
    assert_non_null(none);
    assert_null(engine_find(none, NULL, CONV_CHAT));
    struct conv_msg m;
    struct conv c = conv_of(&m, "x");
    uint64_t job;
    assert_int_equal(ask(none, listener, 0, &c, &job), FAIL_ENGINE_MISSING);
    engine_stop(none);
}

static void test_limits(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "a b c d");
    c.max_tokens = 3;
    const struct heard *h = answer(&c);
    assert_string_equal(h->text, "[standin] a b");
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->completion_tokens, 3);
}

static void test_stop_string_over_words(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "one two three four");
    struct span stop = SPAN("wo th");
    c.stops = &stop;
    c.n_stops = 1;
    const struct heard *h = answer(&c);
    assert_string_equal(h->text, "[standin] one t");
    assert_int_equal(h->stop, STOP_STRING);
    assert_string_equal(h->stop_string, "wo th");
}

static void test_context(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(60));
    const struct heard *h = answer(&c);
    assert_int_equal(h->first, EV_ERROR);
    assert_int_equal(h->fail, FAIL_CONTEXT_LENGTH);
    assert_int_equal(h->errors, 1);
}

static void test_context_leaves_little(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(50));
    c.max_tokens = 500;
    const struct heard *h = answer(&c);
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->completion_tokens, 10);
}

static void test_tool(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "say \"hi\"");
    c.tools = SPAN("[{\"type\":\"function\",\"function\":{\"name\":\"look_up\"}},"
                   "{\"type\":\"function\",\"function\":{\"name\":\"other\"}}]");
    c.tool_choice = TOOLS_REQUIRED;
    const struct heard *h = answer(&c);
    assert_int_equal(h->calls, 1);
    assert_string_equal(h->name, "look_up");
    assert_string_equal(h->arguments, "{\"told\":\"say \\\"hi\\\"\"}");
    assert_int_equal(h->stop, STOP_TOOL_CALLS);
    assert_int_equal(h->texts, 0);
}

static void test_named_tool(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "x");
    c.tools = SPAN("[{\"type\":\"function\",\"function\":{\"name\":\"look_up\"}}]");
    c.tool_choice = TOOLS_NAMED;
    c.tool_name = SPAN("other");
    assert_string_equal(answer(&c)->name, "other");
}

#define TOOLS_3                                                                                                      \
    "[{\"type\":\"function\",\"function\":{\"name\":\"one\",\"description\":\"First. And a good deal more of it.\"}},"  \
    "{\"type\":\"function\",\"function\":{\"name\":\"two\"}},{\"type\":\"function\",\"function\":{\"name\":\"three\"}}]"

static const struct heard *pruned(const char *text)
{
    struct conv_msg m;
    struct conv c = conv_of(&m, text);
    uint64_t job;
    c.tools = SPAN(TOOLS_3);
    c.max_tokens = 4;
    struct engine_request *r = request_of(&c);
    r->prune_tools = true;
    listener->at[0] = (struct heard){0};
    assert_int_equal(ask_request(engine, listener, 0, r, &job), FAIL_OK);
    listen_all(listener, 1, 10);
    return &listener->at[0];
}

/* The list has 24 words, 17 with first sentences, 12 and 7 without one and two tools; 60 is the context. */
static void test_pruned_tools(void **state)
{
    (void)state;
    const struct heard *h = pruned(words(32));
    assert_int_equal(h->tools_given, 3);
    assert_int_equal(h->tools_kept, 3);
    assert_int_equal(h->prompt_tokens, 32 + 24);
    h = pruned(words(33));
    assert_int_equal(h->tools_kept, 3);
    assert_int_equal(h->prompt_tokens, 33 + 17);
    h = pruned(words(40));
    assert_int_equal(h->tools_given, 3);
    assert_int_equal(h->tools_kept, 2);
    assert_int_equal(h->prompt_tokens, 40 + 12);
    h = pruned(words(56));
    assert_int_equal(h->tools_kept, 0);
    assert_int_equal(h->stop, STOP_LENGTH);
    h = pruned(words(59));             /* less than was to be left, but something */
    assert_int_equal(h->completion_tokens, 1);
    assert_int_equal(pruned(words(60))->fail, FAIL_CONTEXT_LENGTH);
}

static void test_not_asked_to_prune(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(40));
    c.tools = SPAN(TOOLS_3);
    assert_int_equal(answer(&c)->fail, FAIL_CONTEXT_LENGTH);
}

static void test_reasoning(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "a b");
    c.show_reasoning = true;
    const struct heard *h = answer(&c);
    assert_string_equal(h->reasoning, "[thinking]");
    assert_string_equal(h->text, "[standin] a b");
    assert_int_equal(h->reasoning_tokens, 1);
    assert_int_equal(h->completion_tokens, 4);
}

static void test_choices(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "a");
    uint64_t job;
    for (uint32_t i = 0; i < 3; i++) {
        struct engine_request *r = request_of(&c);
        r->choice = i;
        memset(r->twin, 7, sizeof r->twin);   /* other choices are no twins */
        assert_int_equal(ask_request(engine, listener, i, r, &job), FAIL_OK);
    }
    listen_all(listener, 3, 10);
    assert_string_equal(listener->at[0].text, "[standin] a");
    assert_string_equal(listener->at[2].text, "[standin:2] a");
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(listener->at[i].choice, i);
}

static void test_json(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, "a");
    c.format = FORMAT_JSON;
    const struct heard *h = answer(&c);
    assert_string_equal(h->text, "{\"standin\":true}");
    assert_int_equal(h->stop, STOP_END);
    listener->at[0] = (struct heard){0};
    c.max_tokens = 1;
    h = answer(&c);
    assert_string_equal(h->text, "{\"standi");
    assert_int_equal(h->stop, STOP_LENGTH);
}

static void schema_case(const char *schema, const char *want)
{
    struct conv_msg m;
    struct conv c = conv_of(&m, "a");
    c.format = FORMAT_SCHEMA;
    c.schema = span_str(schema);
    listener->at[0] = (struct heard){0};
    const struct heard *h = answer(&c);
    if (want == NULL) {
        assert_int_equal(h->first, EV_ERROR);
        assert_int_equal(h->fail, FAIL_LOCAL_UNSUPPORTED);
        return;
    }
    assert_string_equal(h->text, want);
}

static void test_schemas(void **state)
{
    (void)state;
    schema_case("{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\"},"
                "\"n\":{\"type\":\"integer\",\"minimum\":5},"
                "\"e\":{\"enum\":[\"\xc3\xbc\",2]},\"b\":{\"type\":\"boolean\"},\"l\":{\"type\":\"array\",\"items\":"
                "{\"type\":\"number\"},\"minItems\":2},\"o\":{\"type\":[\"null\",\"string\"]},\"c\":{\"const\":{\"k\":1}}}}",
                "{\"s\":\"x\",\"n\":5,\"e\":\"\xc3\xbc\",\"b\":true,\"l\":[1,1],\"o\":null,\"c\":{\"k\":1}}");
    schema_case("{\"$defs\":{\"P\":{\"type\":\"object\",\"properties\":{\"a\":"
                "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}}}},"
                "\"type\":\"object\",\"properties\":{\"p\":{\"$ref\":\"#/$defs/P\"}}}", "{\"p\":{\"a\":\"x\"}}");
    schema_case("{\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":\"#\"},\"v\":{\"type\":\"null\"}},"
                "\"required\":[\"v\"]}",
                "{\"n\":{\"n\":{\"n\":{\"v\":null},\"v\":null},\"v\":null},\"v\":null}");
    schema_case("{\"$ref\":\"#\"}", NULL);
    schema_case("{\"$ref\":\"#/nowhere\"}", NULL);
    schema_case("{\"type\":\"object\",\"properties\":{\"x\":false}}", NULL);
    schema_case("{\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":\"#\"}},\"required\":[\"n\"]}", NULL);
}

static void test_count(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(50)), count = conv_of(&m, "one two three");
    uint64_t job;
    count.kind = CONV_COUNT;
    c.msgs = &(struct conv_msg){.role = ROLE_USER, .text = span_str(words(50))};
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(ask(engine, listener, i, &c, &job), FAIL_OK);
    assert_int_equal(ask(engine, listener, 3, &count, &job), FAIL_OK);
    listen_all(listener, 4, 10);
    const struct heard *h = &listener->at[3];
    assert_int_equal(h->first, EV_END);
    assert_int_equal(h->prompt_tokens, 3);
    assert_int_equal(h->completion_tokens, 0);
    for (uint32_t i = 0; i < 3; i++) assert_true(h->ended_us < listener->at[i].ended_us);   /* it did not wait */
}

static double cosine(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < 8; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

static void test_embed(void **state)
{
    (void)state;
    struct span inputs[] = {SPAN("the cat sat"), SPAN("The cat  slept"), SPAN(""), SPAN("a\0b c")};
    struct conv c = {.kind = CONV_EMBED, .inputs = inputs, .n_inputs = COUNT(inputs)};
    const struct heard *h = answer(&c);
    assert_int_equal(h->first, EV_VECTOR);
    assert_int_equal(h->vectors, 4);
    assert_int_equal(h->n_vector, 8);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->prompt_tokens, 3 + 3 + 0 + 2);
    for (size_t i = 0; i < 4; i++) assert_true(fabs(cosine(h->vector[i], h->vector[i]) - 1) < 1e-5);
    assert_true(cosine(h->vector[0], h->vector[1]) > 0.3);
    listener->at[0] = (struct heard){0};
    inputs[1] = SPAN("1 2 3 4 5 6 7");
    h = answer(&c);
    assert_int_equal(h->first, EV_ERROR);
    assert_int_equal(h->fail, FAIL_CONTEXT_LENGTH);
}

static void test_queue_is_bounded(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(50));
    uint64_t job;
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(ask(engine, listener, i, &c, &job), FAIL_OK);
    assert_int_equal(ask(engine, listener, 4, &c, &job), FAIL_ENGINE_BUSY);
    listen_all(listener, 4, 10);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(listener->at[i].ends, 1);
        assert_int_equal(listener->at[i].after_end, 0);
    }
    /* First in, first out: the two that waited end after the two that did not. */
    assert_true(listener->at[2].ended_us >= listener->at[0].ended_us);
    assert_int_equal(ask(engine, listener, 4, &c, &job), FAIL_OK);
    listen_all(listener, 5, 10);
}

static void test_cancel(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(50));
    uint64_t jobs[4];
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(ask(engine, listener, i, &c, &jobs[i]), FAIL_OK);
    engine_cancel(engine, jobs[3]);   /* waiting */
    listen_first_text(listener, 10);
    engine_cancel(engine, jobs[0]);   /* running */
    listen_all(listener, 4, 10);
    engine_cancel(engine, jobs[1]);   /* over */
    engine_cancel(engine, UINT64_MAX);
    assert_int_equal(listener->at[0].fail, FAIL_CLIENT_ABORT);
    assert_int_equal(listener->at[3].first, EV_ERROR);
    assert_int_equal(listener->at[3].fail, FAIL_CLIENT_ABORT);
    assert_int_equal(listener->at[1].ends + listener->at[2].ends, 2);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(listener->at[i].ends + listener->at[i].errors, 1);
}

static void test_stop_ends_all(void **state)
{
    (void)state;
    struct conv_msg m;
    struct conv c = conv_of(&m, words(50));
    uint64_t job;
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(ask(engine, listener, i, &c, &job), FAIL_OK);
    listen_first_text(listener, 10);
    engine_stop(engine);
    engine = NULL;
    mailbox_drain(listener->box);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(listener->at[i].ends + listener->at[i].errors, 1);
        if (listener->at[i].errors) assert_int_equal(listener->at[i].fail, FAIL_ENGINE_FAILED);
    }
}

static void test_inspect(void **state)
{
    (void)state;
    struct engine_model_info info;
    struct why why;
    assert_int_equal(engine_inspect("/x/y-1.5B-q4.gguf", &info, &why), FAIL_OK);
    assert_string_equal(info.name, "y-1");
    assert_int_equal(info.parameters, 1500000000);
    assert_int_equal(engine_inspect("plain", &info, &why), FAIL_OK);
    assert_int_equal(info.parameters, 1000000000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_it_echoes_word_by_word), TEST(test_models_by_name), TEST(test_no_models_at_all), TEST(test_limits),
        TEST(test_stop_string_over_words), TEST(test_context), TEST(test_context_leaves_little), TEST(test_tool),
        TEST(test_named_tool), TEST(test_queue_is_bounded), TEST(test_cancel), TEST(test_stop_ends_all),
        TEST(test_inspect), TEST(test_pruned_tools), TEST(test_not_asked_to_prune), TEST(test_reasoning), TEST(test_choices),
        TEST(test_json), TEST(test_schemas), TEST(test_count), TEST(test_embed),
    };
    log_level = LOG_WARN;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
