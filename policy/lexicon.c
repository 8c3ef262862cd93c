#include "policy/lexicon.h"
#include "policy/view.h"
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define MAX_PHRASE 12       /* words of a phrase that are told apart; a longer entry is checked by comparing its text */
#define MAX_GAP 3           /* bytes between two words of a phrase */
#define LONGEST_WORD 255    /* longer runs are no word */
#define LONGEST_BUILTIN 128
#define BLOOM_BITS 16

struct entry {
    uint64_t sets;
    uint32_t text, text_len;   /* operator's: in `pool`, to be compared */
    uint32_t lead;             /* bytes of the text before its first word */
    uint32_t use_first;        /* into `uses` + 1; 0 none */
    uint32_t next;             /* the next entry with the same words + 1; 0 none */
    bool literal, ignore_case;
};

struct use {
    uint8_t kind;
    uint32_t number, next;
};

struct node {
    uint64_t key;              /* hash of the words up to here; 0 is empty */
    uint32_t entry;            /* + 1; 0 none */
    uint32_t longer;           /* phrases go on from here */
};

struct lexicon {
    struct node *node;         /* open addressing, a power of two */
    size_t n_node, cap_node;
    struct entry *entry;
    size_t n_entry, cap_entry;
    struct use *use;
    size_t n_use, cap_use;
    char *pool;
    size_t n_pool, cap_pool;
    bool digits_begin;         /* some entry begins with a digit */
    uint64_t bloom[(1u << BLOOM_BITS) / 64];
};

/* ---- characters and hashes ---- */

static bool is_letter(unsigned char c) { return c >= 0x80 || (unsigned char)((c | 0x20) - 'a') < 26; }
static bool is_digit(unsigned char c) { return (unsigned char)(c - '0') < 10; }
static bool is_word(unsigned char c) { return is_letter(c) || is_digit(c); }
static bool is_upper(unsigned char c) { return (unsigned char)(c - 'A') < 26; }
static bool is_lower(unsigned char c) { return (unsigned char)(c - 'a') < 26; }

static uint64_t mix(uint64_t h, uint64_t w)
{
    h = (h ^ w) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 31;
}

/* Of the folded bytes. Reads up to 7 bytes past the end. */
static uint64_t hash_word(const char *p, size_t n)
{
    const uint64_t fold = 0x2020202020202020u;
    uint64_t h = n, w;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&w, p, 8);
        h = mix(h, w | fold);
    }
    if (n > 0) {
        memcpy(&w, p, 8);
        h = mix(h, (w | fold) & (((uint64_t)1 << (8 * n)) - 1));
    }
    return mix(h, 1) | 1;
}

static uint64_t hash_next(uint64_t so_far, uint64_t word) { return mix(so_far * 3, word) | 1; }

/* ---- building ---- */

struct lexicon *lexicon_new(void) { return calloc(1, sizeof(struct lexicon)); }

void lexicon_free(struct lexicon *l)
{
    if (l == NULL) return;
    free(l->node);
    free(l->entry);
    free(l->use);
    free(l->pool);
    free(l);
}

static bool grow(void **p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) return true;
    size_t more = *cap ? *cap * 2 : 256;
    while (more < need) more *= 2;
    void *q = more > UINT32_MAX ? NULL : realloc(*p, more * size);
    if (q == NULL) return false;
    *p = q;
    *cap = more;
    return true;
}

static struct node *slot(const struct lexicon *l, uint64_t key)
{
    size_t mask = l->cap_node - 1;
    for (size_t i = (key >> 20) & mask;; i = (i + 1) & mask) {
        struct node *n = &l->node[i];
        if (n->key == key || n->key == 0) return n;
    }
}

static bool grow_nodes(struct lexicon *l)
{
    if (l->cap_node && l->n_node * 2 < l->cap_node) return true;
    struct lexicon bigger = {.cap_node = l->cap_node ? l->cap_node * 2 : 1024};
    bigger.node = calloc(bigger.cap_node, sizeof *bigger.node);
    if (bigger.node == NULL) return false;
    for (size_t i = 0; i < l->cap_node; i++)
        if (l->node[i].key) *slot(&bigger, l->node[i].key) = l->node[i];
    free(l->node);
    l->node = bigger.node;
    l->cap_node = bigger.cap_node;
    return true;
}

static struct node *node_make(struct lexicon *l, uint64_t key)
{
    if (!grow_nodes(l)) return NULL;
    struct node *n = slot(l, key);
    if (n->key == 0) {
        n->key = key;
        l->n_node++;
    }
    return n;
}

