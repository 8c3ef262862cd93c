/* What a request costs in the judge, by dialect: a benign chat of 1 KB, decoded, inspected and decided, beside what
 * cJSON_Parse of the same body costs in the same rounds (CPU time); and what it takes from the heap. Exit 1 when a warm
 * request takes more than a few pieces, or the more of them the more strings it has: all are to come from one arena.
 *
 *     bench_judge             the table
 *     bench_judge --smoke     only the heap */
#include "bodies.h"
#include "world.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 200, TIMES = 50 };
enum { SMALL_MOST = 2, GROWTH_MOST = 20 };   /* calls; of a large body: blocks that double, in several places */

struct row {
    const struct body_form *form;
    const struct route *route;
    struct obuf body;
    double judge, cjson;   /* seconds, the best */
    struct judge_case c;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void judge(struct world *w, struct row *r)
{
    enum fail f = world_judge(w, r->route, span_str(r->form->path), SPAN("application/json"), obuf_span(&r->body), &r->c);
    if (f == FAIL_OK && r->c.verdict.action == ACTION_FORWARD) return;
    fprintf(stderr, "bench_judge: %s: %s, by %s\n", r->form->api, fail_code(f), r->c.verdict.rule);
    exit(1);
}

static void measure(struct world *w, struct row *r)
{
    double from = seconds();
    for (int i = 0; i < TIMES; i++) judge(w, r);
    double between = seconds();
    for (int i = 0; i < TIMES; i++) cJSON_Delete(cJSON_ParseWithLength(r->body.p, r->body.n));
    double end = seconds();
    r->judge = fmin(r->judge, (between - from) / TIMES);
    r->cjson = fmin(r->cjson, (end - between) / TIMES);
}

/* Calls for a body of `want` bytes in strings of `each`, once all buffers that are kept have their size. */
static uint64_t heap_calls(struct world *w, struct row *r, size_t want, size_t each)
{
    body_put(r->form, want, each, &r->body);
    judge(w, r);
    world_heap_mark();
    judge(w, r);
    return world_heap_since().calls;
}

static bool check_heap(struct world *w, struct row *r)
{
    uint64_t many = heap_calls(w, r, 1000000, 600), few = heap_calls(w, r, 1000000, 250000);
    uint64_t small = heap_calls(w, r, 1000, 250);
    bool ok = small <= SMALL_MOST && many <= few + GROWTH_MOST;
    printf("%s bench/heap-%s (%llu calls for 1 KB; for 1 MB %llu in few strings, %llu in many)\n", ok ? "ok" : "not ok",
           r->form->api, (unsigned long long)small, (unsigned long long)few, (unsigned long long)many);
    return ok;
}

static void show_all(struct world *w, struct row *rows)
{
    for (int k = 0; k < ROUNDS; k++)
        for (size_t i = 0; i < n_body_forms; i++) measure(w, &rows[i]);
    printf("%-30s %9s %10s %10s %8s\n", "judge, 1 KB benign", "bytes", "us", "cJSON, us", "ratio");
    for (size_t i = 0; i < n_body_forms; i++)
        printf("%-30s %9zu %10.2f %10.2f %8.1f\n", rows[i].form->api, rows[i].body.n, rows[i].judge * 1e6,
               rows[i].cjson * 1e6, rows[i].judge / rows[i].cjson);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0, ok = true;
    struct row *rows = calloc(n_body_forms, sizeof *rows);
    struct world w;
    if (rows == NULL) return 1;
    world_begin(&w);
    for (size_t i = 0; i < n_body_forms; i++) {
        rows[i] = (struct row){.form = &body_forms[i], .route = body_route(&body_forms[i]), .judge = INFINITY,
                               .cjson = INFINITY};
        ok &= check_heap(&w, &rows[i]);
    }
    if (!smoke) show_all(&w, rows);
    for (size_t i = 0; i < n_body_forms; i++) obuf_fini(&rows[i].body);
    free(rows);
    world_end(&w);
    return ok ? 0 : 1;
}
