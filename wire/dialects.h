/* dialects.h - the API families there are, each in a file of its own; for route.c. Static, any thread. */
#ifndef CORDON_WIRE_DIALECTS_H
#define CORDON_WIRE_DIALECTS_H

#include "wire/codec.h"

/* How a dialect's file writes its routes. */
#define ROUTE(op, c, k, f) {.operation = (op), .codec = &(c), .known = true, .takes_body = true, .kind = (k), .flags = (f)}
#define DIALECT_OTHERS(c) \
    .probe = {.operation = "probe", .codec = &(c), .known = true}, \
    .options = {.operation = "options", .codec = &(c), .known = true}, \
    .unknown = {.operation = "unknown", .codec = &(c), .takes_body = true, .flags = ROUTE_ANY_BODY}
#define ROUTE_NO_BODY(op, c, f) {.operation = (op), .codec = &(c), .known = true, .flags = (f)}

/* What Google's APIs take as a credential in the query: its reference for "system parameters". */
extern const char *const google_query_credentials[];   /* gemini.c */

extern const struct dialect dialect_openai;      /* openai.c; codecs in openai_*.c */
extern const struct dialect dialect_azure;       /* azure.c: OpenAI's formats on two styles of paths */
extern const struct dialect dialect_anthropic;   /* anthropic.c */
extern const struct dialect dialect_gemini;      /* gemini.c */
extern const struct dialect dialect_vertex;      /* vertex.c: Gemini's and Anthropic's formats on Google Cloud's paths */
extern const struct dialect dialect_mistral;     /* mistral.c */
extern const struct dialect dialect_bedrock;     /* bedrock.c */
extern const struct dialect dialect_cohere;      /* cohere.c */
extern const struct dialect dialect_ollama;      /* ollama.c */

#endif
