#include "audit/walk.h"
#include "audit/heads.h"
#include "audit/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LIVE_TRIES 20
#define LIVE_WAIT_NS 10000000

struct walk {
    const struct walk_sink *sink;
    struct walk_sum *sum;
    struct heads heads;
    struct arena *arena;
    int dir;
    bool running;               /* a writer is at work: the end may be moving */
    /* What the next record must follow. */
    bool seq_known, hash_known;
    struct chain last;
    uint64_t last_segment;      /* the live segment before this one; 0: none */
    /* Where we are. */
    const struct head *at;
    uint64_t line;
};

static CD_PRINTF(3, 4) void tell(const struct walk *w, void (*how)(void *, const char *), const char *fmt, ...)
{
    char text[400];
    char name[SEGMENT_NAME_MAX];
    segment_name(w->at->number, name);
    int n = snprintf(text, sizeof text, "%s line %" PRIu64, name, w->line);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    how(w->sink->arg, text);
}
#define DAMAGE(w, ...) tell((w), (w)->sink->damage, __VA_ARGS__)

/* A line that can't be used. That it was one record is the best guess about the numbers that follow. */
static void skip_line(struct walk *w)
{
    w->hash_known = false;
    w->last.seq++;
}

static void check_seq(struct walk *w, const struct frame *f)
{
    uint64_t expected = w->last.seq + 1;
    if (!w->seq_known || f->seq == expected) return;
    if (f->seq > expected)
        DAMAGE(w, " (seq %" PRIu64 "): seq %" PRIu64 " was expected: %" PRIu64 " record(s) are missing or stand elsewhere",
               f->seq, expected, f->seq - expected);
    else if (f->seq == w->last.seq)
        DAMAGE(w, " (seq %" PRIu64 "): this seq stands twice: a record was repeated, or the chain forks here", f->seq);
    else
        DAMAGE(w, " (seq %" PRIu64 "): seq %" PRIu64 " was expected: records were reordered or repeated", f->seq, expected);
    w->hash_known = false;   /* said already: that the chain breaks here follows from it */
}

static void check_prev(struct walk *w, const struct frame *f)
{
    if (!w->hash_known || memcmp(f->prev.p, w->last.hash, HASH_HEX) == 0) return;
    DAMAGE(w, " (seq %" PRIu64 "): prev is not the hash of the record before it: one of the two was replaced", f->seq);
}

static void check_time(struct walk *w, const struct frame *f)
{
    if (!w->seq_known || memcmp(f->time.p, w->last.time, CLOCK_RFC3339_LEN) >= 0) return;
    if (span_is(f->kind, "clock_step") || span_is(f->kind, "segment")) return;
    DAMAGE(w, " (seq %" PRIu64 "): its time is before that of the record before it, and no clock step is recorded", f->seq);
}

static void check_segment_links(struct walk *w, const struct frame *f, const struct head *said)
{
    if (said->number != w->at->number)
        DAMAGE(w, " (seq %" PRIu64 "): it says to be of segment %" PRIu64 ": the file was renamed or copied", f->seq,
               said->number);
    else if (said->previous != w->last_segment && said->previous < said->number && said->previous > w->last_segment)
        DAMAGE(w, " (seq %" PRIu64 "): segment %" PRIu64 ", which it follows, is missing", f->seq, said->previous);
    else if (said->previous != w->last_segment)
        DAMAGE(w, " (seq %" PRIu64 "): it says to follow segment %" PRIu64 " and stands after %" PRIu64, f->seq,
               said->previous, w->last_segment);
    else if (said->abandons && w->seq_known && said->after_seq != w->last.seq)
        DAMAGE(w, " (seq %" PRIu64 "): it says to follow seq %" PRIu64 " and stands after seq %" PRIu64, f->seq,
               said->after_seq, w->last.seq);
    if (said->previous != w->last_segment && said->previous > w->last_segment) w->seq_known = w->hash_known = false;
}

static void check_segment(struct walk *w, const struct frame *f, const struct jdoc *d)
{
    struct head said = {0};
    bool is_head = span_is(f->kind, "segment");
    if (is_head != (w->line == 1))
        DAMAGE(w, " (seq %" PRIu64 "): %s", f->seq,
               is_head ? "a segment record stands inside a segment" : "the first record is not the segment's own");
    else if (is_head && !head_parse(d, &said))
        DAMAGE(w, " (seq %" PRIu64 "): a member of the segment record is missing or of the wrong type", f->seq);
    else if (is_head)
        check_segment_links(w, f, &said);
}

static void move_on(struct walk *w, const struct frame *f)
{
    w->seq_known = w->hash_known = true;
    w->last.seq = f->seq;
    memcpy(w->last.hash, f->hash.p, HASH_HEX);
    memcpy(w->last.time, f->time.p, CLOCK_RFC3339_LEN);
}

static void take_line(struct walk *w, struct span text)
{
    struct walk_record r = {.segment = w->at->number, .line = w->line, .text = text, .arena = w->arena};
    struct jdoc d;
    size_t at;
    if (!frame_read(text, &r.frame)) {
        DAMAGE(w, " (after seq %" PRIu64 "): this is not a record, or its first or last bytes were changed", w->last.seq);
        skip_line(w);
        return;
    }
    if (!frame_hash_holds(&r.frame)) {
        DAMAGE(w, " (seq %" PRIu64 "): the record does not match its hash: it was changed", r.frame.seq);
        skip_line(w);
        return;
    }
    enum fail f = jscan(text, w->arena, &d, &at);
    if (f != FAIL_OK) {
        DAMAGE(w, " (seq %" PRIu64 "): %s at byte %zu", r.frame.seq, fail_code(f), at);
        skip_line(w);
    } else {
        r.doc = &d;
        check_segment(w, &r.frame, &d);
        check_seq(w, &r.frame);
        check_prev(w, &r.frame);
        check_time(w, &r.frame);
        move_on(w, &r.frame);
        w->sink->record(w->sink->arg, &r);
    }
    arena_reset(w->arena);
}

