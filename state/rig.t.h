/* rig.t.h - what the tests of both stores share: a worker of one thread with an event loop and a mailbox, calls that wait
 * for their answer, a directory of its own. */
#ifndef CORDON_STATE_RIG_T_H
#define CORDON_STATE_RIG_T_H

#include "core/clock.h"
#include "state/store.h"
#include <event2/event.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct rig {
    struct event_base *base;
    struct mailbox *box;
    struct event *mail;
    struct arena *arena;
    struct state *state;
    struct state_port *port;
};

static inline void rig_mail(int fd, short what, void *box)
{
    (void)fd, (void)what;
    mailbox_drain(box);
}

static inline void rig_start(struct rig *r, struct state *s)
{
    r->state = s;
    r->base = event_base_new();
    r->box = mailbox_new(r);
    r->mail = event_new(r->base, mailbox_fd(r->box), EV_READ | EV_PERSIST, rig_mail, r->box);
    event_add(r->mail, NULL);
    r->arena = arena_new(0);
    r->port = state_port_new(s, r->base, r->box);
    assert_non_null(r->port);
}

/* The worker goes; the store stays. */
static inline void rig_stop(struct rig *r)
{
    state_port_free(r->port);
    event_free(r->mail);
    mailbox_free(r->box);
    event_base_free(r->base);
    arena_free(r->arena);
}

struct rig_wait {
    int called;
    enum fail f;
};

static inline void rig_done(void *arg, enum fail f)
{
    struct rig_wait *w = arg;
    w->called++;
    w->f = f;
}

/* The loop runs for so long; it sleeps no longer than a millisecond at a time. */
static inline void rig_turn(struct rig *r, unsigned ms)
{
    for (uint64_t end = clock_mono_us() + ms * 1000u; clock_mono_us() < end;) {
        event_base_loop(r->base, EVLOOP_NONBLOCK);
        poll(&(struct pollfd){mailbox_fd(r->box), POLLIN, 0}, 1, 1);
    }
    event_base_loop(r->base, EVLOOP_NONBLOCK);
}

static inline enum fail rig_await(struct rig *r, struct rig_wait *w, enum fail f, bool later)
{
    if (!later) {
        assert_int_equal(w->called, 0);
        return f;
    }
    for (int i = 0; i < 20000 && w->called == 0; i++) rig_turn(r, 1);
    assert_int_equal(w->called, 1);
    return w->f;
}

static inline struct state_key rig_key(const struct rig *r, enum state_kind kind, const char *value)
{
    return state_key_of(r->state, kind, NULL, span_str(value));
}

static inline enum fail rig_remember(struct rig *r, enum state_kind kind, const char *value, const char *classes)
{
    struct rig_wait w = {0};
    bool later;
    struct state_key k = rig_key(r, kind, value);
    enum fail f = state_remember(r->port, &k, 1, classes, rig_done, &w, &later);
    return rig_await(r, &w, f, later);
}

static inline enum fail rig_recall(struct rig *r, enum state_kind kind, const char *value, struct state_fact *fact)
{
    struct rig_wait w = {0};
    bool later;
    struct state_key k = rig_key(r, kind, value);
    enum fail f = state_recall(r->port, &k, 1, fact, rig_done, &w, &later);
    return rig_await(r, &w, f, later);
}

static inline enum fail rig_keep(struct rig *r, struct state_key k, struct span object)
{
    struct rig_wait w = {0};
    bool later;
    enum fail f = state_keep(r->port, k, object, rig_done, &w, &later);
    return rig_await(r, &w, f, later);
}

static inline enum fail rig_fetch(struct rig *r, struct state_key k, struct span *object)
{
    struct rig_wait w = {0};
    bool later;
    enum fail f = state_fetch(r->port, k, r->arena, object, rig_done, &w, &later);
    return rig_await(r, &w, f, later);
}

static inline enum fail rig_forget(struct rig *r, struct state_key k)
{
    struct rig_wait w = {0};
    bool later;
    enum fail f = state_forget(r->port, k, rig_done, &w, &later);
    return rig_await(r, &w, f, later);
}

/* Whether a comma-separated list has exactly these names, in whatever order. */
static inline bool rig_same_classes(const char *have, const char *want)
{
    char a[300], b[300];
    if (strlen(have) != strlen(want)) return false;
    snprintf(a, sizeof a, ",%s,", have);
    for (const char *p = want; *p;) {
        size_t n = strcspn(p, ",");
        snprintf(b, sizeof b, ",%.*s,", (int)n, p);
        if (strstr(a, b) == NULL) return false;
        p += n + (p[n] == ',');
    }
    return true;
}

#define rig_knows(r, kind, value, want)                                                                            \
    do {                                                                                                           \
        struct state_fact rig_fact;                                                                                \
        assert_int_equal(rig_recall((r), (kind), (value), &rig_fact), FAIL_OK);                                    \
        assert_true(rig_fact.known);                                                                               \
        if (!rig_same_classes(rig_fact.classes, (want))) fail_msg("classes \"%s\" of %s", rig_fact.classes, value); \
    } while (0)
#define rig_knows_not(r, kind, value)                                                                              \
    do {                                                                                                           \
        struct state_fact rig_fact;                                                                                \
        assert_int_equal(rig_recall((r), (kind), (value), &rig_fact), FAIL_OK);                                    \
        assert_false(rig_fact.known);                                                                              \
    } while (0)

static inline void rig_dir(char path[64])
{
    snprintf(path, 64, "/tmp/cordon-state-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static inline void rig_dir_remove(const char *path)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

#endif
