/* The top level of Converse and ConverseStream: what steers the answer. */
#include "wire/bedrock.h"

/* ---- the path ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Escapes that are none stand for themselves. */
static size_t unescape(struct span s, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_value(s.p[i + 2]);
        out[n++] = low < 0 ? s.p[i] : (char)(unsigned char)(high * 16 + low);
        if (low >= 0) i += 2;
    }
    return n;
}

struct span bedrock_model(struct reader *r, struct span path)
{
    struct span head = SPAN("/model/");
    const char *slash = NULL;
    if (span_starts(path, head)) path = span_from(path, head.n);
    else path = SPAN_NONE;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '/') slash = path.p + i;   /* the last one: some clients leave an ARN's own as they are */
    if (slash) path.n = (size_t)(slash - path.p);
    if (path.n == 0) return SPAN("");
    char *out = reader_array(r, path.n, 1);
    return out ? (struct span){out, unescape(path, out)} : SPAN("");
}

/* ---- tools ---- */

static uint32_t tool_spec(const struct reader *r, uint32_t tool) { return jdoc_get_type(r->d, tool, "toolSpec", J_OBJECT); }

/* One of toolConfig.tools in OpenAI's form. */
static void put_tool(struct reader *r, uint32_t tool, struct obuf *o)
{
    uint32_t spec = tool_spec(r, tool), name = jdoc_get_type(r->d, spec, "name", J_STRING);
    uint32_t schema = jdoc_get_type(r->d, jdoc_get(r->d, spec, "inputSchema"), "json", J_OBJECT);
    uint32_t description = jdoc_get_type(r->d, spec, "description", J_STRING);
    if (spec == J_NONE && reader_given(r, tool, "cachePoint") != J_NONE) return;
    if (name == J_NONE || schema == J_NONE) {
        reader_unsupported(r, "toolConfig.tools");   /* systemTool: the provider's own */
        return;
    }
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "function");
    jo_open(o, "function", '{');
    jo_raw(o, "name", bedrock_json(r, name));
    if (description != J_NONE) jo_raw(o, "description", bedrock_json(r, description));
    jo_raw(o, "parameters", bedrock_json(r, schema));
    jo_close(o, '}');
    jo_close(o, '}');
}

static void read_tools(struct reader *r, uint32_t tools)
{
    struct obuf o = {0};
    jo_open(&o, NULL, '[');
    size_t none = o.n;
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) put_tool(r, k, &o);
    bool some = o.n > none;
    jo_close(&o, ']');
    struct span json = reader_keep(r, &o);
    if (some) r->conv->tools = json;
}

static bool tool_exists(struct reader *r, uint32_t tools, struct span name)
{
    if (tools == J_NONE) return false;
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        uint32_t n = jdoc_get_type(r->d, tool_spec(r, k), "name", J_STRING);
        if (n != J_NONE && span_eq(reader_text(r, n), name)) return true;
    }
    return false;
}

static void read_tool_choice(struct reader *r, uint32_t choice, uint32_t tools)
{
    uint32_t named = jdoc_get_type(r->d, reader_given(r, choice, "tool"), "name", J_STRING);
    if (named != J_NONE) {
        r->conv->tool_choice = TOOLS_NAMED;
        r->conv->tool_name = reader_text(r, named);
        if (!tool_exists(r, tools, r->conv->tool_name)) reader_unsupported(r, "toolConfig.toolChoice");
    } else if (reader_given(r, choice, "any") != J_NONE) {
        r->conv->tool_choice = TOOLS_REQUIRED;
        if (r->conv->tools.p == NULL) reader_unsupported(r, "toolConfig.toolChoice");
    } else if (reader_given(r, choice, "auto") == J_NONE) {
        reader_unsupported(r, "toolConfig.toolChoice");
    }
}

void bedrock_tool_config(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t tools = jdoc_get_type(r->d, i, "tools", J_ARRAY), choice = reader_given(r, i, "toolChoice");
    if (!reader_is(r, i, J_OBJECT) || (tools == J_NONE && reader_given(r, i, "tools") != J_NONE)) {
        reader_unsupported(r, f->name);
        return;
    }
    if (tools != J_NONE) read_tools(r, tools);
    if (choice != J_NONE) read_tool_choice(r, choice, tools);
}

/* ---- the other members ---- */

