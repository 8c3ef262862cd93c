/* Rewriting the journal: what lives goes to a new file, which then takes the old one's place. The writer thread's. */
#include "state/file.h"
#include "core/log.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct moved {
    struct object *object;
    struct frame to;
};

struct move {
    struct file_store *store;
    struct journal to;
    struct obuf plain;
    struct moved *moved;       /* objects in the order they are moved; from `placed` on their frame is not written yet */
    size_t n_moved, placed, cap;
};

static bool flush(struct move *m)
{
    struct frame f;
    if (m->plain.n == 0) return true;
    if (!obuf_ok(&m->plain) || !journal_append(&m->to, obuf_span(&m->plain), &f)) return false;
    for (; m->placed < m->n_moved; m->placed++) m->moved[m->placed].to = f;
    obuf_reset(&m->plain);
    return true;
}

static bool put(struct move *m, const struct entry *e)
{
    entry_put(&m->plain, e);
    return m->plain.n < JOURNAL_FRAME_BYTES || flush(m);
}

static bool move_fact(void *arg, const struct fact *fact)
{
    struct move *m = arg;
    char classes[NAMES_TEXT_MAX];
    names_text(&m->store->names, fact->classes, classes);
    return put(m, &(struct entry){ENTRY_FACT, fact->key, fact->expires, span_str(classes)});
}

/* ---- objects ---- */

static int by_place(const void *a, const void *b)
{
    uint64_t x = ((const struct moved *)a)->object->frame.at, y = ((const struct moved *)b)->object->frame.at;
    return x < y ? -1 : x > y;
}

/* The last entry of that key in a frame is the one that counts. */
bool file_find_object(struct span plain, const struct state_key *key, struct entry *found)
{
    bool is = false;
    for (struct entry e; entry_next(&plain, &e);) {
        if (e.kind != ENTRY_OBJECT || memcmp(&e.key, key, sizeof *key) != 0) continue;
        *found = e;
        is = true;
    }
    return is;
}

/* One whose frame cannot be read any more is left behind: the others are not to be lost for it. */
static bool move_object(struct move *m, struct span plain, struct object *o)
{
    struct entry e;
    if (!file_find_object(plain, &o->key, &e)) return true;
    m->moved[m->n_moved++].object = o;
    return put(m, &e);
}

static bool move_frame(struct move *m, struct moved *list, size_t n)
{
    size_t len;
    char *plain = journal_read(&m->store->journal, list[0].object->frame, &len);
    if (plain == NULL) {
        LOG(ERROR, "state.object_lost", "at=%" PRIu64 " err=\"%s\"", list[0].object->frame.at, strerror(errno));
        return errno == EBADMSG;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) ok = move_object(m, (struct span){plain, len}, list[i].object);
    free(plain);
    return ok;
}

static bool move_objects(struct move *m)
{
    struct table *t = &m->store->objects.table;
    struct moved *list = calloc(t->n + 1, sizeof *list);
    m->moved = calloc(t->n + 1, sizeof *m->moved);
    size_t n = 0, at = 0;
    bool ok = list != NULL && m->moved != NULL;
    for (struct object *o; ok && (o = table_next(t, &at)) != NULL;) list[n++].object = o;
    if (n > 0) qsort(list, n, sizeof *list, by_place);
    for (size_t from = 0, to; ok && from < n; from = to) {
        for (to = from + 1; to < n && list[to].object->frame.at == list[from].object->frame.at;) to++;
        ok = move_frame(m, list + from, to - from);
    }
    free(list);
    return ok;
}

static bool has_no_place(const void *entry, const void *arg)
{
    (void)arg;
    return ((const struct object *)entry)->frame.length == 0;
}

/* The new file is in place: the index is made to agree. */
static void settle(struct move *m)
{
    struct file_store *s = m->store;
    struct table *t = &s->objects.table;
    size_t at = 0;
    for (struct object *o; (o = table_next(t, &at)) != NULL;) o->frame.length = 0;
    s->objects.bytes = 0;
    for (size_t i = 0; i < m->n_moved; i++) {
        m->moved[i].object->frame = m->moved[i].to;
        s->objects.bytes += m->moved[i].object->bytes;
    }
    table_sweep(t, has_no_place, NULL);
    s->objects.dead = false;
    journal_close(&s->journal);
    s->journal = m->to;
    s->acked = m->to.size;
}

bool file_compact(struct file_store *s)
{
    struct move m = {.store = s};
    uint32_t now = file_now(s);
    uint64_t before = s->journal.size;
    objects_sweep(&s->objects, now);
    facts_sweep(s->facts, now);
    if (!journal_create(&m.to, s->dir, s->io, &s->head.keys.seal)) return false;
    bool ok = facts_each(s->facts, now, move_fact, &m) && flush(&m) && move_objects(&m) && flush(&m) && journal_install(&m.to);
    if (ok) {
        settle(&m);
        LOG(INFO, "state.compacted", "before=%" PRIu64 " after=%" PRIu64, before, s->acked);
    } else {
        int err = errno;
        journal_close(&m.to);
        errno = err;
    }
    obuf_fini(&m.plain);
    free(m.moved);
    return ok;
}

/* About what the living would take. */
static uint64_t living(const struct file_store *s)
{
    return (uint64_t)facts_count(s->facts) * (JOURNAL_ENTRY_BYTES + 8) + s->objects.bytes +
           (uint64_t)s->objects.table.n * JOURNAL_ENTRY_BYTES;
}

void file_compact_if_due(struct file_store *s, bool now)
{
    if (!now && s->journal.size < s->check_at) return;
    facts_sweep(s->facts, file_now(s));
    objects_sweep(&s->objects, file_now(s));
    bool worth = s->journal.size > s->limits.compact_bytes && s->journal.size > 2 * living(s);
    if ((worth || (now && s->objects.dead)) && !file_compact(s))
        LOG(WARN, "state.compact_failed", "err=\"%s\"", strerror(errno));
    s->check_at = s->journal.size + (s->journal.size > s->limits.compact_bytes ? s->journal.size : s->limits.compact_bytes) / 4;
}
