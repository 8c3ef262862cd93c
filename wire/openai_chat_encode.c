/* Events to chat.completion and chat.completion.chunk. The writer is fed in the order in which the API writes its
 * members, as some clients read with less than a JSON parser. */
#include "wire/answer.h"
#include "wire/openai_chat.h"
#include "wire/openai_fields.h"

#define CHUNK "chat.completion.chunk"

typedef void event_writer(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o);

static bool old_form(const struct answer *a) { return a->conv->own & OPENAI_OWN_FUNCTIONS; }

static const char *finish_reason(const struct answer *a, enum conv_stop s)
{
    static const char *const names[] = {[STOP_END] = "stop", [STOP_LENGTH] = "length", [STOP_TOOL_CALLS] = "tool_calls",
                                        [STOP_STRING] = "stop"};
    return s == STOP_TOOL_CALLS && old_form(a) ? "function_call" : names[s];
}

static const char *reasoning_name(const struct answer *a)
{
    return a->conv->own & OPENAI_OWN_REASONING ? "reasoning" : "reasoning_content";
}

/* The id of the call that began last. */
static void put_call_id(const struct answer *a, struct obuf *o)
{
    jo_raw(o, "id", SPAN("\""));
    answer_id_again(a, "call_", a->ids - 1, o);
    obuf_str(o, "\"");
}

/* The deprecated form has room for one call; the engine is told so, and a second one is left out. */
static bool left_out(const struct answer *a, const struct answer_choice *c, const struct conv_event *e)
{
    return old_form(a) && (e->kind == EV_CALL ? c->n_calls > 0 : e->call_index > 0);
}

/* ---- gathered: of a whole answer, and of a streamed one that is stored ---- */

/* An open call is one whose arguments' string is not closed yet. */
static void close_call(const struct answer *a, struct answer_choice *c)
{
    if (!c->open) return;
    obuf_str(&c->calls, "\"");
    jo_close(&c->calls, '}');
    if (!old_form(a)) jo_close(&c->calls, '}');
    c->open = 0;
}

static void gather_call(const struct answer *a, struct answer_choice *c, struct span name)
{
    close_call(a, c);
    jo_open(&c->calls, NULL, '{');
    if (!old_form(a)) {
        put_call_id(a, &c->calls);
        jo_cstr(&c->calls, "type", "function");
        jo_open(&c->calls, "function", '{');
    }
    jo_str(&c->calls, "name", name);
    jo_raw(&c->calls, "arguments", SPAN("\""));
    c->open = 1;
}

static void gather_args(struct answer_choice *c, struct span text)
{
    if (c->open) jo_escape(&c->calls, text);
}

static void begin_call(struct answer *a, struct answer_choice *c)
{
    c->n_calls++;
    if (!old_form(a)) a->ids++;
}

/* ---- streamed ---- */

static void delta_open(const struct answer *a, const struct answer_choice *c, struct obuf *o)
{
    openai_chunk_open(a, CHUNK, o);
    jo_open(o, NULL, '{');
    jo_u64(o, "index", (uint64_t)(c - a->choice));
    jo_open(o, "delta", '{');
}

static void delta_close(const struct answer *a, const char *finish, struct obuf *o)
{
    jo_close(o, '}');
    jo_null(o, "logprobs");
    jo_cstr(o, "finish_reason", finish);
    jo_close(o, '}');
    openai_chunk_close(a, false, o);
}

static void stream_piece(struct answer *a, struct answer_choice *c, const char *member, struct span text, struct obuf *o)
{
    if (text.n == 0) return;
    delta_open(a, c, o);
    jo_str(o, member, text);
    delta_close(a, NULL, o);
}

/* The notice goes out at once: the first token may be long in coming. */
static void stream_start(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)e;
    delta_open(a, c, o);
    jo_cstr(o, "role", "assistant");
    jo_cstr(o, "content", "");
    jo_null(o, "refusal");
    delta_close(a, NULL, o);
    stream_piece(a, c, "content", answer_notice_left(a, c), o);
}

static void stream_text(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    stream_piece(a, c, "content", answer_add_text(a, c, e->text), o);
}

static void stream_reasoning(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    if (!a->conv->show_reasoning) return;
    obuf_span_put(&c->reasoning, e->text);
    stream_piece(a, c, reasoning_name(a), e->text, o);
}

static void put_function(const struct conv_event *e, const char *key, struct obuf *o)
{
    bool first = e->kind == EV_CALL;
    jo_open(o, key, '{');
    if (first) jo_str(o, "name", e->call_name);
    jo_str(o, "arguments", first ? SPAN_NONE : e->text);
    jo_close(o, '}');
}

static void put_call_piece(const struct answer *a, const struct conv_event *e, struct obuf *o)
{
    jo_open(o, "tool_calls", '[');
    jo_open(o, NULL, '{');
    jo_u64(o, "index", e->call_index);
    if (e->kind == EV_CALL) {
        put_call_id(a, o);
        jo_cstr(o, "type", "function");
    }
    put_function(e, "function", o);
    jo_close(o, '}');
    jo_close(o, ']');
}

