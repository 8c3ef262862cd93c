/* Chat completions as InvokeModel has them: OpenAI's events, each in a chunk of its own. */
#include "wire/bedrock_invoke.h"
#include "wire/openai_chat.h"

#define DATA "data: "

/* One event's JSON, which never holds a line end; NULL and the rest untouched when there is no more. */
static struct span next_event(struct span *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end == NULL) return SPAN_NONE;
    struct span line = {rest->p, (size_t)(end - rest->p)};
    *rest = span_from(*rest, line.n + 2);   /* and the blank line */
    return span_from(line, sizeof DATA - 1);
}

static void put_chunk(struct span json, const struct answer *a, const struct conv_event *last, struct obuf *out)
{
    struct obuf o = {0};
    if (last == NULL) {
        bedrock_chunk(json, out);
        return;
    }
    obuf_put(&o, json.p, json.n - 1);   /* reopened: what the call cost is the last member */
    o.comma = true;
    bedrock_invocation_metrics(a, last, &o);
    jo_close(&o, '}');
    if (obuf_ok(&o)) bedrock_chunk(obuf_span(&o), out);
    else out->bad = true;
    obuf_fini(&o);
}

/* The stream's end, "[DONE]", is no JSON and not told; the event before it is the last. */
static void put_chunks(const struct answer *a, const struct conv_event *e, struct span events, struct obuf *out)
{
    struct span json = next_event(&events);
    while (json.p && json.p[0] == '{') {
        struct span next = next_event(&events);
        bool last = next.p && next.p[0] == '[';
        put_chunk(json, a, last ? e : NULL, out);
        json = next;
    }
}

void bedrock_openai_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct obuf events = {0};
    if (!a->stream) {
        openai_chat_encode(a, e, out);
        return;
    }
    if (e->kind == EV_ERROR) {
        struct refusal r = {.fail = e->fail, .id = a->id};
        if (a->begun && !a->ended) refuse_bedrock_stream(&r, out);
        a->ended = true;
        return;
    }
    openai_chat_encode(a, e, &events);
    if (obuf_ok(&events)) put_chunks(a, e, obuf_span(&events), out);
    else out->bad = true;
    obuf_fini(&events);
}
