/* Bytes that are text, in one of the encodings that texts come in; see magic.h. */
#include "policy/magic.h"

static bool is_control(unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f; }

/* Length of the well-formed character at p (Unicode 15, table 3-7) that is no ASCII, or 0. */
static size_t utf8_more(const unsigned char *p, size_t left)
{
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool beyond = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || beyond ? 0 : n;
}

/* *controls gets the number of control characters. */
static bool read_utf8(struct span s, size_t *controls)
{
    const unsigned char *p = (const unsigned char *)s.p;
    *controls = 0;
    for (size_t i = 0; i < s.n;) {
        if (p[i] < 0x80) {
            *controls += is_control(p[i++]);
            continue;
        }
        size_t n = utf8_more(p + i, s.n - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

bool text_is_utf8(struct span s)
{
    size_t controls;
    return read_utf8(s, &controls);
}

bool text_is_text(struct span s)
{
    size_t controls;
    return read_utf8(s, &controls) && controls * 50 <= s.n;
}

unsigned text_share(struct span s)
{
    size_t good = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        good += c < 0x7f && !is_control(c);
    }
    return s.n ? (unsigned)(good * 100 / s.n) : 0;
}

/* ---- UTF-16 and UTF-32 ---- */

/* How characters are laid out: so many bytes each, the first one the least of them or the greatest. */
struct layout {
    unsigned width;   /* 0: none of these */
    bool big;
};

/* By the zeros: most characters of any text in a Latin script have them in all bytes but the least, and there none. */
static bool has_zeros(struct span s, struct layout l)
{
    size_t n = s.n < 512 ? s.n - s.n % l.width : 512, zero[4] = {0};
    unsigned least = l.big ? l.width - 1 : 0;
    for (size_t i = 0; i < n; i++) zero[i % l.width] += s.p[i] == 0;
    for (unsigned k = 0; k < l.width; k++)
        if (k == least ? zero[k] != 0 : zero[k] * 10 < n / l.width * 6) return false;
    return n >= 8 && n >= 2 * l.width;
}

/* The byte-order marks: one of UTF-32 begins like one of UTF-16. */
static struct layout find_layout(struct span s)
{
    if (s.n >= 8 && memcmp(s.p, "\xff\xfe\0", 4) == 0) return (struct layout){4, false};
    if (s.n >= 8 && memcmp(s.p, "\0\0\xfe\xff", 4) == 0) return (struct layout){4, true};
    if (s.n >= 4 && memcmp(s.p, "\xff\xfe", 2) == 0) return (struct layout){2, false};
    if (s.n >= 4 && memcmp(s.p, "\xfe\xff", 2) == 0) return (struct layout){2, true};
    static const struct layout unmarked[] = {{4, false}, {4, true}, {2, false}, {2, true}};
    for (size_t i = 0; i < COUNT(unmarked); i++)
        if (has_zeros(s, unmarked[i])) return unmarked[i];
    return (struct layout){0, false};
}

static size_t put_character(uint32_t c, char *out)
{
    if (c < 0x80) return out[0] = (char)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
    return n;
}

static uint32_t unit_at(struct span s, size_t i, struct layout l)
{
    uint32_t unit = 0;
    for (unsigned k = 0; k < l.width; k++) unit = unit << 8 | (unsigned char)s.p[i + (l.big ? k : l.width - 1 - k)];
    return unit;
}

static bool is_half(uint32_t c) { return c >= 0xd800 && c < 0xe000; }

/* A half of a pair, or what is no character at all, becomes U+FFFD: no pattern is about those. */
static struct span from_units(struct span s, struct layout l, struct arena *a)
{
    char *out = arena_alloc(a, s.n / 2 * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; out && i + l.width <= s.n; i += l.width) {
        uint32_t c = unit_at(s, i, l), low = l.width == 2 && i + 3 < s.n ? unit_at(s, i + 2, l) : 0;
        if (i == 0 && c == 0xfeff) continue;
        if (is_half(c) && c < 0xdc00 && (low & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        } else if (is_half(c) || c > 0x10ffff) {
            c = 0xfffd;
        }
        n += put_character(c, out + n);
    }
    return (struct span){out, n};
}

/* ---- windows-1252, which is what ISO 8859-1 is taken for (WHATWG Encoding) ---- */

/* Of 0x80 to 0x9f; 0 is none. */
static const uint16_t western[32] = {
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
    0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static uint32_t western_character(unsigned char c) { return c >= 0x80 && c < 0xa0 ? western[c - 0x80] : c; }

/* An ASCII character spelled in more bytes than it takes: there are readers that take it for that character. */
static bool is_overlong(struct span s, size_t i)
{
    unsigned char a = (unsigned char)s.p[i], b = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
    if ((b & 0xc0) != 0x80) return false;
    return a == 0xc0 || a == 0xc1 || (a == 0xe0 && b < 0xa0) || (a == 0xf0 && b < 0x90);
}

/* Every byte is a letter in some such alphabet, so it has to look like a language that is written in this one. */
static bool is_western(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_control(c) || (c >= 0x80 && (western_character(c) == 0 || is_overlong(s, i)))) return false;
    }
    return text_share(s) >= 70;
}

static struct span from_western(struct span s, struct arena *a)
{
    char *out = arena_alloc(a, s.n * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < s.n; i++) n += put_character(western_character((unsigned char)s.p[i]), out + n);
    return (struct span){out, n};
}

/* ---- any of them ---- */

struct span text_from(struct span bytes, bool western_too, struct arena *a, bool *failed)
{
    struct layout wide = find_layout(bytes);
    struct span out = SPAN_NONE;
    if (wide.width) {
        out = from_units(bytes, wide, a);
    } else if (text_is_text(bytes)) {
        return bytes;
    } else if (western_too && is_western(bytes)) {
        out = from_western(bytes, a);
    } else {
        return out;
    }
    *failed = out.p == NULL;
    return out.p && text_is_text(out) ? out : SPAN_NONE;
}

bool text_reads_charset(struct span charset)
{
    static const char *const names[] = {
        "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252",
        "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be", "binary",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (span_ieq(charset, span_str(names[i]))) return true;
    return charset.n == 0;
}
