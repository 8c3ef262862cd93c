#include "audit/rows.h"
#include "audit/verify.h"
#include "audit/walk.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows that wait to be printed, oldest first: the last N, or for "all" enough that an outcome finds its intent. */
#define HOLD_ALL 16384u

struct show {
    FILE *out;
    bool json, keep_last;
    uint64_t hold;              /* rows held at most */
    struct row *row;            /* a ring */
    size_t cap, first, n;
    uint64_t damages;
    bool no_memory;
};

static struct row *at(const struct show *s, size_t i) { return &s->row[(s->first + i) % s->cap]; }

static void print(const struct show *s, struct row *r)
{
    if (s->json) fprintf(s->out, "%s\n", r->intent.p);
    else row_print(r, s->out);
    row_fini(r);
}

static void drop_oldest(struct show *s)
{
    struct row *r = at(s, 0);
    if (s->keep_last) row_fini(r);
    else print(s, r);
    s->first = (s->first + 1) % s->cap;
    s->n--;
}

static bool grow(struct show *s)
{
    size_t cap = s->cap ? s->cap * 2 : 256;
    struct row *fresh = calloc(cap, sizeof *fresh);
    if (fresh == NULL) return false;
    for (size_t i = 0; i < s->n; i++) fresh[i] = *at(s, i);
    free(s->row);
    s->row = fresh;
    s->cap = cap;
    s->first = 0;
    return true;
}

static struct row *add_row(struct show *s)
{
    if (s->n >= s->hold) drop_oldest(s);
    if (s->n == s->cap && !grow(s)) return s->no_memory = true, NULL;
    struct row *r = at(s, s->n++);
    *r = (struct row){0};
    return r;
}

/* Rows are in the order of seq. */
static struct row *find(const struct show *s, uint64_t seq)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (at(s, mid)->seq < seq) lo = mid + 1;
        else hi = mid;
    }
    return lo < s->n && at(s, lo)->seq == seq ? at(s, lo) : NULL;
}

static void on_record(void *arg, const struct walk_record *r)
{
    struct show *s = arg;
    int64_t intent;
    bool ends = !s->json && (span_is(r->frame.kind, "outcome") || span_is(r->frame.kind, "tunnel_outcome")) &&
                jdoc_int(r->doc, jdoc_get(r->doc, 0, "intent"), &intent) && intent > 0;
    struct row *row = ends ? find(s, (uint64_t)intent) : NULL;
    if (row != NULL && row_end(row, r)) return;
    /* Of an exchange before the last N. */
    if (ends && s->keep_last && s->n > 0 && (uint64_t)intent < at(s, 0)->seq) return;
    row = add_row(s);
    if (row == NULL) return;
    if (s->json) row_raw(row, r);
    else row_begin(row, r);
    s->no_memory |= !obuf_ok(&row->intent);
}

static void on_damage(void *arg, const char *what)
{
    struct show *s = arg;
    s->damages++;
    if (s->json) return;
    uint64_t after = s->n ? at(s, s->n - 1)->seq : 0;
    struct row *row = add_row(s);
    if (row == NULL) return;
    row->seq = after;   /* rows stay in order */
    row_damage(row, what);
}

static void on_abandoned(void *arg, uint64_t segment, uint64_t after_seq) { (void)arg, (void)segment, (void)after_seq; }
static void on_note(void *arg, const char *what) { (void)arg, (void)what; }

enum fail audit_show(const char *dir, FILE *out, bool json, uint64_t last, struct why *why)
{
    struct show s = {.out = out, .json = json, .keep_last = last != 0, .hold = last ? last : json ? 1 : HOLD_ALL};
    struct walk_sink sink = {&s, on_record, on_damage, on_damage, on_abandoned, on_note};
    struct walk_sum sum;
    if (!json) row_print_titles(out);
    enum fail f = walk_ledger(dir, &sink, &sum, why);
    for (size_t i = 0; i < s.n; i++) print(&s, at(&s, i));
    free(s.row);
    if (f == FAIL_OK && s.no_memory) f = FAIL_NO_MEMORY, why_set(why, "%s", fail_text(f));
    if (f == FAIL_OK && (fflush(out) != 0 || ferror(out))) f = FAIL_IO, why_set(why, "cannot write the output");
    if (f == FAIL_OK && s.damages > 0) {
        f = FAIL_IO;
        why_set(why, "the ledger has %" PRIu64 " place(s) that do not hold; run: cordon audit verify", s.damages);
    }
    return f;
}
