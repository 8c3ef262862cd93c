/* Answers in Converse's form: a message of blocks, whole, or as the events that build it. Nova's InvokeModel writes the
 * same events in another frame. */
#include "wire/bedrock.h"
#include "core/base64.h"
#include "core/clock.h"
#include "wire/answer_json.h"

enum block { BLOCK_NONE, BLOCK_TEXT, BLOCK_REASONING, BLOCK_CALL };

uint64_t bedrock_latency_ms(const struct answer *a)
{
    uint64_t now = clock_utc_ns() / 1000000, then = a->created * 1000;
    return now > then ? now - then : 1;
}

static const char *stop_reason(enum conv_stop s)
{
    static const char *const names[] = {[STOP_END] = "end_turn", [STOP_LENGTH] = "max_tokens",
                                        [STOP_TOOL_CALLS] = "tool_use", [STOP_STRING] = "stop_sequence"};
    return names[s];
}

static void put_usage(const struct conv_event *e, struct obuf *o)
{
    jo_open(o, "usage", '{');
    jo_u64(o, "inputTokens", e->prompt_tokens);
    jo_u64(o, "outputTokens", e->completion_tokens);
    jo_u64(o, "totalTokens", (uint64_t)e->prompt_tokens + e->completion_tokens);
    jo_close(o, '}');
}

static void put_metrics(const struct answer *a, struct obuf *o)
{
    jo_open(o, "metrics", '{');
    jo_u64(o, "latencyMs", bedrock_latency_ms(a));
    jo_close(o, '}');
}

static void put_id(struct answer *a, const char *key, const char *prefix, struct obuf *o)
{
    jo_raw(o, key, SPAN("\""));
    answer_id(a, prefix, o);
    obuf_str(o, "\"");
}

/* ---- frames ---- */

void bedrock_chunk(struct span json, struct obuf *out)
{
    size_t place = eventstream_open(out, EVENTSTREAM_EVENT, "chunk");
    jo_open(out, NULL, '{');
    jo_raw(out, "bytes", SPAN("\""));
    base64_put(out, json, false);
    obuf_str(out, "\"");
    jo_close(out, '}');
    eventstream_close(out, place);
}

void bedrock_invocation_metrics(const struct answer *a, const struct conv_event *e, struct obuf *o)
{
    uint64_t ms = bedrock_latency_ms(a);
    jo_open(o, "amazon-bedrock-invocationMetrics", '{');
    jo_u64(o, "inputTokenCount", e->prompt_tokens);
    jo_u64(o, "outputTokenCount", e->completion_tokens);
    jo_u64(o, "invocationLatency", ms);
    jo_u64(o, "firstByteLatency", ms);
    jo_close(o, '}');
}

/* An event being written: its members go to `o`. */
struct writing {
    enum bedrock_frame frame;
    struct obuf *out, *o;
    size_t place;
};

static struct writing event_open(struct answer *a, enum bedrock_frame frame, const char *name, struct obuf *out)
{
    struct writing w = {.frame = frame, .out = out, .o = frame == BEDROCK_EVENTS ? out : &a->body};
    if (frame == BEDROCK_EVENTS) {
        w.place = eventstream_open(out, EVENTSTREAM_EVENT, name);
        jo_open(w.o, NULL, '{');
    } else {
        obuf_reset(&a->body);
        a->body.comma = false;
        jo_open(w.o, NULL, '{');
        jo_open(w.o, name, '{');
    }
    return w;
}

static void event_close(const struct answer *a, const struct writing *w, const struct conv_event *last)
{
    jo_close(w->o, '}');
    if (w->frame == BEDROCK_EVENTS) {
        eventstream_close(w->out, w->place);
        return;
    }
    if (last) bedrock_invocation_metrics(a, last, w->o);
    jo_close(w->o, '}');
    bedrock_chunk(obuf_span(w->o), w->out);
}

/* ---- blocks, streamed ---- */

static void stream_start(struct answer *a, enum bedrock_frame frame, struct obuf *out)
{
    struct writing w = event_open(a, frame, "messageStart", out);
    jo_cstr(w.o, "role", "assistant");
    event_close(a, &w, NULL);
}

