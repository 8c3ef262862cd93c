#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/obuf.h"
#include "proxy/h1.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_HEAD 32768

/* ---- what a parser says of some bytes, as text, so that two runs can be compared ---- */

static void note_head(struct obuf *log, const struct h1_head *m)
{
    obuf_printf(log, "[%.*s|%.*s|%.*s?%.*s|%.*s|%.*s:%u|", (int)m->method.n, m->method.p, (int)m->target.n, m->target.p,
                (int)m->path.n, m->path.p, (int)m->query.n, m->query.p, (int)m->scheme.n, m->scheme.p,
                (int)m->host.n, m->host.p, m->host_port);
    obuf_printf(log, "%d|1.%d|%s%s%s%s%s%s%s|%llu", m->status, m->minor, m->keep_alive ? "K" : "", m->chunked ? "C" : "",
                m->has_length ? "L" : "", m->until_eof ? "E" : "", m->expect_continue ? "X" : "", m->upgrade ? "U" : "",
                m->bodiless ? "B" : "", (unsigned long long)m->length);
    for (size_t i = 0; i < m->n_headers; i++)
        obuf_printf(log, "|%.*s=%.*s", (int)m->headers[i].name.n, m->headers[i].name.p, (int)m->headers[i].value.n,
                    m->headers[i].value.p);
    obuf_str(log, "]");
}

/* Returns false when the parser failed. Each piece is copied to the heap, so that ASan sees a read past its end. */
static bool feed(struct h1 *h, struct span piece, struct obuf *log)
{
    char *own = malloc(piece.n ? piece.n : 1);
    memcpy(own, piece.p, piece.n);
    struct span in = {own, piece.n}, body;
    enum h1_step s;
    while ((s = h1_next(h, &in, &body)) != H1_NEED && s != H1_FAIL) {
        if (s == H1_HEAD) note_head(log, h1_head(h));
        if (s == H1_BODY) {
            assert_true(body.p >= own && body.p + body.n <= own + piece.n && body.n > 0);
            obuf_span_put(log, body);
        }
        if (s == H1_END) obuf_str(log, "<END>");
    }
    if (s == H1_NEED) assert_int_equal(in.n, 0);
    if (s == H1_FAIL) obuf_printf(log, "<%s>", fail_code(h1_fail(h)));
    free(own);
    return s != H1_FAIL;
}

static void finish(struct h1 *h, bool alive, struct obuf *log)
{
    if (alive) obuf_str(log, h1_eof(h) ? "<eof ok>" : "<eof cut>");
    obuf_put(log, "", 1);
    assert_true(obuf_ok(log));
}

static char *events(enum h1_kind kind, bool no_body, struct span all, size_t cut1, size_t cut2)
{
    struct obuf log = {0};
    size_t n;
    struct h1 *h = h1_new(kind, MAX_HEAD);
    assert_non_null(h);
    if (no_body) h1_expect_no_body(h);
    bool alive = feed(h, (struct span){all.p, cut1}, &log) &&
                 feed(h, (struct span){all.p + cut1, cut2 - cut1}, &log) && feed(h, span_from(all, cut2), &log);
    finish(h, alive, &log);
    h1_free(h);
    return obuf_take(&log, &n);
}

static char *byte_by_byte(enum h1_kind kind, bool no_body, struct span all)
{
    struct obuf log = {0};
    size_t n;
    bool alive = true;
    struct h1 *h = h1_new(kind, MAX_HEAD);
    assert_non_null(h);
    if (no_body) h1_expect_no_body(h);
    for (size_t i = 0; alive && i < all.n; i++) alive = feed(h, (struct span){all.p + i, 1}, &log);
    finish(h, alive, &log);
    h1_free(h);
    return obuf_take(&log, &n);
}

/* The same events however the bytes are cut; then returns them. */
static char *events_any_cut(enum h1_kind kind, bool no_body, struct span all)
{
    char *whole = events(kind, no_body, all, all.n, all.n);
    for (size_t cut = 0; cut < all.n; cut++) {
        char *cut_up = events(kind, no_body, all, cut, cut);
        assert_string_equal(cut_up, whole);
        free(cut_up);
    }
    for (size_t cut = 0; cut + 3 < all.n; cut++) {
        char *cut_up = events(kind, no_body, all, cut, cut + 3);
        assert_string_equal(cut_up, whole);
        free(cut_up);
    }
    char *bytes = byte_by_byte(kind, no_body, all);
    assert_string_equal(bytes, whole);
    free(bytes);
    return whole;
}

/* ---- refusals ---- */

struct probe {
    const char *name;
    struct span bytes;
    enum fail expect;
};

#define PROBE(name, bytes, code) {name, {bytes, sizeof(bytes) - 1}, FAIL_##code}
#define H "Host: a.example\r\n"
#define POST "POST /v1/x HTTP/1.1\r\n" H
#define GET "GET / HTTP/1.1\r\n" H

/* The first 23 are the framing probes that llhttp and evhttp were measured with; tests/scenario/framing_probes.py has
 * the same table for the whole program. */
