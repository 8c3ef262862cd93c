/* The compiled database on disk: a header with a checksum, then Hyperscan's own bytes. The name holds everything that
 * the bytes depend on, so a file of another version or machine is never even opened. */
#include "core/log.h"
#include "policy/pack.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "cordon-patterns-1\n"
#define MAX_FILE (256u << 20)

struct head {
    char magic[sizeof MAGIC - 1];
    unsigned char sum[DIGEST_LEN];   /* of the name's digest and the bytes */
};

static bool file_name(const char *dir, const char *digest, const char *suffix, char out[PATH_MAX])
{
    char version[32];
    size_t n = strcspn(hsdb_version(), " ");
    snprintf(version, sizeof version, "%.*s", (int)n, hsdb_version());
    int len = snprintf(out, PATH_MAX, "%s/patterns-%.24s-hs%s-%" PRIx64 ".db%s", dir, digest, version, hsdb_platform(),
                       suffix);
    return len > 0 && len < PATH_MAX;
}

static struct digest sum_of(const char *digest, struct span bytes) { return sha256_two(span_str(digest), bytes); }

/* The file is code to Hyperscan: only one that nobody else could have written is read. */
static bool is_ours(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 022) == 0 &&
        st->st_size > (off_t)sizeof(struct head) &&
           st->st_size < (off_t)MAX_FILE;
}

static bool read_all(int fd, char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, p, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

static struct hsdb *checked(const char *bytes, size_t n, const char *digest)
{
    struct head h;
    memcpy(&h, bytes, sizeof h);
    struct span body = {bytes + sizeof h, n - sizeof h};
    struct digest sum = sum_of(digest, body);
    if (memcmp(h.magic, MAGIC, sizeof h.magic) != 0 || memcmp(h.sum, sum.b, sizeof h.sum) != 0) return NULL;
    return hsdb_load(body);
}

struct hsdb *pack_cache_load(const char *dir, const char *digest)
{
    char path[PATH_MAX];
    struct stat st;
    struct hsdb *db = NULL;
    char *bytes = NULL;
    int fd = file_name(dir, digest, "", path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) return NULL;
    if (fstat(fd, &st) == 0 && is_ours(&st) && (bytes = malloc((size_t)st.st_size)) != NULL && read_all(fd, bytes,
        (size_t)st.st_size))
        db = checked(bytes, (size_t)st.st_size, digest);
    if (db == NULL) LOG(WARN, "patterns.cache", "file=%s reason=damaged_or_foreign action=compile", path);
    free(bytes);
    close(fd);
    return db;
}

static bool write_file(const char *path, const struct head *h, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool ok = write_all(fd, (const char *)h, sizeof *h) && write_all(fd, bytes, n) && fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

void pack_cache_store(const char *dir, const char *digest, const struct hsdb *db)
{
    char path[PATH_MAX], temp[PATH_MAX], suffix[32], *bytes = NULL;
    size_t n = 0;
    struct head h = {.magic = {0}};
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) LOG(WARN, "patterns.cache", "dir=%s error=%s", dir, strerror(errno));
    snprintf(suffix, sizeof suffix, ".%ld.tmp", (long)getpid());
    if (!file_name(dir, digest, "", path) || !file_name(dir, digest, suffix, temp) || !hsdb_store(db, &bytes,
        &n)) return;
    memcpy(h.magic, MAGIC, sizeof h.magic);
    struct digest sum = sum_of(digest, (struct span){bytes, n});
    memcpy(h.sum, sum.b, sizeof h.sum);
    unlink(temp);
    if (!write_file(temp, &h, bytes, n) || rename(temp, path) != 0) {
        LOG(WARN, "patterns.cache", "file=%s error=%s", path, strerror(errno));
        unlink(temp);
    }
    free(bytes);
}
