/* rig.h - what the ledger's tests share: a directory of their own, a submitter that waits, file surgery. Tests only. */
#ifndef CORDON_AUDIT_RIG_H
#define CORDON_AUDIT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit/dir.h"
#include "audit/ledger.h"
#include "audit/verify.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct rig {
    char dir[64];
    struct ledger *l;
    struct mailbox *box;
    /* What came back. */
    uint64_t answered, failed, last_seq;
    enum fail last;
};

static inline void rig_delivered(struct letter *letter, void *owner)
{
    struct rig *r = owner;
    struct ticket *t = (struct ticket *)letter;
    r->answered++;
    r->failed += t->fail != FAIL_OK;
    r->last = t->fail;
    if (t->fail == FAIL_OK) r->last_seq = t->seq;
    ticket_free(t);
}

static inline void rig_begin(struct rig *r)
{
    *r = (struct rig){0};
    snprintf(r->dir, sizeof r->dir, "/tmp/cordon-ledger-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->box = mailbox_new(r);
    assert_non_null(r->box);
}

static inline void rig_empty_dir(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL) return;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
}

static inline void rig_end(struct rig *r)
{
    ledger_close(r->l);
    mailbox_free(r->box);
    rig_empty_dir(r->dir);
    rmdir(r->dir);
}

static inline void rig_open(struct rig *r, uint64_t segment_bytes)
{
    struct ledger_conf c = {.dir = r->dir, .segment_bytes = segment_bytes};
    struct why why = {""};
    r->l = ledger_open(&c, &why);
    if (r->l == NULL) fail_msg("%s", why.text);
}

static inline void rig_close(struct rig *r)
{
    ledger_close(r->l);
    r->l = NULL;
}

static inline struct ticket *rig_ticket(struct mailbox *box, const char *body)
{
    struct ticket *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->letter.deliver = rig_delivered;
    t->to.box = box;
    t->body = strdup(body);
    assert_non_null(t->body);
    t->body_len = strlen(body);
    return t;
}

static inline enum fail rig_submit(struct rig *r, const char *body, bool waits)
{
    struct ticket *t = rig_ticket(waits ? r->box : NULL, body);
    enum fail f = ledger_submit(r->l, t);
    if (f != FAIL_OK) ticket_free(t);
    return f;
}

/* Until `n` tickets in all have come back. */
static inline void rig_wait(struct rig *r, uint64_t n)
{
    struct pollfd p = {.fd = mailbox_fd(r->box), .events = POLLIN};
    while (r->answered < n) {
        assert_int_equal(poll(&p, 1, 20000), 1);
        mailbox_drain(r->box);
    }
}

/* Submits one and waits for it. */
static inline enum fail rig_record(struct rig *r, const char *body)
{
    enum fail f = rig_submit(r, body, true);
    if (f != FAIL_OK) return f;
    rig_wait(r, r->answered + 1);
    return r->last;
}

static inline char *rig_path(const struct rig *r, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return path;
}

static inline char *rig_read(const struct rig *r, const char *name, size_t *n)
{
    struct stat st;
    int fd = open(rig_path(r, name), O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    char *p = malloc((size_t)st.st_size + 1);
    assert_non_null(p);
    assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
    p[st.st_size] = '\0';
    close(fd);
    *n = (size_t)st.st_size;
    return p;
}

static inline void rig_write(const struct rig *r, const char *name, const char *p, size_t n)
{
    int fd = open(rig_path(r, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

static inline struct verify_report rig_verify(const struct rig *r)
{
    struct verify_report report;
    enum verify_result result = audit_verify(r->dir, &report);
    assert_int_equal(result, report.result);
    return report;
}

#define assert_verifies(r)                                                                                         \
    do {                                                                                                           \
        struct verify_report report_ = rig_verify(r);                                                              \
        if (report_.result != VERIFY_OK) fail_msg("verify: %s", report_.text);                                     \
    } while (0)

#endif
