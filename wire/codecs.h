/* codecs.h - the codecs there are, for route.c and the dialects' own files; the rest of the program gets them from a
 * route. A codec named "….other" has only its provider's error shapes. Static, any thread. */
#ifndef CORDON_WIRE_CODECS_H
#define CORDON_WIRE_CODECS_H

#include "wire/codec.h"

extern const struct codec codec_openai_chat;
extern const struct codec codec_openai_models;
extern const struct codec codec_openai_other;
extern const struct codec codec_anthropic_other;
extern const struct codec codec_gemini_other;

#endif
