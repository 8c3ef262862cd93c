/* local_id.h - ids of what the local engine made (responses, messages, tool calls), in each API's own form: its prefix
 * and 40 hex digits. They are recognised without any table, by a MAC, also after a restart and by every instance with the
 * same key, because two things must hold for ever: such an id never goes up to a provider, and a conversation that has
 * one in it was sensitive once. So they carry the classes: 16 digits nonce, 8 digits classes (hidden by a keyed mask),
 * 16 digits MAC (HMAC-SHA256, cut). Any thread. */
#ifndef CORDON_CORE_LOCAL_ID_H
#define CORDON_CORE_LOCAL_ID_H

#include "core/attrib.h"
#include "core/obuf.h"
#include <stdint.h>

#define LOCAL_ID_DIGITS 40u
/* Bit of all classes that the operator added; built-in classes have their own bit (core/finding.h). The number of an
 * added class may change with the configuration, ids stay. */
#define LOCAL_ID_ADDED_CLASSES (1u << 5)

struct id_key {
    unsigned char b[32];
};

/* Appends `prefix` and the digits. `seed`: the exchange's id; `n`: a number that is new within that exchange. */
void local_id_put(struct obuf *o, const struct id_key *key, const char *prefix, struct span seed, uint32_t n,
                  uint32_t class_mask);
/* Whether the last 40 bytes of `s` are such digits with a good MAC, after a prefix of letters, digits, '_' and '-' of 1
 * to 24 bytes; the classes in *class_mask. */
CD_USE bool local_id_read(const struct id_key *key, struct span s, uint32_t *class_mask);
/* The same of the 40 digits alone: the MAC does not cover the prefix, which says only what the id is of. */
CD_USE bool local_id_digits(const struct id_key *key, struct span digits, uint32_t *class_mask);

#endif
