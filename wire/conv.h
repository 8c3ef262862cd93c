/* conv.h - THE internal conversation: what a request means, whatever API it came by, and what an answer is, whoever
 * gives it. A codec (wire/codec.h) decodes a request body to a `struct conv` and encodes a stream of `conv_event`
 * into the client's format. The local engine and a refusal produce the same events; a forwarded reply is passed on as
 * bytes. All spans point into the request body or the exchange's arena. */
#ifndef CORDON_WIRE_CONV_H
#define CORDON_WIRE_CONV_H

#include "core/fail.h"
#include "core/span.h"
#include <stdint.h>

enum conv_role { ROLE_SYSTEM, ROLE_DEVELOPER, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct conv_call {
    struct span id, name, arguments;   /* arguments: JSON text, unescaped once */
};

struct conv_msg {
    enum conv_role role;
    struct span text;                  /* unescaped; text parts joined by nothing, as the API does */
    struct span name;
    struct span tool_call_id;          /* ROLE_TOOL */
    struct conv_call *calls;           /* ROLE_ASSISTANT */
    size_t n_calls;
};

enum tool_choice { TOOLS_AUTO, TOOLS_NONE, TOOLS_REQUIRED, TOOLS_NAMED };

struct conv {
    bool generating;                   /* a request that an engine may answer */
    struct span model;
    bool stream, include_usage;
    struct conv_msg *msgs;
    size_t n_msgs;
    struct span tools;                 /* raw JSON array in OpenAI's form, or p == NULL */
    enum tool_choice tool_choice;
    struct span tool_name;             /* TOOLS_NAMED */
    bool parallel_tool_calls;          /* default true */
    int64_t max_tokens;                /* -1: not given */
    double temperature, top_p;         /* NAN: not given */
    double frequency_penalty, presence_penalty;   /* 0: none */
    bool has_seed;
    int64_t seed;
    struct span *stops;
    size_t n_stops;
    const char *unsupported;           /* the name of a field that a local answer cannot honour, or NULL */
};

enum conv_event_kind {
    EV_START,       /* the answer begins (before the first token) */
    EV_TEXT,        /* `text`: whole UTF-8 characters */
    EV_CALL,        /* a tool call begins: call_index, call_id, call_name */
    EV_CALL_ARGS,   /* `text`: a piece of the arguments' JSON of call_index */
    EV_END,         /* stop, usage */
    EV_ERROR        /* `fail`: the answer ends here, as broken */
};
enum conv_stop { STOP_END, STOP_LENGTH, STOP_TOOL_CALLS };

struct conv_event {
    enum conv_event_kind kind;
    struct span text;
    uint32_t call_index;
    struct span call_id, call_name;
    enum conv_stop stop;
    uint32_t prompt_tokens, completion_tokens;   /* EV_END */
    enum fail fail;                              /* EV_ERROR */
};

#endif
