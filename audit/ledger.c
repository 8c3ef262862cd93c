#include "audit/ledger.h"
#include "audit/dir.h"
#include "audit/io.h"
#include "audit/queue.h"
#include "audit/recover.h"
#include "core/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_BYTES (64u << 20)
#define QUEUE 65536u
#define MIN_FREE (16u << 20)
#define LINGER_US 5000u       /* how long a record that nobody waits for may wait for company */
#define LAST_PROBES 3u
#define STALL_US 5000000u     /* a write or sync that takes longer counts as down until it returns */

struct ledger {
    struct ticket_queue queue;
    _Atomic uint32_t queued[2];       /* tickets submitted and not done: [1] that somebody waits for, [0] others */
    _Atomic bool down, stop;
    _Atomic uint64_t busy_since_us;   /* of a commit now in progress; 0: none */
    _Atomic uint64_t dropped;         /* records that nobody waits for and that found no room */
    uint32_t queue_max;
    struct value_key key;
    int dir, lock;
    pthread_t thread;
    /* The writer thread's own. */
    struct writer writer;
    struct ticket *first, **end;      /* taken, not written; oldest first */
    size_t waiting;                   /* of those, tickets that somebody waits for */
    uint64_t linger_until_us, probe_at_us;
    unsigned last_probes;             /* made after the call to stop */
    struct obuf note;
};

void ticket_free(struct ticket *t)
{
    if (t == NULL) return;
    free(t->body);
    free(t);
}

static void ticket_done(struct ledger *l, struct ticket *t, enum fail f)
{
    t->fail = f;
    atomic_fetch_sub_explicit(&l->queued[t->to.box != NULL], 1, memory_order_relaxed);
    if (t->to.box != NULL) mailbox_post(t->to.box, &t->letter);
    else ticket_free(t);
}

/* Takes what came. The first record that nobody waits for sets the time by which the batch is written. */
static void collect(struct ledger *l)
{
    struct ticket *t = ticket_queue_take(&l->queue);
    if (t == NULL) return;
    if (l->first == NULL) l->linger_until_us = l->writer.io->mono_us() + LINGER_US;
    *l->end = t;
    for (; t != NULL; t = t->next) {
        l->waiting += t->to.box != NULL;
        l->end = &t->next;
    }
}

static struct ticket *pop(struct ledger *l)
{
    struct ticket *t = l->first;
    l->first = t->next;
    if (l->first == NULL) l->end = &l->first;
    l->waiting -= t->to.box != NULL;
    return t;
}

static void push_back(struct ledger *l, struct ticket *t)
{
    t->next = NULL;
    *l->end = t;
    l->end = &t->next;
    l->waiting += t->to.box != NULL;
}

static void put_dropped(struct ledger *l, uint64_t n)
{
    if (n == 0) return;
    obuf_reset(&l->note);
    jo_cstr(&l->note, "kind", "dropped");
    jo_u64(&l->note, "records", n);
    writer_put(&l->writer, obuf_span(&l->note));
}

/* Moves as many tickets as go into one batch from the list to the result. */
static struct ticket *fill_batch(struct ledger *l)
{
    struct ticket *batch = l->first, **last = &batch;
    while (l->first != NULL && !writer_is_full(&l->writer)) {
        struct ticket *t = pop(l);
        last = &t->next;
        writer_put(&l->writer, (struct span){t->body, t->body_len});
        t->seq = l->writer.chain.seq;
    }
    *last = NULL;
    return batch;
}

static void answer_batch(struct ledger *l, struct ticket *batch)
{
    while (batch != NULL) {
        struct ticket *t = batch;
        batch = t->next;
        ticket_done(l, t, FAIL_OK);
    }
}

/* Those that somebody waits for fail; the others are kept, in order, for the next segment. */
static void sort_failed(struct ledger *l, struct ticket *t)
{
    while (t != NULL) {
        struct ticket *next = t->next;
        if (t->to.box != NULL) ticket_done(l, t, FAIL_LEDGER_DOWN);
        else push_back(l, t);
        t = next;
    }
}

static void fail_waiting(struct ledger *l, struct ticket *batch)
{
    struct ticket *rest = l->first;
    l->first = NULL;
    l->end = &l->first;
    l->waiting = 0;
    sort_failed(l, batch);
    sort_failed(l, rest);
}

