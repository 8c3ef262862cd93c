/* The decision: over all of a request or, for a batch, over each of its rows and over what is around them. */
#include "policy/contents.h"

/* A batch being decided. */
struct batch {
    struct judge_case *c;
    const struct ruleset *rules;
    struct finding *around;          /* findings that lie in no row */
    size_t n_around, n_mask;
    uint32_t *opaque;                /* kinds of what cannot be read, of each row and, last, around them */
    struct verdict worst;
    bool any, no_store;
};

/* Rows of a JSON array and lines are in order and apart, as findings of the body are in order. */
static bool in_body(const struct finding *f) { return f->part == PART_BODY; }

/* The row that a run begins in, as findings belong to the row that they begin in, or n_rows. */
static size_t row_of(const struct judge_case *c, const struct opaque_run *o)
{
    size_t lo = 0, hi = c->n_rows;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c->rows[mid].end <= o->start) lo = mid + 1;
        else hi = mid;
    }
    return o->part == PART_BODY && lo < c->n_rows && c->rows[lo].start <= o->start ? lo : c->n_rows;
}

static void sort_opaque(struct batch *b)
{
    const struct contents *in = b->c->contents;
    for (size_t i = 0; i < in->n_opaque; i++) b->opaque[row_of(b->c, &in->opaque[i])] |= 1u << in->opaque[i].kind;
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
        decide_one(b, &mine, b->opaque[k], &v);
        row->action = v.action;
        row->rule = v.rule;
        row->class_mask = v.class_mask;
    }
    while (i < n) b->around[b->n_around++] = f[i++];
}

static void decide_batch(struct judge_case *c, const struct ruleset *r)
{
    struct batch b = {.c = c, .rules = r, .around = arena_array(c->arena, c->findings.n + 1, sizeof *b.around),
                      .opaque = arena_array(c->arena, c->n_rows + 1, sizeof *b.opaque)};
    c->to_mask.f = arena_array(c->arena, c->findings.n + 1, sizeof *c->to_mask.f);
    if (b.around == NULL || b.opaque == NULL || c->to_mask.f == NULL) {
        c->verdict.action = ACTION_REFUSE;
        c->verdict.why = FAIL_NO_MEMORY;
        c->verdict.rule = RULE_NONE;
        return;
    }
    struct verdict whole = c->verdict, v;
    decide(r, &c->findings, &c->site, &whole);   /* for the classes, and what is observed */
    sort_opaque(&b);
    decide_rows(&b);
    struct findings around = {b.around, b.n_around};
    decide_one(&b, &around, b.opaque[c->n_rows], &v);
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
