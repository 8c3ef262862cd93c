/* codec.h - one API dialect: the table of functions that its file fills, and the routes that lead to it. Adding a
 * dialect is one file and one row in route.c. Codecs do no I/O and keep no state of their own; everything is in the
 * arguments. Any thread. Sources: the providers' API references and the SDKs' own decoders (docs/ARCHITECTURE.md). */
#ifndef CORDON_WIRE_CODEC_H
#define CORDON_WIRE_CODEC_H

#include "core/arena.h"
#include "core/jscan.h"
#include "core/obuf.h"
#include "wire/conv.h"

/* A refusal or a broken answer, to be put in the provider's own error shape. */
struct refusal {
    enum fail fail;
    const char *message;     /* a rule's own text, or NULL for fail_text */
    const char *detail;      /* a field name or a byte offset, ours, or NULL; never client text */
    const char *rule;        /* or NULL */
    const char *id;          /* the exchange's id (x-cordon-id) */
};

/* The state of one answer being encoded; lives in the exchange. Zeroed, then the first block is filled by the caller;
 * the rest belongs to the codec. answer_fini frees what the codec grew. When memory ran out, obuf_ok of the output says
 * so, at the latest with the last event. */
struct answer {
    const struct codec *codec;
    const char *id;          /* the exchange's id: the codec derives the API's own form ("chatcmpl-…") */
    const char *model;       /* the local model's name, as the client is told */
    const char *notice;      /* text to be put at the head of the answer, or NULL */
    uint64_t created;        /* Unix seconds */
    bool stream, include_usage;
    /* the codec's */
    bool begun, ended;
    bool notice_due;         /* the notice stands alone so far: the next text is set off by a blank line */
    struct obuf text;        /* non-streamed: the text so far */
    struct obuf calls;       /* non-streamed: tool calls so far, JSON */
    uint32_t n_calls;
    bool call_open;
};
void answer_fini(struct answer *a);

struct codec {
    const char *name;        /* "openai.chat": as in rules and records */
    const char *provider;    /* "openai": the API family, as in an upstream's `api` */
    /* decode and encode are NULL where no route generates; error and stream_error never are. */
    /* Request body to conversation. Lenient: what a local answer cannot honour is named in conv->unsupported and may
     * still be forwarded; REQUEST_INVALID only when the body is no request of this API at all. `at` gets the byte
     * offset or SIZE_MAX, `field` a static field name or NULL. */
    enum fail (*decode)(const struct jdoc *d, struct arena *a, struct conv *c, const char **field, size_t *at);
    /* One event to bytes, appended to `out`; nothing else is allocated but answer->text and ->calls of an answer that
     * is not streamed. Streamed answers write as they go; the others write the whole body at EV_END. Texts are whole
     * UTF-8 characters; a tool call ends where the next one or the answer ends. EV_ERROR in a stream that has begun
     * writes stream_error and no end mark; before that it writes nothing, as the caller can still refuse with a status
     * of its own. Events after the end are ignored. */
    void (*encode)(struct answer *a, const struct conv_event *e, struct obuf *out);
    /* The body of an error reply (Content-Type application/json). */
    void (*error)(const struct refusal *r, struct obuf *out);
    /* An error inside a stream that has begun. */
    void (*stream_error)(const struct refusal *r, struct obuf *out);
    /* A filler that this dialect's SDKs tolerate between events, to keep a slow stream alive; NULL for none. */
    const char *keepalive;
};

/* What a method and path mean. Routes are static; a path that is not known gets the generic one. Paths are compared as
 * bytes: another case, a trailing or doubled slash, a dot segment or a percent-escape make a path unknown. */
struct route {
    const char *operation;         /* "chat.completions", "models.list" … or "unknown" */
    const struct codec *codec;     /* never NULL: unknown paths get the nearest provider's error shape */
    bool known;                    /* false: the configuration's rule for unknown endpoints applies */
    bool takes_body;               /* a body on a route that takes none makes it unknown */
    bool generating;               /* decode() is called and a local answer is possible */
};

/* `path` is without the query; `provider` is the upstream's api ("openai" …). `has_body`: Content-Length > 0 or
 * chunked. Never NULL. */
const struct route *route_find(const char *provider, struct span method, struct span path, bool has_body);
/* The provider family ("openai") whose API has this path, for a reverse listener; NULL when none does. */
const char *route_provider(struct span path);
/* Whether that provider name is one cordon knows. For conf. */
bool route_knows_provider(const char *provider);
/* The route to a codec by its name: "openai.chat" as rules and `cordon explain --api` have it. NULL when there is none. */
const struct route *route_of_api(const char *name);

/* Headers that go up, and that come back, by name without regard to case. Everything else is dropped; what frames a
 * message (Host, Content-Length, Content-Encoding of the request …) is written by the proxy itself. header_goes_up is
 * the whole answer, credentials included: of those, Proxy-Authorization and Cookie do not go up. The value of a
 * credential is never inspected, logged or recorded. */
bool header_goes_up(struct span name);
bool header_comes_back(struct span name);
bool header_is_credential(struct span name);

#endif
