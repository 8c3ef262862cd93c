/* The operator's part of a pack, its errors, its digest, and the cache on disk. */
#include "policy/pack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const classes[] = {"phi", "pii", "privileged", "financial", "secret", "projects"};
static struct arena *arena;
static struct findings found;
static char folder[] = "/tmp/cordon-pack-XXXXXX";

static int setup(void **state)
{
    (void)state;
    digest_init();
    arena = arena_new(0);
    return arena && mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char path[PATH_MAX];
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    if (d) closedir(d);
    rmdir(folder);
    arena_free(arena);
    return 0;
}

/* All built-in types but one are off, unless a test says what is: the pack compiles faster. */
static struct pack *compile(struct conf *conf, struct why *why)
{
    char *off[128];
    size_t n = 0;
    const char *klass, *source, *type;
    for (size_t i = 0; (type = pack_builtin_type(i, &klass, &source)) != NULL && n < COUNT(off); i++)
        if (strcmp(type, "US_SSN") != 0) off[n++] = (char *)(uintptr_t)type;
    conf->path = (char *)"test.yaml";
    if (conf->n_disabled_types == 0) conf->disabled_types = off, conf->n_disabled_types = n;
    struct pack *p = pack_compile(conf, classes, COUNT(classes), why);
    if (conf->disabled_types == off) conf->disabled_types = NULL, conf->n_disabled_types = 0;
    return p;
}

static struct pack *compile_all(struct conf *conf, struct why *why)
{
    conf->path = (char *)"test.yaml";
    return pack_compile(conf, classes, COUNT(classes), why);
}

static struct pack *compile_ok(struct conf *conf)
{
    struct why why = {{0}};
    struct pack *p = compile(conf, &why);
    if (p == NULL) fail_msg("%s", why.text);
    return p;
}

static enum fail look_fail(const struct pack *p, const char *text)
{
    struct scanner *s = scanner_new(p);
    struct view *v = scanner_view(s);
    arena_reset(arena);
    view_reset(v);
    assert_int_equal(view_add_text(v, PART_BODY, span_str(text), span_str(text)), FAIL_OK);
    enum fail f = scan(s, v, arena, &found);
    scanner_free(s);
    return f;
}

/* The score of the first finding of `type`, or 0; its source text must be `expected`. */
static float look(const struct pack *p, const char *text, const char *type, const char *expected)
{
    assert_int_equal(look_fail(p, text), FAIL_OK);
    for (size_t i = 0; i < found.n; i++) {
        const struct finding *f = &found.f[i];
        if (strcmp(f->type, type) != 0) continue;
        if (expected != NULL) assert_true(span_is((struct span){text + f->start, f->end - f->start}, expected));
        return f->score;
    }
    return 0;
}

static struct conf_pattern pattern(const char *regex)
{
    return (struct conf_pattern){.type = (char *)"BADGE", .klass = (char *)"projects", .regex = (char *)regex,
                                 .score = 0.8};
}

static float look_once(const char *regex, const char *text, const char *expected)
{
    struct conf_pattern one = pattern(regex);
    struct conf conf = {.patterns = &one, .n_patterns = 1};
    struct pack *p = compile_ok(&conf);
    float score = look(p, text, "BADGE", expected);
    pack_free(p);
    return score;
}

