/* obuf.h - a growable byte buffer and a JSON writer on it, for what cordon itself writes on the hot path: ledger
 * records, SSE events, refusals. It is reused from request to request, so that a warm one does not allocate.
 * Growth failure is sticky: the buffer remembers it and obuf_ok() says so once at the end. Not thread-safe. */
#ifndef CORDON_CORE_OBUF_H
#define CORDON_CORE_OBUF_H

#include "core/attrib.h"
#include "core/span.h"
#include <stdint.h>

struct obuf {
    char *p;
    size_t n, cap;
    bool bad;      /* an allocation failed; the content is not to be used */
    bool comma;    /* the JSON writer's state: the next value is preceded by a comma */
};

void obuf_fini(struct obuf *o);
void obuf_reset(struct obuf *o);
static inline bool obuf_ok(const struct obuf *o) { return !o->bad; }
static inline struct span obuf_span(const struct obuf *o) { return (struct span){o->p, o->n}; }
void obuf_put_slow(struct obuf *o, const void *p, size_t n);   /* grows first; call obuf_put */
static inline void obuf_put(struct obuf *o, const void *p, size_t n)
{
    if (n == 0) return;
    if (o->bad || o->cap - o->n < n) {
        obuf_put_slow(o, p, n);
        return;
    }
    memcpy(o->p + o->n, p, n);
    o->n += n;
}
void obuf_str(struct obuf *o, const char *s);
void obuf_span_put(struct obuf *o, struct span s);
void obuf_printf(struct obuf *o, const char *fmt, ...) CD_PRINTF(2, 3);
/* Moves the bytes out: the caller frees the result. The buffer is empty afterwards. NULL when bad. */
CD_USE char *obuf_take(struct obuf *o, size_t *n);

/* The JSON writer. Commas are placed by it; keys and strings are escaped (control characters, quote, backslash;
 * U+2028/9 too); bytes that are not UTF-8 become U+FFFD. `k` NULL writes a bare array element. */
void jo_open(struct obuf *o, const char *k, char bracket);    /* '{' or '[' */
void jo_close(struct obuf *o, char bracket);                  /* '}' or ']' */
void jo_str(struct obuf *o, const char *k, struct span v);
void jo_cstr(struct obuf *o, const char *k, const char *v);   /* NULL v writes null */
void jo_u64(struct obuf *o, const char *k, uint64_t v);
void jo_i64(struct obuf *o, const char *k, int64_t v);
void jo_fixed(struct obuf *o, const char *k, double v, int decimals);
void jo_bool(struct obuf *o, const char *k, bool v);
void jo_null(struct obuf *o, const char *k);
void jo_raw(struct obuf *o, const char *k, struct span json); /* already JSON */
void jo_hex(struct obuf *o, const char *k, const unsigned char *p, size_t n);
/* Only the escaped inside of a string, no quotes and no comma. */
void jo_escape(struct obuf *o, struct span v);

#endif
