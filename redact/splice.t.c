#include "redact/splice.h"
#include "core/jscan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { MASK = 1u << CLASS_PHI | 1u << CLASS_PII };

static struct finding at(const char *type, uint8_t klass, size_t start, size_t end, float score)
{
    return (struct finding){.type = type, .via = "pattern", .klass = klass, .part = PART_BODY, .start = start, .end = end, .score = score};
}

/* A finding on the first occurrence of `what`. */
static struct finding on(const char *body, const char *what, const char *type, uint8_t klass, float score)
{
    const char *p = strstr(body, what);
    assert_non_null(p);
    return at(type, klass, (size_t)(p - body), (size_t)(p - body) + strlen(what), score);
}

static enum fail mask(struct span body, bool json, struct finding *f, size_t n, struct obuf *out, size_t *masked)
{
    struct findings all = {f, n};
    return splice_mask(body, json, &all, MASK, out, masked);
}

static void expect(const char *body, bool json, struct finding *f, size_t n, const char *want, size_t want_masked)
{
    struct obuf out = {0};
    size_t masked;
    assert_int_equal(mask(span_str(body), json, f, n, &out, &masked), FAIL_OK);
    assert_int_equal(out.n, strlen(want));
    assert_memory_equal(out.p, want, out.n);
    assert_int_equal(masked, want_masked);
    obuf_fini(&out);
}

static void expect_unsafe(const char *body, bool json, struct finding f)
{
    struct obuf out = {0};
    size_t masked = 7;
    assert_int_equal(mask(span_str(body), json, &f, 1, &out, &masked), FAIL_REDACT_UNSAFE);
    assert_int_equal(masked, 0);
    obuf_fini(&out);
}

static void masks_and_leaves_the_rest(void **state)
{
    (void)state;
    const char *body = "{ \"n\":9007199254740993,\"t\" : \"SSN 219-09-9999, mail a@b.de\\u0021\", \"x\":1.0e2}";
    struct finding f[] = {on(body, "a@b.de", "EMAIL", CLASS_PII, 0.9f), on(body, "219-09-9999", "US_SSN", CLASS_PII, 0.8f),
                          on(body, "mail", "NOT_MASKED", CLASS_SECRET, 1.0f)};
    expect(body, true, f, 3, "{ \"n\":9007199254740993,\"t\" : \"SSN [US_SSN], mail [EMAIL]\\u0021\", \"x\":1.0e2}", 2);
    expect(body, true, f, 0, body, 0);
}

static void joins_overlapping_and_touching(void **state)
{
    (void)state;
    const char *body = "[\"0123456789\"]";
    struct finding overlap[] = {at("A", CLASS_PHI, 2, 6, 0.5f), at("B", CLASS_PII, 4, 8, 0.9f)};
    expect(body, true, overlap, 2, "[\"[B]6789\"]", 1);
    struct finding touching[] = {at("A", CLASS_PHI, 2, 4, 0.9f), at("B", CLASS_PII, 4, 8, 0.5f)};
    expect(body, true, touching, 2, "[\"[A]6789\"]", 1);
    struct finding inside[] = {at("A", CLASS_PHI, 2, 9, 0.5f), at("B", CLASS_PII, 4, 5, 0.5f)};
    expect(body, true, inside, 2, "[\"[A]789\"]", 1);
    struct finding apart[] = {at("A", CLASS_PHI, 2, 4, 0.5f), at("B", CLASS_PII, 5, 7, 0.5f)};
    expect(body, true, apart, 2, "[\"[A]2[B]56789\"]", 2);
    struct finding ends[] = {at("A", CLASS_PHI, 2, 12, 0.5f)};
    expect(body, true, ends, 1, "[\"[A]\"]", 1);
}

