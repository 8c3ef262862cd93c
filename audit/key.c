#include "audit/key.h"
#include "audit/dir.h"
#include "core/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void name_key(struct value_key *k)
{
    struct digest d = sha256((struct span){(const char *)k->b, sizeof k->b});
    memcpy(k->id, "k-", 2);
    hex_put(k->id + 2, d.b, 8);
}

static enum fail read_key(int fd, struct value_key *k, struct why *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != sizeof k->b ||
        read(fd, k->b, sizeof k->b) != (ssize_t)sizeof k->b) {
        why_set(why, "the ledger's " KEY_NAME " is not a file of %d bytes", VALUE_KEY_BYTES);
        return FAIL_IO;
    }
    if (st.st_mode & 077) {
        why_set(why, "the ledger's " KEY_NAME " can be read by others (mode %04o): make it 0600",
                (unsigned)st.st_mode & 07777u);
        return FAIL_IO;
    }
    return FAIL_OK;
}

/* Under another name first, so that a crash never leaves half a key under the real one. */
static enum fail make_key(int dir, struct value_key *k, struct why *why)
{
    random_bytes(k->b, sizeof k->b);
    int fd = openat(dir, KEY_NAME ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write(fd, k->b, sizeof k->b) == (ssize_t)sizeof k->b && fsync(fd) == 0 &&
              renameat(dir, KEY_NAME ".new", dir, KEY_NAME) == 0 && fsync(dir) == 0;
    if (!ok) why_set(why, "cannot make the ledger's " KEY_NAME ": %s", strerror(errno));
    if (fd >= 0) close(fd);
    return ok ? FAIL_OK : FAIL_IO;
}

enum fail value_key_load(int dir, struct value_key *k, struct why *why)
{
    enum fail f;
    int fd = openat(dir, KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        f = read_key(fd, k, why);
        close(fd);
    } else if (errno == ENOENT) {
        f = make_key(dir, k, why);
    } else {
        why_set(why, "cannot open the ledger's " KEY_NAME ": %s", strerror(errno));
        f = FAIL_IO;
    }
    if (f == FAIL_OK) name_key(k);
    else value_key_fini(k);
    return f;
}

void value_key_fini(struct value_key *k) { digest_wipe(k, sizeof *k); }
