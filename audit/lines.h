/* lines.h - a segment read line by line, in constant memory (one buffer of LEDGER_LINE_MAX), also while a writer appends to
 * it. Foreign bytes: no line is longer than the cap, and none is trusted. One object, one thread. */
#ifndef CORDON_AUDIT_LINES_H
#define CORDON_AUDIT_LINES_H

#include "core/attrib.h"
#include "core/span.h"
#include <stdint.h>

enum line_kind {
    LINE_WHOLE,   /* ended by a newline, which is left out */
    LINE_CUT,     /* the last bytes of the file, without a newline; call again later and it may be whole */
    LINE_LONG,    /* over LEDGER_LINE_MAX: skipped up to its newline or the end; the span is empty */
    LINE_END,
    LINE_ERROR    /* read failed; errno says why */
};

struct lines {
    int fd;
    char *buf;
    size_t from, to;       /* what is in buf and not handed out yet */
    uint64_t at;           /* offset in the file of buf[from] */
    uint64_t number;       /* of the line handed out last, from 1 */
    bool skipping;
};

/* Takes the fd. False when out of memory; the fd is then closed. */
CD_USE bool lines_open(struct lines *l, int fd);
/* Closes the fd and frees the buffer. */
void lines_close(struct lines *l);
/* The span is valid until the next call. */
CD_USE enum line_kind lines_next(struct lines *l, struct span *out);

#endif
