#include "audit/pending.h"
#include <stdlib.h>
#include <string.h>

#define WORDS (PENDING_WINDOW / 64)

bool pending_init(struct pending *p)
{
    *p = (struct pending){.bit = calloc(WORDS, sizeof *p->bit)};
    return p->bit != NULL;
}

void pending_fini(struct pending *p) { free(p->bit); }

static uint64_t *word_of(const struct pending *p, uint64_t seq) { return &p->bit[seq / 64 % WORDS]; }
static uint64_t bit_of(uint64_t seq) { return (uint64_t)1 << (seq % 64); }

static uint64_t count_words(const struct pending *p)
{
    uint64_t n = 0;
    for (size_t i = 0; i < WORDS; i++) n += (uint64_t)__builtin_popcountll(p->bit[i]);
    return n;
}

/* Moves the window so that it ends after `seq`. */
static void slide(struct pending *p, uint64_t seq)
{
    uint64_t base = (seq - PENDING_WINDOW + 64) / 64 * 64;
    if (base - p->base >= PENDING_WINDOW) {
        p->passed += count_words(p);
        memset(p->bit, 0, WORDS * sizeof *p->bit);
        p->base = base;
    }
    for (; p->base < base; p->base += 64) {
        uint64_t *w = word_of(p, p->base);
        p->passed += (uint64_t)__builtin_popcountll(*w);
        *w = 0;
    }
}

void pending_open(struct pending *p, uint64_t seq)
{
    if (seq >= PENDING_WINDOW && seq - PENDING_WINDOW >= p->base) slide(p, seq);
    if (seq < p->base) p->passed++;
    else *word_of(p, seq) |= bit_of(seq);
}

bool pending_close(struct pending *p, uint64_t seq)
{
    if (seq < p->base) return p->passed > 0 && p->passed-- > 0;
    if (seq - p->base >= PENDING_WINDOW || !(*word_of(p, seq) & bit_of(seq))) return false;
    *word_of(p, seq) &= ~bit_of(seq);
    return true;
}

uint64_t pending_count(const struct pending *p) { return p->passed + count_words(p); }