/* Only a tool's block is announced. */
static void stream_call_begins(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    struct writing w = event_open(a, frame, "contentBlockStart", out);
    jo_u64(w.o, "contentBlockIndex", a->choice[0].open_index);
    jo_open(w.o, "start", '{');
    jo_open(w.o, "toolUse", '{');
    jo_str(w.o, "name", e->call_name);
    put_id(a, "toolUseId", "tooluse_", w.o);
    jo_close(w.o, '}');
    jo_close(w.o, '}');
    event_close(a, &w, NULL);
}

static void stream_delta(struct answer *a, struct span piece, enum bedrock_frame frame, struct obuf *out)
{
    struct writing w = event_open(a, frame, "contentBlockDelta", out);
    enum block b = (enum block)a->choice[0].open;
    jo_u64(w.o, "contentBlockIndex", a->choice[0].open_index);
    jo_open(w.o, "delta", '{');
    if (b != BLOCK_TEXT) jo_open(w.o, b == BLOCK_CALL ? "toolUse" : "reasoningContent", '{');
    jo_str(w.o, b == BLOCK_CALL ? "input" : "text", piece);
    if (b != BLOCK_TEXT) jo_close(w.o, '}');
    jo_close(w.o, '}');
    event_close(a, &w, NULL);
}

/* Thoughts end in a signature; ours is an id by which they are known again as said inside. */
static void stream_signature(struct answer *a, enum bedrock_frame frame, struct obuf *out)
{
    struct writing w = event_open(a, frame, "contentBlockDelta", out);
    jo_u64(w.o, "contentBlockIndex", a->choice[0].open_index);
    jo_open(w.o, "delta", '{');
    jo_open(w.o, "reasoningContent", '{');
    put_id(a, "signature", "local_", w.o);
    jo_close(w.o, '}');
    jo_close(w.o, '}');
    event_close(a, &w, NULL);
}

static void stream_block_ends(struct answer *a, enum bedrock_frame frame, struct obuf *out)
{
    if (a->choice[0].open == BLOCK_REASONING) stream_signature(a, frame, out);
    struct writing w = event_open(a, frame, "contentBlockStop", out);
    jo_u64(w.o, "contentBlockIndex", a->choice[0].open_index);
    event_close(a, &w, NULL);
}

static void stream_end(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    struct writing stop = event_open(a, frame, "messageStop", out);
    jo_cstr(stop.o, "stopReason", stop_reason(e->stop));
    event_close(a, &stop, NULL);
    struct writing last = event_open(a, frame, "metadata", out);
    put_metrics(a, last.o);
    put_usage(e, last.o);
    event_close(a, &last, e);
}

/* ---- blocks, whole: finished ones are gathered in choice[].items ---- */

static void whole_call_begins(struct answer *a, const struct conv_event *e)
{
    struct obuf *o = &a->choice[0].items;
    obuf_reset(&a->choice[0].calls);
    jo_open(o, NULL, '{');
    jo_open(o, "toolUse", '{');
    jo_str(o, "name", e->call_name);
    put_id(a, "toolUseId", "tooluse_", o);
}

static void whole_text_begins(struct answer *a, enum block b)
{
    struct obuf *o = &a->choice[0].items;
    jo_open(o, NULL, '{');
    if (b == BLOCK_REASONING) {
        jo_open(o, "reasoningContent", '{');
        jo_open(o, "reasoningText", '{');
    }
    jo_raw(o, "text", SPAN("\""));
}

/* The input is a document: what a limit cut short, or a model got wrong, is told as a string in one. */
static void whole_call_ends(struct answer *a)
{
    struct obuf *o = &a->choice[0].items;
    struct span input = obuf_span(&a->choice[0].calls);
    if (input.n == 0 || arguments_whole(input)) {
        jo_raw(o, "input", input.n ? input : SPAN("{}"));
    } else {
        jo_open(o, "input", '{');
        jo_str(o, "INVALID_JSON", input);
        jo_close(o, '}');
    }
    jo_close(o, '}');
}

