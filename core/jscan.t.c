/* What jscan takes, what it refuses, with which code and at which byte. */
#include "core/jscan.h"
#include "core/jkeys.h"
#include "core/obuf.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *arena;
static struct jdoc doc;
static size_t at;

/* The text is copied to a block of its exact size, so that the sanitizer sees any read past its end. */
static char *held;

static enum fail scan(const char *text, size_t n)
{
    arena_reset(arena);
    free(held);
    held = malloc(n ? n : 1);
    memcpy(held, text, n);
    return jscan((struct span){held, n}, arena, &doc, &at);
}

static enum fail scan_str(const char *text) { return scan(text, strlen(text)); }

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    free(held);
    held = NULL;
    return 0;
}

static void takes(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}", "[]", " \t\r\n{} \n", "null", "true", "false", "0", "-0", "\"\"", "[1]", "[[],{}]", "{\"a\":[]}",
        "1e400", "-1E+400", "123456789012345678901234567890", "0.000000000000000000000000000001e-9999", "1.5E5",
        "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\"", "\"\x7f\"", "\"\xc2\x80\"", "\"\xdf\xbf\"",
        "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"",
        "\"\xf4\x8f\xbf\xbf\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "{\"a\":1,\"A\":2}", "{\"\":1}",
        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]", "\"\xef\xbb\xbf\"",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        enum fail f = scan_str(good[i]);
        if (f) fail_msg("%s: %s at %zu", good[i], fail_code(f), at);
    }
}

struct bad {
    const char *text;
    enum fail fail;
    size_t at;
};

