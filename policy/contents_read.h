/* contents_read.h - the reader behind contents.h, as its files share it. One reader per case, on the caller's stack;
 * whatever grows is in the case's arena. Internal to policy/contents*.c. */
#ifndef CORDON_POLICY_CONTENTS_READ_H
#define CORDON_POLICY_CONTENTS_READ_H

#include "policy/contents.h"

#define CONTENTS_DEPTH 4u              /* of texts within texts */
#define CONTENTS_MULTIPART_DEPTH 3u
#define CONTENTS_MAX_OPAQUE (1u << 16)

/* A coded run that was met in a text. */
struct coded_run {
    uint32_t view_start, view_end;
    uint32_t src_start, src_end;       /* in the segment's source */
    uint8_t kind;                      /* enum opaque_kind, or OPAQUE_COUNT: it is no opaque one */
    uint8_t coding;
    bool cut;                          /* keep it out of the view */
    struct span text;                  /* what it holds, decoded; or p == NULL */
};

struct reader {
    struct judge_case *c;
    struct view *v;
    struct contents *out;
    size_t cap_opaque, cap_regions, cap_rows;
    struct coded_run *run;             /* a stack: each text's own while it is read */
    size_t n_run, cap_run;
    size_t other[PART_STATE];          /* bytes accounted for that no segment holds: structure, opaque and decoded runs */
    unsigned depth;
    /* where the string being read stands, when it is a member's value in a JSON document; else doc is NULL */
    const struct jdoc *doc;
    uint32_t key, object;
};

/* Where in the body `p` stands, and a segment for a stretch of the body. */
static inline uint32_t contents_offset(const struct reader *r, const char *p) { return (uint32_t)(p - r->c->body.p); }
static inline struct segment contents_at(const struct reader *r, struct span s, enum seg_kind kind)
{
    uint32_t start = contents_offset(r, s.p);
    return (struct segment){.src_start = start, .src_end = start + (uint32_t)s.n, .src = PART_BODY, .part = PART_BODY,
                            .kind = (uint8_t)kind};
}

/* An array in the arena that grows by doubling; the old one stays there. NULL: out of memory. */
void *contents_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t size);

/* A text that is in the view already as its last segment: second readings, and what is coded in it. */
CD_USE enum fail contents_look(struct reader *r);
/* A string of the body that is a file in base64 and long: it is accounted for, and *is_file says that nothing is left to do. */
CD_USE enum fail contents_file(struct reader *r, const struct segment *s, bool *is_file);
/* Adds a segment and looks into it. */
CD_USE enum fail contents_text(struct reader *r, struct segment s);
/* A text decoded from a run of a part, `from` telling which: as JSON when it is that, or as text. */
CD_USE enum fail contents_decoded(struct reader *r, struct view_src from);
/* Strings, keys and numbers of a document whose text stands at `base` in source `src`. */
CD_USE enum fail contents_json(struct reader *r, const struct jdoc *d, uint32_t src, uint8_t part, size_t base);
/* What percent-escapes of a segment resolve to, when that is no plain text: more of them, another encoding, bytes. */
CD_USE enum fail contents_percent(struct reader *r, const struct segment *s);
/* The encoded words (RFC 2047) of a segment. */
CD_USE enum fail contents_words(struct reader *r, const struct segment *s);
/* Whether a run in a text, which is what the reader stands at, is declared to be base64, by a data URI's head or by the
 * members beside it; *media gets the media type with its parameters, or p == NULL. */
bool contents_is_declared(const struct reader *r, struct span text, struct span run, struct span *media);
/* Whether the reader stands at a member that holds sealed content. */
bool contents_at_sealed(const struct reader *r);
/* The end of the text before, while a document is read. Zeroed at first. */
#define SEAM_REACH 64u
struct seam {
    uint32_t next;             /* the token after the object that the text is in */
    struct span key;           /* which member of it */
    size_t start, n;           /* where the tail begins in the part, and how long it is */
    char tail[SEAM_REACH];
};
/* Reads the seam between the text before and the member `key` of `object`, whose segments begin with number `first`, when
 * they are the same member of neighbours in one array. */
CD_USE enum fail contents_seam(struct reader *r, struct seam *seam, const struct jdoc *d, uint32_t object, uint32_t key,
                               size_t first);
/* Notes an opaque run. */
CD_USE enum fail contents_opaque(struct reader *r, enum opaque_kind kind, uint8_t part, size_t start, size_t end,
                                 struct span value);
/* A stretch of the body: the next one, after all that were told before. */
CD_USE enum fail contents_region(struct reader *r, enum region_kind kind, struct span at);

/* The body, or a part of it, by its media type and its bytes. `bytes` lies in the body. */
CD_USE enum fail contents_entity(struct reader *r, struct span bytes, struct span type, struct span filename);
CD_USE enum fail contents_multipart(struct reader *r, struct span bytes, struct span boundary, unsigned depth);
CD_USE enum fail contents_lines(struct reader *r, struct span bytes, bool must);
CD_USE enum fail contents_form(struct reader *r, struct span bytes);
/* A text or bytes of the body as they are. */
CD_USE enum fail contents_plain(struct reader *r, struct span bytes, struct span type);
/* Path and headers. */
CD_USE enum fail contents_head(struct reader *r);

#endif
