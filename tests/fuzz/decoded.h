/* decoded.h - for the fuzz targets of decoders: what must hold of any conversation that was decoded, and an answer to it
 * that says a text back. */
#ifndef CORDON_TESTS_FUZZ_DECODED_H
#define CORDON_TESTS_FUZZ_DECODED_H

#include "wire/codec.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static unsigned sum;   /* keeps the reads from being left out */

static inline void touch(struct span s)
{
    REQUIRE(s.p != NULL || s.n == 0);
    for (size_t i = 0; i < s.n; i++) sum += (unsigned char)s.p[i];
}

/* Tools and schemas are handed on as JSON, the latter at least as an object's or a literal's length. */
static inline void check_json(struct span s, struct arena *a)
{
    struct jdoc d;
    size_t at;
    REQUIRE(s.p == NULL || jscan(s, a, &d, &at) == FAIL_OK);
}

static inline void check_message(const struct conv_msg *m)
{
    REQUIRE(m->role <= ROLE_TOOL);
    REQUIRE(m->role == ROLE_ASSISTANT || (m->n_calls == 0 && m->reasoning.p == NULL));
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

static inline void check_decoded(const struct conv *c, enum conv_kind kind, struct arena *a)
{
    REQUIRE(c->kind == kind && c->model.p != NULL);
    REQUIRE(c->unsupported || (kind == CONV_EMBED ? c->n_inputs : c->n_msgs) > 0);
    REQUIRE(c->max_tokens == -1 || c->max_tokens >= 1);
    REQUIRE(isnan(c->temperature) || (c->temperature >= 0 && c->temperature <= 2));
    REQUIRE(isnan(c->top_p) || (c->top_p >= 0 && c->top_p <= 1));
    REQUIRE(c->unsupported || c->tool_choice == TOOLS_AUTO || c->tool_choice == TOOLS_NONE || c->tools.p);
    REQUIRE(c->n_choices >= 1 && c->n_choices <= CONV_MAX_CHOICES);
    REQUIRE(c->format != FORMAT_SCHEMA || c->schema.n >= 2);
    touch(c->model);
    touch(c->tool_name);
    check_json(c->tools, a);
    check_json(c->schema, a);
    for (size_t i = 0; i < c->n_msgs; i++) check_message(&c->msgs[i]);
    for (size_t i = 0; i < c->n_stops; i++) touch(c->stops[i]);
    for (size_t i = 0; i < c->n_inputs; i++) touch(c->inputs[i]);
}

/* An answer that thinks, says and calls with `text`, in every choice; `conv->stream` says how. */
static inline void say_back(const struct codec *codec, const struct conv *c, struct span text, struct obuf *o)
{
    static const struct id_key key = {{1}};
    struct answer ans = {.codec = codec, .id = "x", .id_key = &key, .model = "m", .stream = c->stream, .conv = c};
    const struct conv_event events[] = {
        {.kind = EV_START}, {.kind = EV_REASONING, .text = text}, {.kind = EV_TEXT, .text = text},
        {.kind = EV_CALL, .call_name = text}, {.kind = EV_CALL_ARGS, .text = text}, {.kind = EV_END, .stop = STOP_TOOL_CALLS},
    };
    for (size_t k = 0; k < COUNT(events); k++)
        for (uint32_t i = c->n_choices; i-- > 0;) {
            struct conv_event e = events[k];
            e.choice = i;
            codec->encode(&ans, &e, o);
        }
    REQUIRE(ans.ended && obuf_ok(o));
    for (uint32_t i = 0; i < c->n_choices; i++) REQUIRE(span_eq(obuf_span(&ans.choice[i].text), text));
    answer_fini(&ans);
}

/* A document that was written is one that can be read. */
static inline struct jdoc read_back(struct span json, struct arena *a)
{
    struct jdoc d;
    size_t at;
    REQUIRE(jscan(json, a, &d, &at) == FAIL_OK);
    return d;
}

/* Decodes the input with one of several codecs, which its first byte picks; answers a chat, streamed and whole, with its
 * last message. `hear` is given each answer. */
struct target {
    const struct codec *codec;
    const char *path, *query;
    enum conv_kind kind;
};

static inline void run_target(const struct target *t, struct span body, void (*hear)(const struct conv *, struct span said,
                              struct span out, struct arena *))
{
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct conv c;
    const char *field;
    size_t at;
    const struct route route = {.codec = t->codec, .kind = t->kind};
    if (a && jscan(body, a, &d, &at) == FAIL_OK) {
        const struct conv_source s = {&d, span_str(t->path), span_str(t->query), &route};
        enum fail f = t->codec->decode(&s, a, &c, &field, &at);
        REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < body.n)));
        if (f == FAIL_OK) check_decoded(&c, t->kind, a);
        for (int stream = 0; f == FAIL_OK && t->kind == CONV_CHAT && c.n_msgs && stream < 2; stream++) {
            struct obuf o = {0};
            c.stream = stream;
            say_back(t->codec, &c, c.msgs[c.n_msgs - 1].text, &o);
            hear(&c, c.msgs[c.n_msgs - 1].text, obuf_span(&o), a);
            obuf_fini(&o);
        }
    }
    arena_free(a);
}

#define RUN_TARGETS(targets, p, n, hear) \
    do { \
        if ((n) > 0) run_target(&(targets)[(p)[0] % COUNT(targets)], (struct span){(const char *)(p) + 1, (n) - 1}, (hear)); \
    } while (0)

#endif
