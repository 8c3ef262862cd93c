/* The input of a Responses request: items of many types to messages. What a model said in one turn comes as several items
 * (reasoning, message, calls) and becomes one message. */
#include "wire/openai_responses.h"

/* Under way: what the next item may belong to. */
struct items {
    struct reader *r;
    uint32_t list;
    struct conv_call *calls;     /* room for a call of every item; messages have consecutive parts of it */
    struct span thought;         /* of the assistant's next message */
};

static const struct jdoc *doc(const struct items *t) { return t->r->d; }

/* ---- text ---- */

/* The string that a part holds, or J_NONE with its kind named as unsupported. */
static uint32_t part_text(struct reader *r, uint32_t part, const char *where)
{
    static const struct { const char *type, *member; } texts[] = {
        {"input_text", "text"}, {"output_text", "text"}, {"text", "text"}, {"summary_text", "text"},
        {"reasoning_text", "text"}, {"refusal", "refusal"}};
    static const char *const others[] = {"input_image", "input_file", "input_audio", "computer_screenshot"};
    uint32_t type = jdoc_get_type(r->d, part, "type", J_STRING);
    for (size_t k = 0; k < COUNT(texts); k++) {
        uint32_t t = jdoc_is(r->d, type, texts[k].type) ? jdoc_get_type(r->d, part, texts[k].member, J_STRING) : J_NONE;
        if (t != J_NONE) return t;
    }
    for (size_t k = 0; k < COUNT(others); k++)
        if (jdoc_is(r->d, type, others[k])) reader_unsupported(r, others[k]);
    reader_unsupported(r, where);
    return J_NONE;
}

/* A string, or a list of parts; `where` is unsupported when it is neither. */
static struct span text_of(struct reader *r, uint32_t i, const char *where)
{
    struct reader_join j = {0};
    if (reader_is(r, i, J_STRING)) return reader_text(r, i);
    if (!reader_is(r, i, J_ARRAY)) {
        reader_unsupported(r, where);
        return SPAN_NONE;
    }
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next) {
        uint32_t t = part_text(r, k, where);
        if (t != J_NONE) reader_add(r, &j, reader_text(r, t));
    }
    return j.text;
}

/* ---- messages ---- */

static struct conv_msg *add(struct items *t, enum conv_role role)
{
    struct conv_msg *m = &t->r->conv->msgs[t->r->conv->n_msgs++];
    m->role = role;
    if (role == ROLE_ASSISTANT) {
        m->reasoning = t->thought;
        m->calls = t->calls;
        t->thought = SPAN_NONE;
    }
    return m;
}

static void message(struct items *t, uint32_t i)
{
    static const struct { const char *word; enum conv_role role; } roles[] = {
        {"user", ROLE_USER}, {"assistant", ROLE_ASSISTANT}, {"developer", ROLE_DEVELOPER}, {"system", ROLE_SYSTEM}};
    uint32_t role = jdoc_get(doc(t), i, "role");
    size_t k = 0;
    while (k < COUNT(roles) && !jdoc_is(doc(t), role, roles[k].word)) k++;
    if (k == COUNT(roles)) reader_unsupported(t->r, "input.role");
    struct conv_msg *m = add(t, k == COUNT(roles) ? ROLE_USER : roles[k].role);
    m->text = text_of(t->r, jdoc_get(doc(t), i, "content"), "input.content");
}

static void reasoning(struct items *t, uint32_t i)
{
    static const char *const members[] = {"content", "summary"};   /* the second tells less of the same */
    struct span text = SPAN_NONE;
    for (size_t k = 0; k < COUNT(members) && text.n == 0; k++) {
        uint32_t list = reader_given(t->r, i, members[k]);
        if (list != J_NONE) text = text_of(t->r, list, "input.reasoning");
    }
    if (text.n) t->thought = text;
}

/* What another agent of the client's told this one. */
static void agent_message(struct items *t, uint32_t i)
{
    add(t, ROLE_USER)->text = text_of(t->r, jdoc_get(doc(t), i, "content"), "input.content");
}

/* The summary of an earlier part. One that the API made is sealed, and what it stands for is unknown here. */
static void compaction(struct items *t, uint32_t i)
{
    struct span s = reader_string(t->r, reader_given(t->r, i, "encrypted_content"), "input.compaction");
    if (!span_starts(s, SPAN(RESPONSES_SUMMARY))) {
        reader_unsupported(t->r, "input.compaction");
        return;
    }
    add(t, ROLE_USER)->text = span_from(s, sizeof RESPONSES_SUMMARY - 1);
}

