/* An item of a Responses answer as JSON: as it opens, and whole. */
#include "wire/openai_responses.h"

static uint32_t item_id(const struct answer *a)
{
    bool call = a->choice[0].open == ITEM_FUNCTION || a->choice[0].open == ITEM_CUSTOM;
    return a->ids - (call ? 2 : 1);
}

static void put_id(const struct answer *a, const char *key, const char *prefix, uint32_t n, struct obuf *o)
{
    jo_raw(o, key, SPAN("\""));
    answer_id_again(a, prefix, n, o);
    obuf_str(o, "\"");
}

void responses_put_item_id(const struct answer *a, const char *key, struct obuf *o)
{
    static const char *const prefixes[] = {[ITEM_NONE] = "", [ITEM_REASONING] = "rs_", [ITEM_MESSAGE] = "msg_",
                                           [ITEM_FUNCTION] = "fc_", [ITEM_CUSTOM] = "ctc_", [ITEM_SUMMARY] = "cmp_"};
    put_id(a, key, prefixes[a->choice[0].open], item_id(a), o);
}

void responses_put_text_part(const char *key, struct span text, struct obuf *o)
{
    jo_open(o, key, '{');
    jo_cstr(o, "type", "output_text");
    jo_raw(o, "annotations", SPAN("[]"));
    jo_raw(o, "logprobs", SPAN("[]"));
    jo_str(o, "text", text);
    jo_close(o, '}');
}

void responses_put_summary_part(const char *key, struct span text, struct obuf *o)
{
    jo_open(o, key, '{');
    jo_cstr(o, "type", "summary_text");
    jo_str(o, "text", text);
    jo_close(o, '}');
}

static void put_message(const struct answer *a, const char *status, const struct span *text, struct obuf *o)
{
    responses_put_item_id(a, "id", o);
    jo_cstr(o, "type", "message");
    jo_cstr(o, "status", status);
    jo_open(o, "content", '[');
    if (text) responses_put_text_part(NULL, *text, o);
    jo_close(o, ']');
    jo_cstr(o, "role", "assistant");
}

static void put_reasoning(const struct answer *a, const struct span *text, struct obuf *o)
{
    responses_put_item_id(a, "id", o);
    jo_cstr(o, "type", "reasoning");
    jo_open(o, "summary", '[');
    if (text) responses_put_summary_part(NULL, *text, o);
    jo_close(o, ']');
}

/* The name of the call that is open stands before its arguments in choice.calls, and a NUL between them. */
struct span responses_open_name(const struct answer_choice *c)
{
    const char *nul = c->calls.n ? memchr(c->calls.p, 0, c->calls.n) : NULL;
    return (struct span){c->calls.p, nul ? (size_t)(nul - c->calls.p) : 0};
}

/* What the open item has so far. */
struct span responses_open_text(const struct answer_choice *c)
{
    bool call = c->open == ITEM_FUNCTION || c->open == ITEM_CUSTOM;
    struct span all = obuf_span(&c->calls);
    return call ? span_from(all, responses_open_name(c).n + 1) : all;
}

static void put_call(const struct answer *a, const char *status, struct span text, struct obuf *o)
{
    bool custom = a->choice[0].open == ITEM_CUSTOM;
    responses_put_item_id(a, "id", o);
    jo_cstr(o, "type", custom ? "custom_tool_call" : "function_call");
    jo_cstr(o, "status", status);
    put_id(a, "call_id", "call_", a->ids - 1, o);
    jo_str(o, "name", responses_open_name(&a->choice[0]));
    jo_str(o, custom ? "input" : "arguments", text);
}

/* The open item; `text` NULL: as it begins. */
void responses_put_item(const struct answer *a, const char *key, const char *status, const struct span *text, struct obuf *o)
{
    switch ((enum item_kind)a->choice[0].open) {
    case ITEM_SUMMARY:
        jo_raw(o, key, SPAN_NONE);
        o->comma = false;
        responses_put_summary(a, item_id(a), text ? *text : SPAN_NONE, o);
        return;
    case ITEM_REASONING:
        jo_open(o, key, '{');
        put_reasoning(a, text, o);
        break;
    case ITEM_MESSAGE:
        jo_open(o, key, '{');
        put_message(a, status, text, o);
        break;
    default:
        jo_open(o, key, '{');
        put_call(a, status, text ? *text : SPAN_NONE, o);
        break;
    }
    jo_close(o, '}');
}
