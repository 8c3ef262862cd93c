/* Answers of the families that give plain text: one document each, and one form of its pieces. */
#include "wire/bedrock_invoke.h"

/* Writes the members of a document. `text` is a piece, or all of it; `e` is the last event, or NULL for a piece. */
typedef void text_writer(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o);

static bool cut(const struct conv_event *e) { return e->stop == STOP_LENGTH; }

static void jo_count(struct obuf *o, const char *k, const struct conv_event *e, uint32_t n)
{
    if (e) jo_u64(o, k, n);
    else jo_null(o, k);
}

static void llama(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    jo_str(o, "generation", text);
    jo_count(o, "prompt_token_count", e, e ? e->prompt_tokens : 0);
    jo_u64(o, "generation_token_count", e ? e->completion_tokens : ++a->sequence);
    jo_cstr(o, "stop_reason", e == NULL ? NULL : cut(e) ? "length" : "stop");
}

/* The only one of a list. */
static void listed(struct obuf *o, const char *list, struct span text, const struct conv_event *e)
{
    jo_open(o, list, '[');
    jo_open(o, NULL, '{');
    jo_str(o, "text", text);
    jo_cstr(o, "stop_reason", e == NULL ? NULL : cut(e) ? "length" : "stop");
    jo_close(o, '}');
    jo_close(o, ']');
}

static void mistral(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    (void)a;
    listed(o, "outputs", text, e);
}

static void deepseek(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    (void)a;
    listed(o, "choices", text, e);
}

static const char *titan_reason(const struct conv_event *e)
{
    return e == NULL ? NULL : cut(e) ? "LENGTH" : e->stop == STOP_STRING ? "STOP_CRITERIA_MET" : "FINISH";
}

static void titan_whole(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    (void)a;
    jo_u64(o, "inputTextTokenCount", e->prompt_tokens);
    jo_open(o, "results", '[');
    jo_open(o, NULL, '{');
    jo_u64(o, "tokenCount", e->completion_tokens);
    jo_str(o, "outputText", text);
    jo_cstr(o, "completionReason", titan_reason(e));
    jo_close(o, '}');
    jo_close(o, ']');
}

static void titan_piece(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    (void)a;
    jo_str(o, "outputText", text);
    jo_u64(o, "index", 0);
    jo_count(o, "totalOutputTextTokenCount", e, e ? e->completion_tokens : 0);
    jo_cstr(o, "completionReason", titan_reason(e));
    jo_count(o, "inputTextTokenCount", e, e ? e->prompt_tokens : 0);
}

/* ---- Command R ---- */

static void jo_id(struct answer *a, struct obuf *o, const char *k, uint32_t n)
{
    jo_raw(o, k, SPAN("\""));
    answer_id_again(a, "local_", n, o);
    obuf_str(o, "\"");
}

static void cohere_said(struct obuf *o, const char *role, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", role);
    jo_str(o, "message", text);
    jo_close(o, '}');
}

/* The API repeats the conversation, with the answer at its end. */
static void cohere_history(const struct answer *a, struct obuf *o)
{
    static const char *const roles[] = {[ROLE_SYSTEM] = "SYSTEM", [ROLE_DEVELOPER] = "SYSTEM", [ROLE_USER] = "USER",
                                        [ROLE_ASSISTANT] = "CHATBOT", [ROLE_TOOL] = "TOOL"};
    jo_open(o, "chat_history", '[');
    for (size_t i = 0; i < a->conv->n_msgs; i++)
        if (a->conv->msgs[i].role != ROLE_SYSTEM) cohere_said(o, roles[a->conv->msgs[i].role], a->conv->msgs[i].text);
    cohere_said(o, "CHATBOT", obuf_span(&a->choice[0].text));
    jo_close(o, ']');
}

static void cohere_whole(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    jo_id(a, o, "response_id", 0);
    jo_str(o, "text", text);
    jo_id(a, o, "generation_id", 1);
    cohere_history(a, o);
    jo_cstr(o, "finish_reason", cut(e) ? "MAX_TOKENS" : "COMPLETE");
}

static void cohere_piece(struct answer *a, struct span text, const struct conv_event *e, struct obuf *o)
{
    jo_bool(o, "is_finished", e != NULL);
    jo_cstr(o, "event_type", e ? "stream-end" : "text-generation");
    if (e == NULL) {
        jo_str(o, "text", text);
        return;
    }
    jo_open(o, "response", '{');
    cohere_whole(a, obuf_span(&a->choice[0].text), e, o);
    jo_close(o, '}');
    jo_cstr(o, "finish_reason", cut(e) ? "MAX_TOKENS" : "COMPLETE");
}

/* ---- any ---- */

static const struct { text_writer *whole, *piece; } families[] = {
    [FAMILY_LLAMA] = {llama, llama}, [FAMILY_MISTRAL] = {mistral, mistral}, [FAMILY_TITAN] = {titan_whole, titan_piece},
    [FAMILY_DEEPSEEK] = {deepseek, deepseek}, [FAMILY_COHERE] = {cohere_whole, cohere_piece},
};

static void put_chunk(struct answer *a, struct span text, const struct conv_event *e, struct obuf *out)
{
    struct obuf *o = &a->body;
    if (e == NULL && text.n == 0) return;
    obuf_reset(o);
    o->comma = false;
    jo_open(o, NULL, '{');
    families[bedrock_family_in(a->conv)].piece(a, text, e, o);
    if (e) bedrock_invocation_metrics(a, e, o);
    jo_close(o, '}');
    bedrock_chunk(obuf_span(o), out);
}

/* Command R's stream says first what it is the stream of. */
static void text_begins(struct answer *a, struct obuf *out)
{
    struct obuf *o = &a->body;
    a->begun = true;
    if (!a->stream || bedrock_family_in(a->conv) != FAMILY_COHERE) return;
    obuf_reset(o);
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_bool(o, "is_finished", false);
    jo_cstr(o, "event_type", "stream-start");
    jo_id(a, o, "generation_id", 1);
    jo_close(o, '}');
    bedrock_chunk(obuf_span(o), out);
}

static void put_whole(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    out->comma = false;
    jo_open(out, NULL, '{');
    families[bedrock_family_in(a->conv)].whole(a, obuf_span(&a->choice[0].text), e, out);
    jo_close(out, '}');
    out->comma = false;
}

static void text_ends(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct span notice = answer_notice_left(a, &a->choice[0]);
    answer_choice_ended(a, e);
    a->ended = true;
    if (a->stream) {
        put_chunk(a, notice, NULL, out);
        put_chunk(a, SPAN_NONE, e, out);
    } else {
        put_whole(a, e, out);
    }
    if (!answer_ok(a)) out->bad = true;
}

void bedrock_prompt_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        if (a->stream && a->begun) refuse_bedrock_stream(&r, out);
        a->ended = true;
        return;
    }
    if (!a->begun) text_begins(a, out);
    if (e->kind == EV_TEXT) {
        struct span piece = answer_add_text(a, &a->choice[0], e->text);
        if (a->stream) put_chunk(a, piece, NULL, out);
    } else if (e->kind == EV_END) {
        text_ends(a, e, out);
    }
}
