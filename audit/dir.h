/* dir.h - the ledger's directory: names of its files, the list of its segments, the lock of its one writer. `dir` is an
 * open directory descriptor of the caller's, never closed here. Called at the start (ledger.c, recover.c) and by
 * readers (walk.c); any thread; nothing is kept open but what is returned. */
#ifndef CORDON_AUDIT_DIR_H
#define CORDON_AUDIT_DIR_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_NAME_MAX 40
#define LOCK_NAME "lock"
#define KEY_NAME "value.key"

/* "00000012.jsonl": at least 8 digits. */
void segment_name(uint64_t number, char out[SEGMENT_NAME_MAX]);
/* The same for what recovery set aside: "00000012.torn", then "00000012.1.torn" … for `again` 0, 1 … */
void torn_name(uint64_t number, unsigned again, char out[SEGMENT_NAME_MAX]);

/* What readdir found; foreign names, so only files of the exact form count as segments. */
struct segment_list {
    uint64_t *number;      /* ascending */
    size_t n;
    char strange[64];      /* a file that does not belong here, printable, or empty */
    size_t n_strange;
    bool looks_like_records;   /* one of them has "json" in its name; it is the one named */
};
/* `out` is the caller's to free, also when it is empty. FAIL_IO with errno's text in `why`, or FAIL_NO_MEMORY. */
CD_USE enum fail segment_list_read(int dir, struct segment_list *out, struct why *why);
void segment_list_free(struct segment_list *l);

/* An fd that holds the lock while it is open (F_OFD_SETLK, so it goes with the descriptor and not with the process's other
 * ones), or -1 and why. The caller closes it. */
CD_USE int dir_lock(int dir, const char *path, struct why *why);
/* Whether a writer holds the lock now. Takes nothing, so that a reader never keeps a writer from starting. */
bool dir_is_locked(int dir);

#endif
