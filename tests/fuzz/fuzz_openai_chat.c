/* The chat-completions decoder on any JSON. Every span it yields lies in the body or is readable arena memory, its
 * counts agree with its pointers, and what it reads can be answered: the encoder's stream of that text is JSON. */
#include "wire/openai_chat.h"
#include "wire/sse.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static unsigned sum;   /* keeps the reads from being left out */

static void touch(struct span s)
{
    REQUIRE(s.p != NULL || s.n == 0);
    for (size_t i = 0; i < s.n; i++) sum += (unsigned char)s.p[i];
}

static void check_message(const struct conv_msg *m)
{
    REQUIRE(m->role <= ROLE_TOOL);
    REQUIRE(m->role == ROLE_ASSISTANT || m->n_calls == 0);
    touch(m->text);
    touch(m->name);
    touch(m->tool_call_id);
    for (size_t k = 0; k < m->n_calls; k++) {
        touch(m->calls[k].id);
        touch(m->calls[k].name);
        touch(m->calls[k].arguments);
    }
}

static void check(const struct conv *c)
{
    REQUIRE(c->kind == CONV_CHAT && c->model.p != NULL);
    REQUIRE(c->unsupported != NULL || c->n_msgs > 0);
    REQUIRE(c->max_tokens == -1 || c->max_tokens >= 1);
    REQUIRE(isnan(c->temperature) || (c->temperature >= 0 && c->temperature <= 2));
    REQUIRE(isnan(c->top_p) || (c->top_p >= 0 && c->top_p <= 1));
    REQUIRE(c->unsupported || c->tool_choice == TOOLS_AUTO || c->tool_choice == TOOLS_NONE || c->tools.p);
    touch(c->model);
    touch(c->tools);
    touch(c->tool_name);
    for (size_t i = 0; i < c->n_msgs; i++) check_message(&c->msgs[i]);
    for (size_t i = 0; i < c->n_stops; i++) touch(c->stops[i]);
}

/* The last message's text, said back in a stream, arrives as it was. */
static void check_echo(const struct conv *c, struct arena *a)
{
    struct answer ans = {.id = "x", .model = "m", .stream = true, .conv = c};
    struct conv_event say = {.kind = EV_TEXT, .text = c->msgs[c->n_msgs - 1].text}, end = {.kind = EV_END};
    struct obuf o = {0}, heard = {0};
    struct sse s;
    struct sse_event e;
    openai_chat_encode(&ans, &say, &o);
    openai_chat_encode(&ans, &end, &o);
    struct span left = obuf_span(&o);
    sse_init(&s, o.n);
    bool done = false;
    while (sse_next(&s, &left, &e) == SSE_EVENT) {
        struct jdoc d;
        size_t at;
        REQUIRE(!done);
        if ((done = span_is(e.data, "[DONE]"))) continue;
        REQUIRE(jscan(e.data, a, &d, &at) == FAIL_OK);
        uint32_t choices = jdoc_get(&d, 0, "choices");
        uint32_t text = jdoc_get(&d, jdoc_get(&d, jdoc_first(choices), "delta"), "content");
        if (jdoc_first(choices) < jdoc_end(&d, choices) && text != J_NONE) obuf_span_put(&heard, jdoc_text(&d, text, a));
    }
    REQUIRE(done && span_eq(obuf_span(&heard), say.text));
    sse_fini(&s);
    answer_fini(&ans);
    obuf_fini(&o);
    obuf_fini(&heard);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct conv c;
    const char *field;
    size_t at;
    if (a == NULL) return 0;
    if (jscan((struct span){(const char *)p, n}, a, &d, &at) == FAIL_OK) {
        enum fail f = openai_chat_decode(&(struct conv_source){.doc = &d}, a, &c, &field, &at);
        REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < n)));
        if (f == FAIL_OK) check(&c);
        if (f == FAIL_OK && c.n_msgs > 0) check_echo(&c, a);
    }
    arena_free(a);
    return 0;
}
