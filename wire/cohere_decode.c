/* Cohere's requests: the top level of /v2/chat and /v2/embed. */
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
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"max_tokens", reader_max_tokens, 0, 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"p", reader_double, READER_AT(top_p), 0, 1},
    {"k", reader_top_k, 0, 0, 0},
    {"seed", reader_seed, 0, 0, 0},
    {"stop_sequences", reader_stops, 0, 0, 0},
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), -2, 2},
    {"presence_penalty", reader_double, READER_AT(presence_penalty), -2, 2},
    {"tools", reader_tools, 0, 0, 0},
    {"tool_choice", read_tool_choice, 0, 0, 0},
    {"response_format", read_format, 0, 0, 0},
    {"thinking", read_thinking, 0, 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
    {"raw_prompting", reader_only_false, 0, 0, 0},
};

/* What both have: an object with a model. */
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

/* ---- embed ---- */

/* An input is a list of parts, of which only text has a vector here. */
static struct span input_text(struct reader *r, uint32_t input)
{
    struct reader_join text = {0};
    uint32_t parts = jdoc_get_type(r->d, input, "content", J_ARRAY);
    if (parts == J_NONE) {
        reader_unsupported(r, "inputs");
        return SPAN_NONE;
    }
    for (uint32_t k = jdoc_first(parts); k < jdoc_end(r->d, parts); k = r->d->tok[k].next) {
        uint32_t t = jdoc_is(r->d, jdoc_get(r->d, k, "type"), "text") ? jdoc_get_type(r->d, k, "text", J_STRING) : J_NONE;
        if (t == J_NONE) reader_unsupported(r, "inputs");
        else reader_add(r, &text, reader_text(r, t));
    }
    return text.text;
}

static void read_inputs(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct conv *c = r->conv;
    uint32_t n = reader_is(r, i, J_ARRAY) ? reader_count(r, i, READER_MAX_INPUTS) : 0;
    if (n == 0 || n > READER_MAX_INPUTS || c->inputs) {
        reader_unsupported(r, f->name);
        return;
    }
    c->inputs = reader_array(r, n, sizeof *c->inputs);
    for (uint32_t k = jdoc_first(i); c->inputs && k < jdoc_end(r->d, i); k = r->d->tok[k].next)
        c->inputs[c->n_inputs++] = input_text(r, k);
}

static void read_types(struct reader *r, const struct reader_field *f, uint32_t i)
{
    bool one = reader_is(r, i, J_ARRAY) && reader_count(r, i, 2) == 1;
    if (!one || !jdoc_is(r->d, jdoc_first(i), "float")) reader_unsupported(r, f->name);
}

static const struct reader_field embed_fields[] = {
    {"texts", reader_inputs, 0, 0, 0},
    {"inputs", read_inputs, 0, 0, 0},
    {"images", reader_only_empty, 0, 0, 0},
    {"embedding_types", read_types, 0, 0, 0},
    {"output_dimension", reader_never, 0, 0, 0},
};

enum fail cohere_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    c->kind = CONV_EMBED;
    enum fail f = open_request(&r, field, at);
    if (f) return f;
    uint32_t texts = reader_given(&r, 0, "texts");
    bool other = reader_given(&r, 0, "inputs") != J_NONE || reader_given(&r, 0, "images") != J_NONE;
    if (!reader_is(&r, texts, J_ARRAY) && (texts != J_NONE || !other)) return reader_invalid(&r, texts, "texts", field, at);
    reader_fields(&r, 0, embed_fields, COUNT(embed_fields), jdoc_is);
    if (c->n_inputs == 0) reader_unsupported(&r, "images");
    return reader_end(&r);
}
