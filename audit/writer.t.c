/* What happens when the disk fails, with each system call in turn made to fail. */
#include "audit/rig.h"
#include "audit/io.h"
#include "core/clock.h"
#include "core/metrics.h"
#include <errno.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <time.h>

/* What the next calls do; 0: as the system does. */
static struct {
    _Atomic int write_errno, sync_errno, create_errno, dirsync_errno;
    _Atomic int short_by;             /* each write stops this many bytes short, once */
    _Atomic int write_part;           /* a failing write first writes so many bytes */
    _Atomic int syncs_ok;             /* so many syncs succeed before sync_errno counts */
    _Atomic uint64_t free_bytes;
    _Atomic int64_t clock_ns;         /* added to the wall clock */
    _Atomic int stall_ms;
    _Atomic uint64_t mono_us;         /* added to the monotonic clock */
} fault;

static void no_faults(void)
{
    atomic_store(&fault.write_errno, 0);
    atomic_store(&fault.sync_errno, 0);
    atomic_store(&fault.create_errno, 0);
    atomic_store(&fault.dirsync_errno, 0);
    atomic_store(&fault.short_by, 0);
    atomic_store(&fault.write_part, 0);
    atomic_store(&fault.syncs_ok, 0);
    atomic_store(&fault.free_bytes, UINT64_MAX);
    atomic_store(&fault.clock_ns, 0);
    atomic_store(&fault.stall_ms, 0);
    atomic_store(&fault.mono_us, 0);
}

static int faulty(_Atomic int *e)
{
    int err = atomic_load(e);
    if (err != 0) errno = err;
    return err;
}

static int faulty_create(int dir, const char *name) { return faulty(&fault.create_errno) ? -1 : ledger_io_real.create(dir, name); }

static ssize_t faulty_write(int fd, const void *p, size_t n)
{
    int part = atomic_load(&fault.write_part);
    if (atomic_load(&fault.write_errno)) {
        if (part > 0 && (size_t)part < n && write(fd, p, (size_t)part) != part) return -1;
        return faulty(&fault.write_errno) ? -1 : 0;
    }
    size_t less = (size_t)atomic_exchange(&fault.short_by, 0);
    return write(fd, p, less < n ? n - less : n);
}

static int faulty_sync(int fd)
{
    struct timespec stall = {.tv_nsec = (long)atomic_load(&fault.stall_ms) * 1000000};
    if (stall.tv_nsec) nanosleep(&stall, NULL);
    if (atomic_load(&fault.syncs_ok) > 0) {
        atomic_fetch_sub(&fault.syncs_ok, 1);
        return fdatasync(fd);
    }
    return faulty(&fault.sync_errno) ? -1 : fdatasync(fd);
}

static int faulty_dirsync(int dir) { return faulty(&fault.dirsync_errno) ? -1 : fsync(dir); }
static uint64_t faulty_free(int dir) { (void)dir; return atomic_load(&fault.free_bytes); }
static uint64_t faulty_utc(void) { return clock_utc_ns() + (uint64_t)atomic_load(&fault.clock_ns); }

static uint64_t faulty_mono(void) { return clock_mono_us() + atomic_load(&fault.mono_us); }

static const struct ledger_io faulty_io = {.create = faulty_create, .write = faulty_write, .datasync = faulty_sync,
                                           .dirsync = faulty_dirsync, .free_bytes = faulty_free, .utc_ns = faulty_utc,
                                           .mono_us = faulty_mono, .probe_us = 100000};

static void begin(struct rig *r, uint64_t segment_bytes)
{
    struct why why;
    no_faults();
    rig_begin(r);
    struct ledger_conf c = {.dir = r->dir, .segment_bytes = segment_bytes};
    r->l = ledger_open_io(&c, &faulty_io, &why);
    assert_non_null(r->l);
}

static void wait_for_health(struct rig *r)
{
    for (int i = 0; i < 300 && !ledger_healthy(r->l); i++) usleep(10000);
    assert_true(ledger_healthy(r->l));
}

static const char intent[] = "\"kind\":\"intent\",\"id\":\"x\"", outcome[] = "\"kind\":\"outcome\",\"intent\":0";

