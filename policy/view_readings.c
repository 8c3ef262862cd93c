/* Which other readings a segment has. Looking for reasons is what every string of every request pays: one pass tells which
 * bytes it has at all, and most strings have none that could be a reason. */
#include "core/base64.h"
#include "policy/fold.h"
#include "policy/view_walk.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    WHOLE_MAX = 4096,   /* a segment up to that long is read again whole */
    AROUND = 192,       /* bytes of a longer one that are read on both sides of a reason: more than any pattern looks */
    TO_BLANK = 64,      /* and some more, up to a blank, so that no number is cut */
    READINGS_MAX = 4    /* undone one in another */
};

/* ---- reasons: where the next one begins in a text at or after `from`, its length in *n; text.n when there is none ---- */

static size_t next_of(struct span t, size_t from, char c)
{
    const char *hit = from < t.n ? memchr(t.p + from, c, t.n - from) : NULL;
    return hit ? (size_t)(hit - t.p) : t.n;
}

static size_t loose_reason(struct span t, size_t from)
{
    while ((from = next_of(t, from, '\\')) < t.n) {
        if (++from < t.n && t.p[from] && strchr("nrt\"u/x", t.p[from])) return from - 1;
    }
    return t.n;
}

static bool two_hex(struct span t, size_t at) { return at + 1 < t.n && hex_value(t.p[at]) >= 0 && hex_value(t.p[at + 1]) >= 0; }

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static size_t percent_reason(struct span t, size_t from)
{
    while ((from = next_of(t, from, '%')) < t.n) {
        if (two_hex(t, ++from)) return from - 1;
    }
    return t.n;
}

bool view_has_percent(struct span s) { return percent_reason(s, 0) < s.n; }

/* Padding of base64 stands at a line's end too, after many characters of it. */
static bool ends_code(struct span t, size_t at)
{
    size_t n = 0;
    while (n < 12 && n < at && base64_is[(unsigned char)t.p[at - n - 1]]) n++;
    return n == 12 || t.p[at - 1] == '=';
}

/* An equals sign before two digits is in every assignment. Quoted-printable has it at a line's end, twice in a row, before
 * a quote for itself, or between letters for a blank, a dot, an at sign, a hyphen. */
static bool is_quoted(struct span t, size_t at)
{
    char after = at + 3 < t.n ? t.p[at + 3] : 0;
    if (at + 1 < t.n && (t.p[at + 1] == '\n' || t.p[at + 1] == '\r'))
        return at > 0 && (unsigned char)t.p[at - 1] > ' ' && !ends_code(t, at);
    if (!two_hex(t, at + 1) || t.p[at + 1] >= 'a' || t.p[at + 2] >= 'a') return false;
    int value = hex_value(t.p[at + 1]) * 16 + hex_value(t.p[at + 2]);
    if (after == '=') return two_hex(t, at + 4);
    if (value == '=') return after == '"';
    size_t letters = 0;
    while (letters < 3 && at + 3 + letters < t.n && is_letter(t.p[at + 3 + letters])) letters++;
    bool between = at > 0 && is_letter(t.p[at - 1]) && letters == 3;
    return between && (value == ' ' || value == '.' || value == '@' || value == '-');
}

static size_t quoted_reason(struct span t, size_t from)
{
    while ((from = next_of(t, from, '=')) < t.n && !is_quoted(t, from)) from++;
    return from;
}

static size_t reference_reason(struct span t, size_t from)
{
    while ((from = next_of(t, from, '&')) < t.n) {
        unsigned code;
        if (walk_reference(span_from(t, ++from), &code)) return from - 1;
    }
    return t.n;
}

/* In such a run at least every second byte is a gap: two in five are looked at. */
static size_t spaced_reason(struct span t, size_t from)
{
    for (size_t i = from; i + 1 < t.n; i += 5) {
        size_t a, b;
        if (walk_is_spaced(t, i, &a, &b) || walk_is_spaced(t, i + 1, &a, &b)) return a < from ? from : a;
    }
    return t.n;
}

/* ---- which bytes a text has ---- */

enum { HAS_PERCENT = 1, HAS_BACKSLASH = 2, HAS_EQUALS = 4, HAS_AMPERSAND = 8, HAS_OTHER = 16, HAS_LONE = 32 };

/* Gaps with single bytes between them, four in a row: a version number has three. A bit for each byte. */
static bool has_lone(uint64_t gaps)
{
    return (gaps & gaps >> 2 & gaps >> 4 & gaps >> 6 & ~(gaps >> 1) & ~(gaps >> 3) & ~(gaps >> 5)) != 0;
}

#ifdef __SSE2__
static inline __m128i equal(__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); }
static inline unsigned any(__m128i v, unsigned flag) { return _mm_movemask_epi8(v) ? flag : 0; }

