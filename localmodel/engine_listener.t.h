/* engine_listener.t.h - for the engine's tests: a mailbox and what came into it, by the slot of the handle. */
#ifndef CORDON_LOCALMODEL_ENGINE_LISTENER_T_H
#define CORDON_LOCALMODEL_ENGINE_LISTENER_T_H

#include "core/clock.h"
#include "localmodel/engine.h"
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEARD_MAX 64

struct heard {
    char text[16384], arguments[4096], reasoning[4096], name[128], stop_string[64];
    size_t n_text, n_arguments, n_reasoning, n_vector;
    float vector[8][512];
    unsigned starts, texts, calls, vectors, ends, errors, after_end;
    enum conv_event_kind first;
    enum conv_stop stop;
    enum fail fail;
    uint32_t prompt_tokens, completion_tokens, reasoning_tokens, tools_given, tools_kept, choice;
    uint64_t ended_us;
};

struct listener {
    struct mailbox *box;
    struct heard at[HEARD_MAX];
};

static inline void append(char *to, size_t *n, size_t cap, struct span s)
{
    assert_true(*n + s.n < cap);
    if (s.n) memcpy(to + *n, s.p, s.n);
    *n += s.n;
    to[*n] = '\0';
}

static inline void hear_call(struct heard *h, const struct conv_event *e)
{
    assert_int_equal(e->call_index, h->calls);
    h->calls++;
    snprintf(h->name, sizeof h->name, "%.*s", (int)e->call_name.n, e->call_name.p);
    h->n_arguments = 0;
}

static inline void hear_start(struct heard *h, const struct conv_event *e)
{
    h->starts++;
    h->tools_given = e->tools_given;
    h->tools_kept = e->tools_kept;
}

static inline void hear_vector(struct heard *h, const struct conv_event *e)
{
    assert_int_equal(e->index, h->vectors);
    assert_true(e->index < COUNT(h->vector) && e->n_vector <= COUNT(h->vector[0]));
    memcpy(h->vector[h->vectors++], e->vector, e->n_vector * sizeof *e->vector);
    h->n_vector = e->n_vector;
}

static inline void hear_end(struct heard *h, const struct conv_event *e)
{
    snprintf(h->stop_string, sizeof h->stop_string, "%.*s", (int)e->stop_string.n, e->stop_string.n ? e->stop_string.p : "");
    h->reasoning_tokens = e->reasoning_tokens;
    h->ended_us = clock_mono_us();
    h->prompt_tokens = e->prompt_tokens;
    h->completion_tokens = e->completion_tokens;
    h->stop = e->stop;
    h->fail = e->fail;
}

static inline void hear(struct letter *l, void *owner)
{
    struct listener *me = owner;
    struct engine_letter *letter = (struct engine_letter *)l;
    struct heard *h = &me->at[letter->to.slot];
    const struct conv_event *e = &letter->event;
    bool first = h->starts + h->texts + h->calls + h->vectors + h->ends + h->errors == 0;
    if (first) h->first = e->kind;
    if (first) h->choice = e->choice;
    assert_int_equal(e->choice, h->choice);
    if (h->ends + h->errors) h->after_end++;
    switch (e->kind) {
    case EV_START: hear_start(h, e); break;
    case EV_TEXT: h->texts++; append(h->text, &h->n_text, sizeof h->text, e->text); break;
    case EV_CALL: hear_call(h, e); break;
    case EV_CALL_ARGS: append(h->arguments, &h->n_arguments, sizeof h->arguments, e->text); break;
    case EV_END: h->ends++; hear_end(h, e); break;
    case EV_REASONING: append(h->reasoning, &h->n_reasoning, sizeof h->reasoning, e->text); break;
    case EV_VECTOR: hear_vector(h, e); break;
    case EV_ERROR: h->errors++; hear_end(h, e); break;
    }
    engine_letter_free(letter);
}

static inline struct listener *listener_new(void)
{
    struct listener *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->box = mailbox_new(l);
    assert_non_null(l->box);
    return l;
}

static inline void listener_free(struct listener *l)
{
    mailbox_free(l->box);
    free(l);
}

static inline bool heard_all(const struct listener *l, unsigned slots)
{
    for (unsigned i = 0; i < slots; i++)
        if (l->at[i].ends + l->at[i].errors == 0) return false;
    return true;
}

/* Until the first `slots` have ended; fails the test after `seconds`. */
static inline void listen_all(struct listener *l, unsigned slots, unsigned seconds)
{
    uint64_t until = clock_mono_us() + seconds * 1000000ull;
    while (!heard_all(l, slots)) {
        struct pollfd p = {.fd = mailbox_fd(l->box), .events = POLLIN};
        assert_true(clock_mono_us() < until);
        poll(&p, 1, 100);
        mailbox_drain(l->box);
    }
}

/* Until something of slot 0 has come. */
static inline void listen_first_text(struct listener *l, unsigned seconds)
{
    uint64_t until = clock_mono_us() + seconds * 1000000ull;
    while (l->at[0].texts == 0) {
        struct pollfd p = {.fd = mailbox_fd(l->box), .events = POLLIN};
        assert_true(clock_mono_us() < until);
        poll(&p, 1, 100);
        mailbox_drain(l->box);
    }
}

/* A conversation of one user message; the fields may be changed before `ask`. */
static inline struct conv conv_of(struct conv_msg *msg, const char *text)
{
    *msg = (struct conv_msg){.role = ROLE_USER, .text = span_str(text)};
    return (struct conv){.kind = CONV_CHAT, .n_choices = 1, .msgs = msg, .n_msgs = 1, .max_tokens = -1, .temperature = NAN,
                         .top_p = NAN, .top_k = -1, .parallel_tool_calls = true};
}

static inline struct engine_request *request_of(const struct conv *c)
{
    struct engine_request *r = engine_request_new(c);
    assert_non_null(r);
    return r;
}

static inline enum fail ask_request(struct engine *e, struct listener *l, uint32_t slot, struct engine_request *r,
                                    uint64_t *job)
{
    return engine_submit(e, NULL, r, (struct handle){l->box, slot, 0}, hear, job);
}

static inline enum fail ask(struct engine *e, struct listener *l, uint32_t slot, const struct conv *c, uint64_t *job)
{
    return ask_request(e, l, slot, request_of(c), job);
}

#endif
