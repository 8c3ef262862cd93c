/* Events to Cohere's answers. In a stream, thinking, text and each call are blocks that begin and end; content blocks and
 * calls are numbered apart. */
#include "wire/answer.h"
#include "wire/cohere.h"

#define ID_PREFIX "chat_"
#define CALL_PREFIX "call_"

/* answer_choice.open; its number is open_index. n_items counts content blocks. */
enum block { BLOCK_NONE, BLOCK_TEXT, BLOCK_THINKING, BLOCK_CALL };

/* ---- one event ---- */

static void event_open(const char *type, struct obuf *o)
{
    obuf_str(o, "event: ");
    obuf_str(o, type);
    obuf_str(o, "\ndata: ");
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", type);
}

static void event_close(struct obuf *o)
{
    jo_close(o, '}');
    obuf_str(o, "\n\n");
    o->comma = false;
}

static void delta_open(const char *type, uint32_t index, struct obuf *o)
{
    event_open(type, o);
    jo_u64(o, "index", index);
    jo_open(o, "delta", '{');
    jo_open(o, "message", '{');
}

static void delta_close(struct obuf *o)
{
    jo_close(o, '}');
    jo_close(o, '}');
    event_close(o);
}

static void put_id(const struct answer *a, struct obuf *o)
{
    jo_raw(o, "id", SPAN("\""));
    answer_id_again(a, ID_PREFIX, 0, o);
    obuf_str(o, "\"");
}

/* The units that are billed and those that were counted are the same here. */
void cohere_put_counts(const struct answer *a, struct obuf *o)
{
    static const char *const names[] = {"billed_units", "tokens"};
    for (size_t i = 0; i < COUNT(names); i++) {
        jo_open(o, names[i], '{');
        jo_u64(o, "input_tokens", a->prompt_tokens);
        jo_u64(o, "output_tokens", a->completion_tokens);
        jo_close(o, '}');
    }
}

static void put_usage(const struct answer *a, struct obuf *o)
{
    jo_open(o, "usage", '{');
    cohere_put_counts(a, o);
    jo_close(o, '}');
}

static const char *finish_reason(enum conv_stop s)
{
    static const char *const names[] = {[STOP_END] = "COMPLETE", [STOP_LENGTH] = "MAX_TOKENS", [STOP_TOOL_CALLS] = "TOOL_CALL",
                                        [STOP_STRING] = "STOP_SEQUENCE"};
    return names[s];
}

/* ---- streamed ---- */

static void stream_start(struct answer *a, struct obuf *o)
{
    event_open("message-start", o);
    put_id(a, o);
    jo_open(o, "delta", '{');
    jo_open(o, "message", '{');
    jo_cstr(o, "role", "assistant");
    jo_raw(o, "content", SPAN("[]"));
    jo_cstr(o, "tool_plan", "");
    jo_raw(o, "tool_calls", SPAN("[]"));
    jo_raw(o, "citations", SPAN("[]"));
    delta_close(o);
}

static void block_ends(struct answer *a, struct obuf *o)
{
    struct answer_choice *c = &a->choice[0];
    if (c->open == BLOCK_NONE) return;
    event_open(c->open == BLOCK_CALL ? "tool-call-end" : "content-end", o);
    jo_u64(o, "index", c->open_index);
    event_close(o);
    c->open = BLOCK_NONE;
}

static void content_piece(const char *event, uint32_t index, enum block kind, struct span piece, bool first, struct obuf *o)
{
    const char *name = kind == BLOCK_TEXT ? "text" : "thinking";
    delta_open(event, index, o);
    jo_open(o, "content", '{');
    if (first) jo_cstr(o, "type", name);
    jo_str(o, name, piece);
    jo_close(o, '}');
    delta_close(o);
}

static void stream_piece(struct answer *a, enum block kind, struct span piece, struct obuf *o)
{
    struct answer_choice *c = &a->choice[0];
    if (c->open != kind) {
        block_ends(a, o);
        c->open = kind;
        c->open_index = c->n_items++;
        content_piece("content-start", c->open_index, kind, SPAN(""), true, o);
    }
    content_piece("content-delta", c->open_index, kind, piece, false, o);
}

static void stream_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = &a->choice[0];
    block_ends(a, o);
    c->open = BLOCK_CALL;
    c->open_index = c->n_calls++;
    delta_open("tool-call-start", c->open_index, o);
    jo_open(o, "tool_calls", '{');
    jo_raw(o, "id", SPAN("\""));
    (void)answer_id(a, CALL_PREFIX, o);
    obuf_str(o, "\"");
    jo_cstr(o, "type", "function");
    jo_open(o, "function", '{');
    jo_str(o, "name", e->call_name);
    jo_cstr(o, "arguments", "");
    jo_close(o, '}');
    jo_close(o, '}');
    delta_close(o);
}

