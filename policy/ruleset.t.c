#include "policy/ruleset.h"
#include "policy/scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_page(void)
{
    FILE *f = fopen(CORDON_SOURCE_DIR "/docs/cordon.conf.5", "re");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* Error messages send the operator there for the names. */
static void man_page_has_every_type(void **state)
{
    (void)state;
    char *page = read_page();
    const char *klass, *source, *type;
    size_t n = 0;
    for (; (type = pack_builtin_type(n, &klass, &source)) != NULL; n++) {
        char item[80], last[80];
        snprintf(item, sizeof item, "\n.Cm %s ,\n", type);
        snprintf(last, sizeof last, "\n.Cm %s\n", type);
        if (strstr(page, item) == NULL && strstr(page, last) == NULL) fail_msg("docs/cordon.conf.5 does not list the type %s", type);
    }
    assert_true(n > 0);
    free(page);
}

/* The rule set, rules and patterns of the files that are shipped. */
static void shipped_examples(void **state)
{
    (void)state;
    static const char *const files[] = {"demo.yaml", "hospital.yaml"};
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[4096];
        struct why why;
        snprintf(path, sizeof path, "%s/conf/%s", CORDON_SOURCE_DIR, files[i]);
        struct conf *c = conf_load(path, &why);
        if (c == NULL) fail_msg("%s", why.text);
        struct ruleset *r = ruleset_new(c, &why);
        if (r == NULL) fail_msg("%s", why.text);
        free(c->cache_dir);   /* not to write to the machine's own cache */
        c->cache_dir = NULL;
        struct pack *p = pack_compile(c, ruleset_class_names(r), ruleset_class_count(r), &why);
        if (p == NULL) fail_msg("%s", why.text);
        pack_free(p);
        ruleset_free(r);
        conf_free(c);
    }
}

static void classes(void **state)
{
    (void)state;
    struct conf_class c[] = {{.name = (char[]){"study"}, .threshold = 0.5}, {.name = (char[]){"phi"}, .threshold = 0.4}};
    struct conf conf = {.path = (char[]){"x"}, .classes = c, .n_classes = 2};
    struct why why;
    struct ruleset *r = ruleset_new(&conf, &why);
    assert_non_null(r);
    assert_int_equal(ruleset_class_count(r), CLASS_BUILTIN + 1);
    assert_int_equal(ruleset_class_id(r, "phi"), CLASS_PHI);
    assert_int_equal(ruleset_class_id(r, "secret"), CLASS_SECRET);
    assert_int_equal(ruleset_class_id(r, "study"), CLASS_BUILTIN);
    assert_int_equal(ruleset_class_id(r, "any"), -1);
    assert_string_equal(ruleset_class_names(r)[CLASS_BUILTIN], "study");
    ruleset_free(r);
    ruleset_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(man_page_has_every_type), cmocka_unit_test(shipped_examples), cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
