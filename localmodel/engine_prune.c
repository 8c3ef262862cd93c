#include "localmodel/engine_prune.h"
#include "core/arena.h"
#include "core/jscan.h"
#include <stdlib.h>

struct prune {
    const struct engine_request *request;
    struct arena *arena;
    struct jdoc tools, messages;
    struct span *names;                /* by the number of a tool in the list */
    bool *needed;                      /* the same */
    uint32_t n, n_needed;
};

enum level { AS_GIVEN, NO_PARAMETER_TEXT, FIRST_SENTENCES };

uint32_t prune_room(const struct engine_request *r, uint32_t context)
{
    uint32_t most = context / 4, usual = context / 8 < 512 ? context / 8 : 512;
    if (r->max_tokens >= 0) usual = r->max_tokens < most ? (uint32_t)r->max_tokens : most;
    return usual ? usual : 1;
}

/* --- which tools have to stay --- */

static bool key_is(const struct jdoc *d, uint32_t key, const char *name) { return jdoc_is(d, key, name); }

static uint32_t function_of(const struct jdoc *d, uint32_t tool) { return jdoc_get_type(d, tool, "function", J_OBJECT); }

static struct span name_of(const struct jdoc *d, uint32_t holder, struct arena *a)
{
    return jdoc_text(d, jdoc_get_type(d, function_of(d, holder), "name", J_STRING), a);
}

static void need(struct prune *p, struct span name)
{
    for (uint32_t i = 0; name.p && i < p->n; i++) {
        if (p->needed[i] || p->names[i].p == NULL || !span_eq(p->names[i], name)) continue;
        p->needed[i] = true;
        p->n_needed++;
    }
}

static void need_called(struct prune *p)
{
    const struct jdoc *d = &p->messages;
    for (uint32_t m = jdoc_first(0); m < jdoc_end(d, 0); m = d->tok[m].next) {
        uint32_t calls = jdoc_get_type(d, m, "tool_calls", J_ARRAY);
        if (calls == J_NONE) continue;
        for (uint32_t c = jdoc_first(calls); c < jdoc_end(d, calls); c = d->tok[c].next) need(p, name_of(d, c, p->arena));
    }
}

static void need_first(struct prune *p)
{
    if (p->n == 0 || p->n_needed) return;
    p->needed[0] = true;
    p->n_needed = 1;
}

static uint32_t count_elements(const struct jdoc *d)
{
    uint32_t n = 0;
    if (d->tok[0].type != J_ARRAY) return 0;
    for (uint32_t t = jdoc_first(0); t < jdoc_end(d, 0); t = d->tok[t].next) n++;
    return n;
}

static enum fail prune_init(struct prune *p, const struct engine_request *r)
{
    size_t at;
    *p = (struct prune){.request = r, .arena = arena_new(0)};
    if (p->arena == NULL) return FAIL_NO_MEMORY;
    enum fail f = jscan(span_str(r->tools), p->arena, &p->tools, &at);
    if (f == FAIL_OK) f = jscan(span_str(r->messages), p->arena, &p->messages, &at);
    if (f != FAIL_OK) return f;
    p->n = count_elements(&p->tools);
    if (p->n == 0) return FAIL_LOCAL_UNSUPPORTED;
    p->names = arena_array(p->arena, p->n, sizeof *p->names);
    p->needed = arena_array(p->arena, p->n, sizeof *p->needed);
    if (p->names == NULL || p->needed == NULL) return FAIL_NO_MEMORY;
    uint32_t at_tool = 0;
    for (uint32_t t = jdoc_first(0); t < jdoc_end(&p->tools, 0); t = p->tools.tok[t].next)
        p->names[at_tool++] = name_of(&p->tools, t, p->arena);
    if (r->tool_choice == TOOLS_NAMED) need(p, span_str(r->tool_name));
    need_called(p);
    if (r->tool_choice == TOOLS_REQUIRED) need_first(p);
    return FAIL_OK;
}