static void whole_block_ends(struct answer *a)
{
    struct obuf *o = &a->choice[0].items;
    enum block b = (enum block)a->choice[0].open;
    if (b == BLOCK_CALL) whole_call_ends(a);
    else obuf_str(o, "\"");
    if (b == BLOCK_REASONING) {
        put_id(a, "signature", "local_", o);
        jo_close(o, '}');
        jo_close(o, '}');
    }
    jo_close(o, '}');
}

static void whole_end(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    out->comma = false;
    jo_open(out, NULL, '{');
    if (frame == BEDROCK_EVENTS) put_metrics(a, out);
    jo_open(out, "output", '{');
    jo_open(out, "message", '{');
    jo_open(out, "content", '[');
    if (a->choice[0].items.n) jo_raw(out, NULL, obuf_span(&a->choice[0].items));
    jo_close(out, ']');
    jo_cstr(out, "role", "assistant");
    jo_close(out, '}');
    jo_close(out, '}');
    jo_cstr(out, "stopReason", stop_reason(e->stop));
    put_usage(e, out);
    jo_close(out, '}');
    out->comma = false;
}

/* ---- either ---- */

static void block_ends(struct answer *a, enum bedrock_frame frame, struct obuf *out)
{
    struct answer_choice *c = &a->choice[0];
    if (c->open == BLOCK_NONE) return;
    if (a->stream) stream_block_ends(a, frame, out);
    else whole_block_ends(a);
    c->open = BLOCK_NONE;
    c->open_index++;
}

static void piece(struct answer *a, enum block b, struct span text, enum bedrock_frame frame, struct obuf *out)
{
    struct answer_choice *c = &a->choice[0];
    if (text.n == 0) return;
    if (c->open != b) {
        block_ends(a, frame, out);
        c->open = b;
        if (!a->stream) whole_text_begins(a, b);
    }
    if (a->stream) stream_delta(a, text, frame, out);
    else jo_escape(&c->items, text);
}

static void tool_begins(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    struct answer_choice *c = &a->choice[0];
    piece(a, BLOCK_TEXT, answer_notice_left(a, c), frame, out);
    block_ends(a, frame, out);
    c->open = BLOCK_CALL;
    c->n_calls++;
    if (a->stream) stream_call_begins(a, e, frame, out);
    else whole_call_begins(a, e);
}

static void arguments(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    if (a->choice[0].open != BLOCK_CALL || e->text.n == 0) return;
    if (a->stream) stream_delta(a, e->text, frame, out);
    else obuf_span_put(&a->choice[0].calls, e->text);
}

static void reasoning(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    if (!a->conv->show_reasoning) return;
    obuf_span_put(&a->choice[0].reasoning, e->text);
    piece(a, BLOCK_REASONING, e->text, frame, out);
}

static void ended(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    piece(a, BLOCK_TEXT, answer_notice_left(a, &a->choice[0]), frame, out);
    block_ends(a, frame, out);
    answer_choice_ended(a, e);
    if (a->stream) stream_end(a, e, frame, out);
    else whole_end(a, e, frame, out);
    a->ended = true;
    if (!answer_ok(a)) out->bad = true;
}

static void broken(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) refuse_bedrock_stream(&r, out);
    a->ended = true;
}

void bedrock_blocks_encode(struct answer *a, const struct conv_event *e, enum bedrock_frame frame, struct obuf *out)
{
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        broken(a, e, out);
        return;
    }
    if (!a->begun && a->stream) stream_start(a, frame, out);   /* also when the first event is not EV_START */
    a->begun = true;
    switch (e->kind) {
    case EV_TEXT: piece(a, BLOCK_TEXT, answer_add_text(a, &a->choice[0], e->text), frame, out); break;
    case EV_REASONING: reasoning(a, e, frame, out); break;
    case EV_CALL: tool_begins(a, e, frame, out); break;
    case EV_CALL_ARGS: arguments(a, e, frame, out); break;
    case EV_END: ended(a, e, frame, out); break;
    default: break;
    }
}

void bedrock_converse_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    bedrock_blocks_encode(a, e, BEDROCK_EVENTS, out);
}
