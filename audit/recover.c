#include "audit/recover.h"
#include "audit/dir.h"
#include "audit/lines.h"
#include "core/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPY_CHUNK (256u << 10)

/* What is known of one segment file. */
struct tail {
    struct chain last;       /* the last record that holds by itself; seq 0: none */
    uint64_t good_end, size;
    bool damaged;            /* something before good_end does not hold */
    uint64_t lines;          /* that end in a newline */
    bool newer;
    bool same_key;           /* its first record names the key in use */
};

static void look_at_line(struct tail *t, struct span line, uint64_t end, bool *bad_before)
{
    struct frame f;
    if (!frame_read(line, &f) || !frame_hash_holds(&f)) {
        *bad_before = true;
        return;
    }
    t->damaged |= *bad_before || (t->last.seq != 0 && f.seq != t->last.seq + 1);
    *bad_before = false;
    t->last.seq = f.seq;
    memcpy(t->last.hash, f.hash.p, HASH_HEX);
    memcpy(t->last.time, f.time.p, CLOCK_RFC3339_LEN);
    t->good_end = end;
}

static bool names_key(struct span line, const char *id)
{
    char member[64];
    int n = snprintf(member, sizeof member, "\"key_id\":\"%s\"", id);
    return memmem(line.p, line.n, member, (size_t)n) != NULL;
}

static enum fail look_at_segment(int fd, const char *key_id, struct tail *t)
{
    struct lines in;
    struct span line;
    enum line_kind k;
    bool bad_before = false;
    chain_start(&t->last);
    if (!lines_open(&in, fd)) return FAIL_NO_MEMORY;
    while ((k = lines_next(&in, &line)) == LINE_WHOLE || k == LINE_LONG) {
        if (in.number == 1) t->newer = frame_is_newer(line), t->same_key = names_key(line, key_id);
        look_at_line(t, line, in.at, &bad_before);
    }
    t->size = in.at + (in.to - in.from);
    t->lines = in.number;
    lines_close(&in);
    return k == LINE_ERROR ? FAIL_IO : FAIL_OK;
}

static enum fail io_failed(struct why *why, const char *what, const char *name)
{
    why_set(why, "cannot %s the ledger's %s: %s", what, name, strerror(errno));
    return FAIL_IO;
}

/* A new file NAME.torn, or the first free NAME.1.torn …: what an earlier recovery set aside stays. */
static int create_torn(int dir, uint64_t segment, char name[SEGMENT_NAME_MAX])
{
    int fd = -1;
    for (unsigned again = 0; fd < 0 && again < 10000; again++) {
        torn_name(segment, again, name);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 && errno != EEXIST) break;
    }
    return fd;
}

static bool copy_range(int in, int out, uint64_t from, uint64_t to, uint64_t out_at, struct sha256_state *sum)
{
    char *chunk = malloc(COPY_CHUNK);
    bool ok = chunk != NULL;
    while (ok && from < to) {
        size_t want = to - from < COPY_CHUNK ? (size_t)(to - from) : COPY_CHUNK;
        ssize_t n = pread(in, chunk, want, (off_t)from);
        ok = n > 0 && pwrite(out, chunk, (size_t)n, (off_t)out_at) == n;
        if (!ok) break;
        if (sum != NULL) sha256_add(sum, (struct span){chunk, (size_t)n});
        from += (uint64_t)n;
        out_at += (uint64_t)n;
    }
    free(chunk);
    return ok;
}

static bool copy_torn(int in, int out, const struct tail *t, char hex[HASH_HEX + 1])
{
    struct sha256_state *sum = sha256_new();
    if (sum == NULL) return errno = ENOMEM, false;
    bool ok = copy_range(in, out, t->good_end, t->size, 0, sum) && fsync(out) == 0;
    struct digest d = sha256_end(sum);
    hex_put(hex, d.b, DIGEST_LEN);
    sha256_free(sum);
    return ok;
}

static enum fail set_aside(int dir, int fd, uint64_t segment, const struct tail *t, struct recovery *r, struct why *why)
{
    struct torn *torn = &r->torn[r->n < COUNT(r->torn) ? r->n++ : COUNT(r->torn) - 1];
    int out = create_torn(dir, segment, torn->file);
    bool ok = out >= 0 && copy_torn(fd, out, t, torn->sha256) && fsync(dir) == 0;
    /* The copy is durable before the original is cut. */
    ok = ok && ftruncate(fd, (off_t)t->good_end) == 0;
    if (out >= 0) close(out);
    if (!ok) return io_failed(why, "set aside the torn tail as", torn->file);
    torn->segment = segment;
    torn->bytes = t->size - t->good_end;
    return FAIL_OK;
}

