/* recover.h - where the last run stopped: finds the last whole record, sets aside what a crash left after it, and sets
 * the writer to go on from there. Runs in ledger_open, alone. */
#ifndef CORDON_AUDIT_RECOVER_H
#define CORDON_AUDIT_RECOVER_H

#include "audit/dir.h"
#include "audit/writer.h"

struct torn {
    uint64_t segment, bytes;             /* the file they were in, and how many */
    char file[SEGMENT_NAME_MAX];         /* where they are now */
    char sha256[HASH_HEX + 1];
};
struct recovery {
    struct torn torn[4];
    size_t n;
    bool fresh_segment;                  /* the last segment is not to be continued: none, full, or under another key */
};

/* On FAIL_OK the writer has its chain, and its segment open unless `fresh_segment`. */
CD_USE enum fail recover_ledger(struct writer *w, struct recovery *out, struct why *why);
/* The body of the record that tells of it. */
void torn_body_put(struct obuf *o, const struct torn *t);

#endif
