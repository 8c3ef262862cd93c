/* view_walk.h - one decoded character of a source at a time, and the source bytes it took. The same walk builds a reading
 * and maps its offsets back, so that the two can never disagree. Internal to policy/view*.c. */
#ifndef CORDON_POLICY_VIEW_WALK_H
#define CORDON_POLICY_VIEW_WALK_H

#include "policy/view.h"

#define WALK_MAX 8   /* bytes one step may write; most write as many as they read, or fewer */

struct walker {
    const char *p, *end;
    uint16_t how;          /* bits of enum seg_escape */
    bool plus;             /* a plus sign is a space here */
    uint8_t state;         /* SEG_SPACED: what came last */
};
enum { STATE_NONE, STATE_LONE, STATE_WORD, STATE_GAP };   /* a letter or digit alone, several, a gap after a lone one */

/* Bytes written, from what stands at w->p, which is before w->end: none when it is not read at all. */
int walk(struct walker *w, char out[WALK_MAX]);
/* Whether text[at] is a gap in a run that SEG_SPACED is for; *from and *to: some of the run, which may be longer. */
bool walk_is_spaced(struct span text, size_t at, size_t *from, size_t *to);
/* The character reference at the head of `s`, which follows an ampersand: its length, and what is meant. 0: none. */
#define REFERENCE_MAX 12
size_t walk_reference(struct span s, unsigned *code);

int hex_value(char c);

#endif
