/* Events to chat.completion and chat.completion.chunk. The writer is fed in the order in which the API writes its
 * members, as some clients read with less than a JSON parser. */
#include "wire/answer.h"
#include "wire/openai_chat.h"
#include "wire/refuse.h"

#define FINGERPRINT "fp_cordon"

static const char *finish_reason(enum conv_stop s)
{
    static const char *const names[] = {[STOP_END] = "stop", [STOP_LENGTH] = "length", [STOP_TOOL_CALLS] = "tool_calls",
                                        [STOP_STRING] = "stop"};
    return names[s];
}

static void put_head(const struct answer *a, const char *object, struct obuf *o)
{
    jo_raw(o, "id", SPAN("\"chatcmpl-"));
    jo_escape(o, span_str(a->id));
    obuf_str(o, "\"");
    jo_cstr(o, "object", object);
    jo_u64(o, "created", a->created);
    jo_cstr(o, "model", a->model);
    jo_cstr(o, "system_fingerprint", FINGERPRINT);
}

static void put_usage(const struct conv_event *e, struct obuf *o)
{
    jo_open(o, "usage", '{');
    jo_u64(o, "prompt_tokens", e->prompt_tokens);
    jo_u64(o, "completion_tokens", e->completion_tokens);
    jo_u64(o, "total_tokens", (uint64_t)e->prompt_tokens + e->completion_tokens);
    jo_close(o, '}');
}

/* An engine that names no id still gives the client one to answer to. */
static void put_call_id(const struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (e->call_id.n) {
        jo_str(o, "id", e->call_id);
        return;
    }
    jo_raw(o, "id", SPAN("\"call_"));
    jo_escape(o, span_str(a->id));
    obuf_printf(o, "_%u\"", e->call_index);
}

/* ---- streamed ---- */

static void chunk_open(const struct answer *a, struct obuf *o)
{
    obuf_str(o, "data: ");
    o->comma = false;
    jo_open(o, NULL, '{');
    put_head(a, "chat.completion.chunk", o);
    jo_open(o, "choices", '[');
}

static void chunk_close(const struct answer *a, const struct conv_event *usage, struct obuf *o)
{
    jo_close(o, ']');
    if (usage) put_usage(usage, o);
    else if (a->conv->include_usage) jo_null(o, "usage");
    jo_close(o, '}');
    obuf_str(o, "\n\n");
    o->comma = false;
}

static void delta_open(const struct answer *a, struct obuf *o)
{
    chunk_open(a, o);
    jo_open(o, NULL, '{');
    jo_u64(o, "index", 0);
    jo_open(o, "delta", '{');
}

static void delta_close(const struct answer *a, const char *finish, struct obuf *o)
{
    jo_close(o, '}');
    jo_null(o, "logprobs");
    jo_cstr(o, "finish_reason", finish);
    jo_close(o, '}');
    chunk_close(a, NULL, o);
}

/* `before`: what sets the text off from a notice, or "". */
static void stream_text(const struct answer *a, const char *before, struct span text, struct obuf *o)
{
    delta_open(a, o);
    jo_raw(o, "content", SPAN("\""));
    obuf_str(o, before);
    jo_escape(o, text);
    obuf_str(o, "\"");
    delta_close(a, NULL, o);
}

static void stream_start(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)e;
    delta_open(a, o);
    jo_cstr(o, "role", "assistant");
    jo_cstr(o, "content", "");
    jo_null(o, "refusal");
    delta_close(a, NULL, o);
    if (a->notice) stream_text(a, "", span_str(a->notice), o);
}

static void stream_piece(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (e->text.n == 0) return;
    stream_text(a, a->choice[0].notice_due ? "\\n\\n" : "", e->text, o);
    a->choice[0].notice_due = false;
}

static void stream_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    bool first = e->kind == EV_CALL;
    delta_open(a, o);
    jo_open(o, "tool_calls", '[');
    jo_open(o, NULL, '{');
    jo_u64(o, "index", e->call_index);
    if (first) {
        put_call_id(a, e, o);
        jo_cstr(o, "type", "function");
    }
    jo_open(o, "function", '{');
    if (first) jo_str(o, "name", e->call_name);
    jo_str(o, "arguments", first ? SPAN_NONE : e->text);
    jo_close(o, '}');
    jo_close(o, '}');
    jo_close(o, ']');
    delta_close(a, NULL, o);
}

