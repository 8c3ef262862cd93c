/* The file store: what it keeps over restarts, damage and failing disks, and that nothing can be read in it. */
#include "state/facts.h"
#include "state/names.h"
#include "state/rig.t.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define DAY 86400u

/* The system as the store sees it. */
static struct {
    _Atomic uint64_t now;
    _Atomic int write_errno, sync_errno;
    _Atomic uint64_t room;
    _Atomic int writes, syncs;
} sys;

static ssize_t sys_pwrite(int fd, const void *p, size_t n, off_t at)
{
    atomic_fetch_add(&sys.writes, 1);
    int err = atomic_load(&sys.write_errno);
    if (err == 0) return pwrite(fd, p, n, at);
    if (n > 1 && pwrite(fd, p, n / 2, at) < 0) return -1;   /* and half of it is there */
    errno = err;
    return -1;
}

static int sys_datasync(int fd)
{
    atomic_fetch_add(&sys.syncs, 1);
    int err = atomic_load(&sys.sync_errno);
    if (err == 0) return fdatasync(fd);
    errno = err;
    return -1;
}

static uint64_t sys_room(int dir)
{
    (void)dir;
    return atomic_load(&sys.room);
}

static uint64_t sys_now(void) { return atomic_load(&sys.now); }

static const struct state_io io = {sys_pwrite, sys_datasync, sys_room, sys_now, 200000};
static struct file_limits limits = {100000, 1 << 20, 1 << 20};
static char dir[64], why_text[512];
static const struct state_owner alice = {{1}}, bob = {{2}};

static struct state *open_with(const struct state_keys *keys)
{
    struct why why = {""};
    struct state head = {.keys = *keys, .keep_s = 30 * DAY};
    int fd = state_dir_open(dir, &why);
    assert_true(fd >= 0);
    struct state *s = file_store_open(fd, &head, &io, limits, &why);
    snprintf(why_text, sizeof why_text, "%s", why.text);
    return s;
}

static struct state *reopen(void)
{
    struct why why;
    struct state_keys keys;
    int fd = state_dir_open(dir, &why);
    assert_true(fd >= 0);
    assert_int_equal(state_keys_load(NULL, fd, &keys, &why), FAIL_OK);
    close(fd);
    return open_with(&keys);
}

static void start(struct rig *r)
{
    struct state *s = reopen();
    if (s == NULL) fail_msg("%s", why_text);
    rig_start(r, s);
}

static void stop(struct rig *r)
{
    rig_stop(r);
    state_close(r->state);
}

static void restart(struct rig *r)
{
    stop(r);
    start(r);
}

static int before(void **state)
{
    (void)state;
    rig_dir(dir);
    atomic_store(&sys.now, 1800000000);
    atomic_store(&sys.room, UINT64_MAX);
    atomic_store(&sys.write_errno, 0);
    atomic_store(&sys.sync_errno, 0);
    limits = (struct file_limits){100000, 1 << 20, 1 << 20};
    return 0;
}

static int after(void **state)
{
    (void)state;
    rig_dir_remove(dir);
    return 0;
}

static void file_path(char out[128]) { snprintf(out, 128, "%s/" JOURNAL_NAME, dir); }

