/* Cohere's messages: content is a string or a list of parts. */
#include "wire/cohere_messages.h"

/* ---- content ---- */

/* A document is a string, or an object whose data are fields of its own: JSON is what the model is shown. */
static struct span document_text(struct reader *r, uint32_t i, const char *name)
{
    uint32_t data = reader_given(r, i, "data");
    if (reader_is(r, i, J_STRING)) return reader_text(r, i);
    if (reader_is(r, data, J_STRING)) return reader_text(r, data);
    if (reader_is(r, data, J_OBJECT)) return jdoc_raw(r->d, data);
    if (data == J_NONE && reader_is(r, i, J_OBJECT)) return jdoc_raw(r->d, i);   /* the first version has them at the top */
    reader_unsupported(r, name);
    return SPAN_NONE;
}

static void add_part(struct reader *r, uint32_t part, struct reader_join *text, struct reader_join *thought)
{
    uint32_t type = jdoc_get_type(r->d, part, "type", J_STRING);
    if (jdoc_is(r->d, type, "text")) {
        reader_add(r, text, reader_string(r, jdoc_get(r->d, part, "text"), "messages.content"));
    } else if (jdoc_is(r->d, type, "thinking")) {
        reader_add(r, thought, reader_string(r, jdoc_get(r->d, part, "thinking"), "messages.content"));
    } else if (jdoc_is(r->d, type, "document")) {
        reader_add(r, text, document_text(r, jdoc_get(r->d, part, "document"), "messages.content"));
    } else {
        reader_unsupported(r, jdoc_is(r->d, type, "image_url") ? "image_url" : "messages.content");
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
    m->reasoning = thought.text;
}

/* ---- calls ---- */

static void read_call(struct reader *r, uint32_t i, struct conv_call *c)
{
    uint32_t fn = jdoc_get_type(r->d, i, "function", J_OBJECT);
    c->id = reader_string(r, reader_given(r, i, "id"), "messages.tool_calls");
    c->name = reader_string(r, reader_given(r, fn, "name"), "messages.tool_calls");
    c->arguments = reader_string(r, reader_given(r, fn, "arguments"), "messages.tool_calls");
    if (c->id.p == NULL || c->name.p == NULL) reader_unsupported(r, "messages.tool_calls");
}

/* ---- messages ---- */

static void read_message(struct reader *r, uint32_t i, struct conv_msg *m)
{
    m->role = reader_role(r, i);
    read_content(r, i, m);
    if (m->role == ROLE_ASSISTANT) {
        struct span plan = reader_string(r, reader_given(r, i, "tool_plan"), "messages.tool_plan");
        if (m->text.n == 0) m->text = plan;   /* what it said before it called */
        reader_calls(r, i, m, read_call);
        return;
    }
    m->reasoning = SPAN_NONE;
    if (m->text.p == NULL) reader_unsupported(r, "messages.content");
    if (m->role != ROLE_TOOL) return;
    m->tool_call_id = reader_string(r, reader_given(r, i, "tool_call_id"), "messages.tool_call_id");
    if (m->tool_call_id.p == NULL) reader_unsupported(r, "messages.tool_call_id");
}

struct span cohere_documents(struct reader *r, uint32_t documents)
{
    struct reader_join text = {.text = SPAN("Documents to answer from:")};
    if (!reader_is(r, documents, J_ARRAY)) {
        reader_unsupported(r, "documents");
        return SPAN_NONE;
    }
    if (jdoc_first(documents) == jdoc_end(r->d, documents)) return SPAN_NONE;
    for (uint32_t k = jdoc_first(documents); k < jdoc_end(r->d, documents); k = r->d->tok[k].next) {
        reader_add(r, &text, SPAN("\n\n"));
        reader_add(r, &text, document_text(r, k, "documents"));
    }
    return text.text;
}

void cohere_messages(struct reader *r, uint32_t messages, uint32_t documents)
{
    struct conv *c = r->conv;
    uint32_t n = reader_count(r, messages, READER_MAX_MESSAGES);
    struct span shown = documents == J_NONE ? SPAN_NONE : cohere_documents(r, documents);
    if (n == 0 || n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "messages");
        return;
    }
    c->msgs = reader_array(r, n + 1, sizeof *c->msgs);
    if (c->msgs == NULL) return;
    if (shown.p) c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_SYSTEM, .text = shown};
    for (uint32_t k = jdoc_first(messages); k < jdoc_end(r->d, messages); k = r->d->tok[k].next)
        read_message(r, k, &c->msgs[c->n_msgs++]);
}
