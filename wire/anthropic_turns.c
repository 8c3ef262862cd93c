/* The turns of a Messages request. */
#include "wire/anthropic.h"

#define CONTENT "messages.content"

struct turns {
    struct reader *r;
    size_t room;      /* messages that conv->msgs has memory for */
};

/* A message to fill, which stays where it is until the next one is asked for; NULL when there are too many. A turn may
 * become several messages, so that their number is not known before. */
static struct conv_msg *turn_new(struct turns *t, enum conv_role role)
{
    struct conv *c = t->r->conv;
    if (c->n_msgs == READER_MAX_MESSAGES) {
        reader_unsupported(t->r, "messages");
        return NULL;
    }
    if (c->n_msgs == t->room) {
        struct conv_msg *more = reader_array(t->r, t->room * 2, sizeof *more);
        if (more == NULL) return NULL;
        memcpy(more, c->msgs, c->n_msgs * sizeof *more);
        c->msgs = more;
        t->room *= 2;
    }
    c->msgs[c->n_msgs].role = role;
    return &c->msgs[c->n_msgs++];
}

static bool is_block(const struct reader *r, uint32_t i, const char *type)
{
    return jdoc_is(r->d, jdoc_get(r->d, i, "type"), type);
}

/* ---- users ---- */

static void tool_result(struct turns *t, uint32_t i)
{
    struct reader *r = t->r;
    struct conv_msg *m = turn_new(t, ROLE_TOOL);
    struct reader_join text = {0};
    uint32_t content = reader_given(r, i, "content");
    if (m == NULL) return;
    m->tool_call_id = reader_string(r, jdoc_get(r->d, i, "tool_use_id"), CONTENT);
    if (m->tool_call_id.p == NULL) reader_unsupported(r, CONTENT);
    if (reader_is(r, jdoc_get(r->d, i, "is_error"), J_TRUE)) reader_add(r, &text, SPAN("Error: "));
    if (content != J_NONE) anthropic_blocks(r, content, &text, CONTENT);
    m->text = text.text;
}

static void user(struct turns *t, uint32_t content)
{
    struct reader *r = t->r;
    struct reader_join rest = {0};
    uint32_t results = 0, others = 0;
    for (uint32_t k = jdoc_first(content); k < jdoc_end(r->d, content); k = r->d->tok[k].next) {
        if (is_block(r, k, "tool_result")) {
            tool_result(t, k);
            results++;
        } else {
            anthropic_block(r, k, &rest);
            others++;
        }
    }
    struct conv_msg *m = others || results == 0 ? turn_new(t, ROLE_USER) : NULL;
    if (m) m->text = rest.text;
}

/* ---- assistants ---- */

static void tool_use(struct reader *r, uint32_t i, struct conv_msg *m)
{
    uint32_t input = jdoc_get_type(r->d, i, "input", J_OBJECT);
    if (m->n_calls == READER_MAX_CALLS || input == J_NONE) {
        reader_unsupported(r, CONTENT);
        return;
    }
    struct conv_call *c = &m->calls[m->n_calls++];
    c->id = reader_string(r, jdoc_get(r->d, i, "id"), CONTENT);
    c->name = reader_string(r, jdoc_get(r->d, i, "name"), CONTENT);
    c->arguments = jdoc_raw(r->d, input);
    if (c->name.p == NULL) reader_unsupported(r, CONTENT);
}

/* Room for calls when the first one comes: as many as blocks are left, at most. */
static bool call_room(struct reader *r, uint32_t content, struct conv_msg *m)
{
    if (m->calls == NULL) m->calls = reader_array(r, reader_count(r, content, READER_MAX_CALLS - 1), sizeof *m->calls);
    return m->calls != NULL;
}

static void assistant(struct turns *t, uint32_t content)
{
    struct reader *r = t->r;
    struct reader_join text = {0}, thoughts = {0};
    struct conv_msg *m = turn_new(t, ROLE_ASSISTANT);
    if (m == NULL) return;
    for (uint32_t k = jdoc_first(content); k < jdoc_end(r->d, content); k = r->d->tok[k].next) {
        if (is_block(r, k, "tool_use")) {
            if (call_room(r, content, m)) tool_use(r, k, m);
        } else if (is_block(r, k, "thinking")) {
            reader_add(r, &thoughts, reader_string(r, jdoc_get(r->d, k, "thinking"), CONTENT));
        } else {
            anthropic_block(r, k, &text);
        }
    }
    m->text = text.text;
    m->reasoning = thoughts.text;
}

/* ---- turns ---- */

/* A text alone, whoever says it. */
static void plain(struct turns *t, uint32_t content, enum conv_role role, const char *name)
{
    struct reader_join text = {0};
    anthropic_blocks(t->r, content, &text, name);
    struct conv_msg *m = turn_new(t, role);
    if (m) m->text = text.text;
}

static void turn(struct turns *t, uint32_t i)
{
    struct reader *r = t->r;
    uint32_t role = jdoc_get(r->d, i, "role"), content = jdoc_get(r->d, i, "content");
    bool blocks = reader_is(r, content, J_ARRAY);
    if (jdoc_is(r->d, role, "user")) {
        if (blocks) user(t, content);
        else plain(t, content, ROLE_USER, CONTENT);
    } else if (jdoc_is(r->d, role, "assistant")) {
        if (blocks) assistant(t, content);
        else plain(t, content, ROLE_ASSISTANT, CONTENT);
    } else if (jdoc_is(r->d, role, "system")) {
        plain(t, content, ROLE_SYSTEM, CONTENT);
    } else {
        reader_unsupported(r, "messages.role");
    }
}

/* The API goes on from the words of a last turn that is the assistant's; a local model begins a turn of its own. */
static void check_last(struct reader *r)
{
    const struct conv *c = r->conv;
    bool prefilled = c->n_msgs > 0 && c->msgs[c->n_msgs - 1].role == ROLE_ASSISTANT;
    if (prefilled && c->kind == CONV_CHAT) reader_unsupported(r, "messages.prefill");
}

void anthropic_turns(struct reader *r, uint32_t system, uint32_t messages)
{
    uint32_t n = reader_count(r, messages, READER_MAX_MESSAGES);
    struct turns t = {r, n + 1};
    if (n == 0 || n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "messages");
        return;
    }
    r->conv->msgs = reader_array(r, t.room, sizeof *r->conv->msgs);
    if (r->conv->msgs == NULL) return;
    if (system != J_NONE) plain(&t, system, ROLE_SYSTEM, "system");
    for (uint32_t k = jdoc_first(messages); k < jdoc_end(r->d, messages); k = r->d->tok[k].next) turn(&t, k);
    check_last(r);
}
