/* The real engine's other forms of answer: documents under a schema, reasoning, counts, vectors, shorter lists of tools.
 * On the small models that deploy/fetch-model fetches; without them these tests are skipped, and say so. */
#include "core/log.h"
#include "localmodel/engine_llama.t.h"
#include <sys/stat.h>
#include <unistd.h>

#define CONTEXT 512

static struct engine *chat, *vectors;
static struct listener *listener;

static struct engine *load(const char *file, uint32_t parallel, const char *template_file)
{
    const struct engine_model_conf conf = {.name = "m", .file = file, .context = CONTEXT, .parallel = parallel, .queue = 8,
                                           .chat_template = template_file};
    struct why why = {""};
    if (access(file, R_OK) != 0) {
        printf("skipped: no model at %s; deploy/fetch-model fetches it\n", file);
        return NULL;
    }
    struct engine *e = engine_start(&conf, 1, &why);
    if (e == NULL) fail_msg("%s", why.text);
    return e;
}

static int start_engines(void **state)
{
    (void)state;
    chat = load(test_model("CORDON_TEST_MODEL", TEST_CHAT_MODEL), 2, NULL);
    vectors = load(test_model("CORDON_TEST_EMBEDDER", TEST_EMBEDDER), 2, NULL);
    return 0;
}

static int stop_engines(void **state)
{
    (void)state;
    engine_stop(chat);
    engine_stop(vectors);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    listener = listener_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    listener_free(listener);
    return 0;
}

#define NEEDS(engine) do { if ((engine) == NULL) skip(); } while (0)

static const struct heard *answer_of(struct engine *e, const struct conv *c)
{
    uint64_t job;
    listener->at[0] = (struct heard){0};
    assert_int_equal(ask(e, listener, 0, c, &job), FAIL_OK);
    return listen_slot(listener, 0, 60);
}

/* --- documents --- */

#define PATIENT \
    "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":12},\"age\":{\"type\":\"integer\"," \
    "\"minimum\":0,\"maximum\":120},\"ward\":{\"enum\":[\"north\",\"s\xc3\xbc" "d\"]}," \
    "\"next\":{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/d\"}]}}," \
    "\"required\":[\"name\",\"age\",\"ward\",\"next\"],\"additionalProperties\":false," \
    "\"$defs\":{\"d\":{\"type\":\"string\",\"maxLength\":8}}}"

static struct conv schema_conv(struct conv_msg *m, const char *schema)
{
    struct conv c = conv_of(m, "Mrs Ada Quill is 54 years old and lies in the north ward. Write this as JSON.");
    c.format = FORMAT_SCHEMA;
    c.schema = span_str(schema);
    c.temperature = 0;
    c.max_tokens = 120;
    return c;
}

/* Members of a document, by the scanner that reads requests. */
struct document {
    struct arena *arena;
    struct jdoc d;
};

static struct document read_document(const char *text)
{
    struct document doc = {.arena = arena_new(0)};
    size_t at;
    if (jscan(span_str(text), doc.arena, &doc.d, &at) != FAIL_OK) fail_msg("no JSON: %s", text);
    return doc;
}

static void test_schema(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = schema_conv(&m, PATIENT);
    const struct heard *h = answer_of(chat, &c);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->stop, STOP_END);
    assert_true(h->texts > 1);                           /* it comes as it is written */
    struct document doc = read_document(h->text);
    int64_t age = -1;
    uint32_t ward = jdoc_get(&doc.d, 0, "ward");
    assert_int_equal(doc.d.tok[0].type, J_OBJECT);
    assert_true(jdoc_int(&doc.d, jdoc_get(&doc.d, 0, "age"), &age) && age >= 0 && age <= 120);
    assert_true(jdoc_is(&doc.d, ward, "north") || jdoc_is(&doc.d, ward, "s\xc3\xbc" "d"));
    assert_true(jdoc_get(&doc.d, 0, "next") != J_NONE && jdoc_get_type(&doc.d, 0, "name", J_STRING) != J_NONE);
    arena_free(doc.arena);
}

