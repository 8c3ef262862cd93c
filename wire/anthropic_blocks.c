/* What content blocks say in words. */
#include "wire/anthropic.h"

#define CONTENT "messages.content"

/* What is not the author's own text stands in lines of its own. */
static void end_line(struct reader *r, struct reader_join *to)
{
    if (to->text.n && to->text.p[to->text.n - 1] != '\n') reader_add(r, to, SPAN("\n"));
}

static void add_line(struct reader *r, struct reader_join *to, struct span s)
{
    if (s.n == 0) return;
    end_line(r, to);
    reader_add(r, to, s);
    reader_add(r, to, SPAN("\n"));
}

static void add_lines(struct reader *r, struct reader_join *to, uint32_t blocks, const char *name)
{
    end_line(r, to);
    anthropic_blocks(r, blocks, to, name);
    end_line(r, to);
}

static void add_member(struct reader *r, uint32_t block, const char *key, struct reader_join *to)
{
    add_line(r, to, reader_string(r, jdoc_get(r->d, block, key), CONTENT));
}

static void text(struct reader *r, uint32_t i, struct reader_join *to)
{
    uint32_t t = jdoc_get_type(r->d, i, "text", J_STRING);
    if (t == J_NONE) reader_unsupported(r, CONTENT);
    else reader_add(r, to, reader_text(r, t));
}

/* PDFs, web addresses and the ids of files have no words here. */
static void document(struct reader *r, uint32_t i, struct reader_join *to)
{
    uint32_t source = jdoc_get(r->d, i, "source"), type = jdoc_get(r->d, source, "type");
    uint32_t data = jdoc_get_type(r->d, source, "data", J_STRING), content = reader_given(r, source, "content");
    add_member(r, i, "title", to);
    add_member(r, i, "context", to);
    if (jdoc_is(r->d, type, "text") && data != J_NONE) add_line(r, to, reader_text(r, data));
    else if (jdoc_is(r->d, type, "content") && content != J_NONE) add_lines(r, to, content, "document");
    else reader_unsupported(r, "document");
}

static void search_result(struct reader *r, uint32_t i, struct reader_join *to)
{
    uint32_t content = reader_given(r, i, "content");
    add_member(r, i, "title", to);
    add_member(r, i, "source", to);
    if (content != J_NONE) add_lines(r, to, content, CONTENT);
}

static void tool_reference(struct reader *r, uint32_t i, struct reader_join *to) { add_member(r, i, "tool_name", to); }

/* Of the request's own tools, which a local model is given from the beginning; one that is described here is not. */
static void tool_addition(struct reader *r, uint32_t i, struct reader_join *to)
{
    (void)to;
    bool known = jdoc_is(r->d, jdoc_get(r->d, jdoc_get(r->d, i, "tool"), "type"), "tool_reference");
    if (!known) reader_unsupported(r, "tool_addition");
}

/* A summary of what was said before; none (null) when the provider could not make one. */
static void compaction(struct reader *r, uint32_t i, struct reader_join *to) { add_member(r, i, "content", to); }

/* Marks for the provider, and what only it can read. */
static void nothing(struct reader *r, uint32_t i, struct reader_join *to) { (void)r, (void)i, (void)to; }

static void image(struct reader *r, uint32_t i, struct reader_join *to)
{
    (void)i, (void)to;
    reader_unsupported(r, "image");
}

static void container_upload(struct reader *r, uint32_t i, struct reader_join *to)
{
    (void)i, (void)to;
    reader_unsupported(r, "container_upload");
}

/* ---- tools that the provider runs ---- */

static void provider_call(struct reader *r, uint32_t i, struct reader_join *to)
{
    uint32_t input = jdoc_get_type(r->d, i, "input", J_OBJECT);
    add_member(r, i, "name", to);
    if (input != J_NONE) add_line(r, to, jdoc_raw(r->d, input));
}

static bool has_words(const struct reader *r, uint32_t key)
{
    static const char *const keys[] = {"text", "title", "url", "content", "stdout", "stderr", "data", "tool_name",
                                       "error_code"};
    for (size_t k = 0; k < COUNT(keys); k++)
        if (jdoc_is(r->d, key, keys[k])) return true;
    return false;
}

/* There are many forms of results. Tokens are in document order, so that one pass over them all finds the strings that
 * hold words, however deep they are; what is sealed (encrypted_content) or a mere id is left. */
static void provider_result(struct reader *r, uint32_t i, struct reader_join *to)
{
    const struct jtok *tok = r->d->tok;
    bool told = false;
    for (uint32_t k = i + 1; k + 1 < tok[i].next; k++) {
        if (tok[k].type != J_KEY || tok[k + 1].type != J_STRING) continue;
        if (jdoc_is(r->d, k, "type") && jdoc_is(r->d, k + 1, "base64")) reader_unsupported(r, "document");
        if (!has_words(r, k)) continue;
        told = true;
        add_line(r, to, reader_text(r, k + 1));
    }
    if (!told) reader_unsupported(r, CONTENT);
}

/* ---- any ---- */

static const struct {
    const char *type;
    void (*read)(struct reader *r, uint32_t i, struct reader_join *to);
} kinds[] = {
    {"text", text}, {"image", image}, {"document", document}, {"search_result", search_result},
    {"tool_reference", tool_reference}, {"compaction", compaction}, {"container_upload", container_upload},
    {"redacted_thinking", nothing}, {"fallback", nothing}, {"mcp_tool_listing", nothing},
    {"server_tool_use", provider_call}, {"mcp_tool_use", provider_call}, {"mcp_tool_result", provider_result},
    {"web_search_tool_result", provider_result}, {"web_fetch_tool_result", provider_result},
    {"code_execution_tool_result", provider_result}, {"bash_code_execution_tool_result", provider_result},
    {"text_editor_code_execution_tool_result", provider_result}, {"tool_search_tool_result", provider_result},
    {"advisor_tool_result", provider_result}, {"browser_state", provider_result}, {"tool_addition", tool_addition},
};

void anthropic_block(struct reader *r, uint32_t i, struct reader_join *to)
{
    uint32_t type = jdoc_get(r->d, i, "type");
    size_t k = 0;
    while (k < COUNT(kinds) && !jdoc_is(r->d, type, kinds[k].type)) k++;
    if (k < COUNT(kinds)) kinds[k].read(r, i, to);
    else reader_unsupported(r, CONTENT);
}

void anthropic_blocks(struct reader *r, uint32_t i, struct reader_join *to, const char *name)
{
    if (reader_is(r, i, J_STRING)) reader_add(r, to, reader_text(r, i));
    else if (!reader_is(r, i, J_ARRAY)) reader_unsupported(r, name);
    if (!reader_is(r, i, J_ARRAY)) return;
    for (uint32_t k = jdoc_first(i); k < jdoc_end(r->d, i); k = r->d->tok[k].next) anthropic_block(r, k, to);
}
