/* Errors as Ollama says them: one sentence, in a stream as a line of its own. */
#include "wire/ollama.h"
#include "wire/refuse.h"

void refuse_ollama(const struct refusal *r, struct obuf *out)
{
    out->comma = false;
    jo_open(out, NULL, '{');
    if (r->fail == FAIL_CONTEXT_LENGTH) refuse_jo_message_as(r, "error", "the input length exceeds the context length", out);
    else refuse_jo_message(r, "error", out);
    jo_close(out, '}');
    out->comma = false;
}

void refuse_ollama_stream(const struct refusal *r, struct obuf *out)
{
    refuse_ollama(r, out);
    obuf_str(out, "\n");
}
