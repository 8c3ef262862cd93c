/* Places in JSON, see place.h. */
#include "redact/place.h"
#include "core/jscan.h"

static const char *closing_quote(const char *p, const char *end)
{
    while (p < end && *p != '"') p += *p == '\\' ? 2 : 1;
    return p < end ? p : end;
}

/* To the string that holds `to`, or to `to` itself outside of strings. */
static void walk_to(struct walk *w, const char *to)
{
    while (w->p < to) {
        if (w->close && to < w->close) return;
        const char *from = w->close ? w->close + 1 : w->p;
        w->close = NULL;
        const char *quote = from < to ? memchr(from, '"', (size_t)(to - from)) : NULL;
        w->p = quote ? quote + 1 : to;
        if (quote) w->close = closing_quote(w->p, w->end);
    }
}

/* Whether a character (a whole escape, a whole pair of them) begins at `to`. */
static bool step_to(struct walk *w, const char *to)
{
    char c[4];
    while (w->p < to) {
        if (*w->p != '\\' && (unsigned char)*w->p < 0x80) w->p++;
        else jscan_unescape1(&w->p, w->close, c);
    }
    return w->p == to;
}

/* Two masked keys of one object might become equal, and a renamed key is another request: keys are not masked. */
static bool is_key(const struct walk *w)
{
    const char *p = w->close + 1;
    while (p < w->end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
    return p < w->end && *p == ':';
}

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool is_whole_number(const struct walk *w, const char *start, const char *end)
{
    if (!(*start == '-' || (*start >= '0' && *start <= '9')) || (start > w->base && in_number(start[-1]))) return false;
    for (const char *p = start; p < end; p++)
        if (!in_number(*p)) return false;
    return end == w->end || !in_number(*end);
}

enum place walk_locate(struct walk *w, const char *start, const char *end)
{
    walk_to(w, start);
    if (w->close == NULL) {
        if (!is_whole_number(w, start, end)) return PLACE_UNSAFE;
        w->p = end;
        return PLACE_NUMBER;
    }
    if (end > w->close || is_key(w) || !step_to(w, start) || !step_to(w, end)) return PLACE_UNSAFE;
    return PLACE_STRING;
}
