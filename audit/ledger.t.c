#include "audit/rig.h"
#include "core/metrics.h"
#include <pthread.h>
#include <sys/wait.h>

static void first_start_makes_everything(void **state)
{
    (void)state;
    struct rig r;
    struct stat st;
    rig_begin(&r);
    rig_open(&r, 0);
    assert_true(ledger_healthy(r.l));
    assert_int_equal(rig_record(&r, "\"kind\":\"event\",\"event\":\"start\""), FAIL_OK);
    assert_int_equal(r.last_seq, 2);   /* after the segment's own record */
    assert_int_equal(stat(rig_path(&r, "value.key"), &st), 0);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(rig_path(&r, "00000001.jsonl"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    rig_close(&r);
    assert_verifies(&r);
    rig_end(&r);
}

static void makes_the_directory_private(void **state)
{
    (void)state;
    struct rig r;
    struct stat st;
    rig_begin(&r);
    assert_int_equal(rmdir(r.dir), 0);
    rig_open(&r, 0);
    assert_int_equal(stat(r.dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    rig_end(&r);
}

static void two_writers_are_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    struct ledger_conf c = {.dir = r.dir};
    struct why why;
    assert_null(ledger_open(&c, &why));
    assert_non_null(strstr(why.text, "in use by another cordon"));
    assert_verifies(&r);   /* a reader needs no lock */
    rig_end(&r);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    struct rig r;
    char id[32];
    rig_begin(&r);
    rig_open(&r, 0);
    snprintf(id, sizeof id, "%s", ledger_key_id(r.l));
    assert_int_equal(strlen(id), 18);
    assert_int_equal(rig_record(&r, "\"kind\":\"event\",\"event\":\"a\""), FAIL_OK);
    rig_close(&r);
    rig_open(&r, 0);
    assert_string_equal(ledger_key_id(r.l), id);
    assert_int_equal(rig_record(&r, "\"kind\":\"event\",\"event\":\"b\""), FAIL_OK);
    assert_int_equal(r.last_seq, 3);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.records, 3);
    assert_int_equal(v.segments, 1);
    rig_end(&r);
}

static void a_new_key_starts_a_new_segment(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    rig_close(&r);
    assert_int_equal(unlink(rig_path(&r, "value.key")), 0);
    rig_open(&r, 0);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.segments, 2);
    rig_end(&r);
}

static void refuses_a_key_that_others_can_read(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    rig_begin(&r);
    rig_open(&r, 0);
    rig_close(&r);
    struct ledger_conf c = {.dir = r.dir};
    assert_int_equal(chmod(rig_path(&r, "value.key"), 0644), 0);
    assert_null(ledger_open(&c, &why));
    assert_non_null(strstr(why.text, "0600"));
    assert_int_equal(chmod(rig_path(&r, "value.key"), 0600), 0);
    assert_int_equal(truncate(rig_path(&r, "value.key"), 31), 0);
    assert_null(ledger_open(&c, &why));
    assert_non_null(strstr(why.text, "32 bytes"));
    rig_end(&r);
}

static void refuses_a_newer_format(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    static const char newer[] = "{\"v\":2,\"what\":\"ever\"}\n";
    rig_begin(&r);
    rig_write(&r, "00000001.jsonl", newer, sizeof newer - 1);
    struct ledger_conf c = {.dir = r.dir};
    assert_null(ledger_open(&c, &why));
    assert_non_null(strstr(why.text, "newer"));
    size_t n;
    char *left = rig_read(&r, "00000001.jsonl", &n);
    assert_string_equal(left, newer);
    free(left);
    rig_end(&r);
}

static void records_that_nobody_waits_for_are_there_after_a_close(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    for (int i = 0; i < 100; i++) assert_int_equal(rig_submit(&r, "\"kind\":\"outcome\",\"intent\":0", false), FAIL_OK);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.outcomes, 100);
    rig_end(&r);
}

static void records_that_nobody_waits_for_are_written_soon(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    assert_int_equal(rig_submit(&r, "\"kind\":\"outcome\",\"intent\":0", false), FAIL_OK);
    struct verify_report v;
    for (int i = 0; i < 200; i++) {   /* no other record comes, and no close */
        usleep(10000);
        v = rig_verify(&r);
        if (v.records == 2) break;
    }
    assert_int_equal(v.records, 2);
    rig_end(&r);
}

/* They ride with a record that somebody waits for: fewer syncs than records. */
static void outcomes_cost_no_sync_of_their_own(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    uint64_t syncs = metric_get(METRIC_LEDGER_SYNCS), records = metric_get(METRIC_LEDGER_RECORDS);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(rig_submit(&r, "\"kind\":\"outcome\",\"intent\":0", false), FAIL_OK);
        assert_int_equal(rig_record(&r, "\"kind\":\"intent\""), FAIL_OK);
    }
    rig_close(&r);
    assert_int_equal(metric_get(METRIC_LEDGER_RECORDS) - records, 100);
    assert_true(metric_get(METRIC_LEDGER_SYNCS) - syncs < 90);
    rig_end(&r);
}