/* The word at `i`: a run of letters or of digits; its end, or `i` when there is none. */
static size_t word_end(const char *p, size_t i, size_t n)
{
    size_t e = i;
    if (i < n && is_digit((unsigned char)p[i]))
        while (e < n && is_digit((unsigned char)p[e])) e++;
    else
        while (e < n && is_letter((unsigned char)p[e])) e++;
    return e;
}

static size_t skip_gap(const char *p, size_t i, size_t n, size_t most)
{
    size_t from = i;
    while (i < n && i - from < most && !is_word((unsigned char)p[i]) && p[i] != VIEW_SEPARATOR) i++;
    return i;
}

/* The path of words of a phrase; NULL when it has none or memory is out. `p` is followed by readable bytes. */
static struct node *path_make(struct lexicon *l, const char *p, size_t n)
{
    size_t i = skip_gap(p, 0, n, n);
    uint64_t key = 0;
    struct node *at = NULL;
    for (int words = 0; i < n && words < MAX_PHRASE; words++) {
        size_t e = word_end(p, i, n);
        uint64_t h = hash_word(p + i, e - i);
        if (words == 0) {
            key = h;
            l->bloom[(h >> 48) / 64] |= (uint64_t)1 << ((h >> 48) % 64);
            l->digits_begin |= is_digit((unsigned char)p[i]);
        } else {
            at->longer = 1;
            key = hash_next(key, h);
        }
        if ((at = node_make(l, key)) == NULL) return NULL;
        i = skip_gap(p, e, n, n);
        /* A gap too wide to be walked ends the path: the rest is compared as text. */
        if (i - e > MAX_GAP) break;
    }
    return at;
}

static struct entry *entry_push(struct lexicon *l)
{
    if (!grow((void **)&l->entry, &l->cap_entry, l->n_entry + 1, sizeof *l->entry)) return NULL;
    l->entry[l->n_entry] = (struct entry){0};
    return &l->entry[l->n_entry++];
}

static bool add_phrase(struct lexicon *l, uint64_t sets, const char *p, size_t n)
{
    char padded[LONGEST_BUILTIN + VIEW_SLACK] = {0};
    if (n == 0 || n > LONGEST_BUILTIN) return false;
    memcpy(padded, p, n);
    struct node *at = path_make(l, padded, n);
    if (at == NULL) return false;
    if (at->entry == 0) {
        if (entry_push(l) == NULL) return false;
        at->entry = (uint32_t)l->n_entry;
    }
    l->entry[at->entry - 1].sets |= sets;
    return true;
}

bool lexicon_add_words(struct lexicon *l, const struct word_list *lists)
{
    for (; lists->phrases; lists++) {
        for (const char *p = lists->phrases; *p;) {
            size_t n = strcspn(p, "|");
            if (!add_phrase(l, lists->sets, p, n)) return false;
            p += n + (p[n] == '|');
        }
    }
    return true;
}

static bool pool_put(struct lexicon *l, struct span s, uint32_t *at)
{
    if (!grow((void **)&l->pool, &l->cap_pool, l->n_pool + s.n + VIEW_SLACK, 1)) return false;
    *at = (uint32_t)l->n_pool;
    memcpy(l->pool + l->n_pool, s.p, s.n);
    memset(l->pool + l->n_pool + s.n, 0, VIEW_SLACK);
    l->n_pool += s.n;
    return true;
}

static bool use_add(struct lexicon *l, struct entry *e, enum lex_use kind, uint32_t number)
{
    if (!grow((void **)&l->use, &l->cap_use, l->n_use + 1, sizeof *l->use)) return false;
    l->use[l->n_use] = (struct use){(uint8_t)kind, number, e->use_first};
    e->use_first = (uint32_t)++l->n_use;
    return true;
}

/* No word at all, or one that the walk over a text would not take for a word. */
static bool is_unusable(struct span text, size_t lead)
{
    if (lead == text.n || text.n > 4096 || memchr(text.p, VIEW_SEPARATOR, text.n)) return true;
    for (size_t i = lead, e; i < text.n; i = skip_gap(text.p, e, text.n, text.n))
        if ((e = word_end(text.p, i, text.n)) - i > LONGEST_WORD) return true;
    return false;
}

