/* codecs.h - the codecs there are, for route.c and the dialects' own files; the rest of the program gets them from a
 * route. A codec named "….other" has only its provider's error shapes. Static, any thread. */
#ifndef CORDON_WIRE_CODECS_H
#define CORDON_WIRE_CODECS_H

#include "wire/codec.h"

extern const struct codec codec_openai_chat;
extern const struct codec codec_openai_completions;
extern const struct codec codec_openai_embeddings;
extern const struct codec codec_openai_models;
extern const struct codec codec_openai_responses;
extern const struct codec codec_openai_responses_compact;
extern const struct codec codec_openai_responses_count;
extern const struct codec codec_openai_other;
extern const struct codec codec_anthropic_messages;
extern const struct codec codec_anthropic_count;
extern const struct codec codec_anthropic_other;
extern const struct codec codec_gemini_generate;
extern const struct codec codec_gemini_count;
extern const struct codec codec_gemini_embed;
extern const struct codec codec_gemini_upload;
extern const struct codec codec_gemini_other;
extern const struct codec codec_mistral_chat;
extern const struct codec codec_mistral_embed;
extern const struct codec codec_mistral_other;
extern const struct codec codec_cohere_chat;
extern const struct codec codec_cohere_v1_chat;
extern const struct codec codec_cohere_embed;
extern const struct codec codec_cohere_other;
extern const struct codec codec_ollama_chat;
extern const struct codec codec_ollama_generate;
extern const struct codec codec_ollama_embed;
extern const struct codec codec_ollama_other;
extern const struct codec codec_bedrock_converse;
extern const struct codec codec_bedrock_invoke;
extern const struct codec codec_bedrock_count;
extern const struct codec codec_bedrock_other;
extern const struct codec codec_vertex_anthropic;
extern const struct codec codec_vertex_mistral;
extern const struct codec codec_vertex_embed;
extern const struct codec codec_vertex_other;

#endif
