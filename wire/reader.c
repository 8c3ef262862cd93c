/* The pieces that decoders are made of; the contracts are in reader.h. */
#include "wire/reader.h"
#include <math.h>

void reader_begin(struct reader *r, const struct conv_source *s, struct arena *a, struct conv *c)
{
    *r = (struct reader){.d = s->doc, .arena = a, .conv = c};
    *c = (struct conv){
        .kind = s->route ? s->route->kind : CONV_CHAT, .parallel_tool_calls = true, .max_tokens = -1, .temperature = NAN,
        .top_p = NAN, .top_k = -1, .n_choices = 1};
}

enum fail reader_end(const struct reader *r) { return r->no_memory ? FAIL_NO_MEMORY : FAIL_OK; }

enum fail reader_invalid(const struct reader *r, uint32_t i, const char *name, const char **field, size_t *at)
{
    *field = name;
    *at = i < r->d->n ? r->d->tok[i].start : SIZE_MAX;
    return FAIL_REQUEST_INVALID;
}

void reader_unsupported(struct reader *r, const char *name)
{
    if (r->conv->unsupported == NULL) r->conv->unsupported = name;
}

/* ---- values ---- */

uint32_t reader_given(const struct reader *r, uint32_t obj, const char *key)
{
    uint32_t i = jdoc_get(r->d, obj, key);
    return reader_is(r, i, J_NULL) ? J_NONE : i;
}

struct span reader_text(struct reader *r, uint32_t i)
{
    struct span t = jdoc_text(r->d, i, r->arena);
    if (t.p == NULL) r->no_memory = true;
    return t;
}

struct span reader_string(struct reader *r, uint32_t i, const char *name)
{
    if (reader_is(r, i, J_STRING)) return reader_text(r, i);
    if (i != J_NONE && !reader_is(r, i, J_NULL)) reader_unsupported(r, name);
    return SPAN_NONE;
}

uint32_t reader_count(const struct reader *r, uint32_t array, uint32_t most)
{
    uint32_t n = 0;
    for (uint32_t k = jdoc_first(array); k < jdoc_end(r->d, array) && n <= most; k = r->d->tok[k].next) n++;
    return n;
}

void *reader_array(struct reader *r, size_t n, size_t size)
{
    void *p = arena_array(r->arena, n, size);
    if (p == NULL) r->no_memory = true;
    return p;
}

struct span reader_keep(struct reader *r, struct obuf *o)
{
    struct span s = SPAN_NONE;
    if (obuf_ok(o)) s = (struct span){arena_strndup(r->arena, o->n ? o->p : "", o->n), o->n};
    if (s.p == NULL) {
        r->no_memory = true;
        s = SPAN_NONE;
    }
    obuf_fini(o);
    return s;
}

/* ---- a text of several parts ---- */

/* Room is doubled, so that the copies are linear in the text. */
static bool join_room(struct reader *r, struct reader_join *j, size_t need)
{
    if (need <= j->cap) return true;
    size_t cap = need * 2;
    char *p = arena_alloc(r->arena, cap);
    if (p == NULL) {
        r->no_memory = true;
        return false;
    }
    if (j->text.n) memcpy(p, j->text.p, j->text.n);
    j->text.p = p;
    j->cap = cap;
    return true;
}

void reader_add(struct reader *r, struct reader_join *j, struct span more)
{
    if (j->text.p == NULL) {
        j->text = more;
        return;
    }
    if (more.n == 0 || !join_room(r, j, j->text.n + more.n)) return;
    memcpy((char *)j->text.p + j->text.n, more.p, more.n);   /* ours: cap is not 0 */
    j->text.n += more.n;
}

/* ---- a table of fields ---- */

void reader_fields(struct reader *r, uint32_t obj, const struct reader_field *rows, size_t n, reader_same *same)
{
    const struct jtok *tok = r->d->tok;
    for (uint32_t key = jdoc_first(obj); key < jdoc_end(r->d, obj); key = tok[key + 1].next) {
        if (tok[key + 1].type == J_NULL) continue;   /* not given, as some SDKs write it */
        size_t k = 0;
        char first = r->d->text.p[tok[key].start];   /* of the key, or the quote after an empty one */
        while (k < n && !((first == rows[k].name[0] || first == '\\') && same(r->d, key, rows[k].name))) k++;
        if (k < n) rows[k].read(r, &rows[k], key + 1);
    }
}

static void *member(struct reader *r, const struct reader_field *f) { return (char *)r->conv + f->offset; }

void reader_bool(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (reader_is(r, i, J_TRUE) || reader_is(r, i, J_FALSE)) *(bool *)member(r, f) = reader_is(r, i, J_TRUE);
    else reader_unsupported(r, f->name);
}

void reader_double(struct reader *r, const struct reader_field *f, uint32_t i)
{
    double v;
    if (jdoc_double(r->d, i, &v) && v >= f->low && v <= f->high) *(double *)member(r, f) = v;
    else reader_unsupported(r, f->name);
}

/* SDKs write whole numbers as 40.0 as well. */
static bool whole_number(const struct reader *r, uint32_t i, int64_t *out)
{
    double v;
    if (jdoc_int(r->d, i, out)) return true;
    if (!jdoc_double(r->d, i, &v) || v != floor(v) || v < -1e15 || v > 1e15) return false;
    *out = (int64_t)v;
    return true;
}

void reader_top_k(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t v;
    if (!whole_number(r, i, &v) || v < 0 || v > INT32_MAX) reader_unsupported(r, f->name);
    else if (v > 0) r->conv->top_k = v;   /* 0: no limit, where it is allowed */
}