/* ---- calls ---- */

/* The message that a call belongs to: the assistant's, when it was the last to speak and has not thought since. */
static struct conv_msg *speaker(struct items *t)
{
    struct conv *c = t->r->conv;
    bool goes_on = c->n_msgs && c->msgs[c->n_msgs - 1].role == ROLE_ASSISTANT && t->thought.p == NULL;
    return goes_on ? &c->msgs[c->n_msgs - 1] : add(t, ROLE_ASSISTANT);
}

static struct span call_id(struct items *t, uint32_t i)
{
    uint32_t id = reader_given(t->r, i, "call_id");
    return reader_string(t->r, id == J_NONE ? reader_given(t->r, i, "id") : id, "input.call_id");
}

static void add_call(struct items *t, struct conv_call call)
{
    struct conv_msg *m = speaker(t);
    if (m->n_calls == READER_MAX_CALLS || call.name.p == NULL || call.id.p == NULL) {
        reader_unsupported(t->r, "input.function_call");
        return;
    }
    m->calls[m->n_calls++] = call;
    t->calls++;
}

static void add_output(struct items *t, struct span id, struct span text)
{
    struct conv_msg *m = add(t, ROLE_TOOL);
    m->tool_call_id = id;
    m->text = text;
    if (id.p == NULL) reader_unsupported(t->r, "input.call_id");
}

static struct span name_of(struct items *t, uint32_t i)
{
    return reader_string(t->r, reader_given(t->r, i, "name"), "input.function_call");
}

static void function_call(struct items *t, uint32_t i)
{
    add_call(t, (struct conv_call){
        call_id(t, i), name_of(t, i), reader_string(t->r, reader_given(t->r, i, "arguments"), "input.function_call")});
}

static void call_output(struct items *t, uint32_t i)
{
    struct span id = call_id(t, i);
    add_output(t, id, text_of(t->r, jdoc_get(doc(t), i, "output"), "input.output"));
}

/* Free text is a function's one argument, as responses_tools offers it. */
static void custom_call(struct items *t, uint32_t i)
{
    struct obuf o = {0};
    jo_open(&o, NULL, '{');
    jo_str(&o, "input", reader_string(t->r, reader_given(t->r, i, "input"), "input.custom_tool_call"));
    jo_close(&o, '}');
    struct conv_call c = {call_id(t, i), name_of(t, i), reader_keep(t->r, &o)};
    add_call(t, c);
}

/* A call of a tool that the client runs itself and that has no name: its JSON are the arguments. */
static void client_call(struct items *t, uint32_t i, const char *name, const char *member)
{
    uint32_t v = jdoc_get_type(doc(t), i, member, J_OBJECT);
    if (v == J_NONE) reader_unsupported(t->r, "input.function_call");
    add_call(t, (struct conv_call){call_id(t, i), span_str(name), v == J_NONE ? SPAN("{}") : jdoc_raw(doc(t), v)});
}

static void local_shell_call(struct items *t, uint32_t i) { client_call(t, i, "local_shell", "action"); }
static void shell_call(struct items *t, uint32_t i) { client_call(t, i, "shell", "action"); }
static void apply_patch_call(struct items *t, uint32_t i) { client_call(t, i, "apply_patch", "operation"); }

/* A list of what each command wrote. */
static void shell_output(struct items *t, uint32_t i)
{
    struct span id = call_id(t, i);
    uint32_t list = jdoc_get_type(doc(t), i, "output", J_ARRAY);
    if (list == J_NONE) reader_unsupported(t->r, "input.output");
    add_output(t, id, list == J_NONE ? SPAN_NONE : jdoc_raw(doc(t), list));
}

static void apply_patch_output(struct items *t, uint32_t i)
{
    struct span id = call_id(t, i);
    struct span text = reader_string(t->r, reader_given(t->r, i, "output"), "input.output");
    add_output(t, id, text.n ? text : reader_string(t->r, reader_given(t->r, i, "status"), "input.output"));
}

/* A call that the provider ran comes with its result. `asked` and `gave`: the members that hold the two, as JSON. */
static void ran_call(struct items *t, uint32_t i, const char *name, const char *asked, const char *gave)
{
    uint32_t question = reader_given(t->r, i, asked), result = reader_given(t->r, i, gave);
    struct span id = call_id(t, i);
    struct obuf o = {0};
    jo_open(&o, NULL, '{');
    if (reader_is(t->r, question, J_STRING)) jo_str(&o, asked, reader_text(t->r, question));
    else if (question != J_NONE) jo_raw(&o, asked, jdoc_raw(doc(t), question));
    jo_close(&o, '}');
    add_call(t, (struct conv_call){id, span_str(name), reader_keep(t->r, &o)});
    add_output(t, id, result == J_NONE ? SPAN_NONE : jdoc_raw(doc(t), result));
}

