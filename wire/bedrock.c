/* Amazon Bedrock's paths and codecs. Formats: bedrock_*.c. Source: the Bedrock Runtime API reference. */
#include "wire/bedrock_invoke.h"
#include "wire/codecs.h"
#include "wire/dialects.h"

static const char *content_type(const struct answer *a)
{
    return a->stream ? "application/vnd.amazon.eventstream" : "application/json";
}

/* A stream is framed; this says of what the chunks are. */
static void invoke_headers(const struct answer *a, struct obuf *out)
{
    if (a->stream) obuf_str(out, "x-amzn-bedrock-content-type: application/json\r\n");
}

/* No filler between messages: the SDKs know no empty one. */
#define BEDROCK(what) \
    .name = "bedrock." what, .provider = "bedrock", .error = refuse_bedrock, .stream_error = refuse_bedrock_stream, \
    .error_headers = refuse_bedrock_headers, .error_status = refuse_bedrock_status, .id_header = "x-amzn-requestid"

const struct codec codec_bedrock_converse = {
    BEDROCK("converse"), .decode = bedrock_converse_decode, .encode = bedrock_converse_encode, .content_type = content_type};
const struct codec codec_bedrock_invoke = {
    BEDROCK("invoke"), .decode = bedrock_invoke_decode, .encode = bedrock_invoke_encode, .content_type = content_type,
    .answer_headers = invoke_headers};
const struct codec codec_bedrock_count = {
    BEDROCK("count"), .decode = bedrock_count_decode, .encode = bedrock_count_encode};
const struct codec codec_bedrock_other = {BEDROCK("other")};

static const struct route converse = ROUTE("converse", codec_bedrock_converse, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route converse_stream = ROUTE("converse_stream", codec_bedrock_converse, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route invoke = ROUTE("invoke", codec_bedrock_invoke, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route invoke_stream = ROUTE("invoke_stream", codec_bedrock_invoke, CONV_CHAT, ROUTE_GIVES_SEALED);
static const struct route count = ROUTE("count_tokens", codec_bedrock_count, CONV_COUNT, 0);
static const struct route duplex =
    ROUTE("invoke_bidirectional", codec_bedrock_other, CONV_NONE, ROUTE_SIDE_DOOR | ROUTE_ANY_BODY);
static const struct route async_start = ROUTE("async_invoke.create", codec_bedrock_other, CONV_NONE, ROUTE_GIVES_IDS);
static const struct route async_list = ROUTE_NO_BODY("async_invoke.list", codec_bedrock_other, 0);
static const struct route async_get = ROUTE_NO_BODY("async_invoke.retrieve", codec_bedrock_other, 0);
static const struct route guardrail = ROUTE("guardrail.apply", codec_bedrock_other, CONV_NONE, 0);
static const struct route guardrail_checks = ROUTE("guardrail.checks", codec_bedrock_other, CONV_NONE, 0);
static const struct route openai_chat = ROUTE("openai.chat.completions", codec_openai_chat, CONV_CHAT, 0);
static const struct route openai_models = ROUTE_NO_BODY("openai.models", codec_openai_other, 0);

static const struct route_row rows[] = {
    {"POST", "/model/+/converse", &converse},
    {"POST", "/model/+/converse-stream", &converse_stream},
    {"POST", "/model/+/invoke", &invoke},
    {"POST", "/model/+/invoke-with-response-stream", &invoke_stream},
    {"POST", "/model/+/count-tokens", &count},
    {"POST", "/model/+/invoke-with-bidirectional-stream", &duplex},
    {"POST", "/async-invoke", &async_start},
    {"GET", "/async-invoke", &async_list},
    {"GET", "/async-invoke/+", &async_get},
    {"POST", "/guardrail/+/version/+/apply", &guardrail},
    {"POST", "/guardrail-checks/invoke", &guardrail_checks},
    {"POST", "/openai/v1/chat/completions", &openai_chat},   /* OpenAI's open models, in their own format */
    {"GET", "/openai/v1/models", &openai_models},
};

/* Of a presigned URL; the rest of its parameters is no secret. */
static const char *const query_credentials[] = {"X-Amz-Signature", "X-Amz-Security-Token", NULL};

const struct dialect dialect_bedrock = {
    .name = "bedrock", .rows = rows, .n_rows = COUNT(rows), .base_path = "", .query_credentials = query_credentials,
    DIALECT_OTHERS(codec_bedrock_other)};
