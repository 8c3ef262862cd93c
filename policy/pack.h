/* pack.h - private to policy/pack*.c, scan*.c: what a pattern is, and the compiled pack.
 *
 * A built-in pattern is one row of a table (pack_table_*.c). `hs` is the prefilter's expression, short and without large
 * repeats; `re` (PCRE2, bytes, no UTF mode) finds the exact bounds around a hit; group 1, when there is one, is the
 * value.
 *   SHAPE  the value has a form of its own; words near it may raise the score.
 *   LABEL  `re` is a label ("MRN"), the value `value` follows it: after a few joining words in the same string, or, when
 *          the label ends its string (an object's key), in the next one. */
#ifndef CORDON_POLICY_PACK_H
#define CORDON_POLICY_PACK_H

#include "policy/confirm.h"
#include "policy/lexicon.h"
#include "policy/scan.h"

enum pattern_kind { PATTERN_SHAPE, PATTERN_LABEL };
enum norm { NORM_RAW, NORM_DIGITS, NORM_ALNUM, NORM_LOWER };   /* how the value is written before it is hashed */
/* What the context pass makes of a finding (scan_context.c). */
enum role {
    ROLE_NONE,
    ROLE_PERSON,       /* a person by name: beside clinical words a patient */
    ROLE_IDENTIFIER,   /* something that points to one person: likewise */
    ROLE_PROVIDER,     /* somebody who treats, judges or teaches: not the person it is about */
    ROLE_CASE,         /* one patient without a name: an age and a sex, "pt w/ hx of" */
    ROLE_CLINICAL,     /* a code or a dose: as clinical beside a person as a word is */
    ROLE_CHART,        /* a phrase of a medical record; two different ones make one */
};

struct pattern_def {
    const char *type, *source;
    uint8_t klass, kind, role, norm;
    bool caseless;
    const char *hs, *re, *value;
    uint16_t back;            /* how far before the hit's end the match may start, bytes */
    uint16_t ahead;           /* how far after the hit's end it may go on */
    float score, near;        /* without and with context; a labelled value has `near` */
    uint64_t context, against;   /* sets of words; against: holds the score down to AGAINST_SCORE */
    uint16_t before, after;   /* bytes of the view in which a context word counts */
    check_fn *check;
    bool same_line;           /* context counts only on the line of the match, or on a heading right above it */
    bool block;               /* a PEM block: the finding goes on to its END line */
};
#define AGAINST_SCORE 0.25f
#define AGAINST_BESIDE 12         /* bytes before the match in which a word against it outweighs any context */

/* Types that the context pass makes; rows without an expression, in this order. */
enum derived { DERIVED_PERSON, DERIVED_PATIENT, DERIVED_RECORD, DERIVED_COUNT };
extern const struct pattern_def pack_derived[DERIVED_COUNT + 1];
extern const struct pattern_def pack_identifiers[], pack_contact[], pack_clinical[], pack_money[], pack_legal[],
    pack_secrets[];

/* ---- scan_hs.c: the only file that sees hs.h ---- */

struct hsdb;
struct hsdb_scratch;
struct hsdb_expr {
    const char *text;
    bool caseless, prefilter;
};
enum { HSDB_EXACT, HSDB_PREFILTER, HSDB_NONE };
/* How an expression can be in the database: as it is, as a superset of itself, or not at all. */
int hsdb_probe(const char *text);
CD_USE struct hsdb *hsdb_compile(const struct hsdb_expr *e, size_t n, struct why *why);
CD_USE struct hsdb *hsdb_load(struct span bytes);           /* NULL: not one of this version and machine */
CD_USE bool hsdb_store(const struct hsdb *db, char **bytes, size_t *n);   /* the caller frees */
void hsdb_free(struct hsdb *db);
const char *hsdb_version(void);
uint64_t hsdb_platform(void);
CD_USE struct hsdb_scratch *hsdb_scratch_new(const struct hsdb *db);
void hsdb_scratch_free(struct hsdb_scratch *s);
/* `hit` gets the number of the expression and the end offset of a match; it returns false to stop. */
typedef bool hsdb_hit(unsigned id, uint64_t end, void *arg);
CD_USE enum fail hsdb_scan(const struct hsdb *db, struct hsdb_scratch *s, const char *p, size_t n, hsdb_hit *hit,
                           void *arg);

