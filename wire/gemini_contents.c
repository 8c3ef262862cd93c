/* Gemini's contents as messages. A turn of a model that was streamed comes back as many contents in a row; they are one
 * message. Results of functions are messages of their own, before what the user says beside them. */
#include "wire/gemini_generate.h"

#define PARTS "contents.parts"

/* ---- one part ---- */

enum part_kind { PART_TEXT, PART_THOUGHT, PART_CALL, PART_RESULT, PART_CODE, PART_OUTPUT, PART_KINDS };

/* The values of a part's members, or J_NONE. */
struct part {
    uint32_t at[PART_KINDS];
};

/* Members that say something about a part, and are no content. */
static bool is_aside(const struct jdoc *d, uint32_t key)
{
    static const char *const asides[] = {"thoughtSignature", "partMetadata", "mediaResolution", "videoMetadata"};
    size_t k = 0;
    while (k < COUNT(asides) && !gemini_same(d, key, asides[k])) k++;
    return k < COUNT(asides);
}

static void read_member(struct reader *r, uint32_t key, struct part *p)
{
    static const char *const names[PART_KINDS] = {"text", "thought", "functionCall", "functionResponse", "executableCode",
                                                  "codeExecutionResult"};
    static const char *const others[] = {"inlineData", "fileData"};
    size_t k = 0;
    while (k < PART_KINDS && !gemini_same(r->d, key, names[k])) k++;
    if (k < PART_KINDS) {
        p->at[k] = key + 1;
        return;
    }
    for (k = 0; k < COUNT(others); k++)
        if (gemini_same(r->d, key, others[k])) reader_unsupported(r, others[k]);
    if (!is_aside(r->d, key)) reader_unsupported(r, PARTS);
}

static struct part read_part(struct reader *r, uint32_t i)
{
    struct part p;
    for (size_t k = 0; k < PART_KINDS; k++) p.at[k] = J_NONE;
    if (!reader_is(r, i, J_OBJECT)) {
        reader_unsupported(r, PARTS);
        return p;
    }
    for (uint32_t key = jdoc_first(i); key < jdoc_end(r->d, i); key = r->d->tok[key + 1].next)
        if (!reader_is(r, key + 1, J_NULL)) read_member(r, key, &p);
    return p;
}

/* What a model wrote as text: its words, or code and its output, as they would stand in a transcript. */
static struct span part_text(struct reader *r, const struct part *p)
{
    if (p->at[PART_TEXT] != J_NONE) return reader_string(r, p->at[PART_TEXT], PARTS);
    if (p->at[PART_CODE] != J_NONE) return reader_string(r, gemini_get(r, p->at[PART_CODE], "code"), "executableCode");
    return reader_string(r, gemini_get(r, p->at[PART_OUTPUT], "output"), "codeExecutionResult");
}

/* The list of a content's parts, or J_NONE. */
static uint32_t parts_of(struct reader *r, uint32_t content)
{
    uint32_t parts = gemini_get(r, content, "parts");
    if (gemini_is_list(r, parts)) return parts;
    reader_unsupported(r, PARTS);
    return J_NONE;
}

#define EACH_PART(r, parts, k) \
    for (uint32_t k = (parts) == J_NONE ? J_NONE : gemini_first((r), (parts)); \
         k < ((parts) == J_NONE ? 0 : jdoc_end((r)->d, parts)); \
         k = (r)->d->tok[k].next)

struct span gemini_content_text(struct reader *r, uint32_t content, const char *name)
{
    struct reader_join text = {0};
    if (reader_is(r, content, J_STRING)) return reader_text(r, content);
    uint32_t parts = gemini_get(r, content, "parts");
    if (!gemini_is_list(r, parts)) {
        reader_unsupported(r, name);
        return SPAN_NONE;
    }
    EACH_PART(r, parts, k) {
        struct part p = read_part(r, k);
        if (p.at[PART_TEXT] == J_NONE) reader_unsupported(r, name);
        else reader_add(r, &text, reader_string(r, p.at[PART_TEXT], name));
    }
    return text.text;
}

/* ---- a model's turn ---- */

/* The API names calls by their function where no id is given, and the result says the same name. */
static void read_call(struct reader *r, uint32_t i, struct conv_call *c)
{
    uint32_t args = gemini_get(r, i, "args");
    c->name = reader_string(r, gemini_get(r, i, "name"), "functionCall");
    c->id = reader_string(r, gemini_get(r, i, "id"), "functionCall");
    c->arguments = args == J_NONE ? SPAN("{}") : jdoc_raw(r->d, args);
    if (c->name.p == NULL || (args != J_NONE && !reader_is(r, args, J_OBJECT))) reader_unsupported(r, "functionCall");
    if (c->id.p == NULL) c->id = c->name;
}

static void model_parts(struct reader *r, uint32_t content, struct conv_msg *m, struct reader_join *text,
                        struct reader_join *thought)
{
    uint32_t parts = parts_of(r, content);
    EACH_PART(r, parts, k) {
        struct part p = read_part(r, k);
        bool thinks = reader_is(r, p.at[PART_THOUGHT], J_TRUE);
        if (p.at[PART_RESULT] != J_NONE) reader_unsupported(r, PARTS);
        if (p.at[PART_CALL] != J_NONE && m->calls) read_call(r, p.at[PART_CALL], &m->calls[m->n_calls++]);
        else reader_add(r, thinks ? thought : text, part_text(r, &p));
    }
}

static size_t count_parts(const struct reader *r, uint32_t content, const char *member)
{
    uint32_t parts = gemini_get(r, content, "parts");
    size_t n = 0;
    if (!gemini_is_list(r, parts)) return 0;
    EACH_PART(r, parts, k) n += gemini_get(r, k, member) != J_NONE;
    return n;
}

