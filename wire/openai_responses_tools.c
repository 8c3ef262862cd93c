/* The tools of a Responses request. Those that the client runs are offered to the local model: functions, and custom tools
 * as functions of one string. What the provider would run (web search, file search …) is not offered, and named as
 * unsupported only where the answer must use it. */
#include "wire/openai_responses.h"

static bool is_custom(const struct jdoc *d, uint32_t tool) { return jdoc_is(d, jdoc_get(d, tool, "type"), "custom"); }

static bool is_offered(const struct jdoc *d, uint32_t tool)
{
    uint32_t type = jdoc_get(d, tool, "type");
    bool known = jdoc_is(d, type, "function") || jdoc_is(d, type, "custom");
    return known && jdoc_get_type(d, tool, "name", J_STRING) != J_NONE;
}

/* The tool of that name and type, or J_NONE. */
static uint32_t tool_named(const struct jdoc *d, uint32_t tools, const char *type, struct span called)
{
    if (tools == J_NONE) return J_NONE;
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(d, tools); k = d->tok[k].next) {
        uint32_t name = jdoc_get_type(d, k, "name", J_STRING);
        if (jdoc_equals(d, name, called) && jdoc_is(d, jdoc_get(d, k, "type"), type)) return k;
    }
    return J_NONE;
}

bool responses_tool_is_custom(const struct jdoc *request, struct span name)
{
    return tool_named(request, jdoc_get_type(request, 0, "tools", J_ARRAY), "custom", name) != J_NONE;
}

/* ---- in the chat form ---- */

static void put_string(const struct jdoc *d, struct obuf *o, const char *key, uint32_t i)
{
    if (i == J_NONE || d->tok[i].type != J_STRING) return;
    jo_raw(o, key, SPAN("\""));
    obuf_span_put(o, jdoc_raw(d, i));
    obuf_str(o, "\"");
}

static void put_tool(const struct jdoc *d, uint32_t tool, struct obuf *o)
{
    uint32_t parameters = jdoc_get_type(d, tool, "parameters", J_OBJECT);
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "function");
    jo_open(o, "function", '{');
    put_string(d, o, "name", jdoc_get(d, tool, "name"));
    put_string(d, o, "description", jdoc_get(d, tool, "description"));
    if (is_custom(d, tool))
        jo_raw(o, "parameters", SPAN("{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},"
                                     "\"required\":[\"input\"],\"additionalProperties\":false}"));
    else if (parameters != J_NONE)
        jo_raw(o, "parameters", jdoc_raw(d, parameters));
    jo_close(o, '}');
    jo_close(o, '}');
}

/* `allowed`: the list of a tool_choice that narrows the tools, or J_NONE. */
static bool is_allowed(struct reader *r, uint32_t tool, uint32_t allowed)
{
    const char *type = is_custom(r->d, tool) ? "custom" : "function";
    return allowed == J_NONE || tool_named(r->d, allowed, type, reader_text(r, jdoc_get(r->d, tool, "name"))) != J_NONE;
}

static void read_tools(struct reader *r, uint32_t tools, uint32_t allowed)
{
    struct obuf o = {0};
    bool any = false;
    jo_open(&o, NULL, '[');
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        if (!is_offered(r->d, k) || !is_allowed(r, k, allowed)) continue;
        if (is_custom(r->d, k)) r->conv->own |= RESPONSES_CUSTOM_TOOLS;
        put_tool(r->d, k, &o);
        any = true;
    }
    jo_close(&o, ']');
    if (any) r->conv->tools = reader_keep(r, &o);
    obuf_fini(&o);
}

/* ---- which one ---- */

static void read_choice_named(struct reader *r, uint32_t choice, uint32_t tools)
{
    static const char *const types[] = {"function", "custom"};
    uint32_t name = jdoc_get_type(r->d, choice, "name", J_STRING);
    for (size_t k = 0; k < COUNT(types) && name != J_NONE; k++) {
        if (!jdoc_is(r->d, jdoc_get(r->d, choice, "type"), types[k])) continue;
        struct span called = reader_text(r, name);
        if (tool_named(r->d, tools, types[k], called) == J_NONE) break;
        r->conv->tool_choice = TOOLS_NAMED;
        r->conv->tool_name = called;
        return;
    }
    reader_unsupported(r, "tool_choice");   /* what the provider runs */
}

static void read_word(struct reader *r, uint32_t word)
{
    static const struct { const char *word; enum tool_choice choice; } words[] = {
        {"auto", TOOLS_AUTO}, {"none", TOOLS_NONE}, {"required", TOOLS_REQUIRED}};
    size_t w = 0;
    while (w < COUNT(words) && !jdoc_is(r->d, word, words[w].word)) w++;
    if (w == COUNT(words)) reader_unsupported(r, "tool_choice");
    else r->conv->tool_choice = words[w].choice;
}

static bool is_narrowing(const struct reader *r, uint32_t choice)
{
    return jdoc_is(r->d, jdoc_get(r->d, choice, "type"), "allowed_tools");
}

static void read_choice(struct reader *r, uint32_t choice, uint32_t tools)
{
    if (reader_is(r, choice, J_STRING)) read_word(r, choice);
    else if (is_narrowing(r, choice)) read_word(r, jdoc_get(r->d, choice, "mode"));
    else read_choice_named(r, choice, tools);
}

void responses_tools(struct reader *r, uint32_t body)
{
    struct conv *c = r->conv;
    uint32_t tools = reader_given(r, body, "tools"), choice = reader_given(r, body, "tool_choice");
    uint32_t allowed = is_narrowing(r, choice) ? jdoc_get_type(r->d, choice, "tools", J_ARRAY) : J_NONE;
    if (reader_is(r, tools, J_ARRAY)) read_tools(r, tools, allowed);
    else if (tools != J_NONE) reader_unsupported(r, "tools");
    if (choice != J_NONE) read_choice(r, choice, reader_is(r, tools, J_ARRAY) ? tools : J_NONE);
    if (c->tool_choice == TOOLS_REQUIRED && c->tools.p == NULL) reader_unsupported(r, "tool_choice");
}
