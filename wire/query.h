/* query.h - the parameters of a request target's query, and which of them are the client's credential. Some APIs take the
 * key there ("?key=…" of Google's) as well as in a header. It is treated as such a header is: not inspected as text, not in
 * a digest or record, left out where the operator's credential takes its place. Pure functions, any thread. */
#ifndef CORDON_WIRE_QUERY_H
#define CORDON_WIRE_QUERY_H

#include "core/span.h"

/* What stands between two ampersands, as sent: escapes are left as they are. */
struct query_parameter {
    struct span all, name, value;      /* value: behind the first equals sign; empty without one */
};

/* The parameter that begins at or after *at, an offset in `target` (path and query; begin with 0). False: no more. */
bool query_next(struct span target, size_t *at, struct query_parameter *p);
/* The value of the next parameter that is a credential for that provider (dialect's query_credentials); p is NULL when there
 * is none. Only a value of a key's form is one (unreserved characters of RFC 3986): nobody can hide a sentence there. */
struct span query_next_credential(const char *provider, struct span target, size_t *at);
/* Copies `target` without its credentials to `out`, which has room for all of it; returns how many bytes. */
size_t query_without_credentials(const char *provider, struct span target, char *out);

#endif