static void keeps_escapes_whole(void **state)
{
    (void)state;
    const char *body = "[\"a\\\"b\\ud83d\\ude00c\"]";
    struct finding quote[] = {on(body, "\\\"b", "A", CLASS_PHI, 1)};
    expect(body, true, quote, 1, "[\"a[A]\\ud83d\\ude00c\"]", 1);
    struct finding pair[] = {on(body, "\\ud83d\\ude00", "A", CLASS_PHI, 1)};
    expect(body, true, pair, 1, "[\"a\\\"b[A]c\"]", 1);
    expect_unsafe(body, true, on(body, "\\ud83d", "A", CLASS_PHI, 1));         /* would leave half a pair */
    expect_unsafe(body, true, on(body, "\"b\\ud83d\\ude00", "A", CLASS_PHI, 1));   /* begins inside an escape */
    expect_unsafe(body, true, on(body, "c\"", "A", CLASS_PHI, 1));             /* over the string's end */
    expect_unsafe("[\"\xc3\xa4\"]", true, at("A", CLASS_PHI, 2, 3, 1));        /* half a UTF-8 character */
}

static void numbers_only_whole(void **state)
{
    (void)state;
    const char *body = "{\"a\":[-219099999.5,true,7],\"b\":1}";
    struct finding whole[] = {on(body, "-219099999.5", "US_SSN", CLASS_PII, 1), on(body, "7", "N", CLASS_PII, 1)};
    expect(body, true, whole, 2, "{\"a\":[\"[US_SSN]\",true,\"[N]\"],\"b\":1}", 2);
    expect_unsafe(body, true, on(body, "219099999", "A", CLASS_PII, 1));
    expect_unsafe(body, true, on(body, "true", "A", CLASS_PII, 1));
    expect_unsafe(body, true, on(body, "{\"a\"", "A", CLASS_PII, 1));
    struct finding last[] = {at("N", CLASS_PII, 0, 2, 1)};
    expect("42", true, last, 1, "\"[N]\"", 1);
}

static void keys_are_not_masked(void **state)
{
    (void)state;
    const char *body = "{\"Jane Roe\" \n: {\"x\":\"Jane Roe: 1\"}}";
    expect_unsafe(body, true, on(body, "Jane Roe", "NAME", CLASS_PHI, 1));
    struct finding value[] = {on(body, "Roe: 1", "NAME", CLASS_PHI, 1)};
    expect(body, true, value, 1, "{\"Jane Roe\" \n: {\"x\":\"Jane [NAME]\"}}", 1);
}

static void refuses_what_lies_elsewhere(void **state)
{
    (void)state;
    struct finding f = at("A", CLASS_PHI, 0, 1, 1);
    f.part = PART_HEADER;
    expect_unsafe("abc", false, f);
    expect_unsafe("abc", false, at("A", CLASS_PHI, 2, 4, 1));
    expect_unsafe("abc", false, at("A", CLASS_PHI, 2, 2, 1));
    f.klass = CLASS_SECRET;   /* not to be masked, so no matter */
    expect("abc", false, &f, 1, "abc", 0);
}

static void plain_text(void **state)
{
    (void)state;
    const char *body = "name \"Roe\" \\ 1";
    struct finding f[] = {on(body, "\"Roe\"", "NAME", CLASS_PHI, 1), on(body, "1", "bad\"type", CLASS_PHI, 1)};
    expect(body, false, f, 2, "name [NAME] \\ [MASKED]", 2);
    expect("", false, f, 0, "", 0);
}

/* ---- property: random documents, random findings ---- */

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

static void put_random_string(struct obuf *o)
{
    static const char *const units[] = {"a", "9", " ", "\\n", "\\\"", "\\\\", "\\u0041", "\\ud83d\\ude00", "\xc3\xa4", "\xf0\x9f\x98\x80", ":", "]"};
    obuf_str(o, "\"");
    for (uint32_t n = draw(12); n--;) obuf_str(o, units[draw(COUNT(units))]);
    obuf_str(o, "\"");
}

static void put_random_value(struct obuf *o, unsigned depth)
{
    uint32_t kind = draw(depth > 3 ? 3 : 5), n = draw(5);
    if (kind == 0) obuf_printf(o, "%s%u.%ue-1", draw(2) ? "-" : "", draw(100000), draw(100));
    else if (kind == 1) obuf_str(o, draw(2) ? "null" : "true");
    else if (kind == 2) put_random_string(o);
    else if (kind == 3) {
        obuf_str(o, "[ ");
        for (uint32_t i = 0; i < n; i++) obuf_str(o, i ? ", " : ""), put_random_value(o, depth + 1);
        obuf_str(o, "]");
    } else {
        obuf_str(o, "{");
        for (uint32_t i = 0; i < n; i++) obuf_printf(o, "%s\"k%u\" : ", i ? "," : "", i), put_random_value(o, depth + 1);
        obuf_str(o, "}");
    }
}