static off_t file_size(void)
{
    char path[128];
    struct stat st;
    file_path(path);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* ---- facts ---- */

static void facts_and_their_union(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    rig_knows_not(&r, STATE_ID, "resp_1");
    assert_int_equal(rig_remember(&r, STATE_ID, "resp_1", ""), FAIL_OK);
    rig_knows(&r, STATE_ID, "resp_1", "");
    assert_int_equal(rig_remember(&r, STATE_ID, "resp_1", "phi"), FAIL_OK);
    assert_int_equal(rig_remember(&r, STATE_ID, "resp_1", "privileged,phi"), FAIL_OK);
    rig_knows(&r, STATE_ID, "resp_1", "phi,privileged");
    assert_int_equal(rig_remember(&r, STATE_ID, "resp_1", ""), FAIL_OK);
    rig_knows(&r, STATE_ID, "resp_1", "phi,privileged");
    rig_knows_not(&r, STATE_SESSION, "resp_1");   /* another kind is another key */
    assert_int_equal(state_facts(r.state), 1);
    stop(&r);
}

static void owners_do_not_meet(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    struct state_key a = state_key_of(r.state, STATE_TEXT, &alice, SPAN("text")),
                     b = state_key_of(r.state, STATE_TEXT, &bob, SPAN("text")),
                     none = state_key_of(r.state, STATE_TEXT, NULL, SPAN("text"));
    struct digest d = sha256(SPAN("text"));
    struct state_key same = state_key_of_digest(r.state, STATE_TEXT, &alice, &d);
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &none, sizeof a);
    assert_memory_equal(&a, &same, sizeof a);
    stop(&r);
}

static void many_at_once(void **state)
{
    (void)state;
    struct rig r;
    struct rig_wait w = {0};
    struct state_key keys[500];
    struct state_fact facts[500];
    bool later;
    char name[32];
    start(&r);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "id-%d", i);
        keys[i] = rig_key(&r, STATE_TEXT, name);
    }
    int syncs = atomic_load(&sys.syncs);
    enum fail f = state_remember(r.port, keys, 250, "phi", rig_done, &w, &later);
    assert_int_equal(rig_await(&r, &w, f, later), FAIL_OK);
    assert_int_equal(atomic_load(&sys.syncs), syncs + 1);
    assert_int_equal(state_recall(r.port, keys, 500, facts, rig_done, &w, &later), FAIL_OK);
    assert_false(later);
    for (int i = 0; i < 500; i++) assert_int_equal(facts[i].known, i < 250);
    stop(&r);
}

/* What is known and fresh is not written again: each turn of a conversation repeats all turns before it. */
static void repetition_costs_nothing(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_TEXT, "t", "phi"), FAIL_OK);
    off_t size = file_size();
    for (int i = 0; i < 10; i++) assert_int_equal(rig_remember(&r, STATE_TEXT, "t", "phi"), FAIL_OK);
    assert_int_equal(file_size(), size);
    atomic_fetch_add(&sys.now, 10 * DAY);
    assert_int_equal(rig_remember(&r, STATE_TEXT, "t", "phi"), FAIL_OK);
    assert_true(file_size() > size);
    stop(&r);
}

static void life_ends_and_begins_anew(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "a", "phi"), FAIL_OK);
    assert_int_equal(rig_remember(&r, STATE_ID, "b", "phi"), FAIL_OK);
    atomic_fetch_add(&sys.now, 20 * DAY);
    assert_int_equal(rig_remember(&r, STATE_ID, "b", ""), FAIL_OK);
    atomic_fetch_add(&sys.now, 11 * DAY);
    rig_knows_not(&r, STATE_ID, "a");
    rig_knows(&r, STATE_ID, "b", "phi");
    restart(&r);
    rig_knows_not(&r, STATE_ID, "a");
    rig_knows(&r, STATE_ID, "b", "phi");
    assert_int_equal(rig_remember(&r, STATE_ID, "a", "pii"), FAIL_OK);   /* what it was before is forgotten */
    rig_knows(&r, STATE_ID, "a", "pii");
    restart(&r);
    rig_knows(&r, STATE_ID, "a", "pii");
    stop(&r);
}

/* ---- objects ---- */