/* Nova's own format has the same member with a few names more; both spellings are taken from both. */
static void inference_config(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const struct reader_field rows[] = {
        {"maxTokens", reader_max_tokens, 0, 0, 0},
        {"max_new_tokens", reader_max_tokens, 0, 0, 0},
        {"temperature", reader_double, READER_AT(temperature), 0, 1},
        {"topP", reader_double, READER_AT(top_p), 0, 1},
        {"top_p", reader_double, READER_AT(top_p), 0, 1},
        {"topK", reader_top_k, 0, 0, 0},
        {"top_k", reader_top_k, 0, 0, 0},
        {"stopSequences", reader_stops, 0, 0, 0},
    };
    if (reader_is(r, i, J_OBJECT)) reader_fields(r, i, rows, COUNT(rows), jdoc_is);
    else reader_unsupported(r, f->name);
}

/* {"type": "enabled"} or "adaptive", under the names that the model families give it. */
static void thinking(struct reader *r, const struct reader_field *f, uint32_t i)
{
    (void)f;
    uint32_t type = jdoc_get_type(r->d, i, "type", J_STRING);
    if (type != J_NONE) r->conv->show_reasoning = !jdoc_is(r->d, type, "disabled");
}

/* Claude's own way to say a schema, which may come this way as well. */
static void model_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t schema = reader_given(r, i, "schema");
    if (schema != J_NONE) reader_schema(r, f, schema);
    else reader_unsupported(r, f->name);
}

static void model_output(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t format = reader_given(r, i, "format");
    if (format != J_NONE) model_format(r, f, format);
}

/* Free JSON for the model. What is not known steers what a local model has not; tools here are the provider's own. */
static void model_fields(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const struct reader_field rows[] = {
        {"top_k", reader_top_k, 0, 0, 0},
        {"thinking", thinking, 0, 0, 0},
        {"reasoning_config", thinking, 0, 0, 0},
        {"reasoningConfig", thinking, 0, 0, 0},
        {"inferenceConfig", inference_config, 0, 0, 0},
        {"output_format", model_format, 0, 0, 0},
        {"output_config", model_output, 0, 0, 0},
        {"tools", reader_only_empty, 0, 0, 0},
    };
    (void)f;
    if (reader_is(r, i, J_OBJECT)) reader_fields(r, i, rows, COUNT(rows), jdoc_is);
}

/* The schema is JSON in a string. */
static void output_config(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t format = reader_given(r, i, "textFormat");
    if (format == J_NONE) return;
    uint32_t definition = jdoc_get(r->d, jdoc_get(r->d, format, "structure"), "jsonSchema");
    uint32_t schema = jdoc_get_type(r->d, definition, "schema", J_STRING);
    struct span json = schema == J_NONE ? SPAN_NONE : reader_text(r, schema);
    struct jdoc d;
    size_t at;
    if (json.p == NULL || jscan(json, r->arena, &d, &at) != FAIL_OK || d.tok[0].type != J_OBJECT) {
        reader_unsupported(r, f->name);
        return;
    }
    r->conv->format = FORMAT_SCHEMA;
    r->conv->schema = json;
}

void bedrock_converse_fields(struct reader *r, uint32_t body)
{
    static const struct reader_field rows[] = {
        {"inferenceConfig", inference_config, 0, 0, 0},
        {"toolConfig", bedrock_tool_config, 0, 0, 0},
        {"additionalModelRequestFields", model_fields, 0, 0, 0},
        {"outputConfig", output_config, 0, 0, 0},
        {"promptVariables", reader_never, 0, 0, 0},
        {"reasoningConfig", thinking, 0, 0, 0},   /* Nova's own format */
    };
    reader_fields(r, body, rows, COUNT(rows), jdoc_is);
}

static bool ends_with(struct span path, const char *operation) { return span_ends(path, span_str(operation)); }

/* A prompt that the provider keeps stands for the messages. */
static bool is_kept_prompt(struct span model) { return memmem(model.p, model.n, ":prompt/", 8) != NULL; }

enum fail bedrock_converse_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                  size_t *at)
{
    struct reader r;
    *field = NULL;
    *at = SIZE_MAX;
    reader_begin(&r, s, a, c);
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    c->model = bedrock_model(&r, s->path);
    c->stream = ends_with(s->path, "/converse-stream");
    uint32_t messages = reader_given(&r, 0, "messages");
    bedrock_converse_fields(&r, 0);
    if (reader_is(&r, messages, J_ARRAY)) bedrock_messages(&r, reader_given(&r, 0, "system"), messages);
    else if (messages == J_NONE && is_kept_prompt(c->model)) reader_unsupported(&r, "messages");
    else return reader_invalid(&r, messages, "messages", field, at);
    return reader_end(&r);
}
