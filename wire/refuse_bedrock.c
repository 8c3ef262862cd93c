/* Bedrock's errors: a message in the body, the exception's name in a header, from which the SDKs make the typed exception;
 * in a stream an exception message. */
#include "wire/bedrock.h"
#include "wire/refuse.h"

static const struct refuse_name exceptions[] = {
    {400, "ValidationException"}, {401, "AccessDeniedException"}, {403, "AccessDeniedException"},
    {404, "ResourceNotFoundException"}, {408, "ModelTimeoutException"}, {424, "ModelErrorException"},
    {429, "ThrottlingException"}, {500, "InternalServerException"}, {502, "ServiceUnavailableException"},
    {503, "ServiceUnavailableException"}, {504, "ModelTimeoutException"}, {0, "ValidationException"},
};

/* Clients look for these words to shorten a conversation and go on. */
#define TOO_LONG "Input is too long for requested model."

void refuse_bedrock(const struct refusal *r, struct obuf *out)
{
    out->comma = false;
    jo_open(out, NULL, '{');
    if (r->fail == FAIL_CONTEXT_LENGTH) refuse_jo_message_as(r, "message", TOO_LONG, out);
    else refuse_jo_message(r, "message", out);
    jo_close(out, '}');
    out->comma = false;
}

/* Amazon's SDKs do not read x-should-retry: they try again after every 500, 502, 503 and 504. 424 is Bedrock's own status
 * for what went wrong behind it and is not tried again. */
int refuse_bedrock_status(enum fail f)
{
    int status = fail_status(f);
    return status >= 500 && !fail_may_retry(f) ? 424 : status;
}

void refuse_bedrock_headers(const struct refusal *r, struct obuf *out)
{
    obuf_str(out, "x-amzn-errortype: ");
    obuf_str(out, refuse_named(exceptions, COUNT(exceptions), refuse_bedrock_status(r->fail)));
    obuf_str(out, "\r\n");
}

/* The names are members of the stream's union, so that they begin with a small letter; it has no 404 and no 403. */
void refuse_bedrock_stream(const struct refusal *r, struct obuf *out)
{
    static const struct refuse_name members[] = {
        {429, "throttlingException"}, {500, "internalServerException"}, {502, "serviceUnavailableException"},
        {503, "serviceUnavailableException"}, {504, "serviceUnavailableException"}, {0, "validationException"},
    };
    const char *name = refuse_named(members, COUNT(members), fail_status(r->fail));
    if (r->fail == FAIL_ENGINE_FAILED) name = "modelStreamErrorException";
    size_t place = eventstream_open(out, EVENTSTREAM_EXCEPTION, name);
    refuse_bedrock(r, out);
    eventstream_close(out, place);
}
