/* Local answers that are kept; the contracts are in objects.h. */
#include "wire/objects.h"
#include "wire/openai_chat.h"
#include "wire/openai_responses.h"
#include "wire/query.h"

static bool is(const struct route *route, const char *operation) { return strcmp(route->operation, operation) == 0; }

const char *objects_id_prefix(const struct route *route)
{
    return is(route, "responses") ? "resp_" : is(route, "chat.completions") ? "chatcmpl-" : NULL;
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

/* ---- a chat that is kept: nothing goes on from it ---- */

/* As the API lists it: with an id, and parts beside a content that is null. */
static void put_chat_message(const struct answer *a, uint32_t i, uint32_t n, struct obuf *o)
{
    const struct jdoc *d = a->request;
    uint32_t content = jdoc_get(d, i, "content"), parts = jdoc_get_type(d, i, "content", J_ARRAY);
    jo_open(o, NULL, '{');
    jo_raw(o, "id", SPAN("\""));
    answer_id_again(a, "chatcmpl-", 0, o);
    obuf_printf(o, "-%u\"", n);
    for (uint32_t k = jdoc_first(i); k < jdoc_end(d, i); k = d->tok[k + 1].next)
        if (k + 1 != parts && d->tok[k + 1].type != J_NULL && !jdoc_is(d, k, "id")) put_member(d, k, o);
    if (content == J_NONE || d->tok[content].type != J_STRING) jo_null(o, "content");
    if (parts == J_NONE) jo_null(o, "content_parts");
    else jo_raw(o, "content_parts", jdoc_raw(d, parts));
    jo_close(o, '}');
}

static void put_chat(const struct answer *a, struct span completion, struct obuf *o)
{
    const struct jdoc *d = a->request;
    uint32_t metadata = jdoc_get_type(d, 0, "metadata", J_OBJECT), messages = jdoc_get_type(d, 0, "messages", J_ARRAY), n = 0;
    jo_raw(o, "response", (struct span){completion.p, completion.n - (completion.n > 0)});   /* reopened */
    obuf_str(o, ",\"metadata\":");
    obuf_span_put(o, metadata == J_NONE ? SPAN("{}") : jdoc_raw(d, metadata));
    obuf_str(o, "}");
    jo_open(o, "input", '[');
    for (uint32_t k = jdoc_first(messages); messages != J_NONE && k < jdoc_end(d, messages); k = d->tok[k].next)
        if (d->tok[k].type == J_OBJECT) put_chat_message(a, k, n++, o);
    jo_close(o, ']');
}

static void put_response(const struct answer *a, const struct conv *c, struct span response_json, struct obuf *o)
{
    bool summary = c->own & RESPONSES_COMPACT;   /* stands for all that was before */
    jo_raw(o, "response", response_json);
    jo_open(o, "messages", '[');
    if (!summary) put_messages(c, c->own & RESPONSES_INSTRUCTIONS ? 1 : 0, o);
    if (!put_answer(response_json, o)) o->bad = true;
    jo_close(o, ']');
    put_input(a, o);
}

void objects_keep_put(const struct answer *a, const struct conv *c, struct span response_json, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    if (a->route && is(a->route, "chat.completions")) put_chat(a, response_json, o);
    else put_response(a, c, response_json, o);
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

static bool asks(const struct object_request *q, const char *name, const char *value)
{
    struct query_parameter p;
    size_t at = 0;
    while (query_next(q->target, &at, &p))
        if (span_is(p.name, name) && span_is(p.value, value)) return true;
    return false;
}

static enum fail serve_items(const struct object_request *q, const struct jdoc *d, struct arena *arena, struct obuf *out)
{
    uint32_t input = jdoc_get_type(d, 0, "input", J_ARRAY), n = 0;
    /* of the two APIs, the one begins with the newest and the other with the oldest */
    bool oldest_first = asks(q, "order", "asc") || (is(q->route, "chat.completions.messages.list") && !asks(q, "order", "desc"));
    if (input == J_NONE) return FAIL_STATE_UNKNOWN;
    uint32_t most = jdoc_end(d, input) - input, *items = arena_array(arena, most, sizeof *items);
    if (items == NULL) return FAIL_NO_MEMORY;
    for (uint32_t k = jdoc_first(input); k < jdoc_end(d, input); k = d->tok[k].next) items[n++] = k;
    uint32_t first = oldest_first || n == 0 ? 0 : n - 1, last = n - 1 - first;
    jo_open(out, NULL, '{');
    jo_cstr(out, "object", "list");
    jo_open(out, "data", '[');
    for (uint32_t k = 0; k < n; k++) jo_raw(out, NULL, jdoc_raw(d, items[oldest_first ? k : n - 1 - k]));
    jo_close(out, ']');
    put_id(d, "first_id", n ? items[first] : J_NONE, out);
    put_id(d, "last_id", n ? items[last] : J_NONE, out);
    jo_bool(out, "has_more", false);
    jo_close(out, '}');
    return FAIL_OK;
}

static enum fail serve_response(const struct jdoc *d, struct obuf *out)
{
    uint32_t response = jdoc_get_type(d, 0, "response", J_OBJECT);
    if (response == J_NONE) return FAIL_STATE_UNKNOWN;
    obuf_span_put(out, jdoc_raw(d, response));
    return FAIL_OK;
}

static enum fail serve_deleted(struct span id, const char *object, struct obuf *out)
{
    jo_open(out, NULL, '{');
    jo_str(out, "id", id);
    jo_cstr(out, "object", object);
    jo_bool(out, "deleted", true);
    jo_close(out, '}');
    return FAIL_OK;
}

static enum fail serve(const struct object_request *q, const struct jdoc *d, struct arena *arena, struct obuf *out)
{
    const struct route *r = q->route;
    bool get = span_is(q->method, "GET"), removes = span_is(q->method, "DELETE");
    if (is(r, "responses.cancel")) return serve_response(d, out);   /* it has ended: told as it is */
    if (removes && is(r, "responses.delete")) return serve_deleted(q->id, "response", out);
    if (removes && is(r, "chat.completions.delete")) return serve_deleted(q->id, "chat.completion.deleted", out);
    if (get && (is(r, "responses.input_items.list") || is(r, "chat.completions.messages.list")))
        return serve_items(q, d, arena, out);
    if (get && is(r, "chat.completions.retrieve")) return serve_response(d, out);
    if (!get || !is(r, "responses.retrieve")) return FAIL_STATE_UNKNOWN;
    return asks(q, "stream", "true") ? FAIL_LOCAL_UNSUPPORTED : serve_response(d, out);
}

enum fail objects_serve(const struct object_request *q, struct span kept, struct obuf *out)
{
    struct arena *arena = arena_new(0);
    struct jdoc d;
    size_t at;
    enum fail f = arena == NULL ? FAIL_NO_MEMORY : jscan(kept, arena, &d, &at) ? FAIL_STATE_UNKNOWN : FAIL_OK;
    out->comma = false;
    if (!f) f = serve(q, &d, arena, out);
    arena_free(arena);
    out->comma = false;
    return f;
}
