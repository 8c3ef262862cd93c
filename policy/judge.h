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
    /* out */
    bool is_json;
    struct jdoc doc;
    struct conv conv;                     /* when route->generating */
    struct findings findings;
    struct verdict verdict;
    /* on failure */
    size_t at;                            /* byte offset in the body, or SIZE_MAX */
    const char *field;                    /* a field name of ours, or NULL */
};

/* JSON or text, and the conversation. A body that is declared JSON, or is for a route that is known, must be JSON that
 * jscan takes; any other is text where it is no JSON. site.api and site.provider come from the route when not set. */
CD_USE enum fail judge_decode(struct judge_case *c);
/* Findings, and the coverage in verdict.bytes and .inspected: body bytes, and those of them that the scanner was given
 * (every string, key, number, or the whole text) or that jscan took for structure. INSPECT_FAILED when they differ. */
CD_USE enum fail judge_inspect(struct judge_case *c, struct scanner *s);
void judge_decide(struct judge_case *c, const struct ruleset *r);
CD_USE enum fail judge_all(struct judge_case *c, struct scanner *s, const struct ruleset *r);

/* `cordon explain`'s answer for a judged case, as one JSON object (no line end). `id`: JSON (a string with its quotes, a
 * number), or SPAN_NONE for none. `class_names` from the rule set. When `failed`, the case is refused before a decision
 * and the object has `error`. It holds the requested model's name and positions, never found text. */
void judge_explain(const struct judge_case *c, enum fail failed, struct span id, const char *const *class_names,
                   struct obuf *out);

#endif
