/* The bookkeeping that every encoder stands on. */
#include "wire/answer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct id_key key = {{1, 2, 3}};
static struct conv conv;

static struct answer answer_of(uint32_t n, const char *notice)
{
    conv = (struct conv){.n_choices = n};
    return (struct answer){.id = "01J", .id_key = &key, .conv = &conv, .notice = notice, .class_mask = 5};
}

static struct conv_event of(uint32_t choice, enum conv_event_kind kind)
{
    return (struct conv_event){.kind = kind, .choice = choice};
}

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void numbers_of_choices_are_bounded(void **state)
{
    (void)state;
    static const struct { uint32_t given, want; } rows[] = {{0, 1}, {1, 1}, {8, 8}, {9, 8}, {UINT32_MAX, 8}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a = answer_of(rows[i].given, NULL);
        struct conv_event beyond = of(UINT32_MAX, EV_TEXT), first = of(0, EV_TEXT);
        assert_int_equal(answer_n_choices(&a), rows[i].want);
        assert_ptr_equal(answer_choice_of(&a, &beyond), &a.choice[rows[i].want - 1]);
        assert_ptr_equal(answer_choice_of(&a, &first), &a.choice[0]);
    }
    struct answer none = {.id = "x"};
    assert_int_equal(answer_n_choices(&none), 1);
}

static void ends_with_the_last_choice(void **state)
{
    (void)state;
    struct answer a = answer_of(2, NULL);
    struct conv_event e = of(1, EV_END);
    e.stop = STOP_LENGTH;
    e.prompt_tokens = 7;
    e.completion_tokens = 3;
    e.reasoning_tokens = 1;
    assert_false(answer_choice_ended(&a, &e));
    assert_false(answer_choice_ended(&a, &e));   /* counted once */
    e.choice = 0;
    e.stop = STOP_STRING;
    assert_true(answer_choice_ended(&a, &e));
    assert_int_equal(a.prompt_tokens, 7);
    assert_int_equal(a.completion_tokens, 6);
    assert_int_equal(a.reasoning_tokens, 2);
    assert_int_equal(a.choice[1].stop, STOP_LENGTH);
    assert_int_equal(a.choice[0].stop, STOP_STRING);
    assert_false(answer_choice_ended(&a, &e));
}

static void the_notice_comes_before_the_text(void **state)
{
    (void)state;
    struct answer a = answer_of(1, "Kept.");
    struct answer_choice *c = &a.choice[0];
    ASSERT_IS(answer_add_text(&a, c, SPAN_NONE), "");
    ASSERT_IS(answer_add_text(&a, c, SPAN("a")), "Kept.\n\na");
    ASSERT_IS(answer_add_text(&a, c, SPAN("b")), "b");
    ASSERT_IS(answer_notice_left(&a, c), "");
    ASSERT_IS(obuf_span(&c->text), "Kept.\n\nab");
    answer_fini(&a);
}

/* Told at once, or alone before a tool call, it is set off from what follows. */
static void the_notice_may_stand_alone(void **state)
{
    (void)state;
    struct answer a = answer_of(1, "Kept.");
    struct answer_choice *c = &a.choice[0];
    ASSERT_IS(answer_notice_left(&a, c), "Kept.");
    ASSERT_IS(answer_notice_left(&a, c), "");
    ASSERT_IS(answer_add_text(&a, c, SPAN("a")), "\n\na");
    ASSERT_IS(answer_add_text(&a, c, SPAN("b")), "b");
    ASSERT_IS(obuf_span(&c->text), "Kept.\n\nab");
    answer_fini(&a);
}

static void no_notice_is_no_text(void **state)
{
    (void)state;
    struct answer a = answer_of(1, NULL);
    ASSERT_IS(answer_notice_left(&a, &a.choice[0]), "");
    ASSERT_IS(answer_add_text(&a, &a.choice[0], SPAN("a")), "a");
    answer_fini(&a);
    static const enum conv_format formats[] = {FORMAT_JSON, FORMAT_SCHEMA};
    for (size_t i = 0; i < COUNT(formats); i++) {
        a = answer_of(1, "Kept.");
        conv.format = formats[i];
        ASSERT_IS(answer_notice_left(&a, &a.choice[0]), "");
        ASSERT_IS(answer_add_text(&a, &a.choice[0], SPAN("{}")), "{}");
        answer_fini(&a);
    }
}

static void ids_are_local_and_can_be_told_again(void **state)
{
    (void)state;
    struct answer a = answer_of(1, NULL);
    struct obuf one = {0}, two = {0}, again = {0};
    uint32_t classes = 0;
    assert_int_equal(answer_id(&a, "msg_", &one), 0);
    assert_int_equal(answer_id(&a, "msg_", &two), 1);
    answer_id_again(&a, "msg_", 0, &again);
    assert_true(span_eq(obuf_span(&one), obuf_span(&again)));
    assert_false(span_eq(obuf_span(&one), obuf_span(&two)));
    assert_true(span_starts(obuf_span(&one), SPAN("msg_")));
    assert_true(local_id_read(&key, obuf_span(&two), &classes));
    assert_int_equal(classes, 5);
    obuf_fini(&one);
    obuf_fini(&two);
    obuf_fini(&again);
}

static void says_when_a_buffer_is_lost(void **state)
{
    (void)state;
    struct answer a = answer_of(2, NULL);
    assert_true(answer_ok(&a));
    a.choice[1].calls.bad = true;
    assert_false(answer_ok(&a));
    answer_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_choices_are_bounded),
        cmocka_unit_test(ends_with_the_last_choice),
        cmocka_unit_test(the_notice_comes_before_the_text),
        cmocka_unit_test(the_notice_may_stand_alone),
        cmocka_unit_test(no_notice_is_no_text),
        cmocka_unit_test(ids_are_local_and_can_be_told_again),
        cmocka_unit_test(says_when_a_buffer_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
