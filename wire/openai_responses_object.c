/* The response object of the Responses API: what was answered, and the request's parameters said back. */
#include "wire/openai_responses.h"

/* A value as the request has it. Line ends between tokens are dropped: they would end the line of an event. */
static void put_value(const struct jdoc *d, uint32_t i, const char *key, struct obuf *o)
{
    bool string = d->tok[i].type == J_STRING;
    struct span s = jdoc_raw(d, i);
    jo_raw(o, key, string ? SPAN("\"") : SPAN_NONE);
    while (s.n) {
        size_t n = 0;
        while (n < s.n && s.p[n] != '\n' && s.p[n] != '\r') n++;
        obuf_put(o, s.p, n);
        s = span_from(s, n + 1);
    }
    if (string) obuf_str(o, "\"");
}

static uint32_t given(const struct jdoc *d, uint32_t obj, const char *key)
{
    uint32_t i = d ? jdoc_get(d, obj, key) : J_NONE;
    return i != J_NONE && d->tok[i].type == J_NULL ? J_NONE : i;
}

static void put_member(const struct jdoc *d, uint32_t obj, const char *key, const char *otherwise, struct obuf *o)
{
    uint32_t i = given(d, obj, key);
    if (i != J_NONE) put_value(d, i, key, o);
    else jo_raw(o, key, span_str(otherwise));
}

static void put_text(const struct jdoc *d, struct obuf *o)
{
    uint32_t text = given(d, 0, "text");
    jo_open(o, "text", '{');
    put_member(d, text, "format", "{\"type\":\"text\"}", o);
    put_member(d, text, "verbosity", "\"medium\"", o);
    jo_close(o, '}');
}

static void put_reasoning(const struct jdoc *d, struct obuf *o)
{
    uint32_t reasoning = given(d, 0, "reasoning");
    jo_open(o, "reasoning", '{');
    put_member(d, reasoning, "effort", "null", o);
    put_member(d, reasoning, "summary", "null", o);
    jo_close(o, '}');
}

struct echo {
    const char *name, *otherwise;
};

static void put_echoes(const struct jdoc *d, const struct echo *rows, size_t n, struct obuf *o)
{
    for (size_t i = 0; i < n; i++) put_member(d, 0, rows[i].name, rows[i].otherwise, o);
}

static void put_usage(const struct conv_event *end, struct obuf *o)
{
    jo_open(o, "usage", '{');
    jo_u64(o, "input_tokens", end->prompt_tokens);
    jo_open(o, "input_tokens_details", '{');
    jo_u64(o, "cache_write_tokens", 0);
    jo_u64(o, "cached_tokens", 0);
    jo_close(o, '}');
    jo_u64(o, "output_tokens", end->completion_tokens);
    jo_open(o, "output_tokens_details", '{');
    jo_u64(o, "reasoning_tokens", end->reasoning_tokens);
    jo_close(o, '}');
    jo_u64(o, "total_tokens", (uint64_t)end->prompt_tokens + end->completion_tokens);
    jo_close(o, '}');
}

static void put_id(const struct answer *a, const char *prefix, uint32_t n, struct obuf *o)
{
    jo_raw(o, "id", SPAN("\""));
    answer_id_again(a, prefix, n, o);
    obuf_str(o, "\"");
}

static void put_state(const struct answer *a, const char *status, const struct conv_event *end, struct obuf *o)
{
    put_id(a, "resp_", 0, o);
    jo_cstr(o, "object", "response");
    jo_u64(o, "created_at", a->created);
    jo_cstr(o, "status", status);
    put_member(a->request, 0, "background", "false", o);
    jo_null(o, "error");
    if (end && end->stop == STOP_LENGTH) jo_raw(o, "incomplete_details", SPAN("{\"reason\":\"max_output_tokens\"}"));
    else jo_null(o, "incomplete_details");
}

