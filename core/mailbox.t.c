/* The mailbox under several producers (meaningful under TSan), and the arena. */
#include "core/mailbox.h"
#include "core/arena.h"
#include "core/blob.h"
#include "core/fail.h"
#include "core/metrics.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define PRODUCERS 4
#define LETTERS 5000

struct numbered {
    struct letter letter;
    int producer, number;
};
struct tally {
    int next[PRODUCERS], total;
};

static void count(struct letter *l, void *owner)
{
    struct numbered *m = (struct numbered *)l;
    struct tally *t = owner;
    assert_int_equal(m->number, t->next[m->producer]);   /* each producer's letters come in its order */
    t->next[m->producer]++;
    t->total++;
    free(m);
}

struct producer {
    struct mailbox *box;
    int id;
};

static void *produce(void *arg)
{
    const struct producer *p = arg;
    for (int i = 0; i < LETTERS; i++) {
        struct numbered *m = malloc(sizeof *m);
        *m = (struct numbered){{NULL, count}, p->id, i};
        mailbox_post(p->box, &m->letter);
    }
    return NULL;
}

static void test_many_producers(void **state)
{
    (void)state;
    struct tally t = {0};
    struct mailbox *box = mailbox_new(&t);
    struct producer p[PRODUCERS];
    pthread_t thread[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        p[i] = (struct producer){box, i};
        assert_int_equal(pthread_create(&thread[i], NULL, produce, &p[i]), 0);
    }
    while (t.total < PRODUCERS * LETTERS) {
        struct pollfd fd = {mailbox_fd(box), POLLIN, 0};
        assert_true(poll(&fd, 1, 10000) > 0);   /* a lost wake-up would end here */
        mailbox_drain(box);
    }
    for (int i = 0; i < PRODUCERS; i++) pthread_join(thread[i], NULL);
    mailbox_free(box);
}

static void test_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new(64);
    for (size_t n = 1; n < 5000; n += 97) {
        char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++) assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    assert_null(arena_array(a, SIZE_MAX / 2, 3));
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    assert_int_equal(*(char *)arena_alloc(a, 1), 0);   /* zeroed again after reuse */
    arena_free(a);
}

static void test_blob(void **state)
{
    (void)state;
    struct blob *b = blob_copy(SPAN("body"));
    struct blob *again = blob_ref(b);
    blob_unref(b);
    assert_true(span_is(blob_span(again), "body"));
    blob_unref(again);
}

static void test_fail_table(void **state)
{
    (void)state;
    for (unsigned f = 0; f < FAIL_COUNT; f++) {
        assert_true(fail_status(f) >= 200 && fail_status(f) < 600);
        assert_true(strlen(fail_code(f)) > 1 && strlen(fail_text(f)) > 5);
    }
    assert_string_equal(fail_code(FAIL_JSON_DUP_KEY), "JSON_DUP_KEY");
    assert_string_equal(fail_code(FAIL_COUNT), "INTERNAL");
}

static void test_metrics_text(void **state)
{
    (void)state;
    struct obuf o = {0};
    metric_add(METRIC_TUNNELS, 3);
    metric_observe(HIST_REQUEST, 60);
    metrics_render(&o);
    obuf_put(&o, "", 1);
    assert_non_null(strstr(o.p, "\ncordon_tunnels_total 3\n"));
    assert_non_null(strstr(o.p, "cordon_request_seconds_bucket{le=\"5e-05\"} 0\n"));
    assert_non_null(strstr(o.p, "cordon_request_seconds_bucket{le=\"0.0001\"} 1\n"));
    obuf_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_producers), cmocka_unit_test(test_arena),        cmocka_unit_test(test_blob),
        cmocka_unit_test(test_fail_table),     cmocka_unit_test(test_metrics_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
