/* The messages of a chat-completions request. */
#include "wire/openai_chat.h"

struct span chat_text(struct chat_reader *r, uint32_t i)
{
    struct span t = jdoc_text(r->d, i, r->arena);
    if (t.p == NULL) r->no_memory = true;
    return t;
}

static uint32_t count(const struct jdoc *d, uint32_t array, uint32_t most)
{
    uint32_t n = 0;
    for (uint32_t k = jdoc_first(array); k < jdoc_end(d, array) && n <= most; k = d->tok[k].next) n++;
    return n;
}

/* A member that is given and not null, or J_NONE. */
static uint32_t given(const struct jdoc *d, uint32_t obj, const char *key)
{
    uint32_t i = jdoc_get(d, obj, key);
    return i != J_NONE && d->tok[i].type == J_NULL ? J_NONE : i;
}

/* An optional string member; `name` is what is unsupported when it is something else. */
static struct span string_member(struct chat_reader *r, uint32_t obj, const char *key, const char *name)
{
    uint32_t i = given(r->d, obj, key);
    if (i == J_NONE) return SPAN_NONE;
    if (r->d->tok[i].type == J_STRING) return chat_text(r, i);
    conv_unsupported(r->conv, name);
    return SPAN_NONE;
}

/* ---- content ---- */

/* The string that a content part holds, or J_NONE with the part's kind named as unsupported. */
static uint32_t part_text(struct chat_reader *r, uint32_t part)
{
    static const char *const texts[] = {"text", "refusal"};
    static const char *const others[] = {"image_url", "input_audio", "file"};
    uint32_t type = jdoc_get_type(r->d, part, "type", J_STRING);
    for (size_t k = 0; k < COUNT(texts); k++) {
        uint32_t t = jdoc_is(r->d, type, texts[k]) ? jdoc_get_type(r->d, part, texts[k], J_STRING) : J_NONE;
        if (t != J_NONE) return t;
    }
    for (size_t k = 0; k < COUNT(others); k++)
        if (jdoc_is(r->d, type, others[k])) conv_unsupported(r->conv, others[k]);
    conv_unsupported(r->conv, "messages.content");
    return J_NONE;
}

/* One part needs no copy; several are joined without anything between, as the API does. */
static struct span parts(struct chat_reader *r, uint32_t array)
{
    const struct jdoc *d = r->d;
    size_t room = 0, n = 0;
    uint32_t only = J_NONE, many = 0;
    for (uint32_t k = jdoc_first(array); k < jdoc_end(d, array); k = d->tok[k].next) {
        uint32_t t = part_text(r, k);
        if (t == J_NONE) continue;
        only = t;
        many++;
        room += jdoc_raw(d, t).n;
    }
    if (many <= 1) return only == J_NONE ? SPAN_NONE : chat_text(r, only);
    char *joined = arena_alloc(r->arena, room + 1);
    if (joined == NULL) return r->no_memory = true, SPAN_NONE;
    for (uint32_t k = jdoc_first(array); k < jdoc_end(d, array); k = d->tok[k].next) {
        uint32_t t = part_text(r, k);
        struct span s = t == J_NONE ? SPAN_NONE : chat_text(r, t);
        if (s.n) memcpy(joined + n, s.p, s.n);
        n += s.n;
    }
    return (struct span){joined, n};
}

static struct span content(struct chat_reader *r, uint32_t msg, bool needed)
{
    uint32_t i = given(r->d, msg, "content");
    if (i == J_NONE) {
        if (needed) conv_unsupported(r->conv, "messages.content");
        return SPAN_NONE;
    }
    if (r->d->tok[i].type == J_STRING) return chat_text(r, i);
    if (r->d->tok[i].type == J_ARRAY) return parts(r, i);
    conv_unsupported(r->conv, "messages.content");
    return SPAN_NONE;
}

/* ---- tool calls of an assistant ---- */

