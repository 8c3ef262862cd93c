/* Errors as Mistral says them. */
#include "wire/mistral.h"
#include "wire/refuse.h"

void refuse_mistral(const struct refusal *r, struct obuf *out)
{
    static const struct refuse_name types[] = {
        {401, "unauthorized"}, {403, "forbidden"}, {404, "not_found"}, {429, "rate_limited"}, {500, "internal_server_error"},
        {502, "bad_gateway"}, {503, "service_unavailable"}, {504, "gateway_timeout"}, {0, "invalid_request_error"},
    };
    bool names_field = r->fail == FAIL_REQUEST_INVALID || r->fail == FAIL_LOCAL_UNSUPPORTED;
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_cstr(out, "object", "error");
    if (r->fail == FAIL_CONTEXT_LENGTH) {   /* the provider's own type and number for it */
        refuse_jo_message_as(r, "message", "Prompt contains too many tokens, too large for the model's maximum context length", out);
        jo_cstr(out, "type", "invalid_request_prompt");
        jo_null(out, "param");
        jo_cstr(out, "code", "3051");
    } else {
        refuse_jo_message(r, "message", out);
        jo_cstr(out, "type", refuse_named(types, COUNT(types), fail_status(r->fail)));
        jo_cstr(out, "param", names_field ? r->detail : NULL);
        jo_cstr(out, "code", fail_code(r->fail));
    }
    jo_close(out, '}');
    out->comma = false;
}

void refuse_mistral_stream(const struct refusal *r, struct obuf *out)
{
    obuf_str(out, "data: ");
    refuse_mistral(r, out);
    obuf_str(out, "\n\n");
}