/* The live segment after this one, or NULL: this is the last. */
static const struct head *next_live(const struct walk *w)
{
    for (const struct head *h = w->at + 1; h < w->heads.h + w->heads.n; h++)
        if (h->live) return h;
    return NULL;
}

static void end_cut(struct walk *w, size_t n, bool is_last)
{
    w->line++;
    if (is_last)
        tell(w, w->sink->torn,
             ": the last line is incomplete (%zu bytes), as after a crash; cordon sets it aside at its next start", n);
    else
        DAMAGE(w, " (after seq %" PRIu64 "): the segment's last line is cut short", w->last.seq);
}

static enum line_kind next_line(struct walk *w, struct lines *in, bool is_last, struct span *text)
{
    enum line_kind k = lines_next(in, text);
    /* A writer at work may be in the middle of this line. */
    for (int i = 0; k == LINE_CUT && is_last && w->running && i < LIVE_TRIES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = LIVE_WAIT_NS}, NULL);
        k = lines_next(in, text);
    }
    w->line = in->number;
    return k;
}

/* The lines up to the end, or up to the last that counts where the next segment says that the rest was given up. */
static enum line_kind walk_lines(struct walk *w, struct lines *in, const struct head *next)
{
    enum line_kind k;
    struct span text;
    bool given_up = next != NULL && next->known && next->abandons && next->previous == w->at->number;
    while ((k = next_line(w, in, next == NULL, &text)) == LINE_WHOLE || k == LINE_LONG) {
        if (given_up && w->seq_known && w->last.seq >= next->after_seq && w->line > 1) break;
        take_line(w, text);
    }
    if (given_up) w->sink->abandoned(w->sink->arg, w->at->number, next->after_seq);
    else if (k == LINE_CUT) end_cut(w, text.n, next == NULL);
    return k;
}

static enum fail walk_segment(struct walk *w, struct why *why)
{
    char name[SEGMENT_NAME_MAX];
    struct lines in;
    segment_name(w->at->number, name);
    int fd = openat(w->dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        why_set(why, "cannot open %s: %s", name, strerror(errno));
        return FAIL_IO;
    }
    if (!lines_open(&in, fd)) return FAIL_NO_MEMORY;
    enum line_kind k = walk_lines(w, &in, next_live(w));
    if (k == LINE_ERROR) why_set(why, "cannot read %s: %s", name, strerror(errno));
    w->sum->bytes += in.at + (in.to - in.from);
    w->sum->segments++;
    w->last_segment = w->at->number;
    if (k == LINE_END && w->line == 0 && next_live(w) == NULL && !w->running) end_cut(w, 0, true);
    lines_close(&in);
    return k == LINE_ERROR ? FAIL_IO : FAIL_OK;
}

/* A file that is no part of the ledger: given up, or begun just before the end. */
static void pass_by(struct walk *w)
{
    w->line = 1;
    if (next_live(w) != NULL) w->sink->abandoned(w->sink->arg, w->at->number, 0);
    else if (w->running) return;
    else end_cut(w, w->at->size, true);
}

static enum fail walk_all(struct walk *w, struct why *why)
{
    enum fail f = FAIL_OK;
    for (size_t i = 0; f == FAIL_OK && i < w->heads.n; i++) {
        w->at = &w->heads.h[i];
        if (w->at->live) f = walk_segment(w, why);
        else pass_by(w);
    }
    return f;
}

static void tell_strange(const struct walk *w, const struct segment_list *list)
{
    char text[200];
    if (list->n_strange == 0) return;
    snprintf(text, sizeof text, "the directory holds %zu file(s) that do not belong to a ledger: %s", list->n_strange,
             list->strange);
    /* What looks like records outside the chain is damage; a stray note of an operator is not. */
    if (list->looks_like_records) w->sink->damage(w->sink->arg, text);
    else w->sink->note(w->sink->arg, text);
}

static enum fail walk_dir(struct walk *w, struct why *why)
{
    struct segment_list list;
    enum fail f = segment_list_read(w->dir, &list, why);
    if (f != FAIL_OK) return f;
    w->running = dir_is_locked(w->dir);
    if (list.n == 0) {
        why_set(why, "there is no segment in this directory");
        f = FAIL_IO;
    }
    if (f == FAIL_OK) f = heads_read(w->dir, &list, &w->heads, why);
    if (f == FAIL_OK) f = walk_all(w, why);
    if (f == FAIL_OK) tell_strange(w, &list);
    segment_list_free(&list);
    return f;
}

enum fail walk_ledger(const char *path, const struct walk_sink *sink, struct walk_sum *sum, struct why *why)
{
    struct walk w = {.sink = sink, .sum = sum, .seq_known = true, .hash_known = true, .arena = arena_new(64u << 10)};
    chain_start(&w.last);
    *sum = (struct walk_sum){0};
    why->text[0] = '\0';
    w.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum fail f = w.arena == NULL ? FAIL_NO_MEMORY : w.dir < 0 ? FAIL_IO : FAIL_OK;
    if (w.dir < 0) why_set(why, "cannot open the directory: %s", strerror(errno));
    if (f == FAIL_OK) f = walk_dir(&w, why);
    if (f != FAIL_OK && why->text[0] == '\0') why_set(why, "%s", fail_text(f));
    if (w.dir >= 0) close(w.dir);
    heads_free(&w.heads);
    arena_free(w.arena);
    return f;
}
