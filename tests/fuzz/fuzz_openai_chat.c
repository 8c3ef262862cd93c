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
    touch(m->reasoning);
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
    REQUIRE(c->n_choices >= 1 && c->n_choices <= CONV_MAX_CHOICES);
    REQUIRE(c->format != FORMAT_SCHEMA || c->schema.n >= 2);
    touch(c->model);
    touch(c->schema);
    touch(c->tools);
    touch(c->tool_name);
    for (size_t i = 0; i < c->n_msgs; i++) check_message(&c->msgs[i]);
    for (size_t i = 0; i < c->n_stops; i++) touch(c->stops[i]);
}

/* What a choice of the stream has said so far, or the whole answer says. */
static void hear(const struct jdoc *d, const char *member, struct obuf heard[], struct arena *a)
{
    uint32_t choices = jdoc_get(d, 0, "choices");
    for (uint32_t k = jdoc_first(choices); k < jdoc_end(d, choices); k = d->tok[k].next) {
        int64_t at;
        uint32_t text = jdoc_get_type(d, jdoc_get(d, k, member), "content", J_STRING);
        REQUIRE(jdoc_int(d, jdoc_get(d, k, "index"), &at) && at >= 0 && at < (int64_t)CONV_MAX_CHOICES);
        if (text != J_NONE) obuf_span_put(&heard[at], jdoc_text(d, text, a));
    }
}

static void hear_stream(struct span left, struct obuf heard[], struct arena *a)
{
    struct sse s;
    struct sse_event e;
    bool done = false;
    sse_init(&s, left.n);
    while (sse_next(&s, &left, &e) == SSE_EVENT) {
        struct jdoc d;
        size_t at;
        REQUIRE(!done);
        if ((done = span_is(e.data, "[DONE]"))) continue;
        REQUIRE(jscan(e.data, a, &d, &at) == FAIL_OK);
        hear(&d, "delta", heard, a);
    }
    REQUIRE(done);
    sse_fini(&s);
}

static void say(const struct conv *c, struct span text, bool stream, struct obuf *o)
{
    static const struct id_key key = {{1}};
    struct answer ans = {.id = "x", .id_key = &key, .model = "m", .stream = stream, .conv = c};
    const struct conv_event events[] = {
        {.kind = EV_REASONING, .text = text}, {.kind = EV_TEXT, .text = text}, {.kind = EV_CALL, .call_name = text},
        {.kind = EV_CALL_ARGS, .text = text}, {.kind = EV_END, .stop = STOP_TOOL_CALLS},
    };
    for (size_t k = 0; k < COUNT(events); k++)
        for (uint32_t i = c->n_choices; i-- > 0;) {
            struct conv_event e = events[k];
            e.choice = i;
            openai_chat_encode(&ans, &e, o);
        }
    REQUIRE(ans.ended);
    answer_fini(&ans);
}

/* The last message's text, said back in each choice of a stream and of a whole answer, arrives as it was. */
static void check_echo(const struct conv *c, struct arena *a)
{
    struct span text = c->msgs[c->n_msgs - 1].text;
    for (int stream = 0; stream < 2; stream++) {
        struct obuf o = {0}, heard[CONV_MAX_CHOICES] = {{0}};
        struct jdoc d;
        size_t at;
        say(c, text, stream, &o);
        if (stream) hear_stream(obuf_span(&o), heard, a);
        else REQUIRE(jscan(obuf_span(&o), a, &d, &at) == FAIL_OK);
        if (!stream) hear(&d, "message", heard, a);
        for (uint32_t i = 0; i < CONV_MAX_CHOICES; i++) {
            REQUIRE(span_eq(obuf_span(&heard[i]), i < c->n_choices ? text : SPAN_NONE));
            obuf_fini(&heard[i]);
        }
        obuf_fini(&o);
    }
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
