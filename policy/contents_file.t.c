/* Long files in base64: accounted for where they stand, like shorter ones, but without a copy. */
#include "policy/contents.h"
#include "core/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#define SIZE 1000000u

static struct world {
    struct conf conf;
    struct ruleset *rules;
    struct pack *pack;
    struct scanner *scanner;
    struct arena *arena;
    struct obuf body;
    struct judge_case c;
} w;

static int begin(void **state)
{
    static struct conf_rule rule = {.name = (char *)"else", .action = ACTION_FORWARD, .baa = -1, .inside = -1,
                                    .unknown_ids = -1, .unknown_endpoint = -1};
    struct why why = {{0}};
    (void)state;
    digest_init();
    w.conf.path = (char *)"test";
    w.conf.rules = &rule;
    w.conf.n_rules = 1;
    w.rules = ruleset_new(&w.conf, &why);
    w.pack = w.rules ? pack_compile(&w.conf, ruleset_class_names(w.rules), ruleset_class_count(w.rules), &why) : NULL;
    w.scanner = w.pack ? scanner_new(w.pack) : NULL;
    w.arena = arena_new(0);
    return w.scanner && w.arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    obuf_fini(&w.body);
    arena_free(w.arena);
    scanner_free(w.scanner);
    pack_free(w.pack);
    ruleset_free(w.rules);
    return 0;
}

/* `head`, then SIZE bytes that begin like `file`, in base64, then `tail`. The bytes are noise, or `text` again and again. */
static void judge_body(const char *head, struct span file, const char *text, const char *tail)
{
    char *bytes = malloc(SIZE);
    uint32_t x = 12345;
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = text ? text[i % strlen(text)] : (char)(x >> 24);
    }
    if (file.n) memcpy(bytes, file.p, file.n);
    obuf_reset(&w.body);
    obuf_str(&w.body, head);
    base64_put(&w.body, (struct span){bytes, SIZE}, false);
    obuf_str(&w.body, tail);
    free(bytes);
    arena_reset(w.arena);
    w.c = (struct judge_case){.route = route_of_api("openai.chat"), .body = obuf_span(&w.body), .conf = &w.conf,
                              .content_type = SPAN("application/json"), .arena = w.arena};
    assert_int_equal(judge_all(&w.c, w.scanner, w.rules), FAIL_OK);
}

static size_t code_size(void) { return (SIZE + 2) / 3 * 4; }

#define CHAT "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""

static void a_file_is_opaque_where_it_stands(void **state)
{
    static const struct { const char *head, *tail; struct span file; enum opaque_kind kind; } rows[] = {
        {CHAT "data:application/pdf;base64,", "\"}]}", SPAN("%PDF-1.7\n%\xe2\xe3\xcf\xd3"), OPAQUE_DOCUMENT},
        {CHAT, "\"}]}", SPAN("\x89PNG\r\n\x1a\n"), OPAQUE_IMAGE},
        {CHAT "x\"}],\"files\":[\"", "\",\"MRN 00482913\"]}", SPAN("PK\3\4"), OPAQUE_ARCHIVE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        judge_body(rows[i].head, rows[i].file, NULL, rows[i].tail);
        const struct contents *k = w.c.contents;
        assert_int_equal(k->n_opaque, 1);
        assert_int_equal(k->opaque[0].kind, rows[i].kind);
        assert_int_equal(k->opaque[0].start, strlen(rows[i].head));
        assert_int_equal(k->opaque[0].end, strlen(rows[i].head) + code_size());
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, code_size());
        assert_int_equal(w.c.verdict.coverage[PART_BODY].inspected, w.c.body.n - code_size());
        assert_true(scanner_view(w.scanner)->cap < SIZE / 4);   /* it was never there */
    }
}

static bool found(const char *type)
{
    for (size_t i = 0; i < w.c.findings.n; i++)
        if (strcmp(w.c.findings.f[i].type, type) == 0) return true;
    return false;
}

/* What begins like a file and is a text, or is more than the file, is read as anything else is. */
static void what_can_be_read_is_read(void **state)
{
    (void)state;
    judge_body(CHAT, SPAN_NONE, "Her SSN is 536-90-4399, the ward agreed. ", "\"}]}");
    assert_true(found("US_SSN"));
    assert_int_equal(w.c.contents->n_opaque, 0);
    judge_body(CHAT, SPAN("%PDF-"), "Her SSN is 536-90-4399, the ward agreed. ", "\"}]}");
    assert_true(found("US_SSN"));
    judge_body(CHAT, SPAN("\x89PNG\r\n\x1a\n"), NULL, " Her SSN is 536-90-4399.\"}]}");
    assert_true(found("US_SSN"));
    assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, code_size());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_opaque_where_it_stands),
        cmocka_unit_test(what_can_be_read_is_read),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
