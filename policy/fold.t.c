/* Folding: what characters become, that folding is stable, and what asks for it. */
#include "policy/fold.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>

static struct span folded(uint32_t code)
{
    static char room[FOLD_MAX];
    int n = fold_char(code, room);
    return n < 0 ? SPAN_NONE : (struct span){room, (size_t)n};
}

static void characters(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        const char *to;   /* NULL: it stays */
    } known[] = {
        {'a', NULL}, {'-', NULL}, {0x4E2D, NULL}, {0x436, NULL}, {0xE9, "e"}, {0xDF, "ss"}, {0xFF21, "A"}, {0xFF10, "0"}, {0xFF20, "@"},
        {0x430, "a"}, {0x391, "A"}, {0x5D0, NULL}, {0x660, "0"}, {0x96F, "9"}, {0x1D7D8, "0"}, {0x1D400, "A"}, {0x1D51E, "a"}, {0x24D0, "a"},
        {0x1F170, "A"}, {0x1F1FA, "U"}, {0xFB01, "fi"}, {0x2167, "VIII"}, {0xA0, " "}, {0x3000, " "}, {0x2028, "\n"}, {0xAD, ""}, {0x200B, ""},
        {0x200D, ""}, {0x202E, ""}, {0x2066, ""}, {0xFEFF, ""}, {0x301, ""}, {0xFE0F, ""}, {0xE0041, ""}, {0xE0100, ""}, {0x180E, ""},
        {0x2011, "-"}, {0x2212, "-"}, {0xFF0D, "-"}, {0x2019, "'"}, {0xBD, "1/2"}, {0x1D00, "a"}, {0x10FFFF, NULL}, {0x110000, NULL},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        struct span to = folded(known[i].code);
        bool right = known[i].to == NULL ? to.p == NULL : to.p && span_is(to, known[i].to);
        if (!right) fail_msg("U+%04X becomes \"%.*s\"", (unsigned)known[i].code, (int)to.n, to.p ? to.p : "itself");
    }
}

static size_t encode(uint32_t c, char out[4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(n == 1 ? c : (0xF00u >> n & 0xF0) | c);
    return n;
}

/* What a character becomes is text that folds no further, and no longer than there is room for. */
static void stable(void **state)
{
    (void)state;
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        struct span to = folded(c);
        char copy[FOLD_MAX], again[FOLD_MAX];
        uint32_t inner;
        if (to.p == NULL) continue;
        assert_true(to.n <= FOLD_MAX);
        memcpy(copy, to.p, to.n);
        for (size_t i = 0, n; i < to.n; i += n) {
            n = fold_decode((struct span){copy + i, to.n - i}, &inner);
            int more = fold_char(inner, again);
            if (more >= 0 && (uint32_t)more == n && memcmp(again, copy + i, n) == 0) continue;
            if (more >= 0 && inner < 0x250) fail_msg("U+%04X becomes U+%04X, which folds", (unsigned)c, (unsigned)inner);
        }
    }
}

static void decoding(void **state)
{
    (void)state;
    char raw[4];
    uint32_t got;
    for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 37) {
        if (c >= 0xD800 && c < 0xE000) continue;
        size_t n = encode(c, raw);
        assert_int_equal(fold_decode((struct span){raw, n}, &got), n);
        assert_int_equal(got, c);
        if (n > 1) assert_int_equal(fold_decode((struct span){raw, n - 1}, &got), 1);
    }
    assert_int_equal(fold_decode(SPAN("\xC0\xAF"), &got), 1);
    assert_int_equal(fold_decode(SPAN("\xFFx"), &got), 1);
    assert_int_equal(fold_decode(SPAN("\xE2(\xA1"), &got), 1);
}

static void reasons(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;   /* SIZE_MAX: none */
    } known[] = {
        {"", SIZE_MAX}, {"plain", SIZE_MAX}, {"Ren\u00e9e \u201cno\u201d \u2026", SIZE_MAX}, {"a\u200bb", 1}, {"0123456789\u00adx", 10}, {"\uff21", 0},
        {"so \u2014 and word\u2014word", SIZE_MAX}, {"4\u20135", 1}, {"A\u20135", 1}, {"p\u0430y", 1}, {"\u043f\u0430\u0440\u0430", SIZE_MAX},
        {"\u0436\u0430\u0440", SIZE_MAX}, {"\u0420\u041e\u0422", 0}, {"\u0430 b", SIZE_MAX}, {"\u03b1 = 1", SIZE_MAX}, {"x\u0301", 1}, {"\U000e0041", 0},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        struct span s = span_str(known[i].text);
        size_t at = fold_wanted(s, 0), want = known[i].at == SIZE_MAX ? s.n : known[i].at;
        if (at != want) fail_msg("\"%s\": at %zu, not %zu", known[i].text, at, want);
    }
}

/* At every place in a word of eight bytes and around it. */
static void a_reason_is_found_anywhere(void **state)
{
    (void)state;
    char text[64];
    for (size_t at = 0; at < 40; at++) {
        memset(text, 'a', sizeof text);
        memcpy(text + at, "\u200b", 3);
        assert_int_equal(fold_wanted((struct span){text, 50}, 0), at);
        assert_int_equal(fold_wanted((struct span){text, 50}, at + 1), 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters), cmocka_unit_test(stable), cmocka_unit_test(decoding), cmocka_unit_test(reasons),
        cmocka_unit_test(a_reason_is_found_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
