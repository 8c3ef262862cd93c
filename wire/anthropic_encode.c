/* Events to a Messages answer: the events of a stream, or one message. Both are told in blocks, which open with the first
 * piece of their kind and close when another kind begins. */
#include "wire/anthropic.h"
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/refuse.h"

/* answer_choice.open */
enum block { BLOCK_NONE, BLOCK_TEXT, BLOCK_THINKING, BLOCK_TOOL };

struct writer {
    struct answer *a;
    struct answer_choice *c;
    anthropic_emit *emit;
    void *arg;
    struct obuf *whole;
};

/* ---- one event of a stream ---- */

static struct obuf *event_open(struct writer *w, const char *type)
{
    struct obuf *o = &w->a->body;
    obuf_reset(o);
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", type);
    return o;
}

static void event_close(struct writer *w, const char *type)
{
    struct obuf *o = &w->a->body;
    jo_close(o, '}');
    w->emit(w->arg, type, obuf_ok(o) ? obuf_span(o) : SPAN_NONE);
}

static struct obuf *delta_open(struct writer *w, const char *type)
{
    struct obuf *o = event_open(w, "content_block_delta");
    jo_u64(o, "index", w->c->open_index);
    jo_open(o, "delta", '{');
    jo_cstr(o, "type", type);
    return o;
}

static void delta_close(struct writer *w)
{
    jo_close(&w->a->body, '}');
    event_close(w, "content_block_delta");
}

static void delta(struct writer *w, const char *type, const char *key, struct span text)
{
    jo_str(delta_open(w, type), key, text);
    delta_close(w);
}

/* ---- the message around the blocks ---- */

static const char *stop_reason(enum conv_stop s)
{
    static const char *const names[] = {[STOP_END] = "end_turn", [STOP_LENGTH] = "max_tokens",
                                        [STOP_TOOL_CALLS] = "tool_use", [STOP_STRING] = "stop_sequence"};
    return names[s];
}

static void jo_id(struct obuf *o, const char *prefix, const struct answer *a, uint32_t n)
{
    jo_raw(o, "id", SPAN("\""));
    answer_id_again(a, prefix, n, o);
    obuf_str(o, "\"");
}

/* `content`: the blocks' JSON. */
static void message_open(const struct answer *a, struct span content, struct obuf *o)
{
    jo_id(o, "msg_", a, 0);
    jo_cstr(o, "type", "message");
    jo_cstr(o, "role", "assistant");
    jo_cstr(o, "model", a->model);
    jo_open(o, "content", '[');
    if (content.n) jo_raw(o, NULL, content);
    jo_close(o, ']');
}

static void jo_stop(const struct conv_event *e, struct obuf *o)
{
    bool ended = e->kind == EV_END;
    jo_cstr(o, "stop_reason", ended ? stop_reason(e->stop) : NULL);
    if (ended && e->stop == STOP_STRING) jo_str(o, "stop_sequence", e->stop_string);
    else jo_null(o, "stop_sequence");
    jo_null(o, "stop_details");
}

/* The prompt's tokens are known at the end only: the SDKs take the later number. */
static void jo_usage(const struct conv_event *e, struct obuf *o)
{
    bool ended = e->kind == EV_END;
    jo_open(o, "usage", '{');
    jo_u64(o, "input_tokens", ended ? e->prompt_tokens : 0);
    jo_u64(o, "cache_creation_input_tokens", 0);
    jo_u64(o, "cache_read_input_tokens", 0);
    jo_u64(o, "output_tokens", ended ? e->completion_tokens : 0);
    if (ended && e->reasoning_tokens) {
        jo_open(o, "output_tokens_details", '{');
        jo_u64(o, "thinking_tokens", e->reasoning_tokens);
        jo_close(o, '}');
    }
    jo_close(o, '}');
}

static void begin(struct writer *w, const struct conv_event *e)
{
    w->a->begun = true;
    w->a->ids = 1;   /* the message's is the first */
    if (!w->a->stream) return;
    struct obuf *o = event_open(w, "message_start");
    jo_open(o, "message", '{');
    message_open(w->a, SPAN_NONE, o);
    jo_stop(e, o);
    jo_usage(e, o);
    jo_close(o, '}');
    event_close(w, "message_start");
}