/* Acknowledge some, fail one, be refused, keep an outcome, recover by itself, go on; nothing acknowledged is lost. */
static void one_failure(void (*set)(void))
{
    struct rig r;
    begin(&r, 0);
    for (int i = 0; i < 3; i++) assert_int_equal(rig_record(&r, intent), FAIL_OK);
    uint64_t acked = r.last_seq, errors = metric_get(METRIC_LEDGER_ERRORS);
    set();
    assert_int_equal(rig_submit(&r, outcome, false), FAIL_OK);
    assert_int_equal(rig_record(&r, intent), FAIL_LEDGER_DOWN);
    assert_false(ledger_healthy(r.l));
    assert_int_equal(rig_submit(&r, intent, true), FAIL_LEDGER_DOWN);   /* at once, and the ticket is still ours */
    assert_int_equal(rig_submit(&r, outcome, false), FAIL_OK);
    assert_true(metric_get(METRIC_LEDGER_ERRORS) > errors);
    no_faults();
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    assert_true(r.last_seq > acked);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.intents, 4);     /* the failed one is not there */
    assert_int_equal(v.outcomes, 2);    /* the outcomes are */
    assert_int_equal(v.segments, 2);
    assert_int_equal(v.abandoned, 1);
    assert_non_null(strstr(v.notes, "Segment 1 was given up after a failed write; what it holds after seq 4"));
    rig_end(&r);
}

static void set_write_eio(void) { atomic_store(&fault.write_errno, EIO); }
static void set_write_full(void)
{
    atomic_store(&fault.write_part, 100);
    atomic_store(&fault.write_errno, ENOSPC);
}
static void set_read_only(void)
{
    atomic_store(&fault.create_errno, EROFS);
    atomic_store(&fault.write_errno, EROFS);
}
static void set_sync_eio(void) { atomic_store(&fault.sync_errno, EIO); }
static void set_low_space(void) { atomic_store(&fault.free_bytes, 1000); usleep(150000); }

static void each_failure_stops_and_resumes(void **state)
{
    (void)state;
    one_failure(set_write_eio);
    one_failure(set_write_full);
    one_failure(set_read_only);
    one_failure(set_sync_eio);
    one_failure(set_low_space);
}

/* The probe's own segment fails too, in every step of it, for several seconds. */
static void probes_that_fail_leave_no_mess(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 0);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    atomic_store(&fault.sync_errno, EIO);
    assert_int_equal(rig_record(&r, intent), FAIL_LEDGER_DOWN);
    usleep(250000);    /* a probe wrote its first record and could not sync it */
    atomic_store(&fault.dirsync_errno, EIO);
    usleep(250000);    /* a probe could not make its file's name durable */
    no_faults();
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.segments, 2);
    assert_int_equal(v.intents, 2);
    rig_end(&r);
}

/* A failed sync means that the record may be on the disk or not: it is not part of the ledger, whatever the file says. */
static void an_unacknowledged_tail_does_not_count(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    begin(&r, 0);
    assert_int_equal(rig_record(&r, "\"kind\":\"intent\",\"id\":\"kept\""), FAIL_OK);
    set_sync_eio();
    assert_int_equal(rig_record(&r, "\"kind\":\"intent\",\"id\":\"never\""), FAIL_LEDGER_DOWN);
    no_faults();
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, "\"kind\":\"intent\",\"id\":\"after\""), FAIL_OK);
    rig_close(&r);
    char *first = rig_read(&r, "00000001.jsonl", &n), *second = rig_read(&r, "00000002.jsonl", &n);
    assert_non_null(strstr(first, "\"never\""));
    assert_non_null(strstr(second, "\"abandoned\":{\"segment\":1,\"after_seq\":2}"));
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.intents, 2);
    assert_int_equal(v.records, 4);
    assert_int_equal(v.last_seq, 4);
    free(first);
    free(second);
    rig_end(&r);
}