static void objects_are_kept_per_owner(void **state)
{
    (void)state;
    struct rig r;
    struct span got;
    start(&r);
    struct state_key mine = state_key_of(r.state, STATE_OBJECT, &alice, SPAN("resp_x"));
    struct state_key theirs = state_key_of(r.state, STATE_OBJECT, &bob, SPAN("resp_x"));
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_null(got.p);
    assert_int_equal(rig_keep(&r, mine, SPAN("{\"a\":1}")), FAIL_OK);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_true(span_is(got, "{\"a\":1}"));
    assert_int_equal(rig_fetch(&r, theirs, &got), FAIL_OK);
    assert_null(got.p);
    assert_int_equal(rig_keep(&r, mine, SPAN("second")), FAIL_OK);
    restart(&r);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_true(span_is(got, "second"));
    assert_int_equal(rig_forget(&r, mine), FAIL_OK);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_null(got.p);
    restart(&r);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_null(got.p);
    assert_int_equal(rig_keep(&r, mine, SPAN_NONE), FAIL_OK);   /* empty, and there */
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_non_null(got.p);
    assert_int_equal(got.n, 0);
    atomic_fetch_add(&sys.now, 31 * DAY);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_null(got.p);
    stop(&r);
}

static struct state_key numbered(const struct rig *r, int i)
{
    char name[32];
    snprintf(name, sizeof name, "object-%d", i);
    return rig_key(r, STATE_OBJECT, name);
}

static void the_oldest_objects_go_first(void **state)
{
    (void)state;
    struct rig r;
    struct span got;
    char *big = calloc(1, 100000);
    start(&r);
    for (int i = 0; i < 30; i++) assert_int_equal(rig_keep(&r, numbered(&r, i), (struct span){big, 100000}), FAIL_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(rig_fetch(&r, numbered(&r, 0), &got), FAIL_OK);
        assert_null(got.p);
        for (int i = 25; i < 30; i++) {
            assert_int_equal(rig_fetch(&r, numbered(&r, i), &got), FAIL_OK);
            assert_int_equal(got.n, 100000);
        }
        restart(&r);
    }
    assert_true(file_size() < 3000000);   /* it was rewritten on the way */
    stop(&r);
    free(big);
}

/* ---- the file ---- */

static void nothing_can_be_read(void **state)
{
    (void)state;
    struct rig r;
    char path[128], bytes[8192];
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "resp_visible", "privileged"), FAIL_OK);
    assert_int_equal(rig_keep(&r, rig_key(&r, STATE_OBJECT, "x"), SPAN("the patient is well")), FAIL_OK);
    stop(&r);
    file_path(path);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_true(n > 200);
    assert_null(memmem(bytes, (size_t)n, "resp_visible", 12));
    assert_null(memmem(bytes, (size_t)n, "privileged", 10));
    assert_null(memmem(bytes, (size_t)n, "patient", 7));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    snprintf(path, sizeof path, "%s/key", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
}

static void a_torn_tail_is_cut(void **state)
{
    (void)state;
    struct rig r;
    char path[128];
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "first", "phi"), FAIL_OK);
    off_t whole = file_size();
    assert_int_equal(rig_remember(&r, STATE_ID, "second", "phi"), FAIL_OK);
    off_t both = file_size();
    stop(&r);
    file_path(path);
    for (off_t cut = both - 1; cut >= whole; cut--) {
        assert_int_equal(truncate(path, cut), 0);
        start(&r);
        rig_knows(&r, STATE_ID, "first", "phi");
        rig_knows_not(&r, STATE_ID, "second");
        stop(&r);
        assert_int_equal(file_size(), whole);
        if (cut > whole) assert_int_equal(truncate(path, cut), 0);   /* a hole of zeros is a tail, too */
    }
}

