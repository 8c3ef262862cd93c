/* The filters, each at every split point: where a model's tokens end must never change the answer. */
#include "localmodel/engine_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect(struct obuf *got, const char *want, const char *what)
{
    if (got->n != strlen(want) || (got->n && memcmp(got->p, want, got->n) != 0))
        fail_msg("%s: got \"%.*s\", want \"%s\"", what, (int)got->n, got->p ? got->p : "", want);
    obuf_fini(got);
}

static void utf8_case(const char *in, const char *want)
{
    size_t n = strlen(in);
    for (size_t cut = 0; cut <= n; cut++) {
        struct utf8_filter u = {0};
        struct obuf out = {0};
        utf8_feed(&u, (struct span){in, cut}, &out);
        utf8_feed(&u, (struct span){in + cut, n - cut}, &out);
        utf8_finish(&u, &out);
        expect(&out, want, in);
    }
}

static void test_utf8(void **state)
{
    (void)state;
    utf8_case("plain", "plain");
    utf8_case("g\xc3\xbcl \xe2\x82\xac \xf0\x9f\x98\x80", "g\xc3\xbcl \xe2\x82\xac \xf0\x9f\x98\x80");
    utf8_case("a\xff" "b", "a\xef\xbf\xbd" "b");
    utf8_case("a\xe2\x82", "a\xef\xbf\xbd");                             /* cut short */
    utf8_case("a\xe2\x82" "b", "a\xef\xbf\xbd" "b");
    utf8_case("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                   /* overlong */
    utf8_case("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");   /* a surrogate */
    utf8_case("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    utf8_case("\xe2\xc3\xbc", "\xef\xbf\xbd\xc3\xbc");
}

static void test_utf8_gives_only_whole_characters(void **state)
{
    (void)state;
    struct utf8_filter u = {0};
    struct obuf out = {0};
    utf8_feed(&u, SPAN("\xf0\x9f\x98"), &out);
    assert_int_equal(out.n, 0);
    utf8_feed(&u, SPAN("\x80"), &out);
    expect(&out, "\xf0\x9f\x98\x80", "held");
}

static bool begins_inside_character(const char *p) { return ((unsigned char)*p & 0xc0) == 0x80; }

static void think_case(bool inside, const char *in, const char *want, const char *thought)
{
    size_t n = strlen(in);
    for (size_t cut = 0; cut <= n; cut++) {
        struct think_filter t;
        struct obuf out = {0}, told = {0};
        if (begins_inside_character(in + cut)) continue;
        think_init(&t, "<think>", "</think>", inside);
        think_feed(&t, (struct span){in, cut}, &out, &told);
        if (told.n) assert_false(begins_inside_character(thought + told.n));
        think_feed(&t, (struct span){in + cut, n - cut}, &out, &told);
        think_finish(&t, &out, &told);
        think_fini(&t);
        expect(&out, want, in);
        expect(&told, thought, in);
    }
}

static void test_think(void **state)
{
    (void)state;
    think_case(false, "Hello there", "Hello there", "");
    think_case(false, "<think>hm, what?</think>\n\nHello", "Hello", "hm, what?");
    think_case(false, "\n<think>\n</think>Hello </think> x", "Hello </think> x", "");
    think_case(false, "<thin air>", "<thin air>", "");
    think_case(false, "  <thi", "  <thi", "");
    think_case(false, "a <think>b</think>", "a <think>b</think>", "");       /* only at the begin */
    think_case(false, "<think>never ends", "", "never ends");
    think_case(true, "well </thi nk></think>  Yes", "Yes", "well </thi nk>");
    think_case(true, "\n\xc3\xbc \n b \xe2\x82\xac\n</think>Yes", "Yes", "\xc3\xbc \n b \xe2\x82\xac");
    think_case(true, "cut <", "", "cut <");
    think_case(true, "", "", "");
}

static void test_think_without_marks_passes_all(void **state)
{
    (void)state;
    struct think_filter t;
    struct obuf out = {0};
    think_init(&t, "", NULL, true);
    think_feed(&t, SPAN("<think>x"), &out, NULL);
    expect(&out, "<think>x", "no marks");
    think_fini(&t);
}

static void stop_case(const char *in, const char *want, const char *hit)
{
    const char *stops[] = {"STOP", "\n\n", "TO"};
    size_t n = strlen(in);
    for (size_t cut = 0; cut <= n; cut++) {
        struct stop_filter s;
        struct obuf out = {0};
        stop_init(&s, stops, COUNT(stops));
        stop_feed(&s, (struct span){in, cut}, &out);
        stop_feed(&s, (struct span){in + cut, n - cut}, &out);
        stop_finish(&s, &out);
        assert_int_equal(s.hit, hit != NULL);
        if (hit) assert_string_equal(stops[s.which], hit);
        stop_fini(&s);
        expect(&out, want, in);
    }
}

static void test_stops(void **state)
{
    (void)state;
    stop_case("nothing", "nothing", NULL);
    stop_case("a STO b", "a S", "TO");
    stop_case("a STOP", "a S", "TO");                                    /* the one that is complete first */
    stop_case("a S b", "a S b", NULL);
    stop_case("one\n\ntwo", "one", "\n\n");
    stop_case("one\n", "one\n", NULL);
    stop_case("S", "S", NULL);
    stop_case("\n\n", "", "\n\n");
}

static void test_stop_drops_what_follows(void **state)
{
    (void)state;
    const char *stops[] = {"."};
    struct stop_filter s;
    struct obuf out = {0};
    stop_init(&s, stops, 1);
    stop_feed(&s, SPAN("one. two"), &out);
    stop_feed(&s, SPAN("three"), &out);
    stop_finish(&s, &out);
    stop_fini(&s);
    expect(&out, "one", "after a stop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_utf8_gives_only_whole_characters),
        cmocka_unit_test(test_think),
        cmocka_unit_test(test_think_without_marks_passes_all),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_stop_drops_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
