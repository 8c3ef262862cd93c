/* refs_find.h - the parts of refs.h among themselves: where what is found is gathered, and who finds what. Private to
 * policy/refs*.c. */
#ifndef CORDON_POLICY_REFS_FIND_H
#define CORDON_POLICY_REFS_FIND_H

#include "policy/refs.h"
#include "wire/names.h"

#define REFS_MAX 16384u        /* ids, sessions and sealed content; more is refused (INSPECT_LIMIT) */
#define REFS_TEXTS_MAX 4096u   /* of more, the last ones are taken: the newest turns */
#define REFS_MIN_TEXT 32u      /* when no configuration says otherwise */
#define REFS_MIN_SESSION 8u    /* bytes; shorter names may be anybody's */

/* Where findings lie in the body, by start; `reach` is the largest end up to there. */
struct refs_range {
    size_t start, reach;
};

struct refs {
    struct judge_case *c;
    struct ref *ref;
    size_t n, cap;
    struct ref *text;          /* a ring of REFS_TEXTS_MAX once it is full */
    size_t n_texts, cap_texts; /* n_texts counts all that were seen */
    struct refs_range *range;
    size_t n_ranges;
    size_t next_opaque;        /* texts come in order, and so do opaque runs */
    size_t min_text;           /* characters */
    bool sessions;
    enum fail failed;          /* out of memory, too many */
};

/* Empty values are passed over. */
void refs_add(struct refs *r, struct ref ref);
void refs_add_text(struct refs *r, struct ref ref);

/* All that a JSON document says; `base` is its offset in the body. Texts only when `texts`. */
void refs_walk(struct refs *r, const struct jdoc *d, size_t base, bool texts);
/* A string leaf of a message. `part_at`, `part_end`: its bytes in the body. */
void refs_take_text(struct refs *r, struct span text, size_t start, size_t end, bool recordable);
/* Ids of the path and the query. */
void refs_walk_target(struct refs *r);
/* Local ids that stand anywhere in `s`, of which `part` says what it is; those that are found already are passed over. */
void refs_scan_local(struct refs *r, struct span s, enum part part);

#endif
