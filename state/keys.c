/* The state's directory and the state key. */
#include "core/digest.h"
#include "state/store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_NAME "key"

int state_dir_open(const char *path, struct why *why)
{
    if (path == NULL) {
        why_set(why, "no directory for the state; give state: dir");
        return -1;
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        why_set(why, "cannot make the state's directory %s: %s", path, strerror(errno));
        return -1;
    }
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) why_set(why, "cannot open the state's directory %s: %s", path, strerror(errno));
    return dir;
}

/* 32 bytes as they are, or 64 hex digits, a line end allowed behind them. */
static bool parse_key(struct span bytes, struct seal_key *k)
{
    if (bytes.n == sizeof k->b) {
        memcpy(k->b, bytes.p, sizeof k->b);
        return true;
    }
    while (bytes.n > 0 && (bytes.p[bytes.n - 1] == '\n' || bytes.p[bytes.n - 1] == '\r')) bytes.n--;
    return hex_get(k->b, sizeof k->b, bytes);
}

static enum fail read_key(int fd, const char *name, mode_t others, struct seal_key *k, struct why *why)
{
    struct stat st;
    char bytes[2 * SEAL_KEY_BYTES + 3];
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & others) != 0) {
        why_set(why, "the state key %s can be read by others (mode %04o): make it 0600", name, (unsigned)st.st_mode & 07777u);
        return FAIL_IO;
    }
    ssize_t n = read(fd, bytes, sizeof bytes);
    bool ok = n > 0 && parse_key((struct span){bytes, (size_t)n}, k);
    digest_wipe(bytes, sizeof bytes);
    if (!ok) why_set(why, "the state key %s is not a file of 32 bytes or 64 hex digits", name);
    return ok ? FAIL_OK : FAIL_IO;
}

/* Under another name first, so that a crash never leaves half a key under the real one. */
static enum fail make_key(int dir, struct seal_key *k, struct why *why)
{
    random_bytes(k->b, sizeof k->b);
    int fd = openat(dir, KEY_NAME ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write(fd, k->b, sizeof k->b) == (ssize_t)sizeof k->b && fsync(fd) == 0 &&
              renameat(dir, KEY_NAME ".new", dir, KEY_NAME) == 0 && fsync(dir) == 0;
    if (!ok) why_set(why, "cannot make the state key: %s", strerror(errno));
    if (fd >= 0) close(fd);
    return ok ? FAIL_OK : FAIL_IO;
}

static enum fail load(const char *key_file, int dir, struct seal_key *k, struct why *why)
{
    int fd = key_file ? open(key_file, O_RDONLY | O_CLOEXEC) : openat(dir, KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && key_file == NULL && errno == ENOENT) return make_key(dir, k, why);
    if (fd < 0) {
        why_set(why, "cannot open the state key %s: %s", key_file ? key_file : KEY_NAME, strerror(errno));
        return FAIL_IO;
    }
    /* One that the operator brings may belong to a group, as secrets that are mounted into a container do. */
    enum fail f = read_key(fd, key_file ? key_file : KEY_NAME, key_file ? 007 : 077, k, why);
    close(fd);
    return f;
}

enum fail state_keys_load(const char *key_file, int dir, struct state_keys *out, struct why *why)
{
    struct seal_key master;
    enum fail f = load(key_file, dir, &master, why);
    if (f == FAIL_OK) {
        seal_derive(&master, "cordon state: local ids", out->id.b);
        seal_derive(&master, "cordon state: keys", out->index.b);
        seal_derive(&master, "cordon state: sealing", out->seal.b);
    }
    digest_wipe(&master, sizeof master);
    return f;
}
