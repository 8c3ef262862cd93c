/* Phases DECODE, INSPECT and DECIDE: the judge (policy/judge.h), on the worker for what is small, on the inspection pool for the rest. */
#include "core/clock.h"
#include "core/metrics.h"
#include "proxy/exchange.h"
#include "proxy/inspect_pool.h"
#include <stdio.h>
#include <stdlib.h>

#define INLINE_MAX (256u * 1024u)            /* about 0.65 ms of scanning */
#define INLINE_COMPRESSED_MAX (16u * 1024u)  /* it may grow by the configured ratio */

static enum fail content_coding(struct exchange *x)
{
    struct span value = SPAN_NONE;
    for (size_t i = 0; i < x->head->n_headers; i++) {
        if (!span_ieq(x->head->headers[i].name, SPAN("content-encoding"))) continue;
        if (value.p) return FAIL_ENCODING_STACKED;
        value = x->head->headers[i].value;
    }
    return encoding_parse(value, &x->encoding);
}

/* Undo the content coding. What follows sees the decoded bytes only. */
static enum fail decode_body(struct exchange *x)
{
    x->well_formed = true;
    if (x->raw == NULL) return FAIL_OK;
    if (x->encoding == ENCODING_IDENTITY) {
        x->decoded = blob_ref(x->raw);
    } else {
        const struct conf *c = x->snap->conf;
        enum fail f = inflate_all(x->encoding, blob_span(x->raw), c->max_inflated, c->max_ratio, &x->decoded, &x->well_formed);
        if (f) return f;
    }
    x->judged.body = blob_span(x->decoded);
    return FAIL_OK;
}

static enum fail decode(struct exchange *x)
{
    enum fail f = decode_body(x);
    if (f == FAIL_OK) return judge_decode(&x->judged);
    size_t n = blob_span(x->raw).n;
    x->judged.verdict.coverage[PART_BODY] = (struct coverage){n, 0, n};   /* nobody can read it */
    return f;
}

struct judge_task {
    struct inspect_task task;
    struct exchange *x;      /* pinned: the worker does not free it while it is away */
};

static void work(struct inspect_task *t, struct scanner *scanner)
{
    struct exchange *x = ((struct judge_task *)t)->x;
    enum fail f = scanner ? decode(x) : FAIL_NO_MEMORY;
    x->work_result = f ? f : judge_inspect(&x->judged, scanner);
}

static void come_back(struct letter *l, void *owner)
{
    (void)owner;
    struct exchange *x = ((struct judge_task *)l)->x;
    free(l);
    x->away = false;
    x->worked = true;
    exchange_go(x);
}

static enum step send_away(struct exchange *x)
{
    struct judge_task *t = calloc(1, sizeof *t);
    if (t == NULL) return exchange_refuse(x, FAIL_NO_MEMORY, NULL);
    t->x = x;
    t->task = (struct inspect_task){.letter = {.deliver = come_back}, .to = x->handle, .snap = snapshot_ref(x->snap), .work = work};
    x->away = true;
    if (inspect_pool_post(x->worker->shared->pool, &t->task)) return STEP_WAIT;
    x->away = false;
    snapshot_unref(t->task.snap);
    free(t);
    return exchange_refuse(x, FAIL_INSPECT_BUSY, NULL);
}

/* Where in the body the trouble is: an offset or a field name of ours, never what stands there. */
static const char *place(struct exchange *x)
{
    if (x->judged.field) return x->judged.field;
    if (x->judged.at == SIZE_MAX) return NULL;
    char text[48];
    int n = snprintf(text, sizeof text, "at byte %zu of the body", x->judged.at);
    return arena_strndup(x->arena, text, (size_t)n);
}

enum step phase_decode(struct exchange *x)
{
    if (x->worked) return x->work_result ? exchange_refuse(x, x->work_result, place(x)) : STEP_NEXT;
    enum fail f = content_coding(x);
    if (f) return exchange_refuse(x, f, NULL);
    size_t n = x->raw ? blob_span(x->raw).n : 0;
    if (n > (x->encoding == ENCODING_IDENTITY ? INLINE_MAX : INLINE_COMPRESSED_MAX)) return send_away(x);
    f = decode(x);
    return f ? exchange_refuse(x, f, place(x)) : STEP_NEXT;
}

enum step phase_inspect(struct exchange *x)
{
    if (!x->worked) {
        enum fail f = judge_inspect(&x->judged, x->worker->scanner);
        if (f) return exchange_refuse(x, f, place(x));
    }
    return STEP_NEXT;
}

/* A local answer that was kept goes to whom it belongs to; nothing leaves by it. */
static void decide_object(struct exchange *x)
{
    judge_decide(&x->judged, x->snap->rules);
    x->judged.verdict.action = ACTION_LOCAL;
    x->judged.verdict.rule = "local-object";
    x->judged.verdict.notice = NULL;
}

static bool names_local_answer(const struct exchange *x)
{
    for (size_t i = 0; i < x->judged.n_refs; i++)
        if (x->judged.refs[i].kind == REF_LOCAL_ID) return true;
    return false;
}

/* Which of a batch's requests keep it in: the first one, and how many more. */
static const char *rows_refused(const struct exchange *x)
{
    const struct judge_case *j = &x->judged;
    unsigned n = 0, first = 0;
    for (size_t i = 0; i < j->n_rows; i++)
        if (j->rows[i].action == j->verdict.action && n++ == 0) first = j->rows[i].line;
    if (n == 0) return NULL;
    char text[64];
    int len = snprintf(text, sizeof text, "request %u of the batch", first);
    if (n > 1) len += snprintf(text + len, sizeof text - (size_t)len, " and %u more", n - 1);
    return arena_strndup(x->arena, text, (size_t)len);
}

enum step phase_decide(struct exchange *x)
{
    if (x->serves_object) decide_object(x);
    else judge_decide(&x->judged, x->snap->rules);
    x->judged_us = clock_mono_us();
    metric_observe(HIST_INSPECT, x->judged_us - x->began_us);
    metric_add(METRIC_FINDINGS, x->judged.findings.n);
    const struct verdict *v = &x->judged.verdict;
    if (v->action == ACTION_REFUSE) return exchange_refuse(x, v->why, rows_refused(x));
    /* Whatever the rules say now: an id that was made here never goes up. */
    if (v->action != ACTION_LOCAL && names_local_answer(x)) return exchange_refuse(x, FAIL_STATE_LOCAL, NULL);
    return STEP_NEXT;
}
