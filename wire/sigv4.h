/* sigv4.h - AWS Signature Version 4: what a client signed, and signing anew with the operator's own credentials when the
 * body was changed. Source: "AWS Signature Version 4 for API requests" (AWS IAM User Guide), checked against botocore's
 * signer. Any thread. Secrets are wiped from what this uses; nothing here logs. */
#ifndef CORDON_WIRE_SIGV4_H
#define CORDON_WIRE_SIGV4_H

#include "core/attrib.h"
#include "core/digest.h"
#include "core/obuf.h"

/* ---- what a client sent ---- */

/* Spans on the header's value. */
struct sigv4_parsed {
    struct span access_key;
    struct span date, region, service;   /* the credential's scope; date is "20261125" */
    struct span signed_headers;          /* names between semicolons, as sent */
    struct span signature;               /* 64 hex digits */
};

/* Whether the value of an Authorization header is a signature of Amazon's, readable or not, of whatever version. */
bool sigv4_is(struct span authorization);
/* Whether a request target's query has one ("X-Amz-Signature"), as presigned URLs do. */
bool sigv4_in_query(struct span target);
/* Reads the value of an Authorization header. False when it is another scheme or malformed; `*p` is empty then, so that no
 * header is signed. */
CD_USE bool sigv4_parse(struct span authorization, struct sigv4_parsed *p);
/* Whether that header is signed, so that it must go up as it came. Without regard to case. */
bool sigv4_signs(const struct sigv4_parsed *p, struct span name);

/* ---- signing ---- */

struct sigv4_credentials {
    struct span access_key, secret;
    struct span session_token;           /* empty: none */
};

struct sigv4_header {
    struct span name, value;
};

struct sigv4_request {
    struct span method;
    struct span path;                    /* as it is sent, escapes and all; no dot segments, no doubled slash */
    struct span query;                   /* as it is sent, without the question mark */
    const struct sigv4_header *headers;  /* those to be signed: host at least. The four that are written here are skipped */
    size_t n_headers;
    struct digest payload;               /* SHA-256 of the body as it is sent */
    struct span region, service;
    uint64_t unix_time;                  /* seconds */
    bool tell_payload;                   /* with x-amz-content-sha256, which S3 needs */
};

#define SIGV4_MAX_HEADERS 64u
#define SIGV4_MAX_PARAMETERS 64u
#define SIGV4_MAX_SECRET 256u            /* bytes */

/* Appends "name: value\r\n" lines: x-amz-date, x-amz-security-token where there is one, x-amz-content-sha256 where it is
 * wanted, authorization. False, with nothing to be used in `out`, when a bound is passed, a credential is empty or holds
 * control characters, or there is no memory. */
CD_USE bool sigv4_sign(const struct sigv4_request *r, const struct sigv4_credentials *c, struct obuf *out);

#endif
