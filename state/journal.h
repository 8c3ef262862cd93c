/* journal.h - the sealed file: frames that are appended, each one commit or a piece of it, sealed as a whole. Written and
 * read by the store's writer thread only (and at start, before there is one).
 *
 *     "cordon state 1\n\0" | 16 bytes salt | seal of nothing, bound to both          a wrong key is told at once
 *     then frames: "\xc5CSF" | u32 length | that many bytes: a seal, bound to the salt and the frame's offset
 *     in a frame entries: u8 kind | 16 bytes key | u32 expires (Unix seconds) | u32 length | that many bytes
 *
 * Numbers are little-endian. A frame is written only when all before it are durable or in the same commit. So a frame
 * that cannot be opened with nothing good behind it is what a crash left, and was acknowledged to nobody: it is cut off.
 * Good frames behind it mean damage. */
#ifndef CORDON_STATE_JOURNAL_H
#define CORDON_STATE_JOURNAL_H

#include "core/seal.h"
#include "state/state.h"
#include <sys/types.h>

/* The system calls on which durability rests, so that tests can make each fail. Results as of the calls. */
struct state_io {
    ssize_t (*pwrite)(int fd, const void *p, size_t n, off_t at);
    int (*datasync)(int fd);
    uint64_t (*free_bytes)(int dir);
    uint64_t (*utc_s)(void);
    uint64_t probe_us;                 /* after a failure: how long until the next try */
};
extern const struct state_io state_io_real;

enum entry_kind { ENTRY_FACT = 1 /* bytes: class names */, ENTRY_OBJECT = 2, ENTRY_FORGET = 3 };

struct entry {
    enum entry_kind kind;
    struct state_key key;
    uint32_t expires;
    struct span bytes;
};
void entry_put(struct obuf *o, const struct entry *e);
/* Takes one entry off the front. False at the end and where it is malformed; then plain->n tells which. */
CD_USE bool entry_next(struct span *plain, struct entry *e);

struct journal {
    const struct state_io *io;
    int dir, fd;
    uint64_t size;                     /* up to here all is written; durable after journal_sync */
    const struct seal_key *key;
    unsigned char salt[16];
};

struct frame {
    uint64_t at;
    uint32_t length;                   /* of the seal */
};

/* A new file under a name of its own (what is there under it goes). Not yet under the journal's name: journal_install. */
CD_USE bool journal_create(struct journal *j, int dir, const struct state_io *io, const struct seal_key *key);
/* Renames it, durable, over what was the journal. */
CD_USE bool journal_install(struct journal *j);
/* Opens the file that is there and gives each frame's plain bytes, in order, to `each`, which returns false to stop (why
 * is its own). FAIL_IO and *why: no file of ours, another key, damage. */
CD_USE enum fail journal_open(struct journal *j, int dir, const struct state_io *io, const struct seal_key *key,
                              enum fail (*each)(void *arg, struct span plain, struct frame f), void *arg, struct why *why);
CD_USE bool journal_exists(int dir);
/* Appends a frame; false: errno says why, and the file's end is to be set back by journal_truncate. */
CD_USE bool journal_append(struct journal *j, struct span plain, struct frame *out);
CD_USE bool journal_sync(struct journal *j);
CD_USE bool journal_truncate(struct journal *j, uint64_t size);
/* A frame's plain bytes, to be freed; NULL and errno, which is EBADMSG when they are damaged. */
CD_USE char *journal_read(const struct journal *j, struct frame f, size_t *n);
void journal_close(struct journal *j);

#define JOURNAL_NAME "state.sealed"
#define JOURNAL_NEW "state.sealed.new"
#define JOURNAL_FRAME_BYTES (1u << 20)   /* a frame is closed when it holds so much */
#define JOURNAL_ENTRY_BYTES 25u          /* of one, beside its own bytes */

#endif