static void refuses(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"", FAIL_JSON_SYNTAX, 0}, {" \n", FAIL_JSON_SYNTAX, 2}, {"\xef\xbb\xbf{}", FAIL_JSON_SYNTAX, 0},
        {"{", FAIL_JSON_SYNTAX, 1}, {"[", FAIL_JSON_SYNTAX, 1}, {"}", FAIL_JSON_SYNTAX, 0}, {"[}", FAIL_JSON_SYNTAX, 1},
        {"{]", FAIL_JSON_SYNTAX, 1}, {"[1}", FAIL_JSON_SYNTAX, 2}, {"[1,]", FAIL_JSON_SYNTAX, 3},
        {"[,1]", FAIL_JSON_SYNTAX, 1}, {"[1 2]", FAIL_JSON_SYNTAX, 3}, {"{\"a\"}", FAIL_JSON_SYNTAX, 4},
        {"{\"a\":}", FAIL_JSON_SYNTAX, 5}, {"{\"a\":1,}", FAIL_JSON_SYNTAX, 7}, {"{a:1}", FAIL_JSON_SYNTAX, 1},
        {"{1:1}", FAIL_JSON_SYNTAX, 1}, {"{\"a\":1 \"b\":2}", FAIL_JSON_SYNTAX, 7}, {"'a'", FAIL_JSON_SYNTAX, 0},
        {"[1]/*c*/", FAIL_JSON_TRAILING, 3}, {"// c\n1", FAIL_JSON_SYNTAX, 0}, {"\v1", FAIL_JSON_SYNTAX, 0},
        {"tru", FAIL_JSON_SYNTAX, 3}, {"trux", FAIL_JSON_SYNTAX, 3}, {"truex", FAIL_JSON_SYNTAX, 4},
        {"True", FAIL_JSON_SYNTAX, 0}, {"nul", FAIL_JSON_SYNTAX, 3}, {"NaN", FAIL_JSON_SYNTAX, 0},
        {"Infinity", FAIL_JSON_SYNTAX, 0}, {"undefined", FAIL_JSON_SYNTAX, 0},
        {"\"a", FAIL_JSON_SYNTAX, 2}, {"\"\\", FAIL_JSON_SYNTAX, 2}, {"\"\\x41\"", FAIL_JSON_SYNTAX, 2},
        {"\"\\u12g4\"", FAIL_JSON_SYNTAX, 5}, {"\"\\u12", FAIL_JSON_SYNTAX, 5}, {"\"\\U0041\"", FAIL_JSON_SYNTAX, 2},
        {"\"\\'\"", FAIL_JSON_SYNTAX, 2},
        {"01", FAIL_JSON_NUMBER, 1}, {"-01", FAIL_JSON_NUMBER, 2}, {"+1", FAIL_JSON_NUMBER, 0},
        {"1.", FAIL_JSON_NUMBER, 2}, {".5", FAIL_JSON_NUMBER, 0}, {"-", FAIL_JSON_NUMBER, 1}, {"-a", FAIL_JSON_NUMBER, 1},
        {"1e", FAIL_JSON_NUMBER, 2}, {"1e+", FAIL_JSON_NUMBER, 3}, {"1.e5", FAIL_JSON_NUMBER, 2},
        {"0x10", FAIL_JSON_NUMBER, 1}, {"1_000", FAIL_JSON_NUMBER, 1}, {"-Infinity", FAIL_JSON_NUMBER, 1},
        {"1.2.3", FAIL_JSON_NUMBER, 3}, {"[1-2]", FAIL_JSON_NUMBER, 2},
        {"{} {}", FAIL_JSON_TRAILING, 3}, {"1 2", FAIL_JSON_TRAILING, 2}, {"{}x", FAIL_JSON_TRAILING, 2},
        {"\"\x01\"", FAIL_JSON_CONTROL, 1}, {"\"a\nb\"", FAIL_JSON_CONTROL, 2}, {"\"a\tb\"", FAIL_JSON_CONTROL, 2},
        {"\"\x1f\"", FAIL_JSON_CONTROL, 1},
        {"\"\x80\"", FAIL_JSON_UTF8, 1}, {"\"\xc0\xaf\"", FAIL_JSON_UTF8, 1}, {"\"\xc1\xbf\"", FAIL_JSON_UTF8, 1},
        {"\"\xe0\x80\xaf\"", FAIL_JSON_UTF8, 1}, {"\"\xe0\x9f\xbf\"", FAIL_JSON_UTF8, 1},
        {"\"\xed\xa0\x80\"", FAIL_JSON_UTF8, 1}, {"\"\xed\xbf\xbf\"", FAIL_JSON_UTF8, 1},
        {"\"\xf0\x8f\xbf\xbf\"", FAIL_JSON_UTF8, 1}, {"\"\xf4\x90\x80\x80\"", FAIL_JSON_UTF8, 1},
        {"\"\xf5\x80\x80\x80\"", FAIL_JSON_UTF8, 1}, {"\"\xff\"", FAIL_JSON_UTF8, 1}, {"\"\xc2\"", FAIL_JSON_UTF8, 1},
        {"\"\xe2\x82\"", FAIL_JSON_UTF8, 1}, {"\"\xf0\x9f\x98\"", FAIL_JSON_UTF8, 1}, {"\"\xe2\x82", FAIL_JSON_UTF8, 1},
        {"\"\xc2\xc2\xa9\"", FAIL_JSON_UTF8, 1}, {"\"\xc2\xa9\xff\"", FAIL_JSON_UTF8, 3},
        {"\"\\ud800\"", FAIL_JSON_SURROGATE, 1}, {"\"\\udc00\"", FAIL_JSON_SURROGATE, 1},
        {"\"x\\ud800\\u0041\"", FAIL_JSON_SURROGATE, 2}, {"\"\\ud800\\ud800\"", FAIL_JSON_SURROGATE, 1},
        {"\"\\ud800x\"", FAIL_JSON_SURROGATE, 1}, {"\"\\ud83d\\n\"", FAIL_JSON_SURROGATE, 1},
        {"\"\\ude00\\ud83d\"", FAIL_JSON_SURROGATE, 1}, {"\"\\ud800\\uZZZZ\"", FAIL_JSON_SYNTAX, 9},
        {"{\"a\":1,\"a\":2}", FAIL_JSON_DUP_KEY, 7}, {"{\"a\":1,\"\\u0061\":2}", FAIL_JSON_DUP_KEY, 7},
        {"{\"\\u0061\":1,\"\\u0061\":2}", FAIL_JSON_DUP_KEY, 12}, {"{\"\":1,\"\":2}", FAIL_JSON_DUP_KEY, 6},
        {"[{\"x\":{\"k\":1,\"j\":2,\"k\":3}}]", FAIL_JSON_DUP_KEY, 19},
        {"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", FAIL_JSON_DUP_KEY, 18},
        {"{\"a\\/b\":1,\"a/b\":2}", FAIL_JSON_DUP_KEY, 10},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        enum fail f = scan_str(bad[i].text);
        if (f != bad[i].fail || at != bad[i].at)
            fail_msg("%s: %s at %zu, not %s at %zu", bad[i].text, fail_code(f), at, fail_code(bad[i].fail), bad[i].at);
        assert_null(doc.tok);
    }
}

