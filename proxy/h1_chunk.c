/* The chunked coding, read by ourselves: llhttp 8.1.0 takes chunk data that is not followed by CRLF, knows extensions,
 * and hands the data to callbacks where our caller pulls pieces. tests/fuzz/fuzz_h1.c holds the two against each other. */
#include "proxy/h1_strict.h"
#include <assert.h>

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, LINE, NAME, VALUE, END_LF };

/* 15 hexadecimal digits cannot overflow; nobody sends a longer size in good faith. */
#define MAX_DIGITS 15

void h1_chunk_begin(struct h1_chunk *c, size_t max_trailer)
{
    *c = (struct h1_chunk){.state = SIZE, .max_trailer = max_trailer};
}

static int hex(unsigned char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static enum fail size_byte(struct h1_chunk *c, unsigned char b)
{
    int v = hex(b);
    if (v >= 0) {
        if (++c->digits > MAX_DIGITS) return FAIL_HTTP_CHUNK;
        c->left = c->left << 4 | (unsigned)v;
        return FAIL_OK;
    }
    if (b != '\r' || c->digits == 0) return FAIL_HTTP_CHUNK;
    c->state = SIZE_LF;
    return FAIL_OK;
}

/* The first byte of a line after the last chunk: its end, or a trailer. */
static enum fail line_byte(struct h1_chunk *c, unsigned char b)
{
    if (b == '\r') {
        c->state = END_LF;
        return FAIL_OK;
    }
    if (c->max_trailer == 0) return FAIL_HTTP_TRAILER;
    if (b == ' ' || b == '\t') return FAIL_HTTP_FOLD;
    if (!h1_is_token_byte(b)) return FAIL_HTTP_TRAILER;
    c->state = NAME;
    return FAIL_OK;
}

static enum fail name_byte(struct h1_chunk *c, unsigned char b)
{
    if (b == ':') c->state = VALUE;
    else if (!h1_is_token_byte(b)) return FAIL_HTTP_TRAILER;
    return FAIL_OK;
}

static enum fail value_byte(struct h1_chunk *c, unsigned char b)
{
    if (c->cr && b != '\n') return FAIL_HTTP_BARE_EOL;
    if (!c->cr && b == '\n') return FAIL_HTTP_BARE_EOL;
    if ((b < ' ' && b != '\r' && b != '\n' && b != '\t') || b == 0x7f) return FAIL_HTTP_NUL;
    c->cr = b == '\r';
    if (b == '\n') c->state = LINE;
    return FAIL_OK;
}

static enum fail lf_byte(struct h1_chunk *c, unsigned char b)
{
    if (b != '\n') return FAIL_HTTP_CHUNK;
    if (c->state == SIZE_LF) {
        c->state = c->left ? DATA : LINE;
        return FAIL_OK;
    }
    c->state = SIZE;
    c->digits = 0;
    return FAIL_OK;
}

static enum fail framing_byte(struct h1_chunk *c, unsigned char b)
{
    if (c->state >= LINE && c->state != END_LF && b != '\r' && b != '\n' && ++c->trailer > c->max_trailer)
        return c->max_trailer ? FAIL_HEAD_TOO_LARGE : FAIL_HTTP_TRAILER;
    switch (c->state) {
    case SIZE: return size_byte(c, b);
    case SIZE_LF:
    case DATA_LF: return lf_byte(c, b);
    case DATA_CR: c->state = DATA_LF; return b == '\r' ? FAIL_OK : FAIL_HTTP_CHUNK;
    case LINE: return line_byte(c, b);
    case NAME: return name_byte(c, b);
    case VALUE: return value_byte(c, b);
    case END_LF: return b == '\n' ? FAIL_OK : FAIL_HTTP_BARE_EOL;
    default: assert(!"state of h1_chunk"); return FAIL_INTERNAL;
    }
}

static enum h1_step data_piece(struct h1_chunk *c, struct span *in, struct span *body)
{
    size_t n = in->n < c->left ? in->n : (size_t)c->left;
    *body = (struct span){in->p, n};
    *in = span_from(*in, n);
    c->left -= n;
    if (c->left == 0) c->state = DATA_CR;
    return H1_BODY;
}

enum h1_step h1_chunk_next(struct h1_chunk *c, struct span *in, struct span *body, enum fail *why)
{
    while (in->n) {
        if (c->state == DATA) return data_piece(c, in, body);
        bool last = c->state == END_LF;
        *why = framing_byte(c, (unsigned char)in->p[0]);
        if (*why) return H1_FAIL;
        *in = span_from(*in, 1);
        if (last) return H1_END;
    }
    return H1_NEED;
}
