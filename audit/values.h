/* values.h - the findings of a request as the ledger tells them: per type and class a count and the keyed hashes of the
 * distinct values, never a value. Any thread. */
#ifndef CORDON_AUDIT_VALUES_H
#define CORDON_AUDIT_VALUES_H

#include "audit/ledger.h"
#include "core/finding.h"
#include "core/obuf.h"

#define VALUES_PER_TYPE 32   /* distinct hashes written for one type and class */
#define VALUES_TYPES 64      /* pairs of type and class written for one request */

/* The members "key_id" and "found". `f` may be NULL. */
void values_put(struct obuf *o, const struct ledger *l, const struct findings *f, const char *const *class_names);
const char *class_name(const char *const *class_names, uint8_t klass);

#endif
