/* Gemini's paths. Formats: gemini_*.c. Source: Google's Gemini API reference. */
#include "wire/codecs.h"
#include "wire/dialects.h"

const struct dialect dialect_gemini = {.name = "gemini", DIALECT_OTHERS(codec_gemini_other)};
