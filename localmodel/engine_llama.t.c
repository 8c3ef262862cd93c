/* The real engine on a small real model (SmolLM2-135M): what deploy/fetch-model fetches, or CORDON_TEST_MODEL. Without
 * it these tests are skipped, and say so. One thread: two on a busy machine are ten times slower (docs/MODELS.md). */
#include "core/log.h"
#include "localmodel/engine_llama.t.h"
#include <unistd.h>

#define CONTEXT 512

static const char *model_file;
static struct engine *engine;
static struct listener *listener;

static int start_engine(void **state)
{
    (void)state;
    model_file = test_model("CORDON_TEST_MODEL", TEST_CHAT_MODEL);
    if (access(model_file, R_OK) != 0) {
        printf("skipped: no model at %s; deploy/fetch-model fetches it\n", model_file);
        return 0;
    }
    const struct engine_model_conf conf = {.name = "smol", .file = model_file, .context = CONTEXT,
                                           .parallel = 4, .queue = 8};
    struct why why;
    engine = engine_start(&conf, 1, &why);
    if (engine == NULL) printf("%s\n", why.text);
    return engine == NULL;
}

/* Where the broken files are made. */
static char folder[] = "/tmp/cordon-engine-XXXXXX";

static void remove_files(void)
{
    static const char *const names[] = {"empty", "text", "head", "old", "huge", "cut", "turned", "template"};
    char path[128];
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static int stop_engine(void **state)
{
    (void)state;
    engine_stop(engine);
    remove_files();
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

#define NEEDS_MODEL() do { if (engine == NULL) skip(); } while (0)

static const struct heard *answer_at(uint32_t slot, const struct conv *c)
{
    uint64_t job;
    listener->at[slot] = (struct heard){0};
    assert_int_equal(ask(engine, listener, slot, c, &job), FAIL_OK);
    return listen_slot(listener, slot, 60);
}

static const struct heard *answer(const struct conv *c) { return answer_at(0, c); }

/* --- inspection --- */

static void test_inspect(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct engine_model_info info;
    struct why why;
    assert_int_equal(engine_inspect(model_file, &info, &why), FAIL_OK);
    assert_string_equal(info.family, "llama");
    assert_true(info.parameters > 134000000 && info.parameters < 136000000);
    assert_int_equal(info.bytes, 98362432);
    assert_int_equal(info.context_trained, 8192);
    assert_string_equal(info.licence, "apache-2.0");
    assert_true(info.has_template);
    assert_false(info.has_tool_template);
    assert_non_null(strstr(info.description, "q4_1"));
    assert_int_equal(engine_find(engine, "smol", CONV_CHAT)->context, CONTEXT);
}

static const char *broken_file(const char *name, const void *bytes, size_t n)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return path;
}

static void refused(const char *path, const char *reason)
{
    struct engine_model_info info;
    struct why why = {""};
    assert_int_equal(engine_inspect(path, &info, &why), FAIL_CONFIG);
    if (strstr(why.text, path) == NULL || strstr(why.text, reason) == NULL || strchr(why.text, ';') == NULL)
        fail_msg("%s: \"%s\" does not name the file, \"%s\" and what to do", path, why.text, reason);
    const struct engine_model_conf conf = {.name = "x", .file = path};
    assert_null(engine_start(&conf, 1, &why));
    assert_non_null(strstr(why.text, reason));
}

static void test_broken_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    refused("/nowhere/model.gguf", "cannot be opened");
    refused(folder, "is a folder");
    refused("/dev/null", "is no regular file");
    refused(broken_file("empty", "", 0), "is empty");
    refused(broken_file("text", "This is a letter to my grandmother.\n", 36), "is not in the GGUF format");
    refused(broken_file("head", "GGUF", 4), "is damaged");
    refused(broken_file("old", "GGUF\1\0\0\0", 8), "is damaged");
    static const char huge[24] = "GGUF\3\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x7f";
    refused(broken_file("huge", huge, sizeof huge), "is damaged");
}