static void stream_end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    delta_open(a, o);
    delta_close(a, finish_reason(e->stop), o);
    if (a->conv->include_usage) {
        chunk_open(a, o);
        chunk_close(a, e, o);
    }
    obuf_str(o, "data: [DONE]\n\n");
}

/* ---- whole ---- */

static void whole_start(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)e, (void)o;
    if (a->notice) obuf_str(&a->choice[0].text, a->notice);
}

static void whole_text(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    if (e->text.n == 0) return;
    if (a->choice[0].notice_due) obuf_str(&a->choice[0].text, "\n\n");
    a->choice[0].notice_due = false;
    obuf_span_put(&a->choice[0].text, e->text);
}

static void close_call(struct answer *a)
{
    if (!a->choice[0].open) return;
    obuf_str(&a->choice[0].calls, "\"");
    jo_close(&a->choice[0].calls, '}');
    jo_close(&a->choice[0].calls, '}');
    a->choice[0].open = 0;
}

static void whole_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    close_call(a);
    jo_open(&a->choice[0].calls, NULL, '{');
    put_call_id(a, e, &a->choice[0].calls);
    jo_cstr(&a->choice[0].calls, "type", "function");
    jo_open(&a->choice[0].calls, "function", '{');
    jo_str(&a->choice[0].calls, "name", e->call_name);
    jo_raw(&a->choice[0].calls, "arguments", SPAN("\""));
    a->choice[0].open = 1;
    a->choice[0].n_calls++;
}

static void whole_args(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    if (a->choice[0].open) jo_escape(&a->choice[0].calls, e->text);
}

static void put_message(const struct answer *a, struct obuf *o)
{
    jo_open(o, "message", '{');
    jo_cstr(o, "role", "assistant");
    if (a->choice[0].text.n == 0 && a->choice[0].n_calls) jo_null(o, "content");
    else jo_str(o, "content", obuf_span(&a->choice[0].text));
    jo_null(o, "refusal");
    if (a->choice[0].n_calls) {
        jo_open(o, "tool_calls", '[');
        jo_raw(o, NULL, obuf_span(&a->choice[0].calls));
        jo_close(o, ']');
    }
    jo_close(o, '}');
}

static void whole_end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    close_call(a);
    o->comma = false;
    jo_open(o, NULL, '{');
    put_head(a, "chat.completion", o);
    jo_open(o, "choices", '[');
    jo_open(o, NULL, '{');
    jo_u64(o, "index", 0);
    put_message(a, o);
    jo_null(o, "logprobs");
    jo_cstr(o, "finish_reason", finish_reason(e->stop));
    jo_close(o, '}');
    jo_close(o, ']');
    put_usage(e, o);
    jo_close(o, '}');
    o->comma = false;
    if (!obuf_ok(&a->choice[0].text) || !obuf_ok(&a->choice[0].calls)) o->bad = true;
}

/* ---- either ---- */

static void broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) refuse_openai_stream(&r, o);
    a->ended = true;
}

typedef void event_writer(struct answer *a, const struct conv_event *e, struct obuf *o);

void openai_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static event_writer *const writers[2][EV_ERROR] = {
        {[EV_START] = whole_start, [EV_TEXT] = whole_text, [EV_CALL] = whole_call, [EV_CALL_ARGS] = whole_args,
         [EV_END] = whole_end},
        {[EV_START] = stream_start, [EV_TEXT] = stream_piece, [EV_CALL] = stream_call, [EV_CALL_ARGS] = stream_call,
         [EV_END] = stream_end},
    };
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        broken(a, e, out);
        return;
    }
    if (!a->begun) {   /* also when the producer's first event is not EV_START */
        a->begun = true;
        a->choice[0].notice_due = a->notice != NULL;
        writers[a->stream][EV_START](a, e, out);
    }
    if (e->kind != EV_START && writers[a->stream][e->kind]) writers[a->stream][e->kind](a, e, out);
    a->ended = e->kind == EV_END;
}
