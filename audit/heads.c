#include "audit/heads.h"
#include "audit/frame.h"
#include "audit/lines.h"
#include "core/jscan.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool get_number(const struct jdoc *d, uint32_t object, const char *key, uint64_t *out)
{
    int64_t v;
    if (!jdoc_int(d, jdoc_get(d, object, key), &v) || v < 0) return false;
    *out = (uint64_t)v;
    return true;
}

bool head_parse(const struct jdoc *d, struct head *out)
{
    uint64_t given_up;
    uint32_t abandoned = jdoc_get(d, 0, "abandoned");
    out->abandons = abandoned != J_NONE;
    if (jdoc_get_type(d, 0, "key_id", J_STRING) == J_NONE || !get_number(d, 0, "segment", &out->number) ||
        !get_number(d, 0, "previous_segment", &out->previous))
        return false;
    if (!out->abandons) return true;
    return d->tok[abandoned].type == J_OBJECT && get_number(d, abandoned, "segment", &given_up) &&
           given_up == out->previous && get_number(d, abandoned, "after_seq", &out->after_seq);
}

static void parse_first(struct span line, struct arena *a, struct head *h)
{
    struct frame f;
    struct jdoc d;
    size_t at;
    struct head said = *h;
    if (!frame_read(line, &f) || !span_is(f.kind, "segment") || !frame_hash_holds(&f)) return;
    if (jscan(line, a, &d, &at) != FAIL_OK || d.tok[0].type != J_OBJECT || !head_parse(&d, &said)) return;
    if (said.number != h->number || said.previous >= said.number) return;
    *h = said;
    h->known = true;
}

static enum fail read_head(int dir, struct head *h, struct arena *a, struct why *why)
{
    char name[SEGMENT_NAME_MAX];
    struct lines in;
    struct span line;
    struct stat st;
    segment_name(h->number, name);
    /* O_NONBLOCK: a fifo of that name must not hold us. */
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        why_set(why, "cannot open %s: %s", name, fd < 0 ? strerror(errno) : "it is not a file");
        if (fd >= 0) close(fd);
        return FAIL_IO;
    }
    h->size = (uint64_t)st.st_size;
    if (!lines_open(&in, fd)) return FAIL_NO_MEMORY;
    enum line_kind k = lines_next(&in, &line);
    h->begun = k == LINE_WHOLE || k == LINE_LONG;
    if (k == LINE_WHOLE) parse_first(line, a, h);
    if (k == LINE_ERROR) why_set(why, "cannot read %s: %s", name, strerror(errno));
    lines_close(&in);
    arena_reset(a);
    return k == LINE_ERROR ? FAIL_IO : FAIL_OK;
}

/* Index of the segment that segment i follows, or -1: the one it names when it says that those between were given up,
 * else its neighbour (that it names another is then damage, and found when it is walked). */
static ptrdiff_t follows(const struct heads *s, ptrdiff_t i)
{
    ptrdiff_t p = i - 1;
    if (s->h[i].known && s->h[i].abandons)
        while (p >= 0 && s->h[p].number > s->h[i].previous) p--;
    return p;
}

/* From the end: segments begun by a probe that never became part of the ledger are passed by. Files at the end without
 * a whole first line were made just before a stop. */
static void mark_live(struct heads *s)
{
    ptrdiff_t i = (ptrdiff_t)s->n - 1;
    while (i > 0 && !s->h[i].begun) i--;
    for (; i >= 0; i = follows(s, i)) s->h[i].live = true;
}

enum fail heads_read(int dir, const struct segment_list *list, struct heads *out, struct why *why)
{
    struct arena *a = arena_new(0);
    *out = (struct heads){.h = calloc(list->n ? list->n : 1, sizeof *out->h), .n = list->n};
    enum fail f = a == NULL || out->h == NULL ? FAIL_NO_MEMORY : FAIL_OK;
    if (f != FAIL_OK) why_set(why, "out of memory");
    for (size_t i = 0; f == FAIL_OK && i < list->n; i++) {
        out->h[i].number = list->number[i];
        f = read_head(dir, &out->h[i], a, why);
    }
    if (f == FAIL_OK) mark_live(out);
    else heads_free(out);
    arena_free(a);
    return f;
}

void heads_free(struct heads *s)
{
    free(s->h);
    *s = (struct heads){0};
}
