#include "localmodel/engine_text.h"

/* --- utf8 --- */

static const char replacement[] = "\xef\xbf\xbd";

/* Length that the first byte announces, 0 when it cannot begin a character. */
static unsigned utf8_length(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

/* Whether `c` may follow the `n` bytes in `p` of one character (RFC 3629: no overlong forms, no surrogates). */
static bool utf8_follows(const unsigned char *p, unsigned n, unsigned char c)
{
    unsigned char low = 0x80, high = 0xbf;
    if (n == 1 && p[0] == 0xe0) low = 0xa0;
    if (n == 1 && p[0] == 0xed) high = 0x9f;
    if (n == 1 && p[0] == 0xf0) low = 0x90;
    if (n == 1 && p[0] == 0xf4) high = 0x8f;
    return c >= low && c <= high;
}

void utf8_finish(struct utf8_filter *u, struct obuf *out)
{
    if (u->n) obuf_str(out, replacement);
    u->n = 0;
}

static void utf8_byte(struct utf8_filter *u, unsigned char c, struct obuf *out)
{
    if (u->n && !utf8_follows(u->held, u->n, c)) utf8_finish(u, out);
    if (u->n == 0 && utf8_length(c) == 0) {
        obuf_str(out, replacement);
        return;
    }
    u->held[u->n++] = c;
    if (u->n < utf8_length(u->held[0])) return;
    obuf_put(out, u->held, u->n);
    u->n = 0;
}

void utf8_feed(struct utf8_filter *u, struct span in, struct obuf *out)
{
    for (size_t i = 0; i < in.n; i++) utf8_byte(u, (unsigned char)in.p[i], out);
}

/* --- think --- */

static bool given(const char *s) { return s && *s; }
static bool blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static size_t blanks(struct span s)
{
    size_t n = 0;
    while (n < s.n && blank(s.p[n])) n++;
    return n;
}

static void drop(struct obuf *o, size_t n)
{
    if (n == 0) return;
    memmove(o->p, o->p + n, o->n - n);
    o->n -= n;
}

void think_init(struct think_filter *t, const char *open, const char *close, bool inside)
{
    *t = (struct think_filter){.open = open, .close = close};
    t->state = !given(open) || !given(close) ? THINK_NEVER : inside ? THINK_INSIDE : THINK_MAYBE;
}

void think_fini(struct think_filter *t) { obuf_fini(&t->held); }

/* The first words decide: the opening mark, what may become it, or neither. */
static bool think_maybe(struct think_filter *t, struct obuf *thought)
{
    struct span text = obuf_span(&t->held), mark = span_str(t->open);
    (void)thought;
    if (text.n > 0) text = span_from(text, blanks(text));
    if (text.n == 0) return false;
    if (span_starts(text, mark)) {
        drop(&t->held, t->held.n - text.n + mark.n);
        t->state = THINK_INSIDE;
        return true;
    }
    if (text.n < mark.n && span_starts(mark, text)) return false;
    t->state = THINK_NEVER;
    return true;
}

/* How many bytes at the end of `s` may be the begin of `mark`. */
static size_t pending(struct span s, struct span mark)
{
    size_t k = mark.n - 1 < s.n ? mark.n - 1 : s.n;
    while (k && memcmp(s.p + s.n - k, mark.p, k) != 0) k--;
    return k;
}

/* Gives all of `s` but blanks at the begin of the reasoning and at the end of `s`, which may be its end; returns how
 * many bytes are done with. */
static size_t give_thought(struct think_filter *t, struct span s, struct obuf *thought)
{
    size_t skip = t->thought ? 0 : blanks(s), n = s.n;
    while (n > skip && blank(s.p[n - 1])) n--;
    if (n <= skip) return skip;
    if (thought) obuf_put(thought, s.p + skip, n - skip);
    t->thought = true;
    return n;
}

static bool think_inside(struct think_filter *t, struct obuf *thought)
{
    struct span mark = span_str(t->close), held = obuf_span(&t->held);
    const char *at = held.n ? memmem(held.p, held.n, mark.p, mark.n) : NULL;
    if (at == NULL) {   /* what may be the begin of the mark waits */
        drop(&t->held, give_thought(t, (struct span){held.p, held.n - pending(held, mark)}, thought));
        return false;
    }
    (void)give_thought(t, (struct span){held.p, (size_t)(at - held.p)}, thought);
    drop(&t->held, (size_t)(at - held.p) + mark.n);
    t->state = THINK_AFTER;
    return true;
}

static bool think_after(struct think_filter *t, struct obuf *thought)
{
    (void)thought;
    drop(&t->held, blanks(obuf_span(&t->held)));
    if (t->held.n == 0) return false;
    t->state = THINK_NEVER;
    return true;
}

void think_feed(struct think_filter *t, struct span in, struct obuf *out, struct obuf *thought)
{
    static bool (*const step[])(struct think_filter *, struct obuf *) = {
        [THINK_MAYBE] = think_maybe, [THINK_INSIDE] = think_inside, [THINK_AFTER] = think_after};
    if (t->state == THINK_NEVER) {
        obuf_span_put(out, in);
        return;
    }
    obuf_span_put(&t->held, in);
    if (!obuf_ok(&t->held)) out->bad = true;
    while (obuf_ok(&t->held) && t->state != THINK_NEVER)
        if (!step[t->state](t, thought)) return;
    obuf_span_put(out, obuf_span(&t->held));
    obuf_reset(&t->held);
}

void think_finish(struct think_filter *t, struct obuf *out, struct obuf *thought)
{
    if (t->state == THINK_MAYBE) obuf_span_put(out, obuf_span(&t->held));
    if (t->state == THINK_INSIDE) (void)give_thought(t, obuf_span(&t->held), thought);
    t->state = THINK_NEVER;
    obuf_reset(&t->held);
}

/* --- stops --- */

void stop_init(struct stop_filter *s, const char *const *stops, size_t n)
{
    *s = (struct stop_filter){.stops = stops, .n = n};
}

void stop_fini(struct stop_filter *s) { obuf_fini(&s->held); }

/* Where the stop string begins that is complete first (of two that end together, the longer), or SIZE_MAX. The end
 * decides, so that it does not matter how the text was cut into pieces. */
static size_t stop_find(struct stop_filter *s)
{
    size_t begin = SIZE_MAX, end = SIZE_MAX;
    for (size_t i = 0; i < s->n; i++) {
        size_t length = strlen(s->stops[i]);
        const char *at = memmem(s->held.p, s->held.n, s->stops[i], length);
        if (at == NULL) continue;
        size_t from = (size_t)(at - s->held.p), to = from + length;
        if (to > end || (to == end && from > begin)) continue;
        begin = from;
        end = to;
        s->which = i;
    }
    return begin;
}

/* How many bytes at the end may be the begin of a stop string. */
static size_t stop_pending(const struct stop_filter *s)
{
    size_t most = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t k = strlen(s->stops[i]) - 1;
        if (k > s->held.n) k = s->held.n;
        while (k > most && memcmp(s->held.p + s->held.n - k, s->stops[i], k) != 0) k--;
        if (k > most) most = k;
    }
    return most;
}

void stop_feed(struct stop_filter *s, struct span in, struct obuf *out)
{
    if (s->hit || in.n == 0) return;
    if (s->n == 0) {
        obuf_span_put(out, in);
        return;
    }
    obuf_span_put(&s->held, in);
    if (!obuf_ok(&s->held)) {
        out->bad = true;
        return;
    }
    size_t at = stop_find(s);
    s->hit = at != SIZE_MAX;
    size_t ready = s->hit ? at : s->held.n - stop_pending(s);
    obuf_put(out, s->held.p, ready);
    drop(&s->held, ready);
}

void stop_finish(struct stop_filter *s, struct obuf *out)
{
    if (!s->hit) obuf_span_put(out, obuf_span(&s->held));
    obuf_reset(&s->held);
}
