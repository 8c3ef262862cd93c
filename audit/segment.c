#include "audit/segment.h"
#include "audit/dir.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define RESERVE (1u << 20)

bool segment_create(struct segment *s, uint64_t number)
{
    char name[SEGMENT_NAME_MAX];
    segment_name(number, name);
    s->fd = s->io->create(s->dir, name);
    if (s->fd < 0) return false;
    s->number = number;
    s->size = s->reserved = 0;
    if (s->io->dirsync(s->dir) == 0) return true;
    segment_discard(s);
    return false;
}

bool segment_resume(struct segment *s, uint64_t number, uint64_t size)
{
    char name[SEGMENT_NAME_MAX];
    segment_name(number, name);
    s->fd = openat(s->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (s->fd < 0) return false;
    s->number = number;
    s->size = s->reserved = size;
    if (lseek(s->fd, (off_t)size, SEEK_SET) == (off_t)size) return true;
    segment_close(s, false);
    return false;
}

/* Blocks ahead of the end, which stays where it is: an append then need not allocate, and fdatasync has less to say.
 * File systems that can't do it are as good without; a full one is told by the write. */
static void reserve(struct segment *s, size_t n)
{
    if (s->size + n <= s->reserved) return;
    uint64_t to = (s->size + n + RESERVE - 1) / RESERVE * RESERVE;
    if (fallocate(s->fd, FALLOC_FL_KEEP_SIZE, (off_t)s->size, (off_t)(to - s->size)) == 0) s->reserved = to;
    else s->reserved = s->size + n + RESERVE;   /* not again for a while */
}

bool segment_write(struct segment *s, struct span bytes)
{
    reserve(s, bytes.n);
    while (bytes.n > 0) {
        ssize_t n = s->io->write(s->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        s->size += (uint64_t)n;
        bytes = span_from(bytes, (size_t)n);
    }
    return true;
}

bool segment_sync(struct segment *s)
{
    /* An interrupted one is a failed one: what the next would report is not known. */
    return s->io->datasync(s->fd) == 0;
}

void segment_close(struct segment *s, bool good)
{
    if (s->fd < 0) return;
    /* Cutting a file to the length it has frees what was reserved after it; when that fails, space is all that is lost. */
    if (good && s->reserved > s->size && ftruncate(s->fd, (off_t)s->size) != 0) s->reserved = 0;
    close(s->fd);
    s->fd = -1;
}

void segment_discard(struct segment *s)
{
    char name[SEGMENT_NAME_MAX];
    int why = errno;
    segment_close(s, false);
    segment_name(s->number, name);
    unlinkat(s->dir, name, 0);
    errno = why;
}
