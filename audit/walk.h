/* walk.h - all records of a ledger in order, each checked against the one before it: what verify and show both stand on.
 * Streaming; memory is one line and a few words a segment. Foreign bytes: nothing is trusted. One thread. */
#ifndef CORDON_AUDIT_WALK_H
#define CORDON_AUDIT_WALK_H

#include "audit/frame.h"
#include "core/fail.h"
#include "core/jscan.h"

struct walk_record {
    uint64_t segment, line;
    struct frame frame;
    struct span text;          /* the line, without its newline */
    const struct jdoc *doc;    /* token 0 is the record's object */
    struct arena *arena;       /* of the doc; reset at the next line */
};

/* All strings are borrowed for the call. A record is given to `record` when its own hash holds and it is a JSON object,
 * even where it does not follow from the one before: that is then told by `damage` first. */
struct walk_sink {
    void *arg;
    void (*record)(void *arg, const struct walk_record *r);
    void (*damage)(void *arg, const char *what);   /* names segment, line and seq */
    void (*torn)(void *arg, const char *what);     /* the very end is incomplete, as after a crash */
    void (*abandoned)(void *arg, uint64_t segment, uint64_t after_seq);   /* after_seq 0: the whole segment */
    void (*note)(void *arg, const char *what);
};

struct walk_sum {
    uint64_t segments, bytes;
};
CD_USE enum fail walk_ledger(const char *path, const struct walk_sink *sink, struct walk_sum *sum, struct why *why);

#endif
