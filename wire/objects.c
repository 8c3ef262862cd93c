/* Local answers that are kept; the contracts are in objects.h. */
#include "wire/objects.h"
#include "wire/openai_chat.h"
#include "wire/openai_responses.h"

const char *objects_id_prefix(const struct route *route)
{
    return strcmp(route->operation, "responses") == 0 ? "resp_" : NULL;
}

/* ---- messages, in OpenAI's chat form ---- */

static void put_calls(const struct conv_msg *m, struct obuf *o)
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

static void put_message(const struct conv_msg *m, struct obuf *o)
{
    static const char *const roles[] = {[ROLE_SYSTEM] = "system", [ROLE_DEVELOPER] = "developer", [ROLE_USER] = "user",
                                        [ROLE_ASSISTANT] = "assistant", [ROLE_TOOL] = "tool"};
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", roles[m->role]);
    jo_str(o, "content", m->text);
    if (m->reasoning.p) jo_str(o, "reasoning_content", m->reasoning);
    if (m->name.p) jo_str(o, "name", m->name);
    if (m->tool_call_id.p) jo_str(o, "tool_call_id", m->tool_call_id);
    if (m->n_calls) put_calls(m, o);
    jo_close(o, '}');
}

static void put_messages(const struct conv *c, size_t from, struct obuf *o)
{
    for (size_t i = from; i < c->n_msgs; i++) put_message(&c->msgs[i], o);
}

/* ---- what is kept ---- */

/* What the answer said is read from its items as it would be from a request that repeats them. */
static bool put_answer(struct span response, struct obuf *o)
{
    struct arena *arena = arena_new(0);
    struct conv said = {0};
    struct jdoc d;
    size_t at;
    bool read = arena && jscan(response, arena, &d, &at) == FAIL_OK;
    if (read) {
        struct reader r = {.d = &d, .arena = arena, .conv = &said};
        responses_input(&r, jdoc_get_type(&d, 0, "output", J_ARRAY), SPAN_NONE);
        read = !r.no_memory;
        put_messages(&said, 0, o);
    }
    arena_free(arena);
    return read;
}

/* A string token with the key it is to have; both are JSON already. */
static void put_string(const struct jdoc *d, uint32_t i, const char *key, struct obuf *o)
{
    jo_raw(o, key, SPAN("\""));
    obuf_span_put(o, jdoc_raw(d, i));
    obuf_str(o, "\"");
}

/* The parts of a content that was written as one string. */
static void put_part(const struct jdoc *d, uint32_t text, const char *type, struct obuf *o)
{
    jo_open(o, "content", '[');
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", type);
    put_string(d, text, "text", o);
    jo_close(o, '}');
    jo_close(o, ']');
}

static void put_member(const struct jdoc *d, uint32_t key, struct obuf *o)
{
    bool string = d->tok[key + 1].type == J_STRING;
    jo_raw(o, NULL, SPAN("\""));
    obuf_span_put(o, jdoc_raw(d, key));
    obuf_str(o, string ? "\":\"" : "\":");
    obuf_span_put(o, jdoc_raw(d, key + 1));
    if (string) obuf_str(o, "\"");
}

static bool given(const struct jdoc *d, uint32_t obj, const char *key)
{
    uint32_t i = jdoc_get(d, obj, key);
    return i != J_NONE && d->tok[i].type != J_NULL;
}

/* Items are given back with an id and a type, messages with a list of parts, however short the client wrote them. */
static void put_item(const struct answer *a, uint32_t i, uint32_t n, struct obuf *o)
{
    const struct jdoc *d = a->request;
    uint32_t role = jdoc_get_type(d, i, "role", J_STRING), text = jdoc_get_type(d, i, "content", J_STRING);
    if (role == J_NONE) text = J_NONE;
    jo_open(o, NULL, '{');
    if (!given(d, i, "id")) {
        jo_raw(o, "id", SPAN("\""));
        answer_id_again(a, "msg_", a->ids + n, o);
        obuf_str(o, "\"");
    }
    if (!given(d, i, "type")) jo_cstr(o, "type", "message");
    for (uint32_t k = jdoc_first(i); k < jdoc_end(d, i); k = d->tok[k + 1].next)
        if (d->tok[k + 1].type != J_NULL && k + 1 != text) put_member(d, k, o);
    if (text != J_NONE) put_part(d, text, jdoc_is(d, role, "assistant") ? "output_text" : "input_text", o);
    jo_close(o, '}');
}

static void put_input(const struct answer *a, struct obuf *o)
{
    const struct jdoc *d = a->request;
    uint32_t input = d ? jdoc_get(d, 0, "input") : J_NONE, n = 0;
    jo_open(o, "input", '[');
    if (input != J_NONE && d->tok[input].type == J_STRING) {
        jo_open(o, NULL, '{');
        jo_raw(o, "id", SPAN("\""));
        answer_id_again(a, "msg_", a->ids, o);
        obuf_str(o, "\"");
        jo_cstr(o, "type", "message");
        jo_cstr(o, "role", "user");
        put_part(d, input, "input_text", o);
        jo_close(o, '}');
    } else if (input != J_NONE && d->tok[input].type == J_ARRAY) {
        for (uint32_t k = jdoc_first(input); k < jdoc_end(d, input); k = d->tok[k].next)
            if (d->tok[k].type == J_OBJECT) put_item(a, k, n++, o);
    }
    jo_close(o, ']');
}

