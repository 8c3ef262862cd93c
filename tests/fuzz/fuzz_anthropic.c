/* The Messages decoder on any JSON. Every span it yields lies in the body or is readable arena memory, its counts agree
 * with its pointers, its tools are JSON, and what it reads can be answered: the encoder's stream of that text is the text,
 * and of that text as a tool's input an object. */
#include "wire/anthropic.h"
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
    REQUIRE(m->role == ROLE_ASSISTANT || (m->n_calls == 0 && m->reasoning.p == NULL));
    REQUIRE(m->n_calls <= READER_MAX_CALLS);
    touch(m->text);
    touch(m->reasoning);
    touch(m->tool_call_id);
    for (size_t k = 0; k < m->n_calls; k++) {
        touch(m->calls[k].id);
        touch(m->calls[k].name);
        touch(m->calls[k].arguments);
        REQUIRE(m->calls[k].arguments.n >= 2);
    }
}

/* No deeper than the request, so that no depth limit is in the way, but for the two levels that the form adds. */
static void check_tools(struct span tools, struct arena *a)
{
    struct jdoc d;
    size_t at;
    if (tools.p == NULL) return;
    enum fail f = jscan(tools, a, &d, &at);
    REQUIRE(f == FAIL_JSON_DEPTH || (f == FAIL_OK && d.tok[0].type == J_ARRAY && d.tok[0].next > 1));
}

static void check(const struct conv *c, struct arena *a)
{
    REQUIRE(c->kind == CONV_CHAT && c->model.p != NULL);
    REQUIRE(c->unsupported != NULL || c->n_msgs > 0);
    REQUIRE(c->n_msgs <= READER_MAX_MESSAGES);
    REQUIRE(c->max_tokens == -1 || c->max_tokens >= 1);
    REQUIRE(c->top_k == -1 || c->top_k >= 1);
    REQUIRE(isnan(c->temperature) || (c->temperature >= 0 && c->temperature <= 1));
    REQUIRE(isnan(c->top_p) || (c->top_p >= 0 && c->top_p <= 1));
    REQUIRE(c->unsupported || c->tool_choice == TOOLS_AUTO || c->tool_choice == TOOLS_NONE || c->tools.p);
    REQUIRE(c->format != FORMAT_SCHEMA || c->schema.n >= 2);
    touch(c->model);
    touch(c->tool_name);
    touch(c->schema);
    check_tools(c->tools, a);
    for (size_t i = 0; i < c->n_msgs; i++) check_message(&c->msgs[i]);
    for (size_t i = 0; i < c->n_stops; i++) touch(c->stops[i]);
}

static void add_delta(const struct jdoc *d, struct arena *a, struct obuf *heard, struct obuf *input)
{
    uint32_t delta = jdoc_get(d, 0, "delta");
    uint32_t text = jdoc_get(d, delta, "text"), json = jdoc_get(d, delta, "partial_json");
    if (text != J_NONE) obuf_span_put(heard, jdoc_text(d, text, a));
    if (json != J_NONE) obuf_span_put(input, jdoc_text(d, json, a));
}

/* The last message's text, said back in a stream and given to a tool. */
static void check_echo(const struct conv *c, struct arena *a)
{
    static const struct id_key key;
    struct answer ans = {.id = "x", .id_key = &key, .model = "m", .stream = true, .conv = c};
    struct span text = c->msgs[c->n_msgs - 1].text;
    const struct conv_event events[] = {{.kind = EV_TEXT, .text = text}, {.kind = EV_CALL, .call_name = SPAN("f")},
                                        {.kind = EV_CALL_ARGS, .text = text}, {.kind = EV_END}};
    struct obuf o = {0}, heard = {0}, input = {0};
    struct sse s;
    struct sse_event e;
    struct jdoc d;
    size_t at;
    for (size_t i = 0; i < COUNT(events); i++) anthropic_encode(&ans, &events[i], &o);
    struct span left = obuf_span(&o);
    sse_init(&s, o.n);
    bool done = false;
    while (sse_next(&s, &left, &e) == SSE_EVENT) {
        REQUIRE(!done && jscan(e.data, a, &d, &at) == FAIL_OK);
        done = span_is(e.type, "message_stop");
        add_delta(&d, a, &heard, &input);
    }
    REQUIRE(done && span_eq(obuf_span(&heard), text));
    REQUIRE(jscan(obuf_span(&input), a, &d, &at) == FAIL_OK && d.tok[0].type == J_OBJECT);
    sse_fini(&s);
    answer_fini(&ans);
    obuf_fini(&o);
    obuf_fini(&heard);
    obuf_fini(&input);
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
        enum fail f = anthropic_decode(&(struct conv_source){.doc = &d}, a, &c, &field, &at);
        REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < n)));
        if (f == FAIL_OK) check(&c, a);
        if (f == FAIL_OK && c.n_msgs > 0) check_echo(&c, a);
    }
    arena_free(a);
    return 0;
}
