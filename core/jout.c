/* The JSON writer of obuf.h. */
#include "core/obuf.h"
#include <stdio.h>

static void put(struct obuf *o, char c) { obuf_put(o, &c, 1); }

/* Length of the valid UTF-8 character at p (RFC 3629), or 0. */
static size_t utf8_at(const unsigned char *p, size_t n)
{
    unsigned char c = p[0];
    size_t len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (len == 0 || len > n) return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (len == 3 && ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f))) return 0;
    if (len == 4 && ((c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))) return 0;
    return len;
}

static void escape_ascii(struct obuf *o, unsigned char c)
{
    static const char short_form[] = {['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                      ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char hex[] = "0123456789abcdef";
    if (c < sizeof short_form && short_form[c]) {
        char two[2] = {'\\', short_form[c]};
        obuf_put(o, two, 2);
    } else {
        char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        obuf_put(o, six, 6);
    }
}

static bool plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

void jo_escape(struct obuf *o, struct span v)
{
    if (v.n == 0) return;   /* v.p may be NULL */
    const unsigned char *p = (const unsigned char *)v.p, *end = p + v.n;
    while (p < end) {
        const unsigned char *run = p;
        while (p < end && plain(*p)) p++;
        obuf_put(o, run, (size_t)(p - run));
        if (p == end) break;
        size_t len = *p < 0x80 ? 0 : utf8_at(p, (size_t)(end - p));
        if (*p < 0x80) escape_ascii(o, *p++);
        else if (len == 0) obuf_put(o, "\xef\xbf\xbd", 3), p++;
        else if (len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] | 1) == 0xa9)   /* U+2028, U+2029 */
            obuf_str(o, p[2] == 0xa8 ? "\\u2028" : "\\u2029"), p += 3;
        else obuf_put(o, p, len), p += len;
    }
}

static void key(struct obuf *o, const char *k)
{
    if (o->comma) put(o, ',');
    o->comma = true;
    if (k == NULL) return;
    put(o, '"');
    obuf_str(o, k);
    obuf_put(o, "\":", 2);
}

void jo_open(struct obuf *o, const char *k, char bracket)
{
    key(o, k);
    put(o, bracket);
    o->comma = false;
}

void jo_close(struct obuf *o, char bracket)
{
    put(o, bracket);
    o->comma = true;
}

void jo_str(struct obuf *o, const char *k, struct span v)
{
    key(o, k);
    put(o, '"');
    jo_escape(o, v);
    put(o, '"');
}

void jo_cstr(struct obuf *o, const char *k, const char *v)
{
    if (v == NULL) jo_null(o, k);
    else jo_str(o, k, span_str(v));
}

void jo_u64(struct obuf *o, const char *k, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    key(o, k);
    obuf_put(o, digits + at, sizeof digits - at);
}

void jo_i64(struct obuf *o, const char *k, int64_t v)
{
    key(o, k);
    obuf_printf(o, "%lld", (long long)v);
}

void jo_fixed(struct obuf *o, const char *k, double v, int decimals)
{
    key(o, k);
    if (v != v || v > 1e15 || v < -1e15) obuf_str(o, "null");   /* JSON has no form for it */
    else obuf_printf(o, "%.*f", decimals, v);
}

void jo_bool(struct obuf *o, const char *k, bool v) { jo_raw(o, k, v ? SPAN("true") : SPAN("false")); }
void jo_null(struct obuf *o, const char *k) { jo_raw(o, k, SPAN("null")); }

void jo_raw(struct obuf *o, const char *k, struct span json)
{
    key(o, k);
    obuf_span_put(o, json);
}

void jo_hex(struct obuf *o, const char *k, const unsigned char *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    key(o, k);
    put(o, '"');
    for (size_t i = 0; i < n; i++) {
        char two[2] = {hex[p[i] >> 4], hex[p[i] & 15]};
        obuf_put(o, two, 2);
    }
    put(o, '"');
}
