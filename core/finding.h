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
enum part { PART_BODY, PART_PATH, PART_HEADER };

struct finding {
    const char *type;      /* "US_SSN"; lives as long as the rule set's snapshot */
    const char *via;       /* "pattern", "word_list", "context" …; static */
    uint8_t klass;         /* CLASS_* */
    uint8_t part;          /* enum part */
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
    size_t bytes, inspected;       /* coverage of the body */
};

#endif