static void a_full_queue_says_so(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    rig_begin(&r);
    struct ledger_conf c = {.dir = r.dir, .queue = 4};
    r.l = ledger_open(&c, &why);
    assert_non_null(r.l);
    uint64_t in = 0, busy = 0;
    for (int i = 0; i < 20000; i++) {
        enum fail f = rig_submit(&r, "\"kind\":\"intent\"", true);
        in += f == FAIL_OK;
        busy += f == FAIL_LEDGER_BUSY;
        assert_true(f == FAIL_OK || f == FAIL_LEDGER_BUSY);
    }
    assert_true(busy > 0);
    rig_wait(&r, in);
    assert_int_equal(r.failed, 0);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.intents, in);
    rig_end(&r);
}

static void refuses_a_body_that_is_no_record(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    assert_int_equal(rig_submit(&r, "", true), FAIL_INTERNAL);
    char *big = malloc(400000);
    memset(big, 'a', 399999);
    big[399999] = '\0';
    assert_int_equal(rig_submit(&r, big, true), FAIL_INTERNAL);
    free(big);
    rig_end(&r);
}

#define PRODUCERS 16
#define EACH 300

struct producer {
    struct rig *rig;
    struct rig own;
    int number;
};

static void *produce(void *arg)
{
    struct producer *p = arg;
    char body[160];
    for (int i = 0; i < EACH; i++) {
        snprintf(body, sizeof body, "\"kind\":\"intent\",\"id\":\"%d-%d\",\"pad\":\"%0*d\"", p->number, i, i % 60, 0);
        rig_record(&p->own, body);
        snprintf(body, sizeof body, "\"kind\":\"outcome\",\"intent\":%" PRIu64, p->own.last_seq);
        if (rig_submit(&p->own, body, false) != FAIL_OK) p->own.failed++;
    }
    return NULL;
}

static void sixteen_producers_and_rotations(void **state)
{
    (void)state;
    static struct producer p[PRODUCERS];
    pthread_t thread[PRODUCERS];
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 400000);
    for (int i = 0; i < PRODUCERS; i++) {
        p[i] = (struct producer){.rig = &r, .number = i};
        p[i].own.box = mailbox_new(&p[i].own);
        p[i].own.l = r.l;
        assert_int_equal(pthread_create(&thread[i], NULL, produce, &p[i]), 0);
    }
    for (int i = 0; i < 10; i++) assert_verifies(&r);   /* a reader beside a writer at work sees no damage */
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(p[i].own.answered, EACH);
        assert_int_equal(p[i].own.failed, 0);
    }
    rig_close(&r);
    for (int i = 0; i < PRODUCERS; i++) mailbox_free(p[i].own.box);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_true(v.segments >= 5);
    assert_int_equal(v.intents, PRODUCERS * EACH);
    assert_int_equal(v.outcomes, PRODUCERS * EACH);
    assert_int_equal(v.open_intents, 0);
    assert_int_equal(v.strays, 0);
    assert_int_equal(v.records, 2 * PRODUCERS * EACH + v.segments);
    rig_end(&r);
}

static void the_value_hash_is_keyed(void **state)
{
    (void)state;
    struct rig a, b;
    unsigned char x[16], y[16], z[16];
    rig_begin(&a);
    rig_begin(&b);
    rig_open(&a, 0);
    rig_open(&b, 0);
    ledger_keyed(a.l, SPAN("123-45-6789"), x);
    ledger_keyed(a.l, SPAN("123-45-6789"), y);
    ledger_keyed(b.l, SPAN("123-45-6789"), z);
    assert_memory_equal(x, y, 16);
    assert_memory_not_equal(x, z, 16);
    rig_end(&a);
    rig_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_start_makes_everything),
        cmocka_unit_test(makes_the_directory_private),
        cmocka_unit_test(two_writers_are_refused),
        cmocka_unit_test(goes_on_after_a_restart),
        cmocka_unit_test(a_new_key_starts_a_new_segment),
        cmocka_unit_test(refuses_a_key_that_others_can_read),
        cmocka_unit_test(refuses_a_newer_format),
        cmocka_unit_test(records_that_nobody_waits_for_are_there_after_a_close),
        cmocka_unit_test(records_that_nobody_waits_for_are_written_soon),
        cmocka_unit_test(outcomes_cost_no_sync_of_their_own),
        cmocka_unit_test(a_full_queue_says_so),
        cmocka_unit_test(refuses_a_body_that_is_no_record),
        cmocka_unit_test(sixteen_producers_and_rotations),
        cmocka_unit_test(the_value_hash_is_keyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
