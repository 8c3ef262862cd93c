#include "audit/writer.h"
#include "core/log.h"
#include "core/metrics.h"
#include <errno.h>
#include <inttypes.h>

#define BATCH_MAX (1u << 20)
#define FREE_CHECK_US 100000u
#define CLOCK_STEP_NS 1000000000   /* smaller ones are recorded only where time would go backwards */

void writer_init(struct writer *w, const struct ledger_io *io, int dir, const char *key_id)
{
    *w = (struct writer){.io = io, .key_id = key_id, .next_number = 1, .seg = {.io = io, .dir = dir, .fd = -1}};
    chain_start(&w->chain);
    chain_start(&w->acked);
}

void writer_fini(struct writer *w)
{
    obuf_fini(&w->batch);
    obuf_fini(&w->body);
}

static void fail_batch(struct writer *w, int err)
{
    w->bad = true;
    w->err = err;
}

static void append(struct writer *w, struct span body, uint64_t now_ns)
{
    chain_append(&w->chain, body, now_ns, &w->batch);
    w->last_ns = now_ns;
    w->last_mono_us = w->io->mono_us();
    if (!obuf_ok(&w->batch) || !obuf_ok(&w->body)) fail_batch(w, ENOMEM);
}

/* How far the wall clock moved against the monotonic one since the last record, when that is to be recorded. */
static int64_t clock_step(const struct writer *w, uint64_t now_ns)
{
    int64_t wall = (int64_t)(now_ns - w->last_ns);
    if (w->last_ns == 0) return 0;
    if (w->last_mono_us == 0) return wall < 0 ? wall : 0;
    int64_t step = wall - (int64_t)(w->io->mono_us() - w->last_mono_us) * 1000;
    return wall < 0 || step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS ? step : 0;
}

static void put_clock_step(struct writer *w, uint64_t now_ns, int64_t step)
{
    obuf_reset(&w->body);
    jo_cstr(&w->body, "kind", "clock_step");
    jo_cstr(&w->body, "from", w->chain.time);
    jo_i64(&w->body, "step_ns", step);
    append(w, obuf_span(&w->body), now_ns);
}

static void put_segment(struct writer *w)
{
    struct obuf *o = &w->body;
    obuf_reset(o);
    jo_cstr(o, "kind", "segment");
    jo_u64(o, "segment", w->seg.number);
    jo_cstr(o, "key_id", w->key_id);
    jo_u64(o, "previous_segment", w->acked_segment);
    if (w->abandoned) {
        jo_open(o, "abandoned", '{');
        jo_u64(o, "segment", w->acked_segment);
        jo_u64(o, "after_seq", w->acked.seq);
        jo_close(o, '}');
    }
    append(w, obuf_span(o), w->io->utc_ns());
}

static bool open_next(struct writer *w)
{
    segment_close(&w->seg, true);
    while (!segment_create(&w->seg, w->next_number)) {
        if (errno != EEXIST) return false;
        w->next_number++;   /* left by a probe whose file could not be removed: nothing in it was acknowledged */
        w->abandoned = true;
    }
    w->next_number++;
    put_segment(w);
    return true;
}

static bool segment_is_full(const struct writer *w) { return w->seg.size + w->batch.n >= w->segment_bytes; }

void writer_put(struct writer *w, struct span body)
{
    if (w->bad) return;
    uint64_t now_ns = w->io->utc_ns();
    int64_t step = clock_step(w, now_ns);
    /* Before the turn to a new segment, whose first record is the segment's own. */
    if (step != 0) put_clock_step(w, now_ns, step);
    if (w->batch.n == 0 && segment_is_full(w) && !open_next(w)) fail_batch(w, errno);
    else append(w, body, now_ns > w->last_ns ? now_ns : w->last_ns);
}

bool writer_is_full(const struct writer *w)
{
    return w->bad || w->batch.n >= BATCH_MAX || (w->batch.n > 0 && segment_is_full(w));
}

static bool has_room(struct writer *w)
{
    uint64_t now = w->io->mono_us();
    if (w->free_checked_us != 0 && now - w->free_checked_us < FREE_CHECK_US) return true;
    w->free_checked_us = now;
    errno = ENOSPC;
    return w->io->free_bytes(w->seg.dir) >= w->min_free_bytes;
}

/* A file that holds no acknowledged record is better gone; one that does stays as the failure left it. */
static void abandon(struct writer *w)
{
    if (w->seg.fd >= 0 && w->seg.number != w->acked_segment) {
        w->next_number = w->seg.number;
        segment_discard(&w->seg);
    }
    segment_close(&w->seg, false);
    w->chain = w->acked;
    w->abandoned = true;
    w->bad = false;
    w->free_checked_us = 0;
    obuf_reset(&w->batch);
    obuf_reset(&w->body);
}

static enum fail fall_back(struct writer *w, int err)
{
    metric_add(METRIC_LEDGER_ERRORS, 1);
    if (!w->abandoned)   /* once, not for every probe */
        LOG(ERROR, "ledger.down", "segment=%" PRIu64 " acknowledged=%" PRIu64 " err=\"%s\"", w->seg.number, w->acked.seq,
            strerror(err));
    abandon(w);
    w->err = err;
    return FAIL_LEDGER_DOWN;
}

enum fail writer_commit(struct writer *w)
{
    if (w->bad) return fall_back(w, w->err);
    if (!has_room(w) || !segment_write(&w->seg, obuf_span(&w->batch)) || !segment_sync(&w->seg)) return fall_back(w, errno);
    metric_add(METRIC_LEDGER_RECORDS, w->chain.seq - w->acked.seq);
    metric_add(METRIC_LEDGER_SYNCS, 1);
    w->acked = w->chain;
    w->acked_segment = w->seg.number;
    w->abandoned = false;
    obuf_reset(&w->batch);
    return FAIL_OK;
}

enum fail writer_probe(struct writer *w)
{
    if (!has_room(w) || !open_next(w)) return fall_back(w, errno);
    return writer_commit(w);
}

void writer_close(struct writer *w) { segment_close(&w->seg, true); }