uint32_t prune_count_tools(const struct engine_request *r)
{
    struct arena *a = r->tools ? arena_new(0) : NULL;
    struct jdoc d;
    size_t at;
    uint32_t n = a && jscan(span_str(r->tools), a, &d, &at) == FAIL_OK ? count_elements(&d) : 0;
    arena_free(a);
    return n;
}

/* --- a shorter list --- */

static void put_raw(struct obuf *o, const struct jdoc *d, uint32_t i)
{
    bool quoted = d->tok[i].type == J_STRING || d->tok[i].type == J_KEY;
    if (quoted) obuf_str(o, "\"");
    obuf_span_put(o, jdoc_raw(d, i));
    if (quoted) obuf_str(o, "\"");
}

static void put_key(struct obuf *o, const struct jdoc *d, uint32_t key, bool *first)
{
    if (!*first) obuf_str(o, ",");
    *first = false;
    put_raw(o, d, key);
    obuf_str(o, ":");
}

/* Members of a schema whose value is data, where a "description" is no description. */
static bool is_data(const struct jdoc *d, uint32_t key)
{
    return key_is(d, key, "enum") || key_is(d, key, "const") || key_is(d, key, "default") || key_is(d, key, "examples");
}

/* Members whose own members' names are the client's. */
static bool is_map(const struct jdoc *d, uint32_t key)
{
    return key_is(d, key, "properties") || key_is(d, key, "patternProperties") || key_is(d, key, "$defs") ||
           key_is(d, key, "definitions") || key_is(d, key, "dependentSchemas");
}

/* Recursion as deep as jscan lets a document be. `names`: the members' names are the client's, not the schema's. */
static void put_schema(struct obuf *o, const struct jdoc *d, uint32_t i, bool names)
{
    bool first = true;
    if (d->tok[i].type == J_ARRAY) {
        obuf_str(o, "[");
        for (uint32_t e = jdoc_first(i); e < jdoc_end(d, i); e = d->tok[e].next) {
            if (e != jdoc_first(i)) obuf_str(o, ",");
            put_schema(o, d, e, false);
        }
        obuf_str(o, "]");
        return;
    }
    if (d->tok[i].type != J_OBJECT) {
        put_raw(o, d, i);
        return;
    }
    obuf_str(o, "{");
    for (uint32_t key = jdoc_first(i); key < jdoc_end(d, i); key = d->tok[key + 1].next) {
        bool told = d->tok[key + 1].type == J_STRING && key_is(d, key, "description");
        if (told && !names) continue;
        put_key(o, d, key, &first);
        if (!names && is_data(d, key)) put_raw(o, d, key + 1);
        else put_schema(o, d, key + 1, !names && is_map(d, key));
    }
    obuf_str(o, "}");
}

/* The first sentence: it ends with a mark that is followed by a blank, with a line, or with the most that is kept. */
static struct span first_sentence(struct span s)
{
    size_t most = s.n < PRUNE_SENTENCE_MAX ? s.n : PRUNE_SENTENCE_MAX;
    for (size_t i = 0; i < most; i++) {
        bool mark = strchr(".!?", s.p[i]) && s.p[i];
        if (s.p[i] == '\n' && i) return (struct span){s.p, i};
        if (mark && (i + 1 == s.n || strchr(" \t\r\n", s.p[i + 1]))) return (struct span){s.p, i + 1};
        if (i + 3 <= s.n && memcmp(s.p + i, "\xe3\x80\x82", 3) == 0) return (struct span){s.p, i + 3};
    }
    while (most < s.n && most && ((unsigned char)s.p[most] & 0xc0) == 0x80) most--;   /* no character is cut */
    return (struct span){s.p, most};
}