static void stream_arguments(struct answer *a, struct span piece, struct obuf *o)
{
    if (a->choice[0].open != BLOCK_CALL || piece.n == 0) return;
    delta_open("tool-call-delta", a->choice[0].open_index, o);
    jo_open(o, "tool_calls", '{');
    jo_open(o, "function", '{');
    jo_str(o, "arguments", piece);
    jo_close(o, '}');
    jo_close(o, '}');
    delta_close(o);
}

static void stream_end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    block_ends(a, o);
    event_open("message-end", o);
    jo_open(o, "delta", '{');
    jo_cstr(o, "finish_reason", finish_reason(e->stop));
    put_usage(a, o);
    jo_close(o, '}');
    event_close(o);
}

/* ---- whole ---- */

static void whole_call_ends(struct answer_choice *c)
{
    if (c->open != BLOCK_CALL) return;
    obuf_str(&c->calls, "\"");
    jo_close(&c->calls, '}');
    jo_close(&c->calls, '}');
    c->open = BLOCK_NONE;
}

static void whole_call(struct answer *a, const struct conv_event *e)
{
    struct answer_choice *c = &a->choice[0];
    whole_call_ends(c);
    c->open = BLOCK_CALL;
    c->n_calls++;
    jo_open(&c->calls, NULL, '{');
    jo_raw(&c->calls, "id", SPAN("\""));
    (void)answer_id(a, CALL_PREFIX, &c->calls);
    obuf_str(&c->calls, "\"");
    jo_cstr(&c->calls, "type", "function");
    jo_open(&c->calls, "function", '{');
    jo_str(&c->calls, "name", e->call_name);
    jo_raw(&c->calls, "arguments", SPAN("\""));
}

static void put_block(const char *name, struct span text, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", name);
    jo_str(o, name, text);
    jo_close(o, '}');
}

static void put_message(const struct answer_choice *c, struct obuf *o)
{
    jo_open(o, "message", '{');
    jo_cstr(o, "role", "assistant");
    if (c->text.n || c->reasoning.n || c->n_calls == 0) {
        jo_open(o, "content", '[');
        if (c->reasoning.n) put_block("thinking", obuf_span(&c->reasoning), o);
        if (c->text.n || c->n_calls == 0) put_block("text", obuf_span(&c->text), o);
        jo_close(o, ']');
    }
    if (c->n_calls) {
        jo_open(o, "tool_calls", '[');
        jo_raw(o, NULL, obuf_span(&c->calls));
        jo_close(o, ']');
    }
    jo_close(o, '}');
}

static void whole_end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    whole_call_ends(&a->choice[0]);
    o->comma = false;
    jo_open(o, NULL, '{');
    put_id(a, o);
    jo_cstr(o, "finish_reason", finish_reason(e->stop));
    put_message(&a->choice[0], o);
    put_usage(a, o);
    jo_close(o, '}');
    o->comma = false;
}

/* ---- either ---- */

static void add_text(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct span told = answer_add_text(a, &a->choice[0], e->text);
    if (a->stream && told.n) stream_piece(a, BLOCK_TEXT, told, o);
}

static void add_reasoning(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (!a->conv->show_reasoning || e->text.n == 0) return;
    obuf_span_put(&a->choice[0].reasoning, e->text);
    if (a->stream) stream_piece(a, BLOCK_THINKING, e->text, o);
}

static void tell_notice(struct answer *a, struct obuf *o)
{
    struct span told = answer_notice_left(a, &a->choice[0]);
    if (a->stream && told.n) stream_piece(a, BLOCK_TEXT, told, o);
}

static void add_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    tell_notice(a, o);
    if (a->stream) stream_call(a, e, o);
    else whole_call(a, e);
}

static void add_arguments(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (a->stream) stream_arguments(a, e->text, o);
    else if (a->choice[0].open == BLOCK_CALL) jo_escape(&a->choice[0].calls, e->text);
}

static void end_answer(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    tell_notice(a, o);
    (void)answer_choice_ended(a, e);
    if (a->stream) stream_end(a, e, o);
    else whole_end(a, e, o);
    a->ended = true;
    if (!answer_ok(a)) o->bad = true;
}

static void broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) refuse_cohere_stream(&r, o);
    a->ended = true;
}

void cohere_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static void (*const writers[])(struct answer *, const struct conv_event *, struct obuf *) = {
        [EV_TEXT] = add_text, [EV_REASONING] = add_reasoning, [EV_CALL] = add_call, [EV_CALL_ARGS] = add_arguments,
        [EV_VECTOR] = NULL, [EV_END] = end_answer, [EV_ERROR] = broken,
    };
    if (a->ended) return;
    if (!a->begun && e->kind != EV_ERROR) {
        a->begun = true;
        a->ids = 1;   /* the answer's own is the first */
        if (a->stream) stream_start(a, out);
    }
    if (writers[e->kind]) writers[e->kind](a, e, out);
}
