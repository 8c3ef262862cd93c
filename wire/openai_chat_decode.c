/* The top level of a chat-completions request: one table of the fields that matter, one small reader for each kind. */
#include "wire/openai_chat.h"
#include <math.h>

struct field;
typedef void field_reader(struct chat_reader *r, const struct field *f, uint32_t i);

/* `offset`: the member of struct conv that is set; low and high: the range the API takes. */
struct field {
    const char *name;
    field_reader *read;
    size_t offset;
    double low, high;
};

static enum jtype type_of(const struct chat_reader *r, uint32_t i) { return (enum jtype)r->d->tok[i].type; }

static void *member(struct chat_reader *r, const struct field *f) { return (char *)r->conv + f->offset; }

static bool is_empty(const struct chat_reader *r, uint32_t i) { return jdoc_first(i) == jdoc_end(r->d, i); }

/* ---- plain values ---- */

static void read_bool(struct chat_reader *r, const struct field *f, uint32_t i)
{
    enum jtype t = type_of(r, i);
    if (t == J_TRUE || t == J_FALSE) *(bool *)member(r, f) = t == J_TRUE;
    else conv_unsupported(r->conv, f->name);
}

static void read_double(struct chat_reader *r, const struct field *f, uint32_t i)
{
    double v;
    if (jdoc_double(r->d, i, &v) && v >= f->low && v <= f->high) *(double *)member(r, f) = v;
    else conv_unsupported(r->conv, f->name);
}

/* max_completion_tokens is the newer name of max_tokens and wins, whichever comes first. */
static void read_max_completion(struct chat_reader *r, const struct field *f, uint32_t i)
{
    int64_t v;
    if (jdoc_int(r->d, i, &v) && v >= 1) r->conv->max_tokens = v;
    else conv_unsupported(r->conv, f->name);
}

static void read_max_tokens(struct chat_reader *r, const struct field *f, uint32_t i)
{
    uint32_t newer = jdoc_get(r->d, 0, "max_completion_tokens");
    if (newer == J_NONE || type_of(r, newer) == J_NULL) read_max_completion(r, f, i);
}

static void read_seed(struct chat_reader *r, const struct field *f, uint32_t i)
{
    r->conv->has_seed = jdoc_int(r->d, i, &r->conv->seed);
    if (!r->conv->has_seed) conv_unsupported(r->conv, f->name);
}

static void read_stream_options(struct chat_reader *r, const struct field *f, uint32_t i)
{
    if (type_of(r, i) != J_OBJECT) {
        conv_unsupported(r->conv, f->name);
        return;
    }
    uint32_t v = jdoc_get(r->d, i, "include_usage");
    if (v != J_NONE && type_of(r, v) != J_NULL) read_bool(r, f, v);
}

static void read_stop(struct chat_reader *r, const struct field *f, uint32_t i)
{
    struct conv *c = r->conv;
    bool one = type_of(r, i) == J_STRING;
    c->stops = arena_array(r->arena, OPENAI_MAX_STOPS, sizeof *c->stops);
    if (c->stops == NULL) r->no_memory = true;
    else if (one) c->stops[c->n_stops++] = chat_text(r, i);
    else if (type_of(r, i) != J_ARRAY) conv_unsupported(c, f->name);
    if (c->stops == NULL || type_of(r, i) != J_ARRAY) return;
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next) {
        if (type_of(r, k) != J_STRING || c->n_stops == OPENAI_MAX_STOPS) {
            conv_unsupported(c, f->name);
            return;
        }
        c->stops[c->n_stops++] = chat_text(r, k);
    }
}

/* ---- tools ---- */

static uint32_t tool_function(const struct chat_reader *r, uint32_t tool)
{
    if (!jdoc_is(r->d, jdoc_get(r->d, tool, "type"), "function")) return J_NONE;
    return jdoc_get_type(r->d, tool, "function", J_OBJECT);
}

static void read_tools(struct chat_reader *r, const struct field *f, uint32_t i)
{
    if (type_of(r, i) != J_ARRAY) {
        conv_unsupported(r->conv, f->name);
        return;
    }
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next)
        if (jdoc_get_type(r->d, tool_function(r, k), "name", J_STRING) == J_NONE) conv_unsupported(r->conv, f->name);
    if (!is_empty(r, i)) r->conv->tools = jdoc_raw(r->d, i);
}

static bool tool_exists(struct chat_reader *r, struct span name)
{
    uint32_t tools = jdoc_get_type(r->d, 0, "tools", J_ARRAY);
    if (tools == J_NONE) return false;
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        uint32_t n = jdoc_get_type(r->d, tool_function(r, k), "name", J_STRING);
        if (n != J_NONE && span_eq(chat_text(r, n), name)) return true;
    }
    return false;
}

static void read_tool_named(struct chat_reader *r, const struct field *f, uint32_t i)
{
    uint32_t name = jdoc_get_type(r->d, tool_function(r, i), "name", J_STRING);
    if (name == J_NONE) {
        conv_unsupported(r->conv, f->name);   /* allowed_tools, custom */
        return;
    }
    r->conv->tool_choice = TOOLS_NAMED;
    r->conv->tool_name = chat_text(r, name);
    if (!tool_exists(r, r->conv->tool_name)) conv_unsupported(r->conv, f->name);
}

static void read_tool_choice(struct chat_reader *r, const struct field *f, uint32_t i)
{
    static const struct { const char *word; enum tool_choice choice; } words[] = {
        {"auto", TOOLS_AUTO}, {"none", TOOLS_NONE}, {"required", TOOLS_REQUIRED}};
    if (type_of(r, i) == J_OBJECT) {
        read_tool_named(r, f, i);
        return;
    }
    size_t w = 0;
    while (w < COUNT(words) && !jdoc_is(r->d, i, words[w].word)) w++;
    if (w == COUNT(words)) conv_unsupported(r->conv, f->name);
    else r->conv->tool_choice = words[w].choice;
}

