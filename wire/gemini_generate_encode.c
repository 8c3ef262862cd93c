/* Events to GenerateContentResponse: whole, as a stream of events, or as a JSON array that is streamed. Every chunk of a
 * stream is a response of its own with one part in it, because the SDKs check each (a chunk with no part is taken for a
 * broken answer). The arguments of a call are an object, so that a call is told when it is whole. */
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/gemini_generate.h"
#include "wire/refuse.h"

#define RESPONSE_PREFIX "resp_"
#define CALL_PREFIX "call_"

enum { OPEN_CALL = 1, MALFORMED = 2 };   /* bits of answer_choice.open; the second stays */

static bool is_array(const struct answer *a) { return a->stream && !(a->conv->own & GEMINI_SSE); }

/* ---- a response around what it holds ---- */

static void response_open(struct answer *a, struct obuf *o)
{
    if (a->stream && !is_array(a)) obuf_str(o, "data: ");
    if (is_array(a)) obuf_str(o, a->sequence ? "\n,\r\n" : "[");
    a->sequence++;
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_open(o, "candidates", '[');
}

static void put_tokens(const char *k, const char *details, uint64_t n, struct obuf *o)
{
    jo_u64(o, k, n);
    jo_open(o, details, '[');
    jo_open(o, NULL, '{');
    jo_cstr(o, "modality", "TEXT");
    jo_u64(o, "tokenCount", n);
    jo_close(o, '}');
    jo_close(o, ']');
}

/* What was thought is counted apart from what was said, and both in the total. */
static void put_usage(const struct answer *a, struct obuf *o)
{
    uint32_t thought = a->reasoning_tokens < a->completion_tokens ? a->reasoning_tokens : a->completion_tokens;
    jo_open(o, "usageMetadata", '{');
    put_tokens("promptTokenCount", "promptTokensDetails", a->prompt_tokens, o);
    jo_u64(o, "candidatesTokenCount", a->completion_tokens - thought);
    if (thought) jo_u64(o, "thoughtsTokenCount", thought);
    jo_u64(o, "totalTokenCount", (uint64_t)a->prompt_tokens + a->completion_tokens);
    jo_close(o, '}');
}

/* The id of the response is the answer's first: the calls' follow it. */
static void put_response_id(struct answer *a, struct obuf *o)
{
    jo_raw(o, "responseId", SPAN("\""));
    answer_id_again(a, RESPONSE_PREFIX, 0, o);
    obuf_str(o, "\"");
}

static void response_close(struct answer *a, bool last, struct obuf *o)
{
    jo_close(o, ']');
    if (last) put_usage(a, o);
    jo_cstr(o, "modelVersion", a->model);
    put_response_id(a, o);
    jo_close(o, '}');
    o->comma = false;
    if (a->stream && !is_array(a)) obuf_str(o, "\r\n\r\n");
    if (is_array(a) && last) obuf_str(o, "\n]");
}

static void candidate_open(struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_open(o, "content", '{');
    jo_open(o, "parts", '[');
}

static void candidate_close(uint32_t index, const char *finish, struct obuf *o)
{
    jo_close(o, ']');
    jo_cstr(o, "role", "model");
    jo_close(o, '}');
    if (finish) jo_cstr(o, "finishReason", finish);
    jo_u64(o, "index", index);
    jo_close(o, '}');
}

/* ---- parts ---- */

static void put_text(struct span text, bool thought, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_str(o, "text", text);
    if (thought) jo_bool(o, "thought", true);
    jo_close(o, '}');
}

static uint32_t number_of(const struct answer *a, const struct answer_choice *c) { return (uint32_t)(c - a->choice); }

static void stream_text(struct answer *a, struct answer_choice *c, struct span text, bool thought, struct obuf *o)
{
    response_open(a, o);
    candidate_open(o);
    put_text(text, thought, o);
    candidate_close(number_of(a, c), NULL, o);
    response_close(a, false, o);
}

static void add_text(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = answer_choice_of(a, e);
    struct span told = answer_add_text(a, c, e->text);
    if (a->stream && told.n) stream_text(a, c, told, false, o);
}

static void add_reasoning(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = answer_choice_of(a, e);
    if (!a->conv->show_reasoning || e->text.n == 0) return;
    obuf_span_put(&c->reasoning, e->text);
    if (a->stream) stream_text(a, c, e->text, true, o);
}

/* The notice, where nothing was said before a call or the end. */
static void tell_notice(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    struct span told = answer_notice_left(a, c);
    if (a->stream && told.n) stream_text(a, c, told, false, o);
}

/* ---- calls ---- */

