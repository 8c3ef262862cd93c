#include "policy/evidence.h"
#include <stdint.h>

static float larger(float a, float b) { return a > b ? a : b; }

/* Types are strings that live with the pack, mostly one pointer a type: found by pointer here, by content in merge(). */
static void note(struct evidence *e, uint8_t slot[EVIDENCE_SLOTS], const struct finding *f)
{
    uint32_t at = (uint32_t)(((uintptr_t)f->type >> 2) * 0x9e3779b1u >> 16) + f->klass;
    for (;; at++) {
        uint8_t i = slot[at % EVIDENCE_SLOTS];
        if (i == 0) break;
        struct sign *s = &e->sign[i - 1];
        if (s->type == f->type && s->klass == f->klass) {
            s->score = larger(s->score, f->score);
            return;
        }
    }
    if (e->n == EVIDENCE_MOST) {
        e->overflow = true;
        return;
    }
    e->sign[e->n++] = (struct sign){f->type, f->klass, f->score};
    slot[at % EVIDENCE_SLOTS] = (uint8_t)e->n;
}

/* Several patterns may have one type. */
static void merge(struct evidence *e)
{
    for (uint32_t i = 0; i < e->n; i++)
        for (uint32_t k = i + 1; k < e->n;) {
            if (e->sign[i].klass != e->sign[k].klass || strcmp(e->sign[i].type, e->sign[k].type) != 0) {
                k++;
                continue;
            }
            e->sign[i].score = larger(e->sign[i].score, e->sign[k].score);
            e->sign[k] = e->sign[--e->n];
        }
}

void evidence_sum(struct evidence *e, const struct findings *f)
{
    uint8_t slot[EVIDENCE_SLOTS];
    e->findings = f;
    e->n = 0;
    e->overflow = false;
    memset(e->alone, 0, sizeof e->alone);
    memset(e->score, 0, sizeof e->score);
    if (f->n == 0) return;
    memset(slot, 0, sizeof slot);
    for (size_t i = 0; i < f->n; i++) {
        const struct finding *one = &f->f[i];
        if (one->klass >= CLASS_MAX) continue;
        e->alone[one->klass] = larger(e->alone[one->klass], one->score);
        note(e, slot, one);
    }
    merge(e);
    double doubt[CLASS_MAX];
    for (size_t i = 0; i < CLASS_MAX; i++) doubt[i] = 1;
    for (uint32_t i = 0; i < e->n; i++)
        if (e->sign[i].score > EVIDENCE_WEAK) doubt[e->sign[i].klass] *= 1 - (double)e->sign[i].score;
    for (size_t i = 0; i < CLASS_MAX; i++) e->score[i] = larger(e->alone[i], (float)(1 - doubt[i]));
}

static bool enough(uint8_t klass, float score, const float threshold[CLASS_MAX], float min_score)
{
    return score >= min_score && score >= threshold[klass];
}

bool evidence_has(const struct evidence *e, const char *type, const float threshold[CLASS_MAX], float min_score)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (enough(e->sign[i].klass, e->sign[i].score, threshold, min_score) && strcmp(e->sign[i].type, type) == 0)
            return true;
    for (size_t i = 0; e->overflow && i < e->findings->n; i++) {
        const struct finding *f = &e->findings->f[i];
        if (f->klass < CLASS_MAX && enough(f->klass, f->score, threshold, min_score) && strcmp(f->type, type) == 0)
            return true;
    }
    return false;
}
