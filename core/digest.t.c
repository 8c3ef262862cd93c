/* Known answers: FIPS 180-4 (SHA-256), RFC 4231 (HMAC), the SipHash paper's properties by behaviour. */
#include "core/digest.h"
#include "core/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_hex(const unsigned char *p, size_t n, const char *hex)
{
    char out[65];
    hex_put(out, p, n);
    assert_string_equal(out, hex);
}

static void test_sha256(void **state)
{
    (void)state;
    assert_hex(sha256(SPAN("abc")).b, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hex(sha256(SPAN_NONE).b, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hex(sha256_two(SPAN("a"), SPAN("bc")).b, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct sha256_state *s = sha256_new();
    for (int round = 0; round < 2; round++) {
        sha256_add(s, SPAN("ab"));
        sha256_add(s, SPAN("c"));
        assert_hex(sha256_end(s).b, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        sha256_restart(s);
    }
    sha256_free(s);
}

static void test_hmac(void **state)
{
    (void)state;
    struct digest d = hmac_sha256((const unsigned char *)"Jefe", 4, SPAN("what do ya want for nothing?"));
    assert_hex(d.b, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    unsigned char key[131];
    memset(key, 0xaa, sizeof key);   /* RFC 4231, test case 6: a key longer than a block */
    d = hmac_sha256(key, sizeof key, SPAN("Test Using Larger Than Block-Size Key - Hash Key First"));
    assert_hex(d.b, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_hex(void **state)
{
    (void)state;
    unsigned char out[3];
    assert_true(hex_get(out, 3, SPAN("00fF7a")));
    assert_hex(out, 3, "00ff7a");
    assert_false(hex_get(out, 3, SPAN("00ff7")));
    assert_false(hex_get(out, 3, SPAN("00ff7g")));
}

static void test_keyed_hash(void **state)
{
    (void)state;
    assert_int_equal(keyed_hash(SPAN("conversation")), keyed_hash(SPAN("conversation")));
    assert_int_not_equal(keyed_hash(SPAN("a")), keyed_hash(SPAN("b")));
    char zeros[32] = {0};   /* the length is part of it */
    assert_int_not_equal(keyed_hash((struct span){zeros, 8}), keyed_hash((struct span){zeros, 16}));
}

static void test_rfc3339(void **state)
{
    (void)state;
    char out[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(1000000000123456789u, out);
    assert_string_equal(out, "2001-09-09T01:46:40.123456789Z");
    clock_rfc3339(951782400000000001u, out);   /* a leap day */
    assert_string_equal(out, "2000-02-29T00:00:00.000000001Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256), cmocka_unit_test(test_hmac),    cmocka_unit_test(test_hex),
        cmocka_unit_test(test_keyed_hash), cmocka_unit_test(test_rfc3339),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