static void test_patterns(void **state)
{
    (void)state;
    assert_true(look_once("BX-\\d{4,6}\\b", "see BX-48211, please", "BX-48211") > 0.79f);
    assert_int_equal(found.f[0].klass, 5);
    assert_string_equal(found.f[0].via, "pattern");
    assert_true(look_once("BX-\\d{4,6}\\b", "see bx-48211, please", NULL) == 0);
    assert_true(look_once("(?i)(bx)-(\\d+)", "see bx-48211, please", "bx-48211") > 0);
    /* what Hyperscan knows only in part, or not at all, is PCRE2's */
    assert_true(look_once("(?<=No\\. )\\d{5}(?!\\d)", "No. 48211", "48211") > 0);
    assert_true(look_once("(?<=No\\. )\\d{5}(?!\\d)", "No. 482119", NULL) == 0);
    assert_true(look_once("([A-Z])\\1{3}", "xx QQQQ", "QQQQ") > 0);
    assert_true(look_once("^BX\\d+$", "BX12", "BX12") > 0);
    assert_true(look_once("^BX\\d+$", "a BX12", NULL) == 0);
    assert_true(look_once("M\xC3\xBCller", "Frau M\xC3\xBCller", "M\xC3\xBCller") > 0);
    assert_true(look_once("gr[\xC3\xBC\xC3\xA9]n", "ein gr\xC3\xBCn \xFF", "gr\xC3\xBCn") > 0);
    assert_true(look_once("BX.{1,3000}YY", "BX and YY", "BX and YY") > 0);
}

static void test_context(void **state)
{
    (void)state;
    char *words[] = {(char *)"badge", (char *)"access card"};
    struct conf_pattern one = pattern("\\b\\d{5}\\b");
    one.context = words, one.n_context = 2, one.context_required = true;
    struct conf conf = {.patterns = &one, .n_patterns = 1};
    struct pack *p = compile_ok(&conf);
    assert_true(look(p, "Badge: 48211", "BADGE", "48211") > 0.79f);
    assert_true(look(p, "ACCESS  card of Ann, 48211", "BADGE", "48211") > 0.79f);
    assert_true(look(p, "number 48211", "BADGE", NULL) == 0);
    pack_free(p);
    one.context_required = false;
    p = compile_ok(&conf);
    float without = look(p, "number 48211", "BADGE", "48211"), with = look(p, "badge 48211", "BADGE", "48211");
    assert_true(without > 0.79f && with > without);
    pack_free(p);
}

static void test_validator(void **state)
{
    (void)state;
    struct conf_pattern one = pattern("\\bL\\d{10}\\b");
    one.validator = (char *)"luhn";
    struct conf conf = {.patterns = &one, .n_patterns = 1};
    struct pack *p = compile_ok(&conf);
    assert_true(look(p, "L0000000018", "BADGE", "L0000000018") > 0);
    assert_true(look(p, "L0000000019", "BADGE", NULL) == 0);
    pack_free(p);
}

static void test_limits_fail_the_scan(void **state)
{
    (void)state;
    struct conf_pattern one = pattern("(?:a|aa)+(?<=ab)");
    struct conf conf = {.patterns = &one, .n_patterns = 1};
    struct pack *p = compile_ok(&conf);
    char text[2048];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    assert_int_equal(look_fail(p, text), FAIL_INSPECT_LIMIT);
    assert_int_equal(found.n, 0);
    pack_free(p);
}

static void assert_refused(struct conf *conf, const char *const *parts)
{
    struct why why = {{0}};
    assert_null(compile(conf, &why));
    for (; *parts; parts++)
        if (strstr(why.text, *parts) == NULL) fail_msg("\"%s\" does not say %s", why.text, *parts);
}
#define assert_pattern_refused(one, ...)                                                                               \
    do {                                                                                                               \
        struct conf bad = {.patterns = &(one), .n_patterns = 1};                                                       \
        assert_refused(&bad, (const char *const[]){"BADGE", __VA_ARGS__, NULL});                                       \
    } while (0)

