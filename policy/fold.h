/* fold.h - how text reads when it does not matter how it was written: full-width, mathematical and small capital letters
 * are letters, digits of any script are digits, look-alikes of other scripts are what they look like, odd spaces are
 * spaces, and what has no width (joiners, soft hyphens, combining marks, variation selectors, tags) is not there. Accents of
 * Latin letters go too. Case stays: patterns do without it. Sources: Unicode 14, UAX 15 (NFKC), UTS 39 (confusables; our
 * own short list), and policy/fold_table.py, which writes the table. Pure functions, any thread. */
#ifndef CORDON_POLICY_FOLD_H
#define CORDON_POLICY_FOLD_H

#include "core/attrib.h"
#include "core/span.h"
#include <stdint.h>

#define FOLD_MAX 8   /* bytes that one character may become */

/* The character at the head of s, in UTF-8: its length, and its code point. A byte that begins none has length 1 and is
 * itself. s is not empty. */
size_t fold_decode(struct span s, uint32_t *code);
/* What it becomes: bytes written to out, none when it falls away, or -1 when it stays. */
int fold_char(uint32_t code, char out[FOLD_MAX]);
/* Where the next character stands, at or after `from`, for whose sake a text should be read folded too; s.n when there is
 * none. Accented letters, typographic quotes and the like are in every text and are no reason; a dash is one beside
 * a digit, a letter of another script only in a word of which the rest could be Latin. */
size_t fold_wanted(struct span s, size_t from);

#endif
