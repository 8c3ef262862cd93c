/* fail.h - every way in which cordon says no, each with a stable code.
 *
 * Functions return `enum fail`, FAIL_OK being 0; out-parameters come last. The code (JSON_DUP_KEY, LEDGER_DOWN …)
 * is what the client, the log, the ledger and the man page name; it never changes its meaning. The text is a fixed
 * sentence that holds no client data. `status` is the HTTP status of the refusal; `retry` says whether the client
 * may try again (else the refusal carries x-should-retry: false, which the SDKs obey; see docs/ARCHITECTURE.md).
 * `wait` is not a failure: the phase goes on when it is woken. Any thread. */
#ifndef CORDON_CORE_FAIL_H
#define CORDON_CORE_FAIL_H

#include <stdbool.h>

/*  name, HTTP status, may retry, sentence */
#define FAIL_LIST(X)                                                                                               \
    X(OK, 200, false, "no failure")                                                                                \
    X(WAIT, 500, false, "waiting")                                                                                 \
    /* the request's framing and head */                                                                           \
    X(HTTP_SYNTAX, 400, false, "the request is not valid HTTP/1.1")                                                \
    X(HTTP_BARE_EOL, 400, false, "the request has a line that does not end in CR LF")                              \
    X(HTTP_NUL, 400, false, "the request head holds a NUL or another control byte")                                \
    X(HTTP_FOLD, 400, false, "the request has a folded header line")                                               \
    X(HTTP_HEADER_NAME, 400, false, "a header name is empty or holds a byte that is not allowed")                  \
    X(HTTP_LENGTH, 400, false, "Content-Length is missing, repeated or malformed")                                 \
    X(HTTP_LENGTH_AND_CHUNKED, 400, false, "the request has both Content-Length and Transfer-Encoding")            \
    X(HTTP_TRANSFER_ENCODING, 400, false, "the only Transfer-Encoding that is accepted is chunked, once")          \
    X(HTTP_CHUNK, 400, false, "the chunked body is malformed")                                                     \
    X(HTTP_TRAILER, 400, false, "trailers are not accepted in requests")                                           \
    X(HTTP_HOST, 400, false, "the Host header is missing, repeated, malformed or differs from the target")         \
    X(HTTP_TARGET, 400, false, "the request target is malformed")                                                  \
    X(HTTP_VERSION, 400, false, "only HTTP/1.1 and HTTP/1.0 are accepted")                                         \
    X(HTTP_EXPECT, 400, false, "the only Expect that is accepted is 100-continue")                                 \
    X(HTTP_METHOD, 400, false, "the method is not accepted")                                                       \
    X(HTTP_UPGRADE, 426, false, "WebSocket and other upgrades are not supported; use plain HTTP requests")         \
    X(HEAD_TOO_LARGE, 431, false, "the request head is too large")                                                 \
    X(BODY_TOO_LARGE, 413, false, "the request body is larger than this gateway accepts")                          \
    X(REQUEST_TIMEOUT, 408, false, "the request did not arrive in time")                                           \
    /* content coding */                                                                                           \
    X(ENCODING_UNKNOWN, 400, false, "the Content-Encoding is not one of identity, gzip, deflate, br, zstd")        \
    X(ENCODING_STACKED, 400, false, "more than one Content-Encoding is not accepted")                              \
    X(ENCODING_BAD, 400, false, "the compressed body is damaged, cut short or followed by other bytes")            \
    X(ENCODING_BOMB, 413, false, "the compressed body grows beyond the accepted size or ratio")                    \
    /* JSON */                                                                                                     \
    X(JSON_SYNTAX, 400, false, "the body is not valid JSON")                                                       \
    X(JSON_DUP_KEY, 400, false, "an object of the body has the same key twice")                                    \
    X(JSON_UTF8, 400, false, "the body is not valid UTF-8")                                                        \
    X(JSON_CONTROL, 400, false, "a string of the body holds a raw control character")                              \
    X(JSON_SURROGATE, 400, false, "a string of the body holds half of a surrogate pair")                           \
    X(JSON_NUMBER, 400, false, "a number of the body is malformed")                                                \
    X(JSON_TRAILING, 400, false, "bytes follow the JSON document")                                                 \
    X(JSON_DEPTH, 400, false, "the body is nested too deeply")                                                     \
    X(JSON_TOO_MANY, 413, false, "the body has more values than this gateway accepts")                             \
    /* what the API means */                                                                                       \
    X(REQUEST_INVALID, 400, false, "a field of the request is missing or has the wrong type")                      \
    X(ENDPOINT_UNKNOWN, 400, false, "this path is not an API that the gateway's policy lets through")              \
    X(HOST_UNKNOWN, 403, false, "this host is not on the gateway's list")                                          \
    X(PORT_REFUSED, 403, false, "this port is not one that the gateway connects to")                               \
    X(TUNNEL_EARLY_DATA, 400, false, "bytes followed the CONNECT before it was answered")                          \
    X(TLS_NAME_MISMATCH, 421, false, "the TLS server name, the CONNECT target and the Host header differ")         \
    /* inspection and policy */                                                                                    \
    X(POLICY_REFUSED, 400, false, "the organisation's data policy does not let this request out")                  \
    X(INSPECT_FAILED, 503, true, "the request could not be inspected, so it was not sent")                         \
    X(INSPECT_BUSY, 503, true, "the inspection queue is full, so the request was not sent")                        \
    X(INSPECT_LIMIT, 400, false, "the request needs more inspection work than is allowed")                         \
    X(OPAQUE_CONTENT, 400, false, "the request holds content that cannot be inspected, and the policy does not let it "  \
                                   "out unread")                                                                   \
    X(STATE_UNKNOWN, 404, false, "the request refers to an object that does not exist here")                       \
    X(STATE_LOCAL, 400, false, "the request goes on from an answer that was given inside, so it cannot go out")    \
    X(STATE_REMOTE, 400, false, "the policy keeps this request inside, and what it goes on from is kept by the API") \
    X(STATE_DOWN, 503, true, "the store of conversations cannot be reached, so nothing is sent or answered")       \
    X(SIGNATURE_MISSING, 400, false, "the request is signed over its body, which has to be changed, and the "       \
                                      "gateway has no credential to sign it anew")                                 \
    X(REDACT_UNSAFE, 400, false, "what would have to be masked cannot be masked safely")                           \
    /* ledger */                                                                                                   \
    X(LEDGER_DOWN, 503, true, "the audit ledger cannot be written, so nothing is sent or answered")                \
    X(LEDGER_BUSY, 503, true, "the audit ledger does not keep up, so the request was not sent")                    \
    /* local engine */                                                                                             \
    X(ENGINE_MISSING, 503, false, "the policy keeps this request inside, and no local model is configured for it") \
    X(ENGINE_BUSY, 503, true, "the local model's queue is full")                                                   \
    X(ENGINE_FAILED, 503, true, "the local model failed")                                                          \
    X(MODEL_TOO_SMALL, 400, false, "the policy keeps this request inside, and asks for a stronger local model")    \
    X(CONTEXT_LENGTH, 400, false, "the request does not fit the local model's context")                            \
    X(LOCAL_UNSUPPORTED, 400, false, "the policy keeps this request inside, and it uses what the local answer "    \
                                      "does not support")                                                          \
    /* upstream */                                                                                                 \
    X(UPSTREAM_RESOLVE, 502, true, "the API's host name could not be resolved")                                    \
    X(UPSTREAM_CONNECT, 502, true, "the API could not be reached")                                                 \
    X(UPSTREAM_TLS, 502, false, "the API's certificate could not be verified")                                     \
    X(UPSTREAM_PROTOCOL, 502, false, "the API's reply is not valid HTTP")                                          \
    X(UPSTREAM_REDIRECT, 502, false, "the API answered with a redirect, which is not followed")                    \
    X(UPSTREAM_CLOSED, 502, true, "the API closed the connection before it answered")                              \
    X(UPSTREAM_TIMEOUT, 504, true, "the API did not answer in time")                                               \
    X(CREDENTIAL_MISSING, 503, false, "the credential that the operator keeps for this API cannot be read")        \
    /* ours */                                                                                                     \
    X(DRAINING, 503, true, "the gateway is shutting down")                                                         \
    X(OVERLOADED, 503, true, "the gateway has no room for another request")                                        \
    X(NO_MEMORY, 503, true, "out of memory")                                                                       \
    X(INTERNAL, 500, false, "an internal error")                                                                   \
    X(CLIENT_ABORT, 499, false, "the client went away")                                                            \
    /* start-up and the command line */                                                                            \
    X(CONFIG, 500, false, "the configuration is not valid")                                                        \
    X(IO, 500, false, "a file or socket operation failed")

enum fail {
#define X(name, status, retry, text) FAIL_##name,
    FAIL_LIST(X)
#undef X
    FAIL_COUNT
};

const char *fail_code(enum fail f);   /* "JSON_DUP_KEY"; static storage */
const char *fail_text(enum fail f);   /* the sentence; static storage */
int fail_status(enum fail f);
bool fail_may_retry(enum fail f);

/* A place for a human-readable reason at start-up: file, line, what to do. Never client text. */
struct why {
    char text[512];
};
void why_set(struct why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