/* ---- scan_pcre.c: the only file that sees pcre2.h ---- */

struct exact;
struct exact_state;   /* of one thread */
CD_USE struct exact *exact_new(const char *regex, bool caseless, bool utf, char *err, size_t err_size, size_t *err_at);
void exact_free(struct exact *e);
CD_USE struct exact_state *exact_state_new(void);
void exact_state_free(struct exact_state *s);
struct bounds {
    size_t start, end;               /* of the whole match */
    size_t value_start, value_end;   /* of group 1, or the same */
};
/* The first match that starts in [from, last]. FAIL_OK with *found; INSPECT_LIMIT when PCRE2's own limits were hit. */
CD_USE enum fail exact_find(const struct exact *e, struct exact_state *s, struct span subject, size_t from, size_t last,
                            struct bounds *out, bool *found);

/* ---- pack.c ---- */

struct pattern {
    struct pattern_def def;    /* a copy; the operator's are made up to look the same */
    struct exact *exact, *keyed;
    int list;                  /* a word-list entry that had to become a pattern; -1 */
    bool operators, always, unbounded;
    bool has_context, context_required;
    const char *via;
};

struct list {
    char *type;
    uint8_t klass;
    float score;
};

struct pack {
    struct pattern *pattern;
    size_t n, cap;
    struct list *list;
    size_t n_list;
    struct lexicon *lexicon;
    bool derived_off[DERIVED_COUNT];
    struct hsdb *db;
    char digest[65];
    char **owned;              /* strings of operator patterns */
    size_t n_owned;
};

/* ---- pack_operator.c ---- */
CD_USE bool pack_add_operator(struct pack *p, const struct conf *conf, const char *const *names, size_t n_names,
                              struct why *why);
/* *words: the digest of all entries. */
CD_USE bool pack_add_lists(struct pack *p, const struct conf *conf, const char *const *names, size_t n_names,
                           struct digest *words,
                           struct why *why);
CD_USE struct pattern *pack_push(struct pack *p);
CD_USE char *pack_own(struct pack *p, const char *s, size_t n);

/* ---- pack_cache.c ---- */
/* The database of `digest` from the cache, or NULL. A damaged or foreign file is as good as none. */
CD_USE struct hsdb *pack_cache_load(const char *dir, const char *digest);
/* Kept for the next start; failing to is no error (a line in the log). */
void pack_cache_store(const char *dir, const char *digest, const struct hsdb *db);

/* ---- scanner, shared by scan.c, scan_confirm.c and scan_context.c ---- */

struct raw {
    const char *type, *via;
    uint32_t start, end;       /* in the view */
    uint32_t seg;
    float score;
    uint8_t klass, role, norm;
    bool raised;               /* by the company it keeps: it does not raise others */
};

struct scanner {
    const struct pack *pack;
    struct view own;
    const struct view *view;   /* the one being scanned */
    struct hsdb_scratch *scratch;
    struct exact_state *exact;
    struct marks marks;
    struct marks endings;      /* words that end like a condition,
        a procedure or a medicine; made when the first finding is looked at */
    struct raw *raw;
    size_t n_raw, cap_raw;
    uint32_t *done;            /* by pattern: view offsets before this have been tried */
    uint32_t *accepted;        /* by pattern: matches that became findings, over the scanner's life; for tests */
    uint32_t seg;              /* of the last hit */
    enum fail fail;
    uint64_t deadline_us;
    uint64_t confirms;         /* exact searches made, over the scanner's life: what "linear" is measured by */
};

#define SCAN_MAX_RAW (1u << 18)
#define SCAN_BUDGET_US 2000000u   /* of one scan, looked at only where an operator's pattern is searched at length */

bool scan_on_hit(unsigned id, uint64_t end, void *scanner);
CD_USE enum fail scan_always(struct scanner *s);            /* patterns that have no prefilter */
CD_USE enum fail scan_lists(struct scanner *s);             /* marks of word lists */
CD_USE enum fail scan_context(struct scanner *s);           /* what findings mean together */
CD_USE enum fail scan_push(struct scanner *s, struct raw r);
uint64_t scanner_confirms(const struct scanner *s);

#endif
