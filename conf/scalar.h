/* scalar.h - scalars of the configuration, read strictly: the whole text or nothing. libcyaml's own readers take any odd
 * word as true, `10MB` as 10 and `010` as 8. False: not of that form, or too large. Any thread. */
#ifndef CORDON_CONF_SCALAR_H
#define CORDON_CONF_SCALAR_H

#include "core/attrib.h"
#include <stdbool.h>
#include <stdint.h>

CD_USE bool scalar_bool(const char *s, bool *out);             /* true, false */
CD_USE bool scalar_count(const char *s, uint64_t *out);        /* 0, 12; no sign, no leading zero */
CD_USE bool scalar_size(const char *s, uint64_t *out);         /* bytes: 4096, 64KB (64,000), 32MiB (32 * 1,048,576) */
CD_USE bool scalar_seconds(const char *s, uint64_t *out);      /* 30s, 5m, 2h */
CD_USE bool scalar_score(const char *s, double *out);          /* 0, 0.85, 1 */
CD_USE bool scalar_parameters(const char *s, uint64_t *out);   /* 135M, 1.5B, 7B */

#endif
