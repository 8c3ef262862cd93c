/* heads.h - the first record of each segment, which says what the segment follows; from them, which segments are the
 * ledger and which were given up. A claim is believed only as far as its record's hash holds; walk.c checks it again.
 * Memory is one row a segment; bytes are foreign. Called by walk.c; any thread. */
#ifndef CORDON_AUDIT_HEADS_H
#define CORDON_AUDIT_HEADS_H

#include "audit/dir.h"
#include "core/arena.h"

struct head {
    uint64_t number;
    uint64_t previous;       /* the segment it follows; 0: it is the first */
    uint64_t after_seq;      /* with `abandons`: the last record before it that counts */
    uint64_t size;
    bool begun;              /* has a whole first line */
    bool known;              /* and that is a segment record that holds: previous, abandons and after_seq are set */
    bool abandons;
    bool live;               /* part of the ledger */
};

struct heads {
    struct head *h;          /* by number */
    size_t n;
};
/* `list` is ascending, as segment_list_read leaves it; `out` is the caller's to free with heads_free. FAIL_IO and *why when
 * a segment cannot be read, FAIL_NO_MEMORY; a damaged first line is no failure: its row is not `known`. */
CD_USE enum fail heads_read(int dir, const struct segment_list *list, struct heads *out, struct why *why);
void heads_free(struct heads *h);

/* Reads the members of a scanned segment record into `previous`, `after_seq` and `abandons`. False when one is missing or of the wrong type. */
struct jdoc;
CD_USE bool head_parse(const struct jdoc *d, struct head *out);

#endif
