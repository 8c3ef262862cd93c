#include "policy/fold.h"
#include "policy/fold_table.h"

enum ask { ASK_NOTHING, ASK_ALWAYS, ASK_BESIDE_DIGITS, ASK_IN_WORD };   /* as in fold_table.py */

#define WORD_REACH 24u   /* letters of a word that are looked at, on each side */

static size_t sequence_length(unsigned char first)
{
    return first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
}

size_t fold_decode(struct span s, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = sequence_length(p[0]);
    *code = p[0];
    if (n == 1 || n > s.n) return 1;
    uint32_t c = p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return 1;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    *code = c;
    return n;
}

/* Tags and variation selectors, far above all that the table knows. */
static bool is_invisible_plane(uint32_t code) { return code >= 0xE0000 && code < 0xE0200; }

static uint16_t entry(uint32_t code)
{
    return code < 0x80 || code >= FOLD_PAGES * FOLD_PAGE ? 0 : fold_entry[fold_page[code / FOLD_PAGE]][code % FOLD_PAGE];
}

int fold_char(uint32_t code, char out[FOLD_MAX])
{
    uint16_t e = entry(code);
    if (e == 0) return is_invisible_plane(code) ? 0 : -1;
    const uint8_t *text = fold_text + (e & 0x3FFF);
    memcpy(out, text + 1, text[0]);
    return text[0];
}

/* ---- whether a character is a reason ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

enum looks { LOOKS_OTHER, LOOKS_ASCII, LOOKS_LATIN, LOOKS_FOREIGN };   /* OTHER: no letter, a word ends there */

static enum looks looks_of(char first, uint32_t code)
{
    if (code < 0x80) return is_letter(first) ? LOOKS_ASCII : LOOKS_OTHER;
    if (entry(code) != 0 && fold_text[(entry(code) & 0x3FFF) + 1] >= 'A') return LOOKS_LATIN;
    return code >= 0x250 && code < 0x2000 ? LOOKS_FOREIGN : LOOKS_OTHER;
}

static size_t step_back(struct span s, size_t at)
{
    size_t least = at > 4 ? at - 4 : 0;
    do at--;
    while (at > least && ((unsigned char)s.p[at] & 0xC0) == 0x80);
    return at;
}

/* Counts a word's letters, by their looks, from `at` on to the left or to the right. */
static void count_letters(struct span s, size_t at, bool left, unsigned n[LOOKS_FOREIGN + 1])
{
    for (unsigned i = 0; i < WORD_REACH && (left ? at > 0 : at < s.n); i++) {
        uint32_t code;
        if (left) at = step_back(s, at);
        size_t length = fold_decode((struct span){s.p + at, s.n - at}, &code);
        enum looks l = looks_of(s.p[at], code);
        n[l]++;
        if (l == LOOKS_OTHER || l == LOOKS_FOREIGN) return;
        if (!left) at += length;
    }
}

/* In a word that is else Latin, or in one of three letters or more that all look it. */
static bool in_latin_word(struct span s, size_t at)
{
    unsigned n[LOOKS_FOREIGN + 1] = {0};
    count_letters(s, at, true, n);
    count_letters(s, at, false, n);
    return n[LOOKS_FOREIGN] == 0 && (n[LOOKS_ASCII] > 0 || n[LOOKS_LATIN] >= 3);
}

static bool beside_digit(struct span s, size_t at, size_t n)
{
    char before = at > 0 ? s.p[at - 1] : ' ', after = at + n < s.n ? s.p[at + n] : ' ';
    return (is_digit(before) && (is_digit(after) || is_letter(after))) || (is_letter(before) && is_digit(after));
}

static bool is_reason(struct span s, size_t at, size_t n, uint32_t code)
{
    switch ((enum ask)(entry(code) >> 14)) {
    case ASK_ALWAYS: return true;
    case ASK_BESIDE_DIGITS: return beside_digit(s, at, n);
    case ASK_IN_WORD: return in_latin_word(s, at);
    default: return is_invisible_plane(code);
    }
}

static size_t skip_ascii(struct span s, size_t at)
{
    for (uint64_t eight; at + sizeof eight <= s.n; at += sizeof eight) {
        memcpy(&eight, s.p + at, sizeof eight);
        if (eight & 0x8080808080808080u) break;
    }
    while (at < s.n && !((unsigned char)s.p[at] & 0x80)) at++;
    return at;
}

size_t fold_wanted(struct span s, size_t from)
{
    while ((from = skip_ascii(s, from)) < s.n) {
        uint32_t code;
        size_t n = fold_decode((struct span){s.p + from, s.n - from}, &code);
        if (n > 1 && is_reason(s, from, n, code)) return from;
        from += n;
    }
    return s.n;
}
