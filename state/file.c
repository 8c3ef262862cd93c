/* The file store as workers see it: look-ups in memory, wishes for the writer; and its opening and closing. */
#include "state/file.h"
#include "core/log.h"
#include "core/metrics.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define LOCK_NAME "lock"
#define QUEUE_BYTES (256u << 20)   /* of objects that wait for the disk; more is a disk that does not keep up */

static struct file_store *store_of(struct state_port *p) { return (struct file_store *)p->state; }
static struct file_port *port_of(struct state_port *p) { return (struct file_port *)p; }

/* ---- wishes ---- */

static void wish_free(struct wish *w)
{
    free(w->facts);
    free(w->object);
    free(w);
}

static void port_unref(struct file_port *p)
{
    pthread_mutex_lock(&p->lock);
    bool last = --p->refs == 0;
    pthread_mutex_unlock(&p->lock);
    if (!last) return;
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static void stop_waiting(struct wish *w)
{
    if (w->waiting_link == NULL) return;
    *w->waiting_link = w->waiting_next;
    if (w->waiting_next != NULL) w->waiting_next->waiting_link = w->waiting_link;
    w->waiting_link = NULL;
    w->done = NULL;
}

static void start_waiting(struct file_port *p, struct wish *w)
{
    w->port = p;
    w->waiting_next = p->waiting;
    w->waiting_link = &p->waiting;
    if (p->waiting != NULL) p->waiting->waiting_link = &w->waiting_next;
    p->waiting = w;
    pthread_mutex_lock(&p->lock);
    p->refs++;
    pthread_mutex_unlock(&p->lock);
}

/* On the worker's thread, by letter. */
static void deliver(struct letter *l, void *owner)
{
    struct wish *w = (struct wish *)l;
    state_done *done = w->done;
    (void)owner;
    stop_waiting(w);
    if (done != NULL && w->kind == WISH_FETCH && w->result == FAIL_OK && w->found) {
        char *copy = arena_strndup(w->arena, w->object, w->object_n);
        if (copy != NULL) *w->out = (struct span){copy, w->object_n};
        else w->result = FAIL_NO_MEMORY;
    }
    if (done != NULL) done(w->arg, w->result);
    port_unref(w->port);
    wish_free(w);
}

void file_answer(struct wish *w)
{
    struct file_port *p = w->port;
    bool posted = false;
    if (p == NULL && w->result != FAIL_OK) metric_add(METRIC_STATE_ERRORS, 1);
    if (p != NULL) {
        pthread_mutex_lock(&p->lock);
        posted = p->box != NULL;
        if (posted) mailbox_post(p->box, &w->letter);
        pthread_mutex_unlock(&p->lock);
        if (!posted) port_unref(p);
    }
    if (!posted) wish_free(w);
}

static struct wish *wish_new(enum wish_kind kind, const struct state_key *key)
{
    struct wish *w = calloc(1, sizeof *w);
    if (w == NULL) return NULL;
    w->letter.deliver = deliver;
    w->kind = kind;
    if (key != NULL) w->key = *key;
    return w;
}

/* Hands it to the writer. The wish is the writer's then, but for what the worker keeps in it. */
static enum fail submit(struct state_port *sp, struct wish *w, state_done *done, void *arg, bool *later)
{
    struct file_store *s = store_of(sp);
    w->done = done;
    w->arg = arg;
    if (done != NULL) start_waiting(port_of(sp), w);
    pthread_mutex_lock(&s->lock);
    bool room = s->queued_bytes + w->object_n <= QUEUE_BYTES;
    if (room) {
        s->queued_bytes += w->object_n;
        *s->last = w;
        s->last = &w->next;
        pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    *later = room && done != NULL;
    if (room) return FAIL_OK;
    stop_waiting(w);
    if (w->port != NULL) port_unref(w->port);
    wish_free(w);
    return FAIL_STATE_DOWN;
}

/* ---- facts ---- */

static bool is_up(const struct state *s) { return atomic_load(&((const struct file_store *)s)->up); }

static enum fail recall(struct state_port *p, const struct state_key *keys, size_t n, struct state_fact *facts,
                        state_done *done, void *arg, bool *later)
{
    struct file_store *s = store_of(p);
    uint32_t now = file_now(s);
    (void)done, (void)arg, (void)later;
    if (!is_up(p->state)) return FAIL_STATE_DOWN;
    for (size_t i = 0; i < n; i++) {
        uint64_t classes;
        facts[i].known = facts_get(s->facts, &keys[i], now, &classes);
        names_text(&s->names, classes, facts[i].classes);
    }
    return FAIL_OK;
}

/* Told once a minute, not for every request. */
static enum fail no_room(struct file_store *s, const char *what)
{
    uint32_t now = file_now(s), told = atomic_load(&s->told_full);
    if ((told == 0 || now - told >= 60) && atomic_compare_exchange_strong(&s->told_full, &told, now))
        LOG(ERROR, "state.full", "what=\"%s\"", what);
    metric_add(METRIC_STATE_ERRORS, 1);
    return FAIL_STATE_DOWN;
}

static enum fail remember(struct state_port *p, const struct state_key *keys, size_t n, const char *classes,
                          state_done *done, void *arg, bool *later)
{
    struct file_store *s = store_of(p);
    uint32_t now = file_now(s);
    uint64_t bits;
    if (!is_up(p->state)) return FAIL_STATE_DOWN;
    if (!names_bits(&s->names, span_str(classes), &bits)) return no_room(s, "class names");
    struct wish *w = wish_new(WISH_REMEMBER, NULL);
    if (w == NULL || (w->facts = calloc(n, sizeof *w->facts)) == NULL) {
        free(w);
        return FAIL_NO_MEMORY;
    }
    bool full = false;
    for (size_t i = 0; i < n && !full; i++) {
        enum facts_added did = facts_add(s->facts, &keys[i], bits, now, s->head.keep_s, &w->facts[w->n_facts]);
        w->n_facts += did == FACTS_CHANGED;
        full = did == FACTS_FULL;
    }
    if (!full && w->n_facts > 0) return submit(p, w, done, arg, later);
    wish_free(w);
    return full ? no_room(s, "facts") : FAIL_OK;
}

/* ---- objects ---- */

static enum fail keep(struct state_port *p, struct state_key key, struct span object, state_done *done, void *arg, bool *later)
{
    struct wish *w = wish_new(WISH_KEEP, &key);
    if (w == NULL || (w->object = malloc(object.n + 1)) == NULL) {
        free(w);
        return FAIL_NO_MEMORY;
    }
    if (object.n) memcpy(w->object, object.p, object.n);
    w->object_n = object.n;
    return submit(p, w, done, arg, later);
}

static enum fail fetch(struct state_port *p, struct state_key key, struct arena *a, struct span *object, state_done *done,
                       void *arg, bool *later)
{
    struct wish *w = wish_new(WISH_FETCH, &key);
    if (w == NULL) return FAIL_NO_MEMORY;
    w->arena = a;
    w->out = object;
    return submit(p, w, done, arg, later);
}

static enum fail forget(struct state_port *p, struct state_key key, state_done *done, void *arg, bool *later)
{
    struct wish *w = wish_new(WISH_FORGET, &key);
    return w == NULL ? FAIL_NO_MEMORY : submit(p, w, done, arg, later);
}

static void cancel(struct state_port *p, const void *arg)
{
    for (struct wish *w = port_of(p)->waiting, *next; w != NULL; w = next) {
        next = w->waiting_next;
        if (w->arg == arg) stop_waiting(w);
    }
}

/* ---- ports ---- */

static struct state_port *port_new(struct state *s, struct event_base *base, struct mailbox *box)
{
    struct file_port *p = calloc(1, sizeof *p);
    (void)base;
    if (p == NULL) return NULL;
    p->head.state = s;
    p->box = box;
    p->refs = 1;
    pthread_mutex_init(&p->lock, NULL);
    return &p->head;
}

static void port_free(struct state_port *sp)
{
    struct file_port *p = port_of(sp);
    while (p->waiting != NULL) stop_waiting(p->waiting);
    pthread_mutex_lock(&p->lock);
    p->box = NULL;
    pthread_mutex_unlock(&p->lock);
    port_unref(p);
}

/* ---- the store ---- */

static enum fail take_entry(struct file_store *s, const struct entry *e, struct frame f)
{
    uint32_t now = file_now(s);
    struct fact fact = {.key = e->key, .expires = e->expires};
    if (e->kind == ENTRY_FORGET) objects_drop(&s->objects, &e->key);
    if (e->kind == ENTRY_FORGET || e->expires <= now) return FAIL_OK;
    if (e->kind == ENTRY_OBJECT)
        return objects_put(&s->objects, &e->key, f, e->expires, (uint32_t)e->bytes.n) ? FAIL_OK : FAIL_NO_MEMORY;
    if (!names_bits(&s->names, e->bytes, &fact.classes)) return FAIL_NO_MEMORY;
    return facts_load(s->facts, &fact, now, s->head.keep_s) == FACTS_FULL ? FAIL_NO_MEMORY : FAIL_OK;
}

static enum fail take_frame(void *arg, struct span plain, struct frame f)
{
    enum fail did = FAIL_OK;
    for (struct entry e; did == FAIL_OK && entry_next(&plain, &e);) did = take_entry(arg, &e, f);
    return did == FAIL_OK && plain.n > 0 ? FAIL_IO : did;   /* sealed by us, and yet not ours: another version's */
}

/* Like the ledger's: belongs to the open file, goes with the process. */
static bool lock_dir(struct file_store *s, struct why *why)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    s->lock_fd = openat(s->dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd >= 0 && fcntl(s->lock_fd, F_OFD_SETLK, &whole) == 0) return true;
    if (s->lock_fd >= 0 && (errno == EAGAIN || errno == EACCES))
        why_set(why, "the state's directory is in use by another cordon process; several share state by Redis only");
    else
        why_set(why, "cannot lock the state's directory: %s", strerror(errno));
    return false;
}

static bool open_journal(struct file_store *s, struct why *why)
{
    const struct seal_key *key = &s->head.keys.seal;
    if (journal_exists(s->dir)) {
        if (journal_open(&s->journal, s->dir, s->io, key, take_frame, s, why) != FAIL_OK) return false;
    } else if (!journal_create(&s->journal, s->dir, s->io, key) || !journal_install(&s->journal)) {
        why_set(why, "cannot make the state file: %s", strerror(errno));
        return false;
    } else {
        LOG(INFO, "state.created", "store=file");   /* at a first start; or what was known is lost */
    }
    s->acked = s->journal.size;
    file_compact_if_due(s, false);
    return true;
}

static void start_locks(struct file_store *s)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void store_free(struct file_store *s)
{
    journal_close(&s->journal);
    if (s->lock_fd >= 0) close(s->lock_fd);
    close(s->dir);
    objects_fini(&s->objects);
    facts_free(s->facts);
    names_fini(&s->names);
    obuf_fini(&s->plain);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    digest_wipe(&s->head.keys, sizeof s->head.keys);
    free(s);
}

static void close_store(struct state *state)
{
    struct file_store *s = (struct file_store *)state;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    store_free(s);
}

static uint64_t count_facts(const struct state *s) { return facts_count(((const struct file_store *)s)->facts); }

static const struct store file_ops = {
    .close = close_store, .up = is_up, .facts = count_facts, .port_new = port_new, .port_free = port_free, .recall = recall,
    .remember = remember, .keep = keep, .fetch = fetch, .forget = forget, .cancel = cancel,
};

struct state *file_store_open(int dir, const struct state *head, const struct state_io *io, struct file_limits limits,
                              struct why *why)
{
    struct file_store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        close(dir);
        why_set(why, "%s", fail_text(FAIL_NO_MEMORY));
        return NULL;
    }
    *s = (struct file_store){.head = *head, .io = io, .limits = limits, .dir = dir, .lock_fd = -1, .up = true,
                             .journal = {.fd = -1}, .objects = {.max = limits.objects, .table = {.size = sizeof(struct object)}}};
    s->head.store = &file_ops;
    s->last = &s->first;
    start_locks(s);
    names_init(&s->names);
    s->facts = facts_new(limits.facts);
    bool ok = s->facts != NULL && lock_dir(s, why) && open_journal(s, why);
    if (s->facts == NULL || (ok && pthread_create(&s->thread, NULL, file_writer_run, s) != 0)) {
        why_set(why, "cannot start the store: %s", fail_text(FAIL_NO_MEMORY));
        ok = false;
    }
    if (ok) return &s->head;
    store_free(s);
    return NULL;
}
