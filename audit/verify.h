/* verify.h - reading a ledger back: `cordon audit verify` and `cordon audit show`. Streaming, constant memory. Works on
 * a live ledger (takes no lock) and on a copy. Foreign bytes: everything is checked, nothing trusted. */
#ifndef CORDON_AUDIT_VERIFY_H
#define CORDON_AUDIT_VERIFY_H

#include "core/attrib.h"
#include "core/fail.h"
#include <stdint.h>
#include <stdio.h>

enum verify_result {
    VERIFY_OK,
    VERIFY_TORN_TAIL,      /* the last line of the last segment is incomplete, as after a crash: all before it holds */
    VERIFY_DAMAGED,        /* something else; `text` says what, in which segment, line and sequence number */
    VERIFY_UNREADABLE
};
struct verify_report {
    enum verify_result result;
    uint64_t records, segments, first_seq, last_seq;
    uint64_t intents, outcomes, open_intents;   /* open: intents without an outcome (still running, or cut by a crash) */
    char head[65];                              /* hex hash of the last good record */
    char text[512];             /* what is wrong; empty when nothing is */
    uint64_t bytes;             /* read */
    uint64_t damages;           /* places that are wrong; `text` tells the first */
    uint64_t lost;              /* records that the writer says it had to drop */
    uint64_t strays;            /* outcomes that name no open intent */
    uint64_t clock_steps, recoveries;
    uint64_t abandoned;         /* segments, or ends of segments, given up after a failed write: not part of the ledger */
    char notes[512];            /* what is not wrong and yet to be known, one sentence each; may be empty */
};
/* Also writes what went wrong (a directory that can't be read) to `text`. */
CD_USE enum verify_result audit_verify(const char *dir, struct verify_report *out);

/* Print the ledger for people: one line an exchange (its intent and, where it is there, its outcome) or other record, in
 * the order in which they began, newest last. `json` prints the records as they are, one a line. `last` 0 is all; else
 * only the last so many lines, which are held in memory. FAIL_IO also when something did not hold: `why` says so, and
 * everything that does hold was printed, a "!!" line standing where something does not. */
CD_USE enum fail audit_show(const char *dir, FILE *out, bool json, uint64_t last, struct why *why);

#endif
