/* A deterministic stand-in behind the same contract, for runs under the sanitizers (ggml is not instrumented) and for
 * tests that need an exact answer. It says "[standin]" and then the words of the last user message, one word a step,
 * to up to `parallel` jobs in turn, on a thread of its own. Asked for a tool, it calls that with what it was told. */
#include "core/arena.h"
#include "core/jscan.h"
#include "localmodel/engine_backend.h"
#include "localmodel/engine_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STEP_NS 200000                 /* between two words, so that a cancel and a second job come in between */

/* One job being answered. */
struct speech {
    struct job *job;
    struct arena *arena;               /* the request, parsed, and what `text` and `tool` point into */
    struct span text;                  /* what is left to say */
    struct span tool;                  /* the function to call, or p == NULL */
    int64_t left;                      /* words that may still be said */
    struct stop_filter stops;
};

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
    *out = (struct engine_model_info){.parameters = size_in_name(base), .context_trained = ENGINE_CONTEXT_MAX,
                                      .has_template = true, .has_tool_template = true};
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
    info->context = conf->context ? conf->context : info->context_trained;
    *b = (struct backend){.conf = conf, .info = info, .jobs = jobs};
    return b;
}

void backend_close(struct backend *b) { free(b); }

/* --- one job --- */

static struct span next_word(struct span *text)
{
    *text = span_from(*text, strspn(text->p, " \t\r\n"));
    size_t n = strcspn(text->p, " \t\r\n");
    struct span word = {text->p, n};
    *text = span_from(*text, n);
    return word;
}

static uint32_t count_words(struct span text)
{
    uint32_t n = 0;
    while (next_word(&text).n) n++;
    return n;
}

/* A NUL-terminated text of one message; empty when it has none. */
static struct span content_of(const struct jdoc *d, uint32_t msg, struct arena *a)
{
    struct span raw = jdoc_text(d, jdoc_get_type(d, msg, "content", J_STRING), a);
    const char *text = raw.p ? arena_strndup(a, raw.p, raw.n) : NULL;
    return span_str(text ? text : "");
}

static enum fail read_messages(struct speech *s)
{
    struct jdoc d;
    size_t at;
    enum fail f = jscan(span_str(s->job->request->messages), s->arena, &d, &at);
    if (f != FAIL_OK) return f;
    s->text = SPAN("");
    for (uint32_t m = jdoc_first(0); m < jdoc_end(&d, 0); m = d.tok[m].next) {
        struct span text = content_of(&d, m, s->arena);
        s->job->prompt_tokens += count_words(text);
        if (jdoc_is(&d, jdoc_get(&d, m, "role"), "user")) s->text = text;
    }
    return FAIL_OK;
}

/* The named tool, or the first of the list. */
static enum fail read_tools(struct speech *s)
{
    const struct engine_request *r = s->job->request;
    bool forced = r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_NAMED;
    if (!forced || r->tools == NULL) return FAIL_OK;
    struct jdoc d;
    size_t at;
    enum fail f = jscan(span_str(r->tools), s->arena, &d, &at);
    if (f != FAIL_OK) return f;
    if (d.tok[0].type != J_ARRAY || jdoc_end(&d, 0) == jdoc_first(0)) return FAIL_LOCAL_UNSUPPORTED;
    uint32_t name = jdoc_get_type(&d, jdoc_get(&d, jdoc_first(0), "function"), "name", J_STRING);
    s->tool = r->tool_name ? span_str(r->tool_name) : jdoc_text(&d, name, s->arena);
    return s->tool.p ? FAIL_OK : FAIL_LOCAL_UNSUPPORTED;
}

static enum fail speech_begin(struct backend *b, struct speech *s, struct job *j)
{
    *s = (struct speech){.job = j, .arena = arena_new(0)};
    stop_init(&s->stops, (const char *const *)j->request->stops, j->request->n_stops);
    if (s->arena == NULL) return FAIL_NO_MEMORY;
    enum fail f = read_messages(s);
    if (f == FAIL_OK) f = read_tools(s);
    if (f != FAIL_OK) return f;
    if (j->prompt_tokens + 1 > b->info->context) return FAIL_CONTEXT_LENGTH;
    s->left = (int64_t)b->info->context - j->prompt_tokens;
    int64_t asked = j->request->max_tokens;
    if (asked >= 0 && asked < s->left) s->left = asked;
    return FAIL_OK;
}

