/* sse.h - server-sent events, read as they come (WHATWG HTML, 9.2.6). Bytes may be cut anywhere, events come out whole:
 * lines end in CR LF, LF or CR; comments and unknown fields are passed over; several data lines are joined by LF; a
 * byte-order mark at the start is skipped; an event without a data line is none; one that the end cuts off is none.
 * What one event may hold is bounded. It keeps no thread and does no I/O; one stream, one reader. */
#ifndef CORDON_WIRE_SSE_H
#define CORDON_WIRE_SSE_H

#include "core/attrib.h"
#include "core/obuf.h"

struct sse_event {
    struct span type;   /* "" where the stream names none (that is "message") */
    struct span data;
    struct span id;     /* the last id so far, as the standard has it */
};

enum sse_step {
    SSE_MORE,       /* all bytes are taken; feed more */
    SSE_EVENT,      /* an event; call again with what is left */
    SSE_TOO_LARGE,  /* a line or an event beyond the limit; the reader is of no more use */
    SSE_NO_MEMORY
};

struct sse {
    size_t limit;        /* bytes of one line, and of one event's data */
    struct obuf line;    /* the line so far, when it is not whole */
    struct obuf type, data, id;
    bool has_data, last_was_cr, past_start, dispatched;
    enum sse_step broken;
};

void sse_init(struct sse *s, size_t limit);
void sse_fini(struct sse *s);
/* Take bytes from the front of *bytes up to the end of the next event. The event's spans live until the next call. */
CD_USE enum sse_step sse_next(struct sse *s, struct span *bytes, struct sse_event *e);

#endif
