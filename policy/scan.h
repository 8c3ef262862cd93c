/* scan.h - patterns, word lists and context: from a view to findings. The pack (built-in patterns and the operator's)
 * is compiled once into one Hyperscan database, the prefilter; exact bounds, checksums and context words are confirmed
 * in C or PCRE2 (with match limits) after it. A pack is immutable and shared; a scanner belongs to one thread. The only
 * files that see hs.h and pcre2.h are policy/scan_hs.c and policy/scan_pcre.c. */
#ifndef CORDON_POLICY_SCAN_H
#define CORDON_POLICY_SCAN_H

#include "conf/conf.h"
#include "core/arena.h"
#include "policy/view.h"

struct pack;
struct scanner;

/* `class_names`: by class number, from the rule set (built-in five first). NULL and *why on a bad operator pattern or
 * word list. The database is read from and kept in conf->cache_dir when that is set. */
CD_USE struct pack *pack_compile(const struct conf *conf, const char *const *class_names, size_t n_classes,
                                 struct why *why);
void pack_free(struct pack *p);
size_t pack_count(const struct pack *p);            /* patterns, built-in and the operator's */
const char *pack_digest(const struct pack *p);      /* hex; changes when any pattern does */
/* Type names of the built-in pack, for `cordon check` and the man page; NULL past the end. */
const char *pack_builtin_type(size_t i, const char **klass, const char **source);

CD_USE struct scanner *scanner_new(const struct pack *p);
void scanner_free(struct scanner *s);
struct view *scanner_view(struct scanner *s);       /* the scanner's own, reset by the caller */

/* Findings of the view, sorted by part, start; overlapping ones of the same type merged. Anything that keeps a pattern
 * from being applied is a failure (INSPECT_FAILED, INSPECT_LIMIT), never a shorter list. */
CD_USE enum fail scan(struct scanner *s, const struct view *v, struct arena *a, struct findings *out);

#endif
