/* refs_find.h - the parts of refs.h among themselves: where what is found is gathered, and who finds what. Private to
 * policy/refs*.c. */
#ifndef CORDON_POLICY_REFS_FIND_H
#define CORDON_POLICY_REFS_FIND_H

#include "policy/refs.h"
#include "wire/names.h"

#define REFS_MAX 16384u        /* ids, sessions and sealed content; more is refused (INSPECT_LIMIT) */
#define REFS_TEXTS_MAX 4096u   /* of more, the last ones are taken: the newest turns */
#define REFS_MIN_TEXT 32u      /* when no configuration says otherwise */
#define REFS_SCANNED_MAX 256u  /* local ids that stand somewhere in a text; of more, those with new classes */
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
    size_t n_scanned;          /* by refs_local.c */
    uint32_t scanned_classes;
    bool sessions;
    enum fail failed;          /* out of memory, too many */
};

/* What the name of a member says of it. */
enum refs_what {
    MEMBER_ID = 1,           /* it names what a provider keeps */
    MEMBER_CONTINUES = 2,    /* and the request goes on from it */
    MEMBER_HOLDS_ID = 4,     /* an object whose `id` is such a name */
    MEMBER_GOOGLE = 8,       /* a URL, a name of Google's, or something else */
    MEMBER_FREE = 16,        /* what a tool, a schema or a function has for members: they may be called anything */
    MEMBER_SETTING = 32,     /* at the top: how it is asked for, which is not said to the model, or not by the user */
    MEMBER_SYSTEM = 64,      /* at any depth: what belongs to an application and not to a person, shared by all who use it */
    MEMBER_TOOLS = 128
};
extern const struct refs_member {
    struct span name;
    unsigned what;           /* of enum refs_what */
} refs_members[];
extern const size_t n_refs_members;
/* 0 for a name that says nothing. */
unsigned refs_member(struct span name);

/* Empty values are passed over. */
void refs_add(struct refs *r, struct ref ref);
void refs_add_text(struct refs *r, struct ref ref);

/* All that a JSON document says; `base` is its offset in the body. */
void refs_walk(struct refs *r, const struct jdoc *d, size_t base);
/* A string leaf of a message. `part_at`, `part_end`: its bytes in the body. */
void refs_take_text(struct refs *r, struct span text, size_t start, size_t end, bool recordable);
/* The turns of the conversation that no string of the body is. */
void refs_take_turns(struct refs *r);
/* A session's name, where it is long enough to be one. */
void refs_add_session(struct refs *r, struct ref ref);
/* Ids of the path and the query. */
void refs_walk_target(struct refs *r);
/* Local ids that stand anywhere in a part's bytes, and in what inspection has read in all of them; those that are found
 * already are passed over. */
void refs_scan_part(struct refs *r, struct span s, enum part part);
void refs_scan_view(struct refs *r, const struct view *v);

#endif
