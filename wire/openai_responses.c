/* The Responses codecs: the shapes of errors, and the two small answers, a count and a summary by /compact. */
#include "wire/openai_responses.h"
#include "wire/answer.h"
#include "wire/codecs.h"
#include "wire/refuse.h"

/* ---- errors ---- */

/* Codex ends at once at some codes, with the message; at others it asks again, as the API means it to. */
static const char *failed_code(enum fail f)
{
    if (f == FAIL_CONTEXT_LENGTH) return "context_length_exceeded";
    return fail_may_retry(f) ? "server_error" : "invalid_prompt";
}

static void event_open(const char *type, uint32_t sequence, struct obuf *o)
{
    obuf_str(o, "event: ");
    obuf_str(o, type);
    obuf_str(o, "\ndata: ");
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", type);
    jo_u64(o, "sequence_number", sequence);
}

static void event_close(struct obuf *o)
{
    jo_close(o, '}');
    obuf_str(o, "\n\n");
    o->comma = false;
}

static void put_error(const struct refusal *r, struct obuf *o)
{
    jo_cstr(o, "code", failed_code(r->fail));
    refuse_jo_message(r, "message", o);
    jo_null(o, "param");
}

/* The SDKs raise an event with an `error` member and read no further, so that it matters little that the second names no
 * response: one with another id than before would be an error of another type to them. Codex passes the first over. */
void responses_put_failed(const struct refusal *r, uint32_t sequence, struct obuf *o)
{
    event_open("error", sequence, o);
    put_error(r, o);
    jo_open(o, "error", '{');
    jo_cstr(o, "type", fail_may_retry(r->fail) ? "server_error" : "invalid_request_error");
    put_error(r, o);
    jo_close(o, '}');
    event_close(o);
    event_open("response.failed", sequence + 1, o);
    jo_open(o, "response", '{');
    jo_cstr(o, "object", "response");
    jo_cstr(o, "status", "failed");
    jo_open(o, "error", '{');
    put_error(r, o);
    jo_close(o, '}');
    jo_raw(o, "output", SPAN("[]"));
    jo_close(o, '}');
    event_close(o);
}

void responses_stream_error(const struct refusal *r, struct obuf *out) { responses_put_failed(r, 0, out); }

/* Codex counts events, not bytes, towards its idle limit (measured), and takes a type that it does not know. */
static void keepalive(struct answer *a, struct obuf *out)
{
    event_open("keepalive", a->sequence++, out);
    event_close(out);
}

/* ---- a count ---- */

static void encode_count(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended || (e->kind != EV_END && e->kind != EV_ERROR)) return;
    a->ended = true;
    if (e->kind == EV_ERROR) return;
    answer_choice_ended(a, e);
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_cstr(out, "object", "response.input_tokens");
    jo_u64(out, "input_tokens", e->prompt_tokens);
    jo_close(out, '}');
    out->comma = false;
}

/* ---- /compact ---- */

static void compact_end(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct obuf *text = &a->choice[0].text;
    if (text->n == 0) obuf_str(text, RESPONSES_SUMMARY);
    answer_choice_ended(a, e);
    obuf_reset(&a->body);
    responses_put_compaction(a, e, &a->body);
    obuf_span_put(out, obuf_span(&a->body));
    if (!answer_ok(a)) out->bad = true;
}

static void encode_compact(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct obuf *text = &a->choice[0].text;
    if (a->ended) return;
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind == EV_TEXT && e->text.n) {
        if (text->n == 0) obuf_str(text, RESPONSES_SUMMARY);
        obuf_span_put(text, e->text);
    }
    if (e->kind == EV_END) compact_end(a, e, out);
}

/* ---- the codecs ---- */

const struct codec codec_openai_responses = {
    .name = "openai.responses",
    .provider = "openai",
    .decode = responses_decode,
    .encode = responses_encode,
    .error = refuse_openai,
    .stream_error = responses_stream_error,
    .keepalive = keepalive,
};

const struct codec codec_openai_responses_count = {
    .name = "openai.responses.input_tokens",
    .provider = "openai",
    .decode = responses_decode,
    .encode = encode_count,
    .error = refuse_openai,
    .stream_error = responses_stream_error,
};

const struct codec codec_openai_responses_compact = {
    .name = "openai.responses.compact",
    .provider = "openai",
    .decode = responses_decode,
    .encode = encode_compact,
    .error = refuse_openai,
    .stream_error = responses_stream_error,
};