bool lexicon_add_entry(struct lexicon *l, struct span text, bool ignore_case, enum lex_use use, uint32_t number,
                       bool *bad)
{
    size_t lead = skip_gap(text.p, 0, text.n, text.n);
    *bad = is_unusable(text, lead);
    uint32_t at;
    if (*bad || !pool_put(l, text, &at)) return false;
    struct node *node = path_make(l, l->pool + at, text.n);
    if (node == NULL) return false;
    /* The same text may serve several lists and patterns. */
    for (uint32_t i = node->entry; i; i = l->entry[i - 1].next) {
        struct entry *e = &l->entry[i - 1];
        if (e->literal && e->ignore_case == ignore_case && e->text_len == text.n && !memcmp(l->pool + e->text, text.p,
            text.n))
            return use_add(l, e, use, number);
    }
    struct entry *e = entry_push(l);
    if (e == NULL) return false;
    *e = (struct entry){.text = at, .text_len = (uint32_t)text.n, .lead = (uint32_t)lead, .literal = true,
                        .ignore_case = ignore_case, .next = node->entry};
    node->entry = (uint32_t)l->n_entry;
    return use_add(l, e, use, number);
}

bool lexicon_finish(struct lexicon *l) { return grow_nodes(l); }

/* ---- marking ---- */

struct walk {
    const struct lexicon *l;
    const char *p;
    size_t n;
    struct marks *out;
    bool ok;
};

bool marks_put(struct marks *m, size_t start, size_t end, uint32_t entry)
{
    if (!grow((void **)&m->m, &m->cap, m->n + 1, sizeof *m->m)) return false;
    m->m[m->n++] = (struct mark){(uint32_t)start, (uint32_t)end, entry};
    return true;
}

static void push(struct walk *w, size_t start, size_t end, uint32_t entry)
{
    w->ok &= marks_put(w->out, start, end, entry);
    w->out->seen |= w->l->entry[entry].sets;
}

/* A run of white space equals any other. */
static bool same_text(const struct walk *w, const struct entry *e, size_t start, size_t *end)
{
    const char *t = w->l->pool + e->text, *stop = t + e->text_len;
    size_t i = start;
    while (t < stop) {
        if (i >= w->n) return false;
        unsigned char a = (unsigned char)*t, b = (unsigned char)w->p[i];
        if (a == ' ' && (b == ' ' || b == '\n' || b == '\t' || b == '\r')) {
            while (t < stop && *t == ' ') t++;
            while (i < w->n && (w->p[i] == ' ' || w->p[i] == '\n' || w->p[i] == '\t' || w->p[i] == '\r')) i++;
            continue;
        }
        bool same = a == b || (e->ignore_case && is_letter(a) && is_letter(b) && (a | 0x20) == (b | 0x20));
        if (!same) return false;
        t++, i++;
    }
    *end = i;
    return true;
}

static void emit(struct walk *w, size_t start, size_t end, uint32_t entry, bool inside)
{
    for (; entry; entry = w->l->entry[entry - 1].next) {
        const struct entry *e = &w->l->entry[entry - 1];
        if (!e->literal) {
            push(w, start, end, entry - 1);
            continue;
        }
        size_t from = start - e->lead, to;
        if (inside || e->lead > start || !same_text(w, e, from, &to)) continue;
        bool open = from > 0 && is_word((unsigned char)w->p[from]) && is_word((unsigned char)w->p[from - 1]);
        bool cut = to < w->n && is_word((unsigned char)w->p[to - 1]) && is_word((unsigned char)w->p[to]);
        if (!open && !cut) push(w, from, to, entry - 1);
    }
}

/* The phrases that begin with the word [start, end), whose hash is known to be in the filter. `inside`: the word is a
 * part of a camelCase run. */
static void follow(struct walk *w, size_t start, size_t end, uint64_t key, bool inside)
{
    for (int words = 1;; words++) {
        const struct node *node = slot(w->l, key);
        if (node->key == 0) return;
        if (node->entry) emit(w, start, end, node->entry, inside);
        if (!node->longer || words == MAX_PHRASE) return;
        size_t next = skip_gap(w->p, end, w->n, MAX_GAP);
        size_t stop = word_end(w->p, next, w->n);
        if (stop == next || stop - next > LONGEST_WORD) return;
        if (inside)
            for (size_t i = next + 1; i < stop; i++)
                if (is_upper((unsigned char)w->p[i]) && is_lower((unsigned char)w->p[i - 1])) stop = i;
        key = hash_next(key, hash_word(w->p + next, stop - next));
        end = stop;
    }
}

static inline bool maybe(const struct lexicon *l, uint64_t h)
{
    return l->bloom[(h >> 48) / 64] >> ((h >> 48) % 64) & 1;
}

static void at_word(struct walk *w, size_t start, size_t end)
{
    uint64_t h = hash_word(w->p + start, end - start);
    if (maybe(w->l, h)) follow(w, start, end, h, false);
}

