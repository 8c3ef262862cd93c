#include "audit/dir.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void segment_name(uint64_t number, char out[SEGMENT_NAME_MAX])
{
    snprintf(out, SEGMENT_NAME_MAX, "%08" PRIu64 ".jsonl", number);
}

void torn_name(uint64_t number, unsigned again, char out[SEGMENT_NAME_MAX])
{
    if (again == 0) snprintf(out, SEGMENT_NAME_MAX, "%08" PRIu64 ".torn", number);
    else snprintf(out, SEGMENT_NAME_MAX, "%08" PRIu64 ".%u.torn", number, again);
}

/* The number of a name that segment_name would write, or 0. */
static uint64_t number_of(const char *name)
{
    char again[SEGMENT_NAME_MAX];
    if (name[0] < '0' || name[0] > '9') return 0;
    uint64_t n = strtoull(name, NULL, 10);
    segment_name(n, again);
    return strcmp(again, name) == 0 ? n : 0;
}

static bool is_ours(const char *name)
{
    static const char *const known[] = {".", "..", LOCK_NAME, KEY_NAME, KEY_NAME ".new"};
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], name) == 0) return true;
    return span_ends(span_str(name), SPAN(".torn"));
}

static void note_strange(struct segment_list *l, const char *name)
{
    bool records = strstr(name, "json") != NULL;
    if (l->n_strange++ > 0 && (l->looks_like_records || !records)) return;
    l->looks_like_records = records;
    snprintf(l->strange, sizeof l->strange, "%.60s", name);
    for (char *p = l->strange; *p; p++)
        if (*p < 0x20 || *p > 0x7e) *p = '?';
}

static bool add_number(struct segment_list *l, size_t *cap, uint64_t number)
{
    if (l->n == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        uint64_t *grown = realloc(l->number, *cap * sizeof *grown);
        if (grown == NULL) return false;
        l->number = grown;
    }
    l->number[l->n++] = number;
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static enum fail read_names(DIR *d, struct segment_list *out)
{
    size_t cap = 0;
    for (struct dirent *e; (errno = 0, e = readdir(d)) != NULL;) {
        uint64_t number = number_of(e->d_name);
        if (number > 0 && !add_number(out, &cap, number)) return FAIL_NO_MEMORY;
        if (number == 0 && !is_ours(e->d_name)) note_strange(out, e->d_name);
    }
    if (errno != 0) return FAIL_IO;
    if (out->n) qsort(out->number, out->n, sizeof *out->number, by_number);
    return FAIL_OK;
}

enum fail segment_list_read(int dir, struct segment_list *out, struct why *why)
{
    *out = (struct segment_list){0};
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    enum fail f = d == NULL ? FAIL_IO : read_names(d, out);
    if (f != FAIL_OK) why_set(why, "cannot list the ledger's directory: %s", f == FAIL_IO ? strerror(errno) : fail_text(f));
    if (d != NULL) closedir(d);
    else if (fd >= 0) close(fd);
    if (f != FAIL_OK) segment_list_free(out);
    return f;
}

void segment_list_free(struct segment_list *l)
{
    free(l->number);
    *l = (struct segment_list){0};
}

/* An open-file-description lock: like flock it belongs to the open file and goes with the process; unlike flock its
 * state can be asked for without taking it. */
int dir_lock(int dir, const char *path, struct why *why)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &whole) == 0) return fd;
    if (fd >= 0 && (errno == EAGAIN || errno == EACCES))
        why_set(why, "the ledger %s is in use by another cordon process", path);
    else
        why_set(why, "cannot lock the ledger %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

bool dir_is_locked(int dir)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = openat(dir, LOCK_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    bool locked = fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    close(fd);
    return locked;
}
