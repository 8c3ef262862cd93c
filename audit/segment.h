/* segment.h - the one file that is being appended to. Writer thread only. After the first failure the file is not to be
 * written again: close it and create another. */
#ifndef CORDON_AUDIT_SEGMENT_H
#define CORDON_AUDIT_SEGMENT_H

#include "audit/io.h"
#include "core/span.h"

struct segment {
    const struct ledger_io *io;
    int dir, fd;             /* fd -1: none is open */
    uint64_t number, size;
    uint64_t reserved;       /* disk blocks are reserved up to this offset */
};

/* Makes file `number`, its name durable. False and errno. */
CD_USE bool segment_create(struct segment *s, uint64_t number);
/* Goes on in a file that recovery has checked and cut to `size`. */
CD_USE bool segment_resume(struct segment *s, uint64_t number, uint64_t size);
CD_USE bool segment_write(struct segment *s, struct span bytes);   /* all of it, or false */
CD_USE bool segment_sync(struct segment *s);
/* Gives reserved blocks back when `good`; an abandoned file is left as it is. */
void segment_close(struct segment *s, bool good);
/* Closes it and removes the file: for one that never held an acknowledged record. It may stay, which is allowed. */
void segment_discard(struct segment *s);

#endif
