/* writer.h - the chain being written: lines into a batch, the batch into the segment, one sync, and what happens when
 * that fails. One thread at a time. No queue and no tickets here; those are ledger.c's.
 *
 * `chain` is the last record in the batch, `acked` the last durable one. A failure falls back to `acked`: the segment is
 * abandoned and the next one goes on from there and says so. */
#ifndef CORDON_AUDIT_WRITER_H
#define CORDON_AUDIT_WRITER_H

#include "audit/frame.h"
#include "audit/key.h"
#include "audit/segment.h"

struct writer {
    const struct ledger_io *io;
    const char *key_id;
    uint64_t segment_bytes, min_free_bytes;
    struct segment seg;
    struct chain chain, acked;
    uint64_t acked_segment;          /* the segment that holds `acked`; 0: none */
    uint64_t next_number;            /* of the next segment */
    bool abandoned;                  /* the next segment follows an abandoned one */
    bool bad;                        /* a step of this batch failed: writer_commit will say so */
    int err;                         /* errno of the last failure */
    struct obuf batch, body;
    uint64_t last_ns, last_mono_us;  /* the clocks at the last record; last_mono_us 0: not known */
    uint64_t free_checked_us;
};

void writer_init(struct writer *w, const struct ledger_io *io, int dir, const char *key_id);
void writer_fini(struct writer *w);

/* Adds one record to the batch; its number is then w->chain.seq. Opens the next segment when it is needed. */
void writer_put(struct writer *w, struct span body);
/* No more records into this batch: commit it first. */
bool writer_is_full(const struct writer *w);
/* Writes and syncs the batch. When it fails nothing of it counts, and the segment is abandoned. */
CD_USE enum fail writer_commit(struct writer *w);
/* After a failure: tries a new segment with only its first record. FAIL_OK: it is durable, writing may go on. */
CD_USE enum fail writer_probe(struct writer *w);
void writer_close(struct writer *w);

#endif
