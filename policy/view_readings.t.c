/* Other readings: what each undoes, that it is made only where there is a reason, and that each byte of one leads back. */
#include "policy/view.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "policy/view_map.t.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static struct view view;

static int teardown(void **state)
{
    (void)state;
    view_fini(&view);
    return 0;
}

static void read_text(struct span text)
{
    view_reset(&view);
    assert_int_equal(view_add_text(&view, PART_BODY, text, text), FAIL_OK);
}

/* The source of `value` in any other reading, or none. */
static struct span found_again(const char *value)
{
    for (size_t i = 1; i < view.n_seg; i++) {
        const struct segment *s = &view.seg[i];
        const char *hit = memmem(view.p + s->view_start, s->view_end - s->view_start, value, strlen(value));
        size_t start, end;
        if (hit == NULL) continue;
        view_source(&view, s, (size_t)(hit - view.p), (size_t)(hit - view.p) + strlen(value), &start, &end);
        return (struct span){view.part[PART_BODY].p + start, end - start};
    }
    return SPAN_NONE;
}

static const struct {
    const char *text, *value, *source;
} cases[] = {
    /* folded */
    {"M\u200bR\u200bN \uff11\uff12\uff13-45-678", "MRN 123-45-678", "M\u200bR\u200bN \uff11\uff12\uff13-45-678"},
    {"J\u0430ne D\u03bfe", "Jane Doe", "J\u0430ne D\u03bfe"},
    {"536\u00ad-90-\u00ad4399", "536-90-4399", "536\u00ad-90-\u00ad4399"},
    {"536\u201390\u20134399", "536-90-4399", "536\u201390\u20134399"},
    {"\u202e536-90-4399\u202c", "536-90-4399", "536-90-4399"},
    {"J\u0301a\u0307ne", "Jane", "J\u0301a\u0307ne"},
    {"SSN\u00a0536\u2009\u200a90\u20034399", "SSN 536  90 4399", "SSN\u00a0536\u2009\u200a90\u20034399"},
    {"\U0001d409\U0001d41a\U0001d427\U0001d41e", "Jane", "\U0001d409\U0001d41a\U0001d427\U0001d41e"},
    {"\uff2a\uff41\uff4e\uff45\uff20example.org", "Jane@example.org", "\uff2a\uff41\uff4e\uff45\uff20example.org"},
    {"\u0665\u0663\u0666-\u0669\u0660-\u0664\u0663\u0669\u0669", "536-90-4399", "\u0665\u0663\u0666-\u0669\u0660-\u0664\u0663\u0669\u0669"},
    {"M\U000e0052R\ufe0fN", "MRN", "M\U000e0052R\ufe0fN"},
    {"\u24d2ase \u2460\u2461", "case 12", "\u24d2ase \u2460\u2461"},
    {"\u0405\u0405\u039d 1", "SSN 1", "\u0405\u0405\u039d 1"},
    {"Jos\u00e9 M\u200bR", "Jose MR", "Jos\u00e9 M\u200bR"},
    /* character references and quoted-printable */
    {"&#77;&#x52;N &#49;2", "MRN 12", "&#77;&#x52;N &#49;2"},
    {"jane&commat;example&period;org", "jane@example.org", "jane&commat;example&period;org"},
    {"M&shy;R&zwj;N", "MRN", "M&shy;R&zwj;N"},
    {"&#77&#82&#x4e 12", "MRN 12", "&#77&#82&#x4e 12"},
    {"\\x4d\\x52N 12", "MRN 12", "\\x4d\\x52N 12"},
    {"=4D=52=4E 12", "MRN 12", "=4D=52=4E 12"},
    {"536-90-=\r\n4399", "536-90-4399", "536-90-=\r\n4399"},
    {"jane=40example=2Eorg", "jane@example.org", "jane=40example=2Eorg"},
    {"href=3D\"/Jane=20Doe\"", "\"/Jane Doe", "\"/Jane=20Doe"},
    {"Jos=C3=A9 was here", "Jos\u00e9 was", "Jos=C3=A9 was"},
    /* percent and backslash, and one in another */
    {"name=Jane%20Doe", "Jane Doe", "Jane%20Doe"},
    {"a\\nJane\\u0020Doe", "Jane Doe", "Jane\\u0020Doe"},
    {"\\u0026#77;\\u0026#82;N", "MRN", "\\u0026#77;\\u0026#82;N"},
    {"Jan%C2%ADe", "Jane", "Jan%C2%ADe"},
    {"&#65325;&#65330;&#65326;", "MRN", "&#65325;&#65330;&#65326;"},
    /* spaced */
    {"5 3 6 - 9 0 - 4 3 9 9", "536-90-4399", "5 3 6 - 9 0 - 4 3 9 9"},
    {"call 5.5.5.0.1.0.0 now", "5550100", "5.5.5.0.1.0.0"},
    {"J a n e   D o e   1 2", "Jane   Doe   12", "J a n e   D o e   1 2"},
    {"\uff15 \uff13 \uff16 \uff19 \uff10 \uff14 \uff13 \uff19", "53690439", "\uff15 \uff13 \uff16 \uff19 \uff10 \uff14 \uff13 \uff19"},
};

