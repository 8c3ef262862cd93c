/* The top level of a Responses request; items are in openai_responses_input.c, tools in openai_responses_tools.c. */
#include "wire/openai_responses.h"

static void read_text(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t format = reader_given(r, i, "format");
    if (format == J_NONE) {
        if (!reader_is(r, i, J_OBJECT)) reader_unsupported(r, f->name);
        return;
    }
    uint32_t type = jdoc_get(r->d, format, "type");
    uint32_t schema = jdoc_get_type(r->d, format, "schema", J_OBJECT);
    if (jdoc_is(r->d, type, "json_object")) r->conv->format = FORMAT_JSON;
    else if (jdoc_is(r->d, type, "json_schema") && schema != J_NONE) reader_schema(r, f, schema);
    else if (!jdoc_is(r->d, type, "text")) reader_unsupported(r, f->name);
}

/* What a model thinks is shown only as a summary, and only when one is asked for. */
static void read_reasoning(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const char *const names[] = {"summary", "generate_summary"};
    (void)f;
    for (size_t k = 0; k < COUNT(names); k++) {
        uint32_t v = reader_given(r, i, names[k]);
        if (v != J_NONE && !jdoc_is(r->d, v, "none")) r->conv->show_reasoning = true;
    }
}

static void read_previous(struct reader *r, const struct reader_field *f, uint32_t i)
{
    r->conv->previous = reader_string(r, i, f->name);
}

static void read_include(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_ARRAY)) return;
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next)
        if (jdoc_is(r->d, k, "message.output_text.logprobs")) reader_unsupported(r, f->name);
}

static void only_zero(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t v;
    if (!jdoc_int(r->d, i, &v) || v != 0) reader_unsupported(r, f->name);
}

/* An answer in the background is one that may be asked for until it is there: here it is there with the first reply. */
static void read_background(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_TRUE) && !reader_is(r, i, J_FALSE)) reader_unsupported(r, f->name);
}

static const struct reader_field fields[] = {
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"store", reader_bool, READER_AT(store), 0, 0},
    {"max_output_tokens", reader_max_tokens, 0, 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"parallel_tool_calls", reader_bool, READER_AT(parallel_tool_calls), 0, 0},
    {"text", read_text, 0, 0, 0},
    {"reasoning", read_reasoning, 0, 0, 0},
    {"previous_response_id", read_previous, 0, 0, 0},
    {"include", read_include, 0, 0, 0},
    {"top_logprobs", only_zero, 0, 0, 0},
    {"background", read_background, 0, 0, 0},
    {"conversation", reader_never, 0, 0, 0},
    {"prompt", reader_never, 0, 0, 0},
};

/* What a summary is asked for with. The conversation's own tools and form of answer have no place in it. */
static void make_compact(struct conv *c)
{
    static const char ask[] =
        "Sum up this conversation so that it can be continued from your summary alone: what was asked for, what was decided "
        "and done, names, figures, paths and other facts that are still needed, and what is left to do. Write the summary "
        "and nothing else.";
    c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_USER, .text = SPAN(ask)};
    c->tools = SPAN_NONE;
    c->tool_choice = TOOLS_AUTO;
    c->format = FORMAT_TEXT;
    c->show_reasoning = false;
    c->max_tokens = -1;
}

/* /compact and /input_tokens take no `stream`, and nothing of theirs is stored. */
static void fit_route(struct conv *c, const struct route *route)
{
    bool compact = route && strcmp(route->operation, "responses.compact") == 0;
    if (compact) c->own |= RESPONSES_COMPACT;
    if (compact || c->kind == CONV_COUNT) c->stream = c->store = false;
}

/* The API takes the model from a stored prompt as well, and counts without one. */
static bool may_lack_model(const struct reader *r)
{
    return r->conv->kind == CONV_COUNT || reader_given(r, 0, "prompt") != J_NONE;
}

enum fail responses_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader reader, *r = &reader;
    reader_begin(r, s, a, c);
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(r, 0, J_OBJECT)) return reader_invalid(r, 0, NULL, field, at);
    uint32_t model = reader_given(r, 0, "model"), input = reader_given(r, 0, "input");
    if (!reader_is(r, model, J_STRING) && (model != J_NONE || !may_lack_model(r)))
        return reader_invalid(r, model, "model", field, at);
    if (input != J_NONE && !reader_is(r, input, J_STRING) && !reader_is(r, input, J_ARRAY))
        return reader_invalid(r, input, "input", field, at);
    c->model = model == J_NONE ? SPAN("") : reader_text(r, model);
    c->store = true;
    reader_fields(r, 0, fields, COUNT(fields), jdoc_is);
    fit_route(c, s->route);
    responses_input(r, input, reader_string(r, reader_given(r, 0, "instructions"), "instructions"));
    responses_tools(r, 0);
    if (c->own & RESPONSES_COMPACT && c->msgs) make_compact(c);
    return reader_end(r);
}
