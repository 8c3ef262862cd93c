/* rows.h - one printed line of `cordon audit show`: an exchange (its intent and, when it is there, its outcome), or
 * another record by itself. Everything printed is printable ASCII, whatever the ledger holds. One thread. */
#ifndef CORDON_AUDIT_ROWS_H
#define CORDON_AUDIT_ROWS_H

#include "audit/walk.h"
#include "core/obuf.h"
#include <stdio.h>

struct row {
    uint64_t seq;
    struct obuf intent;     /* the cells known at the intent; for other records all */
    struct obuf outcome;    /* the cells known at the end */
    bool awaits;            /* an intent without its outcome yet */
};

void row_begin(struct row *row, const struct walk_record *r);
/* The outcome of the row's intent. False when it had one already. */
bool row_end(struct row *row, const struct walk_record *r);
void row_raw(struct row *row, const struct walk_record *r);   /* the record as it is, in `intent`, with a NUL */
void row_damage(struct row *row, const char *what);
void row_print_titles(FILE *out);
void row_print(struct row *row, FILE *out);
void row_fini(struct row *row);

#endif