/* dateOfBirth: each part may begin a built-in phrase. */
static void at_camel(struct walk *w, size_t start, size_t end)
{
    size_t from = start;
    for (size_t i = start + 1; i <= end; i++) {
        bool edge = i == end || (is_upper((unsigned char)w->p[i]) && is_lower((unsigned char)w->p[i - 1]));
        if (!edge) continue;
        uint64_t h = hash_word(w->p + from, i - from);
        if (maybe(w->l, h)) follow(w, from, i, h, true);
        from = i;
    }
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that is a letter. */
static inline unsigned letters16(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i x = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    __m128i in = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(25)), x);
    return (unsigned)(_mm_movemask_epi8(in) | _mm_movemask_epi8(v));
}

/* A bit for each of 16 bytes from `first` to `first` + 25. */
static inline unsigned among16(const char *p, char first)
{
    __m128i x = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8(first));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(25)), x));
}
#else
static inline unsigned letters16(const char *p)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; i++) bits |= ((unsigned char)((p[i] | 0x20) - 'a') < 26 || (p[i] & 0x80) ? 1u : 0u) << i;
    return bits;
}

static inline unsigned among16(const char *p, char first)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; i++) bits |= ((unsigned char)(p[i] - first) < 26 ? 1u : 0u) << i;
    return bits;
}
#endif

/* Whether a capital follows a small letter. */
static bool is_camel(const char *p, size_t n)
{
    for (size_t i = 1; i < n; i += 16) {
        unsigned edges = among16(p + i, 'A') & among16(p + i - 1, 'a');
        if (n - i < 16) edges &= (1u << (n - i)) - 1;
        if (edges) return true;
    }
    return false;
}

static inline size_t letters_end(const char *p, size_t i)
{
    for (;; i += 16) {
        unsigned gap = ~letters16(p + i) & 0xFFFF;
        if (gap) return i + (size_t)__builtin_ctz(gap);
    }
}

/* The zero bytes after the text end every run. */
static void mark_letters(struct walk *w)
{
    for (size_t i = 0; i < w->n;) {
        unsigned m = letters16(w->p + i);
        if (m == 0) {
            i += 16;
            continue;
        }
        size_t start = i + (size_t)__builtin_ctz(m), end = letters_end(w->p, start);
        if (end > w->n) end = w->n;
        if (start < end && end - start <= LONGEST_WORD) {
            at_word(w, start, end);
            if (end - start > 4 && is_camel(w->p + start, end - start)) at_camel(w, start, end);
        }
        i = end + 1;
    }
}

static void mark_digits(struct walk *w)
{
    for (size_t i = 0; i < w->n;) {
        size_t end = is_digit((unsigned char)w->p[i]) ? word_end(w->p, i, w->n) : i;
        if (end > i && end - i <= LONGEST_WORD) at_word(w, i, end);
        i = end + 1;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

static bool is_sorted(const struct marks *m)
{
    for (size_t i = 1; i < m->n; i++)
        if (m->m[i - 1].start > m->m[i].start) return false;
    return true;
}

bool lexicon_mark(const struct lexicon *l, const char *text, size_t n, struct marks *out)
{
    struct walk w = {l, text, n, out, true};
    out->n = 0;
    out->seen = 0;
    mark_letters(&w);
    if (l->digits_begin) mark_digits(&w);
    if (w.ok && !is_sorted(out)) qsort(out->m, out->n, sizeof *out->m, by_start);
    return w.ok;
}

void marks_fini(struct marks *m)
{
    free(m->m);
    *m = (struct marks){0};
}

uint64_t lexicon_sets(const struct lexicon *l, const struct mark *m) { return l->entry[m->entry].sets; }

bool lexicon_next(const struct lexicon *l, const struct mark *m, enum lex_use use, uint32_t *it, uint32_t *number)
{
    uint32_t i = *it == 0 ? l->entry[m->entry].use_first : l->use[*it - 1].next;
    while (i && l->use[i - 1].kind != use) i = l->use[i - 1].next;
    if (i == 0) return false;
    *it = i;
    *number = l->use[i - 1].number;
    return true;
}

size_t marks_from(const struct marks *m, size_t from)
{
    size_t lo = 0, hi = m->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (m->m[mid].start < from)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool marks_near(const struct lexicon *l, const struct marks *m, uint64_t sets, size_t from, size_t to)
{
    if (!(m->seen & sets)) return false;
    for (size_t i = marks_from(m, from); i < m->n && m->m[i].start < to; i++)
        if ((lexicon_sets(l, &m->m[i]) & sets) && m->m[i].end <= to) return true;
    return false;
}
