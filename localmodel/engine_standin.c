/* A deterministic stand-in behind the same contract, for runs under the sanitizers (ggml is not instrumented) and for
 * tests that need an exact answer. It serves up to `parallel` jobs in turn, one step each, on a thread of its own; what
 * it says is in engine_standin_answer.c. A file that has "embed" in its name is an embedding model. */
#include "localmodel/engine_standin.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STEP_NS 200000                 /* between two words, so that a cancel and a second job come in between */

struct backend {
    const struct engine_model_conf *conf;
    struct engine_model_info *info;
    struct queue *jobs;
    struct speech at[ENGINE_PARALLEL_MAX];
};

/* --- what is said of a model that is not there --- */

/* "tiny-135m.gguf" is taken at its word; a name without a size is of a billion. */
static uint64_t size_in_name(const char *name)
{
    for (const char *p = name; *p; p++) {
        char *end;
        if (*p < '0' || *p > '9') continue;
        double size = strtod(p, &end);
        if (*end == 'b' || *end == 'B') return (uint64_t)(size * 1e9);
        if (*end == 'm' || *end == 'M') return (uint64_t)(size * 1e6);
        p = end - 1;
    }
    return 1000000000;
}

enum fail engine_inspect(const char *file, struct engine_model_info *out, struct why *why)
{
    (void)why;
    const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    bool embeds = strstr(base, "embed") != NULL;
    *out = (struct engine_model_info){.parameters = size_in_name(base), .context_trained = ENGINE_CONTEXT_MAX,
                                      .context = ENGINE_CONTEXT_MAX,
                                      .has_template = !embeds, .has_tool_template = !embeds, .embeds = embeds,
                                      .dimensions = embeds ? STANDIN_DIMENSIONS : 0};
    int n = (int)strcspn(base, ".");
    snprintf(out->name, sizeof out->name, "%.*s", n > 63 ? 63 : n, base);
    snprintf(out->family, sizeof out->family, "standin");
    snprintf(out->description, sizeof out->description, "stand-in for %s: no weights are loaded", out->name);
    snprintf(out->licence, sizeof out->licence, "none");
    return FAIL_OK;
}

struct backend *backend_open(const struct engine_model_conf *conf, struct engine_model_info *info, struct queue *jobs,
                             struct why *why)
{
    struct backend *b = calloc(1, sizeof *b);
    if (b == NULL || engine_inspect(conf->file, info, why) != FAIL_OK) {
        free(b);
        return NULL;
    }
    if (conf->context) info->context = conf->context;
    *b = (struct backend){.conf = conf, .info = info, .jobs = jobs};
    return b;
}

void backend_close(struct backend *b) { free(b); }

/* --- the thread --- */

static void speech_over(struct backend *b, struct speech *s)
{
    struct job *j = s->job;
    speech_fini(s);
    queue_finish(b->jobs, j);
}

/* A count is done at once; any other job gets the place, when it can be answered. */
static void admit(struct backend *b, struct speech *s, struct job *j)
{
    enum fail f = speech_begin(s, j, b->info->context);
    if (f != FAIL_OK) job_fail(j, f);
    else if (j->request->kind == CONV_COUNT) job_end(j, STOP_END);
    else return;
    speech_over(b, s);
}

static struct speech *free_place(struct backend *b)
{
    for (size_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job == NULL) return &b->at[i];
    return NULL;
}

static bool busy(const struct backend *b)
{
    for (size_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job) return true;
    return false;
}

/* Takes jobs for the free places; waits for one when all are free. Unlike the real engine, it looks at no job before there
 * is a place for it. */
static void fill(struct backend *b)
{
    for (;;) {
        struct speech count, *place = free_place(b);
        struct job *j = queue_take(b->jobs, place ? QUEUE_ANY : QUEUE_COUNTS, !busy(b));
        if (j == NULL) return;
        admit(b, place ? place : &count, j);
    }
}

void backend_run(struct backend *b)
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    while (!queue_stopping(b->jobs)) {
        fill(b);
        nanosleep(&step, NULL);
        for (size_t i = 0; i < b->conf->parallel; i++)
            if (b->at[i].job && speech_step(&b->at[i])) speech_over(b, &b->at[i]);
    }
    for (size_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job) speech_fini(&b->at[i]);   /* the job itself is failed with the queue's others */
}