/* choice.calls holds the finished parts, in a stream only the open one. */
static void call_opens(struct answer *a, const struct conv_event *e, struct answer_choice *c)
{
    struct obuf *p = &c->calls;
    call_begins(c);
    jo_open(p, NULL, '{');
    jo_open(p, "functionCall", '{');
    jo_raw(p, "id", SPAN("\""));
    (void)answer_id(a, CALL_PREFIX, p);
    obuf_str(p, "\"");
    jo_str(p, "name", e->call_name);
    jo_raw(p, "args", SPAN(""));
    call_arguments_begin(c);
    c->open |= OPEN_CALL;
}

static void stream_call(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    response_open(a, o);
    candidate_open(o);
    jo_raw(o, NULL, obuf_span(&c->calls));
    candidate_close(number_of(a, c), NULL, o);
    response_close(a, false, o);
}

/* A call whose arguments are no object is left out, and the end says so, as the API does. */
static void call_closes(struct answer *a, struct answer_choice *c, struct obuf *o)
{
    struct obuf *p = &c->calls;
    if (!(c->open & OPEN_CALL)) return;
    c->open &= (uint32_t)~OPEN_CALL;
    if (!call_arguments_end(c)) {
        c->open |= MALFORMED;
        return;
    }
    jo_close(p, '}');
    jo_close(p, '}');
    c->n_calls++;
    if (!a->stream) return;
    stream_call(a, c, o);
    obuf_reset(p);
}

static void add_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = answer_choice_of(a, e);
    tell_notice(a, c, o);
    call_closes(a, c, o);
    call_opens(a, e, c);
}

static void add_arguments(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = answer_choice_of(a, e);
    (void)o;
    if (c->open & OPEN_CALL) obuf_span_put(&c->calls, e->text);
}

/* ---- the end ---- */

static const char *finish_reason(const struct answer_choice *c)
{
    if (c->stop == STOP_LENGTH) return "MAX_TOKENS";
    return c->open & MALFORMED ? "MALFORMED_FUNCTION_CALL" : "STOP";
}

static void whole_candidate(struct answer *a, uint32_t i, struct obuf *o)
{
    struct answer_choice *c = &a->choice[i];
    candidate_open(o);
    if (c->reasoning.n) put_text(obuf_span(&c->reasoning), true, o);
    if (c->text.n || c->n_calls == 0) put_text(obuf_span(&c->text), false, o);
    if (c->n_calls) jo_raw(o, NULL, obuf_span(&c->calls));
    candidate_close(i, finish_reason(c), o);
}

static void end_choice(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = answer_choice_of(a, e);
    if (c->ended) return;
    call_closes(a, c, o);
    tell_notice(a, c, o);
    bool last = answer_choice_ended(a, e);
    if (a->stream) {
        response_open(a, o);
        candidate_open(o);
        put_text(SPAN(""), false, o);
        candidate_close(number_of(a, c), finish_reason(c), o);
        response_close(a, last, o);
    } else if (last) {
        response_open(a, o);
        for (uint32_t i = 0; i < answer_n_choices(a); i++) whole_candidate(a, i, o);
        response_close(a, true, o);
    }
    a->ended = last;
    if (last && !answer_ok(a)) o->bad = true;
}

/* ---- all ---- */

static void broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    bool begun = a->stream && a->begun;
    a->ended = true;
    if (!begun) return;
    if (!is_array(a)) {
        refuse_gemini_stream(&r, o);
        return;
    }
    obuf_str(o, a->sequence ? "\n,\r\n" : "[");
    refuse_gemini(&r, o);
    obuf_str(o, "\n]");
}

void gemini_generate_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static void (*const writers[])(struct answer *, const struct conv_event *, struct obuf *) = {
        [EV_TEXT] = add_text, [EV_REASONING] = add_reasoning, [EV_CALL] = add_call, [EV_CALL_ARGS] = add_arguments,
        [EV_VECTOR] = NULL, [EV_END] = end_choice, [EV_ERROR] = broken,
    };
    if (a->ended || (e->kind != EV_ERROR && answer_choice_of(a, e)->ended)) return;
    if (!a->begun && e->kind != EV_ERROR) {   /* nothing is written at the beginning; the response's id is given out */
        a->begun = true;
        a->ids = 1;
    }
    if (writers[e->kind]) writers[e->kind](a, e, out);
}

void gemini_count_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    out->comma = false;
    jo_open(out, NULL, '{');
    put_tokens("totalTokens", "promptTokensDetails", e->prompt_tokens, out);
    jo_close(out, '}');
    out->comma = false;
}