/* The contents from `from` to before `to`, all the model's. */
static void model_turn(struct reader *r, uint32_t from, uint32_t to, struct conv_msg *m)
{
    struct reader_join text = {0}, thought = {0};
    size_t calls = 0;
    m->role = ROLE_ASSISTANT;
    for (uint32_t k = from; k < to; k = r->d->tok[k].next) calls += count_parts(r, k, "functionCall");
    if (calls > READER_MAX_CALLS) reader_unsupported(r, "functionCall");
    else if (calls) m->calls = reader_array(r, calls, sizeof *m->calls);
    for (uint32_t k = from; k < to; k = r->d->tok[k].next) model_parts(r, k, m, &text, &thought);
    m->text = text.text;
    m->reasoning = thought.text;
}

/* ---- a user's turn ---- */

/* A result that names no call is that of the first one with its name that has none yet. */
static struct span call_of(const struct conv *c, const struct conv_msg *result)
{
    const struct conv_msg *turn = result;
    size_t skip = 0;
    while (turn > c->msgs && result - turn <= (ptrdiff_t)READER_MAX_CALLS && (turn - 1)->role == ROLE_TOOL)
        skip += span_eq((--turn)->name, result->name);
    if (turn == c->msgs || (turn - 1)->role != ROLE_ASSISTANT) return result->name;
    turn--;
    for (size_t k = 0; k < turn->n_calls; k++)
        if (span_eq(turn->calls[k].name, result->name) && skip-- == 0) return turn->calls[k].id;
    return result->name;
}

static void function_result(struct reader *r, uint32_t i, struct conv_msg *m)
{
    uint32_t response = gemini_get(r, i, "response"), more = gemini_get(r, i, "parts");
    m->role = ROLE_TOOL;
    m->name = reader_string(r, gemini_get(r, i, "name"), "functionResponse");
    m->tool_call_id = reader_string(r, gemini_get(r, i, "id"), "functionResponse");
    if (m->tool_call_id.p == NULL) m->tool_call_id = call_of(r->conv, m);
    if (reader_is(r, response, J_OBJECT)) m->text = jdoc_raw(r->d, response);
    bool media = more != J_NONE && !(reader_is(r, more, J_ARRAY) && jdoc_first(more) == jdoc_end(r->d, more));
    if (m->name.p == NULL || m->text.p == NULL || media) reader_unsupported(r, "functionResponse");
}

static void user_turn(struct reader *r, uint32_t content, enum conv_role role)
{
    struct conv *c = r->conv;
    struct reader_join text = {0};
    size_t before = c->n_msgs;
    uint32_t parts = parts_of(r, content);
    EACH_PART(r, parts, k) {
        struct part p = read_part(r, k);
        if (p.at[PART_CALL] != J_NONE) reader_unsupported(r, PARTS);
        if (p.at[PART_RESULT] != J_NONE) function_result(r, p.at[PART_RESULT], &c->msgs[c->n_msgs++]);
        else reader_add(r, &text, part_text(r, &p));
    }
    if (text.text.p == NULL && c->n_msgs > before) return;
    if (text.text.p == NULL) reader_unsupported(r, PARTS);
    c->msgs[c->n_msgs++] = (struct conv_msg){.role = role, .text = text.text};
}

/* ---- all ---- */

/* A content without a role is the user's. */
static enum conv_role role_of(struct reader *r, uint32_t content)
{
    static const struct { const char *word; enum conv_role role; } roles[] = {
        {"user", ROLE_USER}, {"model", ROLE_ASSISTANT}, {"function", ROLE_USER}, {"system", ROLE_SYSTEM}};
    uint32_t i = gemini_get(r, content, "role");
    if (i == J_NONE || (reader_is(r, i, J_STRING) && jdoc_raw(r->d, i).n == 0)) return ROLE_USER;
    for (size_t k = 0; k < COUNT(roles); k++)
        if (jdoc_is(r->d, i, roles[k].word)) return roles[k].role;
    reader_unsupported(r, "contents.role");
    return ROLE_USER;
}

/* As many messages as there can be: one for each content, and one for each result. */
static size_t room(const struct reader *r, uint32_t contents)
{
    size_t n = 1;
    uint32_t end = jdoc_end(r->d, contents);
    for (uint32_t k = gemini_first(r, contents); k < end && n <= READER_MAX_MESSAGES; k = r->d->tok[k].next)
        n += 1 + count_parts(r, k, "functionResponse");
    return n;
}

void gemini_messages(struct reader *r, uint32_t contents, uint32_t system)
{
    struct conv *c = r->conv;
    size_t n = room(r, contents);
    if (n == 1 || n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "contents");
        return;
    }
    c->msgs = reader_array(r, n, sizeof *c->msgs);
    if (c->msgs == NULL) return;
    if (system != J_NONE) {
        struct span text = gemini_content_text(r, system, "systemInstruction");
        c->msgs[c->n_msgs++] = (struct conv_msg){.role = ROLE_SYSTEM, .text = text};
    }
    uint32_t next, end = jdoc_end(r->d, contents);
    for (uint32_t k = gemini_first(r, contents); k < end; k = next) {
        enum conv_role role = role_of(r, k);
        next = r->d->tok[k].next;
        if (role != ROLE_ASSISTANT) {
            user_turn(r, k, role);
            continue;
        }
        while (next < end && role_of(r, next) == ROLE_ASSISTANT) next = r->d->tok[next].next;
        model_turn(r, k, next, &c->msgs[c->n_msgs++]);
    }
}
