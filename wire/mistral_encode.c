/* Events to Mistral's chat.completion and chat.completion.chunk. The SDK wants a name in every call of a stream, so a call
 * is told when it is whole. */
#include "wire/answer.h"
#include "wire/mistral.h"
#include "wire/openai_fields.h"

typedef void event_writer(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o);

static const char *finish_reason(enum conv_stop s)
{
    static const char *const names[] = {[STOP_END] = "stop", [STOP_LENGTH] = "length", [STOP_TOOL_CALLS] = "tool_calls",
                                        [STOP_STRING] = "stop"};
    return names[s];
}

static void put_head(const struct answer *a, const char *object, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_str(o, "id", obuf_span(&a->body));   /* made by openai_answer_begin */
    jo_cstr(o, "object", object);
    jo_u64(o, "created", a->created);
    jo_cstr(o, "model", a->model);
    jo_open(o, "choices", '[');
}

/* ---- streamed ---- */

static void delta_open(const struct answer *a, const struct answer_choice *c, struct obuf *o)
{
    obuf_str(o, "data: ");
    put_head(a, "chat.completion.chunk", o);
    jo_open(o, NULL, '{');
    jo_u64(o, "index", (uint64_t)(c - a->choice));
    jo_open(o, "delta", '{');
}

static void delta_close(const struct answer *a, const char *finish, bool last, struct obuf *o)
{
    jo_close(o, '}');
    jo_cstr(o, "finish_reason", finish);
    jo_close(o, '}');
    jo_close(o, ']');
    if (last) openai_put_usage(a, false, o);
    jo_close(o, '}');
    obuf_str(o, "\n\n");
    o->comma = false;
}

static void put_thinking(struct span text, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "thinking");
    jo_open(o, "thinking", '[');
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "text");
    jo_str(o, "text", text);
    jo_close(o, '}');
    jo_close(o, ']');
    jo_close(o, '}');
}

static void stream_piece(struct answer *a, struct answer_choice *c, struct span text, struct obuf *o)
{
    if (text.n == 0) return;
    delta_open(a, c, o);
    jo_str(o, "content", text);
    delta_close(a, NULL, false, o);
}

static void stream_start(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    delta_open(a, c, o);
    jo_cstr(o, "role", "assistant");
    jo_cstr(o, "content", "");
    delta_close(a, NULL, false, o);
}

static void stream_calls(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    delta_open(a, c, o);
    jo_cstr(o, "content", "");
    jo_open(o, "tool_calls", '[');
    jo_raw(o, NULL, obuf_span(&c->calls));
    jo_close(o, ']');
    delta_close(a, NULL, false, o);
}

/* ---- pieces ---- */

static void add_text(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    struct span told = answer_add_text(a, c, e->text);
    if (a->stream) stream_piece(a, c, told, o);
}

static void add_reasoning(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    if (!a->conv->show_reasoning || e->text.n == 0) return;
    obuf_span_put(&c->reasoning, e->text);
    if (!a->stream) return;
    delta_open(a, c, o);
    jo_open(o, "content", '[');
    put_thinking(e->text, o);
    jo_close(o, ']');
    delta_close(a, NULL, false, o);
}

static void tell_notice(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    struct span told = answer_notice_left(a, c);
    if (a->stream) stream_piece(a, c, told, o);
}

/* choice.calls holds the calls so far, in a stream only the open one. */
static void call_closes(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    if (!c->open) return;
    c->open = 0;
    obuf_str(&c->calls, "\"");
    jo_close(&c->calls, '}');
    jo_u64(&c->calls, "index", c->n_calls++);
    jo_close(&c->calls, '}');
    if (!a->stream) return;
    stream_calls(a, c, o);
    obuf_reset(&c->calls);
}

static void add_call(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    struct obuf *p = &c->calls;
    tell_notice(a, c, o);
    call_closes(a, c, o);
    jo_open(p, NULL, '{');
    jo_raw(p, "id", SPAN("\""));
    (void)answer_id(a, "call_", p);
    obuf_str(p, "\"");
    jo_cstr(p, "type", "function");
    jo_open(p, "function", '{');
    jo_str(p, "name", e->call_name);
    jo_raw(p, "arguments", SPAN("\""));
    c->open = 1;
}

static void add_arguments(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)a, (void)o;
    if (c->open) jo_escape(&c->calls, e->text);
}

/* ---- the end ---- */

static void put_content(const struct answer_choice *c, struct obuf *o)
{
    if (c->reasoning.n == 0) {
        jo_str(o, "content", obuf_span(&c->text));
        return;
    }
    jo_open(o, "content", '[');
    put_thinking(obuf_span(&c->reasoning), o);
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "text");
    jo_str(o, "text", obuf_span(&c->text));
    jo_close(o, '}');
    jo_close(o, ']');
}

static void put_choice(const struct answer *a, const struct answer_choice *c, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_u64(o, "index", (uint64_t)(c - a->choice));
    jo_open(o, "message", '{');
    jo_cstr(o, "role", "assistant");
    put_content(c, o);
    if (c->n_calls) {
        jo_open(o, "tool_calls", '[');
        jo_raw(o, NULL, obuf_span(&c->calls));
        jo_close(o, ']');
    } else {
        jo_null(o, "tool_calls");
    }
    jo_close(o, '}');
    jo_cstr(o, "finish_reason", finish_reason(c->stop));
    jo_close(o, '}');
}

static void whole_answer(const struct answer *a, struct obuf *o)
{
    put_head(a, "chat.completion", o);
    for (uint32_t i = 0; i < answer_n_choices(a); i++) put_choice(a, &a->choice[i], o);
    jo_close(o, ']');
    openai_put_usage(a, false, o);
    jo_close(o, '}');
    o->comma = false;
}

static void end_choice(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    call_closes(a, c, o);
    tell_notice(a, c, o);
    a->ended = answer_choice_ended(a, e);
    if (!a->stream) {
        if (a->ended) whole_answer(a, o);
        return;
    }
    delta_open(a, c, o);
    jo_cstr(o, "content", "");
    delta_close(a, finish_reason(e->stop), a->ended, o);
    if (a->ended) obuf_str(o, "data: [DONE]\n\n");
}

static void broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) refuse_mistral_stream(&r, o);
    a->ended = true;
}

void mistral_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static event_writer *const writers[EV_ERROR] = {
        [EV_TEXT] = add_text, [EV_REASONING] = add_reasoning, [EV_CALL] = add_call, [EV_CALL_ARGS] = add_arguments,
        [EV_END] = end_choice,
    };
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        broken(a, e, out);
        return;
    }
    if (!a->begun) {
        openai_answer_begin(a, "cmpl-");
        for (uint32_t i = 0; a->stream && i < answer_n_choices(a); i++) stream_start(a, &a->choice[i], out);
    }
    struct answer_choice *c = answer_choice_of(a, e);
    if (!c->ended && writers[e->kind]) writers[e->kind](a, c, e, out);
    if (a->ended && !answer_ok(a)) out->bad = true;
}