static void go_down(struct ledger *l, struct ticket *batch)
{
    atomic_store(&l->down, true);
    l->probe_at_us = l->writer.io->mono_us() + l->writer.io->probe_us;
    fail_waiting(l, batch);
}

static void commit_batch(struct ledger *l)
{
    uint64_t dropped = atomic_exchange(&l->dropped, 0);
    put_dropped(l, dropped);
    struct ticket *batch = fill_batch(l);
    atomic_store_explicit(&l->busy_since_us, l->writer.io->mono_us(), memory_order_relaxed);
    enum fail f = writer_commit(&l->writer);
    atomic_store_explicit(&l->busy_since_us, 0, memory_order_relaxed);
    if (f == FAIL_OK) {
        answer_batch(l, batch);
    } else {
        atomic_fetch_add(&l->dropped, dropped);
        go_down(l, batch);
    }
}

static void probe(struct ledger *l)
{
    if (writer_probe(&l->writer) != FAIL_OK) {
        l->probe_at_us = l->writer.io->mono_us() + l->writer.io->probe_us;
        return;
    }
    atomic_store(&l->down, false);
    LOG(WARN, "ledger.up", "segment=%" PRIu64 " seq=%" PRIu64, l->writer.acked_segment, l->writer.acked.seq);
}

static void sleep_until(struct ledger *l, int how, uint64_t until_us)
{
    uint64_t now = until_us ? l->writer.io->mono_us() : 0;
    if (until_us != 0 && now >= until_us) return;
    ticket_queue_will_sleep(&l->queue, how);
    size_t before = l->waiting;
    bool empty = l->first == NULL;
    collect(l);
    bool stay = l->waiting != before || (empty && l->first != NULL) || atomic_load(&l->stop);
    if (stay) ticket_queue_stay_awake(&l->queue);
    else ticket_queue_sleep(&l->queue, until_us ? until_us - now : 0);
}

/* While nothing can be written; false to give up. */
static bool turn_down(struct ledger *l, bool stop)
{
    fail_waiting(l, NULL);
    if (stop && l->last_probes++ >= LAST_PROBES) return false;
    if (stop || l->writer.io->mono_us() >= l->probe_at_us) probe(l);
    else sleep_until(l, QUEUE_SHORT, l->probe_at_us);
    return true;
}

/* One step of the writer thread; false when all is done. */
static bool turn(struct ledger *l)
{
    bool stop = atomic_load(&l->stop);
    collect(l);
    if (atomic_load(&l->down)) return turn_down(l, stop);
    bool idle = l->first == NULL && (!stop || atomic_load(&l->dropped) == 0);
    if (idle && stop) return false;
    if (idle) sleep_until(l, QUEUE_DEEP, 0);
    else if (l->waiting > 0 || stop || l->writer.io->mono_us() >= l->linger_until_us) commit_batch(l);
    else sleep_until(l, QUEUE_SHORT, l->linger_until_us);
    return true;
}

static void lose_rest(struct ledger *l)
{
    uint64_t lost = atomic_load(&l->dropped);
    while (l->first != NULL) {
        ticket_done(l, pop(l), FAIL_LEDGER_DOWN);
        lost++;
    }
    if (lost > 0) LOG(ERROR, "ledger.lost", "records=%" PRIu64 " (the ledger could not be written at the end)", lost);
}

static void *writer_thread(void *arg)
{
    struct ledger *l = arg;
    pthread_setname_np(pthread_self(), "ledger");
    while (turn(l)) continue;
    lose_rest(l);
    writer_close(&l->writer);
    return NULL;
}

static int open_dir(const char *path, struct why *why)
{
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST) {
        why_set(why, "cannot make the ledger's directory %s: %s", path, strerror(errno));
        return -1;
    }
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int parent = dir >= 0 && made ? openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0) why_set(why, "cannot open the ledger's directory %s: %s", path, strerror(errno));
    if (parent >= 0) {
        if (fsync(parent) != 0) LOG(WARN, "ledger.parent", "err=\"%s\"", strerror(errno));
        close(parent);
    }
    return dir;
}

