#include "state/journal.h"
#include "core/digest.h"
#include "core/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "cordon state 1\n"
#define MAGIC_BYTES 16u                                       /* with its NUL */
#define HEAD_BYTES (MAGIC_BYTES + 16u + SEAL_OVERHEAD)
#define FRAME_MARK "\xc5" "CSF"
#define FRAME_HEAD 8u
#define FRAME_MAX (STATE_OBJECT_MAX + 2 * JOURNAL_FRAME_BYTES)   /* of the seal: one object more than a full frame */

static uint64_t free_bytes(int dir)
{
    struct statvfs v;
    return fstatvfs(dir, &v) == 0 ? (uint64_t)v.f_bavail * (uint64_t)v.f_frsize : UINT64_MAX;
}

static uint64_t utc_s(void) { return (uint64_t)time(NULL); }

const struct state_io state_io_real = {
    .pwrite = pwrite, .datasync = fdatasync, .free_bytes = free_bytes, .utc_s = utc_s, .probe_us = 1000000,
};

/* ---- entries ---- */

static void put32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t get32(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void entry_put(struct obuf *o, const struct entry *e)
{
    unsigned char head[JOURNAL_ENTRY_BYTES];
    head[0] = (unsigned char)e->kind;
    memcpy(head + 1, e->key.b, sizeof e->key.b);
    put32(head + 17, e->expires);
    put32(head + 21, (uint32_t)e->bytes.n);
    obuf_put(o, head, sizeof head);
    obuf_span_put(o, e->bytes);
}

bool entry_next(struct span *plain, struct entry *e)
{
    if (plain->n < JOURNAL_ENTRY_BYTES) return false;
    const char *p = plain->p;
    uint32_t n = get32(p + 21);
    if (p[0] < ENTRY_FACT || p[0] > ENTRY_FORGET || n > plain->n - JOURNAL_ENTRY_BYTES) return false;
    *e = (struct entry){.kind = (enum entry_kind)p[0], .expires = get32(p + 17), .bytes = {p + JOURNAL_ENTRY_BYTES, n}};
    memcpy(e->key.b, p + 1, sizeof e->key.b);
    *plain = span_from(*plain, JOURNAL_ENTRY_BYTES + n);
    return true;
}

/* ---- writing ---- */

static bool write_all(struct journal *j, const void *bytes, size_t n)
{
    for (const char *p = bytes; n > 0;) {
        ssize_t did = j->io->pwrite(j->fd, p, n, (off_t)j->size);
        if (did < 0 && errno == EINTR) continue;
        if (did <= 0) return false;
        p += did;
        n -= (size_t)did;
        j->size += (uint64_t)did;
    }
    return true;
}

bool journal_create(struct journal *j, int dir, const struct state_io *io, const struct seal_key *key)
{
    unsigned char head[HEAD_BYTES];
    *j = (struct journal){.io = io, .dir = dir, .key = key};
    random_bytes(j->salt, sizeof j->salt);
    memcpy(head, MAGIC, MAGIC_BYTES);
    memcpy(head + MAGIC_BYTES, j->salt, sizeof j->salt);
    seal_close(key, (struct span){(char *)head, MAGIC_BYTES + sizeof j->salt}, SPAN_NONE, head + MAGIC_BYTES + sizeof j->salt);
    if (unlinkat(dir, JOURNAL_NEW, 0) != 0 && errno != ENOENT) return false;
    j->fd = openat(dir, JOURNAL_NEW, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->fd >= 0 && write_all(j, head, sizeof head)) return true;
    int err = errno;
    journal_close(j);
    errno = err;
    return false;
}

bool journal_install(struct journal *j)
{
    return journal_sync(j) && renameat(j->dir, JOURNAL_NEW, j->dir, JOURNAL_NAME) == 0 && fsync(j->dir) == 0;
}

/* What a frame is bound to, so that it cannot be moved or put into another file. */
struct place {
    unsigned char b[16 + 8];
};

static struct place place_of(const struct journal *j, uint64_t at)
{
    struct place p;
    memcpy(p.b, j->salt, sizeof j->salt);
    put32(p.b + 16, (uint32_t)at);
    put32(p.b + 20, (uint32_t)(at >> 32));
    return p;
}

bool journal_append(struct journal *j, struct span plain, struct frame *out)
{
    size_t n = plain.n + SEAL_OVERHEAD;
    unsigned char *b = n <= FRAME_MAX ? malloc(FRAME_HEAD + n) : NULL;
    if (b == NULL) {
        errno = ENOMEM;
        return false;
    }
    *out = (struct frame){j->size, (uint32_t)n};
    struct place p = place_of(j, out->at);
    memcpy(b, FRAME_MARK, 4);
    put32(b + 4, out->length);
    seal_close(j->key, (struct span){(char *)p.b, sizeof p.b}, plain, b + FRAME_HEAD);
    bool ok = write_all(j, b, FRAME_HEAD + n);
    free(b);
    return ok;
}

bool journal_sync(struct journal *j) { return j->io->datasync(j->fd) == 0; }

bool journal_truncate(struct journal *j, uint64_t size)
{
    if (ftruncate(j->fd, (off_t)size) != 0) return false;
    j->size = size;
    return journal_sync(j);
}

void journal_close(struct journal *j)
{
    if (j->fd >= 0) close(j->fd);
    j->fd = -1;
}

/* ---- reading ---- */

static bool read_all(int fd, void *to, size_t n, uint64_t at)
{
    for (char *p = to; n > 0;) {
        ssize_t did = pread(fd, p, n, (off_t)at);
        if (did < 0 && errno == EINTR) continue;
        if (did == 0) errno = EIO;   /* shorter than it was */
        if (did <= 0) return false;
        p += did;
        n -= (size_t)did;
        at += (uint64_t)did;
    }
    return true;
}

/* The seal's own bytes, opened; NULL and errno, which is EBADMSG when they are not what was sealed. */
static char *open_frame(const struct journal *j, struct frame f, const char *sealed)
{
    struct place p = place_of(j, f.at);
    char *plain = malloc(f.length - SEAL_OVERHEAD + 1);
    if (plain == NULL) return NULL;
    if (seal_open(j->key, (struct span){(char *)p.b, sizeof p.b}, (struct span){sealed, f.length}, (unsigned char *)plain))
        return plain;
    free(plain);
    errno = EBADMSG;
    return NULL;
}

char *journal_read(const struct journal *j, struct frame f, size_t *n)
{
    if (f.length < SEAL_OVERHEAD || f.length > FRAME_MAX) {
        errno = EBADMSG;
        return NULL;
    }
    char *sealed = malloc(f.length), *plain = NULL;
    *n = f.length - SEAL_OVERHEAD;
    if (sealed != NULL && read_all(j->fd, sealed, f.length, f.at + FRAME_HEAD)) plain = open_frame(j, f, sealed);
    int err = errno;
    free(sealed);
    errno = err;
    return plain;
}

/* The frame at `at`, if a head is there that fits the file. */
static bool frame_head(const struct journal *j, uint64_t at, uint64_t file_size, struct frame *f)
{
    char head[FRAME_HEAD];
    if (at + FRAME_HEAD > file_size || !read_all(j->fd, head, sizeof head, at)) return false;
    *f = (struct frame){at, get32(head + 4)};
    return memcmp(head, FRAME_MARK, 4) == 0 && f->length >= SEAL_OVERHEAD && f->length <= FRAME_MAX &&
           f->length <= file_size - at - FRAME_HEAD;
}

static bool is_good(const struct journal *j, uint64_t at, uint64_t file_size)
{
    struct frame f;
    size_t n;
    if (!frame_head(j, at, file_size, &f)) return false;
    char *plain = journal_read(j, f, &n);
    free(plain);
    return plain != NULL || errno != EBADMSG;   /* what cannot be read now is no reason to cut it off */
}

/* Whether any good frame begins behind `at`: its mark is looked for byte by byte, as a length cannot be believed. */
static bool good_behind(const struct journal *j, uint64_t at, uint64_t file_size)
{
    char piece[65536];
    for (uint64_t from = at + 1; from + FRAME_HEAD <= file_size;) {
        size_t n = file_size - from < sizeof piece ? (size_t)(file_size - from) : sizeof piece;
        if (!read_all(j->fd, piece, n, from)) return true;   /* unreadable is damage, not an end */
        for (const char *p = piece; (p = memmem(p, n - (size_t)(p - piece), FRAME_MARK, 4)) != NULL; p++)
            if (is_good(j, from + (uint64_t)(p - piece), file_size)) return true;
        from += n > 3 ? n - 3 : n;
    }
    return false;
}

static enum fail read_frames(struct journal *j, uint64_t file_size,
                             enum fail (*each)(void *arg, struct span plain, struct frame f), void *arg, struct why *why)
{
    struct frame f;
    while (frame_head(j, j->size, file_size, &f)) {
        size_t n;
        char *plain = journal_read(j, f, &n);
        if (plain == NULL && errno == EBADMSG) break;
        if (plain == NULL) {
            why_set(why, "cannot read " JOURNAL_NAME ": %s", strerror(errno));
            return FAIL_IO;
        }
        enum fail did = each(arg, (struct span){plain, n}, f);
        free(plain);
        if (did != FAIL_OK) {
            why_set(why, "the state file cannot be taken: %s", fail_text(did));
            return did;
        }
        j->size += FRAME_HEAD + f.length;
    }
    return FAIL_OK;
}

static enum fail cut_tail(struct journal *j, uint64_t file_size, struct why *why)
{
    if (j->size == file_size) return FAIL_OK;
    if (good_behind(j, j->size, file_size)) {
        why_set(why, "the state file " JOURNAL_NAME " is damaged at byte %" PRIu64 " of %" PRIu64 "; put a copy back, or move "
                "it away: what it knew is then forgotten", j->size, file_size);
        return FAIL_IO;
    }
    LOG(WARN, "state.tail_cut", "at=%" PRIu64 " bytes=%" PRIu64, j->size, file_size - j->size);
    if (journal_truncate(j, j->size)) return FAIL_OK;
    why_set(why, "cannot cut the end off the state file: %s", strerror(errno));
    return FAIL_IO;
}

static enum fail read_head(struct journal *j, uint64_t file_size, struct why *why)
{
    char head[HEAD_BYTES];
    unsigned char nothing[1];
    if (file_size < sizeof head || !read_all(j->fd, head, sizeof head, 0) || memcmp(head, MAGIC, MAGIC_BYTES) != 0) {
        why_set(why, JOURNAL_NAME " is not a state file of this version");
        return FAIL_IO;
    }
    memcpy(j->salt, head + MAGIC_BYTES, sizeof j->salt);
    struct span bound = {head, MAGIC_BYTES + sizeof j->salt};
    if (!seal_open(j->key, bound, (struct span){head + bound.n, SEAL_OVERHEAD}, nothing)) {
        why_set(why, "the state file was written with another key than the one that is configured; give that key, or move "
                "the file away");
        return FAIL_IO;
    }
    j->size = sizeof head;
    return FAIL_OK;
}

bool journal_exists(int dir)
{
    struct stat st;
    return fstatat(dir, JOURNAL_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

enum fail journal_open(struct journal *j, int dir, const struct state_io *io, const struct seal_key *key,
                       enum fail (*each)(void *arg, struct span plain, struct frame f), void *arg, struct why *why)
{
    struct stat st;
    *j = (struct journal){.io = io, .dir = dir, .key = key};
    j->fd = openat(dir, JOURNAL_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (j->fd < 0 || fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        why_set(why, "cannot open " JOURNAL_NAME ": %s", j->fd < 0 ? strerror(errno) : "not a file");
        journal_close(j);
        return FAIL_IO;
    }
    enum fail f = read_head(j, (uint64_t)st.st_size, why);
    if (f == FAIL_OK) f = read_frames(j, (uint64_t)st.st_size, each, arg, why);
    if (f == FAIL_OK) f = cut_tail(j, (uint64_t)st.st_size, why);
    if (f != FAIL_OK) journal_close(j);
    return f;
}
