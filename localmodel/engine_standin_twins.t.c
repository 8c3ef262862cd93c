/* Single flight: equal requests at the same time run once. On the stand-in, so that it runs under TSan too. */
#include "core/log.h"
#include "localmodel/engine_listener.t.h"
#include <pthread.h>

static struct engine *engine;
static struct listener *listener;

static int set_up(void **state)
{
    (void)state;
    const struct engine_model_conf conf = {.name = "m", .file = "tiny-135m.gguf", .context = 4000, .parallel = 1,
                                           .queue = 7};
    struct why why;
    engine = engine_start(&conf, 1, &why);
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

static const char *words(unsigned n)
{
    static _Thread_local char text[32000];
    size_t at = 0;
    for (unsigned i = 0; i < n; i++) at += (size_t)snprintf(text + at, sizeof text - at, "w%u ", i);
    return text;
}

static struct engine_request *twin(unsigned n_words, unsigned char key)
{
    struct conv_msg m;
    struct conv c = conv_of(&m, words(n_words));
    struct engine_request *r = request_of(&c);
    memset(r->twin, key, sizeof r->twin);
    return r;
}

static uint64_t put(uint32_t slot, unsigned n_words, unsigned char key)
{
    uint64_t job = 0;
    assert_int_equal(ask_request(engine, listener, slot, twin(n_words, key), &job), FAIL_OK);
    return job;
}

static void heard_the_same(const struct heard *a, const struct heard *b)
{
    assert_int_equal(b->starts, 1);
    assert_int_equal(b->first, EV_START);
    assert_int_equal(b->ends, 1);
    assert_int_equal(b->after_end, 0);
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->prompt_tokens, b->prompt_tokens);
    assert_int_equal(a->completion_tokens, b->completion_tokens);
}

static void test_twins_run_once(void **state)
{
    (void)state;
    uint64_t jobs[3];
    jobs[0] = put(0, 300, 1);
    jobs[1] = put(1, 300, 1);
    listen_first_text(listener, 10);
    jobs[2] = put(2, 300, 1);          /* comes when some is said already */
    assert_true(jobs[0] != jobs[1] && jobs[1] != jobs[2] && jobs[0] != jobs[2]);
    listen_all(listener, 3, 30);
    heard_the_same(&listener->at[0], &listener->at[1]);
    heard_the_same(&listener->at[0], &listener->at[2]);
    assert_int_equal(engine_jobs_run(engine), 1);
    put(3, 300, 1);                    /* when that one is over, it runs again */
    listen_all(listener, 4, 30);
    assert_int_equal(engine_jobs_run(engine), 2);
}

static void test_others_are_no_twins(void **state)
{
    (void)state;
    put(0, 20, 1);
    put(1, 20, 2);
    put(2, 20, 0);                     /* no key: never a twin */
    put(3, 20, 0);
    listen_all(listener, 4, 30);
    assert_int_equal(engine_jobs_run(engine), 4);
}

static void test_the_first_goes_and_the_job_goes_on(void **state)
{
    (void)state;
    uint64_t first = put(0, 300, 1);
    put(1, 300, 1);
    listen_first_text(listener, 10);
    engine_cancel(engine, first);
    listen_all(listener, 2, 30);
    assert_int_equal(listener->at[0].errors, 1);
    assert_int_equal(listener->at[0].fail, FAIL_CLIENT_ABORT);
    assert_int_equal(listener->at[0].after_end, 0);
    assert_int_equal(listener->at[0].prompt_tokens, 300);
    assert_int_equal(listener->at[1].ends, 1);
    assert_int_equal(listener->at[1].completion_tokens, 301);
    assert_int_equal(engine_jobs_run(engine), 1);
}

static void test_all_go_and_the_job_ends(void **state)
{
    (void)state;
    uint64_t jobs[3];
    for (uint32_t i = 0; i < 3; i++) jobs[i] = put(i, 3000, 1);
    listen_first_text(listener, 10);
    for (uint32_t i = 0; i < 3; i++) engine_cancel(engine, jobs[i]);
    listen_all(listener, 3, 5);
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(listener->at[i].fail, FAIL_CLIENT_ABORT);
    put(0, 2, 1);                      /* does not join what is cancelled */
    listener->at[0] = (struct heard){0};
    listen_all(listener, 1, 10);
    assert_int_equal(listener->at[0].ends, 1);
}

static void test_waiting_twins(void **state)
{
    (void)state;
    put(0, 300, 9);                    /* takes the one place */
    uint64_t second = put(1, 5, 1), third = put(2, 5, 1);
    put(3, 5, 1);
    engine_cancel(engine, second);
    engine_cancel(engine, third);
    engine_cancel(engine, third);
    listen_all(listener, 4, 30);
    assert_int_equal(listener->at[1].fail, FAIL_CLIENT_ABORT);
    assert_int_equal(listener->at[2].fail, FAIL_CLIENT_ABORT);
    assert_int_equal(listener->at[3].ends, 1);
    assert_int_equal(engine_jobs_run(engine), 2);
}

/* The model's queue has room for 8: for as many jobs, and for as many who join one. */
static void test_those_who_join_are_bounded(void **state)
{
    (void)state;
    uint64_t job;
    for (uint32_t i = 0; i < 9; i++) put(i, 1000, 1);
    assert_int_equal(ask_request(engine, listener, 9, twin(1000, 1), &job), FAIL_ENGINE_BUSY);
    put(10, 1000, 2);                  /* a job of its own still has room */
    engine_stop(engine);
    engine = NULL;
    mailbox_drain(listener->box);
    for (uint32_t i = 0; i < 9; i++) assert_int_equal(listener->at[i].errors, 1);
    assert_int_equal(listener->at[9].starts + listener->at[9].errors, 0);
    assert_int_equal(listener->at[10].errors, 1);
}

/* --- several workers at once --- */

#define THREADS 4
#define ROUNDS 40

struct worker {
    pthread_t thread;
    struct listener *listener;
    unsigned number;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t job;
        w->listener->at[0] = (struct heard){0};
        if (ask_request(engine, w->listener, 0, twin(3 + i % 7, (unsigned char)(1 + i % 7)), &job) != FAIL_OK) continue;
        if ((i + w->number) % 3 == 0) engine_cancel(engine, job);
        listen_all(w->listener, 1, 30);
        mailbox_drain(w->listener->box);
        assert_int_equal(w->listener->at[0].ends + w->listener->at[0].errors, 1);
        assert_int_equal(w->listener->at[0].after_end, 0);
    }
    return NULL;
}

static void test_many_workers(void **state)
{
    (void)state;
    struct worker w[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.listener = listener_new(), .number = i};
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(w[i].thread, NULL);
        listener_free(w[i].listener);
    }
    assert_true(engine_jobs_run(engine) <= THREADS * ROUNDS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_twins_run_once), TEST(test_others_are_no_twins), TEST(test_the_first_goes_and_the_job_goes_on),
        TEST(test_all_go_and_the_job_ends), TEST(test_waiting_twins), TEST(test_those_who_join_are_bounded),
        TEST(test_many_workers),
    };
    log_level = LOG_WARN;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
