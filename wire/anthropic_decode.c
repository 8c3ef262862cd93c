/* The top level of a Messages request. */
#include "wire/anthropic.h"

/* Newer models think whether they are asked to or not, and tell it only when `thinking` is given. */
static void read_thinking(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    uint32_t type = jdoc_get(r->d, i, "type");
    bool on = jdoc_is(r->d, type, "enabled") || jdoc_is(r->d, type, "adaptive");
    r->conv->show_reasoning = on && !jdoc_is(r->d, jdoc_get(r->d, i, "display"), "omitted");
}

static void read_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t schema = jdoc_get(r->d, i, "schema");
    if (jdoc_is(r->d, jdoc_get(r->d, i, "type"), "json_schema")) reader_schema(r, f, schema);
    else reader_unsupported(r, f->name);
}

/* Beside the format it holds how hard the model is to try. */
static void read_output_config(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t format = reader_given(r, i, "format");
    if (!reader_is(r, i, J_OBJECT)) reader_unsupported(r, f->name);
    else if (format != J_NONE) read_format(r, f, format);
}

/* A conversation that the provider keeps: begun with all of its messages, and gone on from by the id of the last answer.
 * None is kept here; a client that is told so sends all messages again. */
static void read_thread(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t type = jdoc_get(r->d, i, "type");
    r->conv->store = true;
    if (jdoc_is(r->d, type, "continue"))
        r->conv->previous = reader_string(r, reader_given(r, i, "previous_message_id"), f->name);
    if (!jdoc_is(r->d, type, "create") && r->conv->previous.p == NULL) reader_unsupported(r, f->name);
}

static const struct reader_field fields[] = {
    {"max_tokens", reader_max_tokens, 0, 0, 0},
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 1},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"top_k", reader_top_k, 0, 0, 0},
    {"stop_sequences", reader_stops, 0, 0, 0},
    {"thinking", read_thinking, 0, 0, 0},
    {"output_config", read_output_config, 0, 0, 0},
    {"output_format", read_format, 0, 0, 0},   /* its name before output_config */
    {"mcp_servers", reader_only_empty, 0, 0, 0},
    {"container", reader_never, 0, 0, 0},
    {"thread", read_thread, 0, 0, 0},
    {"compaction", reader_never, 0, 0, 0},     /* asks for a sealed summary in place of an answer */
};

static enum fail decode(struct reader *r, struct span model, const char **field, size_t *at)
{
    const struct jdoc *d = r->d;
    if (!reader_is(r, 0, J_OBJECT)) return reader_invalid(r, 0, NULL, field, at);
    uint32_t named = jdoc_get(d, 0, "model"), messages = jdoc_get(d, 0, "messages");
    if (model.p == NULL && !reader_is(r, named, J_STRING)) return reader_invalid(r, named, "model", field, at);
    if (!reader_is(r, messages, J_ARRAY)) return reader_invalid(r, messages, "messages", field, at);
    r->conv->model = model.p ? model : reader_text(r, named);
    reader_fields(r, 0, fields, COUNT(fields), jdoc_is);
    anthropic_tools(r);
    anthropic_turns(r, reader_given(r, 0, "system"), messages);
    return reader_end(r);
}

enum fail anthropic_decode_model(const struct conv_source *s, struct span model, struct arena *a, struct conv *c,
                                 const char **field, size_t *at)
{
    struct reader r;
    *field = NULL;
    *at = SIZE_MAX;
    reader_begin(&r, s, a, c);
    return decode(&r, model, field, at);
}

enum fail anthropic_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    return anthropic_decode_model(s, SPAN_NONE, a, c, field, at);
}
