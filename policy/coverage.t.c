/* Every byte is inspected or opaque: over every seed of every fuzz target, as a body of every type, on every kind of route,
 * and as path and header; whole, and cut short. What `cordon explain` prints is held beside it. */
#include "policy/contents.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "policy/world.t.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_BYTES = 1 << 16, LEAST_READ = 2000 };

static const char text[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams: [{name: us, api: openai, host: us.example}]\n"
    "rules: [{name: else, action: forward}]\n";

static const char *const types[] = {
    "application/json", "application/json; charset=utf-7", "text/plain", "text/plain; charset=shift_jis", "application/x-ndjson",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/octet-stream", "image/png", "",
};

static struct world w;
static size_t files, files_read;

static int begin(void **state)
{
    (void)state;
    world_begin(&w, SPAN(text));
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* A number of `explain`'s object, 0 where it is left out. */
static size_t said(const struct jdoc *d, const char *part, const char *what)
{
    int64_t n = 0;
    uint32_t of = jdoc_get(d, jdoc_get(d, 0, "coverage"), part);
    return jdoc_int(d, jdoc_get(d, of, what), &n) ? (size_t)n : 0;
}

static void expect_explained(const struct judge_case *c, enum fail failed)
{
    static const char *const parts[PART_STATE] = {"body", "path", "headers"};
    struct obuf out = {0};
    struct jdoc d;
    size_t at;
    judge_explain(c, failed, SPAN_NONE, ruleset_class_names(w.rules), &out);
    assert_int_equal(jscan(obuf_span(&out), w.arena, &d, &at), FAIL_OK);
    for (int p = 0; p < PART_STATE; p++) {
        const struct coverage *cov = &c->verdict.coverage[p];
        assert_int_equal(said(&d, parts[p], "received"), cov->received);
        assert_int_equal(said(&d, parts[p], "inspected"), cov->inspected);
        assert_int_equal(said(&d, parts[p], "opaque"), cov->opaque);
    }
    obuf_fini(&out);
}

static void expect_sums(const char *path, const char *type, const struct judge_case *c, size_t headers)
{
    size_t size[PART_STATE] = {c->body.n, c->target.n, headers};
    for (int p = 0; p < PART_STATE; p++) {
        const struct coverage *cov = &c->verdict.coverage[p];
        if (cov->received != size[p] || cov->inspected + cov->opaque != size[p])
            fail_msg("%s as %s: part %d has %zu bytes, %zu inspected, %zu opaque", path, type, p, size[p], cov->inspected,
                     cov->opaque);
    }
}

static void expect_regions(const struct judge_case *c)
{
    size_t at = 0;
    for (size_t i = 0; i < c->contents->n_regions; at = c->contents->regions[i++].end)
        assert_int_equal(c->contents->regions[i].start, at);
    assert_int_equal(at, c->body.n);
    files_read++;
}

static void read_as(const char *path, struct span bytes, const char *type, unsigned flags)
{
    struct route route = *route_of_api("openai.chat");
    route.flags = flags;
    route.kind = CONV_NONE;
    struct span head = {bytes.p, bytes.n < 200 ? bytes.n : 200};
    for (size_t i = 0; i < head.n; i++)
        if (head.p[i] == '\n') head.n = i;   /* a header is one line */
    struct judge_header headers[] = {{SPAN("x-note"), head}, {SPAN("authorization"), head}};
    arena_reset(w.arena);
    struct judge_case c = {.route = &route, .body = bytes, .content_type = span_str(type), .target = head, .headers = headers,
                           .n_headers = 2, .arena = w.arena, .conf = w.conf};
    enum fail f = judge_all(&c, w.scanner, w.rules);
    bool ours = f == FAIL_INSPECT_FAILED || f == FAIL_INTERNAL || f == FAIL_NO_MEMORY;
    if (ours) fail_msg("%s as %s: %s", path, type, fail_code(f));
    expect_sums(path, type, &c, sizeof "x-note: \n" + sizeof "authorization: \n" - 2 + 2 * head.n);
    expect_explained(&c, f);
    if (f == FAIL_OK) expect_regions(&c);
}

static int read_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)where;
    FILE *file = kind == FTW_F && st->st_size < MOST_BYTES ? fopen(path, "rb") : NULL;
    if (file == NULL) return 0;
    char *p = malloc((size_t)st->st_size + 1);
    size_t n = p ? fread(p, 1, (size_t)st->st_size, file) : 0;
    fclose(file);
    files++;
    for (size_t t = 0; t < COUNT(types); t++)
        for (size_t cut = 0; cut < 4; cut++)
            read_as(path, (struct span){p + (cut & 1), n > 4 ? n - cut : n / 2}, types[t],
                    t & 1 ? ROUTE_ANY_BODY : ROUTE_ANY_BODY | ROUTE_BATCH);
    free(p);
    return 0;
}

static void every_seed_is_covered(void **state)
{
    (void)state;
    assert_int_equal(nftw(CORDON_SOURCE_DIR "/tests/corpus", read_file, 16, FTW_PHYS), 0);
    assert_true(files > 100);
    if (files_read < LEAST_READ) fail_msg("only %zu of %zu files' readings came to a verdict", files_read, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_seed_is_covered)};
    return cmocka_run_group_tests(tests, begin, end);
}
