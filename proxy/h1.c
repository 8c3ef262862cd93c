/* A head is gathered in a buffer of ours, line by line, each line checked when it ends; then llhttp reads the whole of
 * it and must come to the same start line, the same number of headers and the same framing as we do. Bodies are framed
 * here (Content-Length, until EOF) and in h1_chunk.c, without a copy. */
#include "proxy/h1.h"
#include "proxy/h1_strict.h"
#include <llhttp.h>
#include <assert.h>
#include <stdlib.h>

enum state {
    S_HEAD,          /* before or in a head */
    S_FRAME,         /* the head was given; how its body is framed is decided next */
    S_LENGTH, S_CHUNKED, S_EOF,
    S_CLOSED,        /* h1_eof() was called */
    S_FAILED
};

struct h1 {
    llhttp_t parser;
    enum h1_kind kind;
    enum state state;
    enum fail fail;
    bool no_body;              /* h1_expect_no_body() */
    bool blank;                /* the one empty line that may precede a request was there */
    bool cr;
    size_t max_head;
    char *buf;                 /* the head so far */
    size_t n, cap;
    size_t line_at, n_lines;
    uint64_t left;             /* of a Content-Length body */
    struct h1_chunk chunk;
    struct h1_head head;
    struct h1_header headers[H1_MAX_HEADERS];
    /* what llhttp found */
    struct span ll_target;
    bool ll_complete;
    struct h1_header ll_header;
};

/* ---- llhttp's callbacks ---- */

/* The head is in one piece, so are llhttp's spans, unless it sees a fold, which was refused before. */
static void span_grow(struct span *s, const char *at, size_t n)
{
    if (s->p == NULL) s->p = at;
    s->n = (size_t)(at - s->p) + n;
}

static int on_url(llhttp_t *p, const char *at, size_t n)
{
    struct h1 *h = p->data;
    span_grow(&h->ll_target, at, n);
    return 0;
}

static int on_field(llhttp_t *p, const char *at, size_t n)
{
    struct h1 *h = p->data;
    span_grow(&h->ll_header.name, at, n);
    return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n)
{
    struct h1 *h = p->data;
    span_grow(&h->ll_header.value, at, n);
    return 0;
}

static int on_value_complete(llhttp_t *p)
{
    struct h1 *h = p->data;
    if (h->head.n_headers == H1_MAX_HEADERS) return HPE_USER;
    if (h->ll_header.value.p == NULL) h->ll_header.value = SPAN("");      /* empty is not absent */
    h->ll_header.value = span_trim(h->ll_header.value);
    h->headers[h->head.n_headers++] = h->ll_header;
    h->ll_header = (struct h1_header){SPAN_NONE, SPAN_NONE};
    return 0;
}

static int on_headers_complete(llhttp_t *p)
{
    struct h1 *h = p->data;
    h->ll_complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
};

/* ---- the object ---- */

struct h1 *h1_new(enum h1_kind kind, size_t max_head)
{
    struct h1 *h = calloc(1, sizeof *h);
    if (h == NULL) return NULL;
    h->kind = kind;
    h->max_head = max_head;
    return h;
}

void h1_free(struct h1 *h)
{
    if (h == NULL) return;
    free(h->buf);
    free(h);
}

void h1_expect_no_body(struct h1 *h) { h->no_body = true; }

bool h1_idle(const struct h1 *h) { return h->state == S_HEAD && h->n == 0; }

const struct h1_head *h1_head(const struct h1 *h) { return &h->head; }

enum fail h1_fail(const struct h1 *h) { return h->fail; }

struct span h1_header(const struct h1_head *head, const char *lower_name)
{
    struct span name = span_str(lower_name);
    for (size_t i = 0; i < head->n_headers; i++)
        if (span_ieq(head->headers[i].name, name)) return head->headers[i].value;
    return SPAN_NONE;
}

static enum h1_step fail_with(struct h1 *h, enum fail f)
{
    h->state = S_FAILED;
    h->fail = f;
    return H1_FAIL;
}

/* ---- the head ---- */

