#include "wire/refuse.h"

/* Escaped as it is written: no copy of the message is made. */
void refuse_message_as(const struct refusal *r, const char *text, struct obuf *out)
{
    jo_escape(out, span_str(text));
    if (r->detail) {
        obuf_str(out, ": ");
        jo_escape(out, span_str(r->detail));
    }
    obuf_str(out, " (cordon ");
    obuf_str(out, fail_code(r->fail));
    if (r->rule) {
        obuf_str(out, ", rule ");
        jo_escape(out, span_str(r->rule));
    }
    if (r->id) {
        obuf_str(out, ", id ");
        jo_escape(out, span_str(r->id));
    }
    obuf_str(out, ")");
}

void refuse_message(const struct refusal *r, struct obuf *out)
{
    refuse_message_as(r, r->message ? r->message : fail_text(r->fail), out);
}

void refuse_jo_message_as(const struct refusal *r, const char *key, const char *text, struct obuf *out)
{
    jo_raw(out, key, SPAN("\""));
    refuse_message_as(r, text, out);
    obuf_str(out, "\"");
}

void refuse_jo_message(const struct refusal *r, const char *key, struct obuf *out)
{
    refuse_jo_message_as(r, key, r->message ? r->message : fail_text(r->fail), out);
}

const char *refuse_named(const struct refuse_name *rows, size_t n, int status)
{
    size_t i = 0;
    while (i + 1 < n && rows[i].status != status) i++;
    return rows[i].name;
}

/* ---- OpenAI ---- */

static void jo_code(const struct refusal *r, struct obuf *out)
{
    char code[64];
    size_t n = 0;
    for (const char *p = fail_code(r->fail); *p && n < sizeof code; p++) code[n++] = *p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p;
    jo_str(out, "code", (struct span){code, n});
}

/* Clients look for OpenAI's own code and for the words "maximum context length" to shorten a conversation and go on. */
static void context_length_openai(const struct refusal *r, struct obuf *out)
{
    refuse_jo_message_as(r, "message",
                         "This model's maximum context length is smaller than your messages and the requested completion "
                         "need. Please reduce the length of the messages", out);
    jo_cstr(out, "type", "invalid_request_error");
    jo_cstr(out, "param", "messages");
    jo_cstr(out, "code", "context_length_exceeded");
}

void refuse_openai(const struct refusal *r, struct obuf *out)
{
    static const struct refuse_name types[] = {
        {429, "rate_limit_error"}, {500, "server_error"}, {502, "server_error"}, {503, "server_error"},
        {504, "server_error"}, {0, "invalid_request_error"},
    };
    bool names_field = r->fail == FAIL_REQUEST_INVALID || r->fail == FAIL_LOCAL_UNSUPPORTED;
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_open(out, "error", '{');
    if (r->fail == FAIL_CONTEXT_LENGTH) {
        context_length_openai(r, out);
    } else {
        refuse_jo_message(r, "message", out);
        jo_cstr(out, "type", refuse_named(types, COUNT(types), fail_status(r->fail)));
        jo_cstr(out, "param", names_field ? r->detail : NULL);
        jo_code(r, out);
    }
    jo_close(out, '}');
    jo_close(out, '}');
    out->comma = false;
}

void refuse_openai_stream(const struct refusal *r, struct obuf *out)
{
    obuf_str(out, "data: ");
    refuse_openai(r, out);
    obuf_str(out, "\n\n");
}

/* ---- Anthropic ---- */

/* The SDKs' threads then send the whole conversation again, which can be decided and answered by itself. */
static void jo_thread_lost(struct obuf *out)
{
    jo_open(out, "details", '{');
    jo_cstr(out, "error_code", "thread_not_found");
    jo_close(out, '}');
}

void refuse_anthropic(const struct refusal *r, struct obuf *out)
{
    static const struct refuse_name types[] = {
        {401, "authentication_error"}, {403, "permission_error"}, {404, "not_found_error"}, {413, "request_too_large"},
        {429, "rate_limit_error"}, {500, "api_error"}, {502, "api_error"}, {503, "overloaded_error"},
        {504, "timeout_error"}, {0, "invalid_request_error"},
    };
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_cstr(out, "type", "error");
    jo_open(out, "error", '{');
    jo_cstr(out, "type", refuse_named(types, COUNT(types), fail_status(r->fail)));
    /* Claude Code looks for the API's words to shorten a conversation and go on. */
    if (r->fail == FAIL_CONTEXT_LENGTH) refuse_jo_message_as(r, "message", "prompt is too long", out);
    else refuse_jo_message(r, "message", out);
    if (r->fail == FAIL_STATE_UNKNOWN || r->fail == FAIL_STATE_REMOTE) jo_thread_lost(out);
    jo_close(out, '}');
    jo_cstr(out, "request_id", r->id);
    jo_close(out, '}');
    out->comma = false;
}

void refuse_anthropic_stream(const struct refusal *r, struct obuf *out)
{
    obuf_str(out, "event: error\ndata: ");
    refuse_anthropic(r, out);
    obuf_str(out, "\n\n");
}

/* ---- Gemini ---- */

void refuse_gemini(const struct refusal *r, struct obuf *out)
{
    static const struct refuse_name names[] = {
        {401, "UNAUTHENTICATED"}, {403, "PERMISSION_DENIED"}, {404, "NOT_FOUND"}, {429, "RESOURCE_EXHAUSTED"},
        {499, "CANCELLED"}, {500, "INTERNAL"}, {502, "UNAVAILABLE"}, {503, "UNAVAILABLE"}, {504, "DEADLINE_EXCEEDED"},
        {0, "INVALID_ARGUMENT"},
    };
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_open(out, "error", '{');
    jo_u64(out, "code", (uint64_t)fail_status(r->fail));   /* a number: the SDK fails on a string */
    if (r->fail == FAIL_CONTEXT_LENGTH)
        refuse_jo_message_as(r, "message", "The input token count exceeds the maximum number of tokens allowed", out);
    else refuse_jo_message(r, "message", out);
    jo_cstr(out, "status", refuse_named(names, COUNT(names), fail_status(r->fail)));
    jo_close(out, '}');
    jo_close(out, '}');
    out->comma = false;
}

void refuse_gemini_stream(const struct refusal *r, struct obuf *out)
{
    obuf_str(out, "data: ");
    refuse_gemini(r, out);
    obuf_str(out, "\r\n\r\n");
}
