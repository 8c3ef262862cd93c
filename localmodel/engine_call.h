/* engine_call.h - reads a tool call that the model writes under our own grammar, as it comes:
 *   {"name": "…", "arguments": {…}}
 * The grammar fixes the order of the members, so this is a scanner for that one form, not a JSON parser. The model's
 * thread only. */
#ifndef CORDON_LOCALMODEL_ENGINE_CALL_H
#define CORDON_LOCALMODEL_ENGINE_CALL_H

#include "core/obuf.h"

enum call_state { CALL_BEFORE_NAME, CALL_NAME, CALL_BEFORE_ARGUMENTS, CALL_ARGUMENTS, CALL_DONE };
struct call_scan {
    enum call_state state;
    struct obuf name;                  /* complete from CALL_BEFORE_ARGUMENTS on */
    struct obuf seen;                  /* what of the state's own text has come */
    unsigned depth;                    /* of the arguments */
    bool in_string, escaped;
};

void call_fini(struct call_scan *c);
/* Appends the part of the arguments that `in` holds to `arguments`. */
void call_feed(struct call_scan *c, struct span in, struct obuf *arguments);

#endif
