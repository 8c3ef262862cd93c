/* Base64, hex and quoted-printable, see base64.h. */
#include "core/base64.h"

#define R16(c) c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7, c + 8, c + 9, c + 10, c + 11, c + 12, c + 13, c + 14, c + 15

/* The value of a character plus one; 0 is none. */
static const uint8_t value1[256] = {
    ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['A'] = R16(1), 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = R16(27), 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
};

const uint8_t base64_is[256] = {
    ['+'] = 1, ['-'] = 1, ['/'] = 1, ['_'] = 1,
    ['0'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['A'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['a'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Four characters of code at once, the common case, to three bytes. */
static bool decode_four(const char *p, char *to)
{
    uint32_t a = value1[(unsigned char)p[0]], b = value1[(unsigned char)p[1]], c = value1[(unsigned char)p[2]],
             d = value1[(unsigned char)p[3]];
    if (!(a && b && c && d)) return false;
    uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
    to[0] = (char)(bits >> 16), to[1] = (char)(bits >> 8), to[2] = (char)bits;
    return true;
}

size_t base64_decode(struct span s, char *out)
{
    uint32_t bits = 0;
    int have = 0;
    char *to = out;
    for (size_t i = 0; i < s.n; i++) {
        if (have == 0 && s.n - i >= 4 && decode_four(s.p + i, to)) {
            i += 3;
            to += 3;
            continue;
        }
        uint32_t v = value1[(unsigned char)s.p[i]];
        if (v == 0) {
            if (is_space(s.p[i])) continue;
            break;
        }
        bits = bits << 6 | (v - 1);
        if ((have += 6) < 8) continue;
        have -= 8;
        *to++ = (char)(bits >> have & 0xff);
    }
    return (size_t)(to - out);
}

void base64_put(struct obuf *o, struct span s, bool url)
{
    const char *set = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                          : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = s.n - i < 3 ? s.n - i : 3;
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++) v = v << 8 | (k < n ? (unsigned char)s.p[i + k] : 0u);
        char four[4] = {set[v >> 18], set[v >> 12 & 63], n > 1 ? set[v >> 6 & 63] : '=', n > 2 ? set[v & 63] : '='};
        obuf_put(o, four, url ? n + 1 : 4);
    }
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t hex_decode(struct span s, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        int hi = digit(s.p[i]), lo = digit(s.p[i + 1]);
        if (hi < 0 || lo < 0) break;
        out[n++] = (char)(hi << 4 | lo);
    }
    return n;
}

static size_t soft_line_end(struct span s, size_t i)
{
    if (i + 1 < s.n && s.p[i + 1] == '\n') return 2;
    if (i + 1 < s.n && s.p[i + 1] == '\r') return i + 2 < s.n && s.p[i + 2] == '\n' ? 3 : 2;
    return 0;
}

size_t quoted_decode(struct span s, bool words, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        size_t soft = s.p[i] == '=' ? soft_line_end(s, i) : 0;
        if (soft) {
            i += soft;
        } else if (s.p[i] == '=' && i + 2 < s.n && digit(s.p[i + 1]) >= 0 && digit(s.p[i + 2]) >= 0) {
            out[n++] = (char)(digit(s.p[i + 1]) << 4 | digit(s.p[i + 2]));
            i += 3;
        } else {
            out[n++] = words && s.p[i] == '_' ? ' ' : s.p[i];
            i++;
        }
    }
    return n;
}