void responses_put_object(const struct answer *a, const char *status, const struct conv_event *end, struct obuf *o)
{
    static const struct echo head[] = {{"instructions", "null"}, {"max_output_tokens", "null"}, {"max_tool_calls", "null"}};
    static const struct echo mid[] = {{"parallel_tool_calls", "true"}, {"previous_response_id", "null"},
                                      {"prompt_cache_key", "null"}, {"safety_identifier", "null"}};
    static const struct echo tail[] = {{"tool_choice", "\"auto\""}, {"tools", "[]"}, {"top_logprobs", "0"},
                                       {"top_p", "1.0"}, {"truncation", "\"disabled\""}};
    static const struct echo last[] = {{"user", "null"}, {"metadata", "{}"}};
    const struct jdoc *d = a->request;
    jo_open(o, NULL, '{');
    put_state(a, status, end, o);
    put_echoes(d, head, COUNT(head), o);
    jo_cstr(o, "model", a->model);
    jo_open(o, "output", '[');
    if (a->choice[0].n_items) jo_raw(o, NULL, obuf_span(&a->choice[0].items));
    jo_close(o, ']');
    put_echoes(d, mid, COUNT(mid), o);
    put_reasoning(d, o);
    jo_cstr(o, "service_tier", "default");
    jo_bool(o, "store", a->conv->store);
    put_member(d, 0, "temperature", "1.0", o);
    put_text(d, o);
    put_echoes(d, tail, COUNT(tail), o);
    if (end) put_usage(end, o);
    else jo_null(o, "usage");
    put_echoes(d, last, COUNT(last), o);
    jo_close(o, '}');
}

/* ---- a summary ---- */

void responses_put_summary(const struct answer *a, uint32_t n, struct span text, struct obuf *o)
{
    jo_open(o, NULL, '{');
    put_id(a, "cmp_", n, o);
    jo_cstr(o, "type", "compaction");
    jo_str(o, "encrypted_content", text);
    jo_close(o, '}');
}

/* A user's message as the API gives it back: with an id, and its text as a part. */
static void put_user(struct answer *a, const struct jdoc *d, uint32_t content, uint32_t id, struct obuf *o)
{
    jo_open(o, NULL, '{');
    if (id != J_NONE) {
        put_value(d, id, "id", o);
    } else {
        jo_raw(o, "id", SPAN("\""));
        answer_id(a, "msg_", o);
        obuf_str(o, "\"");
    }
    jo_cstr(o, "type", "message");
    jo_cstr(o, "status", "completed");
    jo_cstr(o, "role", "user");
    if (d->tok[content].type == J_ARRAY) {
        put_value(d, content, "content", o);
    } else {
        jo_open(o, "content", '[');
        jo_open(o, NULL, '{');
        jo_cstr(o, "type", "input_text");
        put_value(d, content, "text", o);
        jo_close(o, '}');
        jo_close(o, ']');
    }
    jo_close(o, '}');
}

static void put_users(struct answer *a, const struct jdoc *d, struct obuf *o)
{
    uint32_t input = given(d, 0, "input");
    if (input == J_NONE) return;
    if (d->tok[input].type == J_STRING) {
        put_user(a, d, input, J_NONE, o);
        return;
    }
    for (uint32_t k = jdoc_first(input); k < jdoc_end(d, input); k = d->tok[k].next) {
        uint32_t content = given(d, k, "content");
        if (content != J_NONE && jdoc_is(d, jdoc_get(d, k, "role"), "user"))
            put_user(a, d, content, jdoc_get_type(d, k, "id", J_STRING), o);
    }
}

void responses_put_compaction(struct answer *a, const struct conv_event *end, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_raw(o, "id", SPAN("\""));
    answer_id(a, "resp_", o);
    obuf_str(o, "\"");
    jo_cstr(o, "object", "response.compaction");
    jo_u64(o, "created_at", a->created);
    jo_open(o, "output", '[');
    if (a->request) put_users(a, a->request, o);
    uint32_t n = a->ids++;
    responses_put_summary(a, n, obuf_span(&a->choice[0].text), o);
    jo_close(o, ']');
    put_usage(end, o);
    jo_close(o, '}');
}