/* A probe's file that could not be removed, full of what was never acknowledged. */
static void a_left_over_probe_is_passed_by(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 0);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    set_sync_eio();
    assert_int_equal(rig_record(&r, intent), FAIL_LEDGER_DOWN);
    rig_write(&r, "00000002.jsonl", "junk of a probe", 15);
    no_faults();
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.abandoned, 2);
    assert_int_equal(access(rig_path(&r, "00000003.jsonl"), F_OK), 0);
    rig_end(&r);
}

static void a_short_write_is_finished(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 0);
    for (int i = 1; i < 300; i += 7) {
        atomic_store(&fault.short_by, i);
        assert_int_equal(rig_record(&r, intent), FAIL_OK);
    }
    rig_close(&r);
    assert_verifies(&r);
    rig_end(&r);
}

static void a_rotation_that_fails_is_a_failure(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 600);
    for (int i = 0; i < 6; i++) assert_int_equal(rig_record(&r, intent), FAIL_OK);
    atomic_store(&fault.create_errno, EMFILE);
    uint64_t ok = 0;
    enum fail f;
    while ((f = rig_record(&r, intent)) == FAIL_OK) assert_true(++ok < 10);
    assert_int_equal(f, FAIL_LEDGER_DOWN);
    no_faults();
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.intents, 7 + ok);
    rig_end(&r);
}

static void starting_on_a_full_disk_says_so(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    no_faults();
    rig_begin(&r);
    struct ledger_conf c = {.dir = r.dir};
    atomic_store(&fault.free_bytes, 1);
    assert_null(ledger_open_io(&c, &faulty_io, &why));
    assert_non_null(strstr(why.text, "No space left"));
    no_faults();
    atomic_store(&fault.sync_errno, EIO);
    assert_null(ledger_open_io(&c, &faulty_io, &why));
    assert_non_null(strstr(why.text, "Input/output error"));
    no_faults();
    r.l = ledger_open_io(&c, &faulty_io, &why);
    assert_non_null(r.l);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    rig_close(&r);
    assert_verifies(&r);
    rig_end(&r);
}

static void outcomes_beyond_the_bound_are_counted(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    no_faults();
    rig_begin(&r);
    struct ledger_conf c = {.dir = r.dir, .queue = 10};
    r.l = ledger_open_io(&c, &faulty_io, &why);
    assert_non_null(r.l);
    set_write_eio();
    assert_int_equal(rig_record(&r, intent), FAIL_LEDGER_DOWN);
    uint64_t kept = 0, dropped = 0;
    for (int i = 0; i < 50; i++) {
        enum fail f = rig_submit(&r, outcome, false);
        kept += f == FAIL_OK;
        dropped += f == FAIL_LEDGER_BUSY;
    }
    assert_int_equal(kept, 20);
    assert_int_equal(dropped, 30);
    no_faults();
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, intent), FAIL_OK);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.outcomes, 20);
    assert_int_equal(v.lost, 30);
    rig_end(&r);
}

/* Closed while the disk fails: it gives up, and does not hang. */
static void closing_while_down_ends(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 0);
    set_write_eio();
    assert_int_equal(rig_record(&r, intent), FAIL_LEDGER_DOWN);
    assert_int_equal(rig_submit(&r, outcome, false), FAIL_OK);
    rig_close(&r);
    assert_int_equal(rig_verify(&r).result, VERIFY_OK);
    /* And when the disk is well again at the close, the kept record is written. */
    struct why why;
    struct ledger_conf c = {.dir = r.dir};
    no_faults();
    r.l = ledger_open_io(&c, &faulty_io, &why);
    assert_non_null(r.l);
    set_write_eio();
    assert_int_equal(rig_record(&r, intent), FAIL_LEDGER_DOWN);
    assert_int_equal(rig_submit(&r, outcome, false), FAIL_OK);
    no_faults();
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.outcomes, 1);
    rig_end(&r);
}

static void a_slow_disk_keeps_nobody_from_submitting(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 0);
    atomic_store(&fault.stall_ms, 600);
    assert_int_equal(rig_submit(&r, intent, true), FAIL_OK);
    usleep(50000);
    uint64_t from = clock_mono_us();
    for (int i = 0; i < 1000; i++) assert_int_equal(rig_submit(&r, intent, true), FAIL_OK);
    assert_true(clock_mono_us() - from < 500000);
    assert_true(ledger_healthy(r.l));
    rig_wait(&r, 1001);
    assert_int_equal(r.failed, 0);
    rig_end(&r);
}