/* The last run may have ended after a failed sync: its pages then read back well and are on no disk, and a later sync
 * would call them good. Written again, they are what the next sync is about. */
static bool make_durable(int fd, uint64_t size) { return copy_range(fd, fd, 0, size, 0, NULL) && fdatasync(fd) == 0; }

/* A crash leaves at most the last segment without a record, and those that were begun and never acknowledged. */
static bool is_ruined(const struct tail *t, bool is_last) { return t->last.seq == 0 && t->lines > 0 && !is_last; }

static enum fail settle(struct writer *w, int fd, uint64_t segment, const struct tail *t, struct recovery *r,
                        struct why *why)
{
    char name[SEGMENT_NAME_MAX];
    segment_name(segment, name);
    enum fail f = t->size > t->good_end ? set_aside(w->seg.dir, fd, segment, t, r, why) : FAIL_OK;
    if (f != FAIL_OK) return f;
    if (t->last.seq == 0)   /* nothing in it holds: the file is empty now, and its number is free again */
        return unlinkat(w->seg.dir, name, 0) == 0 && fsync(w->seg.dir) == 0 ? FAIL_OK : io_failed(why, "remove", name);
    if (!make_durable(fd, t->good_end)) return io_failed(why, "write", name);
    w->chain = w->acked = t->last;
    w->acked_segment = segment;
    w->last_ns = frame_time_ns(span_str(t->last.time));
    r->fresh_segment = !t->same_key || t->good_end >= w->segment_bytes;
    if (!r->fresh_segment && !segment_resume(&w->seg, segment, t->good_end)) return io_failed(why, "open", name);
    return FAIL_OK;
}

/* One segment, from the last backwards; `found` when it holds the last record. */
static enum fail recover_segment(struct writer *w, uint64_t segment, bool is_last, struct recovery *r, bool *found,
                                 struct why *why)
{
    char name[SEGMENT_NAME_MAX];
    struct tail t = {0};
    segment_name(segment, name);
    int fd = openat(w->seg.dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW), reader = fd < 0 ? -1 : dup(fd);
    enum fail f = reader < 0 ? io_failed(why, "open", name) : look_at_segment(reader, w->key_id, &t);
    if (f == FAIL_OK && t.newer) {
        why_set(why, "the ledger's %s was written by a newer cordon, which alone can go on with it", name);
        f = FAIL_CONFIG;
    } else if (f == FAIL_OK && is_ruined(&t, is_last)) {
        why_set(why, "no record of the ledger's %s holds; run: cordon audit verify", name);
        f = FAIL_IO;
    } else if (f != FAIL_OK && reader >= 0) {
        f = io_failed(why, "read", name);
    }
    if (f == FAIL_OK) f = settle(w, fd, segment, &t, r, why);
    *found = t.last.seq != 0;
    if (f == FAIL_OK && t.damaged)
        LOG(ERROR, "ledger.damaged", "segment=%" PRIu64 " (run: cordon audit verify)", segment);
    if (fd >= 0) close(fd);
    return f;
}

enum fail recover_ledger(struct writer *w, struct recovery *r, struct why *why)
{
    struct segment_list list;
    *r = (struct recovery){.fresh_segment = true};
    enum fail f = segment_list_read(w->seg.dir, &list, why);
    if (f != FAIL_OK) return f;
    bool found = false;
    size_t i = list.n;
    while (f == FAIL_OK && !found && i > 0) {
        i--;
        f = recover_segment(w, list.number[i], i == list.n - 1, r, &found, why);
    }
    if (found) w->next_number = list.number[i] + 1;
    segment_list_free(&list);
    return f;
}

void torn_body_put(struct obuf *o, const struct torn *r)
{
    jo_cstr(o, "kind", "recovered");
    jo_u64(o, "segment", r->segment);
    jo_u64(o, "bytes", r->bytes);
    jo_cstr(o, "sha256", r->sha256);
    jo_cstr(o, "file", r->file);
}