static void speech_over(struct backend *b, struct speech *s)
{
    arena_free(s->arena);
    stop_fini(&s->stops);
    queue_finish(b->jobs, s->job);
    *s = (struct speech){0};
}

/* One event with one word, or with what a stop string might have begun. */
static void say(struct speech *s, struct span blank, struct span word)
{
    struct obuf out = {0};
    stop_feed(&s->stops, blank, &out);
    stop_feed(&s->stops, word, &out);
    if (word.n == 0) stop_finish(&s->stops, &out);
    job_text(s->job, obuf_span(&out));
    if (!obuf_ok(&out)) s->job->broken = true;
    obuf_fini(&out);
    job_flush(s->job, JOB_BATCH_US);
}

static void call_tool(struct speech *s)
{
    char id[JOB_CALL_ID_LEN + 1];
    struct obuf arguments = {0};
    job_call_id(id);
    job_call(s->job, 0, span_str(id), s->tool);
    jo_open(&arguments, NULL, '{');
    jo_str(&arguments, "told", s->text);
    jo_close(&arguments, '}');
    s->job->completion_tokens = 1 + count_words(s->text);
    job_call_args(s->job, 0, obuf_span(&arguments));
    if (!obuf_ok(&arguments)) s->job->broken = true;
    obuf_fini(&arguments);
    job_end(s->job, STOP_TOOL_CALLS);
}

/* One word; true when that was the end. */
static bool speech_step(struct speech *s)
{
    if (atomic_load(&s->job->cancelled)) {
        job_fail(s->job, FAIL_CLIENT_ABORT);
        return true;
    }
    if (s->tool.p) {
        call_tool(s);
        return true;
    }
    bool first = s->job->completion_tokens == 0;
    struct span word = first ? SPAN("[standin]") : next_word(&s->text);
    bool over = word.n == 0 || s->stops.hit;
    if (over || s->left == 0) {
        say(s, SPAN_NONE, SPAN_NONE);
        job_end(s->job, over ? STOP_END : STOP_LENGTH);
        return true;
    }
    s->left--;
    s->job->completion_tokens++;
    say(s, first ? SPAN_NONE : SPAN(" "), word);
    return false;
}

/* --- the thread --- */

static void admit(struct backend *b, struct speech *s, bool wait)
{
    struct job *j = queue_take(b->jobs, wait);
    if (j == NULL) return;
    enum fail f = speech_begin(b, s, j);
    if (f == FAIL_OK) return;
    job_fail(j, f);
    speech_over(b, s);
}

/* Takes jobs for the free places; waits for one when all are free. True when somebody is to be answered. */
static bool fill(struct backend *b)
{
    size_t busy = 0;
    for (size_t i = 0; i < b->conf->parallel; i++) busy += b->at[i].job != NULL;
    for (size_t i = 0; i < b->conf->parallel; i++) {
        if (b->at[i].job) continue;
        admit(b, &b->at[i], busy == 0);
        if (b->at[i].job == NULL) break;
        busy++;
    }
    return busy > 0;
}

void backend_run(struct backend *b)
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    while (!queue_stopping(b->jobs)) {
        if (!fill(b)) continue;
        nanosleep(&step, NULL);
        for (size_t i = 0; i < b->conf->parallel; i++)
            if (b->at[i].job && speech_step(&b->at[i])) speech_over(b, &b->at[i]);
    }
    for (size_t i = 0; i < b->conf->parallel; i++) {
        if (b->at[i].job == NULL) continue;
        arena_free(b->at[i].arena);
        stop_fini(&b->at[i].stops);    /* the job itself is failed with the queue's others */
    }
}
