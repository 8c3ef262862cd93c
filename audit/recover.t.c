#include "audit/rig.h"
#include "audit/frame.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

static void some_records(struct rig *r, int n, uint64_t segment_bytes)
{
    char body[80];
    rig_open(r, segment_bytes);
    for (int i = 0; i < n; i++) {
        snprintf(body, sizeof body, "\"kind\":\"event\",\"event\":\"e%d\"", i);
        assert_int_equal(rig_record(r, body), FAIL_OK);
    }
    rig_close(r);
}

static size_t start_of_last_lines(const char *text, size_t n, int lines)
{
    for (lines++; n > 0; n--)
        if (text[n - 1] == '\n' && --lines == 0) return n;
    return 0;
}

/* A write cut short at every byte of the last two lines: the next start repairs it, loses no whole record, and says so. */
static void every_cut_is_repaired(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    rig_begin(&r);
    some_records(&r, 3, 0);
    char *whole = rig_read(&r, "00000001.jsonl", &n);
    for (size_t cut = start_of_last_lines(whole, n, 2); cut <= n; cut++) {
        rig_write(&r, "00000001.jsonl", whole, cut);
        unlink(rig_path(&r, "00000001.torn"));
        bool torn = cut > 0 && whole[cut - 1] != '\n';
        assert_int_equal(rig_verify(&r).result, torn ? VERIFY_TORN_TAIL : VERIFY_OK);
        uint64_t had = rig_verify(&r).records;
        some_records(&r, 1, 0);
        struct verify_report v = rig_verify(&r);
        if (v.result != VERIFY_OK) fail_msg("cut at %zu: %s", cut, v.text);
        assert_int_equal(v.records, had + 1 + (torn ? 1 : 0));
        assert_int_equal(v.recoveries, torn ? 1 : 0);
        assert_int_equal(v.last_seq, v.records);
        assert_int_equal(access(rig_path(&r, "00000001.torn"), F_OK), torn ? 0 : -1);
    }
    free(whole);
    rig_end(&r);
}

static void torn_bytes_are_kept(void **state)
{
    (void)state;
    struct rig r;
    size_t n, kept;
    rig_begin(&r);
    some_records(&r, 2, 0);
    for (int again = 0; again < 3; again++) {
        char *whole = rig_read(&r, "00000001.jsonl", &n), name[SEGMENT_NAME_MAX];
        char *more = malloc(n + 40);
        memcpy(more, whole, n);
        snprintf(more + n, 40, "{\"v\":1,\"torn\":%d", again);
        rig_write(&r, "00000001.jsonl", more, strlen(more));
        some_records(&r, 1, 0);
        torn_name(1, (unsigned)again, name);
        char *torn = rig_read(&r, name, &kept);
        assert_string_equal(torn, more + n);
        free(torn);
        free(more);
        free(whole);
    }
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.recoveries, 3);
    assert_non_null(strstr(v.notes, "set aside 15 bytes"));
    rig_end(&r);
}

/* Killed between making a segment and writing its first record, or in the middle of that. */
static void a_segment_without_a_record_is_taken_back(void **state)
{
    (void)state;
    static const char *const starts[] = {"", "{\"v\":1,\"seq\":5,\"ti", "\0\0\0\0"};
    for (size_t i = 0; i < COUNT(starts); i++) {
        struct rig r;
        rig_begin(&r);
        some_records(&r, 3, 0);
        rig_write(&r, "00000002.jsonl", starts[i], i == 2 ? 4 : strlen(starts[i]));
        assert_int_equal(rig_verify(&r).result, VERIFY_TORN_TAIL);
        some_records(&r, 1, 0);
        assert_verifies(&r);
        assert_int_equal(rig_verify(&r).segments, 1);
        rig_end(&r);
    }
}

static void damage_in_the_middle_is_left_alone_and_told(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    rig_begin(&r);
    some_records(&r, 4, 0);
    char *whole = rig_read(&r, "00000001.jsonl", &n);
    strstr(whole, "\"e1\"")[1] = 'E';
    rig_write(&r, "00000001.jsonl", whole, n);
    some_records(&r, 1, 0);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_DAMAGED);
    assert_int_equal(v.damages, 1);
    assert_int_equal(v.last_seq, 6);
    assert_non_null(strstr(v.text, "seq 3"));
    free(whole);
    rig_end(&r);
}

static void a_ruined_ledger_is_not_written_over(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    rig_begin(&r);
    rig_write(&r, "00000001.jsonl", "not a record\n", 13);
    rig_write(&r, "00000002.jsonl", "", 0);
    struct ledger_conf c = {.dir = r.dir};
    assert_null(ledger_open(&c, &why));
    assert_non_null(strstr(why.text, "no record of the ledger's 00000001.jsonl holds"));
    rig_end(&r);
}

