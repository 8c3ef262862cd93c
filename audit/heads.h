/* heads.h - the first record of each segment, which says what the segment follows; from them, which segments are the
 * ledger and which were given up. A claim is believed only as far as its record's hash holds; walk.c checks it again. */
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
CD_USE enum fail heads_read(int dir, const struct segment_list *list, struct heads *out, struct why *why);
void heads_free(struct heads *h);

/* Reads the members of a segment record. False when one is missing or of the wrong type. */
struct jdoc;
CD_USE bool head_parse(const struct jdoc *d, struct head *out);

#endif
