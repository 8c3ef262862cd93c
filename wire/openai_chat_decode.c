/* The top level of a chat-completions request: one table of the fields that matter, one small reader for each kind. */
#include "wire/openai_chat.h"
#include "wire/openai_fields.h"

/* max_completion_tokens is the newer name of max_tokens and wins, whichever comes first. */
static void read_max_tokens(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (reader_given(r, 0, "max_completion_tokens") == J_NONE) reader_max_tokens(r, f, i);
}

/* ---- the answer's form ---- */

/* json_object with a schema in it is what some compatible hosts take. */
static void read_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t type = jdoc_get(r->d, i, "type"), schema = J_NONE;
    if (jdoc_is(r->d, type, "text")) return;
    bool any = jdoc_is(r->d, type, "json_object");
    if (any) schema = reader_given(r, i, "schema");
    else if (jdoc_is(r->d, type, "json_schema")) schema = jdoc_get(r->d, jdoc_get(r->d, i, "json_schema"), "schema");
    if (any && schema == J_NONE) r->conv->format = FORMAT_JSON;
    else reader_schema(r, f, schema);   /* unsupported when there is none */
}

static void only_text(struct reader *r, const struct reader_field *f, uint32_t i)
{
    bool one = reader_is(r, i, J_ARRAY) && reader_count(r, i, 1) == 1;
    if (!one || !jdoc_is(r->d, jdoc_first(i), "text")) reader_unsupported(r, f->name);
}

/* ---- reasoning ---- */

static void reasoning(struct reader *r, bool shown)
{
    if (!shown) r->conv->own |= OPENAI_OWN_REASONING_HIDDEN;
    r->conv->show_reasoning = true;   /* unless another field hides it: read_fields */
}

static void read_effort(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    if (reader_is(r, i, J_STRING)) reasoning(r, !jdoc_is(r->d, i, "none"));
}

static void read_thinking(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    reasoning(r, !jdoc_is(r->d, jdoc_get(r->d, i, "type"), "disabled"));
}

static void read_reasoning_shown(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    r->conv->own |= OPENAI_OWN_REASONING;
    reasoning(r, reader_is(r, i, J_TRUE));
}

static void read_reasoning_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    r->conv->own |= OPENAI_OWN_REASONING;
    reasoning(r, jdoc_is(r->d, i, "parsed"));
}

static void read_reasoning(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    bool off = jdoc_is(r->d, jdoc_get(r->d, i, "effort"), "none") || reader_is(r, jdoc_get(r->d, i, "exclude"), J_TRUE) ||
               reader_is(r, jdoc_get(r->d, i, "enabled"), J_FALSE);
    r->conv->own |= OPENAI_OWN_REASONING;
    reasoning(r, !off);
}

/* ---- the table ---- */

static const struct reader_field fields[] = {
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"stream_options", openai_stream_options, READER_AT(include_usage), 0, 0},
    {"max_tokens", read_max_tokens, 0, 0, 0},
    {"max_completion_tokens", reader_max_tokens, 0, 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), -2, 2},
    {"presence_penalty", reader_double, READER_AT(presence_penalty), -2, 2},
    {"seed", reader_seed, 0, 0, 0},
    {"stop", reader_stops, 0, 0, 0},
    {"n", openai_n, 0, 0, 0},
    {"response_format", read_format, 0, 0, 0},
    {"store", reader_bool, READER_AT(store), 0, 0},
    {"tools", reader_tools, 0, 0, 0},
    {"tool_choice", openai_chat_tool_choice, 0, 0, 0},
    {"parallel_tool_calls", reader_bool, READER_AT(parallel_tool_calls), 0, 0},
    {"functions", openai_chat_functions, 0, 0, 0},
    {"function_call", openai_chat_function_call, 0, 0, 0},
    {"reasoning_effort", read_effort, 0, 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
    {"top_logprobs", openai_only_zero, 0, 0, 0},
    {"logit_bias", reader_only_empty, 0, 0, 0},
    {"modalities", only_text, 0, 0, 0},
    {"audio", reader_never, 0, 0, 0},
    {"web_search_options", reader_never, 0, 0, 0},
    /* Azure */
    {"data_sources", reader_never, 0, 0, 0},
    /* compatible hosts */
    {"thinking", read_thinking, 0, 0, 0},
    {"reasoning", read_reasoning, 0, 0, 0},
    {"include_reasoning", read_reasoning_shown, 0, 0, 0},
    {"reasoning_format", read_reasoning_format, 0, 0, 0},
    {"top_k", reader_top_k, 0, 0, 0},
    {"min_p", openai_only_zero, 0, 0, 0},
    {"repetition_penalty", openai_only_one, 0, 0, 0},
    {"best_of", openai_only_one, 0, 0, 0},
    {"echo", reader_only_false, 0, 0, 0},
    {"continue_final_message", reader_only_false, 0, 0, 0},
    {"guided_json", reader_schema, 0, 0, 0},
    {"guided_regex", reader_never, 0, 0, 0},
    {"guided_choice", reader_never, 0, 0, 0},
    {"guided_grammar", reader_never, 0, 0, 0},
    {"structured_outputs", reader_never, 0, 0, 0},
    {"plugins", reader_only_empty, 0, 0, 0},
    {"search_parameters", reader_never, 0, 0, 0},
};

static void read_fields(struct reader *r)
{
    struct conv *c = r->conv;
    reader_fields(r, 0, fields, COUNT(fields), jdoc_is);
    openai_chat_narrow(r);
    if (c->own & OPENAI_OWN_REASONING_HIDDEN) c->show_reasoning = false;
    bool must_call = c->tool_choice == TOOLS_REQUIRED || c->tool_choice == TOOLS_NAMED;
    if (!must_call || c->tools.p) return;
    reader_unsupported(r, c->own & OPENAI_OWN_FUNCTIONS ? "function_call" : "tool_choice");
}

static enum fail decode(struct reader *r, const char **field, size_t *at)
{
    uint32_t messages = jdoc_get(r->d, 0, "messages");
    if (!reader_is(r, messages, J_ARRAY)) return reader_invalid(r, messages, "messages", field, at);
    read_fields(r);
    openai_chat_messages(r, messages);
    return reader_end(r);
}

enum fail openai_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    enum fail f = openai_begin(&r, s, a, c, field, at);
    return f ? f : decode(&r, field, at);
}

enum fail openai_chat_decode_model(const struct conv_source *s, struct span model, struct arena *a, struct conv *c,
                                   const char **field, size_t *at)
{
    struct reader r;
    *field = NULL;
    *at = SIZE_MAX;
    reader_begin(&r, s, a, c);
    c->model = model;
    return reader_is(&r, 0, J_OBJECT) ? decode(&r, field, at) : reader_invalid(&r, 0, NULL, field, at);
}
