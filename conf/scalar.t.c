#include "conf/scalar.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NONE UINT64_MAX

static void bools(void **state)
{
    (void)state;
    bool b = false;
    assert_true(scalar_bool("true", &b) && b);
    assert_true(scalar_bool("false", &b) && !b);
    static const char *const bad[] = {"", "yes", "no", "True", "TRUE", "on", "1", "0", "true ", "tru", "falsey"};
    for (size_t i = 0; i < COUNT(bad); i++) assert_false(scalar_bool(bad[i], &b));
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        bool (*read)(const char *, uint64_t *);
        const char *text;
        uint64_t want;
    } rows[] = {
        {scalar_count, "0", 0},
        {scalar_count, "18446744073709551614", 18446744073709551614u},
        {scalar_count, "18446744073709551616", NONE},
        {scalar_count, "010", NONE},
        {scalar_count, "+1", NONE},
        {scalar_count, "-1", NONE},
        {scalar_count, "1 ", NONE},
        {scalar_count, "0x10", NONE},
        {scalar_count, "1e3", NONE},
        {scalar_count, "1_000", NONE},
        {scalar_count, "", NONE},
        {scalar_size, "4096", 4096},
        {scalar_size, "64KB", 64000},
        {scalar_size, "64KiB", 65536},
        {scalar_size, "32MiB", 33554432},
        {scalar_size, "1GiB", 1073741824},
        {scalar_size, "10MB", 10000000},
        {scalar_size, "10mb", NONE},
        {scalar_size, "10 MB", NONE},
        {scalar_size, "10M", NONE},
        {scalar_size, "MiB", NONE},
        {scalar_size, "18014398509481984KiB", NONE},
        {scalar_seconds, "30s", 30},
        {scalar_seconds, "5m", 300},
        {scalar_seconds, "2h", 7200},
        {scalar_seconds, "30", NONE},
        {scalar_seconds, "1.5s", NONE},
        {scalar_seconds, "30S", NONE},
        {scalar_parameters, "7B", 7000000000},
        {scalar_parameters, "135M", 135000000},
        {scalar_parameters, "1.5B", 1500000000},
        {scalar_parameters, "0.5B", 500000000},
        {scalar_parameters, "1.0000001M", NONE},
        {scalar_parameters, "7", NONE},
        {scalar_parameters, "7b", NONE},
        {scalar_parameters, "7BB", NONE},
        {scalar_parameters, "1.B", NONE},
        {scalar_parameters, ".5B", NONE},
        {scalar_parameters, "99999999999B", NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t got = 0;
        bool ok = rows[i].read(rows[i].text, &got);
        if (ok != (rows[i].want != NONE) || (ok && got != rows[i].want)) fail_msg("%s", rows[i].text);
    }
}

static void scores(void **state)
{
    (void)state;
    double d;
    assert_true(scalar_score("0", &d) && d == 0);
    assert_true(scalar_score("1", &d) && d == 1);
    assert_true(scalar_score("0.85", &d) && d > 0.8499 && d < 0.8501);
    assert_true(scalar_score("1.0", &d) && d == 1);
    static const char *const bad[] = {"", ".5", "0.", "1.1", "2", "-0.5", "0,5", "5e-1", "nan", "inf", "0.1234567890", "00.5", "0.5 "};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (scalar_score(bad[i], &d)) fail_msg("%s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bools), cmocka_unit_test(numbers), cmocka_unit_test(scores)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