static void flip(off_t at)
{
    char path[128], c;
    file_path(path);
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x10;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static void damage_in_the_middle_is_told(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    off_t from = file_size();
    assert_int_equal(rig_remember(&r, STATE_ID, "first", "phi"), FAIL_OK);
    off_t to = file_size();
    assert_int_equal(rig_remember(&r, STATE_ID, "second", "phi"), FAIL_OK);
    off_t end = file_size();
    stop(&r);
    for (off_t at = from; at < to; at++) {
        flip(at);
        assert_null(reopen());
        assert_non_null(strstr(why_text, "damaged at byte"));
        assert_int_equal(file_size(), end);
        flip(at);
    }
    start(&r);
    rig_knows(&r, STATE_ID, "second", "phi");
    stop(&r);
    flip(3);
    assert_null(reopen());
    assert_non_null(strstr(why_text, "not a state file"));
}

static void another_key_is_told(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    stop(&r);
    struct state_keys other = {{{1}}, {{2}}, {{3}}};
    assert_null(open_with(&other));
    assert_non_null(strstr(why_text, "another key"));
}

static void keys_come_from_a_file(void **state)
{
    (void)state;
    char path[128];
    struct why why;
    struct state_keys a, b;
    snprintf(path, sizeof path, "%s/mine", dir);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 32; i++) fprintf(f, "%02x", i);
    fprintf(f, "\n");
    fclose(f);
    chmod(path, 0640);
    assert_int_equal(state_keys_load(path, -1, &a, &why), FAIL_OK);
    f = fopen(path, "w");
    for (int i = 0; i < 32; i++) fputc(i, f);
    fclose(f);
    assert_int_equal(state_keys_load(path, -1, &b, &why), FAIL_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a.id, &a.index, 32);
    assert_memory_not_equal(&a.index, &a.seal, 32);
    chmod(path, 0644);
    assert_int_equal(state_keys_load(path, -1, &b, &why), FAIL_IO);
    assert_non_null(strstr(why.text, "read by others"));
    chmod(path, 0600);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(state_keys_load(path, -1, &b, &why), FAIL_IO);
}

static void one_process_at_a_time(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    assert_null(reopen());
    assert_non_null(strstr(why_text, "in use"));
    stop(&r);
    start(&r);
    stop(&r);
}

static void rewriting_keeps_what_lives(void **state)
{
    (void)state;
    struct rig r;
    struct span got;
    char name[32], *big = calloc(1, 40000);
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "stays", "phi"), FAIL_OK);
    assert_int_equal(rig_keep(&r, numbered(&r, 1), SPAN("this one stays")), FAIL_OK);
    off_t largest = 0;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(rig_keep(&r, numbered(&r, 0), (struct span){big, 40000}), FAIL_OK);
        if (file_size() > largest) largest = file_size();
        snprintf(name, sizeof name, "id-%d", i);
        assert_int_equal(rig_remember(&r, STATE_ID, name, "pii"), FAIL_OK);
    }
    assert_true(largest < 4000000);   /* 8 MB were written */
    for (int again = 0; again < 2; again++) {
        rig_knows(&r, STATE_ID, "stays", "phi");
        rig_knows(&r, STATE_ID, "id-0", "pii");
        rig_knows(&r, STATE_ID, "id-199", "pii");
        assert_int_equal(rig_fetch(&r, numbered(&r, 1), &got), FAIL_OK);
        assert_true(span_is(got, "this one stays"));
        assert_int_equal(rig_fetch(&r, numbered(&r, 0), &got), FAIL_OK);
        assert_int_equal(got.n, 40000);
        restart(&r);
    }
    stop(&r);
    free(big);
}

/* ---- a disk that fails ---- */

static void await_up(struct rig *r)
{
    for (int i = 0; i < 500 && !state_up(r->state); i++) poll(NULL, 0, 10);
    assert_true(state_up(r->state));
}

