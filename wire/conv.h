/* conv.h - THE internal conversation: what a request means, whatever API it came by, and what an answer is, whoever
 * gives it. A codec (wire/codec.h) decodes a request body to a `struct conv` and encodes a stream of `conv_event`
 * into the client's format. The local engine and a refusal produce the same events; a forwarded reply is passed on as
 * bytes. All spans point into the request body or the exchange's arena. */
#ifndef CORDON_WIRE_CONV_H
#define CORDON_WIRE_CONV_H

#include "core/fail.h"
#include "core/span.h"
#include <stdint.h>

#define CONV_MAX_CHOICES 8u

enum conv_role { ROLE_SYSTEM, ROLE_DEVELOPER, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct conv_call {
    struct span id, name, arguments;   /* arguments: JSON text, unescaped once */
};

struct conv_msg {
    enum conv_role role;
    struct span text;                  /* unescaped; text parts joined by nothing, as the API does */
    struct span reasoning;             /* ROLE_ASSISTANT: what it thought, as the client sends it back; or p == NULL */
    struct span name;
    struct span tool_call_id;          /* ROLE_TOOL */
    struct conv_call *calls;           /* ROLE_ASSISTANT */
    size_t n_calls;
};

enum tool_choice { TOOLS_AUTO, TOOLS_NONE, TOOLS_REQUIRED, TOOLS_NAMED };

/* What a local engine is asked for. */
enum conv_kind {
    CONV_NONE,      /* nothing: the request has no local answer */
    CONV_CHAT,      /* the next turn */
    CONV_COUNT,     /* how many tokens the conversation has */
    CONV_EMBED      /* vectors of the inputs */
};
enum conv_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SCHEMA };

struct conv {
    enum conv_kind kind;               /* set by decode */
    struct span model;
    bool stream, include_usage;
    struct conv_msg *msgs;             /* system text comes first, whatever field it stood in */
    size_t n_msgs;
    struct span tools;                 /* JSON array in OpenAI's chat form (raw, or written into the arena), or p == NULL */
    enum tool_choice tool_choice;
    struct span tool_name;             /* TOOLS_NAMED */
    bool parallel_tool_calls;          /* default true */
    int64_t max_tokens;                /* -1: not given */
    double temperature, top_p;         /* NAN: not given */
    int64_t top_k;                     /* -1: not given */
    uint32_t n_choices;                /* answers wanted; default 1, at most CONV_MAX_CHOICES */
    enum conv_format format;
    struct span schema;                /* FORMAT_SCHEMA: JSON Schema */
    bool show_reasoning;               /* the client is to be told what the model thinks, where it does */
    double frequency_penalty, presence_penalty;   /* 0: none */
    bool has_seed;
    int64_t seed;
    struct span *stops;
    size_t n_stops;
    struct span *inputs;               /* CONV_EMBED */
    size_t n_inputs;
    /* State that the provider keeps. */
    struct span previous;              /* the id of the response that this one goes on from, or p == NULL */
    bool store;                        /* the answer is to be kept for later reference */
    uint32_t own;                      /* the codec's: bits from its decode to its encode */
    const char *unsupported;           /* the name of a field that a local answer cannot honour, or NULL */
};

enum conv_event_kind {
    EV_START,       /* the answer begins (before the first token) */
    EV_TEXT,        /* `text`: whole UTF-8 characters */
    EV_REASONING,   /* `text`: what the model thinks, before it answers; only when the request asked to be shown it */
    EV_CALL,        /* a tool call begins: call_index, call_id, call_name */
    EV_CALL_ARGS,   /* `text`: a piece of the arguments' JSON of call_index */
    EV_VECTOR,      /* `vector` of input `index` (CONV_EMBED) */
    EV_END,         /* stop, usage; of this choice, when there are several */
    EV_ERROR        /* `fail`: the answer ends here, as broken */
};
enum conv_stop { STOP_END, STOP_LENGTH, STOP_TOOL_CALLS, STOP_STRING };

struct conv_event {
    enum conv_event_kind kind;
    uint32_t choice;                             /* 0 to n_choices - 1 */
    struct span text;
    uint32_t call_index;
    struct span call_id, call_name;              /* codecs make ids of their own (answer_id) */
    uint32_t index;                              /* EV_VECTOR */
    const float *vector;
    size_t n_vector;
    enum conv_stop stop;                         /* EV_END */
    struct span stop_string;                     /* STOP_STRING: the one that was met */
    uint32_t prompt_tokens, completion_tokens, reasoning_tokens;   /* EV_END; for CONV_COUNT only the first */
    uint32_t tools_given, tools_kept;            /* EV_START: fewer are kept when they did not fit the context */
    enum fail fail;                              /* EV_ERROR */
};

#endif
