/* What it costs to understand a body, by dialect, on bodies of 1 KB, 100 KB and 10 MB, in MB/s: the scan (jscan), the
 * decoder on what was scanned, and both; and how many times that is the speed of cJSON_Parse on the same bytes. For figures
 * build in release mode. The machine may be busy with others: all dialects take turns, CPU time counts, and of that the best
 * of many rounds.
 *
 *     bench_decode             the table, one line for each dialect and size
 *     bench_decode --smoke     one round, which only says that every decoder is there and takes its bodies */
#include "bodies.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 25, BYTES_A_ROUND = 4000000, TURN_MOST = 8000 };   /* turns such that decoders take 10 MB of them */

enum { SCAN, DECODE, BOTH, CJSON, WAYS };

struct row {
    const struct body_form *form;
    const struct route *route;
    struct obuf body;
    double best[WAYS];   /* seconds */
};

struct bench {
    struct arena *tokens, *decoded;
    struct jdoc doc;
    struct conv conv;
};

/* ---- one run of each kind ---- */

static void scan(struct bench *b, const struct row *w)
{
    size_t at;
    arena_reset(b->tokens);
    if (jscan(obuf_span(&w->body), b->tokens, &b->doc, &at)) exit(1);
}

static void decode(struct bench *b, const struct row *w)
{
    const char *field;
    size_t at;
    arena_reset(b->decoded);
    struct conv_source s = {.doc = &b->doc, .path = span_str(w->form->path), .route = w->route};
    enum fail f = w->route->codec->decode(&s, b->decoded, &b->conv, &field, &at);
    if (f == FAIL_OK && b->conv.unsupported == NULL) return;
    fprintf(stderr, "bench_decode: %s: %s %s\n", w->form->api, fail_code(f), f ? (field ? field : "") : b->conv.unsupported);
    exit(1);
}

static void parse_by_cjson(const struct row *w)
{
    cJSON *j = cJSON_ParseWithLength(w->body.p, w->body.n);
    if (j == NULL) exit(1);
    cJSON_Delete(j);
}

/* ---- time ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double time_of(struct bench *b, const struct row *w, int way, int times)
{
    double from = seconds();
    for (int i = 0; i < times; i++) {
        if (way == SCAN || way == BOTH) scan(b, w);
        if (way == DECODE || way == BOTH) decode(b, w);
        if (way == CJSON) parse_by_cjson(w);
    }
    return (seconds() - from) / times;
}

static void measure(struct bench *b, struct row *w, bool smoke)
{
    int times = smoke ? 1 : (int)(BYTES_A_ROUND / (double)w->body.n) + 1;
    scan(b, w);   /* for DECODE alone */
    for (int way = DECODE; way < DECODE + WAYS; way++)
        w->best[way % WAYS] = fmin(w->best[way % WAYS], time_of(b, w, way % WAYS, times));
}

/* ---- the table ---- */

static void show(const struct row *w)
{
    double bytes = (double)w->body.n;
    printf("%-30s %9zu %8.0f %8.0f %8.0f %10.2f %8.1f\n", w->form->api, w->body.n, bytes / w->best[SCAN] / 1e6,
           bytes / w->best[DECODE] / 1e6, bytes / w->best[BOTH] / 1e6, w->best[BOTH] * 1e6, w->best[CJSON] / w->best[BOTH]);
}

static void all_of_size(struct bench *b, size_t size, bool smoke)
{
    struct row *rows = calloc(n_body_forms, sizeof *rows);
    if (rows == NULL) exit(1);
    for (size_t i = 0; i < n_body_forms; i++) {
        rows[i] = (struct row){.form = &body_forms[i], .route = body_route(&body_forms[i])};
        for (int way = 0; way < WAYS; way++) rows[i].best[way] = INFINITY;
        body_put(rows[i].form, size, size / 3 > TURN_MOST ? TURN_MOST : size / 3, &rows[i].body);
    }
    for (int r = 0; r < (smoke ? 1 : ROUNDS); r++)
        for (size_t i = 0; i < n_body_forms; i++) measure(b, &rows[i], smoke);
    for (size_t i = 0; i < n_body_forms; i++) {
        if (smoke) printf("ok bench/decode-%s-%zu\n", rows[i].form->api, size);
        else show(&rows[i]);
        obuf_fini(&rows[i].body);
    }
    free(rows);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1000, 100000, 10000000};
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    struct bench b = {.tokens = arena_new(1 << 20), .decoded = arena_new(1 << 20)};
    if (b.tokens == NULL || b.decoded == NULL || bodies_missing() > 0) return 1;
    if (!smoke)
        printf("%-30s %9s %8s %8s %8s %10s %8s\n", "decode, MB/s", "bytes", "jscan", "decoder", "both", "both, us",
               "x cJSON");
    for (size_t i = 0; i < COUNT(sizes); i++) all_of_size(&b, sizes[i], smoke);
    arena_free(b.tokens);
    arena_free(b.decoded);
    return 0;
}