static bool append(struct h1 *h, struct span s)
{
    if (h->cap - h->n < s.n) {
        size_t cap = h->cap ? h->cap * 2 : 2048;
        while (cap - h->n < s.n) cap *= 2;
        char *p = realloc(h->buf, cap);
        if (p == NULL) return false;
        h->buf = p;
        h->cap = cap;
    }
    memcpy(h->buf + h->n, s.p, s.n);
    h->n += s.n;
    return true;
}

static enum fail start_line(const struct h1 *h, struct span line, struct h1_head *head)
{
    return h->kind == H1_REQUEST ? h1_strict_request_line(line, head) : h1_strict_status_line(line, head);
}

/* RFC 9112 section 2.2: some clients end a body with a stray CRLF. One, and only before a request. */
static enum fail leading_blank(struct h1 *h)
{
    if (h->kind != H1_REQUEST || h->blank) return FAIL_HTTP_SYNTAX;
    h->blank = true;
    h->n = 0;
    return FAIL_OK;
}

static enum fail end_line(struct h1 *h, bool *last)
{
    struct span line = {h->buf + h->line_at, h->n - h->line_at - 2};
    struct h1_head scratch;
    enum fail f;
    *last = false;
    if (line.n == 0) {
        if (h->n_lines == 0) return leading_blank(h);
        *last = true;
        return FAIL_OK;
    }
    f = h->n_lines == 0 ? start_line(h, line, &scratch) : h1_strict_header_line(line);
    h->line_at = h->n;
    if (f == FAIL_OK && ++h->n_lines > H1_MAX_HEADERS + 1) f = FAIL_HEAD_TOO_LARGE;
    return f;
}

/* Mostly unreachable, as our own checks come first or are the same; llhttp's word counts all the same. */
static enum fail llhttp_refusal(const llhttp_t *p, enum llhttp_errno e)
{
    switch (e) {
    case HPE_INVALID_METHOD: return FAIL_HTTP_METHOD;
    case HPE_INVALID_URL: return FAIL_HTTP_TARGET;
    case HPE_INVALID_VERSION: return FAIL_HTTP_VERSION;
    case HPE_INVALID_CONTENT_LENGTH: return FAIL_HTTP_LENGTH;
    case HPE_INVALID_TRANSFER_ENCODING: return FAIL_HTTP_TRANSFER_ENCODING;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
        return p->flags & F_TRANSFER_ENCODING ? FAIL_HTTP_LENGTH_AND_CHUNKED : FAIL_HTTP_LENGTH;
    default: return FAIL_HTTP_SYNTAX;
    }
}