/* Bytes past the end are read too (VIEW_SLACK): they may give a flag too many, which costs time only. */
static unsigned bytes_of(struct span t)
{
    __m128i percent = _mm_setzero_si128(), back = percent, equals = percent, ampersand = percent, other = percent;
    uint64_t gaps = 0;
    bool lone = false;
    for (size_t i = 0; i < t.n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(t.p + i));
        __m128i gap = _mm_or_si128(_mm_or_si128(equal(v, ' '), equal(v, '.')), equal(v, '-'));
        percent = _mm_or_si128(percent, equal(v, '%'));
        back = _mm_or_si128(back, equal(v, '\\'));
        equals = _mm_or_si128(equals, equal(v, '='));
        ampersand = _mm_or_si128(ampersand, equal(v, '&'));
        other = _mm_or_si128(other, v);
        gaps = gaps >> 16 | (uint64_t)(unsigned)_mm_movemask_epi8(gap) << 16;
        if ((gaps & gaps >> 2) && has_lone(gaps)) lone = true;
    }
    __m128i rare = _mm_or_si128(_mm_or_si128(percent, back), _mm_or_si128(equals, ampersand));
    if (!lone && !_mm_movemask_epi8(_mm_or_si128(rare, other))) return 0;
    return any(percent, HAS_PERCENT) | any(back, HAS_BACKSLASH) | any(equals, HAS_EQUALS) | any(ampersand, HAS_AMPERSAND) |
           any(other, HAS_OTHER) | (lone ? HAS_LONE : 0);
}
#else
static unsigned bytes_of(struct span t)
{
    static const uint8_t flag[256] = {['%'] = HAS_PERCENT, ['\\'] = HAS_BACKSLASH, ['='] = HAS_EQUALS, ['&'] = HAS_AMPERSAND};
    unsigned has = 0;
    uint64_t gaps = 0;
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        has |= flag[c] | (c & 0x80 ? HAS_OTHER : 0u);
        gaps = gaps << 1 | (c == ' ' || c == '.' || c == '-');
        if (has_lone(gaps & 127)) has |= HAS_LONE;
    }
    return has;
}
#endif

static const struct reading {
    uint16_t how;
    uint16_t needs;   /* the byte that every reason has */
    bool whole;       /* even of a long text: what is read is read on (contents_look), and must not be cut */
    size_t (*reason)(struct span text, size_t from);
} readings[] = {
    {SEG_PERCENT, HAS_PERCENT, true, percent_reason},       {SEG_LOOSE, HAS_BACKSLASH, true, loose_reason},
    {SEG_QUOTED, HAS_EQUALS, false, quoted_reason},         {SEG_REFERENCE, HAS_AMPERSAND, false, reference_reason},
    {SEG_FOLDED, HAS_OTHER, false, fold_wanted},            {SEG_SPACED, HAS_LONE, false, spaced_reason},
};

/* ---- what is read ---- */

struct stretch {
    size_t from, to;   /* in the text */
};

static size_t blank_before(struct span t, size_t at)
{
    for (size_t i = 0; i < TO_BLANK && i < at; i++)
        if (t.p[at - i - 1] == ' ' || t.p[at - i - 1] == '\n') return at - i;
    return at;
}

static size_t blank_after(struct span t, size_t at)
{
    for (size_t i = 0; i < TO_BLANK && at + i < t.n; i++)
        if (t.p[at + i] == ' ' || t.p[at + i] == '\n') return at + i;
    return at;
}

/* The stretch around the reason at `at` and those that follow so closely that theirs would overlap it. */
static struct stretch around(struct span t, size_t at, const struct reading *r, size_t *next)
{
    size_t last = at;
    while ((*next = r->reason(t, last + 1)) < t.n && *next - last < AROUND * 2) last = *next;
    size_t from = at > AROUND ? at - AROUND : 0, to = t.n - last > AROUND ? last + AROUND : t.n;
    return (struct stretch){blank_before(t, from), blank_after(t, to)};
}

static enum fail add_stretch(struct view *v, uint32_t number, const struct reading *r, struct stretch st)
{
    struct segment first = v->seg[number], s = first;
    struct view_cursor c = {0};
    size_t from, to;
    view_source_next(v, &c, &v->seg[number], first.view_start + st.from, first.view_start + st.to, &from, &to);
    s.src_start = (uint32_t)from;
    s.src_end = (uint32_t)to;
    s.escaped |= r->how;
    s.again = from == first.src_start && to == first.src_end ? AGAIN_WHOLE : AGAIN_PART;
    return view_add(v, s);
}

static struct span text_of(const struct view *v, uint32_t number)
{
    const struct segment *s = &v->seg[number];
    return (struct span){v->p + s->view_start, s->view_end - s->view_start};
}

static enum fail read_again(struct view *v, uint32_t number, const struct reading *r)
{
    size_t at = r->reason(text_of(v, number), 0);
    enum fail f = FAIL_OK;
    while (!f && at < text_of(v, number).n) {
        struct span t = text_of(v, number);
        size_t next = t.n;
        struct stretch st = {0, t.n};
        if (t.n > WHOLE_MAX && !r->whole && !(v->seg[number].escaped & SEG_QUERY)) st = around(t, at, r, &next);
        f = add_stretch(v, number, r, st);
        at = next;
    }
    return f;
}

static unsigned readings_of(uint16_t how)
{
    unsigned n = 0;
    for (size_t i = 0; i < COUNT(readings); i++) n += (how & readings[i].how) != 0;
    return n;
}

/* A reading of a reading undoes only what comes later in the walk, so that each combination is made once. */
static bool may_follow(uint16_t how, const struct reading *r)
{
    return r->how == SEG_PERCENT ? how < SEG_LOOSE && !(how & SEG_PERCENT) : how < r->how;
}

enum fail view_add_readings(struct view *v, size_t from)
{
    enum fail f = FAIL_OK;
    for (size_t i = from; i < v->n_seg && !f; i++) {
        uint16_t how = v->seg[i].escaped;
        if (v->seg[i].again && readings_of(how) >= READINGS_MAX) continue;
        unsigned has = bytes_of(text_of(v, (uint32_t)i));
        for (size_t k = 0; has && k < COUNT(readings) && !f; k++)
            if ((readings[k].needs & has) && may_follow(how, &readings[k])) f = read_again(v, (uint32_t)i, &readings[k]);
    }
    return f;
}