/* ---- what a local answer takes in one value only, or not at all ---- */

static void only_one(struct chat_reader *r, const struct field *f, uint32_t i)
{
    int64_t v;
    if (!jdoc_int(r->d, i, &v) || v != 1) conv_unsupported(r->conv, f->name);
}

static void only_zero(struct chat_reader *r, const struct field *f, uint32_t i)
{
    int64_t v;
    if (!jdoc_int(r->d, i, &v) || v != 0) conv_unsupported(r->conv, f->name);
}

static void only_false(struct chat_reader *r, const struct field *f, uint32_t i)
{
    if (type_of(r, i) != J_FALSE) conv_unsupported(r->conv, f->name);
}

static void only_empty(struct chat_reader *r, const struct field *f, uint32_t i)
{
    enum jtype t = type_of(r, i);
    if ((t != J_OBJECT && t != J_ARRAY) || !is_empty(r, i)) conv_unsupported(r->conv, f->name);
}

static void only_text_format(struct chat_reader *r, const struct field *f, uint32_t i)
{
    if (!jdoc_is(r->d, jdoc_get(r->d, i, "type"), "text")) conv_unsupported(r->conv, f->name);
}

static void only_text_modality(struct chat_reader *r, const struct field *f, uint32_t i)
{
    bool one = type_of(r, i) == J_ARRAY && !is_empty(r, i) && r->d->tok[jdoc_first(i)].next == jdoc_end(r->d, i);
    if (!one || !jdoc_is(r->d, jdoc_first(i), "text")) conv_unsupported(r->conv, f->name);
}

static void never(struct chat_reader *r, const struct field *f, uint32_t i)
{
    (void)i;
    conv_unsupported(r->conv, f->name);
}

#define AT(m) offsetof(struct conv, m)

static const struct field fields[] = {
    {"stream", read_bool, AT(stream), 0, 0},
    {"stream_options", read_stream_options, AT(include_usage), 0, 0},
    {"max_tokens", read_max_tokens, 0, 0, 0},
    {"max_completion_tokens", read_max_completion, 0, 0, 0},
    {"temperature", read_double, AT(temperature), 0, 2},
    {"top_p", read_double, AT(top_p), 0, 1},
    {"frequency_penalty", read_double, AT(frequency_penalty), -2, 2},
    {"presence_penalty", read_double, AT(presence_penalty), -2, 2},
    {"seed", read_seed, 0, 0, 0},
    {"stop", read_stop, 0, 0, 0},
    {"tools", read_tools, 0, 0, 0},
    {"tool_choice", read_tool_choice, 0, 0, 0},
    {"parallel_tool_calls", read_bool, AT(parallel_tool_calls), 0, 0},
    {"n", only_one, 0, 0, 0},
    {"logprobs", only_false, 0, 0, 0},
    {"top_logprobs", only_zero, 0, 0, 0},
    {"logit_bias", only_empty, 0, 0, 0},
    {"response_format", only_text_format, 0, 0, 0},
    {"modalities", only_text_modality, 0, 0, 0},
    {"functions", only_empty, 0, 0, 0},
    {"function_call", never, 0, 0, 0},
    {"audio", never, 0, 0, 0},
    {"prediction", never, 0, 0, 0},
    {"web_search_options", never, 0, 0, 0},
};

/* null is a field that is not given, as the SDKs write it. */
static void read_fields(struct chat_reader *r)
{
    for (uint32_t key = 1; key < jdoc_end(r->d, 0); key = r->d->tok[key + 1].next)
        for (size_t k = 0; k < COUNT(fields) && type_of(r, key + 1) != J_NULL; k++)
            if (jdoc_is(r->d, key, fields[k].name)) {
                fields[k].read(r, &fields[k], key + 1);
                break;
            }
    bool must_call = r->conv->tool_choice == TOOLS_REQUIRED || r->conv->tool_choice == TOOLS_NAMED;
    if (must_call && r->conv->tools.p == NULL) conv_unsupported(r->conv, "tool_choice");
}

static const struct conv defaults = {
    .kind = CONV_CHAT, .parallel_tool_calls = true, .max_tokens = -1, .temperature = NAN, .top_p = NAN, .top_k = -1,
    .n_choices = 1};

static enum fail invalid(const struct jdoc *d, uint32_t i, const char *name, const char **field, size_t *at)
{
    *field = name;
    *at = i == J_NONE ? SIZE_MAX : d->tok[i].start;
    return FAIL_REQUEST_INVALID;
}

enum fail openai_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    const struct jdoc *d = s->doc;
    struct chat_reader r = {d, a, c, false};
    *c = defaults;
    *field = NULL;
    *at = SIZE_MAX;
    if (d->n == 0 || d->tok[0].type != J_OBJECT) return invalid(d, d->n ? 0 : J_NONE, NULL, field, at);
    uint32_t model = jdoc_get(d, 0, "model"), messages = jdoc_get(d, 0, "messages");
    if (model == J_NONE || d->tok[model].type != J_STRING) return invalid(d, model, "model", field, at);
    if (messages == J_NONE || d->tok[messages].type != J_ARRAY) return invalid(d, messages, "messages", field, at);
    c->model = chat_text(&r, model);
    read_fields(&r);
    openai_chat_messages(&r, messages);
    return r.no_memory ? FAIL_NO_MEMORY : FAIL_OK;
}
