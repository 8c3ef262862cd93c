#include "core/obuf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void obuf_fini(struct obuf *o)
{
    free(o->p);
    *o = (struct obuf){0};
}

void obuf_reset(struct obuf *o)
{
    o->n = 0;
    o->bad = o->comma = false;
}

static bool room(struct obuf *o, size_t more)
{
    if (o->bad) return false;
    if (o->cap - o->n >= more) return true;
    size_t cap = o->cap ? o->cap : 256;
    while (cap - o->n < more) {
        if (cap > SIZE_MAX / 2) return o->bad = true, false;
        cap *= 2;
    }
    char *p = realloc(o->p, cap);
    if (p == NULL) return o->bad = true, false;
    o->p = p;
    o->cap = cap;
    return true;
}

void obuf_put_slow(struct obuf *o, const void *p, size_t n)
{
    if (!room(o, n)) return;
    memcpy(o->p + o->n, p, n);
    o->n += n;
}

void obuf_str(struct obuf *o, const char *s) { obuf_put(o, s, strlen(s)); }
void obuf_span_put(struct obuf *o, struct span s) { obuf_put(o, s.p, s.n); }

void obuf_printf(struct obuf *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !room(o, (size_t)n + 1)) return;
    va_start(ap, fmt);
    vsnprintf(o->p + o->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    o->n += (size_t)n;
}

char *obuf_take(struct obuf *o, size_t *n)
{
    if (o->bad || !room(o, 1)) return NULL;
    char *p = o->p;
    p[o->n] = '\0';
    *n = o->n;
    *o = (struct obuf){0};
    return p;
}
