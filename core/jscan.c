/* The scanner of jscan.h. No recursion: an explicit stack of open containers. Tokens are gathered in a buffer on the
 * stack, then on the heap, and copied once to the arena when their number is known. */
#include "core/jscan.h"
#include "core/jkeys.h"
#include <stdlib.h>
#if defined(__SSE2__) && !defined(JSCAN_PORTABLE)
#include <emmintrin.h>
#endif

#define FIRST_TOKENS 128u

struct scan {
    const char *base, *p, *end;
    struct jtok *tok;
    uint32_t n, cap;
    uint32_t depth;
    uint32_t open[JSCAN_DEPTH];
    struct jkeys keys;
    enum fail fail;
    const char *bad;
    struct jtok first[FIRST_TOKENS];
};

enum step { STEP_FAIL, STEP_VALUE, STEP_AFTER };   /* what comes next: a value, or what follows one */

static bool refuse(struct scan *s, enum fail f, const char *at)
{
    s->fail = f;
    s->bad = at;
    return false;
}

static bool grow(struct scan *s, const char *at)
{
    if (s->cap >= JSCAN_MAX_TOKENS) return refuse(s, FAIL_JSON_TOO_MANY, at);
    uint32_t cap = s->cap > JSCAN_MAX_TOKENS / 2 ? JSCAN_MAX_TOKENS : s->cap * 2;
    struct jtok *t = realloc(s->tok == s->first ? NULL : s->tok, cap * sizeof *t);
    if (t == NULL) return refuse(s, FAIL_NO_MEMORY, at);
    if (s->tok == s->first) memcpy(t, s->first, sizeof s->first);
    s->tok = t;
    s->cap = cap;
    return true;
}

static bool push(struct scan *s, enum jtype type, const char *start, const char *end, bool escaped)
{
    if (s->n == s->cap && !grow(s, start)) return false;
    s->tok[s->n] = (struct jtok){(uint32_t)(start - s->base), (uint32_t)(end - s->base), s->n + 1, (uint8_t)type, escaped};
    s->n++;
    return true;
}

static void skip_space(struct scan *s)
{
    const char *p = s->p;
    while (p < s->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    s->p = p;
}

/* ---- strings ---- */

static bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/* The first byte from `p` on that is not plain ASCII text of a string. */
static const char *skip_plain(const char *p, const char *end)
{
#if defined(__SSE2__) && !defined(JSCAN_PORTABLE)
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Signed: below the space are the control characters and all bytes from 0x80. */
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, space), _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)));
        int mask = _mm_movemask_epi8(odd);
        if (mask) return p + __builtin_ctz((unsigned)mask);
    }
#else
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        uint64_t q = v ^ ones * '"', b = v ^ ones * '\\';
        /* The high bit of a byte may also be set by a borrow from a lower byte that is odd itself: the word is then
         * looked at byte by byte, so a false alarm costs time only. */
        if ((v | (v - ones * 0x20) | (q - ones) | (b - ones)) & high) break;
    }
#endif
    while (p < end && is_plain((unsigned char)*p)) p++;
    return p;
}

