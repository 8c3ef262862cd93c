/* View and scan on any bytes, as JSON and as text. Every finding lies inside its part, is not empty, lies within the
 * source of one string, and comes in order; the same bytes give the same findings; a failure gives none. */
#include "core/jscan.h"
#include "policy/scan.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static struct scanner *scanner;
static struct arena *arena;

static void start(void)
{
    static const char *const classes[] = {"phi", "pii", "privileged", "financial", "secret"};
    static char *words[] = {(char *)"Project Falcon", (char *)"x-1", (char *)"\xE6\x82\xA3\xE8\x80\x85"};
    static char *context[] = {(char *)"badge"};
    static struct conf_pattern patterns[] = {
        {.type = (char *)"BADGE", .klass = (char *)"pii", .regex = (char *)"\\b[A-Z]{2}\\d{3,6}\\b", .score = 0.8,
         .context = context, .n_context = 1},
        {.type = (char *)"ANCHORED", .klass = (char *)"pii", .regex = (char *)"^(?<!x)no \\d+$", .score = 0.6},
        {.type = (char *)"UTF", .klass = (char *)"pii", .regex = (char *)"M\xC3\xBCller", .score = 0.6}};
    static struct conf_words list = {.type = (char *)"LIST", .klass = (char *)"secret", .words = words, .n_words = 3,
                                     .score = 0.9, .ignore_case = true};
    static struct conf conf = {.path = (char *)"fuzz", .patterns = patterns, .n_patterns = 3, .word_lists = &list,
                               .n_word_lists = 1};
    struct why why = {{0}};
    digest_init();
    struct pack *pack = pack_compile(&conf, classes, COUNT(classes), &why);
    if (pack == NULL) fprintf(stderr, "%s\n", why.text);
    REQUIRE(pack != NULL);
    scanner = scanner_new(pack);
    arena = arena_new(0);
    REQUIRE(scanner != NULL && arena != NULL);
}

static bool inside_one_string(const struct view *v, const struct finding *f)
{
    for (size_t i = 0; i < v->n_seg; i++)
        if (v->seg[i].part == f->part && v->seg[i].src_start <= f->start && f->end <= v->seg[i].src_end) return true;
    return false;
}

static void check(const struct view *v, const struct findings *found)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct finding *f = &found->f[i], *last = i ? f - 1 : f;
        REQUIRE(f->start < f->end && f->end <= v->part[f->part].n);
        REQUIRE(inside_one_string(v, f));
        REQUIRE(f->score > 0 && f->score <= 1 && f->text.p != NULL && f->type != NULL && f->via != NULL);
        REQUIRE(last->part < f->part || (last->part == f->part && last->start <= f->start));
    }
}

/* Each byte of each reading leads back, in order, to where it was read from. */
static void check_map(const struct view *v)
{
    for (size_t k = 0; k < v->n_seg; k++) {
        const struct segment *s = &v->seg[k];
        struct view_cursor c = {0};
        size_t last = s->src_start, start, end;
        for (size_t i = s->view_start; i < s->view_end; i++) {
            view_source_next(v, &c, s, i, i + 1, &start, &end);
            REQUIRE(start >= last && start < end && end <= s->src_end);
            last = start;
        }
    }
}

static size_t look(struct span body, const struct jdoc *doc)
{
    struct view *v = scanner_view(scanner);
    struct findings found;
    view_reset(v);
    enum fail f = doc ? view_add_json(v, doc) : view_add_text(v, PART_BODY, body, body);
    if (!f && body.n < 256) f = view_add_text(v, PART_PATH, body, body);
    if (!f) f = scan(scanner, v, arena, &found);
    REQUIRE(f == FAIL_OK || f == FAIL_INSPECT_LIMIT);
    if (f) return SIZE_MAX;
    check(v, &found);
    check_map(v);
    return found.n;
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span body = {(const char *)p, n};
    struct jdoc doc;
    size_t at;
    if (scanner == NULL) start();
    arena_reset(arena);
    size_t first = look(body, NULL);
    REQUIRE(look(body, NULL) == first);
    if (jscan(body, arena, &doc, &at) == FAIL_OK) look(body, &doc);
    return 0;
}