static void each_is_undone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        read_text(span_str(cases[i].text));
        struct span got = found_again(cases[i].value);
        if (!span_is(got, cases[i].source))
            fail_msg("%s: %s is at \"%.*s\", not \"%s\"", cases[i].text, cases[i].value, (int)got.n, got.p ? got.p : "", cases[i].source);
    }
}

/* Texts of every day have one reading. */
static void no_reason_no_reading(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "The patient was seen on 4 May.", "Ren\u00e9e\u2019s caf\u00e9 \u2014 \u201cgood\u201d \u2026 25\u00a0",
        "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440", "\u4f60\u597d\uff0c\u4e16\u754c", "a=1&b=2&c=3", "if (a & b) x = 12; y &= 3;",
        "AT&T and R&D; a & b;", "C:\\dir\\file", "100% of 20%", "1, 2, 3, 4, 5, 6, 7", "U.S.A. and e.g. this", "x == 10 && y == 20", "account_id=2116 account_id=41846264", "a=AB&b=CD", "VGhlIHF1aWNrIGJyb3duIGZveA=\nmore", "VGhlIHF1aWNrIGJyb3duIA==\nmore", "x =\n 3",
        "\u03b1 + \u03b2 = \u03b3", "\u0395\u03bb\u03bb\u03ac\u03b4\u03b1", "pages 12 \u2013 15",
    };
    for (size_t i = 0; i < COUNT(plain); i++) {
        struct span s = span_str(plain[i]);
        if (i == 1 || i == 3) s.n -= i == 1 ? 2 : 0;
        read_text(s);
        bool wide = i == 3;   /* the full-width comma of Chinese text */
        if (view.n_seg != (wide ? 2u : 1u)) fail_msg("\"%s\" has %zu readings", plain[i], view.n_seg);
    }
}

/* In a long text only the surroundings are read again, so that the cost is that of the reasons. */
static void a_long_text_is_read_in_part(void **state)
{
    (void)state;
    enum { N = 200000 };
    char *text = malloc(N);
    assert_non_null(text);
    for (size_t i = 0; i < N; i++) text[i] = i % 7 == 6 ? ' ' : 'a';
    static const char value[] = "536\u00ad-90-\u00ad4399";
    memcpy(text + 70000, value, sizeof value - 1);
    memcpy(text + 150000, value, sizeof value - 1);
    read_text((struct span){text, N});
    assert_int_equal(view.n_seg, 3);
    assert_in_range(view.n, N, N + 1200);
    struct span got = found_again("536-90-4399");
    assert_int_equal(got.p - text, 70000);
    assert_int_equal(got.n, sizeof value - 1);
    free(text);
}

/* A text that is nothing but reasons is read again once for each way, not once for each reason. */
static void reasons_everywhere_cost_once(void **state)
{
    (void)state;
    static const char *const piece[] = {"\u200b", "&#65;", "=41", "\\n", "%41", "a ", "\u0430a "};
    enum { N = 140000 };
    char *text = malloc(N + 16);
    assert_non_null(text);
    for (size_t i = 0; i < COUNT(piece); i++) {
        size_t n = 0;
        while (n < N) n += (size_t)sprintf(text + n, "%s", piece[i]);
        read_text((struct span){text, n});
        assert_in_range(view.n, n, n * 6);
    }
    free(text);
}

/* Any mixture: offsets lead back in order, and from anywhere as from the start. */
static void every_offset_leads_back(void **state)
{
    (void)state;
    static const char *const piece[] = {"\u200b", "&#65;", "&shy;", "=41", "=\n", "\\n", "\\u0041", "%41", "a", " ", "1 2 3 4 5 6", "\u0430", "\uff21",
                                        "\xC3", "\x80", "\u00bd", "\U0001d409", "&", "=", "\\", "%", "-", "\u00e9", "\u0301"};
    uint32_t seed = 7;
    char text[256];
    for (int round = 0; round < 400; round++) {
        size_t n = 0;
        while (n < 60) {
            seed = seed * 1664525u + 1013904223u;
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", piece[(seed >> 16) % COUNT(piece)]);
        }
        read_text((struct span){text, n});
        assert_map(&view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_undone), cmocka_unit_test(no_reason_no_reading), cmocka_unit_test(a_long_text_is_read_in_part),
        cmocka_unit_test(reasons_everywhere_cost_once), cmocka_unit_test(every_offset_leads_back),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
