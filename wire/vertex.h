/* vertex.h - what is Vertex AI's own beside the formats it carries (Gemini's, Anthropic's, OpenAI's): vectors by
 * `predict`, and Messages whose model stands in the path. Sources: the Vertex AI REST reference, what google-genai and
 * anthropic's Python SDKs send and decode. Any thread. */
#ifndef CORDON_WIRE_VERTEX_H
#define CORDON_WIRE_VERTEX_H

#include "wire/reader.h"

/* codec.decode of publishers/google/models/M:predict. REQUEST_INVALID: `instances` is no array. Instances without
 * `content` (pictures, prompts of an older API) are unsupported. */
CD_USE enum fail vertex_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);
void vertex_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* codec.decode of publishers/anthropic/models/M:rawPredict and :streamRawPredict: Anthropic's, the model from the path. */
CD_USE enum fail vertex_anthropic_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                         size_t *at);

/* codec.decode of publishers/mistralai/models/M:rawPredict and :streamRawPredict: Mistral's chat, which has `model` in its
 * body here too. Other bodies (code completion, OCR) are unsupported. */
CD_USE enum fail vertex_mistral_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                       size_t *at);

#endif
