/* h1_strict.h - private to h1*.c: what cordon demands of a message beyond llhttp. Three kinds of check, in the order in
 * which they run: the raw bytes as they arrive, one line when it is complete, the meaning when the head is. None keeps
 * anything, none allocates. RFC 9110 and 9112; where they let a server choose between repairing and refusing, we refuse. */
#ifndef CORDON_PROXY_H1_STRICT_H
#define CORDON_PROXY_H1_STRICT_H

#include "proxy/h1.h"

/* Byte by byte up to and including the next line's end. `*cr` is the state between calls: the last byte was a CR.
 * `*taken` bytes are good; `*eol`: they end a line. The answer does not depend on how the bytes are cut. */
CD_USE enum fail h1_strict_bytes(struct span in, bool *cr, size_t *taken, bool *eol);

/* A line without its CRLF. The first two fill method, target and minor, or status and minor. */
CD_USE enum fail h1_strict_request_line(struct span line, struct h1_head *head);
CD_USE enum fail h1_strict_status_line(struct span line, struct h1_head *head);
CD_USE enum fail h1_strict_header_line(struct span line);
bool h1_is_token_byte(unsigned char c);

/* Method, target, minor, status and headers are there; this decides on framing, Host, Expect and keep-alive and fills
 * in the rest. `no_body`: the reply answers a HEAD or CONNECT. */
CD_USE enum fail h1_strict_request(struct h1_head *head);
CD_USE enum fail h1_strict_reply(struct h1_head *head, bool no_body);

/* h1_target.c. The target by its form, compared with `host_value` (the Host header; SPAN_NONE when absent). */
CD_USE enum fail h1_target(struct h1_head *head, struct span host_value);

/* h1_chunk.c: RFC 9112 section 7.1 without extensions. */
struct h1_chunk {
    int state;
    unsigned digits;
    size_t trailer;           /* bytes of trailer section so far */
    size_t max_trailer;       /* 0: none accepted (requests) */
    uint64_t left;            /* of this chunk's data */
    bool cr;
};
void h1_chunk_begin(struct h1_chunk *c, size_t max_trailer);
/* H1_NEED, H1_BODY, H1_END or H1_FAIL. */
enum h1_step h1_chunk_next(struct h1_chunk *c, struct span *in, struct span *body, enum fail *why);

#endif
