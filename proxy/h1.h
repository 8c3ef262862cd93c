/* h1.h - HTTP/1.x messages from bytes, without I/O (RFC 9112), strict: llhttp plus a check of the raw head before it
 * (bare CR or LF, NUL and control bytes, folding, empty names, space before the colon) and of the meaning after it
 * (Host, Content-Length, Transfer-Encoding, Expect, version), plus our own check of chunk ends. It refuses rather than
 * repairs: two readers that disagree on where a message ends are a way round the policy. The same parser reads
 * requests and replies. Stricter than the RFC: only the eight methods of h1_strict.c, no dot segments or "//" at the front
 * of a path, no chunk extensions, no trailers in requests (a reply's are checked and dropped), one CRLF at most before a
 * request. A request without Content-Length and Transfer-Encoding has no body. One object per connection, used for one
 * message after the other; one thread. */
#ifndef CORDON_PROXY_H1_H
#define CORDON_PROXY_H1_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H1_MAX_HEADERS 100

enum h1_kind { H1_REQUEST, H1_REPLY };

struct h1_header {
    struct span name, value;     /* name as sent; value without outer white space */
};

struct h1_head {
    /* request */
    struct span method, target;  /* origin form ("/v1/…?q"), or authority form for CONNECT; absolute form is reduced to
                                  * origin form, its authority goes to `host` and must equal the Host header */
    struct span path, query;     /* of an origin-form target; query without '?' */
    struct span scheme;          /* of an absolute-form target ("http", "https" as sent); else empty */
    struct span host;            /* Host header, or the target's authority where it has one, without the port; as sent, an
                                  * IPv6 literal without its brackets */
    uint16_t host_port;          /* 0: none given */
    bool expect_continue, upgrade;
    /* reply */
    int status;
    /* both */
    int minor;                   /* HTTP/1.x */
    bool keep_alive;             /* after this message, as its sender asked */
    bool chunked;
    bool has_length;
    uint64_t length;
    bool until_eof;              /* a reply whose body ends with the connection */
    bool bodiless;               /* a reply that has no body whatever its headers say: 1xx, 204, 304, to HEAD or CONNECT */
    struct h1_header *headers;
    size_t n_headers;
};

enum h1_step {
    H1_NEED,       /* all of `in` was taken; more is needed */
    H1_HEAD,       /* h1_head() is valid until the next message begins; nothing of the body was taken yet */
    H1_BODY,       /* `*body` is a piece of the decoded body; it points into the bytes that were given */
    H1_END,        /* the message is complete; the next call begins a new one */
    H1_FAIL        /* h1_fail() says why; the object accepts nothing more */
};

struct h1;

/* max_head: bytes of start line and headers. */
CD_USE struct h1 *h1_new(enum h1_kind kind, size_t max_head);
void h1_free(struct h1 *h);
/* For replies: the request it answers was HEAD (no body), or CONNECT. Before its head. */
void h1_expect_no_body(struct h1 *h);
/* Go on with `*in`; takes bytes from its front. Call again until H1_NEED or H1_FAIL. 1xx replies are given as H1_HEAD
 * followed by H1_END like any other. */
enum h1_step h1_next(struct h1 *h, struct span *in, struct span *body);
/* The connection ended. True when that completes the message (until_eof) or none was begun; else it was cut. */
CD_USE bool h1_eof(struct h1 *h);
bool h1_idle(const struct h1 *h);    /* between messages: no byte of the next one was seen */
const struct h1_head *h1_head(const struct h1 *h);
enum fail h1_fail(const struct h1 *h);
/* The value of a header, case-insensitive; SPAN_NONE when absent. The first when there are several. */
struct span h1_header(const struct h1_head *h, const char *lower_name);

#endif
