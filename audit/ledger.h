/* ledger.h - the append-only record of what leaves and what is answered. One writer thread, group commit: one
 * fdatasync for all waiting tickets. Records are JSON lines in numbered segments, each chained to the one before by
 * SHA-256 (docs/LEDGER.md is the format). Workers submit and are told by letter when the record is durable.
 *
 * A failed write or fsync stops it: every waiting and later ticket fails with LEDGER_DOWN until a probe on a NEW segment
 * succeeds (after a failed fsync the kernel may report the next one as good, so the old segment is abandoned and what
 * was not acknowledged is written anew). It never blocks a worker. */
#ifndef CORDON_AUDIT_LEDGER_H
#define CORDON_AUDIT_LEDGER_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/mailbox.h"
#include "core/obuf.h"
#include <stdint.h>

struct ledger;

struct ledger_conf {
    const char *dir;             /* made with mode 0700 when absent */
    uint64_t segment_bytes;      /* rotation; 0 is 64 MiB */
    uint32_t queue;              /* tickets waiting at most; 0 is 65536; beyond it LEDGER_BUSY */
    uint64_t min_free_bytes;     /* stop before the disk is full; 0 is 16 MiB */
};

/* Opens or makes the directory, takes its lock, verifies the last segment's tail (a torn last line is moved to
 * NAME.torn and recorded as a `recovered` record), starts the writer thread. */
CD_USE struct ledger *ledger_open(const struct ledger_conf *c, struct why *why);
/* Writes what is queued, syncs, joins the thread. */
void ledger_close(struct ledger *l);
/* False while writes fail, or one has taken over 5 seconds. Any thread; for /readyz. */
bool ledger_healthy(const struct ledger *l);
/* Id of the value key ("k-" and 16 hex digits), static for the ledger's life. */
const char *ledger_key_id(const struct ledger *l);
/* HMAC-SHA-256 of a found value under the value key, cut to 16 bytes. Any thread. */
void ledger_keyed(const struct ledger *l, struct span value, unsigned char out[16]);

/* One record on its way. `body` is the inside of a JSON object (`"kind":"intent","api":…`, no braces), moved in.
 * seq, time, prev and hash are added by the writer. When durable or failed, the ticket comes back as a letter to
 * `to.box` with `fail` and `seq` set; `letter.deliver` is the submitter's and frees it. With `to.box` NULL nobody waits
 * (outcome records) and the ledger frees the ticket with ticket_free. */
struct ticket {
    struct letter letter;
    struct ticket *next;
    struct handle to;
    char *body;
    size_t body_len;
    enum fail fail;
    uint64_t seq;
};
void ticket_free(struct ticket *t);

/* Takes ownership in every case but a failure: LEDGER_BUSY or LEDGER_DOWN at once leave the ticket with the caller, as
 * does INTERNAL for a body that is empty or over 250 KiB (record.h makes none). Tickets that nobody waits for are also
 * taken while the ledger is down and are written when it is up again; those refused with LEDGER_BUSY (twice `queue` are
 * waiting) are counted, and the ledger tells their number in a `dropped` record. Any thread; never blocks. */
CD_USE enum fail ledger_submit(struct ledger *l, struct ticket *t);

#endif
