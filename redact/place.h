/* place.h - where in a JSON text a stretch of bytes lies, and whether a mask can stand there. Internal to redact/. */
#ifndef CORDON_REDACT_PLACE_H
#define CORDON_REDACT_PLACE_H

#include "core/span.h"

/* Goes through documents that jscan has taken, once, from stretch to stretch. */
struct walk {
    const char *base, *end;
    const char *p;         /* outside a string: the next byte; inside: a character's first byte */
    const char *close;     /* inside: the closing quote; NULL: outside */
};

enum place { PLACE_UNSAFE, PLACE_STRING, PLACE_NUMBER };

static inline struct walk walk_of(struct span text) { return (struct walk){text.p, text.p + text.n, text.p, NULL}; }
/* Inside a string and on whole characters of it, or all of a number. Ascending. */
enum place walk_locate(struct walk *w, const char *start, const char *end);

#endif