static void refuses_nul_bytes(void **state)
{
    (void)state;
    assert_int_equal(scan("\"a\0b\"", 5), FAIL_JSON_CONTROL);
    assert_int_equal(at, 2);
    assert_int_equal(scan("{}\0", 3), FAIL_JSON_TRAILING);
    assert_int_equal(scan("[\0]", 3), FAIL_JSON_SYNTAX);
    assert_int_equal(at, 1);
    assert_int_equal(jscan(SPAN_NONE, arena, &doc, &at), FAIL_JSON_SYNTAX);
}

/* Each byte that is not plain, at each place of the sixteen-byte steps and of the tail. */
static void finds_odd_bytes_anywhere(void **state)
{
    (void)state;
    static const struct { char byte; enum fail fail; } odd[] = {
        {'\x00', FAIL_JSON_CONTROL}, {'\x1f', FAIL_JSON_CONTROL}, {'\x80', FAIL_JSON_UTF8}, {'\xff', FAIL_JSON_UTF8},
        {'"', FAIL_JSON_TRAILING}, {'\x20', FAIL_OK}, {'\x7f', FAIL_OK}, {'!', FAIL_OK}, {'#', FAIL_OK}, {'[', FAIL_OK},
    };
    char text[72];
    for (size_t len = 1; len < 68; len++)
        for (size_t k = 0; k < len; k++)
            for (size_t o = 0; o < COUNT(odd); o++) {
                memset(text, 'a', sizeof text);
                text[0] = text[len + 1] = '"';
                text[1 + k] = odd[o].byte;
                assert_int_equal(scan(text, len + 2), odd[o].fail);
                if (odd[o].fail) assert_int_equal(at, odd[o].fail == FAIL_JSON_TRAILING ? k + 2 : k + 1);
            }
}

/* Every prefix of a document that needs all of its bytes is refused, and the failure is inside it. */
static void refuses_every_prefix(void **state)
{
    (void)state;
    static const char whole[] = "{\"m\":[{\"r\":\"us\\u00e9\\ud83d\\ude00r\",\"c\":null},-1.5e3,true,\"\xe2\x82\xac\"],\"t\":false}";
    size_t n = sizeof whole - 1;
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_not_equal(scan(whole, cut), FAIL_OK);
        assert_true(at <= cut);
    }
    assert_int_equal(scan(whole, n), FAIL_OK);
}

static void nests(struct obuf *o, size_t depth, const char *open, const char *inner, const char *close)
{
    obuf_reset(o);
    for (size_t i = 0; i < depth; i++) obuf_str(o, open);
    obuf_str(o, inner);
    for (size_t i = 0; i < depth; i++) obuf_str(o, close);
}

static void bounds_depth(void **state)
{
    (void)state;
    struct obuf o = {0};
    nests(&o, JSCAN_DEPTH, "[", "", "]");
    assert_int_equal(scan(o.p, o.n), FAIL_OK);
    nests(&o, JSCAN_DEPTH, "{\"a\":", "1", "}");
    assert_int_equal(scan(o.p, o.n), FAIL_OK);
    nests(&o, JSCAN_DEPTH + 1, "[", "", "]");
    assert_int_equal(scan(o.p, o.n), FAIL_JSON_DEPTH);
    assert_int_equal(at, JSCAN_DEPTH);
    nests(&o, JSCAN_DEPTH + 1, "{\"a\":", "1", "}");
    assert_int_equal(scan(o.p, o.n), FAIL_JSON_DEPTH);
    nests(&o, 1000000, "[", "", "");
    assert_int_equal(scan(o.p, o.n), FAIL_JSON_DEPTH);
    obuf_fini(&o);
}

static void bounds_tokens(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "[0");
    for (size_t i = 2; i < JSCAN_MAX_TOKENS; i++) obuf_str(&o, ",0");
    obuf_str(&o, "]");
    assert_int_equal(scan(o.p, o.n), FAIL_OK);
    assert_int_equal(doc.n, JSCAN_MAX_TOKENS);
    o.n--;
    obuf_str(&o, ",0]");
    assert_int_equal(scan(o.p, o.n), FAIL_JSON_TOO_MANY);
    obuf_fini(&o);
}

