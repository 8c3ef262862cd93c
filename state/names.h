/* names.h - class names as bits, for as long as the process lives: a table of millions of facts then has eight bytes for
 * each one's classes. Bits never leave the process; what is stored are names. Any thread. */
#ifndef CORDON_STATE_NAMES_H
#define CORDON_STATE_NAMES_H

#include "core/attrib.h"
#include "core/span.h"
#include <pthread.h>
#include <stdint.h>

#define NAMES_MAX 64u          /* twice what one configuration may have: reloads may change names */
#define NAMES_TEXT_MAX 256u

struct names {
    pthread_mutex_t lock;      /* of adding; a name that is there never changes */
    uint32_t held;             /* under the lock */
    _Atomic uint32_t n;        /* the same, for readers */
    char *name[NAMES_MAX];
};

void names_init(struct names *s);
void names_fini(struct names *s);
/* "phi,privileged" to bits; an empty list is 0. False when there are too many names or no memory. */
CD_USE bool names_bits(struct names *s, struct span list, uint64_t *bits);
/* Bits to a list; a name that has no more room in it is left out. */
void names_text(const struct names *s, uint64_t bits, char out[NAMES_TEXT_MAX]);
/* Takes the next name off a list: "a,b,c". False at the end. Empty names are passed over. */
CD_USE bool names_next(struct span *list, struct span *name);

#endif
