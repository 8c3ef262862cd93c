/* gemini_generate.h - the parts of Gemini's codecs (generateContent, countTokens, embedContent), which Vertex uses on its
 * own paths: the model and the verb are taken from a path's last segment, whatever stands before it. Names of members are
 * accepted as the API does it: in camelCase and in snake_case. Sources: Google's Gemini API reference, and what its Python
 * and Node SDKs send and decode. Any thread. */
#ifndef CORDON_WIRE_GEMINI_GENERATE_H
#define CORDON_WIRE_GEMINI_GENERATE_H

#include "wire/reader.h"

/* conv.own */
enum gemini_own {
    GEMINI_SSE = 1,     /* the stream is events (alt=sse); else it is a JSON array */
    GEMINI_BATCH = 2    /* batchEmbedContents: a list of vectors */
};

/* ---- codec functions ---- */

/* REQUEST_INVALID: the body is no object, or `contents` no array. */
CD_USE enum fail gemini_generate_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                        size_t *at);
void gemini_generate_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
/* countTokens: contents, or a generateContentRequest that holds them. */
CD_USE enum fail gemini_count_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);
void gemini_count_encode(struct answer *a, const struct conv_event *e, struct obuf *out);
/* embedContent: `content` must be an object; batchEmbedContents: `requests` an array. */
CD_USE enum fail gemini_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                     size_t *at);
void gemini_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out);

/* ---- parts of decode ---- */

/* Whether a key is that camelCase name, in either spelling. */
bool gemini_same(const struct jdoc *d, uint32_t key, const char *camel);
/* A member that is given and not null, in either spelling, or J_NONE. */
uint32_t gemini_get(const struct reader *r, uint32_t obj, const char *camel);
/* Where a list is due the API also takes its one element alone: contents, parts and tools are written so in its own
 * examples. Walk it from gemini_first to jdoc_end. */
static inline bool gemini_is_list(const struct reader *r, uint32_t i)
{
    return reader_is(r, i, J_ARRAY) || reader_is(r, i, J_OBJECT);
}
static inline uint32_t gemini_first(const struct reader *r, uint32_t i)
{
    return reader_is(r, i, J_ARRAY) ? jdoc_first(i) : i;
}
/* "gemini-2.5-pro" of "…/models/gemini-2.5-pro:generateContent"; empty, not NULL, when there is none. */
struct span gemini_model(struct span path);
/* The texts of a Content's parts, for a Content that can have nothing else; `name` is unsupported when it has. */
struct span gemini_content_text(struct reader *r, uint32_t content, const char *name);
/* The messages: the system's text (J_NONE: none), then `contents` (an array). */
void gemini_messages(struct reader *r, uint32_t contents, uint32_t system);
/* A request's members, `obj` being the body or what holds it. `contents` has been checked. */
void gemini_request(struct reader *r, uint32_t obj);
/* Function declarations into conv->tools; those not in `allowed` (an array of names, or J_NONE) are left out, and so are
 * the tools that run at the provider. */
void gemini_tools(struct reader *r, uint32_t tools, uint32_t allowed);
/* A schema of Google's kind (types in capitals, `nullable`, numbers in strings) as JSON Schema. */
void gemini_schema(const struct jdoc *d, uint32_t schema, struct obuf *o);

#endif