/* A sync that hangs: nothing new is let in, and all goes on when the disk comes back. */
static void a_stalled_disk_counts_as_down(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 0);
    atomic_store(&fault.stall_ms, 400);
    assert_int_equal(rig_submit(&r, intent, true), FAIL_OK);
    usleep(100000);
    atomic_store(&fault.mono_us, 6000000);
    assert_false(ledger_healthy(r.l));
    assert_int_equal(rig_submit(&r, intent, true), FAIL_LEDGER_DOWN);
    rig_wait(&r, 1);
    assert_int_equal(r.failed, 0);
    assert_true(ledger_healthy(r.l));
    rig_end(&r);
}

static void clock_steps_are_recorded(void **state)
{
    (void)state;
    static const int64_t second = 1000000000;
    const int64_t to[] = {-1 * second, 3600 * second, 3500 * second, 0};
    struct rig r;
    begin(&r, 0);
    for (size_t i = 0; i < COUNT(to); i++) {
        assert_int_equal(rig_record(&r, intent), FAIL_OK);
        atomic_store(&fault.clock_ns, to[i]);
        assert_int_equal(rig_record(&r, intent), FAIL_OK);
    }
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.clock_steps, 4);
    rig_end(&r);
}

static void clock_steps_across_a_rotation(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, 500);
    for (int i = 0; i < 12; i++) {
        atomic_store(&fault.clock_ns, -(int64_t)i * 2000000000);
        assert_int_equal(rig_record(&r, intent), FAIL_OK);
    }
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.clock_steps, 11);
    rig_end(&r);
}

/* A real file system that is full, where we may mount one. */
static void a_really_full_disk(void **state)
{
    (void)state;
    struct rig r;
    struct why why;
    rig_begin(&r);
    if (mount("cordon-test", r.dir, "tmpfs", 0, "size=1m,mode=0700") != 0) {
        rig_end(&r);
        print_message("no right to mount a tmpfs here\n");
        skip();
    }
    struct ledger_conf c = {.dir = r.dir, .min_free_bytes = 1};
    r.l = ledger_open(&c, &why);
    assert_non_null(r.l);
    static char big[60000];
    snprintf(big, sizeof big, "\"kind\":\"intent\",\"pad\":\"%050000d\"", 0);
    uint64_t ok = 0;
    while (rig_record(&r, big) == FAIL_OK) ok++;
    assert_true(ok > 10 && ok < 22);
    usleep(1100000);
    assert_false(ledger_healthy(r.l));
    assert_int_equal(mount("cordon-test", r.dir, "tmpfs", MS_REMOUNT, "size=4m"), 0);
    wait_for_health(&r);
    assert_int_equal(rig_record(&r, big), FAIL_OK);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    int unmounted = umount(r.dir);
    if (v.result != VERIFY_OK) fail_msg("%s", v.text);
    assert_int_equal(v.intents, ok + 1);
    assert_int_equal(unmounted, 0);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_stops_and_resumes),
        cmocka_unit_test(probes_that_fail_leave_no_mess),
        cmocka_unit_test(an_unacknowledged_tail_does_not_count),
        cmocka_unit_test(a_left_over_probe_is_passed_by),
        cmocka_unit_test(a_short_write_is_finished),
        cmocka_unit_test(a_rotation_that_fails_is_a_failure),
        cmocka_unit_test(starting_on_a_full_disk_says_so),
        cmocka_unit_test(outcomes_beyond_the_bound_are_counted),
        cmocka_unit_test(closing_while_down_ends),
        cmocka_unit_test(a_slow_disk_keeps_nobody_from_submitting),
        cmocka_unit_test(a_stalled_disk_counts_as_down),
        cmocka_unit_test(clock_steps_are_recorded),
        cmocka_unit_test(clock_steps_across_a_rotation),
        cmocka_unit_test(a_really_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