/* A range of whole characters in a string token, a whole number, or anything at all. */
static struct finding draw_finding(const struct jdoc *d)
{
    struct finding f = at("T", CLASS_PHI, 0, 0, (float)draw(100) / 100);
    uint32_t i = draw(d->n);
    f.start = d->tok[i].start, f.end = d->tok[i].end;
    if (d->tok[i].type != J_STRING || draw(10) == 0) return f;
    const char *p = d->text.p + f.start, *end = d->text.p + f.end;
    char c[4];
    for (uint32_t skip = draw(6); skip-- && p < end;) jscan_unescape1(&p, end, c);
    f.start = (size_t)(p - d->text.p);
    for (uint32_t take = draw(6); take-- && p < end;) jscan_unescape1(&p, end, c);
    f.end = (size_t)(p - d->text.p);
    return f;
}

/* The output is the input with the united ranges replaced by masks: rebuilt here byte by byte. */
static void expect_outside_identical(struct span body, const struct findings *f, struct span out)
{
    char *covered = calloc(body.n + 1, 1);
    assert_non_null(covered);
    for (size_t i = 0; i < f->n; i++) memset(covered + f->f[i].start, 1, f->f[i].end - f->f[i].start);
    size_t at_out = 0;
    for (size_t i = 0; i < body.n;) {
        if (!covered[i]) {
            assert_true(at_out < out.n && out.p[at_out] == body.p[i]);
            i++, at_out++;
            continue;
        }
        while (covered[i]) i++;
        const char *close = memchr(out.p + at_out, ']', out.n - at_out);
        assert_non_null(close);
        at_out = (size_t)(close - out.p) + 1 + (out.p[at_out] == '"');
    }
    assert_int_equal(at_out, out.n);
    free(covered);
}

static bool all_nonempty(const struct findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->f[i].start == f->f[i].end) return false;
    return true;
}

static void random_documents_stay_valid(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_non_null(a);
    unsigned done = 0;
    for (seed = 1; done < 3000 && seed; arena_reset(a)) {
        struct obuf body = {0}, out = {0};
        struct jdoc d;
        size_t where, masked;
        put_random_value(&body, 0);
        assert_int_equal(jscan(obuf_span(&body), a, &d, &where), FAIL_OK);
        struct finding f[4];
        struct findings all = {f, 1 + draw(4)};
        for (size_t i = 0; i < all.n; i++) f[i] = draw_finding(&d);
        enum fail failed = splice_mask(obuf_span(&body), true, &all, MASK, &out, &masked);
        if (failed == FAIL_OK) {
            assert_true(all_nonempty(&all));
            assert_int_equal(jscan(obuf_span(&out), a, &d, &where), FAIL_OK);
            expect_outside_identical(obuf_span(&body), &all, obuf_span(&out));
            done++;
        } else {
            assert_int_equal(failed, FAIL_REDACT_UNSAFE);
        }
        obuf_fini(&body);
        obuf_fini(&out);
    }
    assert_int_equal(done, 3000);
    arena_free(a);
}

/* Many edits in one long string: the walk must not begin anew for each. */
static void many_edits_are_linear(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct obuf body = {0}, out = {0};
    struct finding *f = calloc(N, sizeof *f);
    assert_non_null(f);
    obuf_str(&body, "[\"");
    for (size_t i = 0; i < N; i++) obuf_str(&body, "ab\\n "), f[i] = at("T", CLASS_PHI, 2 + i * 5, 4 + i * 5, 1);
    obuf_str(&body, "\"]");
    size_t masked;
    assert_int_equal(mask(obuf_span(&body), true, f, N, &out, &masked), FAIL_OK);
    assert_int_equal(masked, N);
    assert_int_equal(out.n, body.n + N);   /* "ab" became "[T]" */
    obuf_fini(&body);
    obuf_fini(&out);
    free(f);
}

/* ---- regions, codings, edits ---- */

