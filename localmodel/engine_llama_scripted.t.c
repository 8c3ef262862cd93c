/* The real engine on models whose every word is known: tests/e2e/tiny_gguf.py makes them here, of the vocabulary of the
 * small model that deploy/fetch-model fetches. Without that or Python these tests are skipped, and say so. */
#include "core/log.h"
#include "localmodel/engine_llama.t.h"
#include <unistd.h>

static struct listener *listener;

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

/* `options` are the script's, as a shell takes them. Skips the test when no model can be made here. */
static struct engine *scripted(const char *options, uint32_t context)
{
    char file[] = "/tmp/cordon-tiny-XXXXXX", command[9000];
    const char *tokenizer = test_model("CORDON_TEST_MODEL", TEST_CHAT_MODEL);
    if (access(tokenizer, R_OK) != 0 || system("python3 --version >/dev/null 2>&1") != 0) {
        printf("skipped: %s or python3 is not there\n", tokenizer);
        skip();
    }
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    snprintf(command, sizeof command, "python3 '" CORDON_SOURCE_DIR "/tests/e2e/tiny_gguf.py' --tokenizer '%s' --out %s %s",
             tokenizer, file, options);
    int made = system(command);
    const struct engine_model_conf conf = {.name = "tiny", .file = file, .context = context, .parallel = 2};
    struct why why = {""};
    struct engine *e = made == 0 ? engine_start(&conf, 1, &why) : NULL;
    unlink(file);
    if (e == NULL) fail_msg("%d %s", made, why.text);
    return e;
}

static const struct heard *answer_of(struct engine *e, const struct conv *c)
{
    uint64_t job;
    listener->at[0] = (struct heard){0};
    assert_int_equal(ask(e, listener, 0, c, &job), FAIL_OK);
    return listen_slot(listener, 0, 60);
}

#define READ_FILE                                                                                                    \
    "[{\"type\":\"function\",\"function\":{\"name\":\"read_file\",\"parameters\":{\"type\":\"object\",\"properties\":"     \
    "{\"path\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}},\"required\":[\"path\",\"n\"]}}}]"
#define NOTES "All is well, and all is g\xc3\xbct."
#define ARGUMENTS "{\"path\": \"notes.txt\", \"n\": 3}"

/* A whole turn of an agent: a call, and the answer once its result is there. */
static void test_agent(void **state)
{
    (void)state;
    struct engine *e = scripted("--call read_file --arguments '" ARGUMENTS "' --say '" NOTES "'", 2048);
    struct conv_call call = {.id = SPAN("c1"), .name = SPAN("read_file"), .arguments = SPAN(ARGUMENTS)};
    struct conv_msg msgs[] = {{.role = ROLE_USER, .text = SPAN("Read my notes.")},
                              {.role = ROLE_ASSISTANT, .text = SPAN(""), .calls = &call, .n_calls = 1},
                              {.role = ROLE_TOOL, .text = SPAN("the notes"), .tool_call_id = SPAN("c1")}};
    struct conv c = conv_of(&msgs[0], "Read my notes.");
    c.tools = SPAN(READ_FILE);
    const struct heard *h = answer_of(e, &c);
    assert_int_equal(h->calls, 1);
    assert_string_equal(h->name, "read_file");
    assert_string_equal(h->arguments, ARGUMENTS);
    assert_int_equal(h->stop, STOP_TOOL_CALLS);
    assert_int_equal(h->n_text, 0);
    c.n_msgs = 3;
    h = answer_of(e, &c);
    assert_string_equal(h->text, NOTES);
    assert_int_equal(h->stop, STOP_END);
    assert_int_equal(h->calls, 0);
    /* A schema beside the tools lets the call through. */
    c.n_msgs = 1;
    c.format = FORMAT_JSON;
    h = answer_of(e, &c);
    assert_string_equal(h->arguments, ARGUMENTS);
    assert_int_equal(h->stop, STOP_TOOL_CALLS);
    engine_stop(e);
}

static void heard_thought(const struct heard *h, bool shown, const char *text)
{
    assert_string_equal(h->reasoning, shown ? "Hm, well. Hm, well." : "");
    assert_string_equal(h->text, text);
    assert_true(h->reasoning_tokens > 0 && h->reasoning_tokens < h->completion_tokens);
}

#define ANSWER "{\"answer\": \"it is 42\", \"sure\": true}"

/* The same in each way that an answer is read: plain, with tools, under a grammar. */
static void test_reasoning(void **state)
{
    (void)state;
    struct engine *e = scripted("--think 'Hm, well. Hm, well.' --say '" ANSWER "'", 2048);
    struct conv_msg m;
    struct conv c = conv_of(&m, "What is it?");
    for (int way = 0; way < 4; way++) {
        c.tools = way & 1 ? SPAN(READ_FILE) : SPAN_NONE;
        c.format = way & 2 ? FORMAT_SCHEMA : FORMAT_TEXT;
        c.schema = SPAN("{\"type\":\"object\",\"properties\":{\"answer\":{\"type\":\"string\"},"
                        "\"sure\":{\"type\":\"boolean\"}},\"required\":[\"answer\",\"sure\"]}");
        c.show_reasoning = false;
        heard_thought(answer_of(e, &c), false, ANSWER);
        c.show_reasoning = true;
        heard_thought(answer_of(e, &c), true, ANSWER);
    }
    c.max_tokens = 3;
    const struct heard *h = answer_of(e, &c);
    assert_int_equal(h->stop, STOP_LENGTH);
    assert_int_equal(h->reasoning_tokens, 3);
    engine_stop(e);
}

static void test_stop_strings(void **state)
{
    (void)state;
    struct engine *e = scripted("--say 'one two three four five'", 2048);
    struct span stops[] = {SPAN("six"), SPAN("ee fo")};
    struct conv_msg m;
    struct conv c = conv_of(&m, "Count.");
    c.stops = stops;
    c.n_stops = 2;
    const struct heard *h = answer_of(e, &c);
    assert_string_equal(h->text, "one two thr");
    assert_int_equal(h->stop, STOP_STRING);
    assert_string_equal(h->stop_string, "ee fo");
    c.tools = SPAN(READ_FILE);         /* the parsed way */
    h = answer_of(e, &c);
    assert_string_equal(h->text, "one two thr");
    assert_string_equal(h->stop_string, "ee fo");
    engine_stop(e);
}

static void test_long_prompt(void **state)
{
    (void)state;
    struct engine *e = scripted("--say 'That was long.'", 40000);
    static char text[120000];
    for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "word "[i % 5];
    struct conv_msg m;
    struct conv c = conv_of(&m, text);
    const struct heard *h = answer_of(e, &c);
    assert_string_equal(h->text, "That was long.");
    assert_true(h->prompt_tokens > 20000);
    engine_stop(e);
}

int main(void)
{
    log_level = LOG_WARN;
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_agent), TEST(test_reasoning), TEST(test_stop_strings), TEST(test_long_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