/* A real file cut at many places, and with bytes turned over: an error or a description, never a crash. */
static void test_damaged_copies(void **state)
{
    (void)state;
    NEEDS_MODEL();
    static char head[1 << 21];
    FILE *f = fopen(model_file, "r");
    assert_non_null(f);
    size_t n = fread(head, 1, sizeof head, f);
    fclose(f);
    assert_int_equal(n, sizeof head);
    for (size_t cut = 5; cut < n; cut += cut < 2000 ? 61 : cut / 2) {
        struct engine_model_info info;
        struct why why;
        assert_int_equal(engine_inspect(broken_file("cut", head, cut), &info, &why), FAIL_CONFIG);
    }
    refused(broken_file("cut", head, n), "is cut short");
    for (size_t at = 4; at < 3000; at += 7) {
        struct engine_model_info info;
        struct why why;
        head[at] ^= (char)0xff;
        assert_int_equal(engine_inspect(broken_file("turned", head, n), &info, &why), FAIL_CONFIG);
        head[at] ^= (char)0xff;
    }
}

/* --- answers --- */

static void test_chat(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "What is the capital of France? Answer in one sentence.");
    c.temperature = 0;
    c.max_tokens = 40;
    const struct heard *h = answer(&c);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->first, EV_START);
    assert_int_equal(h->starts, 1);
    assert_int_equal(h->after_end, 0);
    assert_non_null(strstr(h->text, "Paris"));
    assert_null(strstr(h->text, "<|im_"));
    assert_true(h->prompt_tokens > 10 && h->completion_tokens > 0);
}

static void test_seed(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "Tell me a story about a ship.");
    c.temperature = 1;
    c.max_tokens = 32;
    c.has_seed = true;
    c.seed = 7;
    const struct heard *first = answer_at(0, &c), *same = answer_at(1, &c);
    assert_int_equal(first->ends, 1);
    assert_true(first->n_text > 20);
    assert_string_equal(first->text, same->text);
    c.seed = 8;
    assert_string_not_equal(first->text, answer_at(2, &c)->text);
}

static void test_streaming(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "Count from one to twenty in words.");
    c.temperature = 0;
    c.max_tokens = 60;
    const struct heard *h = answer(&c);
    assert_true(h->texts >= 3);                          /* it came in pieces … */
    assert_true(h->texts <= h->completion_tokens);       /* … of a token or, on a quick machine, several */
    assert_true(h->n_text > 50);
}

static void test_together(void **state)
{
    (void)state;
    NEEDS_MODEL();
    static const char *const asked[] = {
        "What is the capital of France? Answer in one sentence.", "Say hello.", "Name a colour.", "Write a poem.",
        "What is the capital of Italy? Answer in one sentence.", "Name a fruit."};
    struct conv_msg m;
    uint64_t job;
    for (uint32_t i = 0; i < COUNT(asked); i++) {
        struct conv c = conv_of(&m, asked[i]);
        c.temperature = 0;
        c.max_tokens = 30;
        assert_int_equal(ask(engine, listener, i, &c, &job), FAIL_OK);
    }
    listen_all(listener, COUNT(asked), 120);
    for (uint32_t i = 0; i < COUNT(asked); i++) {
        const struct heard *h = &listener->at[i];
        assert_int_equal(h->ends, 1);
        assert_true(h->n_text > 0 && h->completion_tokens > 0 && h->completion_tokens <= 30);
    }
    assert_non_null(strstr(listener->at[0].text, "Paris"));   /* nobody got another's answer */
    assert_non_null(strstr(listener->at[4].text, "Rome"));
}

static void test_max_tokens(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "Write a long essay about the sea.");
    c.max_tokens = 5;
    const struct heard *h = answer_at(0, &c);
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->completion_tokens, 5);
    c.max_tokens = 0;
    h = answer_at(1, &c);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->n_text, 0);
}

