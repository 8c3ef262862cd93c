/* Sealing: what goes in comes out, and nothing else does. */
#include "core/digest.h"
#include "core/seal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct seal_key key = {{1, 2, 3}};

static unsigned char *sealed_of(struct span aad, struct span plain)
{
    unsigned char *out = malloc(plain.n + SEAL_OVERHEAD);
    assert_non_null(out);
    seal_close(&key, aad, plain, out);
    return out;
}

static void comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, 100000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *plain = malloc(sizes[i] + 1);
        unsigned char *back = malloc(sizes[i] + 1);
        memset(plain, 'x', sizes[i]);
        struct span in = {plain, sizes[i]};
        unsigned char *sealed = sealed_of(SPAN("where"), in);
        assert_true(seal_open(&key, SPAN("where"), (struct span){(char *)sealed, in.n + SEAL_OVERHEAD}, back));
        if (in.n) assert_memory_equal(back, plain, in.n);
        free(plain);
        free(back);
        free(sealed);
    }
}

static void any_changed_bit_is_seen(void **state)
{
    (void)state;
    struct span plain = SPAN("eleven bytes");
    unsigned char *sealed = sealed_of(SPAN("a"), plain), back[32];
    size_t n = plain.n + SEAL_OVERHEAD;
    for (size_t bit = 0; bit < n * 8; bit++) {
        sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
        memset(back, 1, sizeof back);
        assert_false(seal_open(&key, SPAN("a"), (struct span){(char *)sealed, n}, back));
        for (size_t i = 0; i < plain.n; i++) assert_int_equal(back[i], 0);
        sealed[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < n; cut++) assert_false(seal_open(&key, SPAN("a"), (struct span){(char *)sealed, cut}, back));
    assert_true(seal_open(&key, SPAN("a"), (struct span){(char *)sealed, n}, back));
    free(sealed);
}

static void bound_to_key_and_place(void **state)
{
    (void)state;
    struct seal_key other = key;
    other.b[31] ^= 1;
    struct span plain = SPAN("text");
    unsigned char *sealed = sealed_of(SPAN("here"), plain), back[16];
    struct span s = {(char *)sealed, plain.n + SEAL_OVERHEAD};
    assert_false(seal_open(&other, SPAN("here"), s, back));
    assert_false(seal_open(&key, SPAN("there"), s, back));
    assert_false(seal_open(&key, SPAN_NONE, s, back));
    assert_true(seal_open(&key, SPAN("here"), s, back));
    free(sealed);
}

static void equal_texts_look_different(void **state)
{
    (void)state;
    unsigned char *a = sealed_of(SPAN("x"), SPAN("same")), *b = sealed_of(SPAN("x"), SPAN("same"));
    assert_memory_not_equal(a, b, 16);
    assert_memory_not_equal(a + 28, b + 28, 4);
    free(a);
    free(b);
}

/* HKDF-SHA256 of 32 bytes 0x0b with no salt and the info "label", as Python's hmac gives it. */
static void derived_keys(void **state)
{
    (void)state;
    struct seal_key master;
    unsigned char a[32], b[32], want[32];
    memset(master.b, 0x0b, sizeof master.b);
    seal_derive(&master, "label", a);
    assert_true(hex_get(want, sizeof want, SPAN("b9353292f1f5b8de7612eb413046cf02268318c8b1ec020e2e50f050bd2cb646")));
    assert_memory_equal(a, want, 32);
    seal_derive(&master, "labem", b);
    assert_memory_not_equal(a, b, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),           cmocka_unit_test(any_changed_bit_is_seen),
        cmocka_unit_test(bound_to_key_and_place), cmocka_unit_test(equal_texts_look_different),
        cmocka_unit_test(derived_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
