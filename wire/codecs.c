/* The codecs that have error shapes and nothing else. */
#include "wire/codecs.h"
#include "wire/refuse.h"

const struct codec codec_openai_models = {
    .name = "openai.models", .provider = "openai", .error = refuse_openai, .stream_error = refuse_openai_stream};
const struct codec codec_openai_other = {
    .name = "openai.other", .provider = "openai", .error = refuse_openai, .stream_error = refuse_openai_stream};
const struct codec codec_anthropic_other = {
    .name = "anthropic.other", .provider = "anthropic", .error = refuse_anthropic, .stream_error = refuse_anthropic_stream,
    .id_header = "request-id"};
const struct codec codec_gemini_other = {
    .name = "gemini.other", .provider = "gemini", .error = refuse_gemini, .stream_error = refuse_gemini_stream};