static void end_stream(struct writer *w, const struct conv_event *e)
{
    struct obuf *o = event_open(w, "message_delta");
    jo_open(o, "delta", '{');
    jo_stop(e, o);
    jo_close(o, '}');
    jo_usage(e, o);
    event_close(w, "message_delta");
    event_open(w, "message_stop");
    event_close(w, "message_stop");
}

static void end_whole(struct writer *w, const struct conv_event *e)
{
    struct obuf *o = w->whole;
    o->comma = false;
    jo_open(o, NULL, '{');
    message_open(w->a, obuf_span(&w->c->items), o);
    jo_stop(e, o);
    jo_usage(e, o);
    jo_close(o, '}');
    o->comma = false;
}

/* ---- blocks ---- */

/* The members that a block begins with; texts are empty in a stream, and left open in a whole answer. */
static void jo_block(struct writer *w, enum block kind, const struct conv_event *e, struct obuf *o)
{
    static const char *const types[] = {[BLOCK_TEXT] = "text", [BLOCK_THINKING] = "thinking", [BLOCK_TOOL] = "tool_use"};
    jo_cstr(o, "type", types[kind]);
    if (kind == BLOCK_TOOL) {
        jo_id(o, "toolu_", w->a, w->a->ids++);
        jo_str(o, "name", e->call_name);
    } else {
        jo_raw(o, kind == BLOCK_TEXT ? "text" : "thinking", SPAN("\""));
    }
}

static void open_stream(struct writer *w, enum block kind, const struct conv_event *e)
{
    struct obuf *o = event_open(w, "content_block_start");
    jo_u64(o, "index", w->c->open_index);
    jo_open(o, "content_block", '{');
    jo_block(w, kind, e, o);
    if (kind == BLOCK_TOOL) jo_raw(o, "input", SPAN("{}"));
    else obuf_str(o, "\"");
    if (kind == BLOCK_THINKING) jo_cstr(o, "signature", "");
    jo_close(o, '}');
    event_close(w, "content_block_start");
}

/* What the model wrote as a tool's input, or an object that says that it is none. */
static void input_put(const struct answer_choice *c, struct obuf *o)
{
    struct span text = obuf_span(&c->calls);
    if (text.n == 0) {
        obuf_str(o, "{}");
    } else if (arguments_whole(text)) {
        obuf_span_put(o, text);
    } else {
        obuf_str(o, "{\"INVALID_JSON\":\"");
        jo_escape(o, text);
        obuf_str(o, "\"}");
    }
}

static void close_stream(struct writer *w, enum block kind)
{
    struct obuf *o;
    if (kind == BLOCK_THINKING) {
        o = delta_open(w, "signature_delta");
        jo_raw(o, "signature", SPAN("\""));
        answer_id(w->a, "local_", o);
        obuf_str(o, "\"");
        delta_close(w);
    } else if (kind == BLOCK_TOOL) {
        struct obuf *input = &w->c->items;   /* whole answers only have blocks in it */
        obuf_reset(input);
        input_put(w->c, input);
        delta(w, "input_json_delta", "partial_json", obuf_span(input));
    }
    o = event_open(w, "content_block_stop");
    jo_u64(o, "index", w->c->open_index);
    event_close(w, "content_block_stop");
}

static void close_whole(struct writer *w, enum block kind)
{
    struct obuf *o = &w->c->items;
    if (kind == BLOCK_TOOL) {
        jo_raw(o, "input", SPAN_NONE);
        input_put(w->c, o);
    } else {
        obuf_str(o, "\"");
    }
    if (kind == BLOCK_THINKING) {
        jo_raw(o, "signature", SPAN("\""));
        answer_id(w->a, "local_", o);
        obuf_str(o, "\"");
    }
    jo_close(o, '}');
}

static void block_close(struct writer *w)
{
    enum block kind = (enum block)w->c->open;
    if (kind == BLOCK_NONE) return;
    if (w->a->stream) close_stream(w, kind);
    else close_whole(w, kind);
    obuf_reset(&w->c->calls);
    w->c->open = BLOCK_NONE;
}