static void stream_call(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    if (left_out(a, c, e)) return;
    if (e->kind == EV_CALL) begin_call(a, c);
    delta_open(a, c, o);
    if (old_form(a)) put_function(e, "function_call", o);
    else put_call_piece(a, e, o);
    delta_close(a, NULL, o);
    if (!a->conv->store) return;
    if (e->kind == EV_CALL) gather_call(a, c, e->call_name);
    else gather_args(c, e->text);
}

static void stream_end(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    delta_open(a, c, o);
    delta_close(a, finish_reason(a, e->stop), o);
    a->ended = answer_choice_ended(a, e);
    if (a->ended) openai_stream_end(a, CHUNK, o);
}

/* ---- whole ---- */

static void whole_start(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)e, (void)o;
    (void)answer_notice_left(a, c);
}

static void whole_text(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    (void)answer_add_text(a, c, e->text);
}

static void whole_reasoning(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    if (a->conv->show_reasoning) obuf_span_put(&c->reasoning, e->text);
}

static void whole_call(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    close_call(a, c);
    if (left_out(a, c, e)) return;
    begin_call(a, c);
    gather_call(a, c, e->call_name);
}

static void whole_args(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)a, (void)o;
    gather_args(c, e->text);
}

static void put_calls(const struct answer *a, const struct answer_choice *c, struct obuf *o)
{
    if (c->n_calls == 0) return;
    if (old_form(a)) {
        jo_raw(o, "function_call", obuf_span(&c->calls));
        return;
    }
    jo_open(o, "tool_calls", '[');
    jo_raw(o, NULL, obuf_span(&c->calls));
    jo_close(o, ']');
}

static void put_message(const struct answer *a, const struct answer_choice *c, struct obuf *o)
{
    jo_open(o, "message", '{');
    jo_cstr(o, "role", "assistant");
    if (c->text.n == 0 && c->n_calls) jo_null(o, "content");
    else jo_str(o, "content", obuf_span(&c->text));
    if (c->reasoning.n) jo_str(o, reasoning_name(a), obuf_span(&c->reasoning));
    jo_null(o, "refusal");
    jo_raw(o, "annotations", SPAN("[]"));
    put_calls(a, c, o);
    jo_close(o, '}');
}

static void put_choice(const struct answer *a, const struct answer_choice *c, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_u64(o, "index", (uint64_t)(c - a->choice));
    put_message(a, c, o);
    jo_null(o, "logprobs");
    jo_cstr(o, "finish_reason", finish_reason(a, c->stop));
    jo_close(o, '}');
}

static void put_whole(struct answer *a, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    openai_put_head(a, "chat.completion", o);
    jo_open(o, "choices", '[');
    for (uint32_t i = 0; i < answer_n_choices(a); i++) {
        close_call(a, &a->choice[i]);
        put_choice(a, &a->choice[i], o);
    }
    jo_close(o, ']');
    openai_put_usage(a, true, o);
    jo_close(o, '}');
    o->comma = false;
}

static void whole_end(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    (void)c;
    a->ended = answer_choice_ended(a, e);
    if (a->ended) put_whole(a, o);
}

/* However it was told, what is stored is the whole (wire/objects.h). Until here, body holds the id. */
static void store(struct answer *a)
{
    struct obuf whole = {0};
    put_whole(a, &whole);
    obuf_reset(&a->body);
    obuf_span_put(&a->body, obuf_span(&whole));
    if (!obuf_ok(&whole)) a->body.bad = true;
    obuf_fini(&whole);
}

/* ---- either ---- */

/* All choices begin at once and in order: the SDKs' stream helpers take the first chunk with an index for its choice. */
static void begin(struct answer *a, const struct conv_event *e, event_writer *start, struct obuf *o)
{
    openai_answer_begin(a, "chatcmpl-");
    for (uint32_t i = 0; i < answer_n_choices(a); i++) start(a, &a->choice[i], e, o);
}

void openai_chat_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static event_writer *const writers[2][EV_ERROR] = {
        {[EV_START] = whole_start, [EV_TEXT] = whole_text, [EV_REASONING] = whole_reasoning, [EV_CALL] = whole_call,
         [EV_CALL_ARGS] = whole_args, [EV_END] = whole_end},
        {[EV_START] = stream_start, [EV_TEXT] = stream_text, [EV_REASONING] = stream_reasoning, [EV_CALL] = stream_call,
         [EV_CALL_ARGS] = stream_call, [EV_END] = stream_end},
    };
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        openai_broken(a, e, out);
        return;
    }
    if (!a->begun) begin(a, e, writers[a->stream][EV_START], out);   /* also when the first event is not EV_START */
    struct answer_choice *c = answer_choice_of(a, e);
    event_writer *write = e->kind == EV_START || c->ended ? NULL : writers[a->stream][e->kind];
    if (write) write(a, c, e, out);
    if (a->ended && a->conv->store) store(a);
    if (a->ended && !answer_ok(a)) out->bad = true;
}
