/* Cohere's requests for an answer: the top level of /v2/chat. */
#include "wire/cohere.h"
#include "wire/cohere_messages.h"

/* ---- chat ---- */

static void read_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t type = jdoc_get(r->d, i, "type"), schema = reader_given(r, i, "json_schema");
    if (schema == J_NONE) schema = reader_given(r, i, "schema");   /* its older name */
    if (jdoc_is(r->d, type, "text")) return;
    if (!jdoc_is(r->d, type, "json_object")) reader_unsupported(r, f->name);
    else if (schema == J_NONE) r->conv->format = FORMAT_JSON;
    else reader_schema(r, f, schema);
}

static void read_tool_choice(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (jdoc_is(r->d, i, "REQUIRED")) r->conv->tool_choice = TOOLS_REQUIRED;
    else if (jdoc_is(r->d, i, "NONE")) r->conv->tool_choice = TOOLS_NONE;
    else reader_unsupported(r, f->name);
}

static void read_thinking(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t type = jdoc_get(r->d, i, "type");
    r->conv->show_reasoning = jdoc_is(r->d, type, "enabled");
    if (!r->conv->show_reasoning && !jdoc_is(r->d, type, "disabled")) reader_unsupported(r, f->name);
}

static const struct reader_field chat_fields[] = {
    COHERE_SAMPLING,
    {"tools", reader_tools, 0, 0, 0},
    {"tool_choice", read_tool_choice, 0, 0, 0},
    {"response_format", read_format, 0, 0, 0},
    {"thinking", read_thinking, 0, 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
    {"raw_prompting", reader_only_false, 0, 0, 0},
};

/* An object with a model. */
static enum fail open_request(struct reader *r, const char **field, size_t *at)
{
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(r, 0, J_OBJECT)) return reader_invalid(r, 0, NULL, field, at);
    uint32_t model = jdoc_get(r->d, 0, "model");
    if (!reader_is(r, model, J_STRING)) return reader_invalid(r, model, "model", field, at);
    r->conv->model = reader_text(r, model);
    return FAIL_OK;
}

enum fail cohere_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    enum fail f = open_request(&r, field, at);
    if (f) return f;
    uint32_t messages = jdoc_get(r.d, 0, "messages");
    if (!reader_is(&r, messages, J_ARRAY)) return reader_invalid(&r, messages, "messages", field, at);
    reader_fields(&r, 0, chat_fields, COUNT(chat_fields), jdoc_is);
    if (c->tool_choice == TOOLS_REQUIRED && c->tools.p == NULL) reader_unsupported(&r, "tool_choice");
    cohere_messages(&r, messages, reader_given(&r, 0, "documents"));
    return reader_end(&r);
}
