/* A judged case as JSON, for `cordon explain`. */
#include "core/obuf.h"
#include "policy/judge.h"
#include <stdlib.h>

enum { MOST_ROWS = 100 };

static const char *class_name(const char *const *names, uint8_t k) { return k < CLASS_MAX ? names[k] : NULL; }

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The ids of all rows in order, so that one which two rows share stands beside its like. NULL when out of memory. */
static uint32_t *sorted_ids(const struct judge_case *c)
{
    uint32_t *ids = arena_array(c->arena, c->findings.n, sizeof *ids);
    for (size_t i = 0; ids && i < c->findings.n; i++) ids[i] = c->findings.f[i].id;
    if (ids) qsort(ids, c->findings.n, sizeof *ids, by_number);
    return ids;
}

static bool is_shared(const uint32_t *ids, size_t n, uint32_t id)
{
    const uint32_t *at = ids ? bsearch(&id, ids, n, sizeof *ids, by_number) : NULL;
    if (at == NULL) return false;
    return (at > ids && at[-1] == id) || (at + 1 < ids + n && at[1] == id);
}

static void put_finding(const struct finding *f, bool shared, const char *const *names, struct obuf *out)
{
    static const char *const parts[] = {[PART_PATH] = "path", [PART_HEADER] = "header", [PART_STATE] = "state"};
    jo_open(out, NULL, '{');
    jo_cstr(out, "type", f->type);
    jo_cstr(out, "class", class_name(names, f->klass));
    if (f->part != PART_STATE) {
        jo_u64(out, "start", f->start);
        jo_u64(out, "end", f->end);
    }
    jo_fixed(out, "score", (double)f->score, 3);
    jo_cstr(out, "via", f->via);
    if (f->part != PART_BODY) jo_cstr(out, "part", parts[f->part]);
    if (shared) jo_u64(out, "id", f->id);
    jo_close(out, '}');
}

static void put_findings(const struct judge_case *c, const char *const *names, struct obuf *out)
{
    const struct findings *f = &c->findings;
    const uint32_t *ids = f->n > 1 ? sorted_ids(c) : NULL;
    jo_open(out, "findings", '[');
    for (size_t i = 0; i < f->n; i++) put_finding(&f->f[i], is_shared(ids, f->n, f->f[i].id), names, out);
    jo_close(out, ']');
}

static void put_classes(const struct verdict *v, const char *const *names, struct obuf *out)
{
    jo_open(out, "classes", '[');
    for (size_t i = 0; i < v->n_classes; i++) {
        jo_open(out, NULL, '{');
        jo_cstr(out, "class", class_name(names, v->classes[i].klass));
        jo_fixed(out, "score", (double)v->classes[i].score, 3);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void put_observed(const struct verdict *v, struct obuf *out)
{
    if (v->observed == NULL) return;
    jo_open(out, "observed", '{');
    jo_cstr(out, "rule", v->observed);
    jo_cstr(out, "action", action_name(v->observed_action));
    jo_close(out, '}');
}

static void put_error(const struct judge_case *c, enum fail failed, struct obuf *out)
{
    jo_open(out, "error", '{');
    jo_cstr(out, "code", fail_code(failed));
    jo_cstr(out, "message", fail_text(failed));
    if (c->field) jo_cstr(out, "field", c->field);
    if (c->at != SIZE_MAX) jo_u64(out, "at", c->at);
    jo_close(out, '}');
}

/* What a local answer would be given by, and what of the request keeps it from being given. Vectors come from the model
 * that makes them, whatever model the rule names; which one that is, is in its file. */
static void put_local(const struct judge_case *c, const struct verdict *v, struct obuf *out)
{
    enum conv_kind kind = c->conv.kind;
    if (v->action != ACTION_LOCAL) return;
    if (v->model && kind != CONV_EMBED) jo_cstr(out, "local_model", v->model);
    if (v->min_parameters && kind != CONV_EMBED && kind != CONV_COUNT) jo_u64(out, "min_parameters", v->min_parameters);
    if (c->conv.unsupported) jo_cstr(out, "unsupported", c->conv.unsupported);
}

/* The body always, the others where there are any. Nobody has read the body of a case that failed. */
static void put_coverage(const struct judge_case *c, bool failed, struct obuf *out)
{
    static const char *const names[PART_STATE] = {"body", "path", "headers"};
    jo_open(out, "coverage", '{');
    for (int p = 0; p < PART_STATE; p++) {
        struct coverage cov = c->verdict.coverage[p];
        if (failed && p == PART_BODY) cov = (struct coverage){c->body.n, 0, c->body.n};
        if (p != PART_BODY && cov.received == 0) continue;
        jo_open(out, names[p], '{');
        jo_u64(out, "received", cov.received);
        jo_u64(out, "inspected", cov.inspected);
        jo_u64(out, "opaque", cov.opaque);
        jo_close(out, '}');
    }
    jo_close(out, '}');
}

static void put_opaque(const struct verdict *v, struct obuf *out)
{
    if (v->opaque_mask == 0) return;
    jo_open(out, "opaque", '[');
    for (int k = 0; k < OPAQUE_COUNT; k++)
        if (v->opaque_mask >> k & 1) jo_cstr(out, NULL, opaque_kind_name((enum opaque_kind)k));
    jo_close(out, ']');
}

static void put_rows(const struct judge_case *c, struct obuf *out)
{
    if (c->n_rows == 0) return;
    jo_open(out, "rows", '[');
    for (size_t i = 0; i < c->n_rows && i < MOST_ROWS; i++) {
        jo_open(out, NULL, '{');
        jo_u64(out, "line", c->rows[i].line);
        jo_cstr(out, "action", action_name(c->rows[i].action));
        jo_cstr(out, "rule", c->rows[i].rule);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    if (c->n_rows > MOST_ROWS) jo_u64(out, "rows_more", c->n_rows - MOST_ROWS);
}

/* How much it refers to; a session counts for nothing here. */
static void put_refs(const struct judge_case *c, struct obuf *out)
{
    static const char *const names[] = {[REF_ID] = "ids", [REF_LOCAL_ID] = "local_ids", [REF_SEALED] = "sealed",
                                        [REF_TEXT] = "texts"};
    size_t n[COUNT(names)] = {0};
    for (size_t i = 0; i < c->n_refs; i++)
        if ((size_t)c->refs[i].kind < COUNT(names)) n[c->refs[i].kind]++;
    if (c->n_refs == 0) return;
    jo_open(out, "refs", '{');
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i]) jo_u64(out, names[i], n[i]);
    jo_close(out, '}');
}

void judge_explain(const struct judge_case *c, enum fail failed, struct span id, const char *const *class_names,
                   struct obuf *out)
{
    static const struct verdict refused = {.action = ACTION_REFUSE};
    const struct verdict *v = failed ? &refused : &c->verdict;
    jo_open(out, NULL, '{');
    if (id.p) jo_raw(out, "id", id);
    jo_cstr(out, "action", action_name(v->action));
    jo_cstr(out, "rule", v->rule);
    put_classes(v, class_names, out);
    put_findings(c, class_names, out);
    put_coverage(c, failed != FAIL_OK, out);
    put_opaque(v, out);
    if (!failed) put_rows(c, out);
    if (!failed) put_refs(c, out);
    if (c->site.model.p) jo_str(out, "model", c->site.model);
    if (c->site.upstream) jo_cstr(out, "upstream", c->site.upstream->name);
    put_local(c, v, out);
    put_observed(v, out);
    if (failed) put_error(c, failed, out);
    jo_close(out, '}');
}