/* The first records of this run, durable before ledger_open returns: a ledger that can't be written is a start-up error. */
static enum fail write_first(struct ledger *l, const struct recovery *r, struct why *why)
{
    enum fail f = r->fresh_segment ? writer_probe(&l->writer) : FAIL_OK;
    for (size_t i = 0; f == FAIL_OK && i < r->n; i++) {
        obuf_reset(&l->note);
        torn_body_put(&l->note, &r->torn[i]);
        writer_put(&l->writer, obuf_span(&l->note));
        f = writer_commit(&l->writer);
        LOG(WARN, "ledger.recovered", "segment=%" PRIu64 " bytes=%" PRIu64 " file=%s", r->torn[i].segment, r->torn[i].bytes,
            r->torn[i].file);
    }
    if (f != FAIL_OK) why_set(why, "cannot write the ledger: %s", strerror(l->writer.err));
    return f;
}

/* Signals are the main thread's. */
static bool start_thread(struct ledger *l)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&l->thread, NULL, writer_thread, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return err == 0;
}

static void ledger_free(struct ledger *l)
{
    writer_close(&l->writer);
    writer_fini(&l->writer);
    obuf_fini(&l->note);
    value_key_fini(&l->key);
    ticket_queue_fini(&l->queue);
    if (l->lock >= 0) close(l->lock);
    if (l->dir >= 0) close(l->dir);
    free(l);
}

static enum fail prepare(struct ledger *l, const struct ledger_conf *c, const struct ledger_io *io, struct why *why)
{
    struct recovery r;
    l->dir = open_dir(c->dir, why);
    if (l->dir < 0) return FAIL_IO;
    l->lock = dir_lock(l->dir, c->dir, why);
    if (l->lock < 0) return FAIL_IO;
    enum fail f = value_key_load(l->dir, &l->key, why);
    if (f != FAIL_OK) return f;
    writer_init(&l->writer, io, l->dir, l->key.id);
    l->writer.segment_bytes = c->segment_bytes ? c->segment_bytes : SEGMENT_BYTES;
    l->writer.min_free_bytes = c->min_free_bytes ? c->min_free_bytes : MIN_FREE;
    f = recover_ledger(&l->writer, &r, why);
    return f != FAIL_OK ? f : write_first(l, &r, why);
}

struct ledger *ledger_open_io(const struct ledger_conf *c, const struct ledger_io *io, struct why *why)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (l == NULL) return why_set(why, "out of memory"), NULL;
    l->dir = l->lock = l->writer.seg.fd = -1;
    l->end = &l->first;
    l->queue_max = c->queue ? c->queue : QUEUE;
    ticket_queue_init(&l->queue);
    if (prepare(l, c, io, why) == FAIL_OK) {
        if (start_thread(l)) return l;
        why_set(why, "cannot start the ledger's thread");
    }
    ledger_free(l);
    return NULL;
}

struct ledger *ledger_open(const struct ledger_conf *c, struct why *why) { return ledger_open_io(c, &ledger_io_real, why); }

void ledger_close(struct ledger *l)
{
    if (l == NULL) return;
    atomic_store(&l->stop, true);
    ticket_queue_ring(&l->queue);
    pthread_join(l->thread, NULL);
    ledger_free(l);
}

bool ledger_healthy(const struct ledger *l)
{
    uint64_t since = atomic_load_explicit(&l->busy_since_us, memory_order_relaxed);
    return !atomic_load(&l->down) && (since == 0 || l->writer.io->mono_us() - since < STALL_US);
}

const char *ledger_key_id(const struct ledger *l) { return l->key.id; }

void ledger_keyed(const struct ledger *l, struct span value, unsigned char out[16])
{
    struct digest d = hmac_sha256(l->key.b, sizeof l->key.b, value);
    memcpy(out, d.b, 16);
}

/* What is over must be told even when nothing new may begin: outcomes have room of their own, and more of it. */
static uint32_t room_for(const struct ledger *l, bool waits) { return waits ? l->queue_max : 2 * l->queue_max; }

enum fail ledger_submit(struct ledger *l, struct ticket *t)
{
    bool waits = t->to.box != NULL;
    if (t->body_len == 0 || t->body_len > LEDGER_BODY_MAX) return FAIL_INTERNAL;
    if (waits && !ledger_healthy(l)) return FAIL_LEDGER_DOWN;
    if (atomic_fetch_add_explicit(&l->queued[waits], 1, memory_order_relaxed) >= room_for(l, waits)) {
        atomic_fetch_sub_explicit(&l->queued[waits], 1, memory_order_relaxed);
        if (!waits) atomic_fetch_add(&l->dropped, 1);
        return FAIL_LEDGER_BUSY;
    }
    ticket_queue_push(&l->queue, t);
    return FAIL_OK;
}
