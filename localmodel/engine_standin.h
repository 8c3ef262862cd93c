/* engine_standin.h - between the files of the stand-in engine. */
#ifndef CORDON_LOCALMODEL_ENGINE_STANDIN_H
#define CORDON_LOCALMODEL_ENGINE_STANDIN_H

#include "core/arena.h"
#include "core/jscan.h"
#include "localmodel/engine_backend.h"
#include "localmodel/engine_text.h"

#define STANDIN_DIMENSIONS 8u

/* --- engine_standin_answer.c: one job being answered --- */

struct speech {
    struct job *job;                   /* NULL: the place is free */
    struct arena *arena;               /* the request, parsed, and what `text`, `json` and `tool` point into */
    struct span text;                  /* what is left to say */
    struct span json;                  /* what is left of a structured answer, or p == NULL */
    struct span tool;                  /* the function to call, or p == NULL */
    bool thinks;                       /* it is yet to say what it thinks */
    uint32_t input;                    /* CONV_EMBED: the next to do */
    int64_t left;                      /* words that may still be said */
    struct stop_filter stops;
};

/* Reads the request; a failure is to be told by the caller, who then calls speech_fini as well. */
CD_USE enum fail speech_begin(struct speech *s, struct job *j, uint32_t context);
/* One step; true when that was the end, which is told. */
bool speech_step(struct speech *s);
void speech_fini(struct speech *s);

/* --- engine_standin_json.c --- */

/* Writes the smallest document that fits a simple JSON schema. LOCAL_UNSUPPORTED when it cannot tell what fits. */
CD_USE enum fail standin_example(const char *schema, struct arena *a, struct obuf *o);

#endif
