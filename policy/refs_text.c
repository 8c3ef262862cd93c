/* Texts that may repeat something sensitive. */
#include "core/obuf.h"
#include "policy/contents.h"
#include "policy/refs_find.h"

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Whether among these eight bytes no white space stands but single spaces; the ninth is looked at too. This sees every byte
 * of every conversation, so it does them at once. A control character is a false alarm, which costs a closer look. */
static bool is_plain_word(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u, spaces = ones * ' ';
    uint64_t now, next;
    memcpy(&now, p, sizeof now);
    memcpy(&next, p + 1, sizeof next);
    uint64_t both = (now ^ spaces) | (next ^ spaces), control = (now - spaces) & ~now, after = (next - spaces) & ~next;
    return ((((both - ones) & ~both) | control | after) & high) == 0;
}

/* Bytes that stay as they are: up to a space that is not single, or not ' '. */
static size_t plain_length(struct span s)
{
    size_t n = 0;
    for (;; n++) {
        while (n + 8 < s.n && is_plain_word(s.p + n)) n += 8;
        if (n == s.n || (is_space(s.p[n]) && !(s.p[n] == ' ' && n + 1 < s.n && !is_space(s.p[n + 1])))) return n;
    }
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

static void take_turn(struct refs *r, const struct obuf *said)
{
    struct span text = obuf_span(said);
    char *copy = obuf_ok(said) ? arena_strndup(r->c->arena, text.p, text.n) : NULL;
    if (copy == NULL) {
        r->failed = FAIL_NO_MEMORY;
        return;
    }
    struct span normal = refs_normal((struct span){copy, text.n}, r->c->arena);
    if (normal.p == NULL && text.n > 0) r->failed = FAIL_NO_MEMORY;
    if (has_characters(normal, r->min_text))
        refs_add_text(r, (struct ref){.kind = REF_TEXT, .part = PART_STATE, .value = normal});
}

/* What a model said in one turn, however it is cut up now: in parts, or in a message for each piece of a stream, as some
 * clients keep it. A turn that is one string of the body has been taken as that. */
void refs_take_turns(struct refs *r)
{
    const struct conv *c = &r->c->conv;
    struct obuf said = {0};
    for (size_t i = 0, end; i < c->n_msgs && !r->failed; i = end) {
        for (end = i; end < c->n_msgs && c->msgs[end].role == ROLE_ASSISTANT;) end++;
        if (end == i) {
            end++;
            continue;
        }
        struct span text = c->msgs[i].text, body = r->c->body;
        bool as_it_came = end == i + 1 && (text.n == 0 || (text.p >= body.p && text.p < body.p + body.n));
        if (as_it_came) continue;
        obuf_reset(&said);
        for (size_t k = i; k < end; k++) obuf_span_put(&said, c->msgs[k].text);
        take_turn(r, &said);
    }
    obuf_fini(&said);
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
