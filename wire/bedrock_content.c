/* The messages of Converse: a list of blocks each, of which a local answer takes the texts, the tools' calls and results,
 * and what the model thought. */
#include "wire/bedrock.h"
#include "core/base64.h"

/* A message being read. Results of tools become messages of their own, so that one of the API may be several of ours. */
struct turn {
    enum conv_role role;
    struct reader_join text, reasoning;
    struct conv_call *calls;
    size_t n_calls, room_for_calls;
    bool said;                          /* there is something to be pushed */
};

struct span bedrock_json(const struct reader *r, uint32_t i)
{
    struct span s = jdoc_raw(r->d, i);
    if (reader_is(r, i, J_STRING)) s = (struct span){s.p - 1, s.n + 2};
    return s;
}

static void add_text(struct reader *r, struct reader_join *j, uint32_t i, const char *name)
{
    if (reader_is(r, i, J_STRING)) reader_add(r, j, reader_text(r, i));
    else reader_unsupported(r, name);
}

/* The `text` members of a list of objects. */
static void add_texts(struct reader *r, struct reader_join *j, uint32_t list, const char *name)
{
    if (!reader_is(r, list, J_ARRAY)) {
        reader_unsupported(r, name);
        return;
    }
    for (uint32_t k = jdoc_first(list); k < jdoc_end(r->d, list); k = r->d->tok[k].next)
        add_text(r, j, jdoc_get(r->d, k, "text"), name);
}

/* ---- blocks that hold text in another coat ---- */

static bool is_text_format(const struct reader *r, uint32_t format)
{
    static const char *const formats[] = {"txt", "md", "csv", "html"};
    for (size_t i = 0; i < COUNT(formats); i++)
        if (jdoc_is(r->d, format, formats[i])) return true;
    return false;
}

