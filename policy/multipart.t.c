#include "policy/multipart.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static bool is(struct span s, const char *want) { return want ? s.p && span_is(s, want) : s.p == NULL; }

static void test_media_types(void **state)
{
    (void)state;
    static const struct { const char *value, *type; } rows[] = {
        {"text/plain", "text/plain"}, {" text/plain ; charset=utf-8", "text/plain"}, {"", ""}, {";a=b", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) assert_true(span_is(media_type(span_str(rows[i].value)), rows[i].type));
    assert_int_equal(media_type(SPAN_NONE).n, 0);
}

static void test_parameters(void **state)
{
    (void)state;
    static const struct { const char *value, *name, *want; } rows[] = {
        {"form-data; name=a", "name", "a"}, {"form-data; name=\"a b\"", "name", "a b"}, {"form-data;name=a;x=y", "name", "a"},
        {"form-data; NAME = \"a\" ; x=y", "name", "a"}, {"form-data; x=\"; name=b\"; name=a", "name", "a"},
        {"form-data; name=\"a\\\"b\"", "name", "a\\\"b"},   /* as it stands */
        {"form-data; name=\"never closed", "name", "never closed"}, {"form-data; name=\"x\\", "name", "x\\"},
        {"form-data; name=", "name", ""}, {"form-data; name", "name", ""}, {"form-data; filename=a", "name", NULL},
        {"form-data", "name", NULL}, {"form-data;", "name", NULL}, {"form-data;;; ;name=a", "name", "a"},
        {"form-data; name=a; name=b", "name", "a"}, {"name=a", "name", NULL}, {"", "name", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span got = media_parameter(span_str(rows[i].value), rows[i].name);
        if (!is(got, rows[i].want)) fail_msg("%s: %.*s", rows[i].value, (int)got.n, got.p ? got.p : "none");
    }
    assert_null(media_parameter(SPAN_NONE, "name").p);
}

static void test_boundaries(void **state)
{
    (void)state;
    static const struct { const char *type, *boundary; } rows[] = {
        {"multipart/form-data; boundary=x", "x"}, {"Multipart/Mixed; a=b; BOUNDARY=\"a b'()+_,-./:=?\"", "a b'()+_,-./:=?"},
        {"multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
         "1234567890123456789012345678901234567890123456789012345678901234567890"},
        {"multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901", NULL},
        {"multipart/form-data", NULL}, {"multipart/form-data; boundary=", NULL}, {"multipart/form-data; boundary=\"\"", NULL},
        {"multipart/form-data; boundary=\"a \"", NULL}, {"multipart/form-data; boundary=a*b", NULL},
        {"multipart/form-data; boundary=\"a\\\"b\"", NULL}, {"multipart/form-data; boundary=\"a\tb\"", NULL},
        {"multipart/form-data; boundary=a; boundary=b", NULL}, {"multipart/form-data; boundary=a; Boundary=a", NULL},
        {"multipart/form-data; boundary=a; boundary*0=b", NULL}, {"multipart/form-data; boundary=a; boundary*=b", "a"},
        {"multipart/; boundary=x", NULL}, {"multipartx/form-data; boundary=x", NULL}, {"text/plain; boundary=x", NULL}, {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span b = SPAN_NONE;
        bool good = multipart_boundary(span_str(rows[i].type), &b);
        if (good != (rows[i].boundary != NULL) || (good && !is(b, rows[i].boundary))) fail_msg("%s", rows[i].type);
    }
}

/* ---- bodies: with the boundary B */

static enum fail begin(struct multipart *m, struct span body, size_t *at)
{
    struct span preamble;
    *at = 0;
    return multipart_begin(m, body, SPAN("B"), &preamble, at);
}

/* Reads all parts. What was told is every byte before m.done, once. */
static enum fail read_all(struct span body, size_t *parts, size_t *at)
{
    struct multipart m;
    struct multipart_part p;
    *parts = 0;
    enum fail f = begin(&m, body, at);
    for (size_t told = m.done; f == FAIL_OK; ++*parts) {
        if ((f = multipart_next(&m, &p, at)) != FAIL_OK || m.closed) break;
        assert_ptr_equal(p.framing.p, body.p + told);
        assert_ptr_equal(p.headers.p, p.framing.p + p.framing.n);
        assert_ptr_equal(p.body.p, p.headers.p + p.headers.n);
        told += p.framing.n + p.headers.n + p.body.n;
        assert_int_equal(m.done, told);
    }
    return f;
}

static void test_parts(void **state)
{
    (void)state;
    static const char text[] = "before\r\n--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                               "--B \t\r\ncontent-disposition:form-data; name=file; filename=\"a.txt\"\r\nCONTENT-TYPE: text/plain ; x=y\r\n"
                               "Content-Transfer-Encoding: base64\r\nX-Other: 1\r\n\r\nline\r\n\r\n-- B\r\n\r\n--B--\r\nafter";
    struct multipart m;
    struct multipart_part p;
    struct span preamble;
    size_t at;
    assert_int_equal(multipart_begin(&m, SPAN(text), SPAN("B"), &preamble, &at), FAIL_OK);
    assert_true(span_is(preamble, "before\r\n"));
    assert_int_equal(multipart_next(&m, &p, &at), FAIL_OK);
    assert_true(is(p.name, "purpose") && is(p.filename, NULL) && is(p.type, NULL) && is(p.encoding, NULL));
    assert_true(is(p.framing, "--B\r\n") && is(p.body, "batch"));
    assert_true(is(p.headers, "Content-Disposition: form-data; name=\"purpose\"\r\n\r\n"));
    assert_int_equal(multipart_next(&m, &p, &at), FAIL_OK);
    assert_true(is(p.framing, "\r\n--B \t\r\n") && is(p.body, "line\r\n\r\n-- B\r\n"));
    assert_true(is(p.name, "file") && is(p.filename, "a.txt") && is(p.type, "text/plain ; x=y") && is(p.encoding, "base64"));
    assert_int_equal(multipart_next(&m, &p, &at), FAIL_OK);
    assert_true(m.closed && m.n_parts == 2);
    assert_string_equal(text + m.done, "\r\n--B--\r\nafter");
}

static void test_good_bodies(void **state)
{
    (void)state;
    static const struct { const char *body; size_t parts; } rows[] = {
        {"--B--", 0}, {"--B--\r\n", 0}, {"\r\n--B--", 0}, {"x\r\n--B--", 0}, {"--B--anything", 0},
        {"--B\r\n\r\n\r\n--B--", 1}, {"--B\r\n\r\n--B--", 1}, {"--B\r\n\r\nx\r\n--B\r\nA: b\r\n\r\n--B--", 2},
        {"--B\r\nno colon\r\n\r\nx\r\n--B--", 1}, {"--B\r\n\r\n--x\r\n--B--", 1}, {"--B\r\n\r\nx\n--\r\n--B--", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t parts, at;
        enum fail f = read_all(span_str(rows[i].body), &parts, &at);
        if (f || parts != rows[i].parts) fail_msg("row %zu: %s, %zu parts, at %zu", i, fail_code(f), parts, at);
    }
}

/* What some reader takes for a part, and another does not. */
static void test_bad_bodies(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", "no delimiter", "--B", "--B\r\n", "--B\r\n\r\n", "--B\r\n\r\nx", "--B\r\n\r\nx\r\n--B", "--B\r\n\r\nx\r\n--B-",
        "--B\n\nx\n--B--", "--B\r\n\r\nx\n--B--", "--B\r\n\r\nx\r--B--", "x--B--", "\n--B--", "--Bx\r\n\r\nx\r\n--B--",
        "--B\r\n\r\nx--B inside\r\n--B--", "--B\r\n\r\nx\r\n--Bx\r\n--B--", "--B\r\n\r\nx\r\n--B--\r\n--B\r\n\r\ny\r\n--B--",
        "--B--\r\nB", "--B\r\n folded\r\n\r\nx\r\n--B--", "--B\r\nA: b\r\n\tfolded\r\n\r\nx\r\n--B--", "--B\r\nA: b\nC: d\r\n\r\nx\r\n--B--",
        "--B\r\nA: b\r\nx\r\n--B--", "--B\r\nA: b\r\n--B\r\nC: d\r\n\r\nx\r\n--B--", "--B\r\n--B\r\n\r\nx\r\n--B--",
        "--B\r\nA: --B\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Type: text/plain\r\nContent-Type: image/png\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--B--",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t parts, at, n = strlen(rows[i]);
        enum fail f = read_all(span_str(rows[i]), &parts, &at);
        if (f != FAIL_REQUEST_INVALID || at > n) fail_msg("row %zu: %s at %zu", i, fail_code(f), at);
    }
    size_t parts, at;
    assert_int_equal(read_all(SPAN("--B\r\nA: \0\r\n\r\nx\r\n--B--"), &parts, &at), FAIL_REQUEST_INVALID);
}

/* Cut anywhere before its closing delimiter is whole, a body is refused; at the exact end of its memory. */
static void test_cut_bodies(void **state)
{
    (void)state;
    static const char whole[] = "x\r\n--B\r\nA: b\r\n\r\none\r\n--B\r\n\r\n\r\n--B--";
    size_t parts, at;
    assert_int_equal(read_all(SPAN(whole), &parts, &at), FAIL_OK);
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *cut = malloc(n ? n : 1);
        assert_non_null(cut);
        memcpy(cut, whole, n);
        assert_int_equal(read_all((struct span){cut, n}, &parts, &at), FAIL_REQUEST_INVALID);
        free(cut);
    }
}

static void test_limits(void **state)
{
    (void)state;
    static char body[(MULTIPART_MAX_PARTS + 2) * 16];
    size_t parts, at;
    for (size_t count = MULTIPART_MAX_PARTS; count <= MULTIPART_MAX_PARTS + 1; count++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++) n += (size_t)snprintf(body + n, sizeof body - n, "--B\r\n\r\n\r\n");
        n += (size_t)snprintf(body + n, sizeof body - n, "--B--");
        enum fail want = count > MULTIPART_MAX_PARTS ? FAIL_INSPECT_LIMIT : FAIL_OK;
        assert_int_equal(read_all((struct span){body, n}, &parts, &at), want);
    }
    for (size_t lines = 63; lines <= 64; lines++) {   /* and the empty one */
        size_t n = (size_t)snprintf(body, sizeof body, "--B\r\n");
        for (size_t i = 0; i < lines; i++) n += (size_t)snprintf(body + n, sizeof body - n, "A: b\r\n");
        n += (size_t)snprintf(body + n, sizeof body - n, "\r\nx\r\n--B--");
        assert_int_equal(read_all((struct span){body, n}, &parts, &at), lines > 63 ? FAIL_REQUEST_INVALID : FAIL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_media_types), cmocka_unit_test(test_parameters), cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_parts), cmocka_unit_test(test_good_bodies), cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_cut_bodies), cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
