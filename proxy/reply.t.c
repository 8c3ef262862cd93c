/* What a client is told: no value can end a header line, and a refusal is whole JSON with the headers SDKs look at. */
#include "proxy/reply.h"
#include "core/jscan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static void test_no_value_ends_a_line(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char value[3] = {'a', (char)c, 'b'};
        struct obuf o = {0};
        reply_header(&o, "x-request-id", (struct span){value, 3});
        bool allowed = c == '\t' || (c >= 0x20 && c != 0x7f);
        assert_int_equal(reply_value_ok((struct span){value, 3}), allowed);
        assert_int_equal(o.p[sizeof "x-request-id: a" - 1], allowed ? (char)c : '?');
        for (size_t i = 0; i + 2 < o.n; i++) assert_true(o.p[i] != '\r' && o.p[i] != '\n' && o.p[i] != '\0');
        obuf_fini(&o);
    }
}

static struct obuf refusal(enum fail f, bool close, bool with_body)
{
    struct obuf o = {0};
    struct refusal r = {.fail = f, .rule = "a-rule", .id = "0123"};
    reply_refusal(&o, route_find("openai", SPAN("POST"), SPAN("/"), true)->codec, &r, close, with_body);
    assert_true(obuf_ok(&o));
    obuf_put(&o, "", 1);
    return o;
}

/* Every code there is: the body is JSON, its length is told, and only what may be retried is not marked final. */
static void test_every_refusal_is_whole(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (unsigned f = FAIL_HTTP_SYNTAX; f < FAIL_COUNT; f++) {
        struct obuf o = refusal(f, false, true);
        const char *body = strstr(o.p, "\r\n\r\n") + 4, *length = strstr(o.p, "content-length: ");
        struct jdoc d;
        size_t at;
        arena_reset(a);
        assert_int_equal(strtoul(length + 16, NULL, 10), strlen(body));
        assert_int_equal(jscan(span_str(body), a, &d, &at), FAIL_OK);
        assert_true(jdoc_get_type(&d, jdoc_get_type(&d, 0, "error", J_OBJECT), "message", J_STRING) != J_NONE);
        assert_int_equal(strstr(o.p, "x-should-retry: false\r\n") != NULL, !fail_may_retry(f));
        assert_non_null(strstr(o.p, fail_code(f)));
        obuf_fini(&o);
    }
    arena_free(a);
}

static void test_head_only_and_close(void **state)
{
    (void)state;
    struct obuf o = refusal(FAIL_POLICY_REFUSED, true, false);
    assert_non_null(strstr(o.p, "connection: close\r\n"));
    assert_non_null(strstr(o.p, "x-cordon-rule: a-rule\r\n"));
    assert_string_equal(strstr(o.p, "\r\n\r\n"), "\r\n\r\n");
    obuf_fini(&o);
    o = refusal(FAIL_HTTP_UPGRADE, false, true);
    assert_true(strncmp(o.p, "HTTP/1.1 426 ", 13) == 0);   /* what makes Codex go on with plain requests */
    assert_non_null(strstr(o.p, "\r\nupgrade: "));
    obuf_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_value_ends_a_line),
        cmocka_unit_test(test_every_refusal_is_whole),
        cmocka_unit_test(test_head_only_and_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