static void test_errors_say_what_and_where(void **state)
{
    (void)state;
    struct conf_pattern one = pattern("BX-(\\d{4");
    assert_pattern_refused(one, "missing closing parenthesis", "offset 8");
    one = pattern("a*");
    assert_pattern_refused(one, "empty string");
    one = pattern("BX");
    one.validator = (char *)"mod10";
    assert_pattern_refused(one, "mod10", "luhn");
    one = pattern("BX");
    one.klass = (char *)"nowhere";
    assert_pattern_refused(one, "nowhere");
    one = pattern("BX");
    one.context_required = true;
    assert_pattern_refused(one, "context_required");
    char *off[] = {(char *)"NO_SUCH_TYPE"};
    struct conf conf = {.disabled_types = off, .n_disabled_types = 1};
    assert_refused(&conf, (const char *const[]){"NO_SUCH_TYPE", NULL});
    char *words[] = {(char *)"ok", (char *)"--"};
    struct conf_words list = {.type = (char *)"LIST", .klass = (char *)"pii", .words = words, .n_words = 2,
                              .score = 0.8};
    conf = (struct conf){.word_lists = &list, .n_word_lists = 1};
    assert_refused(&conf, (const char *const[]){"LIST", "entry 2", NULL});
    list = (struct conf_words){.type = (char *)"LIST", .klass = (char *)"pii", .file = (char *)"/nonexistent/words",
                               .score = 0.8};
    assert_refused(&conf, (const char *const[]){"/nonexistent/words", NULL});
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_word_lists(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/words.txt", folder);
    write_text(path, "\xEF\xBB\xBFProject Falcon\r\n# a comment\n\nM\xC3\xBCller & S\xC3\xB6hne\n"
                     "\xE6\x82\xA3\xE8\x80\x85\n");
    char *inline_words[] = {(char *)"Bluebird"};
    struct conf_words lists[] = {
        {.type = (char *)"CODE_NAME", .klass = (char *)"projects", .file = path, .score = 0.9, .ignore_case = true},
        {.type = (char *)"EXACT", .klass = (char *)"pii", .words = inline_words, .n_words = 1, .score = 0.7,
         .ignore_case = false},
    };
    struct conf conf = {.word_lists = lists, .n_word_lists = 2};
    struct pack *p = compile_ok(&conf);
    assert_true(look(p, "on PROJECT falcon.", "CODE_NAME", "PROJECT falcon") > 0.89f);
    assert_string_equal(found.f[0].via, "word_list");
    assert_true(look(p, "by m\xC3\x9Cller & s\xC3\xB6hne", "CODE_NAME", "m\xC3\x9Cller & s\xC3\xB6hne") > 0);
    assert_true(look(p, "\xE5\x90\x8D\xE6\x82\xA3\xE8\x80\x85\xE5\x90\x8D", "CODE_NAME",
                     "\xE6\x82\xA3\xE8\x80\x85") > 0);
    assert_true(look(p, "project falconry", "CODE_NAME", NULL) == 0);
    assert_true(look(p, "a comment", "CODE_NAME", NULL) == 0);
    assert_true(look(p, "Bluebird", "EXACT", "Bluebird") > 0.69f);
    assert_true(look(p, "bluebird", "EXACT", NULL) == 0);
    char first[65];
    memcpy(first, pack_digest(p), sizeof first);
    pack_free(p);
    write_text(path, "Project Falcon\n");
    p = compile_ok(&conf);
    assert_string_not_equal(first, pack_digest(p));
    pack_free(p);
}

static void test_disabled(void **state)
{
    (void)state;
    char *off[] = {(char *)"EMAIL_ADDRESS", (char *)"PATIENT_CONTEXT", (char *)"PERSON"};
    struct conf conf = {.disabled_types = off, .n_disabled_types = 3};
    struct pack *p = compile_ok(&conf);
    assert_true(look(p, "maria@gmail.com has asthma", "EMAIL_ADDRESS", NULL) == 0);
    assert_true(look(p, "Mr. Robert Lee has asthma, SSN 536-90-4399", "PATIENT_CONTEXT", NULL) == 0);
    assert_true(look(p, "Mr. Robert Lee has asthma, SSN 536-90-4399", "PERSON", NULL) == 0);
    assert_true(look(p, "SSN 536-90-4399", "US_SSN", "536-90-4399") > 0.9f);
    pack_free(p);
}

static void test_digest(void **state)
{
    (void)state;
    struct conf_pattern one = pattern("BX-\\d{4}");
    struct conf plain = {0}, with = {.patterns = &one, .n_patterns = 1};
    struct why why = {{0}};
    struct pack *a = compile_ok(&plain), *b = compile_ok(&plain), *c = compile_ok(&with), *all = compile_all(&plain,
        &why);
    assert_non_null(all);
    assert_string_not_equal(pack_digest(a), pack_digest(all));
    pack_free(all);
    assert_string_equal(pack_digest(a), pack_digest(b));
    assert_string_not_equal(pack_digest(a), pack_digest(c));
    assert_int_equal(strlen(pack_digest(a)), 64);
    one.validator = (char *)"luhn";
    struct pack *d = compile_ok(&with);
    assert_string_not_equal(pack_digest(c), pack_digest(d));
    pack_free(a), pack_free(b), pack_free(c), pack_free(d);
}

/* ---- the cache ---- */

static bool cache_file(char path[PATH_MAX])
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strncmp(e->d_name, "patterns-", 9) != 0) continue;
        snprintf(path, PATH_MAX, "%s/%s", folder, e->d_name);
        n++;
    }
    closedir(d);
    assert_true(n <= 1);
    return n == 1;
}