/* A tree, as OpenAI's guide describes one. */
static void test_schema_of_itself(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = schema_conv(&m, "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"boolean\"},\"next\":{\"anyOf\":["
                                    "{\"$ref\":\"#\"},{\"type\":\"null\"}]}},\"required\":[\"v\",\"next\"],"
                                    "\"additionalProperties\":false}");
    c.max_tokens = 200;
    const struct heard *h = answer_of(chat, &c);
    assert_int_equal(h->errors, 0);
    assert_true(h->text[0] == '{' && strstr(h->text, "\"v\""));
    if (h->stop != STOP_END) return;                     /* it may go deep */
    struct document doc = read_document(h->text);
    assert_true(jdoc_get(&doc.d, 0, "v") != J_NONE && jdoc_get(&doc.d, 0, "next") != J_NONE);
    arena_free(doc.arena);
}

/* Whatever the dice say, it fits; and a hot model would otherwise write anything but JSON. */
static void test_schema_when_hot(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = schema_conv(&m, "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":2,\"maxItems\":4}");
    c.temperature = 2;
    c.top_k = 0;
    c.has_seed = true;
    for (c.seed = 0; c.seed < 3; c.seed++) {
        const struct heard *h = answer_of(chat, &c);
        assert_int_equal(h->stop, STOP_END);
        struct document doc = read_document(h->text);
        assert_int_equal(doc.d.tok[0].type, J_ARRAY);
        assert_true(doc.d.n >= 3 && doc.d.n <= 5);
        arena_free(doc.arena);
    }
}

static void test_any_object(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = schema_conv(&m, "");
    c.format = FORMAT_JSON;
    c.max_tokens = 200;
    const struct heard *h = answer_of(chat, &c);
    assert_true(h->text[0] == '{');
    if (h->stop != STOP_END) return;
    struct arena *a = arena_new(0);
    struct jdoc d;
    size_t at;
    enum fail f = jscan(span_str(h->text), a, &d, &at);
    arena_free(a);
    assert_true(f == FAIL_OK || f == FAIL_JSON_DUP_KEY);   /* a grammar does not remember which keys there were */
}

static void test_cut_document(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = schema_conv(&m, PATIENT);
    c.max_tokens = 6;
    const struct heard *h = answer_of(chat, &c);
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->completion_tokens, 6);
    assert_true(h->text[0] == '{');
}

static void test_schemas_that_cannot_be_met(void **state)
{
    (void)state;
    NEEDS(chat);
    static const char *const bad[] = {"{\"$ref\":\"#/nowhere\"}", "{\"type\":\"nothing\"}"};
    struct conv_msg m;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct conv c = schema_conv(&m, bad[i]);
        c.max_tokens = 8;
        const struct heard *h = answer_of(chat, &c);
        if (h->errors == 0) fail_msg("%s was taken: %s", bad[i], h->text);
        assert_int_equal(h->first, EV_ERROR);
        assert_int_equal(h->fail, FAIL_LOCAL_UNSUPPORTED);
    }
}

#define LOOK_UP \
    "[{\"type\":\"function\",\"function\":{\"name\":\"look_up\",\"description\":\"Looks a patient up. There is more to " \
    "say about that, and it is said here.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"q\":" \
    "{\"type\":\"string\"," \
    "\"maxLength\":9,\"description\":\"what is looked up\"}},\"required\":[\"q\"]}}}]"

/* Tools and a schema: a call, or a document. */
static void test_schema_beside_tools(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = schema_conv(&m, PATIENT);
    c.tools = SPAN(LOOK_UP);
    const struct heard *h = answer_of(chat, &c);
    assert_int_equal(h->ends, 1);
    assert_true(h->calls > 0 ? is_json(h->arguments) : is_json(h->text));
    printf("schema beside tools: %u calls, text \"%s\"\n", h->calls, h->text);
}

/* --- reasoning --- */

/* Opens the reasoning in the prompt, as DeepSeek R1's template does. */
#define OPENED \
    "{%- for m in messages -%}<|im_start|>{{ m.role }}\n{% if m.reasoning_content %}<think>{{ m.reasoning_content }}" \
    "</think>{% endif %}{{ m.content.split('</think>')[-1] }}<|im_end|>\n{%- endfor -%}" \
    "{%- if add_generation_prompt -%}<|im_start|>assistant\n<think>\n{%- endif -%}"

static struct engine *with_template(const char *jinja)
{
    char path[] = "/tmp/cordon-template-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, jinja, strlen(jinja)), (ssize_t)strlen(jinja));
    close(fd);
    struct engine *e = load(test_model("CORDON_TEST_MODEL", TEST_CHAT_MODEL), 1, path);
    unlink(path);
    return e;
}

