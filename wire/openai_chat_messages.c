/* The messages of a chat-completions request. */
#include "wire/openai_chat.h"

static struct span string_member(struct reader *r, uint32_t obj, const char *key, const char *name)
{
    return reader_string(r, jdoc_get(r->d, obj, key), name);
}

/* ---- content ---- */

/* The string that a content part holds, or J_NONE with the part's kind named as unsupported. */
static uint32_t part_text(struct reader *r, uint32_t part)
{
    static const char *const texts[] = {"text", "refusal"};
    static const char *const others[] = {"image_url", "input_audio", "file"};
    uint32_t type = jdoc_get_type(r->d, part, "type", J_STRING);
    for (size_t k = 0; k < COUNT(texts); k++) {
        uint32_t t = jdoc_is(r->d, type, texts[k]) ? jdoc_get_type(r->d, part, texts[k], J_STRING) : J_NONE;
        if (t != J_NONE) return t;
    }
    for (size_t k = 0; k < COUNT(others); k++)
        if (jdoc_is(r->d, type, others[k])) reader_unsupported(r, others[k]);
    reader_unsupported(r, "messages.content");
    return J_NONE;
}

/* Joined without anything between, as the API does. */
static struct span parts(struct reader *r, uint32_t array)
{
    struct reader_join joined = {0};
    for (uint32_t k = jdoc_first(array); k < jdoc_end(r->d, array); k = r->d->tok[k].next) {
        uint32_t t = part_text(r, k);
        if (t != J_NONE) reader_add(r, &joined, reader_text(r, t));
    }
    return joined.text;
}

static struct span content(struct reader *r, uint32_t msg, bool needed)
{
    uint32_t i = reader_given(r, msg, "content");
    if (reader_is(r, i, J_STRING)) return reader_text(r, i);
    if (reader_is(r, i, J_ARRAY)) return parts(r, i);
    if (i != J_NONE || needed) reader_unsupported(r, "messages.content");
    return SPAN_NONE;
}

/* ---- tool calls of an assistant ---- */

static struct conv_call function(struct reader *r, uint32_t fn, const char *name)
{
    struct conv_call c = {
        .name = string_member(r, fn, "name", name),
        .arguments = string_member(r, fn, "arguments", name),
    };
    if (c.name.p == NULL) reader_unsupported(r, name);
    return c;
}

static struct conv_call call(struct reader *r, uint32_t i)
{
    uint32_t fn = jdoc_get_type(r->d, i, "function", J_OBJECT);
    if (!jdoc_is(r->d, jdoc_get(r->d, i, "type"), "function")) fn = J_NONE;   /* custom */
    struct conv_call c = function(r, fn, "messages.tool_calls");
    c.id = string_member(r, i, "id", "messages.tool_calls");
    return c;
}

static void calls(struct reader *r, uint32_t array, struct conv_msg *m)
{
    uint32_t n = reader_is(r, array, J_ARRAY) ? reader_count(r, array, READER_MAX_CALLS) : READER_MAX_CALLS + 1;
    if (n > READER_MAX_CALLS) reader_unsupported(r, "messages.tool_calls");
    if (n == 0 || n > READER_MAX_CALLS) return;
    m->calls = reader_array(r, n, sizeof *m->calls);
    for (uint32_t k = jdoc_first(array); m->calls && k < jdoc_end(r->d, array); k = r->d->tok[k].next)
        m->calls[m->n_calls++] = call(r, k);
}

/* The deprecated form has no ids: its function's name is what the answer to it repeats. */
static void old_call(struct reader *r, uint32_t i, struct conv_msg *m)
{
    if (m->calls) reader_unsupported(r, "messages.function_call");
    else m->calls = reader_array(r, 1, sizeof *m->calls);
    if (m->calls == NULL || m->n_calls) return;
    m->calls[0] = function(r, i, "messages.function_call");
    m->calls[0].id = m->calls[0].name;
    m->n_calls = 1;
}

/* ---- messages ---- */

enum { OLD_FUNCTION = ROLE_TOOL + 1 };

static unsigned role(struct reader *r, uint32_t msg)
{
    static const struct { const char *word; unsigned role; } roles[] = {
        {"user", ROLE_USER}, {"assistant", ROLE_ASSISTANT}, {"tool", ROLE_TOOL}, {"system", ROLE_SYSTEM},
        {"developer", ROLE_DEVELOPER}, {"function", OLD_FUNCTION},
    };
    uint32_t i = jdoc_get(r->d, msg, "role");
    for (size_t k = 0; k < COUNT(roles); k++)
        if (jdoc_is(r->d, i, roles[k].word)) return roles[k].role;
    reader_unsupported(r, "messages.role");
    return ROLE_USER;
}

static void assistant(struct reader *r, uint32_t i, struct conv_msg *m)
{
    uint32_t tool_calls = reader_given(r, i, "tool_calls"), old = reader_given(r, i, "function_call");
    m->text = content(r, i, false);
    if (m->text.n == 0) m->text = string_member(r, i, "refusal", "messages.refusal");
    m->reasoning = string_member(r, i, "reasoning_content", "messages.reasoning_content");
    if (m->reasoning.p == NULL) m->reasoning = string_member(r, i, "reasoning", "messages.reasoning");
    if (tool_calls != J_NONE) calls(r, tool_calls, m);
    if (old != J_NONE) old_call(r, old, m);
    if (reader_given(r, i, "audio") != J_NONE) reader_unsupported(r, "messages.audio");
    /* DeepSeek: the answer is to go on from it */
    if (reader_is(r, jdoc_get(r->d, i, "prefix"), J_TRUE)) reader_unsupported(r, "messages.prefix");
}

static void message(struct reader *r, uint32_t i, struct conv_msg *m)
{
    unsigned is = role(r, i);
    m->role = is == OLD_FUNCTION ? ROLE_TOOL : (enum conv_role)is;
    m->name = string_member(r, i, "name", "messages.name");
    if (m->role == ROLE_ASSISTANT) {
        assistant(r, i, m);
        return;
    }
    m->text = content(r, i, true);
    if (m->role != ROLE_TOOL) return;
    m->tool_call_id = is == OLD_FUNCTION ? m->name : string_member(r, i, "tool_call_id", "messages.tool_call_id");
    if (m->tool_call_id.p == NULL) reader_unsupported(r, is == OLD_FUNCTION ? "messages.name" : "messages.tool_call_id");
}

void openai_chat_messages(struct reader *r, uint32_t array)
{
    struct conv *c = r->conv;
    uint32_t n = reader_count(r, array, READER_MAX_MESSAGES);
    if (n == 0 || n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "messages");
        return;
    }
    c->msgs = reader_array(r, n, sizeof *c->msgs);
    for (uint32_t k = jdoc_first(array); c->msgs && k < jdoc_end(r->d, array); k = r->d->tok[k].next)
        message(r, k, &c->msgs[c->n_msgs++]);
}
