/* The tools of a Messages request, written in OpenAI's form. */
#include "wire/anthropic.h"

/* One that the client runs and describes itself. The others have a type such as "web_search_20250305": the provider runs
 * them, or only its models know what they are. */
static bool is_custom(const struct reader *r, uint32_t tool)
{
    uint32_t type = reader_given(r, tool, "type");
    return type == J_NONE || jdoc_is(r->d, type, "custom");
}

/* A string with its quotes, as the client has escaped it. */
static struct span quoted(const struct reader *r, uint32_t i)
{
    struct span s = jdoc_raw(r->d, i);
    return (struct span){s.p - 1, s.n + 2};
}

static void put_tool(struct reader *r, uint32_t tool, struct obuf *o)
{
    uint32_t name = jdoc_get_type(r->d, tool, "name", J_STRING), text = jdoc_get_type(r->d, tool, "description", J_STRING);
    uint32_t schema = jdoc_get_type(r->d, tool, "input_schema", J_OBJECT);
    if (name == J_NONE || schema == J_NONE) {
        reader_unsupported(r, "tools");
        return;
    }
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "function");
    jo_open(o, "function", '{');
    jo_raw(o, "name", quoted(r, name));
    if (text != J_NONE) jo_raw(o, "description", quoted(r, text));
    jo_raw(o, "parameters", jdoc_raw(r->d, schema));
    jo_close(o, '}');
    jo_close(o, '}');
}

/* Returns whether a tool was left out. */
static bool put_tools(struct reader *r, uint32_t tools)
{
    struct obuf o = {0};
    bool left_out = false;
    jo_open(&o, NULL, '[');
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        if (is_custom(r, k)) put_tool(r, k, &o);
        else left_out = true;
    }
    bool some = o.n > 1;
    jo_close(&o, ']');
    if (some || !obuf_ok(&o)) r->conv->tools = reader_keep(r, &o);
    obuf_fini(&o);
    return left_out;
}

static bool custom_named(struct reader *r, uint32_t tools, struct span name)
{
    if (!reader_is(r, tools, J_ARRAY)) return false;
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        uint32_t n = is_custom(r, k) ? jdoc_get_type(r->d, k, "name", J_STRING) : J_NONE;
        if (n != J_NONE && span_eq(reader_text(r, n), name)) return true;
    }
    return false;
}

static void read_choice(struct reader *r, uint32_t choice)
{
    static const struct { const char *word; enum tool_choice choice; } words[] = {
        {"auto", TOOLS_AUTO}, {"any", TOOLS_REQUIRED}, {"tool", TOOLS_NAMED}, {"none", TOOLS_NONE}};
    uint32_t type = jdoc_get(r->d, choice, "type");
    size_t w = 0;
    while (w < COUNT(words) && !jdoc_is(r->d, type, words[w].word)) w++;
    if (w == COUNT(words)) reader_unsupported(r, "tool_choice");
    else r->conv->tool_choice = words[w].choice;
    r->conv->tool_name = reader_string(r, reader_given(r, choice, "name"), "tool_choice");
    r->conv->parallel_tool_calls = !reader_is(r, jdoc_get(r->d, choice, "disable_parallel_tool_use"), J_TRUE);
}

/* A model that has to call a tool must have the one that is meant. */
static void check_choice(struct reader *r, uint32_t tools, bool left_out)
{
    const struct conv *c = r->conv;
    if (c->tool_choice == TOOLS_REQUIRED && (left_out || c->tools.p == NULL)) reader_unsupported(r, "tool_choice");
    if (c->tool_choice == TOOLS_NAMED && !custom_named(r, tools, c->tool_name)) reader_unsupported(r, "tool_choice");
}

void anthropic_tools(struct reader *r)
{
    uint32_t tools = reader_given(r, 0, "tools"), choice = reader_given(r, 0, "tool_choice");
    bool left_out = reader_is(r, tools, J_ARRAY) && put_tools(r, tools);
    if (tools != J_NONE && !reader_is(r, tools, J_ARRAY)) reader_unsupported(r, "tools");
    if (choice != J_NONE) read_choice(r, choice);
    check_choice(r, tools, left_out);
}
