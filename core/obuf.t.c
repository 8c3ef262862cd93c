/* obuf and the JSON writer: what it writes is read back by the strict scanner. */
#include "core/obuf.h"
#include "core/jscan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

static void test_commas_and_types(void **state)
{
    (void)state;
    struct obuf o = {0};
    jo_open(&o, NULL, '{');
    jo_u64(&o, "u", UINT64_MAX);
    jo_i64(&o, "i", -7);
    jo_fixed(&o, "f", 0.5, 2);
    jo_fixed(&o, "nan", NAN, 2);
    jo_bool(&o, "b", true);
    jo_cstr(&o, "none", NULL);
    jo_open(&o, "list", '[');
    jo_u64(&o, NULL, 1);
    jo_str(&o, NULL, SPAN("x"));
    jo_open(&o, NULL, '{');
    jo_close(&o, '}');
    jo_close(&o, ']');
    jo_hex(&o, "h", (const unsigned char *)"\x00\xff", 2);
    jo_close(&o, '}');
    assert_true(obuf_ok(&o));
    assert_true(span_is(obuf_span(&o), "{\"u\":18446744073709551615,\"i\":-7,\"f\":0.50,\"nan\":null,\"b\":true,\"none\":null,"
                                       "\"list\":[1,\"x\",{}],\"h\":\"00ff\"}"));
    obuf_fini(&o);
}

/* Every byte value, alone and in pairs, comes out as valid JSON that unescapes to the same text, or to U+FFFD. */
static void test_escapes_every_byte(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (unsigned hi = 0; hi < 256; hi++) {
        for (unsigned lo = 0; lo < 256; lo++) {
            char in[2] = {(char)hi, (char)lo};
            struct obuf o = {0};
            jo_str(&o, NULL, (struct span){in, 2});
            struct jdoc d;
            size_t at;
            arena_reset(a);
            assert_int_equal(jscan(obuf_span(&o), a, &d, &at), FAIL_OK);
            struct span text = jdoc_text(&d, 0, a);
            bool utf8 = (hi < 0x80 && lo < 0x80) || (hi >= 0xc2 && hi < 0xe0 && lo >= 0x80 && lo < 0xc0);
            if (utf8) assert_true(span_eq(text, (struct span){in, 2}));
            else assert_non_null(memmem(text.p, text.n, "\xef\xbf\xbd", 3));
            obuf_fini(&o);
        }
    }
    arena_free(a);
}

static void test_take_and_reuse(void **state)
{
    (void)state;
    struct obuf o = {0};
    for (int i = 0; i < 1000; i++) obuf_printf(&o, "%d,", i);
    size_t n;
    char *p = obuf_take(&o, &n);
    assert_non_null(p);
    assert_int_equal(strlen(p), n);
    assert_int_equal(o.n, 0);
    obuf_str(&o, "again");
    assert_true(span_is(obuf_span(&o), "again"));
    free(p);
    obuf_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_and_types),
        cmocka_unit_test(test_escapes_every_byte),
        cmocka_unit_test(test_take_and_reuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
