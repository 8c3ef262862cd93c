/* Ollama's requests. */
#include "wire/ollama.h"
#include "wire/reader.h"

/* ---- fields ---- */

/* -1 and -2 stand for no limit and for what is left of the context. */
static void read_num_predict(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t n;
    if (!jdoc_int(r->d, i, &n) || n >= 0) reader_max_tokens(r, f, i);
}

static const struct reader_field options[] = {
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"num_predict", read_num_predict, 0, 0, 0},
    {"top_k", reader_top_k, 0, 0, 0},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"stop", reader_stops, 0, 0, 0},
    {"seed", reader_seed, 0, 0, 0},
    {"presence_penalty", reader_double, READER_AT(presence_penalty), -2, 2},
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), -2, 2},
};

static void read_options(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (reader_is(r, i, J_OBJECT)) reader_fields(r, i, options, COUNT(options), jdoc_is);
    else reader_unsupported(r, f->name);
}

static void read_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (jdoc_is(r->d, i, "json")) r->conv->format = FORMAT_JSON;
    else if (!jdoc_is(r->d, i, "")) reader_schema(r, f, i);
}

/* true, false, or how much. */
static void read_think(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (reader_is(r, i, J_STRING)) r->conv->show_reasoning = true;
    else reader_bool(r, f, i);
}

static const struct reader_field chat_fields[] = {
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"options", read_options, 0, 0, 0},
    {"format", read_format, 0, 0, 0},
    {"think", read_think, READER_AT(show_reasoning), 0, 0},
    {"tools", reader_tools, 0, 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
};

static const struct reader_field generate_fields[] = {
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"options", read_options, 0, 0, 0},
    {"format", read_format, 0, 0, 0},
    {"think", read_think, READER_AT(show_reasoning), 0, 0},
    {"logprobs", reader_only_false, 0, 0, 0},
    {"raw", reader_only_false, 0, 0, 0},
    {"template", reader_only_empty, 0, 0, 0},
    {"suffix", reader_only_empty, 0, 0, 0},
    {"context", reader_only_empty, 0, 0, 0},
    {"images", reader_only_empty, 0, 0, 0},
};

static const struct reader_field embed_fields[] = {
    {"input", reader_inputs, 0, 0, 0},
    {"dimensions", reader_never, 0, 0, 0},
};
static const struct reader_field embeddings_fields[] = {{"prompt", reader_inputs, 0, 0, 0}};

/* ---- messages ---- */

static void read_call(struct reader *r, uint32_t i, struct conv_call *c)
{
    uint32_t fn = jdoc_get_type(r->d, i, "function", J_OBJECT), arguments = reader_given(r, fn, "arguments");
    c->name = reader_string(r, reader_given(r, fn, "name"), "messages.tool_calls");
    c->id = reader_string(r, reader_given(r, i, "id"), "messages.tool_calls");
    if (c->id.p == NULL) c->id = c->name;   /* the result says the same name */
    c->arguments = arguments == J_NONE ? SPAN("{}") : jdoc_raw(r->d, arguments);
    bool object = arguments == J_NONE || reader_is(r, arguments, J_OBJECT);
    if (c->name.p == NULL || !object) reader_unsupported(r, "messages.tool_calls");
}

static void read_message(struct reader *r, uint32_t i, struct conv_msg *m)
{
    uint32_t images = reader_given(r, i, "images");
    m->role = reader_role(r, i);
    m->text = reader_string(r, reader_given(r, i, "content"), "messages.content");
    if (images != J_NONE && !(reader_is(r, images, J_ARRAY) && jdoc_first(images) == jdoc_end(r->d, images)))
        reader_unsupported(r, "messages.images");
    if (m->role == ROLE_ASSISTANT) {
        m->reasoning = reader_string(r, reader_given(r, i, "thinking"), "messages.thinking");
        reader_calls(r, i, m, read_call);
    } else if (m->role == ROLE_TOOL) {
        m->name = reader_string(r, reader_given(r, i, "tool_name"), "messages.tool_name");
        m->tool_call_id = reader_string(r, reader_given(r, i, "tool_call_id"), "messages.tool_call_id");
        if (m->tool_call_id.p == NULL) m->tool_call_id = m->name;
    } else if (m->text.p == NULL) {
        reader_unsupported(r, "messages.content");
    }
}

/* A prompt is what the user says, and `system` stands before it. */
static void read_prompt(struct reader *r)
{
    struct conv *c = r->conv;
    struct span prompt = reader_string(r, reader_given(r, 0, "prompt"), "prompt");
    struct span system = reader_string(r, reader_given(r, 0, "system"), "system");
    if (prompt.n == 0) reader_unsupported(r, "prompt");
    c->msgs = reader_array(r, 2, sizeof *c->msgs);
    if (c->msgs == NULL) return;
    if (system.n) c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_SYSTEM, .text = system};
    c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_USER, .text = prompt};
}

/* ---- the top level ---- */

/* What all have: an object with a model. */
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

enum fail ollama_chat_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    c->stream = true;
    enum fail f = open_request(&r, field, at);
    if (f) return f;
    uint32_t messages = reader_given(&r, 0, "messages");
    if (messages != J_NONE && !reader_is(&r, messages, J_ARRAY)) return reader_invalid(&r, messages, "messages", field, at);
    reader_fields(&r, 0, chat_fields, COUNT(chat_fields), jdoc_is);
    reader_messages(&r, messages, read_message);
    return reader_end(&r);
}

enum fail ollama_generate_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    c->stream = true;
    c->own = OLLAMA_GENERATE;
    enum fail f = open_request(&r, field, at);
    if (f) return f;
    uint32_t prompt = reader_given(&r, 0, "prompt");
    if (prompt != J_NONE && !reader_is(&r, prompt, J_STRING)) return reader_invalid(&r, prompt, "prompt", field, at);
    reader_fields(&r, 0, generate_fields, COUNT(generate_fields), jdoc_is);
    read_prompt(&r);
    return reader_end(&r);
}

enum fail ollama_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    bool older = span_ends(s->path, SPAN("/embeddings"));
    const char *name = older ? "prompt" : "input";
    reader_begin(&r, s, a, c);
    c->kind = CONV_EMBED;
    c->own = older ? OLLAMA_EMBEDDINGS : 0;
    enum fail f = open_request(&r, field, at);
    if (f) return f;
    uint32_t input = reader_given(&r, 0, name);
    if (!reader_is(&r, input, J_STRING) && (older || !reader_is(&r, input, J_ARRAY)))
        return reader_invalid(&r, input, name, field, at);
    if (older) reader_fields(&r, 0, embeddings_fields, COUNT(embeddings_fields), jdoc_is);
    else reader_fields(&r, 0, embed_fields, COUNT(embed_fields), jdoc_is);
    return reader_end(&r);
}