static void test_stop_string(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "What is the capital of France? Answer in one sentence.");
    struct span stop = SPAN("Par");
    c.temperature = 0;
    c.max_tokens = 40;
    char whole[256];
    snprintf(whole, sizeof whole, "%.200s", answer_at(0, &c)->text);
    c.stops = &stop;
    c.n_stops = 1;
    const struct heard *h = answer_at(1, &c);
    assert_int_equal(h->stop, STOP_STRING);
    assert_string_equal(h->stop_string, "Par");
    assert_null(strstr(h->text, "Par"));
    *strstr(whole, "Par") = '\0';
    assert_string_equal(h->text, whole);
}

static const char *long_text(unsigned words)
{
    static char text[65536];
    size_t at = 0;
    for (unsigned i = 0; i < words; i++) at += (size_t)snprintf(text + at, sizeof text - at, "word%u ", i);
    return text;
}

static void test_context(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, long_text(1000));
    const struct heard *h = answer_at(0, &c);
    assert_int_equal(h->first, EV_ERROR);
    assert_int_equal(h->fail, FAIL_CONTEXT_LENGTH);
    static char megabytes[3 << 20];
    memset(megabytes, 'x', sizeof megabytes - 1);
    c = conv_of(&m, megabytes);
    assert_int_equal(answer_at(1, &c)->fail, FAIL_CONTEXT_LENGTH);
}

static void test_context_leaves_little(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, long_text(120));
    c.max_tokens = 10000;
    c.temperature = 1.9;
    c.has_seed = true;
    c.seed = 3;
    const struct heard *h = answer(&c);
    assert_int_equal(h->ends, 1);
    assert_true(h->prompt_tokens > 300);
    assert_true(h->prompt_tokens + h->completion_tokens <= CONTEXT);
    if (h->stop == STOP_LENGTH) assert_int_equal(h->prompt_tokens + h->completion_tokens, CONTEXT);
}

static void test_cancel(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "Write a very long story.");
    uint64_t job;
    c.frequency_penalty = 1;
    assert_int_equal(ask(engine, listener, 0, &c, &job), FAIL_OK);
    listen_first_text(listener, 60);
    uint64_t asked = clock_mono_us();
    engine_cancel(engine, job);
    listen_all(listener, 1, 60);
    assert_int_equal(listener->at[0].errors, 1);
    assert_int_equal(listener->at[0].fail, FAIL_CLIENT_ABORT);
    assert_true(listener->at[0].ended_us - asked < 1000000);
    mailbox_drain(listener->box);
    assert_int_equal(listener->at[0].after_end, 0);
}

static void test_penalties_and_seed_are_taken(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = conv_of(&m, "Repeat the word tree.");
    c.temperature = 1e300;   /* beyond any sense: clamped, not a crash */
    c.top_p = 0;
    c.frequency_penalty = 2;
    c.presence_penalty = -1e9;
    c.max_tokens = 8;
    assert_int_equal(answer(&c)->ends, 1);
}

/* --- tools --- */

#define LAB_TOOL                                                                                                        \
    "[{\"type\":\"function\",\"function\":{\"name\":\"get_lab_result\",\"description\":\"Fetch a lab result\","        \
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"mrn\":{\"type\":\"string\",\"maxLength\":12},"             \
    "\"test\":{\"enum\":[\"potassium\",\"sodium\"]}},\"required\":[\"mrn\",\"test\"],\"additionalProperties\":false}}}," \
    "{\"type\":\"function\",\"function\":{\"name\":\"other\",\"parameters\":{\"type\":\"object\",\"properties\":"      \
    "{\"x\":{\"$ref\":\"#/$defs/n\"}},\"required\":[\"x\"],\"$defs\":{\"n\":{\"type\":\"integer\",\"minimum\":1,"    \
    "\"maximum\":9}}}}}]"

static struct conv tool_conv(struct conv_msg *m, enum tool_choice choice)
{
    struct conv c = conv_of(m, "What is the potassium of the patient with MRN 00482913?");
    c.tools = SPAN(LAB_TOOL);
    c.tool_choice = choice;
    c.temperature = 0;
    c.max_tokens = 100;
    return c;
}