static void file_search_call(struct items *t, uint32_t i) { ran_call(t, i, "file_search", "queries", "results"); }
static void code_call(struct items *t, uint32_t i) { ran_call(t, i, "code_interpreter", "code", "outputs"); }

static void mcp_call(struct items *t, uint32_t i)
{
    struct span id = call_id(t, i);
    function_call(t, i);
    add_output(t, id, reader_string(t->r, reader_given(t->r, i, "output"), "input.output"));
}

/* ---- types ---- */

static void pass_over(struct items *t, uint32_t i) { (void)t, (void)i; }

static void item_reference(struct items *t, uint32_t i)
{
    (void)i;
    reader_unsupported(t->r, "input.item_reference");
}

/* The last of all items: what follows it would not be in the summary. */
static void compaction_trigger(struct items *t, uint32_t i)
{
    if (jdoc_end(doc(t), i) != jdoc_end(doc(t), t->list)) reader_unsupported(t->r, "input.compaction_trigger");
    t->r->conv->own |= RESPONSES_COMPACT;
}

/* What is passed over says nothing that the messages beside it do not say, or only lists what is not offered here. */
static const struct {
    const char *type;
    void (*read)(struct items *t, uint32_t i);
} types[] = {
    {"message", message}, {"function_call", function_call}, {"function_call_output", call_output},
    {"reasoning", reasoning}, {"custom_tool_call", custom_call}, {"custom_tool_call_output", call_output},
    {"local_shell_call", local_shell_call}, {"local_shell_call_output", call_output}, {"shell_call", shell_call},
    {"shell_call_output", shell_output}, {"apply_patch_call", apply_patch_call},
    {"apply_patch_call_output", apply_patch_output}, {"mcp_call", mcp_call}, {"compaction", compaction},
    {"compaction_summary", compaction}, {"context_compaction", compaction}, {"agent_message", agent_message},
    {"file_search_call", file_search_call}, {"code_interpreter_call", code_call},
    {"compaction_trigger", compaction_trigger}, {"item_reference", item_reference},
    {"web_search_call", pass_over}, {"mcp_list_tools", pass_over}, {"tool_search_call", pass_over},
    {"tool_search_output", pass_over}, {"additional_tools", pass_over}, {"configuration_update", pass_over},
};

/* Some clients leave the type of messages out, and of references. */
static void item(struct items *t, uint32_t i)
{
    uint32_t type = reader_given(t->r, i, "type");
    if (type == J_NONE) {
        bool said = jdoc_get(doc(t), i, "role") != J_NONE;
        (said ? message : item_reference)(t, i);
        return;
    }
    for (size_t k = 0; k < COUNT(types); k++)
        if (jdoc_is(doc(t), type, types[k].type)) {
            types[k].read(t, i);
            return;
        }
    reader_unsupported(t->r, "input");
}

/* Thoughts that nothing came of are left out. */
static void read_list(struct reader *r, uint32_t list, uint32_t n)
{
    struct items t = {.r = r, .list = list, .calls = reader_array(r, n, sizeof *t.calls)};
    if (t.calls == NULL) return;
    for (uint32_t k = jdoc_first(list); k < jdoc_end(r->d, list); k = r->d->tok[k].next) item(&t, k);
}

void responses_input(struct reader *r, uint32_t input, struct span instructions)
{
    struct conv *c = r->conv;
    bool list = reader_is(r, input, J_ARRAY);
    uint32_t n = list ? reader_count(r, input, READER_MAX_MESSAGES) : 1;
    if (n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "input");
        return;
    }
    /* an item may make two messages; instructions and the demand for a summary come on top */
    c->msgs = reader_array(r, 2 * (size_t)n + 2, sizeof *c->msgs);
    if (c->msgs == NULL) return;
    if (instructions.n) {
        c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_SYSTEM, .text = instructions};
        c->own |= RESPONSES_INSTRUCTIONS;
    }
    if (list) read_list(r, input, n);
    else if (input != J_NONE) c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_USER, .text = reader_text(r, input)};
    if (c->n_msgs == 0) reader_unsupported(r, "input");
}
