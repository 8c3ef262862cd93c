/* Mistral's requests: the top level of chat completions. */
#include "wire/mistral.h"
#include "wire/openai_fields.h"

static void read_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t type = jdoc_get(r->d, i, "type");
    if (jdoc_is(r->d, type, "text")) return;
    if (jdoc_is(r->d, type, "json_object")) r->conv->format = FORMAT_JSON;
    else if (jdoc_is(r->d, type, "json_schema")) reader_schema(r, f, jdoc_get(r->d, jdoc_get(r->d, i, "json_schema"), "schema"));
    else reader_unsupported(r, f->name);
}

/* ---- tools ---- */

static bool tool_exists(struct reader *r, struct span name)
{
    uint32_t tools = jdoc_get_type(r->d, 0, "tools", J_ARRAY);
    for (uint32_t k = tools == J_NONE ? J_NONE : jdoc_first(tools); tools != J_NONE && k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        uint32_t n = jdoc_get_type(r->d, jdoc_get_type(r->d, k, "function", J_OBJECT), "name", J_STRING);
        if (n != J_NONE && span_eq(reader_text(r, n), name)) return true;
    }
    return false;
}

static void read_tool_choice(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const struct { const char *word; enum tool_choice choice; } words[] = {
        {"auto", TOOLS_AUTO}, {"none", TOOLS_NONE}, {"any", TOOLS_REQUIRED}, {"required", TOOLS_REQUIRED}};
    size_t w = 0;
    while (w < COUNT(words) && !jdoc_is(r->d, i, words[w].word)) w++;
    if (w < COUNT(words)) {
        r->conv->tool_choice = words[w].choice;
        return;
    }
    struct span name = reader_string(r, jdoc_get(r->d, jdoc_get(r->d, i, "function"), "name"), f->name);
    if (name.p == NULL || !tool_exists(r, name)) reader_unsupported(r, f->name);
    r->conv->tool_choice = TOOLS_NAMED;
    r->conv->tool_name = name;
}

/* ---- reasoning ---- */

static void read_prompt_mode(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (jdoc_is(r->d, i, "reasoning")) r->conv->show_reasoning = true;
    else reader_unsupported(r, f->name);
}

static void read_effort(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_STRING)) reader_unsupported(r, f->name);
    else if (!jdoc_is(r->d, i, "none")) r->conv->show_reasoning = true;
}

/* ---- chat ---- */

static const struct reader_field fields[] = {
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"max_tokens", reader_max_tokens, 0, 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"top_k", reader_top_k, 0, 0, 0},
    {"random_seed", reader_seed, 0, 0, 0},
    {"stop", reader_stops, 0, 0, 0},
    {"n", openai_n, 0, 0, 0},
    {"response_format", read_format, 0, 0, 0},
    {"presence_penalty", reader_double, READER_AT(presence_penalty), -2, 2},
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), -2, 2},
    {"repetition_penalty", openai_only_one, 0, 0, 0},
    {"min_tokens", openai_only_zero, 0, 0, 0},
    {"tools", reader_tools, 0, 0, 0},
    {"tool_choice", read_tool_choice, 0, 0, 0},
    {"parallel_tool_calls", reader_bool, READER_AT(parallel_tool_calls), 0, 0},
    {"prompt_mode", read_prompt_mode, 0, 0, 0},
    {"reasoning_effort", read_effort, 0, 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
    {"top_logprobs", openai_only_zero, 0, 0, 0},
    {"prompt_logprobs", reader_only_false, 0, 0, 0},
};

enum fail mistral_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    uint32_t model = jdoc_get(r.d, 0, "model"), messages = jdoc_get(r.d, 0, "messages");
    if (!reader_is(&r, model, J_STRING)) return reader_invalid(&r, model, "model", field, at);
    if (!reader_is(&r, messages, J_ARRAY)) return reader_invalid(&r, messages, "messages", field, at);
    c->model = reader_text(&r, model);
    reader_fields(&r, 0, fields, COUNT(fields), jdoc_is);
    bool must_call = c->tool_choice == TOOLS_REQUIRED || c->tool_choice == TOOLS_NAMED;
    if (must_call && c->tools.p == NULL) reader_unsupported(&r, "tool_choice");
    mistral_messages(&r, messages);
    return reader_end(&r);
}
