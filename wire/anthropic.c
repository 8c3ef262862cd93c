/* Anthropic's paths. Formats: anthropic_*.c. Source: Anthropic's API reference. */
#include "wire/codecs.h"
#include "wire/dialects.h"

const struct dialect dialect_anthropic = {.name = "anthropic", DIALECT_OTHERS(codec_anthropic_other)};