void reader_max_tokens(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t v;
    if (whole_number(r, i, &v) && v >= 1) r->conv->max_tokens = v;
    else reader_unsupported(r, f->name);
}

void reader_seed(struct reader *r, const struct reader_field *f, uint32_t i)
{
    r->conv->has_seed = whole_number(r, i, &r->conv->seed);
    if (!r->conv->has_seed) reader_unsupported(r, f->name);
}

static void add_stop(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct conv *c = r->conv;
    struct span s = reader_is(r, i, J_STRING) ? reader_text(r, i) : SPAN_NONE;
    if (s.n == 0 || c->n_stops == READER_MAX_STOPS) reader_unsupported(r, f->name);
    else c->stops[c->n_stops++] = s;
}

void reader_stops(struct reader *r, const struct reader_field *f, uint32_t i)
{
    r->conv->n_stops = 0;
    r->conv->stops = reader_array(r, READER_MAX_STOPS, sizeof *r->conv->stops);
    if (r->conv->stops == NULL) return;
    if (!reader_is(r, i, J_ARRAY)) {
        add_stop(r, f, i);
        return;
    }
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i) && r->conv->unsupported != f->name; k = r->d->tok[k].next)
        add_stop(r, f, k);
}

void reader_schema(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_OBJECT)) {
        reader_unsupported(r, f->name);
        return;
    }
    r->conv->format = FORMAT_SCHEMA;
    r->conv->schema = jdoc_raw(r->d, i);
}

void reader_only_false(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_FALSE)) reader_unsupported(r, f->name);
}

void reader_only_empty(struct reader *r, const struct reader_field *f, uint32_t i)
{
    bool holder = reader_is(r, i, J_OBJECT) || reader_is(r, i, J_ARRAY) || reader_is(r, i, J_STRING);
    bool empty = reader_is(r, i, J_STRING) ? jdoc_raw(r->d, i).n == 0 : holder && jdoc_first(i) == jdoc_end(r->d, i);
    if (!empty) reader_unsupported(r, f->name);
}

void reader_never(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)i;
    reader_unsupported(r, f->name);
}

static bool is_tool(const struct reader *r, uint32_t i)
{
    uint32_t fn = jdoc_get_type(r->d, i, "function", J_OBJECT);
    return jdoc_is(r->d, jdoc_get(r->d, i, "type"), "function") && jdoc_get_type(r->d, fn, "name", J_STRING) != J_NONE;
}

void reader_tools(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_ARRAY)) {
        reader_unsupported(r, f->name);
        return;
    }
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next)
        if (!is_tool(r, k)) reader_unsupported(r, f->name);
    if (jdoc_first(i) < jdoc_end(r->d, i)) r->conv->tools = jdoc_raw(r->d, i);
}

void reader_inputs(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct conv *c = r->conv;
    bool list = reader_is(r, i, J_ARRAY);
    uint32_t n = list ? reader_count(r, i, READER_MAX_INPUTS) : 1;
    if (n == 0 || n > READER_MAX_INPUTS || (!list && !reader_is(r, i, J_STRING))) {
        reader_unsupported(r, f->name);
        return;
    }
    c->inputs = reader_array(r, n, sizeof *c->inputs);
    c->n_inputs = 0;
    for (uint32_t k = list ? jdoc_first(i) : i; c->inputs && c->n_inputs < n; k = r->d->tok[k].next) {
        if (!reader_is(r, k, J_STRING)) reader_unsupported(r, f->name);   /* null is no text either */
        c->inputs[c->n_inputs++] = reader_string(r, k, f->name);
    }
}

/* ---- messages ---- */

void reader_messages(struct reader *r, uint32_t array, void (*read)(struct reader *r, uint32_t msg, struct conv_msg *m))
{
    struct conv *c = r->conv;
    uint32_t n = reader_is(r, array, J_ARRAY) ? reader_count(r, array, READER_MAX_MESSAGES) : 0;
    if (n == 0 || n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "messages");
        return;
    }
    c->msgs = reader_array(r, n, sizeof *c->msgs);
    for (uint32_t k = jdoc_first(array); c->msgs && k < jdoc_end(r->d, array); k = r->d->tok[k].next)
        read(r, k, &c->msgs[c->n_msgs++]);
}

enum conv_role reader_role(struct reader *r, uint32_t msg)
{
    static const struct { const char *word; enum conv_role role; } roles[] = {
        {"user", ROLE_USER}, {"assistant", ROLE_ASSISTANT}, {"tool", ROLE_TOOL}, {"system", ROLE_SYSTEM},
        {"developer", ROLE_DEVELOPER},
    };
    uint32_t i = jdoc_get(r->d, msg, "role");
    for (size_t k = 0; k < COUNT(roles); k++)
        if (jdoc_is(r->d, i, roles[k].word)) return roles[k].role;
    reader_unsupported(r, "messages.role");
    return ROLE_USER;
}

void reader_calls(struct reader *r, uint32_t msg, struct conv_msg *m,
                  void (*read)(struct reader *r, uint32_t call, struct conv_call *c))
{
    uint32_t array = reader_given(r, msg, "tool_calls");
    if (array == J_NONE) return;
    uint32_t n = reader_is(r, array, J_ARRAY) ? reader_count(r, array, READER_MAX_CALLS) : READER_MAX_CALLS + 1;
    if (n > READER_MAX_CALLS) reader_unsupported(r, "messages.tool_calls");
    if (n == 0 || n > READER_MAX_CALLS) return;
    m->calls = reader_array(r, n, sizeof *m->calls);
    for (uint32_t k = jdoc_first(array); m->calls && k < jdoc_end(r->d, array); k = r->d->tok[k].next)
        read(r, k, &m->calls[m->n_calls++]);
}
