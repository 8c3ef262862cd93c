/* The messages of Mistral's chat: content is a string or a list of parts, arguments are a string or an object. */
#include "wire/mistral.h"

/* ---- content ---- */

/* Thinking is a list of texts. */
static void add_thinking(struct reader *r, uint32_t list, struct reader_join *thought)
{
    if (reader_is(r, list, J_STRING)) reader_add(r, thought, reader_text(r, list));
    if (!reader_is(r, list, J_ARRAY)) return;
    for (uint32_t k = jdoc_first(list); k < jdoc_end(r->d, list); k = r->d->tok[k].next) {
        uint32_t t = jdoc_get_type(r->d, k, "text", J_STRING);
        if (t != J_NONE) reader_add(r, thought, reader_text(r, t));   /* a reference has none */
    }
}

static void add_part(struct reader *r, uint32_t part, struct reader_join *text, struct reader_join *thought)
{
    static const char *const others[] = {"image_url", "document_url", "input_audio", "file"};
    uint32_t type = jdoc_get_type(r->d, part, "type", J_STRING);
    if (jdoc_is(r->d, type, "text")) {
        reader_add(r, text, reader_string(r, jdoc_get(r->d, part, "text"), "messages.content"));
    } else if (jdoc_is(r->d, type, "thinking")) {
        add_thinking(r, jdoc_get(r->d, part, "thinking"), thought);
    } else if (!jdoc_is(r->d, type, "reference")) {   /* numbers of what was cited: nothing to read */
        for (size_t k = 0; k < COUNT(others); k++)
            if (jdoc_is(r->d, type, others[k])) reader_unsupported(r, others[k]);
        reader_unsupported(r, "messages.content");
    }
}

static void read_content(struct reader *r, uint32_t msg, struct conv_msg *m)
{
    struct reader_join text = {0}, thought = {0};
    uint32_t i = reader_given(r, msg, "content");
    if (!reader_is(r, i, J_ARRAY)) {
        m->text = reader_string(r, i, "messages.content");
        return;
    }
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next) add_part(r, k, &text, &thought);
    m->text = text.text;
    if (m->role == ROLE_ASSISTANT) m->reasoning = thought.text;
    else if (thought.text.n) reader_unsupported(r, "messages.content");
}

/* ---- calls ---- */

static void read_call(struct reader *r, uint32_t i, struct conv_call *c)
{
    uint32_t fn = jdoc_get_type(r->d, i, "function", J_OBJECT), arguments = reader_given(r, fn, "arguments");
    c->id = reader_string(r, reader_given(r, i, "id"), "messages.tool_calls");
    c->name = reader_string(r, reader_given(r, fn, "name"), "messages.tool_calls");
    if (reader_is(r, arguments, J_OBJECT)) c->arguments = jdoc_raw(r->d, arguments);
    else c->arguments = reader_string(r, arguments, "messages.tool_calls");
    if (c->name.p == NULL) reader_unsupported(r, "messages.tool_calls");
}

/* ---- messages ---- */

static void read_message(struct reader *r, uint32_t i, struct conv_msg *m)
{
    m->role = reader_role(r, i);
    read_content(r, i, m);
    if (m->role == ROLE_ASSISTANT) {
        reader_calls(r, i, m, read_call);
        /* what the answer is to begin with */
        if (reader_is(r, jdoc_get(r->d, i, "prefix"), J_TRUE)) reader_unsupported(r, "messages.prefix");
    } else if (m->role == ROLE_TOOL) {
        m->name = reader_string(r, reader_given(r, i, "name"), "messages.name");
        m->tool_call_id = reader_string(r, reader_given(r, i, "tool_call_id"), "messages.tool_call_id");
    } else if (m->text.p == NULL) {
        reader_unsupported(r, "messages.content");
    }
}

void mistral_messages(struct reader *r, uint32_t array) { reader_messages(r, array, read_message); }
