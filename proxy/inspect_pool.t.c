/* The inspection pool: every task comes back once, a full queue says so, and a scanner is there for each snapshot. */
#include "proxy/inspect_pool.h"
#include "core/arena.h"
#include "proxy/tls.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define TASKS 200
static const char conf_text[] = "version: 1\n"
                                "listeners:\n  - {name: in, mode: reverse, address: \"127.0.0.1:0\"}\n"
                                "upstreams:\n  - {name: up, api: openai, host: api.example.org}\n"
                                "rules:\n  - {name: all, action: forward}\n"
                                "ledger: {directory: ledger}\n";

static struct snapshot *load(void)
{
    char path[] = "/tmp/cordon-pool-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, conf_text, sizeof conf_text - 1) == (ssize_t)sizeof conf_text - 1);
    close(fd);
    struct why why = {""};
    struct snapshot *s = snapshot_load(path, &why);
    unlink(path);
    if (s == NULL) fail_msg("%s", why.text);
    return s;
}

struct counted {
    struct inspect_task task;
    size_t findings;
    enum fail result;
};
static size_t back, found;

static void work(struct inspect_task *t, struct scanner *scanner)
{
    struct counted *c = (struct counted *)t;
    struct arena *a = arena_new(0);
    struct view *v = scanner_view(scanner);
    struct span text = SPAN("key AKIAIOSFODNN7EXAMPLQ");
    struct findings f = {0};
    view_reset(v);
    c->result = view_add_text(v, PART_BODY, text, text);
    if (c->result == FAIL_OK) c->result = scan(scanner, v, a, &f);
    c->findings = f.n;
    arena_free(a);
}

static void come_back(struct letter *l, void *owner)
{
    (void)owner;
    struct counted *c = (struct counted *)l;
    assert_int_equal(c->result, FAIL_OK);
    back++;
    found += c->findings;
    free(c);
}

static struct counted *task(struct snapshot *s, struct mailbox *box)
{
    struct counted *c = calloc(1, sizeof *c);
    c->task = (struct inspect_task){.letter = {.deliver = come_back}, .to = {.box = box}, .snap = snapshot_ref(s), .work = work};
    return c;
}

static void wait_for(struct mailbox *box, size_t n)
{
    while (back < n) {
        struct pollfd fd = {mailbox_fd(box), POLLIN, 0};
        assert_true(poll(&fd, 1, 20000) > 0);
        mailbox_drain(box);
    }
}

static void test_all_come_back(void **state)
{
    (void)state;
    struct snapshot *one = load(), *two = load();
    struct mailbox *box = mailbox_new(NULL);
    struct inspect_pool *p = inspect_pool_new(3, TASKS);
    back = found = 0;
    for (size_t i = 0; i < TASKS; i++) assert_true(inspect_pool_post(p, &task(i % 7 ? one : two, box)->task));
    wait_for(box, TASKS);
    assert_int_equal(found, TASKS);   /* the same finding in each */
    inspect_pool_free(p);
    mailbox_free(box);
    snapshot_unref(one);
    snapshot_unref(two);
}

static void test_full_queue_says_so(void **state)
{
    (void)state;
    struct snapshot *s = load();
    struct mailbox *box = mailbox_new(NULL);
    struct inspect_pool *p = inspect_pool_new(1, 2);
    size_t taken = 0, refused = 0;
    back = found = 0;
    while (refused == 0 && taken < 10000) {
        struct counted *c = task(s, box);
        if (inspect_pool_post(p, &c->task)) {
            taken++;
            continue;
        }
        refused++;
        snapshot_unref(s);
        free(c);   /* it stayed ours */
    }
    assert_int_equal(refused, 1);
    inspect_pool_free(p);   /* what was taken is finished first */
    mailbox_drain(box);
    assert_int_equal(back, taken);
    mailbox_free(box);
    snapshot_unref(s);
}

int main(void)
{
    tls_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_come_back),
        cmocka_unit_test(test_full_queue_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