static void fails_and_recovers(_Atomic int *how, int err)
{
    struct rig r;
    struct span got;
    struct state_fact fact;
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "before", "phi"), FAIL_OK);
    assert_int_equal(rig_keep(&r, numbered(&r, 1), SPAN("kept")), FAIL_OK);
    atomic_store(how, err);
    assert_int_equal(rig_remember(&r, STATE_ID, "lost", "phi"), FAIL_STATE_DOWN);
    atomic_store(&sys.room, 0);   /* so that it does not get back before we look */
    assert_false(state_up(r.state));
    assert_int_equal(rig_recall(&r, STATE_ID, "before", &fact), FAIL_STATE_DOWN);
    assert_int_equal(rig_remember(&r, STATE_ID, "before", "phi"), FAIL_STATE_DOWN);
    assert_int_equal(rig_keep(&r, numbered(&r, 2), SPAN("not kept")), FAIL_STATE_DOWN);
    atomic_store(how, 0);
    atomic_store(&sys.room, UINT64_MAX);
    await_up(&r);
    rig_knows(&r, STATE_ID, "before", "phi");
    assert_int_equal(rig_remember(&r, STATE_ID, "lost", "phi"), FAIL_OK);
    assert_int_equal(rig_remember(&r, STATE_ID, "after", "phi"), FAIL_OK);
    restart(&r);
    rig_knows(&r, STATE_ID, "before", "phi");
    rig_knows(&r, STATE_ID, "lost", "phi");
    rig_knows(&r, STATE_ID, "after", "phi");
    assert_int_equal(rig_fetch(&r, numbered(&r, 1), &got), FAIL_OK);
    assert_true(span_is(got, "kept"));
    assert_int_equal(rig_fetch(&r, numbered(&r, 2), &got), FAIL_OK);
    assert_null(got.p);
    stop(&r);
}

static void a_write_fails(void **state)
{
    (void)state;
    fails_and_recovers(&sys.write_errno, ENOSPC);
}

static void a_sync_fails(void **state)
{
    (void)state;
    fails_and_recovers(&sys.sync_errno, EIO);
}

static void no_room_left(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    atomic_store(&sys.room, 1000);
    assert_int_equal(rig_remember(&r, STATE_ID, "a", "phi"), FAIL_STATE_DOWN);
    poll(NULL, 0, 500);
    assert_false(state_up(r.state));
    atomic_store(&sys.room, UINT64_MAX);
    await_up(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "a", "phi"), FAIL_OK);
    stop(&r);
}

/* PREFIX-FROM … PREFIX-(TO-1), all in one. */
static enum fail remember_many(struct rig *r, const char *prefix, int from, int to, const char *classes)
{
    struct rig_wait w = {0};
    struct state_key keys[100];
    bool later;
    char name[32];
    assert_true(to - from <= 100);
    for (int i = from; i < to; i++) {
        snprintf(name, sizeof name, "%s-%d", prefix, i);
        keys[i - from] = rig_key(r, STATE_ID, name);
    }
    enum fail f = state_remember(r->port, keys, (size_t)(to - from), classes, rig_done, &w, &later);
    return rig_await(r, &w, f, later);
}

static void a_full_table(void **state)
{
    (void)state;
    struct rig r;
    char name[32];
    int failed = 0;
    limits.facts = 6400;
    start(&r);
    for (int i = 0; i < 20000; i += 100)   /* without classes: they may go */
        assert_int_equal(remember_many(&r, "plain", i, i + 100, ""), FAIL_OK);
    assert_true(state_facts(r.state) <= 6400);
    for (int i = 0; i < 3000; i += 100) assert_int_equal(remember_many(&r, "phi", i, i + 100, "phi"), FAIL_OK);
    restart(&r);
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "phi-%d", i);
        rig_knows(&r, STATE_ID, name, "phi");
    }
    for (int i = 3000; i < 10000; i += 100) failed += remember_many(&r, "phi", i, i + 100, "phi") == FAIL_STATE_DOWN;
    assert_true(failed > 0);
    rig_knows(&r, STATE_ID, "phi-0", "phi");
    atomic_fetch_add(&sys.now, 31 * DAY);
    assert_int_equal(rig_remember(&r, STATE_ID, "new", "phi"), FAIL_OK);
    stop(&r);
}

/* ---- threads ---- */

static void done_counts(void *arg, enum fail f)
{
    if (f == FAIL_OK) ++*(int *)arg;
}

