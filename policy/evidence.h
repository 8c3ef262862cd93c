/* evidence.h - findings summed up for a decision: the best score of each type and the score of each class. A few KB on
 * the caller's stack, nothing allocated; linear in the findings. Internal to policy/.
 *
 * A class's score. Within one type the best finding counts and the others add nothing: ten thousand weak hits of one
 * pattern are one weak sign, not a strong one. Different types of one class that are each above EVIDENCE_WEAK support each
 * other: 1 - (1 - a)(1 - b)... The others, which are also those that the scanner holds down because their surroundings
 * speak against them, count only as themselves. */
#ifndef CORDON_POLICY_EVIDENCE_H
#define CORDON_POLICY_EVIDENCE_H

#include "core/finding.h"

#define EVIDENCE_WEAK 0.3f
#define EVIDENCE_SLOTS 256u
#define EVIDENCE_MOST 192u

struct sign {                      /* one type of one class; best of its findings */
    const char *type;
    uint8_t klass;
    float score;
};

struct evidence {
    const struct findings *findings;
    struct sign sign[EVIDENCE_MOST];
    uint32_t n;
    bool overflow;                 /* more types than fit; those count alone, and a search for one reads the findings */
    float alone[CLASS_MAX];        /* best score of the class's findings */
    float score[CLASS_MAX];
};

void evidence_sum(struct evidence *e, const struct findings *f);
/* Whether there is a finding of that type whose score is at least min_score and its class's threshold. */
bool evidence_has(const struct evidence *e, const char *type, const float threshold[CLASS_MAX], float min_score);

#endif
