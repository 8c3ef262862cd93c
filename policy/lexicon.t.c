/* Words and phrases: where they are found, and where they are not. */
#include "policy/lexicon.h"
#include "policy/view.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>

static struct lexicon *lexicon;
static struct marks marks;
static char text[4096 + VIEW_SLACK];

static const struct word_list built_in[] = {
    {WORDS(WORD_SSN), "ssn|social security|date of birth"}, {WORDS(WORD_CARD), "card|date"}, {0, NULL}};

static void add(const char *entry, bool ignore_case, uint32_t list)
{
    bool bad;
    assert_true(lexicon_add_entry(lexicon, span_str(entry), ignore_case, LEX_LIST, list, &bad));
}

static int setup(void **state)
{
    (void)state;
    lexicon = lexicon_new();
    if (lexicon == NULL || !lexicon_add_words(lexicon, built_in)) return -1;
    add("Project Falcon", true, 1);
    add("Project Falcon", true, 2);
    add("Acme Corp.", false, 3);
    add("C++", true, 4);
    add("@acme", true, 5);
    add("Mu\xC3\xB1oz", true, 6);
    add("4471-B", true, 7);
    add("PRJ 77", true, 8);
    return lexicon_finish(lexicon) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    lexicon_free(lexicon);
    marks_fini(&marks);
    return 0;
}

static size_t mark(const char *s)
{
    memset(text, 0, sizeof text);
    memcpy(text, s, strlen(s));
    assert_true(lexicon_mark(lexicon, text, strlen(s), &marks));
    return marks.n;
}

static bool has_list(uint32_t list)
{
    for (size_t i = 0; i < marks.n; i++) {
        uint32_t it = 0, number;
        while (lexicon_next(lexicon, &marks.m[i], LEX_LIST, &it, &number))
            if (number == list) return true;
    }
    return false;
}

static bool found(const char *s, uint32_t list)
{
    mark(s);
    return has_list(list);
}

static void test_built_in(void **state)
{
    (void)state;
    mark("the SSN of");
    assert_int_equal(marks.seen, WORDS(WORD_SSN));
    assert_int_equal(marks.m[0].start, 4);
    assert_int_equal(marks.m[0].end, 7);
    static const char *const birth[] = {"Date of Birth", "date_of_birth", "date-of-birth", "dateOfBirth",
                                        "patientDateOfBirth2", "DATE  OF\nBIRTH"};
    for (size_t i = 0; i < COUNT(birth); i++) {
        mark(birth[i]);
        assert_true(marks.seen & WORDS(WORD_SSN));
    }
    static const char *const none[] = {"assn", "ssns", "date of bir", "birth of date", "social\x1fsecurity",
                                       "date .... of birth"};
    for (size_t i = 0; i < COUNT(none); i++) {
        mark(none[i]);
        assert_false(marks.seen & WORDS(WORD_SSN));
    }
}

static void test_operators_entries(void **state)
{
    (void)state;
    assert_true(found("about project FALCON now", 1));
    assert_true(has_list(2));
    assert_true(found("project\n  falcon", 1));
    assert_false(found("project-falcon", 1));
    assert_false(found("project falcons", 1));
    assert_false(found("subproject falcon", 1));
    assert_true(found("by Acme Corp. today", 3));
    assert_false(found("by acme corp. today", 3));
    assert_false(found("by Acme Corp today", 3));
    assert_true(found("in c++ or", 4));
    assert_false(found("in c or", 4));
    assert_true(found("mail @Acme", 5));
    assert_false(found("mail acme", 5));
    assert_true(found("Sra. MU\xC3\x91OZ", 6));
    assert_false(found("Sra. Munoz", 6));
    assert_true(found("x 4471-b.", 7));
    assert_false(found("14471-b", 7));
    assert_true(found("(prj 77)", 8));
    assert_false(found("prj 777", 8));
}

static void test_unusable(void **state)
{
    (void)state;
    struct lexicon *l = lexicon_new();
    bool bad = false;
    static char long_word[300];
    memset(long_word, 'a', sizeof long_word - 1);
    assert_false(lexicon_add_entry(l, SPAN("***"), true, LEX_LIST, 0, &bad));
    assert_true(bad);
    assert_false(lexicon_add_entry(l, span_str(long_word), true, LEX_LIST, 0, &bad));
    assert_true(bad);
    lexicon_free(l);
}

/* Words may lie across the blocks that the walk reads at once. */
static void test_every_offset(void **state)
{
    (void)state;
    for (size_t at = 0; at < 70; at++) {
        char line[128];
        snprintf(line, sizeof line, "%*sproject falcon", (int)at, "");
        assert_true(found(line, 1));
        assert_int_equal(marks.m[0].start, at);
        snprintf(line, sizeof line, "%.*s ssn", (int)at,
                 "xyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzy");
        mark(line);
        assert_int_equal(marks.seen, WORDS(WORD_SSN));
    }
}

static void test_near(void **state)
{
    (void)state;
    mark("card .......... ssn");
    assert_true(marks_near(lexicon, &marks, WORDS(WORD_CARD), 0, 10));
    assert_false(marks_near(lexicon, &marks, WORDS(WORD_CARD), 1, 30));
    assert_true(marks_near(lexicon, &marks, WORDS(WORD_SSN), 5, 19));
    assert_false(marks_near(lexicon, &marks, WORDS(WORD_SSN), 5, 18));
}

static void test_many(void **state)
{
    (void)state;
    struct lexicon *l = lexicon_new();
    char word[32];
    bool bad;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(word, sizeof word, "client number %u", i * 7);
        assert_true(lexicon_add_entry(l, span_str(word), true, LEX_LIST, i, &bad));
    }
    assert_true(lexicon_finish(l));
    memset(text, 0, sizeof text);
    memcpy(text, "for Client Number 70007.", 24);
    assert_true(lexicon_mark(l, text, 24, &marks));
    uint32_t it = 0, number = 0;
    assert_int_equal(marks.n, 1);
    assert_true(lexicon_next(l, &marks.m[0], LEX_LIST, &it, &number));
    assert_int_equal(number, 10001);
    lexicon_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in), cmocka_unit_test(test_operators_entries), cmocka_unit_test(test_unusable),
        cmocka_unit_test(test_every_offset), cmocka_unit_test(test_near), cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
