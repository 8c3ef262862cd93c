#include "audit/lines.h"
#include "audit/frame.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER (LEDGER_LINE_MAX + (64u << 10))

bool lines_open(struct lines *l, int fd)
{
    *l = (struct lines){.fd = fd, .buf = malloc(BUFFER)};
    if (l->buf != NULL) return true;
    close(fd);
    return false;
}

void lines_close(struct lines *l)
{
    free(l->buf);
    if (l->buf != NULL) close(l->fd);
    *l = (struct lines){.fd = -1};
}

/* 1: more came, 0: the end of the file, -1: error. */
static int fill(struct lines *l)
{
    if (l->from > 0) {
        memmove(l->buf, l->buf + l->from, l->to - l->from);
        l->to -= l->from;
        l->from = 0;
    }
    ssize_t n;
    do n = read(l->fd, l->buf + l->to, BUFFER - l->to);
    while (n < 0 && errno == EINTR);
    if (n > 0) l->to += (size_t)n;
    return n > 0 ? 1 : (int)n;
}

static void consume(struct lines *l, size_t n)
{
    l->from += n;
    l->at += n;
}

static enum line_kind whole(struct lines *l, size_t len, struct span *out)
{
    bool too_long = l->skipping || len + 1 > LEDGER_LINE_MAX;
    *out = too_long ? SPAN_NONE : (struct span){l->buf + l->from, len};
    l->skipping = false;
    l->number++;
    consume(l, len + 1);
    return too_long ? LINE_LONG : LINE_WHOLE;
}

static enum line_kind at_end(struct lines *l, struct span *out)
{
    size_t n = l->to - l->from;
    if (l->skipping) {
        consume(l, n);
        l->skipping = false;
        l->number++;
        return LINE_LONG;
    }
    *out = (struct span){l->buf + l->from, n};
    return n ? LINE_CUT : LINE_END;
}

enum line_kind lines_next(struct lines *l, struct span *out)
{
    size_t seen = 0;
    *out = SPAN_NONE;
    for (;;) {
        size_t n = l->to - l->from;
        const char *nl = n > seen ? memchr(l->buf + l->from + seen, '\n', n - seen) : NULL;
        if (nl != NULL) return whole(l, (size_t)(nl - (l->buf + l->from)), out);
        seen = n;
        if (n >= LEDGER_LINE_MAX) {
            l->skipping = true;
            consume(l, n);
            seen = 0;
        }
        int more = fill(l);
        if (more < 0) return LINE_ERROR;
        if (more == 0) return at_end(l, out);
    }
}