static void *worker(void *state)
{
    struct rig r;
    struct rig_wait w;
    bool later;
    char name[32];
    int done = 0, waited = 0;
    rig_start(&r, state);
    for (int i = 0; i < 300; i++) {
        struct state_fact f;
        snprintf(name, sizeof name, "shared-%d", i);
        struct state_key k = rig_key(&r, STATE_ID, name);
        assert_int_equal(state_remember(r.port, &k, 1, i % 2 ? "phi" : "pii", done_counts, &done, &later), FAIL_OK);
        waited += later;
        assert_int_equal(state_recall(r.port, &k, 1, &f, rig_done, &w, &later), FAIL_OK);
        assert_true(f.known);
        assert_int_equal(state_keep(r.port, numbered(&r, i % 7), SPAN("object"), NULL, NULL, &later), FAIL_OK);
        if (i % 50 == 0) assert_int_equal(rig_remember(&r, STATE_ID, "other", "phi"), FAIL_OK);
    }
    while (done < waited) event_base_loop(r.base, EVLOOP_ONCE);
    struct state_key k = rig_key(&r, STATE_ID, "nobody waits for the answer");
    assert_int_equal(state_remember(r.port, &k, 1, "phi", done_counts, &done, &later), FAIL_OK);
    rig_stop(&r);
    assert_int_equal(done, waited);
    return NULL;
}

static void several_workers(void **state)
{
    (void)state;
    pthread_t t[4];
    struct rig r;
    char name[32];
    start(&r);
    for (size_t i = 0; i < COUNT(t); i++) assert_int_equal(pthread_create(&t[i], NULL, worker, r.state), 0);
    for (size_t i = 0; i < COUNT(t); i++) pthread_join(t[i], NULL);
    restart(&r);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "shared-%d", i);
        rig_knows(&r, STATE_ID, name, i % 2 ? "phi" : "pii");
    }
    rig_knows(&r, STATE_ID, "nobody waits for the answer", "phi");
    stop(&r);
}

static void cancelled_is_not_called(void **state)
{
    (void)state;
    struct rig r;
    struct rig_wait gone = {0}, stays = {0};
    struct span got = SPAN("untouched");
    bool later;
    start(&r);
    struct state_key k = rig_key(&r, STATE_ID, "x");
    assert_int_equal(state_remember(r.port, &k, 1, "phi", rig_done, &gone, &later), FAIL_OK);
    assert_true(later);
    assert_int_equal(state_fetch(r.port, numbered(&r, 1), r.arena, &got, rig_done, &gone, &later), FAIL_OK);
    assert_int_equal(state_forget(r.port, numbered(&r, 1), rig_done, &stays, &later), FAIL_OK);
    state_cancel(r.port, &gone);
    assert_int_equal(rig_await(&r, &stays, FAIL_OK, later), FAIL_OK);
    assert_int_equal(gone.called, 0);
    rig_knows(&r, STATE_ID, "x", "phi");
    stop(&r);
}

static void class_names(void **state)
{
    (void)state;
    struct names n;
    char text[NAMES_TEXT_MAX], name[32];
    uint64_t a, b;
    names_init(&n);
    assert_true(names_bits(&n, SPAN("phi,pii"), &a));
    assert_true(names_bits(&n, SPAN(",pii,,phi,"), &b));
    assert_int_equal(a, b);
    names_text(&n, a, text);
    assert_string_equal(text, "phi,pii");
    for (int i = 2; i < 64; i++) {
        snprintf(name, sizeof name, "class-number-%d", i);
        assert_true(names_bits(&n, span_str(name), &b));
    }
    assert_false(names_bits(&n, SPAN("one more"), &b));
    names_text(&n, UINT64_MAX, text);
    assert_true(strlen(text) < NAMES_TEXT_MAX);
    names_fini(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, before, after)
        T(facts_and_their_union), T(owners_do_not_meet), T(many_at_once), T(repetition_costs_nothing),
        T(life_ends_and_begins_anew), T(objects_are_kept_per_owner), T(the_oldest_objects_go_first), T(nothing_can_be_read),
        T(a_torn_tail_is_cut), T(damage_in_the_middle_is_told), T(another_key_is_told), T(keys_come_from_a_file),
        T(one_process_at_a_time), T(rewriting_keeps_what_lives), T(a_write_fails), T(a_sync_fails), T(no_room_left),
        T(a_full_table), T(several_workers), T(cancelled_is_not_called), T(class_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