static enum fail splice_one(const char *body, const struct region *r, size_t n_regions, struct finding f, struct obuf *out)
{
    struct findings all = {&f, 1};
    struct splice s = {.body = span_str(body), .regions = r, .n_regions = n_regions, .findings = &all, .mask = MASK};
    size_t masked;
    return splice_body(&s, out, &masked);
}

static void a_coded_run_stays_one(void **state)
{
    (void)state;
    static const struct { uint8_t coded; enum region_kind kind; const char *want; } rows[] = {
        {CODING_NONE, REGION_TEXT, "a=[SSN]&"}, {CODING_BASE64, REGION_TEXT, "a=W1NTTl0=&"}, {CODING_BASE64URL, REGION_TEXT, "a=W1NTTl0&"},
        {CODING_HEX, REGION_TEXT, "a=5b53534e5d&"}, {CODING_PERCENT, REGION_TEXT, "a=%5BSSN%5D&"}, {CODING_NONE, REGION_FORM, "a=%5BSSN%5D&"},
        {CODING_BASE64, REGION_FORM, "a=W1NTTl0%3D&"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct region r[] = {{REGION_FIXED, 0, 2}, {rows[i].kind, 2, 6}, {REGION_FIXED, 6, 7}};
        struct finding f = at("SSN", CLASS_PII, 2, 6, 1);
        struct obuf out = {0};
        f.coded = rows[i].coded;
        assert_int_equal(splice_one("a=XXXX&", r, 3, f, &out), FAIL_OK);
        assert_true(span_is(obuf_span(&out), rows[i].want));
        obuf_fini(&out);
    }
}

static void unsafe_places(void **state)
{
    (void)state;
    struct region r[] = {{REGION_FIXED, 0, 2}, {REGION_JSON, 2, 9}, {REGION_TEXT, 9, 12}};
    struct finding bad[] = {at("A", CLASS_PII, 0, 2, 1), at("A", CLASS_PII, 1, 5, 1), at("A", CLASS_PII, 2, 4, 1),
                            at("A", CLASS_PII, 7, 10, 1), at("A", CLASS_PII, 11, 13, 1), at("A", CLASS_PII, 9, 12, 1)};
    bad[5].coded = CODING_FIXED;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct obuf out = {0};
        assert_int_equal(splice_one("xx[\"abc\"]yyy", r, 3, bad[i], &out), FAIL_REDACT_UNSAFE);
        obuf_fini(&out);
    }
}

static void edits_among_masks(void **state)
{
    (void)state;
    const char *body = "{\"a\":\"219-09-9999\",\"store\":true}";
    struct region r = {REGION_JSON, 0, strlen(body)};
    struct finding f = on(body, "219-09-9999", "SSN", CLASS_PII, 1);
    struct findings all = {&f, 1};
    struct splice_edit edits[] = {{1, 1, SPAN("\"b\":1,")}, {27, 31, SPAN("false")}};
    struct splice s = {.body = span_str(body), .regions = &r, .n_regions = 1, .findings = &all, .mask = MASK, .edits = edits,
                       .n_edits = 2};
    struct obuf out = {0};
    size_t masked;
    assert_int_equal(splice_body(&s, &out, &masked), FAIL_OK);
    assert_true(span_is(obuf_span(&out), "{\"b\":1,\"a\":\"[SSN]\",\"store\":false}"));
    assert_int_equal(masked, 1);
    edits[0] = (struct splice_edit){8, 9, SPAN("x")};   /* in what is masked */
    assert_int_equal(splice_body(&s, &out, &masked), FAIL_REDACT_UNSAFE);
    assert_int_equal(masked, 0);
    obuf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coded_run_stays_one), cmocka_unit_test(unsafe_places), cmocka_unit_test(edits_among_masks),
        cmocka_unit_test(masks_and_leaves_the_rest), cmocka_unit_test(joins_overlapping_and_touching), cmocka_unit_test(keeps_escapes_whole),
        cmocka_unit_test(numbers_only_whole),        cmocka_unit_test(keys_are_not_masked),            cmocka_unit_test(refuses_what_lies_elsewhere),
        cmocka_unit_test(plain_text),                cmocka_unit_test(random_documents_stay_valid),    cmocka_unit_test(many_edits_are_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