static enum fail read_with_llhttp(struct h1 *h)
{
    h->ll_target = SPAN_NONE;
    h->ll_header = (struct h1_header){SPAN_NONE, SPAN_NONE};
    h->ll_complete = false;
    llhttp_init(&h->parser, h->kind == H1_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    h->parser.data = h;
    assert(h->parser.lenient_flags == 0);
    enum llhttp_errno e = llhttp_execute(&h->parser, h->buf, h->n);
    return e == HPE_PAUSED && h->ll_complete ? FAIL_OK : llhttp_refusal(&h->parser, e);
}

/* Two readers of one head: where they differ, somebody after us may differ too. */
static bool readers_agree(const struct h1 *h, struct span target)
{
    const llhttp_t *p = &h->parser;
    if (h->head.n_headers != h->n_lines - 1) return false;
    if (p->http_major != 1 || p->http_minor != h->head.minor) return false;
    if (h->kind == H1_REQUEST && !span_eq(h->ll_target, target)) return false;
    if (h->kind == H1_REPLY && p->status_code != h->head.status) return false;
    if (!(p->flags & F_CHUNKED) == h->head.chunked) return false;
    if (!(p->flags & F_CONTENT_LENGTH) == h->head.has_length) return false;
    return !h->head.has_length || p->content_length == h->head.length;
}

static enum fail finish_head(struct h1 *h)
{
    const char *cr = memchr(h->buf, '\r', h->n);
    h->head = (struct h1_head){.headers = h->headers};
    enum fail f = start_line(h, (struct span){h->buf, (size_t)(cr - h->buf)}, &h->head);
    if (f) return f;
    struct span target = h->head.target;
    if ((f = read_with_llhttp(h))) return f;
    f = h->kind == H1_REQUEST ? h1_strict_request(&h->head) : h1_strict_reply(&h->head, h->no_body);
    if (f) return f;
    return readers_agree(h, target) ? FAIL_OK : FAIL_HTTP_SYNTAX;
}

static enum h1_step take_head(struct h1 *h, struct span *in)
{
    while (in->n) {
        size_t room = h->max_head - h->n, taken;
        bool eol, last = false;
        if (room == 0) return fail_with(h, FAIL_HEAD_TOO_LARGE);
        enum fail f = h1_strict_bytes((struct span){in->p, in->n < room ? in->n : room}, &h->cr, &taken, &eol);
        if (f) return fail_with(h, f);
        if (!append(h, (struct span){in->p, taken})) return fail_with(h, FAIL_NO_MEMORY);
        *in = span_from(*in, taken);
        if (eol && (f = end_line(h, &last))) return fail_with(h, f);
        if (!last) continue;
        if ((f = finish_head(h))) return fail_with(h, f);
        h->state = S_FRAME;
        return H1_HEAD;
    }
    return H1_NEED;
}

/* ---- the body ---- */

static enum h1_step end_message(struct h1 *h)
{
    bool interim = h->kind == H1_REPLY && h->head.status < 200;
    h->state = S_HEAD;
    h->n = h->line_at = h->n_lines = 0;
    h->blank = false;
    if (!interim) h->no_body = false;
    return H1_END;
}

static enum state frame(struct h1 *h)
{
    const struct h1_head *m = &h->head;
    if (m->chunked && !m->bodiless) {
        h1_chunk_begin(&h->chunk, h->kind == H1_REPLY ? h->max_head : 0);
        return S_CHUNKED;
    }
    h->left = m->bodiless ? 0 : m->length;
    return m->until_eof ? S_EOF : S_LENGTH;
}

static enum h1_step piece(struct span *in, size_t n, struct span *body)
{
    *body = (struct span){in->p, n};
    *in = span_from(*in, n);
    return H1_BODY;
}

static enum h1_step take_length(struct h1 *h, struct span *in, struct span *body)
{
    size_t n = in->n < h->left ? in->n : (size_t)h->left;
    if (h->left == 0) return end_message(h);
    if (n == 0) return H1_NEED;
    h->left -= n;
    return piece(in, n, body);
}

static enum h1_step take_chunked(struct h1 *h, struct span *in, struct span *body)
{
    enum fail why = FAIL_OK;
    enum h1_step s = h1_chunk_next(&h->chunk, in, body, &why);
    if (s == H1_FAIL) return fail_with(h, why);
    return s == H1_END ? end_message(h) : s;
}

enum h1_step h1_next(struct h1 *h, struct span *in, struct span *body)
{
    *body = SPAN_NONE;
    if (h->state == S_FRAME) h->state = frame(h);
    switch (h->state) {
    case S_HEAD: return take_head(h, in);
    case S_LENGTH: return take_length(h, in, body);
    case S_CHUNKED: return take_chunked(h, in, body);
    case S_EOF: return in->n ? piece(in, in->n, body) : H1_NEED;
    case S_CLOSED: return in->n ? fail_with(h, FAIL_HTTP_SYNTAX) : H1_NEED;
    case S_FAILED: return H1_FAIL;
    case S_FRAME: break;
    }
    assert(!"state of h1");
    return fail_with(h, FAIL_INTERNAL);
}

bool h1_eof(struct h1 *h)
{
    if (h->state == S_FRAME) h->state = frame(h);
    bool whole = h1_idle(h) || h->state == S_EOF || (h->state == S_LENGTH && h->left == 0);
    if (h->state != S_FAILED) h->state = S_CLOSED;
    return whole;
}