static void test_reasoning(void **state)
{
    (void)state;
    NEEDS(chat);
    struct engine *e = with_template(OPENED);
    struct conv_msg m;
    struct conv c = conv_of(&m, "What is two and two?");
    c.temperature = 0;
    c.max_tokens = 20;
    const struct heard *h = answer_of(e, &c);
    assert_int_equal(h->n_reasoning, 0);                 /* not asked for, but counted */
    assert_int_equal(h->n_text, 0);
    assert_true(h->reasoning_tokens > 0 && h->reasoning_tokens == h->completion_tokens);
    c.show_reasoning = true;
    h = answer_of(e, &c);
    assert_true(h->n_reasoning > 0);
    assert_int_equal(h->first, EV_START);
    assert_int_equal(h->n_text, 0);
    /* A document comes after the reasoning: the model may think as long as it likes, and cannot end before. */
    c.format = FORMAT_JSON;
    c.max_tokens = 40;
    h = answer_of(e, &c);
    assert_true(h->n_reasoning > 0);
    assert_int_equal(h->ends, 1);
    assert_true(h->stop == STOP_LENGTH || is_json(h->text));
    engine_stop(e);
}

/* What an earlier answer thought goes back to the template. */
static void test_reasoning_given_back(void **state)
{
    (void)state;
    NEEDS(chat);
    struct engine *e = with_template(OPENED);
    struct conv_msg msgs[] = {{.role = ROLE_USER, .text = SPAN("One?")}, {.role = ROLE_ASSISTANT, .text = SPAN("Two.")},
                              {.role = ROLE_USER, .text = SPAN("Three?")}};
    struct conv_msg m;
    struct conv c = conv_of(&m, "");
    c.kind = CONV_COUNT;
    c.msgs = msgs;
    c.n_msgs = COUNT(msgs);
    uint32_t without = answer_of(e, &c)->prompt_tokens;
    msgs[1].reasoning = SPAN("Well, that is easy enough to say.");
    assert_true(answer_of(e, &c)->prompt_tokens > without + 6);
    engine_stop(e);
}

/* --- counts --- */

static void test_count(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = conv_of(&m, "How many tokens are this?");
    c.max_tokens = 1;
    uint32_t used = answer_of(chat, &c)->prompt_tokens;
    c.kind = CONV_COUNT;
    const struct heard *h = answer_of(chat, &c);
    assert_int_equal(h->first, EV_END);
    assert_int_equal(h->starts, 0);
    assert_int_equal(h->prompt_tokens, used);
    c.tools = SPAN(LOOK_UP);
    assert_true(answer_of(chat, &c)->prompt_tokens > used + 20);
}

static void test_count_beyond_the_context(void **state)
{
    (void)state;
    NEEDS(chat);
    static char text[9 << 20];
    struct conv_msg m;
    for (size_t i = 0; i < 100000; i++) text[i] = "word "[i % 5];
    struct conv c = conv_of(&m, text);
    c.kind = CONV_COUNT;
    const struct heard *h = answer_of(chat, &c);
    assert_int_equal(h->ends, 1);
    assert_true(h->prompt_tokens > 15000);
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(answer_of(chat, &(struct conv){.kind = CONV_COUNT, .n_msgs = 1, .msgs =
        &(struct conv_msg){.role = ROLE_USER, .text = span_str(text)}})->fail, FAIL_CONTEXT_LENGTH);
}

/* While answers take all places, a count does not wait for their ends. */
static void test_count_goes_first(void **state)
{
    (void)state;
    NEEDS(chat);
    struct conv_msg m;
    struct conv c = conv_of(&m, "Write a very long story."), count = conv_of(&m, "Write a very long story.");
    uint64_t jobs[3], job;
    count.kind = CONV_COUNT;
    c.frequency_penalty = 1;
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(ask(chat, listener, i, &c, &jobs[i]), FAIL_OK);
    listen_first_text(listener, 60);
    assert_int_equal(ask(chat, listener, 3, &count, &job), FAIL_OK);
    listen_slot(listener, 3, 5);
    assert_int_equal(listener->at[0].ends + listener->at[1].ends + listener->at[2].ends, 0);
    for (uint32_t i = 0; i < 3; i++) engine_cancel(chat, jobs[i]);
    listen_all(listener, 3, 60);
}

