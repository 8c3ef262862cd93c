/* The parameters of a query, and what counts as a credential among them. */
#include "wire/query.h"
#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void gives_parameters_in_order(void **state)
{
    (void)state;
    static const struct { const char *target, *want; } rows[] = {
        {"/a", ""}, {"/a?", ""}, {"", ""}, {"/a?b", "b=;"}, {"/a?b=", "b=;"}, {"/a?b=c", "b=c;"}, {"/a?b=c&d=e=f", "b=c;d=e=f;"},
        {"/a?b=c?d&e", "b=c?d;e=;"}, {"/a?&&b=c&", "=;=;b=c;"}, {"/a?=c", "=c;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[64] = "";
        struct query_parameter p;
        size_t at = 0;
        while (query_next(span_str(rows[i].target), &at, &p)) {
            strncat(got, p.name.p, p.name.n);
            strcat(got, "=");
            if (p.value.n) strncat(got, p.value.p, p.value.n);
            strcat(got, ";");
        }
        if (strcmp(got, rows[i].want) != 0) fail_msg("%s: '%s', not '%s'", rows[i].target, got, rows[i].want);
    }
}

/* `keys`: the values that are credentials; `left`: the target without them. */
static const struct { const char *provider, *target, *keys, *left; } credentials[] = {
    {"gemini", "/v1beta/models?key=AIza-x_1", "AIza-x_1,", "/v1beta/models"},
    {"gemini", "/m?key=k&alt=sse", "k,", "/m?alt=sse"}, {"gemini", "/m?alt=sse&key=k", "k,", "/m?alt=sse"},
    {"gemini", "/m?a=b&key=k&c=d", "k,", "/m?a=b&c=d"}, {"gemini", "/m?key=a&key=b", "a,b,", "/m"},
    {"gemini", "/m?access_token=ya29.a~b&x", "ya29.a~b,", "/m?x"}, {"vertex", "/m?key=k", "k,", "/m"},
    {"azure", "/m?api-version=1&api-key=k", "k,", "/m?api-version=1"},
    /* another name, another spelling of it, another place, another API */
    {"gemini", "/m?keys=k", "", "/m?keys=k"}, {"gemini", "/m?KEY=k", "", "/m?KEY=k"}, {"gemini", "/m?%6bey=k", "", "/m?%6bey=k"},
    {"gemini", "/key=k", "", "/key=k"}, {"gemini", "/m?x=key=k", "", "/m?x=key=k"}, {"openai", "/m?key=k", "", "/m?key=k"},
    {"nobody", "/m?key=k", "", "/m?key=k"},
    /* no key has such characters, so that text cannot pass as one */
    {"gemini", "/m?key=a+b", "", "/m?key=a+b"}, {"gemini", "/m?key=a%20b", "", "/m?key=a%20b"}, {"gemini", "/m?key=", "", "/m?key="},
    {"gemini", "/m?key=a;b=c", "", "/m?key=a;b=c"}, {"gemini", "/m?key", "", "/m?key"},
    {"gemini", "/m", "", "/m"}, {"gemini", "/m?", "", "/m"}, {"gemini", "", "", ""},
};

static void knows_credentials(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(credentials); i++) {
        char got[64] = "";
        struct span key;
        size_t at = 0;
        while ((key = query_next_credential(credentials[i].provider, span_str(credentials[i].target), &at)).p) {
            strncat(got, key.p, key.n);
            strcat(got, ",");
        }
        if (strcmp(got, credentials[i].keys) != 0) fail_msg("%s: '%s'", credentials[i].target, got);
    }
}

static void leaves_credentials_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(credentials); i++) {
        char out[64];
        struct span target = span_str(credentials[i].target);
        size_t n = query_without_credentials(credentials[i].provider, target, out);
        assert_true(n <= target.n);
        if (!span_is((struct span){out, n}, credentials[i].left)) fail_msg("%s: '%.*s'", credentials[i].target, (int)n, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_parameters_in_order),
        cmocka_unit_test(knows_credentials),
        cmocka_unit_test(leaves_credentials_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
