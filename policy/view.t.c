/* The view: what is unescaped, and that every offset finds its way back. */
#include "policy/view.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "policy/view_map.t.h"
#include <stdint.h>
#include <stdio.h>

static struct view view;
static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    view_fini(&view);
    arena_free(arena);
    return 0;
}

static void read_json(const char *json)
{
    struct jdoc d;
    size_t at;
    arena_reset(arena);
    view_reset(&view);
    assert_int_equal(jscan(span_str(json), arena, &d, &at), FAIL_OK);
    assert_int_equal(view_add_json(&view, &d), FAIL_OK);
}

/* The source text of the first occurrence of `needle` in the view, at or after `from`. */
static struct span source_of(const char *needle, size_t from)
{
    const char *hit = memmem(view.p + from, view.n - from, needle, strlen(needle));
    assert_non_null(hit);
    size_t at = (size_t)(hit - view.p), start, end;
    const struct segment *s = view_segment(&view, at);
    assert_non_null(s);
    view_source(&view, s, at, at + strlen(needle), &start, &end);
    return (struct span){view_src_text(&view, s).p + start, end - start};
}

#define assert_source(needle, expected) assert_true(span_is(source_of(needle, 0), expected))

static void test_segments(void **state)
{
    (void)state;
    read_json("{\"mrn\":\"00482913\",\"n\":[12.5,\"\",true,null,{\"k\":\"v\"}]}");
    static const char expected[] = "mrn\x1f" "00482913\x1fn\x1f" "12.5\x1fk\x1fv\x1f";
    assert_int_equal(view.n, sizeof expected - 1);
    assert_memory_equal(view.p, expected, view.n);
    assert_int_equal(view.seg[0].kind, SEG_KEY);
    assert_int_equal(view.seg[1].kind, SEG_TEXT);
    assert_null(view_segment(&view, 3));
    assert_ptr_equal(view_segment(&view, 4), &view.seg[1]);
    assert_ptr_equal(view_segment(&view, view.n - 2), &view.seg[view.n_seg - 1]);
    assert_null(view_segment(&view, view.n));
    assert_source("00482913", "00482913");
}

static void test_escapes(void **state)
{
    (void)state;
    read_json("[\"a\\u00e9b \\ud83d\\ude00 c\\nd\\u0000e\\/f\"]");
    assert_memory_equal(view.p, "a\xC3\xA9" "b \xF0\x9F\x98\x80 c\nd\0e/f\x1f", view.n);
    assert_source("\xC3\xA9", "\\u00e9");
    assert_source("\xA9" "b", "\\u00e9b");             /* half a character: the whole escape */
    assert_source("\x9F\x98", "\\ud83d\\ude00");
    assert_source("c\nd", "c\\nd");
    assert_source("e/f", "e\\/f");
    assert_source("b ", "b ");
}

static void test_characters_are_not_cut(void **state)
{
    (void)state;
    read_json("[\"x\xC3\xA9y\"]");
    assert_source("\xA9", "\xC3\xA9");
    assert_source("x\xC3", "x\xC3\xA9");
}

static void test_second_reading(void **state)
{
    (void)state;
    read_json("{\"arguments\":\"{\\\"note\\\":\\\"line\\\\nSSN: 536-90-4399 \\\\u0041\\\\\\\"x\\\"}\"}");
    assert_int_equal(view.n_seg, 3);
    assert_int_equal(view.seg[2].escaped, SEG_JSON | SEG_LOOSE);
    size_t second = view.seg[2].view_start;
    assert_non_null(memmem(view.p + second, view.n - second, "line\nSSN: 536-90-4399 A\"x", 24));
    assert_true(span_is(source_of("536-90-4399", second), "536-90-4399"));
    assert_true(span_is(source_of("\nS", second), "\\\\nS"));
    assert_true(span_is(source_of("A", second), "\\\\u0041"));
    assert_true(span_is(source_of("\"x", second), "\\\\\\\"x"));
}

/* Programs' escapes and the references of HTML, with what is none of them beside them. */
static void test_other_escapes(void **state)
{
    (void)state;
    read_json("[\"\\\\x5aQ \\\\x5 \\\\xe9\",\"&#90;Q &#x5A;&#X5a &#; &#xd800; &# &#0; &amp;&#233;\"]");
    assert_int_equal(view.n_seg, 4);
    assert_int_equal(view.seg[1].escaped, SEG_JSON | SEG_LOOSE);
    assert_int_equal(view.seg[3].escaped, SEG_REFERENCE);
    assert_true(span_is(source_of("ZQ", view.seg[1].view_start), "\\\\x5aQ"));
    assert_true(span_is(source_of("\xc3\xa9", view.seg[1].view_start), "\\\\xe9"));
    const char *second = view.p + view.seg[3].view_start;
    assert_memory_equal(second, "ZQ ZZ &#; &#xd800; &# &#0; &\xc3\xa9\x1f", 31);
    assert_true(span_is(source_of("ZQ", view.seg[3].view_start), "&#90;Q"));
    assert_true(span_is(source_of("Z &", view.seg[3].view_start), "&#X5a &"));
}

static void test_one_reading_is_enough(void **state)
{
    (void)state;
    read_json("[\"plain\",\"a \\\"quote\\\"\",\"C:\\\\dir\"]");
    assert_int_equal(view.n_seg, 3);
}

static void test_path(void **state)
{
    (void)state;
    view_reset(&view);
    struct span path = SPAN("/v1/a+b/%4aane%20?q=x+y%3D1&z=%zz%2");
    assert_int_equal(view_add_text(&view, PART_PATH, path, path), FAIL_OK);
    assert_memory_equal(view.p, "/v1/a+b/Jane ?q=x y=1&z=%zz%2\x1f", view.n);
    assert_source("Jane ", "%4aane%20");
    assert_source("y=1", "y%3D1");
    assert_source("x y", "x+y");
}

static void test_headers(void **state)
{
    (void)state;
    view_reset(&view);
    struct span head = SPAN("user-agent: jane\r\nx-note: caf\xE9 \xFF\r\n");
    assert_int_equal(view_add_text(&view, PART_HEADER, head, (struct span){head.p + 12, 4}), FAIL_OK);
    assert_int_equal(view_add_text(&view, PART_HEADER, head, (struct span){head.p + 26, 6}), FAIL_OK);
    assert_int_equal(view.n_seg, 2);
    size_t start, end;
    view_source(&view, &view.seg[1], view.seg[1].view_start, view.seg[1].view_end, &start, &end);
    assert_int_equal(start, 26);
    assert_int_equal(end, 32);
}

/* Every single byte of a view maps into its segment, in order, and the whole maps to the whole. */
static void test_every_offset(void **state)
{
    (void)state;
    read_json("[\"\\u00e9\\ud83d\\ude00\\\\n&#233;&#x;\\\\x41\\\\u00e9\\\\\\\"q\\\\x\\t\xE4\xB8\xAD\\\\ud83d\\\\n\"]");
    assert_map(&view);
    for (size_t k = 0; k < view.n_seg; k++) {
        const struct segment *s = &view.seg[k];
        size_t start, end;
        view_source(&view, s, s->view_start, s->view_end, &start, &end);
        assert_int_equal(start, s->src_start);
        assert_int_equal(end, s->src_end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments), cmocka_unit_test(test_escapes), cmocka_unit_test(test_characters_are_not_cut),
        cmocka_unit_test(test_second_reading), cmocka_unit_test(test_other_escapes), cmocka_unit_test(test_one_reading_is_enough), cmocka_unit_test(test_path),
        cmocka_unit_test(test_headers), cmocka_unit_test(test_every_offset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
