/* judge.h - phases 2 to 4 without any I/O: decode, inspect, decide. The proxy and `cordon explain` call exactly this, so
 * that explain cannot lie. The steps are separate because the proxy may run the middle one on a pool thread; judge_all
 * runs all three. One judge (scanner, buffers) per thread; results live in the arena that was given. */
#ifndef CORDON_POLICY_JUDGE_H
#define CORDON_POLICY_JUDGE_H

#include "core/arena.h"
#include "core/finding.h"
#include "policy/ruleset.h"
#include "policy/scan.h"
#include "wire/codec.h"

struct judge_header {
    struct span name, value;
};

/* Where a request refers to something that it does not hold (policy/refs.h finds them). */
enum ref_kind {
    REF_ID,        /* provider state: a response, conversation, file, batch, cached content, prompt, container … */
    REF_LOCAL_ID,  /* an id that the local engine made, anywhere in body or path (core/local_id.h) */
    REF_SESSION,   /* the client's own name for what belongs together */
    REF_SEALED,    /* sealed content that a provider made: reasoning, a signature */
    REF_TEXT       /* a text leaf that may repeat something sensitive */
};
struct ref {
    enum ref_kind kind;
    uint8_t part;              /* enum part; start and end in it (PART_STATE, no range: REF_SESSION of a header, REF_TEXT of a turn that was put together) */
    bool continues;            /* REF_ID, REF_LOCAL_ID: it names what this request goes on from (previous_response_id) */
    bool recordable;           /* REF_TEXT: no system text, so that a shared one taints nobody */
    bool sensitive;            /* REF_TEXT: findings lie in it; set after inspection */
    bool unique;               /* REF_SESSION: nobody else has that name by chance, so it is one session whoever sends it */
    uint32_t local_classes;    /* REF_LOCAL_ID: as the id has them (LOCAL_ID_ADDED_CLASSES) */
    size_t start, end;
    struct span value;         /* unescaped; REF_TEXT: white space normalised; in the body or the arena */
};

/* One of many requests in a body (ROUTE_BATCH): a verdict of its own; the whole goes by the strictest. */
struct judge_row {
    uint32_t line;             /* 1 is the first */
    size_t start, end;         /* in the body */
    enum action action;
    const char *rule;
    uint32_t class_mask;
};

struct judge_case {
    /* in */
    const struct route *route;            /* NULL: plain text (explain --api text) */
    struct span target;                   /* path and query; SPAN_NONE for explain */
    const struct judge_header *headers;   /* credentials included: judged by name, their values are not inspected */
    size_t n_headers;
    struct span body;                     /* decoded */
    struct span content_type;
    struct site site;                     /* model, known_endpoint and generating are filled in by decode */
    struct arena *arena;
    const struct id_key *id_key;          /* NULL: local ids are not looked for */
    const struct conf *conf;              /* state and opaque settings; NULL: defaults */
    /* out */
    bool is_json;
    struct jdoc doc;
    struct conv conv;                     /* when route->kind is not CONV_NONE */
    struct findings findings;
    struct verdict verdict;
    struct ref *refs;                     /* by judge_inspect */
    size_t n_refs;
    struct judge_row *rows;               /* of a batch; or NULL */
    size_t n_rows;
    struct findings to_mask;              /* action redact: what verdict.redact_mask is about; of a batch, only what lies in
                                             rows that are to be masked */
    struct contents *contents;            /* what the body is made of (policy/contents.h) */
    /* on failure */
    size_t at;                            /* byte offset in the body, or SIZE_MAX */
    const char *field;                    /* a field name of ours, or NULL */
};

/* JSON or text, and the conversation. A body that is declared JSON, or is for a route that is known, must be JSON that
 * jscan takes; any other is text where it is no JSON. site.api and site.provider come from the route when not set. */
CD_USE enum fail judge_decode(struct judge_case *c);
/* The conversation once more, from a document that says what the body only refers to. Findings and the rest are the body's;
 * `doc` has to live as long as c->conv. */
CD_USE enum fail judge_reread(struct judge_case *c, const struct jdoc *doc);
/* Findings, refs, and verdict.coverage by part, which adds up (INSPECT_FAILED when it does not); of a case that fails here or
 * in judge_decode, all is opaque. What cannot be read gives
 * findings of opaque types, one row for each class that it counts as. */
CD_USE enum fail judge_inspect(struct judge_case *c, struct scanner *s);
/* Of a batch, each row gets a verdict over what lies in it, what lies in none another, and the whole takes the strictest:
 * refuse, local, redact, forward. */
void judge_decide(struct judge_case *c, const struct ruleset *r);
/* How many rows have which action. */
void judge_count_rows(const struct judge_case *c, uint32_t by_action[ACTION_REFUSE + 1]);
/* Sealed content in these ranges of the body is known to come from a provider's reply to something harmless: its findings
 * go. Sorts the ranges. Before judge_decide. */
struct judge_sealed {
    size_t start, end;
};
void judge_vouch_sealed(struct judge_case *c, struct judge_sealed *known, size_t n);
CD_USE enum fail judge_all(struct judge_case *c, struct scanner *s, const struct ruleset *r);

/* `cordon explain`'s answer for a judged case, as one JSON object (no line end). `id`: JSON (a string with its quotes, a
 * number), or SPAN_NONE for none. `class_names` from the rule set. When `failed`, the case is refused before a decision
 * and the object has `error`. It holds the requested model's name and positions, never found text. */
void judge_explain(const struct judge_case *c, enum fail failed, struct span id, const char *const *class_names,
                   struct obuf *out);

#endif