static void tokens_have_offsets(void **state)
{
    (void)state;
    assert_int_equal(scan_str(" {\"a\\n\": [1, \"x\"], \"b\": true}"), FAIL_OK);
    static const struct jtok want[] = {
        {1, 29, 7, J_OBJECT, 0}, {3, 6, 2, J_KEY, 1}, {9, 17, 5, J_ARRAY, 0}, {10, 11, 4, J_NUMBER, 0},
        {14, 15, 5, J_STRING, 0}, {20, 21, 6, J_KEY, 0}, {24, 28, 7, J_TRUE, 0},
    };
    assert_int_equal(doc.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_int_equal(doc.tok[i].start, want[i].start);
        assert_int_equal(doc.tok[i].end, want[i].end);
        assert_int_equal(doc.tok[i].next, want[i].next);
        assert_int_equal(doc.tok[i].type, want[i].type);
        assert_int_equal(doc.tok[i].escaped, want[i].escaped);
    }
}

static void finds_duplicates_in_large_objects(void **state)
{
    (void)state;
    struct obuf o = {0};
    for (unsigned n = 2; n < 60; n++)
        for (unsigned twin = 0; twin + 1 < n; twin += 5) {
            obuf_reset(&o);
            obuf_str(&o, "{");
            for (unsigned i = 0; i + 1 < n; i++) obuf_printf(&o, "\"key%u\":{\"key%u\":[]},", i, i);
            size_t second = o.n;
            obuf_printf(&o, "\"\\u006bey%u\":0}", twin);
            assert_int_equal(scan(o.p, o.n), FAIL_JSON_DUP_KEY);
            assert_int_equal(at, second);
        }
    obuf_fini(&o);
}

/* Work is counted, not timed: a table that clusters, or a comparison of all pairs, would need far more. */
static void large_objects_are_linear(void **state)
{
    (void)state;
    struct obuf o = {0};
    const unsigned keys = 100000;
    obuf_str(&o, "{");
    for (unsigned i = 0; i < keys; i++) obuf_printf(&o, "%s\"%s%u\":%u", i ? "," : "", i % 3 ? "k" : "\\u006b", i, i);
    obuf_str(&o, "}");
    assert_int_equal(scan(o.p, o.n), FAIL_OK);
    struct jkeys k = {0};
    uint32_t dup;
    assert_int_equal(jkeys_check(&k, &doc, 0, &dup), FAIL_OK);
    assert_in_range(k.probes, keys, 3 * keys);
    jkeys_fini(&k);
    obuf_fini(&o);
}

static void many_small_objects_are_linear(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "[{}");
    for (unsigned i = 0; i < 1000; i++) {
        obuf_str(&o, ",{\"0\":0");
        for (unsigned j = 1; j < 20; j++) obuf_printf(&o, ",\"%u\":0", j);
        obuf_str(&o, "}");
    }
    obuf_str(&o, "]");
    assert_int_equal(scan(o.p, o.n), FAIL_OK);
    struct jkeys k = {0};
    uint32_t dup;
    for (uint32_t i = 1; i < doc.n; i = doc.tok[i].next) assert_int_equal(jkeys_check(&k, &doc, i, &dup), FAIL_OK);
    assert_in_range(k.probes, 20000, 60000);
    assert_true(k.cap <= 64);
    jkeys_fini(&k);
    obuf_fini(&o);
}

static void looks_up_members(void **state)
{
    (void)state;
    assert_int_equal(scan_str("{\"a\":{\"b\":1},\"\\u0062\":\"x\",\"c\":[1]}"), FAIL_OK);
    assert_int_equal(jdoc_get(&doc, 0, "a"), 2);
    assert_int_equal(jdoc_get(&doc, 0, "b"), 6);
    assert_int_equal(jdoc_get(&doc, 2, "b"), 4);
    assert_int_equal(jdoc_get(&doc, 0, "B"), J_NONE);
    assert_int_equal(jdoc_get(&doc, 0, ""), J_NONE);
    assert_int_equal(jdoc_get(&doc, J_NONE, "a"), J_NONE);
    assert_int_equal(jdoc_get(&doc, 6, "a"), J_NONE);
    assert_int_equal(jdoc_get_type(&doc, 0, "b", J_STRING), 6);
    assert_int_equal(jdoc_get_type(&doc, 0, "b", J_NUMBER), J_NONE);
    assert_int_equal(jdoc_get_type(&doc, 0, "z", J_NUMBER), J_NONE);
    assert_int_equal(doc.tok[jdoc_get(&doc, 0, "c")].type, J_ARRAY);
    assert_true(jdoc_is(&doc, 5, "b"));
    assert_false(jdoc_is(&doc, 5, "bb"));
    assert_false(jdoc_is(&doc, 5, ""));
    assert_false(jdoc_is(&doc, 0, "b"));
    assert_true(jdoc_equals(&doc, 5, SPAN("b")));
    assert_false(jdoc_equals(&doc, 5, SPAN("b\0")) || jdoc_equals(&doc, J_NONE, SPAN("b")));
}

