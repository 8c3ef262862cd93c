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

/* ---- UTF-16 and ISO 8859-1 ---- */

enum utf16 { UTF16_NONE, UTF16_LITTLE, UTF16_BIG };

/* By its mark, or by zeros: most characters of any text in a Latin script have one. */
static enum utf16 find_utf16(struct span s)
{
    if (s.n >= 4 && memcmp(s.p, "\xff\xfe", 2) == 0) return UTF16_LITTLE;
    if (s.n >= 4 && memcmp(s.p, "\xfe\xff", 2) == 0) return UTF16_BIG;
    size_t n = s.n < 512 ? s.n & ~(size_t)1 : 512, zero[2] = {0, 0};
    if (n < 8) return UTF16_NONE;
    for (size_t i = 0; i < n; i++) zero[i & 1] += s.p[i] == 0;
    if (zero[1] * 10 >= n / 2 * 6 && zero[0] == 0) return UTF16_LITTLE;
    return zero[0] * 10 >= n / 2 * 6 && zero[1] == 0 ? UTF16_BIG : UTF16_NONE;
}

static size_t put_character(uint32_t c, char *out)
{
    if (c < 0x80) return out[0] = (char)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
    return n;
}

static uint32_t unit_at(struct span s, size_t i, bool big)
{
    uint32_t a = (unsigned char)s.p[i], b = (unsigned char)s.p[i + 1];
    return big ? a << 8 | b : b << 8 | a;
}

/* A half of a pair becomes U+FFFD: no pattern is about those. */
static struct span from_utf16(struct span s, bool big, struct arena *a)
{
    char *out = arena_alloc(a, s.n / 2 * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; out && i + 1 < s.n; i += 2) {
        uint32_t c = unit_at(s, i, big);
        if (i == 0 && c == 0xfeff) continue;
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < s.n && (unit_at(s, i + 2, big) & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c - 0xd800) << 10) + (unit_at(s, i + 2, big) - 0xdc00);
            i += 2;
        } else if (c >= 0xd800 && c < 0xe000) {
            c = 0xfffd;
        }
        n += put_character(c, out + n);
    }
    return (struct span){out, n};
}

static bool is_latin(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_control((unsigned char)s.p[i])) return false;
    return true;
}

static struct span from_latin(struct span s, struct arena *a)
{
    char *out = arena_alloc(a, s.n * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < s.n; i++) n += put_character((unsigned char)s.p[i], out + n);
    return (struct span){out, n};
}

struct span text_from(struct span bytes, bool latin, struct arena *a, bool *failed)
{
    enum utf16 wide = find_utf16(bytes);
    struct span out = SPAN_NONE;
    if (wide != UTF16_NONE) {
        out = from_utf16(bytes, wide == UTF16_BIG, a);
    } else if (text_is_text(bytes)) {
        return bytes;
    } else if (latin && is_latin(bytes)) {
        out = from_latin(bytes, a);
    } else {
        return out;
    }
    *failed = out.p == NULL;
    return out.p && text_is_text(out) ? out : SPAN_NONE;
}
