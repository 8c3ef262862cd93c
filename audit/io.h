/* io.h - the few system calls on which the ledger's promise rests, as a table, so that tests can make each of them fail.
 * Private to audit/. Called by the writer thread only (and by ledger_open before it starts). Results are those of the
 * system calls: -1 and errno. */
#ifndef CORDON_AUDIT_IO_H
#define CORDON_AUDIT_IO_H

#include "audit/ledger.h"
#include <sys/types.h>

struct ledger_io {
    int (*create)(int dir, const char *name);          /* a new file for writing, mode 0600, not there before */
    ssize_t (*write)(int fd, const void *p, size_t n);
    int (*datasync)(int fd);
    int (*dirsync)(int dir);
    uint64_t (*free_bytes)(int dir);                   /* what an unprivileged writer may still use */
    uint64_t (*utc_ns)(void);
    uint64_t (*mono_us)(void);
    uint64_t probe_us;                                 /* after a failure: how long until the next try */
};
extern const struct ledger_io ledger_io_real;

/* ledger_open with other system calls; `io` must outlive the ledger. */
CD_USE struct ledger *ledger_open_io(const struct ledger_conf *c, const struct ledger_io *io, struct why *why);

#endif
