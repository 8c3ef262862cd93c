#include "conf/report.h"
#include "conf/conf.h"
#include <stdarg.h>
#include <stdio.h>

/* Control characters of a quoted word must not reach a terminal. */
static void make_printable(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f) *s = '?';
}

void report_at(struct report *r, struct place at, const char *fmt, ...)
{
    if (++r->n > REPORT_MAX) return;
    char reason[400], text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    if (at.line) snprintf(text, sizeof text, "%s:%u:%u: %s", r->path, at.line, at.column, reason);
    else snprintf(text, sizeof text, "%s: %s", r->path, reason);
    make_printable(text);
    r->line(text, r->arg);
}

void why_at(struct why *why, const struct conf *c, uint32_t line, const char *fmt, ...)
{
    char reason[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    make_printable(reason);
    if (line) why_set(why, "%s:%u: %s", c->path, line, reason);
    else why_set(why, "%s: %s", c->path, reason);
}

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Edits (one character put in, taken out or changed) from a to b. */
static unsigned distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    unsigned row[LONGEST + 1];
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST) return LONGEST;
    for (size_t k = 0; k <= nb; k++) row[k] = (unsigned)k;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= nb; k++) {
            unsigned change = diagonal + (a[i - 1] != b[k - 1]);
            diagonal = row[k];
            row[k] = least(change, least(row[k], row[k - 1]) + 1);
        }
    }
    return row[nb];
}

const char *report_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = strlen(word) < 5 ? 2 : 4;   /* farther than that is another word */
    for (; *names; names++) {
        unsigned d = distance(word, *names);
        if (d < best_distance) best = *names, best_distance = d;
    }
    return best;
}
