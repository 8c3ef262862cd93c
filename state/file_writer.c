/* The file store's writer thread: commits what waits, reads objects, gets back after a failure. */
#include "core/log.h"
#include "core/metrics.h"
#include "state/file.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define MIN_FREE_BYTES (UINT64_C(16) << 20)
#define IDLE_US UINT64_C(3600000000)   /* how often what has ended is looked for when nothing happens */

uint32_t file_now(const struct file_store *s) { return (uint32_t)s->io->utc_s(); }

/* ---- one commit ---- */

static void put_wish(struct file_store *s, const struct wish *w)
{
    struct entry e = {.key = w->key, .expires = file_now(s) + s->head.keep_s};
    for (size_t i = 0; i < w->n_facts; i++) {
        char classes[NAMES_TEXT_MAX];
        names_text(&s->names, w->facts[i].classes, classes);
        entry_put(&s->plain, &(struct entry){ENTRY_FACT, w->facts[i].key, w->facts[i].expires, span_str(classes)});
    }
    if (w->kind == WISH_KEEP) e.kind = ENTRY_OBJECT, e.bytes = (struct span){w->object, w->object_n};
    if (w->kind == WISH_FORGET) e.kind = ENTRY_FORGET;
    if (e.kind != 0) entry_put(&s->plain, &e);
}

/* All wishes to frames; those whose frame is full know it. */
static bool put_wishes(struct file_store *s, struct wish *first)
{
    struct wish *from = first;
    obuf_reset(&s->plain);
    for (struct wish *w = first; w != NULL; w = w->next) {
        struct frame f;
        put_wish(s, w);
        if (s->plain.n == 0 || (s->plain.n < JOURNAL_FRAME_BYTES && w->next != NULL)) continue;
        errno = ENOMEM;
        if (!obuf_ok(&s->plain) || !journal_append(&s->journal, obuf_span(&s->plain), &f)) return false;
        for (; from != w->next; from = from->next) from->frame = f;
        obuf_reset(&s->plain);
    }
    return true;
}

static bool has_room(const struct file_store *s)
{
    errno = ENOSPC;
    return s->io->free_bytes(s->dir) >= MIN_FREE_BYTES;
}

static bool commit(struct file_store *s, struct wish *first)
{
    if (!put_wishes(s, first)) return false;
    if (s->journal.size == s->acked) return true;
    if (!has_room(s)) return false;
    if (!journal_sync(&s->journal)) {
        s->sync_failed = true;
        return false;
    }
    s->acked = s->journal.size;
    return true;
}

/* ---- answers ---- */

static enum fail fetch(struct file_store *s, struct wish *w)
{
    const struct object *o = objects_get(&s->objects, &w->key, file_now(s));
    struct entry e;
    size_t n;
    if (o == NULL) return FAIL_OK;
    char *plain = journal_read(&s->journal, o->frame, &n);
    if (plain == NULL) {
        LOG(ERROR, "state.object_lost", "at=%" PRIu64 " err=\"%s\"", o->frame.at, strerror(errno));
        return errno == EBADMSG ? FAIL_OK : FAIL_STATE_DOWN;
    }
    w->found = file_find_object((struct span){plain, n}, &w->key, &e);
    if (w->found) {
        memmove(plain, e.bytes.p, e.bytes.n);
        w->object = plain;
        w->object_n = e.bytes.n;
    } else {
        free(plain);
    }
    return FAIL_OK;
}

/* What the commit that has just succeeded makes true. */
static enum fail settle(struct file_store *s, struct wish *w)
{
    for (size_t i = 0; i < w->n_facts; i++) facts_settle(s->facts, &w->facts[i]);
    uint32_t expires = file_now(s) + s->head.keep_s;
    switch (w->kind) {
    case WISH_FETCH: return fetch(s, w);
    case WISH_FORGET: objects_drop(&s->objects, &w->key); return FAIL_OK;
    case WISH_KEEP:
        return objects_put(&s->objects, &w->key, w->frame, expires, (uint32_t)w->object_n) ? FAIL_OK : FAIL_NO_MEMORY;
    default: return FAIL_OK;
    }
}

/* ---- failure and the way back ---- */

static void go_down(struct file_store *s, int err)
{
    metric_add(METRIC_STATE_ERRORS, 1);
    if (atomic_exchange(&s->up, false)) LOG(ERROR, "state.down", "store=file err=\"%s\"", strerror(err));
}

static void come_back(struct file_store *s)
{
    if (!has_room(s)) return;
    if (!s->sync_failed && !journal_truncate(&s->journal, s->acked)) s->sync_failed = true;
    if (s->sync_failed && !file_compact(s)) return;
    s->sync_failed = false;
    atomic_store(&s->up, true);
    LOG(INFO, "state.up", "store=file");
}

static void serve(struct file_store *s, struct wish *first)
{
    enum fail f = atomic_load(&s->up) ? FAIL_OK : FAIL_STATE_DOWN;
    if (f == FAIL_OK && !commit(s, first)) {
        go_down(s, errno);
        f = FAIL_STATE_DOWN;
    }
    for (struct wish *w = first, *next; w != NULL; w = next) {
        next = w->next;
        w->result = f == FAIL_OK ? settle(s, w) : f;
        file_answer(w);
    }
    if (f == FAIL_OK) file_compact_if_due(s, false);
}

/* ---- the thread ---- */

static struct timespec after_us(uint64_t us)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t ns = (uint64_t)t.tv_nsec + us % 1000000 * 1000;
    return (struct timespec){t.tv_sec + (time_t)(us / 1000000) + (time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

/* All that waits, or none after a while with none. False: the store is closed. */
static bool take(struct file_store *s, struct wish **all)
{
    struct timespec until = after_us(atomic_load(&s->up) ? IDLE_US : s->io->probe_us);
    pthread_mutex_lock(&s->lock);
    while (s->first == NULL && !s->stop)
        if (pthread_cond_timedwait(&s->wake, &s->lock, &until) != 0) break;
    *all = s->first;
    s->first = NULL;
    s->last = &s->first;
    s->queued_bytes = 0;
    bool on = *all != NULL || !s->stop;
    pthread_mutex_unlock(&s->lock);
    return on;
}

void *file_writer_run(void *store)
{
    struct file_store *s = store;
    struct wish *all;
    while (take(s, &all)) {
        if (!atomic_load(&s->up)) come_back(s);
        if (all != NULL) serve(s, all);
        else if (atomic_load(&s->up)) file_compact_if_due(s, true);
    }
    return NULL;
}