static void damage(const char *path, off_t at, bool cut)
{
    int fd = open(path, O_RDWR);
    unsigned char b = 0;
    assert_true(fd >= 0);
    if (cut) {
        assert_int_equal(ftruncate(fd, at), 0);
    } else {
        assert_int_equal(pread(fd, &b, 1, at), 1);
        b ^= 0x40;
        assert_int_equal(pwrite(fd, &b, 1, at), 1);
    }
    close(fd);
}

static void assert_rewritten(struct conf *conf, const char *path, off_t size)
{
    struct stat st;
    struct pack *p = compile_ok(conf);
    assert_true(look(p, "SSN 536-90-4399", "US_SSN", "536-90-4399") > 0.9f);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, size);
    struct hsdb *db = pack_cache_load(conf->cache_dir, pack_digest(p));
    assert_non_null(db);
    hsdb_free(db);
    pack_free(p);
}

static void test_cache(void **state)
{
    (void)state;
    struct conf conf = {.cache_dir = folder};
    char path[PATH_MAX];
    struct stat st;
    assert_false(cache_file(path));
    struct pack *p = compile_ok(&conf);
    assert_true(cache_file(path));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct hsdb *db = pack_cache_load(folder, pack_digest(p));
    assert_non_null(db);
    hsdb_free(db);
    assert_null(pack_cache_load(folder, "another digest"));
    pack_free(p);
    assert_rewritten(&conf, path, st.st_size);
    static const off_t places[] = {0, 20, 60, 5000};
    for (size_t i = 0; i < COUNT(places); i++) {
        damage(path, places[i], false);
        assert_rewritten(&conf, path, st.st_size);
    }
    damage(path, 100, true);
    assert_rewritten(&conf, path, st.st_size);
    damage(path, 0, true);
    assert_rewritten(&conf, path, st.st_size);
}

/* A file that others may write could hold anything. */
static void test_cache_of_others(void **state)
{
    (void)state;
    struct conf conf = {.cache_dir = folder};
    char path[PATH_MAX];
    struct pack *p = compile_ok(&conf);
    assert_true(cache_file(path));
    assert_int_equal(chmod(path, 0666), 0);
    assert_null(pack_cache_load(folder, pack_digest(p)));
    assert_int_equal(chmod(path, 0600), 0);
    pack_free(p);
}

static void test_cache_that_cannot_be_written(void **state)
{
    (void)state;
    struct conf conf = {.cache_dir = (char *)"/proc/nowhere"};
    struct pack *p = compile_ok(&conf);
    assert_true(look(p, "SSN 536-90-4399", "US_SSN", "536-90-4399") > 0.9f);
    pack_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns), cmocka_unit_test(test_context), cmocka_unit_test(test_validator),
            cmocka_unit_test(test_limits_fail_the_scan),
        cmocka_unit_test(test_errors_say_what_and_where), cmocka_unit_test(test_word_lists),
            cmocka_unit_test(test_disabled), cmocka_unit_test(test_digest),
        cmocka_unit_test(test_cache), cmocka_unit_test(test_cache_of_others),
            cmocka_unit_test(test_cache_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
