/* codec.h - one API dialect: the table of functions that its file fills, and the routes that lead to it. Adding a
 * dialect is one file with its codecs and rows, and one line in route.c. Codecs do no I/O and keep no state of their own;
 * everything is in the arguments. Any thread. Sources: the providers' API references and the SDKs' own decoders
 * (docs/ARCHITECTURE.md). */
#ifndef CORDON_WIRE_CODEC_H
#define CORDON_WIRE_CODEC_H

#include "core/arena.h"
#include "core/jscan.h"
#include "core/local_id.h"
#include "core/obuf.h"
#include "wire/conv.h"

struct route;

/* A refusal or a broken answer, to be put in the provider's own error shape. */
struct refusal {
    enum fail fail;
    const char *message;     /* a rule's own text, or NULL for fail_text */
    const char *detail;      /* a field name or a byte offset, ours, or NULL; never client text */
    const char *rule;        /* or NULL */
    const char *id;          /* the exchange's id (x-cordon-id) */
};

/* What a request body is decoded from. */
struct conv_source {
    const struct jdoc *doc;
    struct span path, query;           /* as routed, without and after the question mark; some APIs say the model there */
    const struct route *route;
};

/* One of the n answers to a request. */
struct answer_choice {
    struct obuf text, reasoning;       /* so far: all of it, as the client is told it */
    struct obuf calls;                 /* tool calls so far, in the codec's JSON */
    struct obuf items;                 /* the codec's: finished output items, blocks … */
    uint32_t n_calls, n_items;
    uint32_t open;                     /* the codec's: which kind of block is open; 0 none */
    uint32_t open_index;               /* the codec's: its number */
    bool begun, ended, notice_due;
    enum conv_stop stop;
};

/* The state of one answer being encoded; lives in the exchange. Zeroed, then the first block is filled by the caller;
 * the rest belongs to the codec. answer_fini frees what the codec grew. When memory ran out, obuf_ok of the output says
 * so, at the latest with the last event. */
struct answer {
    const struct codec *codec;
    const struct route *route;
    const struct conv *conv;           /* of the request: stream, include_usage, n_choices, own … */
    const struct jdoc *request;        /* what a codec repeats of the request's parameters (Responses does) */
    const char *id;                    /* the exchange's id */
    const struct id_key *id_key;       /* for answer_id */
    uint32_t class_mask;               /* what the request was decided to be */
    const char *model;                 /* the local model's name, as the client is told */
    const char *notice;                /* text to be put at the head of the answer, or NULL */
    uint64_t created;                  /* Unix seconds */
    bool stream;
    /* the codec's */
    struct answer_choice choice[CONV_MAX_CHOICES];
    struct obuf body;                  /* whatever is gathered over all choices: vectors, say */
    uint32_t n_ended;                  /* choices */
    uint32_t sequence;                 /* of events, where the API counts them */
    uint32_t ids;                      /* given out by answer_id so far */
    uint32_t prompt_tokens, completion_tokens, reasoning_tokens;   /* summed over ended choices (the prompt once) */
    bool begun, ended;
};
void answer_fini(struct answer *a);
/* A new id of the API's form: "msg_" + 40 hex digits (core/local_id.h). Every id that a local answer tells is made here:
 * `n` answer_id_again repeats the n-th of this answer (the first is 0). Returns n. */
uint32_t answer_id(struct answer *a, const char *prefix, struct obuf *out);
void answer_id_again(const struct answer *a, const char *prefix, uint32_t n, struct obuf *out);

struct codec {
    const char *name;        /* "openai.chat": as in rules and records */
    const char *provider;    /* "openai": the API family */
    /* decode and encode are NULL where no route has a local answer; error and stream_error never are. */
    /* Request to conversation. Lenient: what a local answer cannot honour is named in conv->unsupported and may still be
     * forwarded; REQUEST_INVALID only when the body is no request of this API at all. Sets conv->kind from the route.
     * `at` gets the byte offset or SIZE_MAX, `field` a static field name or NULL. */
    enum fail (*decode)(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at);
    /* One event to bytes, appended to `out`; nothing else is allocated but the answer's own buffers. Streamed answers
     * write as they go; the others write the whole body with the last choice's EV_END. Both gather choice[].text, which
     * the proxy reads afterwards. Texts are whole UTF-8 characters; a tool call ends where the next one or the choice
     * ends. EV_ERROR in a stream that has begun writes stream_error and no end mark; before that it writes nothing, as
     * the caller can still refuse with a status of its own. A second EV_START and events after the end are ignored. */
    void (*encode)(struct answer *a, const struct conv_event *e, struct obuf *out);
    /* The body of an error reply (Content-Type application/json). */
    void (*error)(const struct refusal *r, struct obuf *out);
    /* An error inside a stream that has begun. */
    void (*stream_error)(const struct refusal *r, struct obuf *out);
    /* A filler between events of a stream that this dialect's SDKs tolerate, to keep it alive; called only after the first
     * event is out. NULL: none is tolerated. */
    void (*keepalive)(struct answer *a, struct obuf *out);
    /* Content-Type of a local answer; NULL: "text/event-stream; charset=utf-8" or "application/json". */
    const char *(*content_type)(const struct answer *a);
    /* Headers of a local answer beside the usual ones, each as "name: value\r\n"; NULL: none. */
    void (*answer_headers)(const struct answer *a, struct obuf *out);
    /* The status of an error reply, where this API's SDKs go by another than fail_status; NULL: that one. */
    int (*error_status)(enum fail f);
    /* Headers of an error reply beside the usual ones, each as "name: value\r\n"; NULL: none. */
    void (*error_headers)(const struct refusal *r, struct obuf *out);
    const char *id_header;   /* the header that this API tells its request id by; NULL: "x-request-id" */
};