/* While answers take all places: what cannot be answered does not wait to hear that, and who waits may go. */
static void test_what_cannot_be_answered_is_told_at_once(void **state)
{
    (void)state;
    NEEDS(chat);
    static char text[CONTEXT * 16];
    struct conv_msg m, long_m, bad_m;
    struct conv c = conv_of(&m, "Write a very long story."), bad = schema_conv(&bad_m, "{\"$ref\":\"#/nowhere\"}");
    uint64_t jobs[3], job;
    memset(text, ' ', sizeof text - 1);
    for (size_t i = 0; i + 8 < sizeof text; i += 8) memcpy(text + i, "word", 4);
    struct conv longer = conv_of(&long_m, text);
    c.frequency_penalty = 1;
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(ask(chat, listener, i, &c, &jobs[i]), FAIL_OK);
    listen_first_text(listener, 60);
    assert_int_equal(ask(chat, listener, 3, &longer, &job), FAIL_OK);
    assert_int_equal(ask(chat, listener, 4, &bad, &job), FAIL_OK);
    engine_cancel(chat, jobs[2]);
    for (uint32_t i = 2; i < 5; i++) listen_slot(listener, i, 5);
    assert_int_equal(listener->at[2].fail, FAIL_CLIENT_ABORT);
    assert_int_equal(listener->at[3].fail, FAIL_CONTEXT_LENGTH);
    assert_int_equal(listener->at[4].fail, FAIL_LOCAL_UNSUPPORTED);
    assert_int_equal(listener->at[3].starts + listener->at[4].starts, 0);
    assert_int_equal(listener->at[0].ends + listener->at[1].ends, 0);
    for (uint32_t i = 0; i < 2; i++) engine_cancel(chat, jobs[i]);
    listen_all(listener, 2, 60);
}

/* --- tools that do not fit --- */

#define ONE_TOOL \
    "%s{\"type\":\"function\",\"function\":{\"name\":\"tool_%u\",\"description\":\"Does it. At some length this says how, " \
    "when and why it is done, and what for.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":" \
    "{\"type\":\"string\"," \
    "\"description\":\"the thing that is done\"}}}}}"

static const char *many_tools(unsigned n)
{
    static char text[65536];
    size_t at = (size_t)sprintf(text, "[");
    for (unsigned i = 0; i < n; i++)
        at += (size_t)sprintf(text + at, ONE_TOOL, i ? "," : "", i);
    sprintf(text + at, "]");
    return text;
}

static const struct heard *with_tools(unsigned n, bool prune, enum tool_choice choice)
{
    struct conv_msg m;
    struct conv c = conv_of(&m, "Say yes.");
    char last[32];
    uint64_t job;
    snprintf(last, sizeof last, "tool_%u", n - 1);
    c.tools = span_str(many_tools(n));
    c.tool_choice = choice;
    c.tool_name = span_str(last);
    c.max_tokens = 20;
    c.temperature = 0;
    struct engine_request *r = request_of(&c);
    r->prune_tools = prune;
    listener->at[0] = (struct heard){0};
    assert_int_equal(ask_request(chat, listener, 0, r, &job), FAIL_OK);
    return listen_slot(listener, 0, 60);
}

static void test_pruned_tools(void **state)
{
    (void)state;
    NEEDS(chat);
    const struct heard *h = with_tools(2, true, TOOLS_AUTO);
    assert_int_equal(h->tools_given, 2);
    assert_int_equal(h->tools_kept, 2);
    assert_int_equal(with_tools(40, false, TOOLS_AUTO)->fail, FAIL_CONTEXT_LENGTH);
    h = with_tools(40, true, TOOLS_AUTO);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->tools_given, 40);
    assert_true(h->tools_kept > 3 && h->tools_kept < 40);
    assert_true(h->prompt_tokens <= CONTEXT - 20);
    uint32_t kept = h->tools_kept, tokens = h->prompt_tokens;
    h = with_tools(40, true, TOOLS_AUTO);
    assert_true(h->tools_kept == kept && h->prompt_tokens == tokens);
    h = with_tools(40, true, TOOLS_NAMED);
    assert_int_equal(h->ends, 1);
    assert_string_equal(h->name, "tool_39");
}

/* --- vectors --- */

static double cosine(const struct heard *h, size_t a, size_t b)
{
    double sum = 0;
    for (size_t i = 0; i < h->n_vector; i++) sum += (double)h->vector[a][i] * (double)h->vector[b][i];
    return sum;
}

