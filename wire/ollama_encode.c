/* Events to Ollama's answers: one document a line, or one with everything in it. Arguments are an object, so that a call
 * is told when it is whole. The last document says how long it took. */
#include "core/clock.h"
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/ollama.h"

static bool is_generate(const struct answer *a) { return a->conv->own & OLLAMA_GENERATE; }

/* ---- a document around what it holds ---- */

static void document_open(const struct answer *a, struct obuf *o)
{
    char when[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(a->created * 1000000000u, when);
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_cstr(o, "model", a->model);
    jo_cstr(o, "created_at", when);
}

static void document_close(const struct answer *a, struct obuf *o)
{
    jo_close(o, '}');
    if (a->stream) obuf_str(o, "\n");
    o->comma = false;
}

/* Text, thinking and calls (a list without its brackets; empty: none). */
static void put_content(const struct answer *a, struct span said, struct span thought, struct span calls, struct obuf *o)
{
    if (is_generate(a)) {
        jo_str(o, "response", said);
        if (thought.n) jo_str(o, "thinking", thought);
        return;
    }
    jo_open(o, "message", '{');
    jo_cstr(o, "role", "assistant");
    jo_str(o, "content", said);
    if (thought.n) jo_str(o, "thinking", thought);
    if (calls.n) {
        jo_open(o, "tool_calls", '[');
        jo_raw(o, NULL, calls);
        jo_close(o, ']');
    }
    jo_close(o, '}');
}

static void stream_piece(struct answer *a, struct span said, struct span thought, struct span calls, struct obuf *o)
{
    document_open(a, o);
    put_content(a, said, thought, calls, o);
    jo_bool(o, "done", false);
    document_close(a, o);
}

/* ---- pieces ---- */

static void add_text(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct span told = answer_add_text(a, &a->choice[0], e->text);
    if (a->stream && told.n) stream_piece(a, told, SPAN_NONE, SPAN_NONE, o);
}

static void add_reasoning(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (!a->conv->show_reasoning || e->text.n == 0) return;
    obuf_span_put(&a->choice[0].reasoning, e->text);
    if (a->stream) stream_piece(a, SPAN_NONE, e->text, SPAN_NONE, o);
}

static void tell_notice(struct answer *a, struct obuf *o)
{
    struct span told = answer_notice_left(a, &a->choice[0]);
    if (a->stream && told.n) stream_piece(a, told, SPAN_NONE, SPAN_NONE, o);
}

/* choice.calls holds the finished calls, in a stream only the open one. */
static void call_opens(struct answer *a, const struct conv_event *e)
{
    struct answer_choice *c = &a->choice[0];
    struct obuf *p = &c->calls;
    call_begins(c);
    jo_open(p, NULL, '{');
    jo_raw(p, "id", SPAN("\""));
    (void)answer_id(a, "call_", p);
    obuf_str(p, "\"");
    jo_open(p, "function", '{');
    jo_u64(p, "index", c->n_calls);
    jo_str(p, "name", e->call_name);
    jo_raw(p, "arguments", SPAN(""));
    call_arguments_begin(c);
    c->open = 1;
}

/* A call whose arguments are no object is left out: it would spoil the document. */
static void call_closes(struct answer *a, struct obuf *o)
{
    struct answer_choice *c = &a->choice[0];
    struct obuf *p = &c->calls;
    if (!c->open) return;
    c->open = 0;
    if (!call_arguments_end(c)) return;
    jo_close(p, '}');
    jo_close(p, '}');
    c->n_calls++;
    if (!a->stream) return;
    stream_piece(a, SPAN_NONE, SPAN_NONE, obuf_span(p), o);
    obuf_reset(p);
}

static void add_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (is_generate(a)) return;   /* it has no tools */
    tell_notice(a, o);
    call_closes(a, o);
    call_opens(a, e);
}

static void add_arguments(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)o;
    if (a->choice[0].open) obuf_span_put(&a->choice[0].calls, e->text);
}

/* ---- the end ---- */

/* Nanoseconds since the second in which the answer was begun; never 0, as clients divide by it. */
static uint64_t duration(const struct answer *a)
{
    uint64_t now = clock_utc_ns(), begun = a->created * 1000000000u;
    return now > begun ? now - begun : 1;
}

/* How long the prompt took is not known apart, and left out, as Ollama does with what it has not measured. */
static void put_metrics(const struct answer *a, struct obuf *o)
{
    uint64_t took = duration(a);
    jo_u64(o, "total_duration", took);
    jo_u64(o, "load_duration", 0);
    jo_u64(o, "prompt_eval_count", a->prompt_tokens);
    jo_u64(o, "eval_count", a->completion_tokens);
    jo_u64(o, "eval_duration", took);
}

static void end_answer(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = &a->choice[0];
    call_closes(a, o);
    tell_notice(a, o);
    (void)answer_choice_ended(a, e);
    document_open(a, o);
    if (a->stream) put_content(a, SPAN_NONE, SPAN_NONE, SPAN_NONE, o);
    else put_content(a, obuf_span(&c->text), obuf_span(&c->reasoning), obuf_span(&c->calls), o);
    jo_bool(o, "done", true);
    jo_cstr(o, "done_reason", e->stop == STOP_LENGTH ? "length" : "stop");
    put_metrics(a, o);
    document_close(a, o);
    a->ended = true;
    if (!answer_ok(a)) o->bad = true;
}

static void broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) refuse_ollama_stream(&r, o);
    a->ended = true;
}

void ollama_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static void (*const writers[])(struct answer *, const struct conv_event *, struct obuf *) = {
        [EV_TEXT] = add_text, [EV_REASONING] = add_reasoning, [EV_CALL] = add_call, [EV_CALL_ARGS] = add_arguments,
        [EV_VECTOR] = NULL, [EV_END] = end_answer, [EV_ERROR] = broken,
    };
    if (a->ended) return;
    a->begun = a->begun || e->kind != EV_ERROR;
    if (writers[e->kind]) writers[e->kind](a, e, out);
}

/* ---- vectors ---- */

void ollama_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    bool one = a->conv->own & OLLAMA_EMBEDDINGS;
    if (a->ended) return;
    if (e->kind == EV_VECTOR && !(one && a->body.n)) jo_vector(&a->body, NULL, e->vector, e->n_vector);
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    out->comma = false;
    jo_open(out, NULL, '{');
    if (one) {
        jo_raw(out, "embedding", obuf_span(&a->body));
    } else {
        jo_cstr(out, "model", a->model);
        jo_open(out, "embeddings", '[');
        jo_raw(out, NULL, obuf_span(&a->body));
        jo_close(out, ']');
        jo_u64(out, "total_duration", duration(a));
        jo_u64(out, "load_duration", 0);
        jo_u64(out, "prompt_eval_count", e->prompt_tokens);
    }
    jo_close(out, '}');
    out->comma = false;
    if (!answer_ok(a)) out->bad = true;
}
