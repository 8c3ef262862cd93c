/* record.h - the bodies of ledger records, written once per request into a reused buffer. Field names are stable
 * (docs/LEDGER.md). No prompt text, no found value and no key is ever written: values appear as keyed hashes under the
 * ledger's value key. Any thread. */
#ifndef CORDON_AUDIT_RECORD_H
#define CORDON_AUDIT_RECORD_H

#include "audit/ledger.h"
#include "core/finding.h"

/* Before anything is sent or answered. */
struct record_intent {
    const char *id;                     /* the exchange's id */
    uint32_t attempt;                   /* 1, then 2 for the one retry: each has a record of its own */
    const char *listener, *mode;        /* "reverse", "connect", "transparent" */
    struct span client_address;         /* "192.0.2.1" */
    const char *client;                 /* configured name or NULL */
    const char *api, *operation;        /* "openai.chat", "chat.completions" */
    const char *method;                 /* "POST"; "other" when it is not a standard one */
    const char *upstream, *host;        /* NULL when nothing leaves */
    uint16_t port;
    const char *region;
    int baa, perimeter;                 /* -1 unknown, 0, 1 */
    struct span model;                  /* as asked for: written only when it is at most 128 of [A-Za-z0-9._:/@-] */
    const char *local_model;            /* who answers, for action local */
    const struct verdict *verdict;
    uint32_t rows[ACTION_REFUSE + 1];   /* of a batch: how many of its requests have which action; else zeros */
    const struct findings *findings;
    const char *const *class_names;     /* by class number */
    const char *policy;                 /* hex digest of the configuration in force */
    struct digest received;             /* of the body as it came */
    size_t received_bytes;
    struct digest decoded;              /* of the decoded body; the same when it was not compressed */
    size_t decoded_bytes;
    struct digest sent;                 /* of the exact body bytes to be sent (action forward, redact) */
    size_t sent_bytes;
    struct digest sent_head;            /* of the head to be sent, credential left out */
    enum fail refusal;                  /* action refuse: the code; else FAIL_OK */
};
void record_intent_put(struct obuf *o, const struct ledger *l, const struct record_intent *r);

/* After. */
struct record_outcome {
    const char *id;
    uint64_t intent_seq;
    uint32_t attempt;
    int status;                         /* as the client was told; 0 when nothing was */
    const char *answered_by;            /* "upstream", "local", "cordon" */
    const char *address;                /* the upstream's address as connected, or NULL */
    const char *tls_version;            /* or NULL */
    uint64_t bytes_out, bytes_in;       /* plaintext written to and read from the upstream's socket */
    struct digest reply;                /* of the reply's body bytes as passed to the client */
    uint64_t reply_bytes;
    uint32_t prompt_tokens, completion_tokens;   /* local */
    uint64_t duration_us;
    bool client_abort, cut;             /* cut: the upstream's reply ended early */
    enum fail fail;
};
void record_outcome_put(struct obuf *o, const struct record_outcome *r);

/* A CONNECT that is tunnelled without interception: intent at the CONNECT, outcome at the close. Also denied ones. */
struct record_tunnel {
    const char *id, *listener;
    struct span client_address;
    const char *host;                   /* lower case, checked to be a host name; NULL when it was not one */
    uint16_t port;
    const char *policy;
    enum fail refusal;                  /* FAIL_OK: tunnelled */
    uint64_t intent_seq, bytes_out, bytes_in, duration_us;   /* the outcome's */
    const char *address;
};
void record_tunnel_intent_put(struct obuf *o, const struct record_tunnel *r);
void record_tunnel_outcome_put(struct obuf *o, const struct record_tunnel *r);

/* Start, stop, reload: kind "event". */
void record_event_put(struct obuf *o, const char *event, const char *version, const char *policy, const char *detail);

#endif
