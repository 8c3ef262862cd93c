/* finding.h - what was found in a request, and what was decided: the words all layers share. Plain data in the
 * exchange's arena; no functions that do I/O. */
#ifndef CORDON_CORE_FINDING_H
#define CORDON_CORE_FINDING_H

#include "core/digest.h"
#include "core/span.h"
#include <stdint.h>

/* Classes are small numbers; their names are in the rule set. The first five are built in, operators add more. */
enum { CLASS_PHI, CLASS_PII, CLASS_PRIVILEGED, CLASS_FINANCIAL, CLASS_SECRET, CLASS_BUILTIN, CLASS_MAX = 32 };

/* Where in the request a finding lies. */
enum part { PART_BODY, PART_PATH, PART_HEADER,
            PART_STATE,        /* no bytes: what the request refers to (an id, a session) was sensitive before */
            PART_COUNT };

/* What cannot be read, by kind. Findings of it have the type opaque_type_name(kind). */
enum opaque_kind { OPAQUE_IMAGE, OPAQUE_AUDIO, OPAQUE_VIDEO, OPAQUE_DOCUMENT, OPAQUE_ARCHIVE,
                   OPAQUE_ENCRYPTED,   /* a provider's sealed reasoning, a signature */
                   OPAQUE_REMOTE,      /* a URL or a provider's file that stands for content which does not pass here */
                   OPAQUE_TOKENS,      /* text as the numbers of a provider's vocabulary */
                   OPAQUE_BINARY, OPAQUE_COUNT };
const char *opaque_kind_name(enum opaque_kind k);   /* "image": as in rules */
const char *opaque_type_name(enum opaque_kind k);   /* "OPAQUE_IMAGE": as in findings */

/* Bytes of a part: received = inspected + opaque, always. A byte is inspected when the scanner was given it (as text, or
 * decoded text it stands for) or when the scanner of its format took it for structure. */
struct coverage {
    size_t received, inspected, opaque;
};

/* How the bytes of a finding's range are written, which a mask must keep to. CODING_FIXED: they cannot be replaced at all
 * (UTF-16, compressed or sealed bytes, a document that would have to be written anew). */
enum coding { CODING_NONE, CODING_BASE64, CODING_BASE64URL, CODING_HEX, CODING_PERCENT, CODING_FIXED };

/* A stretch of the body in one syntax, for whoever changes bytes of it (redact/splice.h). Sorted, without gaps. */
enum region_kind {
    REGION_TEXT,    /* any bytes may stand there */
    REGION_JSON,    /* documents that jscan took, with white space between */
    REGION_FORM,    /* keys and values of a form, percent-encoded; a value may change, the rest may not */
    REGION_FIXED    /* framing, names: not to be changed */
};
struct region {
    enum region_kind kind;
    size_t start, end;
};

struct finding {
    const char *type;      /* "US_SSN"; lives as long as the rule set's snapshot */
    const char *via;       /* "pattern", "word_list", "context" …; static */
    uint8_t klass;         /* CLASS_* */
    uint8_t part;          /* enum part */
    uint8_t coded;         /* enum coding; other than CODING_NONE and CODING_PERCENT: the range is a whole run of it */
    uint32_t id;           /* findings of several ranges are rows with one id */
    size_t start, end;     /* bytes of the part as it was inspected (the decoded body), rounded outward to escapes */
    float score;           /* 0 to 1 */
    struct span text;      /* the normalised value, in the arena: for keyed hashes only; never logged */
};

struct findings {
    struct finding *f;
    size_t n;
};

enum action { ACTION_FORWARD, ACTION_REDACT, ACTION_LOCAL, ACTION_REFUSE };
const char *action_name(enum action a);

struct class_score {
    uint8_t klass;
    float score;
};

/* What phase 4 says. Pure data; strings live in the snapshot. */
struct verdict {
    enum action action;
    enum fail why;                 /* refuse: POLICY_REFUSED, ENDPOINT_UNKNOWN, OPAQUE_CONTENT, LOCAL_UNSUPPORTED; else OK */
    const char *rule;              /* the rule that decided */
    const char *observed;          /* the first rule that matched with observe: true, or NULL */
    enum action observed_action;
    const char *message;           /* the rule's own text for the client, or NULL */
    const char *model;             /* local: the model's name, or NULL for the default */
    uint64_t min_parameters;       /* local: 0 is any */
    const char *notice;            /* local: text at the head of the answer, or NULL */
    uint32_t redact_mask;          /* redact: bit per class to be masked */
    struct class_score classes[CLASS_MAX];   /* the classes the document is decided to belong to */
    size_t n_classes;
    uint32_t class_mask;
    struct coverage coverage[PART_COUNT];
    uint32_t opaque_mask;          /* bit per enum opaque_kind */
    bool no_store;                 /* the provider is told not to keep it */
    bool prune_tools;              /* local: tool definitions may go when they do not fit */
};

#endif