/* Length of the UTF-8 character at `p` (RFC 3629), or 0. */
static size_t character(const unsigned char *p, size_t n)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (len <= 1) return len;
    unsigned c = p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (i >= n || (p[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    return c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : len;
}

static bool is_utf8(struct span s)
{
    for (size_t at = 0, step; at < s.n; at += step)
        if ((step = character((const unsigned char *)s.p + at, s.n - at)) == 0) return false;
    return true;
}

static void add_bytes(struct reader *r, struct reader_join *j, uint32_t bytes)
{
    struct span code = reader_text(r, bytes);
    char *out = reader_array(r, base64_room(code.n), 1);
    if (out == NULL) return;
    struct span text = {out, base64_decode(code, out)};
    if (is_utf8(text)) reader_add(r, j, text);
    else reader_unsupported(r, "document");
}

void bedrock_document(struct reader *r, struct reader_join *text, uint32_t block)
{
    uint32_t source = jdoc_get_type(r->d, block, "source", J_OBJECT);
    uint32_t plain = jdoc_get_type(r->d, source, "text", J_STRING);
    uint32_t parts = jdoc_get_type(r->d, source, "content", J_ARRAY);
    uint32_t bytes = jdoc_get_type(r->d, source, "bytes", J_STRING);
    uint32_t name = jdoc_get_type(r->d, block, "name", J_STRING), context = jdoc_get_type(r->d, block, "context", J_STRING);
    if (name != J_NONE) reader_add(r, text, reader_text(r, name));
    if (name != J_NONE) reader_add(r, text, SPAN("\n"));
    if (context != J_NONE) reader_add(r, text, reader_text(r, context));
    if (context != J_NONE) reader_add(r, text, SPAN("\n"));
    if (plain != J_NONE) reader_add(r, text, reader_text(r, plain));
    else if (parts != J_NONE) add_texts(r, text, parts, "document");
    else if (bytes != J_NONE && is_text_format(r, jdoc_get(r->d, block, "format"))) add_bytes(r, text, bytes);
    else reader_unsupported(r, "document");
    reader_add(r, text, SPAN("\n\n"));
}

static void search_result(struct reader *r, struct reader_join *text, uint32_t block)
{
    add_text(r, text, jdoc_get(r->d, block, "title"), "searchResult");
    reader_add(r, text, SPAN("\n"));
    add_text(r, text, jdoc_get(r->d, block, "source"), "searchResult");
    reader_add(r, text, SPAN("\n"));
    add_texts(r, text, jdoc_get(r->d, block, "content"), "searchResult");
    reader_add(r, text, SPAN("\n\n"));
}

/* ---- blocks of a message ---- */

typedef void block_fn(struct reader *r, struct turn *t, const char *name, uint32_t i);

static void push(struct reader *r, struct turn *t);

static void block_text(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    t->said = true;
    add_text(r, &t->text, i, name);
}

static void block_guard(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    t->said = true;
    add_text(r, &t->text, jdoc_get(r->d, jdoc_get(r->d, i, "text"), "text"), name);
}

static void block_document(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    (void)name;
    t->said = true;
    bedrock_document(r, &t->text, i);
}

static void block_search_result(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    (void)name;
    t->said = true;
    search_result(r, &t->text, i);
}

static void block_citations(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    t->said = true;
    add_texts(r, &t->text, jdoc_get(r->d, i, "content"), name);
}

/* Redacted content is the provider's own cipher: nothing to be read in it, and nothing lost for a local answer. */
static void block_reasoning(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    t->said = true;
    uint32_t text = jdoc_get(r->d, i, "reasoningText");
    if (text != J_NONE) add_text(r, &t->reasoning, jdoc_get(r->d, text, "text"), name);
}

static void block_tool_use(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    uint32_t id = jdoc_get_type(r->d, i, "toolUseId", J_STRING), tool = jdoc_get_type(r->d, i, "name", J_STRING);
    uint32_t input = jdoc_get(r->d, i, "input");
    bool of_client = reader_given(r, i, "type") == J_NONE;   /* else the provider ran it */
    t->said = true;
    if (t->role != ROLE_ASSISTANT || id == J_NONE || tool == J_NONE || input == J_NONE || !of_client ||
        t->n_calls == t->room_for_calls) {
        reader_unsupported(r, name);
        return;
    }
    t->calls[t->n_calls++] =
        (struct conv_call){.id = reader_text(r, id), .name = reader_text(r, tool), .arguments = bedrock_json(r, input)};
}

static void result_part(struct reader *r, struct reader_join *text, uint32_t part)
{
    for (uint32_t key = jdoc_first(part); key < jdoc_end(r->d, part); key = r->d->tok[key + 1].next) {
        uint32_t v = key + 1;
        if (reader_is(r, v, J_NULL)) continue;
        if (jdoc_is(r->d, key, "text")) add_text(r, text, v, "toolResult");
        else if (jdoc_is(r->d, key, "json")) reader_add(r, text, bedrock_json(r, v));
        else if (jdoc_is(r->d, key, "document")) bedrock_document(r, text, v);
        else if (jdoc_is(r->d, key, "searchResult")) search_result(r, text, v);
        else reader_unsupported(r, "toolResult");
    }
}

static void block_tool_result(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    uint32_t id = jdoc_get_type(r->d, i, "toolUseId", J_STRING), content = jdoc_get_type(r->d, i, "content", J_ARRAY);
    struct reader_join text = {0};
    if (t->role != ROLE_USER || id == J_NONE || content == J_NONE) {
        reader_unsupported(r, name);
        return;
    }
    if (t->said) push(r, t);
    for (uint32_t k = jdoc_first(content); k < jdoc_end(r->d, content); k = r->d->tok[k].next) {
        if (reader_is(r, k, J_OBJECT)) result_part(r, &text, k);
        else reader_unsupported(r, name);
    }
    r->conv->msgs[r->conv->n_msgs++] =
        (struct conv_msg){.role = ROLE_TOOL, .text = text.text, .tool_call_id = reader_text(r, id)};
}

static void block_passed_over(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    (void)r, (void)t, (void)name, (void)i;
}

static void block_unsupported(struct reader *r, struct turn *t, const char *name, uint32_t i)
{
    (void)i;
    t->said = true;
    reader_unsupported(r, name);
}

static void read_block(struct reader *r, struct turn *t, uint32_t block)
{
    static const struct { const char *name; block_fn *read; } blocks[] = {
        {"text", block_text}, {"toolUse", block_tool_use}, {"toolResult", block_tool_result},
        {"reasoningContent", block_reasoning}, {"guardContent", block_guard}, {"document", block_document},
        {"searchResult", block_search_result}, {"citationsContent", block_citations}, {"cachePoint", block_passed_over},
        {"image", block_unsupported}, {"video", block_unsupported}, {"audio", block_unsupported},
        {"messages.content", block_unsupported},
    };
    if (!reader_is(r, block, J_OBJECT)) reader_unsupported(r, "messages.content");
    else
        for (uint32_t key = jdoc_first(block); key < jdoc_end(r->d, block); key = r->d->tok[key + 1].next) {
            size_t k = 0;
            if (reader_is(r, key + 1, J_NULL)) continue;
            while (k + 1 < COUNT(blocks) && !jdoc_is(r->d, key, blocks[k].name)) k++;
            blocks[k].read(r, t, blocks[k].name, key + 1);
        }
}

/* ---- messages ---- */

#define MOST (2 * (size_t)READER_MAX_MESSAGES)

static void push(struct reader *r, struct turn *t)
{
    r->conv->msgs[r->conv->n_msgs++] = (struct conv_msg){
        .role = t->role, .text = t->text.text, .reasoning = t->reasoning.text, .calls = t->calls, .n_calls = t->n_calls};
    t->text = t->reasoning = (struct reader_join){0};
    t->said = false;
}

static enum conv_role role_of(struct reader *r, uint32_t message)
{
    uint32_t role = jdoc_get(r->d, message, "role");
    if (jdoc_is(r->d, role, "assistant")) return ROLE_ASSISTANT;
    if (jdoc_is(r->d, role, "system")) return ROLE_SYSTEM;
    if (!jdoc_is(r->d, role, "user")) reader_unsupported(r, "messages.role");
    return ROLE_USER;
}

/* A string is not of the API, but Nova's own format takes it from some clients. */
static void read_content(struct reader *r, struct turn *t, uint32_t content)
{
    if (reader_is(r, content, J_STRING)) {
        block_text(r, t, "messages.content", content);
        return;
    }
    if (!reader_is(r, content, J_ARRAY)) {
        reader_unsupported(r, "messages.content");
        return;
    }
    if (t->role == ROLE_ASSISTANT) {
        t->room_for_calls = reader_count(r, content, READER_MAX_CALLS);
        if (t->room_for_calls > READER_MAX_CALLS) t->room_for_calls = READER_MAX_CALLS;
        t->calls = t->room_for_calls ? reader_array(r, t->room_for_calls, sizeof *t->calls) : NULL;
        if (t->calls == NULL) t->room_for_calls = 0;
    }
    for (uint32_t k = jdoc_first(content); k < jdoc_end(r->d, content); k = r->d->tok[k].next) read_block(r, t, k);
}

static void read_message(struct reader *r, uint32_t message)
{
    struct turn t = {.role = role_of(r, message)};
    size_t before = r->conv->n_msgs;
    read_content(r, &t, jdoc_get(r->d, message, "content"));
    if (t.said || r->conv->n_msgs == before) push(r, &t);
}

/* The most messages of ours that they can become: a block may hold a tool's result and end what was said before it. */
static size_t room_for_messages(const struct reader *r, uint32_t messages)
{
    size_t n = 1;   /* the system's */
    for (uint32_t m = jdoc_first(messages); m < jdoc_end(r->d, messages) && n <= MOST; m = r->d->tok[m].next) {
        uint32_t content = jdoc_get_type(r->d, m, "content", J_ARRAY);
        n += 1 + (content == J_NONE ? 0 : 2 * (size_t)reader_count(r, content, READER_MAX_MESSAGES));
    }
    return n;
}

static void read_system(struct reader *r, uint32_t system)
{
    struct turn t = {.role = ROLE_SYSTEM};
    if (reader_is(r, system, J_STRING)) block_text(r, &t, "system", system);
    else if (!reader_is(r, system, J_ARRAY)) reader_unsupported(r, "system");
    else read_content(r, &t, system);
    if (t.said) push(r, &t);
}

void bedrock_messages(struct reader *r, uint32_t system, uint32_t messages)
{
    size_t n = room_for_messages(r, messages);
    if (n == 1 || n > MOST) {
        reader_unsupported(r, "messages");
        return;
    }
    r->conv->msgs = reader_array(r, n, sizeof *r->conv->msgs);
    if (r->conv->msgs == NULL) return;
    if (system != J_NONE) read_system(r, system);
    for (uint32_t k = jdoc_first(messages); k < jdoc_end(r->d, messages); k = r->d->tok[k].next) read_message(r, k);
}
