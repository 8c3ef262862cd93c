#include "wire/sse.h"

void sse_init(struct sse *s, size_t limit) { *s = (struct sse){.limit = limit}; }

void sse_fini(struct sse *s)
{
    obuf_fini(&s->line);
    obuf_fini(&s->type);
    obuf_fini(&s->data);
    obuf_fini(&s->id);
}

static void set(struct obuf *o, struct span v)
{
    obuf_reset(o);
    obuf_span_put(o, v);
}

static void add_data(struct sse *s, struct span value)
{
    if (s->has_data) obuf_put(&s->data, "\n", 1);
    s->has_data = true;
    obuf_span_put(&s->data, value);
}

static void take_field(struct sse *s, struct span name, struct span value)
{
    if (span_is(name, "data")) add_data(s, value);
    else if (span_is(name, "event")) set(&s->type, value);
    else if (span_is(name, "id") && (value.n == 0 || memchr(value.p, '\0', value.n) == NULL)) set(&s->id, value);
}

static void forget_event(struct sse *s)
{
    obuf_reset(&s->type);
    obuf_reset(&s->data);
    s->has_data = s->dispatched = false;
}

/* A whole line without its end. True when it ends an event. */
static bool take_line(struct sse *s, struct span line)
{
    if (line.n == 0) {
        if (s->has_data) return s->dispatched = true;
        forget_event(s);   /* an event: line alone names nothing */
        return false;
    }
    const char *colon = memchr(line.p, ':', line.n);
    struct span name = {line.p, colon ? (size_t)(colon - line.p) : line.n}, value = {line.p + line.n, 0};
    if (colon) value = span_from(line, name.n + 1);
    if (value.n && value.p[0] == ' ') value = span_from(value, 1);
    if (name.n) take_field(s, name, value);   /* else a comment */
    return false;
}

/* Bytes up to the first line end. Not two memchr: in a stream of CR alone each would look through all that is left. */
static size_t line_length(struct span b)
{
    size_t n = 0;
    while (n < b.n && b.p[n] != '\n' && b.p[n] != '\r') n++;
    return n;
}

static bool too_large(const struct sse *s, size_t more)
{
    return s->line.n + more > s->limit || s->data.n + s->line.n + more > s->limit;
}

static bool out_of_memory(const struct sse *s) { return s->line.bad || s->type.bad || s->data.bad || s->id.bad; }

/* The mark may come in three pieces, so it is looked for in the first line when that is whole. */
static struct span skip_mark(struct sse *s, struct span line)
{
    if (!s->past_start && span_starts(line, SPAN("\xef\xbb\xbf"))) line = span_from(line, 3);
    s->past_start = true;
    return line;
}

/* The line end at the front of *bytes is there. True when the line ends an event. */
static bool end_line(struct sse *s, struct span *bytes, struct span piece)
{
    s->last_was_cr = bytes->p[0] == '\r';
    *bytes = span_from(*bytes, 1);
    if (s->line.n == 0) return take_line(s, skip_mark(s, piece));
    obuf_span_put(&s->line, piece);
    bool event = take_line(s, skip_mark(s, obuf_span(&s->line)));
    obuf_reset(&s->line);
    return event;
}

/* One line, or as much of it as there is. */
static enum sse_step step(struct sse *s, struct span *bytes)
{
    if (s->last_was_cr && bytes->p[0] == '\n') *bytes = span_from(*bytes, 1);
    s->last_was_cr = false;
    if (bytes->n == 0) return SSE_MORE;
    struct span piece = {bytes->p, line_length(*bytes)};
    if (too_large(s, piece.n)) return SSE_TOO_LARGE;
    *bytes = span_from(*bytes, piece.n);
    bool event = false;
    if (bytes->n) event = end_line(s, bytes, piece);
    else obuf_span_put(&s->line, piece);
    if (out_of_memory(s)) return SSE_NO_MEMORY;
    return event ? SSE_EVENT : SSE_MORE;
}

enum sse_step sse_next(struct sse *s, struct span *bytes, struct sse_event *e)
{
    *e = (struct sse_event){0};
    if (s->dispatched) forget_event(s);
    while (bytes->n > 0 && s->broken == SSE_MORE) {
        enum sse_step did = step(s, bytes);
        if (did == SSE_EVENT) {
            *e = (struct sse_event){obuf_span(&s->type), obuf_span(&s->data), obuf_span(&s->id)};
            return SSE_EVENT;
        }
        s->broken = did;
    }
    return s->broken;
}