static void test_vectors(void **state)
{
    (void)state;
    NEEDS(vectors);
    struct span inputs[] = {SPAN("The patient complains of chest pain."), SPAN("He suffers from angina pectoris."),
                            SPAN("The stock market fell on Monday."), SPAN(""), SPAN("a\0b")};
    struct conv c = {.kind = CONV_EMBED, .inputs = inputs, .n_inputs = COUNT(inputs)};
    const struct heard *h = answer_of(vectors, &c);
    assert_int_equal(h->first, EV_VECTOR);
    assert_int_equal(h->vectors, COUNT(inputs));
    assert_int_equal(h->n_vector, 384);
    for (size_t i = 0; i < COUNT(inputs); i++) assert_true(fabs(cosine(h, i, i) - 1) < 1e-4);
    printf("related %.3f, unrelated %.3f\n", cosine(h, 0, 1), cosine(h, 0, 2));
    assert_true(cosine(h, 0, 1) > 0.4);
    assert_true(cosine(h, 0, 2) < 0.2);
    assert_true(h->prompt_tokens > 25 && h->prompt_tokens < 45);
    const struct engine_model_info *info = engine_find(vectors, NULL, CONV_EMBED);
    assert_true(info->embeds && info->dimensions == 384 && info->context == 512);
    assert_string_equal(info->family, "bert");
    assert_string_equal(info->licence, "apache-2.0");
    assert_null(engine_find(vectors, NULL, CONV_CHAT));
    assert_null(engine_find(vectors, "m", CONV_CHAT));
}

/* The tokens of a text are what WordPiece makes of it: [CLS] the cat sat [SEP]. */
static void test_tokens_of_vectors(void **state)
{
    (void)state;
    NEEDS(vectors);
    struct span input = SPAN("The Cat sat");
    struct conv c = {.kind = CONV_EMBED, .inputs = &input, .n_inputs = 1};
    assert_int_equal(answer_of(vectors, &c)->prompt_tokens, 5);
    input = SPAN("[CLS]");                               /* as text: no control token */
    assert_int_equal(answer_of(vectors, &c)->prompt_tokens, 2 + 3 + 1);
}

static void test_too_long_for_a_vector(void **state)
{
    (void)state;
    NEEDS(vectors);
    static char text[4000];
    for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "word "[i % 5];
    struct span inputs[] = {SPAN("short"), {text, sizeof text - 1}};
    struct conv c = {.kind = CONV_EMBED, .inputs = inputs, .n_inputs = 2};
    const struct heard *h = answer_of(vectors, &c);
    assert_int_equal(h->first, EV_ERROR);
    assert_int_equal(h->fail, FAIL_CONTEXT_LENGTH);
}

/* A client with many inputs does not hold up one with one. */
static void test_vectors_in_turn(void **state)
{
    (void)state;
    NEEDS(vectors);
    static struct span many[8];
    struct span one = SPAN("one");
    static char text[400];
    for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "word "[i % 5];
    for (size_t i = 0; i < COUNT(many); i++) many[i] = (struct span){text, sizeof text - 1};
    struct conv a = {.kind = CONV_EMBED, .inputs = many, .n_inputs = COUNT(many)};
    struct conv b = {.kind = CONV_EMBED, .inputs = &one, .n_inputs = 1};
    uint64_t job;
    assert_int_equal(ask(vectors, listener, 0, &a, &job), FAIL_OK);
    assert_int_equal(ask(vectors, listener, 1, &b, &job), FAIL_OK);
    listen_all(listener, 2, 60);
    assert_int_equal(listener->at[0].vectors, COUNT(many));
    assert_true(listener->at[1].ended_us < listener->at[0].ended_us);
    assert_int_equal(ask(vectors, listener, 2, &a, &job), FAIL_OK);
    engine_cancel(vectors, job);
    listen_slot(listener, 2, 10);
    assert_int_equal(listener->at[2].fail, FAIL_CLIENT_ABORT);
}

int main(void)
{
    log_level = LOG_WARN;
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_schema), TEST(test_schema_of_itself), TEST(test_schema_when_hot), TEST(test_any_object),
        TEST(test_cut_document),
        TEST(test_schemas_that_cannot_be_met), TEST(test_schema_beside_tools), TEST(test_reasoning),
        TEST(test_reasoning_given_back), TEST(test_count), TEST(test_count_beyond_the_context), TEST(test_count_goes_first),
        TEST(test_what_cannot_be_answered_is_told_at_once),
        TEST(test_pruned_tools), TEST(test_vectors), TEST(test_tokens_of_vectors), TEST(test_too_long_for_a_vector),
        TEST(test_vectors_in_turn),
    };
    return cmocka_run_group_tests(tests, start_engines, stop_engines);
}