static inline int codec_error_status(const struct codec *c, enum fail f)
{
    return c->error_status ? c->error_status(f) : fail_status(f);
}

/* What a method and path mean. Routes are static; a path that is not known gets the generic one. Paths are compared as
 * bytes: another case, a trailing or doubled slash, a dot segment or a percent-escape make a path unknown (but for
 * ROUTE_ESCAPED_PATH). */
enum route_flag {
    ROUTE_ANY_BODY = 1,        /* not only JSON: multipart, text or bytes (policy/contents.h tells them apart) */
    ROUTE_GIVES_IDS = 2,       /* the reply names objects that the provider now keeps: they are remembered */
    ROUTE_GIVES_SEALED = 4,    /* the reply may hold sealed reasoning (signature, encrypted_content …): likewise */
    ROUTE_HAS_STORE = 8,       /* a top-level `store` member says whether the provider keeps the exchange */
    ROUTE_STORES_BY_DEFAULT = 16,
    ROUTE_LOCAL_OBJECTS = 32,  /* a local id in the path is answered from the state (wire/objects.h) */
    ROUTE_BATCH = 64,          /* the body holds many requests, each with a verdict of its own */
    ROUTE_FILE_BODY = 512,     /* a file's bytes, of which SDKs say that they are JSON: that is not believed */
    ROUTE_GIVES_MESSAGES = 256,   /* where the provider keeps the exchange (conv.store), a message's id stands for it */
    ROUTE_SIDE_DOOR = 128      /* real-time media that does not pass here (SDP): refused whatever the rules say */
};
struct route {
    const char *operation;         /* "chat.completions", "models.list" … or "unknown" */
    const struct codec *codec;     /* never NULL: unknown paths get the nearest provider's error shape */
    bool known;                    /* false: the configuration's rule for unknown endpoints applies */
    bool takes_body;               /* a body on a route that takes none makes it unknown */
    enum conv_kind kind;           /* decode() is called when it is not CONV_NONE, and a local answer is possible */
    unsigned flags;                /* enum route_flag */
};

/* One row: `pattern` is a path in which `*` stands for one plain name (letters, digits, "-._:@~", no leading dot, no slash)
 * and `+` for one that may hold percent-escapes as well, such as a slash (but for control bytes, %25, %2e, %5c and bytes
 * beyond ASCII; no leading dot after an escaped slash either). */
struct route_row {
    const char *method, *pattern;
    const struct route *route;
};

/* An API family: what a dialect's file exports and route.c lists. */
struct dialect {
    const char *name;              /* as in an upstream's `api` */
    const struct route_row *rows;
    size_t n_rows;
    struct route probe;            /* HEAD / : some SDKs ask whether the host is there */
    struct route options;          /* a browser's preflight, for a path that is known */
    struct route unknown;
    const struct dialect *speaks;  /* a host with another family's dialect (deepseek, groq …): that one; it has no rows */
    const char *base_path;         /* what its paths begin with where hosts differ in that: "/v1", "/openai/v1", "" */
    const char *const *prefixes;   /* with `speaks`: patterns that stand for the family's base path, beside base_path:
                                      "/openai/deployments/<name>"; tried in order */
    size_t n_prefixes;
    const char *const *query_credentials;   /* names of query parameters that are the client's key or token, NULL at the end;
                                               NULL: this API takes none there */
};

/* `path` is without the query; `provider` is the upstream's api ("openai" …). `has_body`: Content-Length > 0 or
 * chunked. Never NULL. */
const struct route *route_find(const char *provider, struct span method, struct span path, bool has_body);
/* The provider family ("openai") whose API most likely has this path, for a reverse listener; NULL when none does. */
const char *route_provider(struct span path);
/* Whether that provider name is one cordon knows. For conf. */
bool route_knows_provider(const char *provider);
/* The usual base path of a provider's hosts ("/openai/v1" for groq) or NULL where it is the family's own. */
const char *route_base_path(const char *provider);
/* What the family's own paths begin with ("/v1" for openai), which a base path stands for; NULL: nothing to replace. */
const char *route_family_path(const char *provider);
/* The names of query parameters that are a client's credential for that provider, as dialect.query_credentials; or NULL. */
const char *const *route_query_credentials(const char *provider);
/* The route to a codec by its name: "openai.chat" as rules and `cordon explain --api` have it. NULL when there is none. */
const struct route *route_of_api(const char *name);
/* The names that route_of_api knows, each once, at most `most` of them (ROUTE_API_NAMES is enough). Returns how many. */
#define ROUTE_API_NAMES 128
size_t route_api_names(const char **names, size_t most);
/* All provider names, for messages and `cordon check`; NULL past the end. */
const char *route_provider_name(size_t i);

/* Headers that go up, and that come back, by name without regard to case. Everything else is dropped; what frames a
 * message (Host, Content-Length, Content-Encoding of the request …) is written by the proxy itself. header_goes_up is
 * the whole answer, credentials included: of those, Proxy-Authorization and Cookie do not go up. The value of a
 * credential is never inspected, logged or recorded. */
bool header_goes_up(struct span name);
bool header_comes_back(struct span name);
bool header_is_credential(struct span name);

#endif