/* Length of the well-formed UTF-8 character at p (Unicode 15, table 3-7), or 0. */
static int utf8_length(const char *at, const char *end)
{
    const unsigned char *p = (const unsigned char *)at;
    ptrdiff_t left = end - at;
    unsigned char c = p[0];
    if (c < 0xc2 || c > 0xf4 || left < 2 || (p[1] & 0xc0) != 0x80) return 0;
    if (c < 0xe0) return 2;
    if (left < 3 || (p[2] & 0xc0) != 0x80) return 0;
    if (c < 0xf0) return (c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ? 0 : 3;
    if (left < 4 || (p[3] & 0xc0) != 0x80) return 0;
    return (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after "\u" at p, checked; *unit gets their value. */
static bool hex4(struct scan *s, const char *p, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int v = p + i < s->end ? hex_value(p[i]) : -1;
        if (v < 0) return refuse(s, FAIL_JSON_SYNTAX, p + i);
        *unit = *unit << 4 | (unsigned)v;
    }
    return true;
}

/* An escape at s->p (the backslash); s->p goes past all of it. */
static bool scan_escape(struct scan *s)
{
    const char *back = s->p;
    unsigned unit, low;
    if (back + 1 == s->end || memchr("\"\\/bfnrtu", back[1], 9) == NULL) return refuse(s, FAIL_JSON_SYNTAX, back + 1);
    s->p = back + 2;
    if (back[1] != 'u') return true;
    if (!hex4(s, s->p, &unit)) return false;
    s->p += 4;
    if ((unit & 0xf800) != 0xd800) return true;
    if (unit >= 0xdc00 || s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u') return refuse(s, FAIL_JSON_SURROGATE, back);
    if (!hex4(s, s->p + 2, &low)) return false;
    if ((low & 0xfc00) != 0xdc00) return refuse(s, FAIL_JSON_SURROGATE, back);
    s->p += 6;
    return true;
}

/* A string at s->p (the opening quote). */
static bool scan_string(struct scan *s, enum jtype type)
{
    const char *start = ++s->p;
    bool escaped = false;
    for (;;) {
        s->p = skip_plain(s->p, s->end);
        if (s->p == s->end) return refuse(s, FAIL_JSON_SYNTAX, s->end);
        unsigned char c = (unsigned char)*s->p;
        if (c == '"') return push(s, type, start, s->p++, escaped);
        if (c == '\\') {
            escaped = true;
            if (!scan_escape(s)) return false;
            continue;
        }
        if (c < 0x20) return refuse(s, FAIL_JSON_CONTROL, s->p);
        do {   /* a run of characters beyond ASCII */
            int len = utf8_length(s->p, s->end);
            if (len == 0) return refuse(s, FAIL_JSON_UTF8, s->p);
            s->p += len;
        } while (s->p < s->end && (unsigned char)*s->p >= 0x80);
    }
}

/* ---- numbers and words ---- */

static bool is_digit(const struct scan *s, const char *p) { return p < s->end && *p >= '0' && *p <= '9'; }

static bool digits(struct scan *s, const char **p)
{
    if (!is_digit(s, *p)) return refuse(s, FAIL_JSON_NUMBER, *p);
    while (is_digit(s, *p)) ++*p;
    return true;
}

static bool goes_on(const struct scan *s, const char *p)
{
    if (p == s->end) return false;
    char low = *p | 0x20;
    return is_digit(s, p) || (low >= 'a' && low <= 'z') || *p == '.' || *p == '+' || *p == '-' || *p == '_';
}

static bool scan_number(struct scan *s)
{
    const char *start = s->p, *p = s->p;
    if (*p == '-') p++;
    if (p < s->end && *p == '0') p++;
    else if (!digits(s, &p)) return false;
    if (p < s->end && *p == '.') {
        p++;
        if (!digits(s, &p)) return false;
    }
    if (p < s->end && (*p | 0x20) == 'e') {
        p++;
        if (p < s->end && (*p == '+' || *p == '-')) p++;
        if (!digits(s, &p)) return false;
    }
    if (goes_on(s, p)) return refuse(s, FAIL_JSON_NUMBER, p);
    s->p = p;
    return push(s, J_NUMBER, start, p, false);
}

static bool scan_word(struct scan *s, enum jtype type, struct span word)
{
    const char *start = s->p;
    for (size_t i = 0; i < word.n; i++)
        if (start + i == s->end || start[i] != word.p[i]) return refuse(s, FAIL_JSON_SYNTAX, start + i);
    s->p = start + word.n;
    if (goes_on(s, s->p)) return refuse(s, FAIL_JSON_SYNTAX, s->p);
    return push(s, type, start, s->p, false);
}

/* ---- structure ---- */

static bool scan_key(struct scan *s)
{
    skip_space(s);
    if (s->p == s->end || *s->p != '"') return refuse(s, FAIL_JSON_SYNTAX, s->p);
    if (!scan_string(s, J_KEY)) return false;
    skip_space(s);
    if (s->p == s->end || *s->p != ':') return refuse(s, FAIL_JSON_SYNTAX, s->p);
    s->p++;
    return true;
}

/* The closing bracket at s->p belongs to the innermost container. */
static enum step close_container(struct scan *s)
{
    uint32_t i = s->open[--s->depth], dup = 0;
    s->tok[i].end = (uint32_t)(++s->p - s->base);
    s->tok[i].next = s->n;
    if (s->tok[i].type == J_ARRAY) return STEP_AFTER;
    struct jdoc d = {{s->base, (size_t)(s->end - s->base)}, s->tok, s->n};
    enum fail f = jkeys_check(&s->keys, &d, i, &dup);
    if (f == FAIL_OK) return STEP_AFTER;
    refuse(s, f, f == FAIL_JSON_DUP_KEY ? s->base + s->tok[dup].start - 1 : s->p);
    return STEP_FAIL;
}

static enum step open_container(struct scan *s, enum jtype type, char closing)
{
    if (s->depth == JSCAN_DEPTH) return refuse(s, FAIL_JSON_DEPTH, s->p), STEP_FAIL;
    if (!push(s, type, s->p, s->p, false)) return STEP_FAIL;
    s->open[s->depth++] = s->n - 1;
    s->p++;
    skip_space(s);
    if (s->p < s->end && *s->p == closing) return close_container(s);
    if (type == J_OBJECT && !scan_key(s)) return STEP_FAIL;
    return STEP_VALUE;
}

static enum step scan_value(struct scan *s)
{
    bool ok;
    skip_space(s);
    if (s->p == s->end) return refuse(s, FAIL_JSON_SYNTAX, s->p), STEP_FAIL;
    switch (*s->p) {
    case '{': return open_container(s, J_OBJECT, '}');
    case '[': return open_container(s, J_ARRAY, ']');
    case '"': ok = scan_string(s, J_STRING); break;
    case 't': ok = scan_word(s, J_TRUE, SPAN("true")); break;
    case 'f': ok = scan_word(s, J_FALSE, SPAN("false")); break;
    case 'n': ok = scan_word(s, J_NULL, SPAN("null")); break;
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9': ok = scan_number(s); break;
    case '+': case '.': ok = refuse(s, FAIL_JSON_NUMBER, s->p); break;
    default: ok = refuse(s, FAIL_JSON_SYNTAX, s->p);
    }
    return ok ? STEP_AFTER : STEP_FAIL;
}

/* After a whole value inside a container: a comma or the container's end. */
static enum step scan_after(struct scan *s)
{
    bool object = s->tok[s->open[s->depth - 1]].type == J_OBJECT;
    skip_space(s);
    if (s->p < s->end && *s->p == ',') {
        s->p++;
        return !object || scan_key(s) ? STEP_VALUE : STEP_FAIL;
    }
    if (s->p < s->end && *s->p == (object ? '}' : ']')) return close_container(s);
    return refuse(s, FAIL_JSON_SYNTAX, s->p), STEP_FAIL;
}

static bool scan_document(struct scan *s)
{
    enum step next = STEP_VALUE;
    do {
        next = next == STEP_VALUE ? scan_value(s) : scan_after(s);
        if (next == STEP_FAIL) return false;
    } while (next == STEP_VALUE || s->depth > 0);
    skip_space(s);
    return s->p == s->end || refuse(s, FAIL_JSON_TRAILING, s->p);
}

static bool deliver(struct scan *s, struct arena *a, struct jdoc *doc)
{
    struct jtok *tok = arena_array(a, s->n, sizeof *tok);
    if (tok == NULL) return refuse(s, FAIL_NO_MEMORY, s->base);
    memcpy(tok, s->tok, s->n * sizeof *tok);
    *doc = (struct jdoc){{s->base, (size_t)(s->end - s->base)}, tok, s->n};
    return true;
}

enum fail jscan(struct span text, struct arena *a, struct jdoc *doc, size_t *at)
{
    *doc = (struct jdoc){0};
    *at = 0;
    if (text.n >= J_NONE) return FAIL_BODY_TOO_LARGE;   /* offsets are 32 bits */
    if (text.p == NULL) text.p = "";
    struct scan s;
    s.base = s.p = text.p;
    s.end = text.p + text.n;
    s.tok = s.first;
    s.n = s.depth = 0;
    s.cap = FIRST_TOKENS;
    s.keys = (struct jkeys){0};
    s.fail = FAIL_OK;
    s.bad = text.p;
    if (scan_document(&s)) (void)deliver(&s, a, doc);
    *at = (size_t)(s.bad - s.base);
    jkeys_fini(&s.keys);
    if (s.tok != s.first) free(s.tok);
    return s.fail;
}
