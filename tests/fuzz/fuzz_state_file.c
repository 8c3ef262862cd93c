/* The state's file: any plain frame is parsed to entries that are written back as they were; and a file of good frames in
 * which one byte is changed, or whose end is missing, gives the frames before the damage, or is refused. */
#include "core/log.h"
#include "state/journal.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())
#define FRAMES 8u

static const struct seal_key key = {{5}};
static int dir = -1;

static int no_sync(int fd)
{
    (void)fd;
    return 0;
}

static struct state_io io;

static char path[] = "/tmp/cordon-fuzz-XXXXXX";

static void remove_all(void)
{
    unlinkat(dir, JOURNAL_NAME, 0);
    unlinkat(dir, JOURNAL_NEW, 0);
    rmdir(path);
}

static void begin(void)
{
    if (dir >= 0) return;
    log_level = LOG_ERROR;
    io = state_io_real;
    io.datasync = no_sync;
    REQUIRE(mkdtemp(path) != NULL);
    dir = open(path, O_RDONLY | O_DIRECTORY);
    REQUIRE(dir >= 0);
    atexit(remove_all);
}

static void check_entries(struct span plain)
{
    struct obuf o = {0};
    struct span left = plain;
    for (struct entry e; entry_next(&left, &e);) entry_put(&o, &e);
    REQUIRE(o.n == plain.n - left.n && (o.n == 0 || memcmp(o.p, plain.p, o.n) == 0));
    obuf_fini(&o);
}

struct seen {
    struct span want[FRAMES];
    size_t n;
};

static enum fail see(void *arg, struct span plain, struct frame f)
{
    struct seen *s = arg;
    (void)f;
    REQUIRE(s->n < FRAMES && span_eq(plain, s->want[s->n]));
    s->n++;
    return FAIL_OK;
}

static void check_file(struct span s, unsigned at, unsigned flip)
{
    struct journal j;
    struct seen seen = {.n = 0}, again;
    struct frame f;
    struct why why;
    size_t n = 0;
    REQUIRE(journal_create(&j, dir, &io, &key) && renameat(dir, JOURNAL_NEW, dir, JOURNAL_NAME) == 0);
    for (; n < FRAMES && s.n > 0; n++) {
        size_t len = (unsigned char)s.p[0] < s.n ? (unsigned char)s.p[0] : s.n;
        seen.want[n] = (struct span){s.p, len};
        REQUIRE(journal_append(&j, seen.want[n], &f));
        s = span_from(s, len ? len : 1);
    }
    unsigned char c;
    uint64_t size = j.size, place = at % size;
    if (flip == 0) REQUIRE(ftruncate(j.fd, (off_t)place) == 0);
    else REQUIRE(pread(j.fd, &c, 1, (off_t)place) == 1 && (c ^= (unsigned char)flip, pwrite(j.fd, &c, 1, (off_t)place) == 1));
    journal_close(&j);
    again = seen;
    if (journal_open(&j, dir, &io, &key, see, &seen, &why) == FAIL_OK) {
        REQUIRE(seen.n < n || n == 0);   /* the changed frame is not taken */
        journal_close(&j);
        REQUIRE(journal_open(&j, dir, &io, &key, see, &again, &why) == FAIL_OK && again.n == seen.n);
        journal_close(&j);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    if (n < 4) return 0;
    begin();
    struct span s = {(const char *)p + 3, n - 3};
    check_entries(s);
    if (s.n < 4096) check_file(s, (unsigned)p[0] << 8 | p[1], p[2]);
    return 0;
}