static void put_function(struct obuf *o, struct prune *p, uint32_t function, enum level level)
{
    const struct jdoc *d = &p->tools;
    bool first = true;
    obuf_str(o, "{");
    for (uint32_t key = jdoc_first(function); key < jdoc_end(d, function); key = d->tok[key + 1].next) {
        bool told = d->tok[key + 1].type == J_STRING && key_is(d, key, "description");
        put_key(o, d, key, &first);
        if (key_is(d, key, "parameters")) {
            put_schema(o, d, key + 1, false);
        } else if (told && level == FIRST_SENTENCES) {
            obuf_str(o, "\"");
            jo_escape(o, first_sentence(jdoc_text(d, key + 1, p->arena)));
            obuf_str(o, "\"");
        } else {
            put_raw(o, d, key + 1);
        }
    }
    obuf_str(o, "}");
}

static void put_tool(struct obuf *o, struct prune *p, uint32_t tool, enum level level)
{
    const struct jdoc *d = &p->tools;
    uint32_t function = function_of(d, tool);
    bool first = true;
    if (level == AS_GIVEN || function == J_NONE) {
        put_raw(o, d, tool);
        return;
    }
    obuf_str(o, "{");
    for (uint32_t key = jdoc_first(tool); key < jdoc_end(d, tool); key = d->tok[key + 1].next) {
        put_key(o, d, key, &first);
        if (key + 1 == function) put_function(o, p, function, level);
        else put_raw(o, d, key + 1);
    }
    obuf_str(o, "}");
}

/* The needed tools and the first `spare` of the others; each is put in its own place. */
static void put_tools(struct obuf *o, struct prune *p, enum level level, uint32_t spare)
{
    uint32_t at = 0;
    bool first = true;
    obuf_str(o, "[");
    for (uint32_t t = jdoc_first(0); t < jdoc_end(&p->tools, 0); t = p->tools.tok[t].next, at++) {
        if (!p->needed[at] && spare == 0) continue;
        if (!p->needed[at]) spare--;
        if (!first) obuf_str(o, ",");
        first = false;
        put_tool(o, p, t, level);
    }
    obuf_str(o, "]");
    obuf_put(o, "", 1);
}

/* --- the search --- */

static enum fail attempt(struct prune *p, enum level level, uint32_t spare, prune_try *try, void *arg)
{
    struct obuf o = {0};
    if (p->n_needed + spare == 0) return try(arg, NULL);
    put_tools(&o, p, level, spare);
    enum fail f = obuf_ok(&o) ? try(arg, o.p) : FAIL_NO_MEMORY;
    obuf_fini(&o);
    return f;
}

/* The most spare tools that fit, fewer than `all`, by halving. None is known to fit and was tried last. */
static enum fail search(struct prune *p, uint32_t all, prune_try *try, void *arg, uint32_t *spare)
{
    uint32_t fits = 0, too_many = all, last = 0;
    while (fits + 1 < too_many) {
        last = fits + (too_many - fits) / 2;
        enum fail f = attempt(p, FIRST_SENTENCES, last, try, arg);
        if (f == FAIL_OK) fits = last;
        else if (f == FAIL_CONTEXT_LENGTH) too_many = last;
        else return f;
    }
    *spare = fits;
    return last == fits ? FAIL_OK : attempt(p, FIRST_SENTENCES, fits, try, arg);
}

static enum fail shorten(struct prune *p, prune_try *try, void *arg, struct prune_count *count)
{
    uint32_t all = p->n - p->n_needed, spare = 0;
    *count = (struct prune_count){.given = p->n, .kept = p->n};
    for (int level = AS_GIVEN; level <= FIRST_SENTENCES; level++) {
        enum fail f = attempt(p, (enum level)level, all, try, arg);
        if (f != FAIL_CONTEXT_LENGTH) return f;
    }
    if (all == 0) return FAIL_CONTEXT_LENGTH;
    enum fail f = attempt(p, FIRST_SENTENCES, 0, try, arg);
    if (f == FAIL_OK) f = search(p, all, try, arg, &spare);
    count->kept = p->n_needed + spare;
    return f;
}

enum fail prune_to_fit(const struct engine_request *r, prune_try *try, void *arg, struct prune_count *count)
{
    struct prune p;
    enum fail f = prune_init(&p, r);
    if (f == FAIL_OK) f = shorten(&p, try, arg, count);
    arena_free(p.arena);
    return f;
}
