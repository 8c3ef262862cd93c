/* Reading the tokens that jscan made. */
#include "core/jscan.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool is_text(const struct jdoc *d, uint32_t i)
{
    return i < d->n && (d->tok[i].type == J_STRING || d->tok[i].type == J_KEY);
}

struct span jdoc_raw(const struct jdoc *d, uint32_t i)
{
    if (i >= d->n) return SPAN_NONE;
    return (struct span){d->text.p + d->tok[i].start, d->tok[i].end - d->tok[i].start};
}

uint32_t jdoc_get(const struct jdoc *d, uint32_t obj, const char *key)
{
    if (obj >= d->n || d->tok[obj].type != J_OBJECT) return J_NONE;
    for (uint32_t i = jdoc_first(obj), end = jdoc_end(d, obj); i < end; i = d->tok[i + 1].next)
        if (jdoc_is(d, i, key)) return i + 1;
    return J_NONE;
}

uint32_t jdoc_get_type(const struct jdoc *d, uint32_t obj, const char *key, enum jtype type)
{
    uint32_t i = jdoc_get(d, obj, key);
    return i != J_NONE && d->tok[i].type == type ? i : J_NONE;
}

bool jdoc_is(const struct jdoc *d, uint32_t i, const char *s) { return jdoc_equals(d, i, span_str(s)); }

bool jdoc_equals(const struct jdoc *d, uint32_t i, struct span want)
{
    if (!is_text(d, i)) return false;
    struct span raw = jdoc_raw(d, i);
    if (!d->tok[i].escaped) return span_eq(raw, want);
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t at = 0;
    while (p < end) {
        char c[4];
        size_t n = (size_t)jscan_unescape1(&p, end, c);
        if (want.n - at < n || memcmp(want.p + at, c, n) != 0) return false;
        at += n;
    }
    return at == want.n;
}

struct span jdoc_text(const struct jdoc *d, uint32_t i, struct arena *a)
{
    if (!is_text(d, i)) return SPAN_NONE;
    struct span raw = jdoc_raw(d, i);
    if (!d->tok[i].escaped) return raw;
    char *out = arena_alloc(a, raw.n);   /* no escape is shorter than what it stands for */
    if (out == NULL) return SPAN_NONE;
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;
    while (p < end) {
        const char *back = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((back ? back : end) - p);
        memcpy(out + n, p, run);
        n += run;
        p += run;
        if (p == end) break;
        char c[4];
        size_t len = (size_t)jscan_unescape1(&p, end, c);
        memcpy(out + n, c, len);
        n += len;
    }
    return (struct span){out, n};
}

bool jdoc_int(const struct jdoc *d, uint32_t i, int64_t *out)
{
    if (i >= d->n || d->tok[i].type != J_NUMBER) return false;
    struct span s = jdoc_raw(d, i);
    bool minus = s.p[0] == '-';
    int64_t v = 0;
    for (size_t k = minus; k < s.n; k++) {
        if (s.p[k] < '0' || s.p[k] > '9') return false;   /* a fraction or an exponent */
        int digit = s.p[k] - '0';
        if (__builtin_mul_overflow(v, (int64_t)10, &v)) return false;
        if (minus ? __builtin_sub_overflow(v, digit, &v) : __builtin_add_overflow(v, digit, &v)) return false;
    }
    *out = v;
    return true;
}

bool jdoc_double(const struct jdoc *d, uint32_t i, double *out)
{
    char text[128];
    if (i >= d->n || d->tok[i].type != J_NUMBER) return false;
    struct span s = jdoc_raw(d, i);
    if (s.n >= sizeof text) return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    double v = strtod(text, NULL);   /* the program never leaves the C locale, so the point is a point */
    if (!isfinite(v)) return false;
    *out = v;
    return true;
}

static unsigned hex4(const char *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) v = v << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return v;
}

static int utf8_put(unsigned c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {[2] = 0xc0, [3] = 0xe0, [4] = 0xf0};
    for (int i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

static int unescape_unit(const char **p, const char *end, char out[4])
{
    unsigned c = hex4(*p + 2);
    *p += 6;
    if ((c & 0xfc00) == 0xd800 && end - *p >= 6) {
        c = 0x10000 + ((c & 0x3ff) << 10 | (hex4(*p + 2) & 0x3ff));
        *p += 6;
    }
    return utf8_put(c, out);
}

int jscan_unescape1(const char **p, const char *end, char out[4])
{
    unsigned char c = (unsigned char)**p;
    if (c != '\\') {
        int n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        memcpy(out, *p, (size_t)n);
        *p += n;
        return n;
    }
    char kind = (*p)[1];
    if (kind == 'u') return unescape_unit(p, end, out);
    static const char plain[] = {['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    *p += 2;
    out[0] = (size_t)kind < sizeof plain && plain[(size_t)kind] ? plain[(size_t)kind] : kind;
    return 1;
}
