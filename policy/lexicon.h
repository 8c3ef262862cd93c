/* lexicon.h - words and phrases, found in one walk over the view: context words, names, clinical and legal vocabulary,
 * and the operator's word lists, together. Each hit is a mark; patterns ask for marks near them.
 *
 * A phrase is a path of words through one hash table (word, then word after word), so a text costs one look-up a word
 * plus the length of the phrases that begin there, however many entries there are. Words are runs of letters (bytes from
 * 0x80 count as letters) and runs of digits, compared without regard to case by folding bit 5, which is right for ASCII
 * and for Latin-1 in UTF-8. Built-in phrases allow up to three other bytes between words (date_of-birth) and begin also
 * inside camelCase; the operator's are compared with the text afterwards, byte by byte. A lexicon is immutable once
 * built, any thread; marks belong to one scanner. */
#ifndef CORDON_POLICY_LEXICON_H
#define CORDON_POLICY_LEXICON_H

#include "core/attrib.h"
#include "core/span.h"
#include <stdint.h>

/* What a built-in word says about its surroundings; a mark carries a bit for each. */
enum word_set {
    WORD_GIVEN_NAME, WORD_NOT_SURNAME, WORD_CLINICAL, WORD_CLINICAL_WEAK, WORD_PATIENT, WORD_LEGAL, WORD_SSN,
    WORD_MEDICAL_ID,
    WORD_PHONE, WORD_CARD, WORD_DEA, WORD_ADDRESS, WORD_ADDRESS_IP, WORD_NOT_ID, WORD_MONEY, WORD_ICD, WORD_FOOTER,
    WORD_SECRET, WORD_INSURANCE, WORD_MONTH, WORD_SET_COUNT
};
#define WORDS(set) ((uint64_t)1 << (set))

/* A built-in list: phrases separated by '|'. */
struct word_list {
    uint64_t sets;
    const char *phrases;
};
extern const struct word_list words_context[], words_clinical[], words_names[];   /* end: phrases NULL */

/* Where an operator's entry leads: a word list (its number) or the context of a pattern (its number). */
enum lex_use { LEX_LIST, LEX_CONTEXT };

struct mark {
    uint32_t start, end;   /* in the view */
    uint32_t entry;
};

struct marks {
    struct mark *m;
    size_t n, cap;
    uint64_t seen;         /* all sets that occur */
};

struct lexicon;
CD_USE struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *l);
CD_USE bool lexicon_add_words(struct lexicon *l, const struct word_list *lists);
/* An operator's entry, matched as a whole word. *bad is
 * set when it holds no letter or digit, a word over 255 bytes, or is itself over 4 KiB. False: that, or no memory. */
CD_USE bool lexicon_add_entry(struct lexicon *l, struct span text, bool ignore_case, enum lex_use use, uint32_t number,
                              bool *bad);
/* Builds the table; no entries may be added afterwards. */
CD_USE bool lexicon_finish(struct lexicon *l);

/* Marks of `text`, which must be followed by VIEW_SLACK readable bytes. False when out of memory. */
CD_USE bool lexicon_mark(const struct lexicon *l, const char *text, size_t n, struct marks *out);
void marks_fini(struct marks *m);
/* At the end: the caller keeps the order. */
CD_USE bool marks_put(struct marks *m, size_t start, size_t end, uint32_t entry);
uint64_t lexicon_sets(const struct lexicon *l, const struct mark *m);
/* The next operator's use of a mark of kind `use`: *it starts at 0; false at the end. */
bool lexicon_next(const struct lexicon *l, const struct mark *m, enum lex_use use, uint32_t *it, uint32_t *number);

/* The first mark that starts at or after `from`; binary search. */
size_t marks_from(const struct marks *m, size_t from);
/* Whether a mark of one of `sets` lies whole within [from, to). */
bool marks_near(const struct lexicon *l, const struct marks *m, uint64_t sets, size_t from, size_t to);

#endif
