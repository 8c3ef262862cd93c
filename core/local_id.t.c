/* Ids of local answers: read back, and nothing else is. */
#include "core/local_id.h"
#include "core/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct id_key key = {{1, 2, 3}}, other = {{1, 2, 4}};

static void reads_its_own(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"resp_", "msg_01", "call_", "toolu_", "chatcmpl-"};
    for (size_t i = 0; i < COUNT(prefixes); i++)
        for (uint32_t mask = 0; mask < 64; mask += 7) {
            struct obuf o = {0};
            uint32_t got = 0xffffffff;
            local_id_put(&o, &key, prefixes[i], SPAN("0123456789abcdef01234567"), (uint32_t)i, mask);
            assert_int_equal(o.n, strlen(prefixes[i]) + LOCAL_ID_DIGITS);
            assert_true(local_id_read(&key, obuf_span(&o), &got));
            assert_int_equal(got, mask);
            assert_false(local_id_read(&other, obuf_span(&o), &got));
            for (size_t k = o.n - LOCAL_ID_DIGITS; k < o.n; k++) {
                char was = o.p[k];
                o.p[k] = was == '0' ? '1' : '0';
                assert_false(local_id_read(&key, obuf_span(&o), &got));
                o.p[k] = was;
            }
            obuf_fini(&o);
        }
}

static void two_are_never_the_same(void **state)
{
    (void)state;
    struct obuf a = {0}, b = {0};
    local_id_put(&a, &key, "call_", SPAN("aa"), 1, 3);
    local_id_put(&b, &key, "call_", SPAN("aa"), 2, 3);
    assert_false(span_eq(obuf_span(&a), obuf_span(&b)));
    obuf_reset(&b);
    local_id_put(&b, &key, "call_", SPAN("aa"), 1, 3);
    assert_true(span_eq(obuf_span(&a), obuf_span(&b)));
    obuf_fini(&a);
    obuf_fini(&b);
}

static void refuses_what_only_looks_like_one(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "resp_", "resp_0123456789abcdef0123456789abcdef01234567",
                                        "0123456789abcdef0123456789abcdef01234567", "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b"};
    uint32_t mask;
    for (size_t i = 0; i < COUNT(texts); i++) assert_false(local_id_read(&key, span_str(texts[i]), &mask));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_its_own),
        cmocka_unit_test(two_are_never_the_same),
        cmocka_unit_test(refuses_what_only_looks_like_one),
    };
    digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
