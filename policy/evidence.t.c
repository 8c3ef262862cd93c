#include "policy/evidence.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct evidence e;
static const float half[CLASS_MAX] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f};

static struct finding on(const char *type, uint8_t klass, float score) { return (struct finding){.type = type, .klass = klass, .score = score}; }

static void sum(struct finding *f, size_t n)
{
    static struct findings all;   /* the evidence points to it */
    all = (struct findings){f, n};
    evidence_sum(&e, &all);
}

static void expect_score(uint8_t klass, float want)
{
    float got = e.score[klass];
    if (got < want - 0.0005f || got > want + 0.0005f) fail_msg("class %u: %f, expected %f", klass, (double)got, (double)want);
}

static void nothing_found(void **state)
{
    (void)state;
    sum(NULL, 0);
    for (uint8_t i = 0; i < CLASS_MAX; i++) expect_score(i, 0);
}

static void repetition_adds_nothing(void **state)
{
    (void)state;
    static struct finding f[10000];
    for (size_t i = 0; i < COUNT(f); i++) f[i] = on("PHONE", CLASS_PII, 0.4f);
    sum(f, COUNT(f));
    expect_score(CLASS_PII, 0.4f);
    expect_score(CLASS_PHI, 0);
}

static void types_support_each_other(void **state)
{
    (void)state;
    struct finding f[] = {on("A", CLASS_PHI, 0.4f), on("B", CLASS_PHI, 0.5f), on("A", CLASS_PHI, 0.3f), on("C", CLASS_PII, 0.6f)};
    sum(f, 4);
    expect_score(CLASS_PHI, 0.7f);   /* 1 - 0.6 * 0.5 */
    expect_score(CLASS_PII, 0.6f);
}

static void weak_signs_do_not(void **state)
{
    (void)state;
    struct finding f[] = {on("A", CLASS_PHI, 0.3f), on("B", CLASS_PHI, 0.3f), on("C", CLASS_PHI, 0.2f)};
    sum(f, 3);
    expect_score(CLASS_PHI, 0.3f);
}

/* Two patterns of one type are one sign, whether or not they share the string. */
static void same_type_by_content(void **state)
{
    (void)state;
    char one[] = "MRN", two[] = "MRN";
    struct finding f[] = {on(one, CLASS_PHI, 0.4f), on(two, CLASS_PHI, 0.5f), on(two, CLASS_PII, 0.5f)};
    sum(f, 3);
    expect_score(CLASS_PHI, 0.5f);
    expect_score(CLASS_PII, 0.5f);
}

static void more_types_than_fit(void **state)
{
    (void)state;
    enum { N = 1000 };
    static char name[N][16];
    static struct finding f[N];
    for (int i = 0; i < N; i++) {
        snprintf(name[i], sizeof name[i], "T%d", i);
        f[i] = on(name[i], CLASS_PHI, 0.01f);
    }
    f[N - 1].score = 0.9f;
    sum(f, N);
    expect_score(CLASS_PHI, 0.9f);
    assert_true(evidence_has(&e, "T999", half, 0));
    assert_false(evidence_has(&e, "T998", half, 0));
    assert_true(evidence_has(&e, "T0", (const float[CLASS_MAX]){0}, 0));
}

static void has_type(void **state)
{
    (void)state;
    struct finding f[] = {on("A", CLASS_PHI, 0.6f), on("B", CLASS_PHI, 0.4f)};
    sum(f, 2);
    assert_true(evidence_has(&e, "A", half, 0));
    assert_true(evidence_has(&e, "A", half, 0.6f));
    assert_false(evidence_has(&e, "A", half, 0.7f));
    assert_false(evidence_has(&e, "B", half, 0));
    assert_false(evidence_has(&e, "C", half, 0));
}

static void class_out_of_range_is_dropped(void **state)
{
    (void)state;
    struct finding f[] = {on("A", CLASS_MAX, 0.9f), on("B", 255, 0.9f), on("C", CLASS_MAX - 1, 0.9f)};
    sum(f, 3);
    expect_score(CLASS_MAX - 1, 0.9f);
    assert_int_equal(e.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_found),        cmocka_unit_test(repetition_adds_nothing), cmocka_unit_test(types_support_each_other),
        cmocka_unit_test(weak_signs_do_not),    cmocka_unit_test(same_type_by_content),    cmocka_unit_test(more_types_than_fit),
        cmocka_unit_test(has_type),             cmocka_unit_test(class_out_of_range_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