void objects_keep_put(const struct answer *a, const struct conv *c, struct span response_json, struct obuf *o)
{
    bool summary = c->own & RESPONSES_COMPACT;   /* stands for all that was before */
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_raw(o, "response", response_json);
    jo_open(o, "messages", '[');
    if (!summary) put_messages(c, c->own & RESPONSES_INSTRUCTIONS ? 1 : 0, o);
    if (!put_answer(response_json, o)) o->bad = true;
    jo_close(o, ']');
    put_input(a, o);
    jo_close(o, '}');
    o->comma = false;
}

/* ---- going on ---- */

enum fail objects_restore(struct span kept, struct arena *arena, struct conv *c)
{
    struct conv old = {0};
    struct jdoc d;
    size_t at, head = c->own & RESPONSES_INSTRUCTIONS ? 1 : 0;
    if (jscan(kept, arena, &d, &at) != FAIL_OK) return FAIL_INTERNAL;
    uint32_t messages = jdoc_get_type(&d, 0, "messages", J_ARRAY);
    if (messages == J_NONE || head > c->n_msgs) return FAIL_INTERNAL;
    struct reader r = {.d = &d, .arena = arena, .conv = &old};
    openai_chat_messages(&r, messages);
    struct conv_msg *all = reader_array(&r, old.n_msgs + c->n_msgs, sizeof *all);
    if (r.no_memory) return FAIL_NO_MEMORY;
    if (head) all[0] = c->msgs[0];
    if (old.n_msgs) memcpy(all + head, old.msgs, old.n_msgs * sizeof *all);
    if (c->n_msgs > head) memcpy(all + head + old.n_msgs, c->msgs + head, (c->n_msgs - head) * sizeof *all);
    c->msgs = all;
    c->n_msgs += old.n_msgs;
    if (c->unsupported == NULL) c->unsupported = old.unsupported;
    return FAIL_OK;
}

/* ---- serving ---- */

static void put_id(const struct jdoc *d, const char *key, uint32_t item, struct obuf *o)
{
    uint32_t id = jdoc_get_type(d, item, "id", J_STRING);
    if (id != J_NONE) put_string(d, id, key, o);
    else jo_null(o, key);
}

static bool serve_items(const struct jdoc *d, struct arena *arena, struct obuf *out)
{
    uint32_t input = jdoc_get_type(d, 0, "input", J_ARRAY), n = 0;
    if (input == J_NONE) return false;
    uint32_t *items = arena_array(arena, jdoc_end(d, input) - input, sizeof *items);
    if (items == NULL) return false;
    for (uint32_t k = jdoc_first(input); k < jdoc_end(d, input); k = d->tok[k].next) items[n++] = k;
    jo_open(out, NULL, '{');
    jo_cstr(out, "object", "list");
    jo_open(out, "data", '[');
    for (uint32_t k = n; k-- > 0;) jo_raw(out, NULL, jdoc_raw(d, items[k]));
    jo_close(out, ']');
    put_id(d, "first_id", n ? items[n - 1] : J_NONE, out);
    put_id(d, "last_id", n ? items[0] : J_NONE, out);
    jo_bool(out, "has_more", false);
    jo_close(out, '}');
    return true;
}

static bool serve_response(const struct jdoc *d, struct obuf *out)
{
    uint32_t response = jdoc_get_type(d, 0, "response", J_OBJECT);
    if (response != J_NONE) obuf_span_put(out, jdoc_raw(d, response));
    return response != J_NONE;
}

static void serve_deleted(struct span id, struct obuf *out)
{
    jo_open(out, NULL, '{');
    jo_str(out, "id", id);
    jo_cstr(out, "object", "response");
    jo_bool(out, "deleted", true);
    jo_close(out, '}');
}

static bool serve(const struct route *route, struct span method, const struct jdoc *d, struct arena *arena, struct span id,
                  struct obuf *out)
{
    const char *operation = route->operation;
    if (span_is(method, "DELETE") && strcmp(operation, "responses.delete") == 0) {
        serve_deleted(id, out);
        return true;
    }
    if (!span_is(method, "GET")) return false;
    if (strcmp(operation, "responses.retrieve") == 0) return serve_response(d, out);
    return strcmp(operation, "responses.input_items.list") == 0 && serve_items(d, arena, out);
}

bool objects_serve(const struct route *route, struct span method, struct span kept, struct span id, struct obuf *out)
{
    struct arena *arena = arena_new(0);
    struct jdoc d;
    size_t at;
    bool served = arena && jscan(kept, arena, &d, &at) == FAIL_OK;
    out->comma = false;
    if (served) served = serve(route, method, &d, arena, id, out);
    arena_free(arena);
    out->comma = false;
    return served;
}
