/* multipart.h - the parts of a multipart body (RFC 2046, section 5.1; forms: RFC 7578). Strict, because readers differ in
 * what they take: each delimiter is a line of its own between CR LFs, the closing one is there, header lines are not
 * folded, what says what a part is says it once and in one piece, and the boundary stands nowhere else. What breaks that is
 * refused, never skipped. Copies nothing. Any thread. */
#ifndef CORDON_POLICY_MULTIPART_H
#define CORDON_POLICY_MULTIPART_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"

#define MULTIPART_MAX_PARTS 4096u

struct multipart {
    struct span body, boundary;
    size_t done;               /* all before it has been told */
    size_t at;                 /* where the next part's delimiter begins */
    bool closed;
    size_t n_parts;
};

struct multipart_part {
    struct span framing;       /* the delimiter's line and the line end before it */
    struct span headers;       /* its header lines and the empty one, with their line ends */
    struct span body;
    /* from the headers; p is NULL where there is none. As they stand, within the quotes */
    struct span name, filename, type, encoding;
};

/* The boundary of a Content-Type "multipart/…; boundary=…"; false when it is no multipart or has no good boundary. */
bool multipart_boundary(struct span content_type, struct span *boundary);
/* The media type without its parameters. */
struct span media_type(struct span content_type);
/* A parameter of a header value, without its quotes; p is NULL when it is not there. */
struct span media_parameter(struct span value, const char *name);

/* *preamble gets what stands before the first part. REQUEST_INVALID and the offset in *at on a bad body. */
CD_USE enum fail multipart_begin(struct multipart *m, struct span body, struct span boundary, struct span *preamble,
                                 size_t *at);
/* The next part; m->closed and `p` untouched when there is none: what is left, from m->done on, is the closing delimiter
 * and the epilogue. */
CD_USE enum fail multipart_next(struct multipart *m, struct multipart_part *p, size_t *at);

#endif