static void a_clock_that_went_back_while_down_is_recorded(void **state)
{
    (void)state;
    struct rig r;
    struct chain chain;
    struct obuf out = {0};
    rig_begin(&r);
    some_records(&r, 1, 0);      /* for its key */
    rig_empty_dir(r.dir);
    chain_start(&chain);
    chain_append(&chain, SPAN("\"kind\":\"segment\",\"segment\":1,\"key_id\":\"k-1\",\"previous_segment\":0"), 4000000000000000000u, &out);
    rig_write(&r, "00000001.jsonl", out.p, out.n);   /* of the year 2096 */
    obuf_fini(&out);
    some_records(&r, 1, 0);
    assert_verifies(&r);
    rig_end(&r);
}

#define KILLS 30
#define THREADS 4

struct shared {
    _Atomic uint64_t acked[THREADS];   /* the last record of each thread that was acknowledged, its own count */
};

static void *record_for_ever(void *arg);
struct child {
    struct rig rig;
    struct shared *shared;
    int number, life;
};

static void run_and_be_killed(const struct rig *r, struct shared *s, int life)
{
    static struct child c[THREADS];
    pthread_t t[THREADS];
    struct ledger_conf conf = {.dir = r->dir, .segment_bytes = 20000};
    struct why why;
    struct ledger *l = ledger_open(&conf, &why);
    if (l == NULL) _exit(1);
    for (int i = 0; i < THREADS; i++) {
        c[i] = (struct child){.shared = s, .number = i, .life = life};
        c[i].rig.l = l;
        c[i].rig.box = mailbox_new(&c[i].rig);
        if (pthread_create(&t[i], NULL, record_for_ever, &c[i]) != 0) _exit(1);
    }
    pause();
}

static void *record_for_ever(void *arg)
{
    struct child *c = arg;
    char body[120];
    for (uint64_t i = 1;; i++) {
        snprintf(body, sizeof body, "\"kind\":\"intent\",\"id\":\"life%d-thread%d-%" PRIu64 "\"", c->life, c->number, i);
        if (rig_record(&c->rig, body) != FAIL_OK) _exit(1);
        atomic_store(&c->shared->acked[c->number], i);
        snprintf(body, sizeof body, "\"kind\":\"outcome\",\"intent\":%" PRIu64, c->rig.last_seq);
        if (rig_submit(&c->rig, body, false) != FAIL_OK) _exit(1);
    }
}

static bool ledger_holds(const struct rig *r, const char *what)
{
    bool found = false;
    for (uint64_t number = 1; !found; number++) {
        char name[SEGMENT_NAME_MAX];
        size_t n;
        segment_name(number, name);
        if (access(rig_path(r, name), R_OK) != 0) break;
        char *text = rig_read(r, name, &n);
        found = strstr(text, what) != NULL;
        free(text);
    }
    return found;
}

/* kill -9 under load, again and again on one ledger: it always starts again, verifies, and what was acknowledged is there. */
static void survives_kills(void **state)
{
    (void)state;
    struct rig r;
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(s, MAP_FAILED);
    rig_begin(&r);
    uint64_t all = 0;
    for (int life = 0; life < KILLS; life++) {
        memset(s, 0, sizeof *s);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) run_and_be_killed(&r, s, life);
        usleep(3000 + (useconds_t)(life * 7919 % 20000));
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        enum verify_result before = rig_verify(&r).result;
        assert_true(before == VERIFY_OK || before == VERIFY_TORN_TAIL || (before == VERIFY_UNREADABLE && all == 0));
        some_records(&r, 1, 20000);
        assert_verifies(&r);
        for (int i = 0; i < THREADS; i++) {
            char what[80];
            uint64_t last = atomic_load(&s->acked[i]);
            all += last;
            snprintf(what, sizeof what, "\"life%d-thread%d-%" PRIu64 "\"", life, i, last);
            if (last > 0 && !ledger_holds(&r, what)) fail_msg("%s was acknowledged and is gone", what);
        }
    }
    assert_true(all > KILLS);
    munmap(s, sizeof *s);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_repaired),
        cmocka_unit_test(torn_bytes_are_kept),
        cmocka_unit_test(a_segment_without_a_record_is_taken_back),
        cmocka_unit_test(damage_in_the_middle_is_left_alone_and_told),
        cmocka_unit_test(a_ruined_ledger_is_not_written_over),
        cmocka_unit_test(a_clock_that_went_back_while_down_is_recorded),
        cmocka_unit_test(survives_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
