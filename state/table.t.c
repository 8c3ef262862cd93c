/* The table against a plain list, with keys that all want the same few slots. */
#include "state/table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define KEYS 600u

struct item {
    struct state_key key;
    uint64_t value;
};

static struct state_key crowded(unsigned i)
{
    struct state_key k = {{(unsigned char)(i % 3 + 1)}};   /* the slot's bits; the rest tells them apart */
    k.b[14] = (unsigned char)i;
    k.b[15] = (unsigned char)(i >> 8);
    if (i % 7 == 0) memset(k.b, 0xff, 8);                  /* at the end: they wrap round */
    return k;
}

static bool is_odd(const void *entry, const void *arg)
{
    (void)arg;
    return ((const struct item *)entry)->value % 2 == 1;
}

static void check(const struct table *t, const uint64_t *want)
{
    size_t n = 0, seen = 0, at = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        struct state_key k = crowded(i);
        const struct item *e = table_get(t, &k);
        assert_int_equal(e ? e->value : 0, want[i]);
        n += want[i] != 0;
    }
    assert_int_equal(t->n, n);
    while (table_next(t, &at) != NULL) seen++;
    assert_int_equal(seen, n);
}

static void as_a_list_would(void **state)
{
    (void)state;
    struct table t = {.size = sizeof(struct item)};
    uint64_t want[KEYS] = {0};
    unsigned random = 1;
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525u + 1013904223u;
        unsigned i = random >> 8 & 1023;
        if (i >= KEYS) continue;
        struct state_key k = crowded(i);
        if (random >> 20 & 1) {
            struct item *e = table_put(&t, &k);
            assert_non_null(e);
            assert_memory_equal(&e->key, &k, sizeof k);
            e->value = want[i] = (random >> 4 & 0xff) + 1;
        } else if (table_get(&t, &k) != NULL) {
            table_drop(&t, table_get(&t, &k));
            want[i] = 0;
        }
        if (step % 500 == 0) check(&t, want);
    }
    table_sweep(&t, is_odd, NULL);
    for (unsigned i = 0; i < KEYS; i++)
        if (want[i] % 2 == 1) want[i] = 0;
    check(&t, want);
    table_fini(&t);
    check(&t, (uint64_t[KEYS]){0});
    table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_a_list_would)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
