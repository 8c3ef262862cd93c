/* span.h - a borrowed stretch of bytes. Never NUL-terminated, may hold NUL bytes; the bytes belong to whoever
 * made them (a blob, an arena, a literal). There is no printf form on purpose: client text reaches a log only by
 * somebody writing code for it. */
#ifndef CORDON_CORE_SPAN_H
#define CORDON_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *p;
    size_t n;
};

#define SPAN(lit) ((struct span){(lit), sizeof(lit) - 1})
#define SPAN_NONE ((struct span){NULL, 0})

static inline struct span span_str(const char *s) { return (struct span){s, s ? strlen(s) : 0}; }

static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *s) { return span_eq(a, span_str(s)); }

/* ASCII case-insensitive. */
static inline bool span_ieq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static inline bool span_starts(struct span a, struct span head)
{
    return a.n >= head.n && (head.n == 0 || memcmp(a.p, head.p, head.n) == 0);
}

static inline bool span_ends(struct span a, struct span tail)
{
    return a.n >= tail.n && (tail.n == 0 || memcmp(a.p + a.n - tail.n, tail.p, tail.n) == 0);
}

static inline struct span span_from(struct span a, size_t at)
{
    return at >= a.n ? (struct span){a.p + a.n, 0} : (struct span){a.p + at, a.n - at};
}

/* Where these two bytes stand side by side, or NULL. (memmem is slow with needles so short.) */
static inline const char *span_pair(struct span a, char first, char second)
{
    const char *p = a.p, *end = a.p + a.n;
    while (p < end && (p = (const char *)memchr(p, first, (size_t)(end - p))) != NULL && ++p < end)
        if (*p == second) return p - 1;
    return NULL;
}

/* Without leading and trailing spaces and tabs (HTTP's OWS). */
static inline struct span span_trim(struct span a)
{
    while (a.n && (a.p[0] == ' ' || a.p[0] == '\t')) a.p++, a.n--;
    while (a.n && (a.p[a.n - 1] == ' ' || a.p[a.n - 1] == '\t')) a.n--;
    return a;
}

#endif
