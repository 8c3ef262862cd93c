/* jscan.h - a strict JSON scanner (RFC 8259) that yields tokens with byte offsets into the input and copies nothing.
 *
 * Requests are read by this and by nothing else: cJSON cuts strings at an escaped NUL, takes the first of two equal
 * keys, matches keys without regard to case and reprints large integers (measured; docs/ARCHITECTURE.md). It refuses
 * what readers disagree on: duplicate keys (compared after unescaping), raw control characters, NUL, bad UTF-8, lone
 * surrogates, malformed numbers, a byte-order mark, trailing bytes, nesting over JSCAN_DEPTH. Numbers are never
 * converted. Time is linear in the input; memory is one token array in the arena. Any thread.
 *
 * Tokens are in document order. An object's tokens are: itself, then key, value, key, value …; an array's: itself,
 * then its elements. `next` is the index of the token after the whole subtree, so a sibling is one step away. */
#ifndef CORDON_CORE_JSCAN_H
#define CORDON_CORE_JSCAN_H

#include "core/arena.h"
#include "core/fail.h"
#include "core/span.h"
#include <stdint.h>

#define JSCAN_DEPTH 64
#define JSCAN_MAX_TOKENS (4u << 20)

enum jtype { J_OBJECT, J_ARRAY, J_KEY, J_STRING, J_NUMBER, J_TRUE, J_FALSE, J_NULL };

struct jtok {
    uint32_t start, end;   /* byte range in the input; strings and keys without their quotes */
    uint32_t next;         /* index of the first token after this one's subtree */
    uint8_t type;          /* enum jtype */
    uint8_t escaped;       /* a string or key holds at least one backslash */
};

struct jdoc {
    struct span text;
    struct jtok *tok;
    uint32_t n;
};

#define J_NONE UINT32_MAX

/* Scan one document. `at` gets the offset of the first offending byte on failure. `doc` points into `text` and `a`. */
CD_USE enum fail jscan(struct span text, struct arena *a, struct jdoc *doc, size_t *at);

/* The raw bytes of a token (strings: between the quotes, still escaped). */
struct span jdoc_raw(const struct jdoc *d, uint32_t i);
/* Index of the value of member `key` of object `obj`, or J_NONE (also when `obj` is J_NONE or no object). Linear in
 * the members. */
uint32_t jdoc_get(const struct jdoc *d, uint32_t obj, const char *key);
/* As jdoc_get, but only when the value has that type. */
uint32_t jdoc_get_type(const struct jdoc *d, uint32_t obj, const char *key, enum jtype type);
/* Whether a string or key token, unescaped, equals `s`, or a text that may hold anything. */
bool jdoc_is(const struct jdoc *d, uint32_t i, const char *s);
bool jdoc_equals(const struct jdoc *d, uint32_t i, struct span text);
/* The unescaped text of a string or key: a span on the input where nothing was escaped, else on a copy in `a`.
 * p is NULL when out of memory or `i` is no string. May hold NUL bytes. */
struct span jdoc_text(const struct jdoc *d, uint32_t i, struct arena *a);
/* A number token as an integer, when it is one that fits; false otherwise (also for J_NONE). */
bool jdoc_int(const struct jdoc *d, uint32_t i, int64_t *out);
bool jdoc_double(const struct jdoc *d, uint32_t i, double *out);
/* Children: first child of an object (a key) or array; iterate with tok[i].next until jdoc_end(container). */
static inline uint32_t jdoc_first(uint32_t container) { return container + 1; }
static inline uint32_t jdoc_end(const struct jdoc *d, uint32_t container) { return d->tok[container].next; }

/* Unescape one character at `*p` (just after nothing or at a backslash) of already scanned string bytes; writes 1 to 4
 * bytes of UTF-8 to `out`, advances `*p` past the whole escape (both halves of a surrogate pair), returns the count. */
int jscan_unescape1(const char **p, const char *end, char out[4]);

#endif
