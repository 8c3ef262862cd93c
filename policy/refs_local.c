/* Local ids wherever they stand: as bytes of a part, and in every reading of it that inspection has made (escapes resolved,
 * base64 decoded, a document within a string). An id is known by its MAC, so what stands around it does not matter. */
#include "policy/refs_find.h"

#define PREFIX_MAX 24u

static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* One text that is searched. `view`: it is a segment of that; else a part's own bytes. */
struct place {
    struct refs *r;
    struct span text;
    enum part part;
    const struct view *view;
    const struct segment *seg;
    struct view_cursor cursor;
};

static void locate(struct place *p, size_t start, size_t end, struct ref *ref)
{
    struct finding at = {.part = (uint8_t)p->part, .start = start, .end = end};
    if (p->view)
        view_locate(p->view, &p->cursor, p->seg, p->seg->view_start + start, p->seg->view_start + end, &at);
    ref->part = at.part;
    ref->start = at.start;
    ref->end = at.end;
}

/* Another reading of the same bytes has found it, most likely the one that was added last. */
static bool is_known(const struct refs *r, const struct ref *ref)
{
    for (size_t i = r->n; i-- > 0;) {
        const struct ref *k = &r->ref[i];
        bool same = k->kind == REF_LOCAL_ID && k->part == ref->part && k->local_classes == ref->local_classes;
        if (same && k->start < ref->end && k->end > ref->start) return true;
    }
    return false;
}

/* 40 digits at `at`, with what stands before them, but not before `left`, as their prefix. Beyond a number that nobody
 * needs only what says more is taken: each one is compared with all that are known. */
static bool take_digits(struct place *p, size_t at, size_t left)
{
    struct refs *r = p->r;
    struct ref ref = {.kind = REF_LOCAL_ID};
    size_t start = at, end = at + LOCAL_ID_DIGITS;
    if (!local_id_digits(r->c->id_key, (struct span){p->text.p + at, LOCAL_ID_DIGITS}, &ref.local_classes)) return false;
    if (r->n_scanned >= REFS_SCANNED_MAX && (ref.local_classes & ~r->scanned_classes) == 0) return true;
    while (start > left && at - start < PREFIX_MAX && is_word(p->text.p[start - 1])) start--;
    ref.value = (struct span){p->text.p + start, end - start};
    locate(p, start, end, &ref);
    if (is_known(r, &ref)) return true;
    ref.value.p = arena_strndup(r->c->arena, ref.value.p, ref.value.n);   /* the view is the scanner's */
    if (ref.value.p == NULL) r->failed = FAIL_NO_MEMORY;
    refs_add(r, ref);
    r->n_scanned++;
    r->scanned_classes |= ref.local_classes;
    return true;
}

/* The digits are so many that looking at every 40th byte misses none. In a longer run of hex digits an id stands at one of
 * its ends: the other end of an id is its prefix's, or what follows. */
static void scan_text(struct place *p)
{
    struct span s = p->text;
    for (size_t i = LOCAL_ID_DIGITS - 1, left = 0; i < s.n && !p->r->failed;) {
        if (!is_hex(s.p[i])) {
            i += LOCAL_ID_DIGITS;
            continue;
        }
        size_t start = i, end = i + 1;
        while (start > left && is_hex(s.p[start - 1])) start--;
        while (end < s.n && is_hex(s.p[end])) end++;
        if (end - start >= LOCAL_ID_DIGITS && !take_digits(p, start, left) && end - start > LOCAL_ID_DIGITS)
            take_digits(p, end - LOCAL_ID_DIGITS, left);
        left = end;
        i = end + LOCAL_ID_DIGITS;
    }
}

void refs_scan_part(struct refs *r, struct span s, enum part part)
{
    if (r->c->id_key != NULL) scan_text(&(struct place){.r = r, .text = s, .part = part});
}

/* What reads as it is written has been searched as bytes. */
static bool differs(const struct segment *s) { return s->escaped || s->src >= SRC_DERIVED || s->part == PART_HEADER; }

void refs_scan_view(struct refs *r, const struct view *v)
{
    if (r->c->id_key == NULL) return;
    for (size_t i = 0; i < v->n_seg; i++) {
        const struct segment *s = &v->seg[i];
        if (differs(s))
            scan_text(&(struct place){.r = r, .text = {v->p + s->view_start, s->view_end - s->view_start}, .part = s->part,
                                      .view = v, .seg = s});
    }
}