static void block_open(struct writer *w, enum block kind, const struct conv_event *e)
{
    block_close(w);
    w->c->open = kind;
    w->c->open_index = w->c->n_items++;
    if (w->a->stream) {
        open_stream(w, kind, e);
        return;
    }
    jo_open(&w->c->items, NULL, '{');
    jo_block(w, kind, e, &w->c->items);
}

/* A piece of text or thoughts. */
static void block_piece(struct writer *w, enum block kind, struct span text)
{
    const char *type = kind == BLOCK_TEXT ? "text_delta" : "thinking_delta";
    if (text.n == 0) return;
    if (w->c->open != kind) block_open(w, kind, NULL);
    if (w->a->stream) delta(w, type, kind == BLOCK_TEXT ? "text" : "thinking", text);
    else jo_escape(&w->c->items, text);
}

/* ---- events ---- */

static void on_text(struct writer *w, const struct conv_event *e)
{
    block_piece(w, BLOCK_TEXT, answer_add_text(w->a, w->c, e->text));
}

static void on_reasoning(struct writer *w, const struct conv_event *e)
{
    if (w->a->conv->show_reasoning) block_piece(w, BLOCK_THINKING, e->text);
}

static void on_call(struct writer *w, const struct conv_event *e)
{
    block_piece(w, BLOCK_TEXT, answer_notice_left(w->a, w->c));
    block_open(w, BLOCK_TOOL, e);
    w->c->n_calls++;
}

static void on_arguments(struct writer *w, const struct conv_event *e)
{
    if (w->c->open == BLOCK_TOOL) obuf_span_put(&w->c->calls, e->text);
}

static void on_end(struct writer *w, const struct conv_event *e)
{
    block_piece(w, BLOCK_TEXT, answer_notice_left(w->a, w->c));
    block_close(w);
    w->a->ended = answer_choice_ended(w->a, e);
    if (w->a->stream) end_stream(w, e);
    else end_whole(w, e);
}

static void on_error(struct writer *w, const struct conv_event *e)
{
    struct refusal r = {.fail = e->fail, .id = w->a->id};
    w->a->ended = true;
    if (!w->a->stream || !w->a->begun) return;   /* the caller can still refuse with a status of its own */
    obuf_reset(&w->a->body);
    refuse_anthropic(&r, &w->a->body);
    w->emit(w->arg, "error", obuf_span(&w->a->body));
}

typedef void event_writer(struct writer *w, const struct conv_event *e);

void anthropic_encode_raw(struct answer *a, const struct conv_event *e, anthropic_emit *emit, void *arg, struct obuf *whole)
{
    static event_writer *const writers[EV_ERROR + 1] = {
        [EV_TEXT] = on_text, [EV_REASONING] = on_reasoning, [EV_CALL] = on_call, [EV_CALL_ARGS] = on_arguments,
        [EV_END] = on_end, [EV_ERROR] = on_error};
    struct writer w = {a, &a->choice[0], emit, arg, whole};
    if (a->ended) return;
    if (!a->begun && e->kind != EV_ERROR) begin(&w, e);   /* also when the producer's first event is not EV_START */
    if (writers[e->kind]) writers[e->kind](&w, e);
    if (!answer_ok(a)) whole->bad = true;
}

static void emit_sse(void *arg, const char *type, struct span json)
{
    struct obuf *out = arg;
    obuf_str(out, "event: ");
    obuf_str(out, type);
    obuf_str(out, "\ndata: ");
    obuf_span_put(out, json);
    obuf_str(out, "\n\n");
}

void anthropic_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    anthropic_encode_raw(a, e, emit_sse, out, out);
}

void anthropic_count_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended || (e->kind != EV_END && e->kind != EV_ERROR)) return;
    a->ended = true;
    if (e->kind == EV_ERROR) return;
    (void)answer_choice_ended(a, e);
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_u64(out, "input_tokens", e->prompt_tokens);
    jo_close(out, '}');
    out->comma = false;
}

void anthropic_keepalive(struct answer *a, struct obuf *out)
{
    (void)a;
    emit_sse(out, "ping", SPAN("{\"type\": \"ping\"}"));
}
