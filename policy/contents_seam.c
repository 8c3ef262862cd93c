/* A value that is cut in two, or apart from its name: the text parts of a message, its blocks and its neighbours are one
 * text to the model, so the end of one is read together with the head of the next. */
#include "policy/contents_read.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Bytes of the head of a text that are read with the end of the one before: up to a blank. */
static size_t head_size(struct span t)
{
    if (t.n <= SEAM_REACH) return t.n;
    size_t n = SEAM_REACH;
    while (n > 0 && !is_blank(t.p[n])) n--;
    return n;
}

/* A text too short to hold all of a value is added to what the tail holds already. */
static void keep_tail(struct seam *seam, struct span t, size_t start)
{
    if (seam->n + t.n > SEAM_REACH) {
        size_t n = t.n < SEAM_REACH ? t.n : SEAM_REACH, from = t.n - n;
        while (from < t.n && from > 0 && !is_blank(t.p[from - 1])) from++;
        t = span_from(t, from);
        seam->n = 0;
    }
    if (seam->n == 0) seam->start = start;
    if (t.n) memcpy(seam->tail + seam->n, t.p, t.n);
    seam->n += t.n;
}

/* A word and a number after it are two things. */
static bool is_apart(char last, char first)
{
    char low = (char)(last | 0x20);
    return first >= '0' && first <= '9' && ((low >= 'a' && low <= 'z') || last == '?' || last == '.' || last == ')');
}

static enum fail read_seam(struct reader *r, const struct seam *seam, struct span head, struct view_src src)
{
    char *text = arena_alloc(r->c->arena, seam->n + 1 + head.n);
    size_t n = seam->n;
    uint32_t number;
    if (text == NULL) return FAIL_NO_MEMORY;
    memcpy(text, seam->tail, n);
    if (is_apart(text[n - 1], head.p[0])) text[n++] = ' ';
    memcpy(text + n, head.p, head.n);
    src.text = (struct span){text, n + head.n};
    src.seam = (uint32_t)n;
    enum fail f = view_derive(r->v, src, &number);
    return f ? f : view_add(r->v, (struct segment){.src_end = (uint32_t)src.text.n, .src = number, .part = src.part,
                                                   .kind = SEG_RAW});
}

/* What the view has of the string whose segments begin with number `first`: what was cut out of it breaks it up. */
static struct span first_piece(const struct view *v, size_t first)
{
    const struct segment *s = &v->seg[first];
    return (struct span){v->p + s->view_start, s->view_end - s->view_start};
}

enum fail contents_seam(struct reader *r, struct seam *seam, const struct jdoc *d, uint32_t object, uint32_t key,
                        size_t first)
{
    struct view *v = r->v;
    bool goes_on = seam->next == object && jdoc_equals(d, key, seam->key);
    if (!goes_on) seam->n = 0;
    seam->next = d->tok[object].next;
    seam->key = jdoc_text(d, key, r->c->arena);
    if (first == v->n_seg) return FAIL_OK;   /* an empty string */
    struct segment s = v->seg[first];
    struct span text = first_piece(v, first);
    struct view_src src = {.start = seam->start, .end = s.src_end, .part = s.part, .coded = CODING_FIXED};
    if (s.src >= SRC_DERIVED) {
        const struct view_src *outer = &v->derived[s.src - SRC_DERIVED];
        src.start = outer->start, src.end = outer->end;
    }
    struct span head = {text.p, head_size(text)};
    enum fail f = seam->n && head.n ? read_seam(r, seam, head, src) : FAIL_OK;
    if (!f) keep_tail(seam, first_piece(v, first), s.src < SRC_DERIVED ? s.src_start : src.start);
    return f;
}
