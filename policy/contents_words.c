/* Encoded words, as mail and multipart headers write what is not ASCII: "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=" (RFC 2047). They are
 * read wherever a text has them, since mail is pasted into prompts with its headers. */
#include "core/base64.h"
#include "policy/contents_read.h"
#include "policy/magic.h"

struct word {
    size_t start, end;      /* in the text, with its marks */
    struct span charset, coded;
    bool base64;
};

/* The piece up to the next question mark, past which *at goes; p is NULL when a blank or the end comes first. */
static struct span piece(struct span t, size_t *at)
{
    size_t start = *at, i = start;
    while (i < t.n && t.p[i] != '?' && t.p[i] > ' ') i++;
    if (i == t.n || t.p[i] != '?') return SPAN_NONE;
    *at = i + 1;
    return (struct span){t.p + start, i - start};
}

/* The next word from *at on. */
static bool next_word(struct span t, size_t *at, struct word *w)
{
    while (*at + 1 < t.n) {
        const char *mark = span_pair(span_from(t, *at), '=', '?');
        if (mark == NULL) break;
        w->start = (size_t)(mark - t.p);
        *at = w->start + 2;
        size_t next = *at;
        struct span how = SPAN_NONE;
        w->charset = piece(t, &next);
        if (w->charset.p) how = piece(t, &next);
        w->coded = how.n == 1 ? piece(t, &next) : SPAN_NONE;
        if (w->coded.p == NULL || next >= t.n || t.p[next] != '=' || memchr("bBqQ", how.p[0], 4) == NULL) continue;
        const char *language = memchr(w->charset.p, '*', w->charset.n);   /* RFC 2231, section 5 */
        if (language) w->charset.n = (size_t)(language - w->charset.p);
        w->base64 = (how.p[0] | 0x20) == 'b';
        *at = w->end = next + 1;
        return true;
    }
    return false;
}

static bool only_blanks(struct span t, size_t from, size_t to)
{
    while (from < to && t.p[from] <= ' ' && t.p[from] > 0) from++;
    return from == to;
}

static enum fail read_word(struct reader *r, struct span bytes, bool readable, struct view_src src)
{
    bool failed = false;
    src.text = readable ? text_from(bytes, true, r->c->arena, &failed) : SPAN_NONE;
    if (failed) return FAIL_NO_MEMORY;
    if (src.text.p) return contents_decoded(r, src);
    return contents_opaque(r, OPAQUE_BINARY, src.part, src.start, src.end, SPAN_NONE);
}

static struct view_src source_of(const struct reader *r, const struct segment *s, size_t start, size_t end)
{
    struct view_src src = {.start = start, .end = end, .part = s->part, .coded = CODING_FIXED};
    if (s->src >= SRC_DERIVED) {
        const struct view_src *outer = &r->v->derived[s->src - SRC_DERIVED];
        src.start = outer->start, src.end = outer->end;
    }
    return src;
}

/* White space between two words is none: together they are one text, which may be cut anywhere. Decodes *w and those that
 * belong to it to `out`; *w becomes the next one, while there are any. Returns how many bytes, no more than were coded. */
static size_t decode_group(struct span t, size_t *at, struct word *w, bool *any, bool *readable, size_t *end, char *out)
{
    size_t n = 0;
    *readable = true;
    do {
        *readable = *readable && text_reads_charset(w->charset);
        n += w->base64 ? base64_decode(w->coded, out + n) : quoted_decode(w->coded, true, out + n);
        *end = w->end;
        *any = next_word(t, at, w);
    } while (*any && only_blanks(t, *end, w->start));
    return n;
}

enum fail contents_words(struct reader *r, const struct segment *s)
{
    struct span t = {r->v->p + s->view_start, s->view_end - s->view_start};
    struct view_cursor cursor = {0};
    struct word w;
    size_t at = 0;
    enum fail f = FAIL_OK;
    if (t.n < 8 || span_pair(t, '=', '?') == NULL) return FAIL_OK;
    char *copy = arena_alloc(r->c->arena, t.n), *out = arena_alloc(r->c->arena, t.n);   /* the view's bytes may move */
    if (copy == NULL || out == NULL) return FAIL_NO_MEMORY;
    t.p = memcpy(copy, t.p, t.n);
    for (bool any = next_word(t, &at, &w), readable; any && !f;) {
        size_t start = w.start, end, from, to, n = decode_group(t, &at, &w, &any, &readable, &end, out);
        view_source_next(r->v, &cursor, s, s->view_start + start, s->view_start + end, &from, &to);
        f = read_word(r, (struct span){out, n}, readable, source_of(r, s, from, to));
        out += n;
    }
    return f;
}
