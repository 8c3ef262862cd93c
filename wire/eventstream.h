/* eventstream.h - AWS's binary event stream (application/vnd.amazon.eventstream), written and read. A message is, all
 * numbers big-endian: total length u32, headers' length u32, CRC-32 of these eight bytes, headers, payload, CRC-32 of
 * all that came before. Source: the Amazon Transcribe and Smithy descriptions of the encoding, and botocore's reader.
 * Any thread; one stream, one reader. */
#ifndef CORDON_WIRE_EVENTSTREAM_H
#define CORDON_WIRE_EVENTSTREAM_H

#include "core/attrib.h"
#include "core/obuf.h"

/* What a message is, as its header ":message-type" says. */
enum eventstream_kind { EVENTSTREAM_EVENT, EVENTSTREAM_EXCEPTION, EVENTSTREAM_OTHER };

/* ---- writing ---- */

/* Begins a message with a JSON payload: its place in `out` is returned, the payload is what is appended next. `name` is
 * the event's or the exception's. */
size_t eventstream_open(struct obuf *out, enum eventstream_kind kind, const char *name);
/* Ends it: fills in the lengths and the checksums. Nothing when `out` is bad. */
void eventstream_close(struct obuf *out, size_t place);

/* ---- reading ---- */

/* Spans live until the next call. */
struct eventstream_message {
    enum eventstream_kind kind;
    struct span name;            /* ":event-type" or ":exception-type"; empty when there is none */
    struct span content_type;
    struct span payload;
};

enum eventstream_step {
    EVENTSTREAM_MORE,       /* all bytes are taken; feed more */
    EVENTSTREAM_MESSAGE,    /* one message; call again with what is left */
    EVENTSTREAM_BAD,        /* a checksum, a length or a header is wrong; the reader is of no more use */
    EVENTSTREAM_TOO_LARGE,  /* a message beyond the limit; likewise */
    EVENTSTREAM_NO_MEMORY
};

struct eventstream {
    size_t limit;           /* bytes of one message */
    struct obuf message;    /* what there is of it so far */
    enum eventstream_step broken;
    bool whole;             /* `message` was handed out */
};

void eventstream_init(struct eventstream *s, size_t limit);
void eventstream_fini(struct eventstream *s);
/* Takes bytes from the front of *bytes up to the end of the next message. */
CD_USE enum eventstream_step eventstream_next(struct eventstream *s, struct span *bytes, struct eventstream_message *m);
/* Whether the stream may end here: no message has begun. */
bool eventstream_may_end(const struct eventstream *s);

#endif