static const struct probe requests[] = {
    PROBE("cl+te", POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_LENGTH_AND_CHUNKED),
    PROBE("cl-twice-different", POST "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", HTTP_LENGTH),
    PROBE("cl-twice-equal", POST "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-list", POST "Content-Length: 4, 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-plus", POST "Content-Length: +4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("te-gzip-chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-chunked-identity", POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-on-1.0", "POST /v1/x HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("space-before-colon", POST "Content-Length : 4\r\n\r\nabcd", HTTP_HEADER_NAME),
    PROBE("empty-name", POST ": x\r\nContent-Length: 4\r\n\r\nabcd", HTTP_HEADER_NAME),
    PROBE("obs-fold", POST "X-A: 1\r\n 2\r\nContent-Length: 4\r\n\r\nabcd", HTTP_FOLD),
    PROBE("bare-lf", "POST /v1/x HTTP/1.1\n" H "Content-Length: 4\r\n\r\nabcd", HTTP_BARE_EOL),
    PROBE("bare-cr-in-value", POST "X-A: 1\r2\r\nContent-Length: 4\r\n\r\nabcd", HTTP_BARE_EOL),
    PROBE("nul-in-value", POST "X-A: 1\0002\r\nContent-Length: 4\r\n\r\nabcd", HTTP_NUL),
    PROBE("host-twice", GET "Host: b.example\r\n\r\n", HTTP_HOST),
    PROBE("host-missing", "GET / HTTP/1.1\r\nX-A: 1\r\n\r\n", HTTP_HOST),
    PROBE("absolute-host-mismatch", "GET http://b.example/ HTTP/1.1\r\n" H "\r\n", HTTP_HOST),
    PROBE("te-gzip", POST "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("chunk-0x1", POST "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-ext-bare-lf", POST "Transfer-Encoding: chunked\r\n\r\n1;a=b\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-17-digits", POST "Transfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n0\r\n\r\n", HTTP_CHUNK),

    PROBE("lone-cr-ends-head", "GET / HTTP/1.1\r\n" H "\r\n\rX", HTTP_BARE_EOL),
    PROBE("cr-cr-lf", "GET / HTTP/1.1\r\r\n" H "\r\n", HTTP_BARE_EOL),
    PROBE("lone-cr-hides-te", POST "x:\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_BARE_EOL),
    PROBE("lone-cr-last-line", "GET / HTTP/1.1\r\nHost: a.example\r\n\rX", HTTP_BARE_EOL),
    PROBE("lone-lf-last-line", "GET / HTTP/1.1\r\nHost: a.example\r\n\n", HTTP_BARE_EOL),
    PROBE("lf-in-value", GET "X-A: 1\n2\r\n\r\n", HTTP_BARE_EOL),
    PROBE("chunk-data-too-long", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-data-ends-xy", POST "Transfer-Encoding: chunked\r\n\r\n1\r\naXY0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-data-ends-x-lf", POST "Transfer-Encoding: chunked\r\n\r\n1\r\naX\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-data-ends-lf", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-data-ends-cr", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-ends-lf", POST "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-ends-cr", POST "Transfer-Encoding: chunked\r\n\r\n1\ra\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-empty", POST "Transfer-Encoding: chunked\r\n\r\n\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-space", POST "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-leading-space", POST "Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-minus", POST "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-16-f", POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na", HTTP_CHUNK),
    PROBE("chunk-ext", POST "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-last-ext", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0;x\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-last-lf", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\n", HTTP_TRAILER),
    PROBE("chunk-last-cr-x", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\rX", HTTP_BARE_EOL),
    PROBE("trailer", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n", HTTP_TRAILER),
    PROBE("trailer-smuggles", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nGET /admin HTTP/1.1\r\n\r\n", HTTP_TRAILER),

    PROBE("cl-empty", POST "Content-Length:\r\n\r\n", HTTP_LENGTH),
    PROBE("cl-minus", POST "Content-Length: -1\r\n\r\n", HTTP_LENGTH),
    PROBE("cl-hex", POST "Content-Length: 0x4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-inner-space", POST "Content-Length: 4 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-leading-zero", POST "Content-Length: 04\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-17-digits", POST "Content-Length: 10000000000000000\r\n\r\n", HTTP_LENGTH),
    PROBE("cl-overflow", POST "Content-Length: 18446744073709551620\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-letters", POST "Content-Length: four\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-dot", POST "Content-Length: 4.0\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("te+cl", POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", HTTP_LENGTH_AND_CHUNKED),
    PROBE("te-empty", POST "Transfer-Encoding:\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-identity", POST "Transfer-Encoding: identity\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-chunked-chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-quoted", POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-parameter", POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-vertical-tab", POST "Transfer-Encoding: \013chunked\r\n\r\n0\r\n\r\n", HTTP_NUL),
    PROBE("te-comma", POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-nbsp", POST "Transfer-Encoding: \xa0" "chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-folded", POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", HTTP_FOLD),

    PROBE("fold-first-header", "GET / HTTP/1.1\r\n Host: a.example\r\n\r\n", HTTP_FOLD),
    PROBE("fold-tab", GET "X-A: 1\r\n\t2\r\n\r\n", HTTP_FOLD),
    PROBE("no-colon", GET "X-A\r\n\r\n", HTTP_SYNTAX),
    PROBE("space-in-name", GET "X A: 1\r\n\r\n", HTTP_HEADER_NAME),
    PROBE("tab-before-colon", GET "X-A\t: 1\r\n\r\n", HTTP_HEADER_NAME),
    PROBE("non-ascii-name", GET "X-\xc3\xa4: 1\r\n\r\n", HTTP_HEADER_NAME),
    PROBE("paren-in-name", GET "X(A): 1\r\n\r\n", HTTP_HEADER_NAME),
    PROBE("nul-in-name", GET "X\0A: 1\r\n\r\n", HTTP_NUL),
    PROBE("nul-in-target", "GET /\0 HTTP/1.1\r\n" H "\r\n", HTTP_NUL),
    PROBE("esc-in-value", GET "X-A: \033[31m\r\n\r\n", HTTP_NUL),
    PROBE("del-in-value", GET "X-A: \177\r\n\r\n", HTTP_NUL),
    PROBE("form-feed", GET "X-A:\f1\r\n\r\n", HTTP_NUL),

    PROBE("leading-blank-twice", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", HTTP_SYNTAX),
    PROBE("leading-lf", "\nGET / HTTP/1.1\r\n" H "\r\n", HTTP_BARE_EOL),
    PROBE("leading-space", " GET / HTTP/1.1\r\n" H "\r\n", HTTP_SYNTAX),
    PROBE("http-0.9", "GET /\r\n", HTTP_VERSION),
    PROBE("http-1.2", "GET / HTTP/1.2\r\n" H "\r\n", HTTP_VERSION),
    PROBE("http-2.0", "GET / HTTP/2.0\r\n" H "\r\n", HTTP_VERSION),
    PROBE("http-2-preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP_VERSION),
    PROBE("http-lower-case", "GET / http/1.1\r\n" H "\r\n", HTTP_VERSION),
    PROBE("http-1.10", "GET / HTTP/1.10\r\n" H "\r\n", HTTP_VERSION),
    PROBE("version-trailing-space", "GET / HTTP/1.1 \r\n" H "\r\n", HTTP_VERSION),
    PROBE("two-spaces", "GET  / HTTP/1.1\r\n" H "\r\n", HTTP_VERSION),
    PROBE("space-in-target", "GET /a b HTTP/1.1\r\n" H "\r\n", HTTP_VERSION),
    PROBE("tab-in-request-line", "GET\t/\tHTTP/1.1\r\n" H "\r\n", HTTP_VERSION),
    PROBE("tls-hello", "\026\003\001\002\000\001", HTTP_NUL),
    PROBE("method-lower-case", "get / HTTP/1.1\r\n" H "\r\n", HTTP_METHOD),
    PROBE("method-trace", "TRACE / HTTP/1.1\r\n" H "\r\n", HTTP_METHOD),
    PROBE("method-not-token", "GE(T / HTTP/1.1\r\n" H "\r\n", HTTP_METHOD),
    PROBE("method-unknown", "FETCH / HTTP/1.1\r\n" H "\r\n", HTTP_METHOD),

    PROBE("host-empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", HTTP_HOST),
    PROBE("host-empty-1.0", "GET / HTTP/1.0\r\nHost: \r\n\r\n", HTTP_HOST),
    PROBE("host-userinfo", "GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n", HTTP_HOST),
    PROBE("host-path", "GET / HTTP/1.1\r\nHost: a.example/b\r\n\r\n", HTTP_HOST),
    PROBE("host-space", "GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n", HTTP_HOST),
    PROBE("host-comma", "GET / HTTP/1.1\r\nHost: a.example,b.example\r\n\r\n", HTTP_HOST),
    PROBE("host-port-empty", "GET / HTTP/1.1\r\nHost: a.example:\r\n\r\n", HTTP_HOST),
    PROBE("host-port-zero", "GET / HTTP/1.1\r\nHost: a.example:0\r\n\r\n", HTTP_HOST),
    PROBE("host-port-large", "GET / HTTP/1.1\r\nHost: a.example:65536\r\n\r\n", HTTP_HOST),
    PROBE("host-port-letters", "GET / HTTP/1.1\r\nHost: a.example:8o\r\n\r\n", HTTP_HOST),
    PROBE("host-two-ports", "GET / HTTP/1.1\r\nHost: a.example:80:81\r\n\r\n", HTTP_HOST),
    PROBE("host-percent", "GET / HTTP/1.1\r\nHost: a%2eexample\r\n\r\n", HTTP_HOST),
    PROBE("host-non-ascii", "GET / HTTP/1.1\r\nHost: \xc3\xa4.example\r\n\r\n", HTTP_HOST),
    PROBE("host-two-dots", "GET / HTTP/1.1\r\nHost: a..example\r\n\r\n", HTTP_HOST),
    PROBE("host-url", "GET / HTTP/1.1\r\nHost: http://a.example\r\n\r\n", HTTP_HOST),
    PROBE("host-open-bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", HTTP_HOST),
    PROBE("host-bracket-junk", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", HTTP_HOST),
    PROBE("absolute-port-mismatch", "GET http://a.example:81/ HTTP/1.1\r\n" H "\r\n", HTTP_HOST),
    PROBE("absolute-no-host", "GET http://a.example/ HTTP/1.1\r\nX-A: 1\r\n\r\n", HTTP_HOST),

    PROBE("target-relative", "GET v1/x HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-star-get", "GET * HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-query-only", "GET ?a HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-query-fragment", "GET /a?b#c HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-non-ascii", "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-two-slashes", "GET //b.example/ HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-backslash", "GET /a\\b HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-quote", "GET /a?\"b\" HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-dot-dot", "GET /v1/../x HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-dot-dot-escaped", "GET /v1/%2e%2E/x HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-dot-dot-half-escaped", "GET /v1/.%2e HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-dot", "GET /./x HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-escaped-nul", "GET /v1/x%00y HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-bad-escape", "GET /v1/%zz HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("target-cut-escape", "GET /v1/x?a=%4 HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("absolute-ftp", "GET ftp://a.example/ HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("absolute-userinfo", "GET http://u:p@a.example/ HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("absolute-no-authority", "GET http:///x HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("connect-no-port", "CONNECT a.example HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("connect-origin-form", "CONNECT /x HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("connect-absolute", "CONNECT http://a.example:443/ HTTP/1.1\r\n" H "\r\n", HTTP_TARGET),
    PROBE("connect-host-differs", "CONNECT b.example:443 HTTP/1.1\r\n" H "\r\n", HTTP_HOST),
    PROBE("connect-host-port-differs", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:444\r\n\r\n", HTTP_HOST),
    PROBE("connect-host-empty", "CONNECT a.example:443 HTTP/1.1\r\nHost:\r\n\r\n", HTTP_HOST),
    PROBE("connect-body", "CONNECT a.example:443 HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("connect-chunked", "CONNECT a.example:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          HTTP_TRANSFER_ENCODING),

    PROBE("expect-other", POST "Expect: 200-ok\r\nContent-Length: 4\r\n\r\nabcd", HTTP_EXPECT),
    PROBE("expect-list", POST "Expect: 100-continue, x\r\nContent-Length: 4\r\n\r\nabcd", HTTP_EXPECT),
    PROBE("expect-twice", POST "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nabcd", HTTP_EXPECT),
    PROBE("expect-empty", POST "Expect:\r\nContent-Length: 4\r\n\r\nabcd", HTTP_EXPECT),
};

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
static const struct probe replies[] = {
    PROBE("cl+te", OK "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_LENGTH_AND_CHUNKED),
    PROBE("cl-twice", OK "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-differs", OK "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-list", OK "Content-Length: 4, 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-plus", OK "Content-Length: +4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("te-gzip-chunked", OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-xchunked", OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-identity", OK "Transfer-Encoding: identity\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-twice", OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-on-1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-on-204", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("te-on-103", "HTTP/1.1 103 Early\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_TRANSFER_ENCODING),
    PROBE("cl-on-204", "HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("cl-on-100", "HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nabcd", HTTP_LENGTH),
    PROBE("obs-fold", OK "X-A: 1\r\n 2\r\n\r\n", HTTP_FOLD),
    PROBE("empty-name", OK ": 1\r\n\r\n", HTTP_HEADER_NAME),
    PROBE("space-before-colon", OK "Content-Length : 4\r\n\r\nabcd", HTTP_HEADER_NAME),
    PROBE("bare-lf", "HTTP/1.1 200 OK\nContent-Length: 4\n\nabcd", HTTP_BARE_EOL),
    PROBE("bare-cr", OK "X-A: 1\r2\r\n\r\n", HTTP_BARE_EOL),
    PROBE("lone-cr-hides-te", OK "x:\rTransfer-Encoding: chunked\r\n\r\n", HTTP_BARE_EOL),
    PROBE("lone-cr-ends-head", OK "X-A: 1\r\n\rX", HTTP_BARE_EOL),
    PROBE("nul", OK "X-A: \0\r\n\r\n", HTTP_NUL),
    PROBE("leading-blank", "\r\n" OK "\r\n", HTTP_SYNTAX),
    PROBE("http-2.0", "HTTP/2.0 200 OK\r\n\r\n", HTTP_VERSION),
    PROBE("http-0.9", "<html>\r\n", HTTP_VERSION),
    PROBE("icy", "ICY 200 OK\r\n\r\n", HTTP_VERSION),
    PROBE("status-two-digits", "HTTP/1.1 20 OK\r\n\r\n", HTTP_SYNTAX),
    PROBE("status-four-digits", "HTTP/1.1 2000 OK\r\n\r\n", HTTP_SYNTAX),
    PROBE("status-000", "HTTP/1.1 000 OK\r\n\r\n", HTTP_SYNTAX),
    PROBE("status-999", "HTTP/1.1 999 OK\r\n\r\n", HTTP_SYNTAX),
    PROBE("status-letters", "HTTP/1.1 2oo OK\r\n\r\n", HTTP_SYNTAX),
    PROBE("status-two-spaces", "HTTP/1.1  200 OK\r\n\r\n", HTTP_SYNTAX),
    PROBE("chunk-0x1", CHUNKED "0x1\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-ext", CHUNKED "1;a=b\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-17-digits", CHUNKED "00000000000000001\r\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-end-xy", CHUNKED "1\r\naXY0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-end-x-lf", CHUNKED "1\r\naX\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-end-lf", CHUNKED "1\r\na\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("chunk-size-lf", CHUNKED "1\na\r\n0\r\n\r\n", HTTP_CHUNK),
    PROBE("trailer-fold", CHUNKED "0\r\nX: 1\r\n 2\r\n\r\n", HTTP_FOLD),
    PROBE("trailer-empty-name", CHUNKED "0\r\n: 1\r\n\r\n", HTTP_TRAILER),
    PROBE("trailer-no-colon", CHUNKED "0\r\nHTTP/1.1 200 OK\r\n\r\n", HTTP_TRAILER),
    PROBE("trailer-lf", CHUNKED "0\r\nX: 1\n\r\n", HTTP_BARE_EOL),
    PROBE("trailer-cr", CHUNKED "0\r\nX: 1\r2\r\n\r\n", HTTP_BARE_EOL),
    PROBE("trailer-nul", CHUNKED "0\r\nX: \0\r\n\r\n", HTTP_NUL),
    PROBE("trailer-end-cr-x", CHUNKED "0\r\nX: 1\r\n\rX", HTTP_BARE_EOL),
};

static void check_probes(enum h1_kind kind, const struct probe *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char want[64];
        char *got = events_any_cut(kind, false, p[i].bytes);
        snprintf(want, sizeof want, "<%s>", fail_code(p[i].expect));
        size_t at = strlen(got) >= strlen(want) ? strlen(got) - strlen(want) : 0;
        if (strcmp(got + at, want) != 0) fail_msg("probe %s: wanted %s, got %s", p[i].name, want, got);
        free(got);
    }
}

static void test_requests_refused(void **state)
{
    (void)state;
    check_probes(H1_REQUEST, requests, COUNT(requests));
}

static void test_replies_refused(void **state)
{
    (void)state;
    check_probes(H1_REPLY, replies, COUNT(replies));
}

/* ---- what is accepted ---- */

struct good {
    const char *name, *bytes, *events;
    bool no_body;
};

static const struct good good_requests[] = {
    {"get", GET "\r\n", "[GET|/|/?||a.example:0|0|1.1|K|0|Host=a.example]<END><eof ok>", false},
    {"query", "GET /v1/x?a=1&b[]=%41{|} HTTP/1.1\r\nHost: A.Example:8080\r\nx-empty:\r\nX-Tab:\ta\tb \r\n\r\n",
     "[GET|/v1/x?a=1&b[]=%41{|}|/v1/x?a=1&b[]=%41{|}||A.Example:8080|0|1.1|K|0|Host=A.Example:8080|x-empty=|X-Tab=a\tb]"
     "<END><eof ok>", false},
    {"length", POST "Content-Length: 4\r\n\r\nabcd",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KL|4|Host=a.example|Content-Length=4]abcd<END><eof ok>", false},
    {"length-0", POST "Content-Length: 0\r\n\r\n",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KL|0|Host=a.example|Content-Length=0]<END><eof ok>", false},
    {"cut", POST "Content-Length: 5\r\n\r\nabcd",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KL|5|Host=a.example|Content-Length=5]abcd<eof cut>", false},
    {"cut-head", "GET / HTTP/1.1\r\nHost: a.exa", "<eof cut>", false},
    {"cut-before-length-0", POST "Content-Length: 0\r\n", "<eof cut>", false},
    {"chunked", POST "transfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n000\r\n\r\n",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KC|0|Host=a.example|transfer-encoding=Chunked]abc0123456789<END><eof ok>", false},
    {"chunked-cut", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KC|0|Host=a.example|Transfer-Encoding=chunked]abc<eof cut>", false},
    {"pipelined", POST "Content-Length: 4\r\n\r\nabcd" GET "\r\n" POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KL|4|Host=a.example|Content-Length=4]abcd<END>"
     "[GET|/|/?||a.example:0|0|1.1|K|0|Host=a.example]<END>"
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KC|0|Host=a.example|Transfer-Encoding=chunked]a<END><eof ok>", false},
    {"blank-between", POST "Content-Length: 4\r\n\r\nabcd\r\n" GET "\r\n\r\n",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KL|4|Host=a.example|Content-Length=4]abcd<END>"
     "[GET|/|/?||a.example:0|0|1.1|K|0|Host=a.example]<END><eof ok>", false},
    {"expect", POST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nab",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KLX|2|Host=a.example|Expect=100-Continue|Content-Length=2]ab<END><eof ok>", false},
    {"expect-without-body", GET "Expect: 100-continue\r\n\r\n",
     "[GET|/|/?||a.example:0|0|1.1|K|0|Host=a.example|Expect=100-continue]<END><eof ok>", false},
    {"close", GET "Connection: x, Close\r\n\r\n",
     "[GET|/|/?||a.example:0|0|1.1||0|Host=a.example|Connection=x, Close]<END><eof ok>", false},
    {"close-on-second-line", GET "Connection: keep-alive\r\nConnection: close\r\n\r\n",
     "[GET|/|/?||a.example:0|0|1.1||0|Host=a.example|Connection=keep-alive|Connection=close]<END><eof ok>", false},
    {"closed-is-no-close", GET "Connection: closed,,not-close\r\n\r\n",
     "[GET|/|/?||a.example:0|0|1.1|K|0|Host=a.example|Connection=closed,,not-close]<END><eof ok>", false},
    {"1.0", "GET / HTTP/1.0\r\n\r\n", "[GET|/|/?||:0|0|1.0||0]<END><eof ok>", false},
    {"1.0-keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
     "[GET|/|/?||:0|0|1.0|K|0|Connection=Keep-Alive]<END><eof ok>", false},
    {"upgrade", GET "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
     "[GET|/|/?||a.example:0|0|1.1|KU|0|Host=a.example|Connection=Upgrade|Upgrade=websocket]<END><eof ok>", false},
    {"h2c-upgrade", POST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\na",
     "[POST|/v1/x|/v1/x?||a.example:0|0|1.1|KLU|1|Host=a.example|Connection=Upgrade, HTTP2-Settings|Upgrade=h2c|"
     "Content-Length=1]a<END><eof ok>", false},
    {"absolute", "GET HTTP://A.example:80/x?y HTTP/1.1\r\n" H "\r\n",
     "[GET|/x?y|/x?y|HTTP|A.example:80|0|1.1|K|0|Host=a.example]<END><eof ok>", false},
    {"absolute-no-path", "GET https://a.example HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
     "[GET|/|/?|https|a.example:0|0|1.1|K|0|Host=a.example:443]<END><eof ok>", false},
    {"connect-no-host", "CONNECT a.example:443 HTTP/1.1\r\nProxy-Authorization: Basic eA==\r\n\r\n",
     "[CONNECT|a.example:443|?||a.example:443|0|1.1|K|0|Proxy-Authorization=Basic eA==]<END><eof ok>", false},
    {"connect-1.0", "CONNECT a.example:443 HTTP/1.0\r\n\r\n", "[CONNECT|a.example:443|?||a.example:443|0|1.0||0]<END><eof ok>",
     false},
    {"connect-host", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
     "[CONNECT|a.example:443|?||a.example:443|0|1.1|K|0|Host=a.example:443]<END><eof ok>", false},
    {"connect-host-bare", "CONNECT a.example:443 HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n",
     "[CONNECT|a.example:443|?||a.example:443|0|1.1|KL|0|Host=a.example|Content-Length=0]<END><eof ok>", false},
    {"connect-ipv6", "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:DB8::1]:443\r\n\r\n",
     "[CONNECT|[2001:db8::1]:443|?||2001:db8::1:443|0|1.1|K|0|Host=[2001:DB8::1]:443]<END><eof ok>", false},
    {"options-star", "OPTIONS * HTTP/1.1\r\n" H "\r\n", "[OPTIONS|*|?||a.example:0|0|1.1|K|0|Host=a.example]<END><eof ok>", false},
    {"dots-that-are-names", "GET /v1/.../a.b/..c HTTP/1.1\r\n" H "\r\n",
     "[GET|/v1/.../a.b/..c|/v1/.../a.b/..c?||a.example:0|0|1.1|K|0|Host=a.example]<END><eof ok>", false},
    {"bedrock-arn", "POST /model/arn%3Aaws%3Abedrock%2Fx:0/converse HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n",
     "[POST|/model/arn%3Aaws%3Abedrock%2Fx:0/converse|/model/arn%3Aaws%3Abedrock%2Fx:0/converse?||a.example:0|0|1.1|KL|0|"
     "Host=a.example|Content-Length=0]<END><eof ok>", false},
    {"value-utf8", GET "X-A: \xc3\xa4\r\n\r\n", "[GET|/|/?||a.example:0|0|1.1|K|0|Host=a.example|X-A=\xc3\xa4]<END><eof ok>", false},
    {"nothing", "", "<eof ok>", false},
    {"only-a-blank", "\r\n", "<eof ok>", false},
};

static const struct good good_replies[] = {
    {"length", OK "Content-Length: 2\r\n\r\nab" OK "Content-Length: 0\r\n\r\n",
     "[||?||:0|200|1.1|KL|2|Content-Length=2]ab<END>[||?||:0|200|1.1|KL|0|Content-Length=0]<END><eof ok>", false},
    {"103-then-200", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK "Content-Length: 2\r\n\r\nab",
     "[||?||:0|103|1.1|KB|0|Link=</a>]<END>[||?||:0|200|1.1|KL|2|Content-Length=2]ab<END><eof ok>", false},
    {"trailers", CHUNKED "2\r\nab\r\n0\r\nX-T: 1\r\ndigest: sha-256=x\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
     "[||?||:0|200|1.1|KC|0|Transfer-Encoding=chunked]ab<END>[||?||:0|200|1.1|KL|1|Content-Length=1]a<END><eof ok>", false},
    {"chunked-cut", CHUNKED "2\r\nab\r\n", "[||?||:0|200|1.1|KC|0|Transfer-Encoding=chunked]ab<eof cut>", false},
    {"chunked-cut-at-end", CHUNKED "0\r\n\r", "[||?||:0|200|1.1|KC|0|Transfer-Encoding=chunked]<eof cut>", false},
    {"until-eof-1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nabc",
     "[||?||:0|200|1.0|E|0|Connection=keep-alive]abc<eof ok>", false},
    {"until-eof-1.1", OK "\r\nabc", "[||?||:0|200|1.1|E|0]abc<eof ok>", false},
    {"until-eof-empty", OK "\r\n", "[||?||:0|200|1.1|E|0]<eof ok>", false},
    {"1.0-length", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc",
     "[||?||:0|200|1.0|KL|3|Content-Length=3|Connection=keep-alive]abc<END><eof ok>", false},
    {"cut-length", OK "Content-Length: 3\r\n\r\nab", "[||?||:0|200|1.1|KL|3|Content-Length=3]ab<eof cut>", false},
    {"head", OK "Content-Length: 300\r\n\r\n", "[||?||:0|200|1.1|KLB|300|Content-Length=300]<END><eof ok>", true},
    {"head-chunked", CHUNKED, "[||?||:0|200|1.1|KCB|0|Transfer-Encoding=chunked]<END><eof ok>", true},
    {"head-only-once", OK "Content-Length: 1\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
     "[||?||:0|200|1.1|KLB|1|Content-Length=1]<END>[||?||:0|200|1.1|KL|1|Content-Length=1]a<END><eof ok>", true},
    {"head-after-100", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\n",
     "[||?||:0|100|1.1|KB|0]<END>[||?||:0|200|1.1|KLB|1|Content-Length=1]<END><eof ok>", true},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", "[||?||:0|204|1.1|KB|0]<END><eof ok>", false},
    {"204-length-0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
     "[||?||:0|204|1.1|KLB|0|Content-Length=0]<END><eof ok>", false},
    {"304-length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
     "[||?||:0|304|1.1|KLB|9|Content-Length=9]<END>[||?||:0|200|1.1|KL|0|Content-Length=0]<END><eof ok>", false},
    {"no-reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "[||?||:0|200|1.1|KL|0|Content-Length=0]<END><eof ok>", false},
    {"empty-reason", "HTTP/1.1 429 \r\nContent-Length: 0\r\n\r\n", "[||?||:0|429|1.1|KL|0|Content-Length=0]<END><eof ok>", false},
    {"close", OK "Connection: close\r\nContent-Length: 1\r\n\r\na",
     "[||?||:0|200|1.1|L|1|Connection=close|Content-Length=1]a<END><eof ok>", false},
    {"101", "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
     "[||?||:0|101|1.1|KUB|0|Upgrade=websocket|Connection=Upgrade]<END><eof ok>", false},
};

static void check_good(enum h1_kind kind, const struct good *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *got = events_any_cut(kind, g[i].no_body, span_str(g[i].bytes));
        if (strcmp(got, g[i].events) != 0) fail_msg("%s:\nwanted %s\ngot    %s", g[i].name, g[i].events, got);
        free(got);
    }
}

static void test_requests_accepted(void **state)
{
    (void)state;
    check_good(H1_REQUEST, good_requests, COUNT(good_requests));
}

static void test_replies_accepted(void **state)
{
    (void)state;
    check_good(H1_REPLY, good_replies, COUNT(good_replies));
}

/* ---- limits and life ---- */

static enum fail fail_of(size_t max_head, struct span bytes)
{
    struct h1 *h = h1_new(H1_REQUEST, max_head);
    struct span body;
    enum h1_step s;
    assert_non_null(h);
    do s = h1_next(h, &bytes, &body);
    while (s != H1_NEED && s != H1_FAIL);
    enum fail f = h1_fail(h);
    assert_int_equal(s == H1_FAIL, f != FAIL_OK);
    h1_free(h);
    return f;
}

static void test_head_size_is_limited(void **state)
{
    (void)state;
    struct span get = SPAN(GET "\r\n");
    assert_int_equal(fail_of(get.n, get), FAIL_OK);
    assert_int_equal(fail_of(get.n - 1, get), FAIL_HEAD_TOO_LARGE);
    assert_int_equal(fail_of(20, SPAN("GET /0123456789012345678901234567890")), FAIL_HEAD_TOO_LARGE);
    struct obuf big = {0};
    obuf_str(&big, GET "X-A: ");
    for (size_t i = 0; i < 40000; i++) obuf_str(&big, "a");
    assert_int_equal(fail_of(MAX_HEAD, obuf_span(&big)), FAIL_HEAD_TOO_LARGE);
    obuf_str(&big, "\r\n\r\n");
    assert_int_equal(fail_of(65536, obuf_span(&big)), FAIL_OK);
    obuf_fini(&big);
}

static void test_header_count_is_limited(void **state)
{
    (void)state;
    for (int n = H1_MAX_HEADERS - 1; n <= H1_MAX_HEADERS; n++) {
        struct obuf b = {0};
        obuf_str(&b, GET);
        for (int i = 0; i < n; i++) obuf_printf(&b, "X-%d: %d\r\n", i, i);
        obuf_str(&b, "\r\n");
        assert_int_equal(fail_of(MAX_HEAD, obuf_span(&b)), n < H1_MAX_HEADERS ? FAIL_OK : FAIL_HEAD_TOO_LARGE);
        obuf_fini(&b);
    }
}

static void test_trailers_are_limited(void **state)
{
    (void)state;
    struct obuf b = {0}, log = {0};
    obuf_str(&b, CHUNKED "0\r\n");
    for (int i = 0; i < 5000; i++) obuf_str(&b, "X-T: 12345678\r\n");
    struct h1 *h = h1_new(H1_REPLY, MAX_HEAD);
    assert_non_null(h);
    assert_false(feed(h, obuf_span(&b), &log));
    assert_int_equal(h1_fail(h), FAIL_HEAD_TOO_LARGE);
    h1_free(h);
    obuf_fini(&b);
    obuf_fini(&log);
}

static void test_failure_is_final(void **state)
{
    (void)state;
    struct h1 *h = h1_new(H1_REQUEST, MAX_HEAD);
    struct span bad = SPAN("GET / HTTP/1.1\n"), good = SPAN(GET "\r\n"), body;
    assert_non_null(h);
    assert_int_equal(h1_next(h, &bad, &body), H1_FAIL);
    assert_int_equal(h1_next(h, &good, &body), H1_FAIL);
    assert_int_equal(h1_fail(h), FAIL_HTTP_BARE_EOL);
    assert_false(h1_eof(h));
    assert_int_equal(h1_next(h, &good, &body), H1_FAIL);
    h1_free(h);
}

static void test_connect_leaves_early_bytes(void **state)
{
    (void)state;
    struct h1 *h = h1_new(H1_REQUEST, MAX_HEAD);
    struct span in = SPAN("CONNECT a.example:443 HTTP/1.1\r\n\r\n\026\003\001"), body;
    assert_non_null(h);
    assert_int_equal(h1_next(h, &in, &body), H1_HEAD);
    assert_int_equal(h1_next(h, &in, &body), H1_END);
    assert_int_equal(in.n, 3);
    h1_free(h);
}

static void test_idle(void **state)
{
    (void)state;
    struct h1 *h = h1_new(H1_REQUEST, MAX_HEAD);
    struct span one = SPAN("G"), rest = SPAN("ET / HTTP/1.1\r\n" H "\r\n"), body;
    assert_non_null(h);
    assert_true(h1_idle(h));
    assert_int_equal(h1_next(h, &one, &body), H1_NEED);
    assert_false(h1_idle(h));
    assert_int_equal(h1_next(h, &rest, &body), H1_HEAD);
    assert_false(h1_idle(h));
    assert_int_equal(h1_next(h, &rest, &body), H1_END);
    assert_true(h1_idle(h));
    assert_true(span_is(h1_header(h1_head(h), "host"), "a.example"));     /* valid until the next begins */
    assert_null(h1_header(h1_head(h), "x-none").p);
    h1_free(h);
}

static void one_of_many(struct h1 *h, int i)
{
    char text[512], want[32];
    size_t got = 0;
    enum h1_step s;
    int size = i % 40;
    int n = snprintf(text, sizeof text, POST "X-Number: %d\r\nContent-Length: %d\r\n\r\n%.*s", i, size, size,
                     "0123456789012345678901234567890123456789");
    struct span in = {text, (size_t)n}, body;
    assert_int_equal(h1_next(h, &in, &body), H1_HEAD);
    snprintf(want, sizeof want, "%d", i);
    assert_true(span_is(h1_header(h1_head(h), "x-number"), want));
    assert_int_equal(h1_head(h)->n_headers, 3);
    while ((s = h1_next(h, &in, &body)) == H1_BODY) got += body.n;
    assert_int_equal(s, H1_END);
    assert_int_equal(got, size);
    assert_int_equal(in.n, 0);
    assert_true(h1_idle(h));
}

static void test_many_on_one_object(void **state)
{
    (void)state;
    struct h1 *h = h1_new(H1_REQUEST, MAX_HEAD);
    assert_non_null(h);
    for (int i = 0; i < 200; i++) one_of_many(h, i);
    assert_true(h1_eof(h));
    h1_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_refused),      cmocka_unit_test(test_replies_refused),
        cmocka_unit_test(test_requests_accepted),     cmocka_unit_test(test_replies_accepted),
        cmocka_unit_test(test_head_size_is_limited),  cmocka_unit_test(test_header_count_is_limited),
        cmocka_unit_test(test_trailers_are_limited),  cmocka_unit_test(test_failure_is_final),
        cmocka_unit_test(test_connect_leaves_early_bytes), cmocka_unit_test(test_idle),
        cmocka_unit_test(test_many_on_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