static struct conv_call call(struct chat_reader *r, uint32_t i)
{
    struct conv_call c = {0};
    uint32_t fn = jdoc_get_type(r->d, i, "function", J_OBJECT);
    if (!jdoc_is(r->d, jdoc_get(r->d, i, "type"), "function") || fn == J_NONE) {
        conv_unsupported(r->conv, "messages.tool_calls");
        return c;
    }
    c.id = string_member(r, i, "id", "messages.tool_calls");
    c.name = string_member(r, fn, "name", "messages.tool_calls");
    c.arguments = string_member(r, fn, "arguments", "messages.tool_calls");
    if (c.name.p == NULL) conv_unsupported(r->conv, "messages.tool_calls");
    return c;
}

static void calls(struct chat_reader *r, uint32_t msg, struct conv_msg *m)
{
    uint32_t array = given(r->d, msg, "tool_calls");
    if (array == J_NONE) return;
    uint32_t n = r->d->tok[array].type == J_ARRAY ? count(r->d, array, OPENAI_MAX_CALLS) : OPENAI_MAX_CALLS + 1;
    if (n > OPENAI_MAX_CALLS) {
        conv_unsupported(r->conv, "messages.tool_calls");
        return;
    }
    m->calls = arena_array(r->arena, n, sizeof *m->calls);
    if (m->calls == NULL) {
        r->no_memory = true;
        return;
    }
    for (uint32_t k = jdoc_first(array); k < jdoc_end(r->d, array); k = r->d->tok[k].next)
        m->calls[m->n_calls++] = call(r, k);
}

/* ---- messages ---- */

static enum conv_role role(struct chat_reader *r, uint32_t msg)
{
    static const struct { const char *word; enum conv_role role; } roles[] = {
        {"system", ROLE_SYSTEM}, {"developer", ROLE_DEVELOPER}, {"user", ROLE_USER},
        {"assistant", ROLE_ASSISTANT}, {"tool", ROLE_TOOL},
    };
    uint32_t i = jdoc_get(r->d, msg, "role");
    for (size_t k = 0; k < COUNT(roles); k++)
        if (jdoc_is(r->d, i, roles[k].word)) return roles[k].role;
    conv_unsupported(r->conv, "messages.role");   /* "function" of the old API too */
    return ROLE_USER;
}

static void assistant(struct chat_reader *r, uint32_t i, struct conv_msg *m)
{
    m->text = content(r, i, false);
    if (m->text.n == 0) m->text = string_member(r, i, "refusal", "messages.refusal");
    calls(r, i, m);
    if (given(r->d, i, "function_call") != J_NONE) conv_unsupported(r->conv, "messages.function_call");
    if (given(r->d, i, "audio") != J_NONE) conv_unsupported(r->conv, "messages.audio");
}

static void message(struct chat_reader *r, uint32_t i, struct conv_msg *m)
{
    m->role = role(r, i);
    m->name = string_member(r, i, "name", "messages.name");
    if (m->role == ROLE_ASSISTANT) {
        assistant(r, i, m);
        return;
    }
    m->text = content(r, i, true);
    if (m->role != ROLE_TOOL) return;
    m->tool_call_id = string_member(r, i, "tool_call_id", "messages.tool_call_id");
    if (m->tool_call_id.p == NULL) conv_unsupported(r->conv, "messages.tool_call_id");
}

void openai_chat_messages(struct chat_reader *r, uint32_t array)
{
    struct conv *c = r->conv;
    uint32_t n = count(r->d, array, OPENAI_MAX_MESSAGES);
    if (n == 0 || n > OPENAI_MAX_MESSAGES) {
        conv_unsupported(c, "messages");
        return;
    }
    c->msgs = arena_array(r->arena, n, sizeof *c->msgs);
    if (c->msgs == NULL) {
        r->no_memory = true;
        return;
    }
    for (uint32_t k = jdoc_first(array); k < jdoc_end(r->d, array); k = r->d->tok[k].next)
        message(r, k, &c->msgs[c->n_msgs++]);
}
