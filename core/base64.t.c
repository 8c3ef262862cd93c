/* Base64 and hex: the vectors of RFC 4648, section 10, and what is taken beside them. */
#include "core/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect_decoded(const char *code, struct span want)
{
    char out[64];
    size_t n = base64_decode(span_str(code), out);
    assert_int_equal(n, want.n);
    if (n) assert_memory_equal(out, want.p, n);
}

static void vectors(void **state)
{
    (void)state;
    static const struct { const char *text, *code, *url; } of[] = {
        {"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"}, {"foo", "Zm9v", "Zm9v"}, {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"}, {"foobar", "Zm9vYmFy", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        struct obuf o = {0};
        base64_put(&o, span_str(of[i].text), false);
        assert_true(span_is(obuf_span(&o), of[i].code));
        obuf_reset(&o);
        base64_put(&o, span_str(of[i].text), true);
        assert_true(span_is(obuf_span(&o), of[i].url));
        obuf_fini(&o);
        expect_decoded(of[i].code, span_str(of[i].text));
        expect_decoded(of[i].url, span_str(of[i].text));
    }
}

static void lenient(void **state)
{
    (void)state;
    expect_decoded("Zm9v\r\nYmFy", SPAN("foobar"));
    expect_decoded("Zm9v\t YmFy", SPAN("foobar"));
    expect_decoded("Zm9v.YmFy", SPAN("foo"));
    expect_decoded("-/_+", SPAN("\xfb\xff\xfe"));
    for (int c = 0; c < 256; c++) {
        char four[4] = {'A', 'A', 'A', (char)c}, out[8];
        assert_int_equal(base64_is[c], base64_decode((struct span){four, 4}, out) == 3);
    }
    char out[8];
    assert_int_equal(hex_decode(SPAN("4a4Bx"), out), 2);
    assert_memory_equal(out, "JK", 2);
    assert_int_equal(hex_decode(SPAN("4"), out), 0);
}

static void quoted_printable(void **state)
{
    (void)state;
    static const struct { const char *code; bool words; struct span want; } rows[] = {
        {"", false, SPAN("")}, {"a=3Db", false, SPAN("a=b")}, {"=e9=E9", false, SPAN("\xe9\xe9")}, {"a=\r\nb=\nc=\rd", false, SPAN("abcd")},
        {"a_b", false, SPAN("a_b")}, {"a_b=5F", true, SPAN("a b_")}, {"=", false, SPAN("=")}, {"=4", false, SPAN("=4")},
        {"=4x=", false, SPAN("=4x=")}, {"=00", false, SPAN("\0")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[16];
        size_t n = quoted_decode(span_str(rows[i].code), rows[i].words, out);
        assert_true(span_eq((struct span){out, n}, rows[i].want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(lenient), cmocka_unit_test(quoted_printable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