static struct span text_of(const char *json, size_t n)
{
    assert_int_equal(scan(json, n), FAIL_OK);
    return jdoc_text(&doc, 0, arena);
}

static void unescapes(void **state)
{
    (void)state;
    struct span t = text_of("\"plain\"", 7);
    assert_true(span_is(t, "plain"));
    assert_ptr_equal(t.p, held + 1);   /* no copy */
    static const char all[] = "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\xc3\xa9z\"";
    t = text_of(all, sizeof all - 1);
    assert_true(span_is(t, "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9z"));
    t = text_of("\"x\\u0000y\"", 10);
    assert_true(span_eq(t, (struct span){"x\0y", 3}));
    t = text_of("\"\"", 2);
    assert_int_equal(t.n, 0);
    assert_non_null(t.p);
    assert_int_equal(scan_str("[1]"), FAIL_OK);
    assert_null(jdoc_text(&doc, 0, arena).p);
    assert_null(jdoc_text(&doc, J_NONE, arena).p);
}

/* Every code point, written as escapes in both cases of the hex digits, against the same written raw. */
static void unescapes_all_code_points(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        char in[16], out[4];
        const char *p = in;
        unsigned v = c - 0x10000;
        int n = c < 0x10000 ? snprintf(in, sizeof in, c & 1 ? "\\u%04x" : "\\u%04X", c)
                            : snprintf(in, sizeof in, "\\u%04x\\u%04X", 0xd800 | v >> 10, 0xdc00 | (v & 0x3ff));
        int len = jscan_unescape1(&p, in + n, out);
        assert_ptr_equal(p, in + n);
        unsigned back = (unsigned char)out[0];
        if (len > 1) back &= 0x7fu >> len;
        for (int i = 1; i < len; i++) back = back << 6 | (out[i] & 0x3f);
        assert_int_equal(back, c);
        assert_int_equal(len, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        char raw[4], quoted[6] = "\"";
        const char *q = out;
        assert_int_equal(jscan_unescape1(&q, out + len, raw), c == '\\' ? 1 : len);
        if (c < 0x20 || c == '"' || c == '\\') continue;
        memcpy(quoted + 1, out, (size_t)len);
        quoted[len + 1] = '"';
        if (c % 61 == 0 || c < 0x900 || (c >= 0xd7f0 && c < 0xe010)) assert_int_equal(scan(quoted, (size_t)len + 2), FAIL_OK);
    }
}

static void reads_numbers(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; int64_t v; } ints[] = {
        {"0", true, 0}, {"-0", true, 0}, {"42", true, 42}, {"-7", true, -7}, {"9223372036854775807", true, INT64_MAX},
        {"9007199254740993", true, 9007199254740993}, {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0}, {"-9223372036854775809", false, 0}, {"1.0", false, 0}, {"1e3", false, 0},
        {"\"1\"", false, 0}, {"null", false, 0}, {"123456789012345678901234567890", false, 0},
    };
    for (size_t i = 0; i < COUNT(ints); i++) {
        int64_t v = -99;
        assert_int_equal(scan_str(ints[i].text), FAIL_OK);
        assert_int_equal(jdoc_int(&doc, 0, &v), ints[i].ok);
        assert_true(v == (ints[i].ok ? ints[i].v : -99));
    }
    double d = 0;
    int64_t n;
    assert_false(jdoc_int(&doc, J_NONE, &n));
    assert_false(jdoc_double(&doc, J_NONE, &d));
    assert_int_equal(scan_str("-2.5e-1"), FAIL_OK);
    assert_true(jdoc_double(&doc, 0, &d) && d == -0.25);
    assert_int_equal(scan_str("1e400"), FAIL_OK);
    assert_false(jdoc_double(&doc, 0, &d));
    assert_int_equal(scan_str("\"1\""), FAIL_OK);
    assert_false(jdoc_double(&doc, 0, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(finds_odd_bytes_anywhere),
        cmocka_unit_test(refuses_every_prefix),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(bounds_tokens),
        cmocka_unit_test(tokens_have_offsets),
        cmocka_unit_test(finds_duplicates_in_large_objects),
        cmocka_unit_test(large_objects_are_linear),
        cmocka_unit_test(many_small_objects_are_linear),
        cmocka_unit_test(looks_up_members),
        cmocka_unit_test(unescapes),
        cmocka_unit_test(unescapes_all_code_points),
        cmocka_unit_test(reads_numbers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
