/* tap.h - watches a provider's reply that passes, whatever its framing (JSON, server-sent events, lines, eventstream), for
 * what later requests may refer to: the ids of objects that the provider now keeps, and content that only it can read
 * (signatures, encrypted reasoning). It looks at JSON strings only, by the name of their member, in pieces of any size;
 * memory is bounded, and nothing in a reply can make it fail: what is no JSON is passed over. A string within a string
 * (JSON as a tool's arguments, or quoted in text) is text; but JSON in base64 as `bytes`, as Bedrock's chunks have it, is
 * looked at. It is to be given the bytes without content coding.
 *
 * A raw control character, a line end above all, cannot stand in a JSON string: there it begins anew, so that a stray
 * quote in a comment or a frame's head spoils at most what follows on its line. One reply, one thread. */
#ifndef CORDON_WIRE_TAP_H
#define CORDON_WIRE_TAP_H

#include "core/digest.h"

enum tap_kind { TAP_ID, TAP_SEALED };

/* `value` is the SHA-256 of the value, unescaped and named as policy/refs.h names it (wire/names.h). The same id is told
 * once for as long as few others come between. */
typedef void tap_found(void *arg, enum tap_kind kind, const struct digest *value);

#define TAP_ID_MAX 512u
#define TAP_RECENT 8u

struct tap {
    enum { TAP_OUT, TAP_STRING, TAP_AFTER, TAP_COLON } at;
    enum { TAP_NAME, TAP_PLAIN, TAP_ID_VALUE, TAP_NAME_VALUE, TAP_SEALED_VALUE, TAP_TYPE_VALUE,
           TAP_CODE_VALUE } role;  /* of the string */
    unsigned escape;               /* in a string: 1 after a backslash; 2 to 5: hex digits that are due, and 1 */
    uint32_t unit, high;           /* the escape's code unit so far; the first half of a pair, or 0 */
    bool bad;                      /* the string is none: half a pair, an unknown escape, too long */
    bool messages;                 /* the caller's, after tap_init: the ids of messages are wanted too */
    bool redacted;                 /* the object says that it is redacted thinking */
    uint32_t depth;
    char text[TAP_ID_MAX];         /* a name, or an id, unescaped; base64 that is not decoded yet */
    size_t n;
    size_t sealed_n;
    struct sha256_state *hash;     /* of sealed content; made when it is needed first */
    struct tap *inner;             /* of what is in base64; made when it is needed first */
    bool nested;                   /* this is an inner one: it has none itself */
    struct digest recent[TAP_RECENT];
    unsigned next_recent;
};

void tap_init(struct tap *t);
void tap_feed(struct tap *t, struct span bytes, tap_found *found, void *arg);
void tap_fini(struct tap *t);

#endif