static void test_required_call(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = tool_conv(&m, TOOLS_REQUIRED);
    const struct heard *h = answer(&c);
    assert_int_equal(h->ends, 1);
    assert_int_equal(h->stop, STOP_TOOL_CALLS);
    assert_int_equal(h->calls, 1);
    assert_int_equal(h->texts, 0);
    assert_true(is_json(h->arguments));
    printf("required: %s(%s)\n", h->name, h->arguments);
}

static void test_named_call(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = tool_conv(&m, TOOLS_NAMED);
    c.tool_name = SPAN("other");
    c.temperature = 1;
    const struct heard *h = answer_at(0, &c);
    assert_string_equal(h->name, "other");
    int x = 0;
    assert_int_equal(sscanf(h->arguments, " { \"x\" : %d }", &x), 1);
    assert_true(x >= 1 && x <= 9);                       /* the schema's reference was followed */
    c.tool_name = SPAN("unknown");
    h = answer_at(1, &c);
    assert_int_equal(h->first, EV_ERROR);
    assert_int_equal(h->fail, FAIL_LOCAL_UNSUPPORTED);
}

static void test_call_cut_by_the_limit(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = tool_conv(&m, TOOLS_REQUIRED);
    c.max_tokens = 12;
    const struct heard *h = answer(&c);
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->completion_tokens, 12);
}

static void test_free_choice(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg m;
    struct conv c = tool_conv(&m, TOOLS_AUTO);
    const struct heard *h = answer(&c);
    assert_int_equal(h->ends, 1);
    assert_true(h->n_text > 0 || (h->calls > 0 && is_json(h->arguments)));
    printf("free choice: %u calls, text \"%.60s\"\n", h->calls, h->text);
}

static void test_tools_that_make_no_sense(void **state)
{
    (void)state;
    NEEDS_MODEL();
    static const char *const bad[] = {"[]", "[1]", "{}", "[{\"type\":\"function\"}]", "[{\"type\":\"function\",\"function\":"
        "{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/nowhere\"}}}}}]"};
    struct conv_msg m;
    for (uint32_t i = 0; i < COUNT(bad); i++) {
        struct conv c = tool_conv(&m, TOOLS_REQUIRED);
        c.tools = span_str(bad[i]);
        const struct heard *h = answer_at(i, &c);
        assert_int_equal(h->first, EV_ERROR);
        assert_int_equal(h->fail, FAIL_LOCAL_UNSUPPORTED);
    }
}

static void test_a_conversation_with_calls(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_call call = {.id = SPAN("call_1"), .name = SPAN("get_lab_result"),
                             .arguments = SPAN("{\"mrn\":\"1\",\"test\":\"sodium\"}")};
    struct conv_msg msgs[] = {
        {.role = ROLE_DEVELOPER, .text = SPAN("Be brief.")},
        {.role = ROLE_USER, .text = SPAN("Sodium of patient 1?")},
        {.role = ROLE_ASSISTANT, .calls = &call, .n_calls = 1},
        {.role = ROLE_TOOL, .text = SPAN("140 mmol/L"), .tool_call_id = SPAN("call_1")},
    };
    struct conv_msg m;
    struct conv c = tool_conv(&m, TOOLS_AUTO);
    c.msgs = msgs;
    c.n_msgs = COUNT(msgs);
    const struct heard *h = answer(&c);
    assert_int_equal(h->ends, 1);
    assert_true(h->prompt_tokens > 100);
}

/* Templates of other families, on the same weights: what matters is that each request ends, in the right form. */
struct family {
    const char *name, *jinja;
};

static const struct family families[] = {
    /* raises over roles that do not alternate, as Mistral's and Gemma's do */
    {"strict roles",
     "{%- for m in messages -%}{%- if (m.role == 'user') != (loop.index0 % 2 == 0) -%}"
     "{{ raise_exception('roles must alternate') }}{%- endif -%}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
     "{%- endfor -%}{%- if add_generation_prompt -%}<|im_start|>assistant\n{%- endif -%}"},
    /* opens the reasoning in the prompt, as DeepSeek R1's does */
    {"opened reasoning",
     "{%- for m in messages -%}<|im_start|>{{ m.role }}\n{{ m.content.split('</think>')[-1] }}<|im_end|>\n{%- endfor -%}"
     "{%- if add_generation_prompt -%}<|im_start|>assistant\n<think>\n{%- endif -%}"},
};

