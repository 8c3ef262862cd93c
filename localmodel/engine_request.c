/* The copy of a conversation that the engine keeps, in OpenAI's form, which is what chat templates are written for. */
#include "core/obuf.h"
#include "localmodel/engine.h"
#include <stdlib.h>

static void put_calls(struct obuf *o, const struct conv_msg *m)
{
    jo_open(o, "tool_calls", '[');
    for (size_t i = 0; i < m->n_calls; i++) {
        jo_open(o, NULL, '{');
        jo_str(o, "id", m->calls[i].id);
        jo_cstr(o, "type", "function");
        jo_open(o, "function", '{');
        jo_str(o, "name", m->calls[i].name);
        jo_str(o, "arguments", m->calls[i].arguments);
        jo_close(o, '}');
        jo_close(o, '}');
    }
    jo_close(o, ']');
}

static void put_message(struct obuf *o, const struct conv_msg *m)
{
    static const char *const roles[] = {[ROLE_SYSTEM] = "system", [ROLE_DEVELOPER] = "developer", [ROLE_USER] = "user",
                                        [ROLE_ASSISTANT] = "assistant", [ROLE_TOOL] = "tool"};
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", roles[m->role]);
    if (m->n_calls && m->text.n == 0) jo_null(o, "content");
    else jo_str(o, "content", m->text);
    if (m->reasoning.p) jo_str(o, "reasoning_content", m->reasoning);
    if (m->name.p) jo_str(o, "name", m->name);
    if (m->tool_call_id.p) jo_str(o, "tool_call_id", m->tool_call_id);
    if (m->n_calls) put_calls(o, m);
    jo_close(o, '}');
}

void engine_messages_put(const struct conv *c, struct obuf *o)
{
    jo_open(o, NULL, '[');
    for (size_t i = 0; i < c->n_msgs; i++) put_message(o, &c->msgs[i]);
    jo_close(o, ']');
}

static char *messages_json(const struct conv *c)
{
    struct obuf o = {0};
    size_t n;
    engine_messages_put(c, &o);
    obuf_put(&o, "", 1);
    char *json = obuf_ok(&o) ? obuf_take(&o, &n) : NULL;
    obuf_fini(&o);
    return json;
}

/* False when out of memory; no span is no copy. */
static bool copy(struct span s, char **out)
{
    *out = s.p ? malloc(s.n + 1) : NULL;   /* the span may be the last of its buffer: nothing after it is looked at */
    if (*out == NULL) return s.p == NULL;
    if (s.n) memcpy(*out, s.p, s.n);
    (*out)[s.n] = '\0';
    return true;
}

static bool copy_stops(const struct conv *c, struct engine_request *r)
{
    if (c->n_stops == 0) return true;
    r->stops = calloc(c->n_stops, sizeof *r->stops);
    if (r->stops == NULL) return false;
    for (size_t i = 0; i < c->n_stops; i++) {
        if (c->stops[i].n == 0 || c->stops[i].p[0] == 0) continue;   /* an empty string would stop everything */
        if (!copy(c->stops[i], &r->stops[r->n_stops])) return false;
        r->n_stops++;
    }
    return true;
}

/* An input may hold NUL bytes: tokenisers take them as they are. */
static bool copy_inputs(const struct conv *c, struct engine_request *r)
{
    if (c->n_inputs == 0) return true;
    r->inputs = calloc(c->n_inputs, sizeof *r->inputs);
    r->input_lengths = calloc(c->n_inputs, sizeof *r->input_lengths);
    if (r->inputs == NULL || r->input_lengths == NULL) return false;
    for (size_t i = 0; i < c->n_inputs; i++) {
        struct span s = c->inputs[i];
        r->inputs[i] = malloc(s.n + 1);
        if (r->inputs[i] == NULL) return false;
        r->n_inputs++;
        if (s.n) memcpy(r->inputs[i], s.p, s.n);
        r->inputs[i][s.n] = '\0';
        r->input_lengths[i] = s.n;
    }
    return true;
}

static void copy_numbers(const struct conv *c, struct engine_request *r)
{
    r->kind = c->kind;
    r->tool_choice = c->tool_choice;
    r->parallel_tool_calls = c->parallel_tool_calls;
    r->max_tokens = c->max_tokens;
    r->temperature = c->temperature;
    r->top_p = c->top_p;
    r->top_k = c->top_k;
    r->frequency_penalty = c->frequency_penalty;
    r->presence_penalty = c->presence_penalty;
    r->format = c->format;
    r->show_reasoning = c->show_reasoning;
    r->has_seed = c->has_seed;
    r->seed = c->seed;
}

struct engine_request *engine_request_new(const struct conv *c)
{
    struct engine_request *r = calloc(1, sizeof *r);
    if (r == NULL) return NULL;
    copy_numbers(c, r);
    r->messages = messages_json(c);
    bool whole = r->messages && copy(c->tools, &r->tools) && copy_stops(c, r) && copy_inputs(c, r);
    if (whole && c->tool_choice == TOOLS_NAMED) whole = copy(c->tool_name, &r->tool_name);
    if (whole && c->format == FORMAT_SCHEMA) whole = copy(c->schema, &r->schema);
    if (whole) return r;
    engine_request_free(r);
    return NULL;
}

void engine_request_free(struct engine_request *r)
{
    if (r == NULL) return;
    for (size_t i = 0; i < r->n_stops; i++) free(r->stops[i]);
    for (size_t i = 0; i < r->n_inputs; i++) free(r->inputs[i]);
    free(r->stops);
    free(r->inputs);
    free(r->input_lengths);
    free(r->messages);
    free(r->tools);
    free(r->tool_name);
    free(r->schema);
    free(r);
}
