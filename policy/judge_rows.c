/* The decision: over all of a request or, for a batch, over each of its rows and over what is around them. */
#include "policy/contents.h"

/* A batch being decided. */
struct batch {
    struct judge_case *c;
    const struct ruleset *rules;
    struct finding *around;          /* findings that lie in no row */
    size_t n_around, n_mask;
    struct verdict worst;
    bool any, no_store;
};

/* Rows of a JSON array and lines are in order and apart, as findings and opaque runs of the body are in order. */
static bool in_body(const struct finding *f) { return f->part == PART_BODY; }

static uint32_t opaque_in(const struct judge_case *c, const struct judge_row *row)
{
    uint32_t mask = 0;
    size_t lo = 0, hi = c->contents ? c->contents->n_opaque : 0;
    const struct opaque_run *o = c->contents ? c->contents->opaque : NULL;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (o[mid].part == PART_BODY && o[mid].end <= row->start) lo = mid + 1;
        else hi = mid;
    }
    for (; c->contents && lo < c->contents->n_opaque && o[lo].part == PART_BODY && o[lo].start < row->end; lo++)
        mask |= 1u << o[lo].kind;
    return mask;
}

static void take(struct batch *b, const struct verdict *v)
{
    b->no_store |= v->no_store;
    if (b->any && v->action <= b->worst.action) return;
    b->worst = *v;
    b->any = true;
}

/* What is to be masked is gathered at the head of c->to_mask, whose room is all findings'. */
static void keep_masked(struct batch *b, const struct findings *f, const struct verdict *v)
{
    for (size_t i = 0; v->action == ACTION_REDACT && i < f->n; i++)
        if (f->f[i].klass < CLASS_MAX && (v->redact_mask >> f->f[i].klass & 1)) b->c->to_mask.f[b->n_mask++] = f->f[i];
}

/* A batch has no local answer. */
static void decide_one(struct batch *b, const struct findings *f, uint32_t opaque, struct verdict *v)
{
    *v = (struct verdict){.opaque_mask = opaque};
    decide(b->rules, f, &b->c->site, v);
    if (v->action == ACTION_LOCAL) {
        v->action = ACTION_REFUSE;
        v->why = FAIL_LOCAL_UNSUPPORTED;
    }
    keep_masked(b, f, v);
    take(b, v);
}

static void decide_rows(struct batch *b)
{
    struct judge_case *c = b->c;
    struct finding *f = c->findings.f;
    size_t i = 0, n = c->findings.n;
    struct verdict v;
    for (size_t k = 0; k < c->n_rows; k++) {
        struct judge_row *row = &c->rows[k];
        while (i < n && in_body(&f[i]) && f[i].start < row->start) b->around[b->n_around++] = f[i++];
        size_t first = i;
        while (i < n && in_body(&f[i]) && f[i].start < row->end) i++;
        struct findings mine = {i > first ? f + first : NULL, i - first};
        decide_one(b, &mine, opaque_in(c, row), &v);
        row->action = v.action;
        row->rule = v.rule;
        row->class_mask = v.class_mask;
    }
    while (i < n) b->around[b->n_around++] = f[i++];
}

static void decide_batch(struct judge_case *c, const struct ruleset *r)
{
    struct batch b = {.c = c, .rules = r, .around = arena_array(c->arena, c->findings.n + 1, sizeof *b.around)};
    c->to_mask.f = arena_array(c->arena, c->findings.n + 1, sizeof *c->to_mask.f);
    if (b.around == NULL || c->to_mask.f == NULL) {
        c->verdict.action = ACTION_REFUSE;
        c->verdict.why = FAIL_NO_MEMORY;
        c->verdict.rule = RULE_NONE;
        return;
    }
    struct verdict whole = c->verdict, v;
    decide(r, &c->findings, &c->site, &whole);   /* for the classes, and what is observed */
    decide_rows(&b);
    struct findings around = {b.around, b.n_around};
    decide_one(&b, &around, 0, &v);
    c->to_mask.n = b.n_mask;
    c->verdict = b.worst;
    memcpy(c->verdict.coverage, whole.coverage, sizeof whole.coverage);
    memcpy(c->verdict.classes, whole.classes, sizeof whole.classes);
    c->verdict.n_classes = whole.n_classes;
    c->verdict.class_mask = whole.class_mask;
    c->verdict.opaque_mask = whole.opaque_mask;
    c->verdict.observed = whole.observed;
    c->verdict.observed_action = whole.observed_action;
    c->verdict.no_store = b.no_store;
    if (c->verdict.action == ACTION_REDACT) c->verdict.redact_mask = UINT32_MAX;   /* to_mask has been chosen already */
}

void judge_decide(struct judge_case *c, const struct ruleset *r)
{
    bool batch = c->contents && c->contents->n_rows && c->route && (c->route->flags & ROUTE_BATCH);
    c->rows = batch ? c->contents->rows : NULL;
    c->n_rows = batch ? c->contents->n_rows : 0;
    if (batch) {
        decide_batch(c, r);
        return;
    }
    decide(r, &c->findings, &c->site, &c->verdict);
    c->to_mask = c->findings;
}

void judge_count_rows(const struct judge_case *c, uint32_t by_action[ACTION_REFUSE + 1])
{
    memset(by_action, 0, (ACTION_REFUSE + 1) * sizeof *by_action);
    for (size_t i = 0; i < c->n_rows; i++) by_action[c->rows[i].action]++;
}
