/* Errors as Cohere says them. A stream ends with the same event whether it is well or not, so that is how one breaks. */
#include "wire/cohere.h"
#include "wire/refuse.h"

/* Cohere's own words for it. */
static void put_message(const struct refusal *r, const char *key, struct obuf *out)
{
    if (r->fail == FAIL_CONTEXT_LENGTH)
        refuse_jo_message_as(r, key, "too many tokens: the prompt and the requested completion exceed the model's context. "
                                     "Try using shorter or fewer inputs", out);
    else refuse_jo_message(r, key, out);
}

void refuse_cohere(const struct refusal *r, struct obuf *out)
{
    out->comma = false;
    jo_open(out, NULL, '{');
    if (r->id) jo_cstr(out, "id", r->id);
    put_message(r, "message", out);
    jo_close(out, '}');
    out->comma = false;
}

void refuse_cohere_stream(const struct refusal *r, struct obuf *out)
{
    obuf_str(out, "event: message-end\ndata: ");
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_cstr(out, "type", "message-end");
    jo_open(out, "delta", '{');
    jo_cstr(out, "finish_reason", "ERROR");
    put_message(r, "error", out);
    jo_close(out, '}');
    jo_close(out, '}');
    out->comma = false;
    obuf_str(out, "\n\n");
}
