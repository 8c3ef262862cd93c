/* blob.h - a refcounted, immutable run of bytes: a request body, once. Any thread may hold a reference; the count is
 * atomic. Everything else that speaks of the body is a span on it. */
#ifndef CORDON_CORE_BLOB_H
#define CORDON_CORE_BLOB_H

#include "core/attrib.h"
#include "core/span.h"

struct blob;

/* Takes ownership of `p` (from malloc; NULL with n 0 is allowed). NULL when out of memory: `p` is then freed. */
CD_USE struct blob *blob_take(char *p, size_t n);
CD_USE struct blob *blob_copy(struct span s);
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob *b);      /* NULL is allowed */
struct span blob_span(const struct blob *b);

#endif
