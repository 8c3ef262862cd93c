/* Which tool a chat-completions request wants called, and the deprecated functions, which are turned into tools. */
#include "wire/openai_chat.h"

static uint32_t tool_function(const struct reader *r, uint32_t tool)
{
    if (!jdoc_is(r->d, jdoc_get(r->d, tool, "type"), "function")) return J_NONE;
    return jdoc_get_type(r->d, tool, "function", J_OBJECT);
}

static bool is_named(struct reader *r, uint32_t function, struct span name)
{
    uint32_t n = jdoc_get_type(r->d, function, "name", J_STRING);
    return n != J_NONE && span_eq(reader_text(r, n), name);
}

/* Whether a list of tools, or of functions, or J_NONE has one of that name. */
static bool lists(struct reader *r, uint32_t array, bool tools, struct span name)
{
    uint32_t end = array == J_NONE ? 0 : jdoc_end(r->d, array);
    for (uint32_t k = jdoc_first(array); k < end; k = r->d->tok[k].next)
        if (is_named(r, tools ? tool_function(r, k) : k, name)) return true;
    return false;
}

/* The one that is named has to be there, wherever in the body the list stands. */
static void choose(struct reader *r, const struct reader_field *f, uint32_t name, const char *list)
{
    struct conv *c = r->conv;
    c->tool_choice = TOOLS_NAMED;
    c->tool_name = reader_text(r, name);
    if (!lists(r, jdoc_get_type(r->d, 0, list, J_ARRAY), strcmp(list, "tools") == 0, c->tool_name))
        reader_unsupported(r, f->name);
}

struct word {
    const char *text;
    enum tool_choice choice;
};

static void read_word(struct reader *r, const struct reader_field *f, uint32_t i, const struct word *words, size_t n)
{
    size_t w = 0;
    while (w < n && !jdoc_is(r->d, i, words[w].text)) w++;
    if (w == n) reader_unsupported(r, f->name);
    else r->conv->tool_choice = words[w].choice;
}

/* What a choice of the type allowed_tools holds, or J_NONE: a mode, and some of the tools. */
static uint32_t allowed_tools(const struct reader *r, uint32_t choice)
{
    if (!jdoc_is(r->d, jdoc_get(r->d, choice, "type"), "allowed_tools")) return J_NONE;
    return jdoc_get_type(r->d, choice, "allowed_tools", J_OBJECT);
}

void openai_chat_tool_choice(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const struct word words[] = {{"auto", TOOLS_AUTO}, {"none", TOOLS_NONE}, {"required", TOOLS_REQUIRED},
                                        {"any", TOOLS_REQUIRED}};   /* Mistral's word */
    if (!reader_is(r, i, J_OBJECT)) {
        read_word(r, f, i, words, COUNT(words));
        return;
    }
    uint32_t allowed = allowed_tools(r, i), name = jdoc_get_type(r->d, tool_function(r, i), "name", J_STRING);
    if (allowed != J_NONE) read_word(r, f, jdoc_get(r->d, allowed, "mode"), words, COUNT(words));
    else if (name != J_NONE) choose(r, f, name, "tools");
    else reader_unsupported(r, f->name);   /* custom */
}

void openai_chat_narrow(struct reader *r)
{
    uint32_t allowed = allowed_tools(r, jdoc_get(r->d, 0, "tool_choice")), tools = jdoc_get_type(r->d, 0, "tools", J_ARRAY);
    if (allowed == J_NONE || tools == J_NONE) return;
    uint32_t names = jdoc_get_type(r->d, allowed, "tools", J_ARRAY), left = 0;
    struct obuf o = {0};
    jo_open(&o, NULL, '[');
    for (uint32_t k = jdoc_first(tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        uint32_t name = jdoc_get_type(r->d, tool_function(r, k), "name", J_STRING);
        if (name == J_NONE || !lists(r, names, true, reader_text(r, name))) continue;
        jo_raw(&o, NULL, jdoc_raw(r->d, k));
        left++;
    }
    jo_close(&o, ']');
    r->conv->tools = left ? reader_keep(r, &o) : SPAN_NONE;
    obuf_fini(&o);
}

void openai_chat_function_call(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const struct word words[] = {{"auto", TOOLS_AUTO}, {"none", TOOLS_NONE}};
    uint32_t name = jdoc_get_type(r->d, i, "name", J_STRING);
    r->conv->own |= OPENAI_OWN_FUNCTIONS;
    if (name != J_NONE) choose(r, f, name, "functions");
    else read_word(r, f, i, words, COUNT(words));
}

void openai_chat_functions(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct conv *c = r->conv;
    struct obuf tools = {0};
    uint32_t both = jdoc_get_type(r->d, 0, "tools", J_ARRAY);
    bool list = reader_is(r, i, J_ARRAY), with_tools = both != J_NONE && reader_count(r, both, 1) > 0;
    if (list && reader_count(r, i, 1) == 0) return;
    if (!list || with_tools) {
        reader_unsupported(r, f->name);
        return;
    }
    jo_open(&tools, NULL, '[');
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next) {
        if (jdoc_get_type(r->d, k, "name", J_STRING) == J_NONE) reader_unsupported(r, f->name);
        jo_open(&tools, NULL, '{');
        jo_cstr(&tools, "type", "function");
        jo_raw(&tools, "function", jdoc_raw(r->d, k));
        jo_close(&tools, '}');
    }
    jo_close(&tools, ']');
    c->tools = reader_keep(r, &tools);
    c->own |= OPENAI_OWN_FUNCTIONS;
    c->parallel_tool_calls = false;   /* the answer has room for one */
}