static struct engine *with_template(const char *jinja)
{
    static char path[128];
    snprintf(path, sizeof path, "%s", broken_file("template", jinja, strlen(jinja)));
    const struct engine_model_conf conf = {.name = "family", .file = model_file, .context = 512, .parallel = 1,
                                           .chat_template = path};
    struct why why = {""};
    struct engine *e = engine_start(&conf, 1, &why);
    if (e == NULL) print_message("%s\n", why.text);
    return e;
}

static void test_other_templates(void **state)
{
    (void)state;
    NEEDS_MODEL();
    struct conv_msg msgs[] = {{.role = ROLE_USER, .text = SPAN("One.")}, {.role = ROLE_USER, .text = SPAN("Two.")},
                              {.role = ROLE_ASSISTANT, .text = SPAN("Three.")}, {.role = ROLE_USER, .text = SPAN("Four?")}};
    struct conv_msg m;
    for (size_t i = 0; i < COUNT(families); i++) {
        struct engine *e = with_template(families[i].jinja);
        assert_non_null(e);
        uint64_t job;
        for (uint32_t choice = 0; choice < 3; choice++) {
            struct conv c = tool_conv(&m, choice == 2 ? TOOLS_REQUIRED : TOOLS_AUTO);
            if (choice == 0) c.tools = SPAN_NONE;
            c.msgs = msgs;
            c.n_msgs = COUNT(msgs);
            c.max_tokens = 60;
            listener->at[choice] = (struct heard){0};
            assert_int_equal(ask(e, listener, choice, &c, &job), FAIL_OK);
        }
        listen_all(listener, 3, 120);
        engine_stop(e);
        for (uint32_t choice = 0; choice < 3; choice++) {
            if (listener->at[choice].ends != 1)
                fail_msg("%s, %u: %s", families[i].name, choice, fail_code(listener->at[choice].fail));
            assert_null(strstr(listener->at[choice].text, "think>"));
        }
        assert_int_equal(listener->at[2].calls, 1);
    }
}

static void test_template_that_is_none(void **state)
{
    (void)state;
    NEEDS_MODEL();
    assert_null(with_template("{% for m in messages %}"));
    assert_null(with_template(""));
}

/* --- the end --- */

static void test_stop_while_running(void **state)
{
    (void)state;
    NEEDS_MODEL();
    const struct engine_model_conf conf = {.name = "second", .file = model_file, .context = 256, .parallel = 1, .queue = 2};
    struct why why;
    struct engine *second = engine_start(&conf, 1, &why);
    assert_non_null(second);
    struct conv_msg m;
    struct conv c = conv_of(&m, "Write a very long story.");
    uint64_t job;
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(ask(second, listener, i, &c, &job), FAIL_OK);
    assert_int_equal(ask(second, listener, 3, &c, &job), FAIL_ENGINE_BUSY);
    listen_first_text(listener, 60);
    engine_stop(second);
    mailbox_drain(listener->box);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(listener->at[i].errors + listener->at[i].ends, 1);
        assert_int_equal(listener->at[i].fail, FAIL_ENGINE_FAILED);
    }
}

int main(void)
{
    log_level = LOG_WARN;
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_broken_files), TEST(test_inspect), TEST(test_damaged_copies), TEST(test_chat), TEST(test_seed),
        TEST(test_streaming), TEST(test_together), TEST(test_max_tokens), TEST(test_stop_string), TEST(test_context),
        TEST(test_context_leaves_little), TEST(test_cancel), TEST(test_penalties_and_seed_are_taken),
        TEST(test_required_call), TEST(test_named_call), TEST(test_call_cut_by_the_limit), TEST(test_free_choice),
        TEST(test_tools_that_make_no_sense), TEST(test_a_conversation_with_calls), TEST(test_other_templates),
        TEST(test_template_that_is_none), TEST(test_stop_while_running),
    };
    return cmocka_run_group_tests(tests, start_engine, stop_engine);
}
