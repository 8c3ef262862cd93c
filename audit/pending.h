/* pending.h - which intents have no outcome yet, in constant memory: one bit for each of the last four million sequence
 * numbers, a count for those before. One thread. */
#ifndef CORDON_AUDIT_PENDING_H
#define CORDON_AUDIT_PENDING_H

#include "core/attrib.h"
#include <stdbool.h>
#include <stdint.h>

#define PENDING_WINDOW (1u << 22)

struct pending {
    uint64_t *bit;         /* seq modulo the window */
    uint64_t base;         /* the window starts here; a multiple of 64 */
    uint64_t passed;       /* open ones before the window */
};

CD_USE bool pending_init(struct pending *p);
void pending_fini(struct pending *p);
void pending_open(struct pending *p, uint64_t seq);   /* seq never goes down by more than the window */
/* False when no open intent has that number. Before the window any open one is taken for it. */
CD_USE bool pending_close(struct pending *p, uint64_t seq);
uint64_t pending_count(const struct pending *p);

#endif
