/* Texts that may repeat something sensitive. */
#include "policy/contents.h"
#include "policy/refs_find.h"

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Bytes that stay as they are: up to a space that is not single, or not ' '. */
static size_t plain_length(struct span s)
{
    size_t n = 0;
    while (n < s.n && (!is_space(s.p[n]) || (s.p[n] == ' ' && n + 1 < s.n && !is_space(s.p[n + 1])))) n++;
    return n;
}

struct span refs_normal(struct span text, struct arena *a)
{
    while (text.n && is_space(text.p[0])) text = span_from(text, 1);
    while (text.n && is_space(text.p[text.n - 1])) text.n--;
    size_t n = plain_length(text);
    if (n == text.n) return text;
    char *out = arena_alloc(a, text.n);
    if (out == NULL) return SPAN_NONE;
    memcpy(out, text.p, n);
    for (size_t i = n; i < text.n; i++) {
        if (!is_space(text.p[i])) out[n++] = text.p[i];
        else if (!is_space(text.p[i - 1])) out[n++] = ' ';
    }
    return (struct span){out, n};
}

static bool has_characters(struct span s, size_t least)
{
    if (s.n < least) return false;
    for (size_t i = 0; i < s.n && least > 0; i++) least -= ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return least == 0;
}

/* Whether most of it is something that could not be read: a picture in base64 is no text that anybody repeats. */
static bool is_opaque(struct refs *r, size_t start, size_t end)
{
    const struct contents *k = r->c->contents;
    if (k == NULL) return false;
    while (r->next_opaque < k->n_opaque) {
        const struct opaque_run *o = &k->opaque[r->next_opaque];
        if (o->part == PART_BODY && o->kind != OPAQUE_REMOTE && o->end > start) break;
        r->next_opaque++;
    }
    if (r->next_opaque == k->n_opaque) return false;
    const struct opaque_run *o = &k->opaque[r->next_opaque];
    size_t from = o->start > start ? o->start : start, to = o->end < end ? o->end : end;
    return from < to && to - from > (end - start) / 2;
}

/* Of the findings that begin before its end, one reaches into it. */
static bool has_findings(const struct refs *r, size_t start, size_t end)
{
    size_t lo = 0, hi = r->n_ranges;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->range[mid].start < end) lo = mid + 1;
        else hi = mid;
    }
    return lo > 0 && r->range[lo - 1].reach > start;
}

void refs_take_text(struct refs *r, struct span text, size_t start, size_t end, bool recordable)
{
    if (is_opaque(r, start, end)) return;
    struct span normal = refs_normal(text, r->c->arena);
    if (normal.p == NULL && text.n > 0) r->failed = FAIL_NO_MEMORY;
    if (!has_characters(normal, r->min_text)) return;
    refs_add_text(r, (struct ref){.kind = REF_TEXT, .part = PART_BODY, .recordable = recordable, .start = start, .end = end,
                                  .sensitive = has_findings(r, start, end), .value = normal});
}
