/* jscan on any bytes. What is refused is refused inside the input and the same way again; what is accepted has tokens
 * that nest without gaps, texts that unescape to valid strings, and scans to the same tokens when it is written anew. */
#include "core/jscan.h"
#include "core/obuf.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

/* Between two tokens of a container stands nothing but white space, and one comma or colon. */
static void only_punctuation(const struct jdoc *d, size_t from, size_t to)
{
    size_t marks = 0;
    for (size_t i = from; i < to; i++) {
        REQUIRE(strchr(" \t\r\n,:", d->text.p[i]) != NULL);
        marks += d->text.p[i] == ',' || d->text.p[i] == ':';
    }
    REQUIRE(marks <= 1);
}

static size_t outer_start(const struct jtok *t) { return t->type == J_STRING || t->type == J_KEY ? t->start - 1u : t->start; }
static size_t outer_end(const struct jtok *t) { return t->type == J_STRING || t->type == J_KEY ? t->end + 1u : t->end; }

static void check_container(const struct jdoc *d, uint32_t i)
{
    const struct jtok *c = &d->tok[i];
    size_t at = c->start + 1u, place = 0;
    for (uint32_t k = jdoc_first(i); k < c->next; k = d->tok[k].next, place++) {
        const struct jtok *t = &d->tok[k];
        REQUIRE(outer_start(t) >= at && outer_end(t) < c->end && t->next > k && t->next <= c->next);
        REQUIRE((t->type == J_KEY) == (c->type == J_OBJECT && place % 2 == 0));
        only_punctuation(d, at, outer_start(t));
        at = outer_end(t);
    }
    REQUIRE(c->type == J_ARRAY || place % 2 == 0);
    only_punctuation(d, at, c->end - 1u);
}

static void check_token(const struct jdoc *d, uint32_t i, struct arena *a)
{
    const struct jtok *t = &d->tok[i];
    int64_t whole;
    double real;
    REQUIRE(t->start <= t->end && t->end <= d->text.n && t->next <= d->n);
    if (t->type == J_OBJECT || t->type == J_ARRAY) check_container(d, i);
    else REQUIRE(t->next == i + 1);
    bool text = t->type == J_STRING || t->type == J_KEY;
    struct span s = jdoc_text(d, i, a);
    REQUIRE((s.p != NULL) == text && s.n <= t->end - t->start);
    REQUIRE(!text || t->escaped == (memchr(d->text.p + t->start, '\\', t->end - t->start) != NULL));
    if (jdoc_int(d, i, &whole)) REQUIRE(t->type == J_NUMBER);
    if (jdoc_double(d, i, &real)) REQUIRE(t->type == J_NUMBER && real == real);
}

/* The document once more, from its tokens, without white space and with strings escaped our way. */
static uint32_t rewrite(const struct jdoc *d, uint32_t i, struct arena *a, struct obuf *o)
{
    const struct jtok *t = &d->tok[i];
    uint32_t k = i + 1;
    switch (t->type) {
    case J_KEY:
        jo_str(o, NULL, jdoc_text(d, i, a));
        obuf_put(o, ":", 1);
        o->comma = false;
        break;
    case J_STRING: jo_str(o, NULL, jdoc_text(d, i, a)); break;
    case J_OBJECT:
    case J_ARRAY:
        jo_open(o, NULL, t->type == J_OBJECT ? '{' : '[');
        while (k < t->next) k = rewrite(d, k, a, o);
        jo_close(o, t->type == J_OBJECT ? '}' : ']');
        break;
    default: jo_raw(o, NULL, jdoc_raw(d, i));
    }
    return k;
}

static void check_rewritten(const struct jdoc *d, struct arena *a)
{
    struct obuf o = {0};
    struct jdoc again;
    size_t at;
    REQUIRE(rewrite(d, 0, a, &o) == d->n && obuf_ok(&o));
    REQUIRE(jscan(obuf_span(&o), a, &again, &at) == FAIL_OK && again.n == d->n);
    for (uint32_t i = 0; i < d->n; i++) {
        REQUIRE(again.tok[i].type == d->tok[i].type && again.tok[i].next == d->tok[i].next);
        if (d->tok[i].type != J_OBJECT && d->tok[i].type != J_ARRAY) {
            struct span x = jdoc_text(d, i, a), y = jdoc_text(&again, i, a);
            REQUIRE(span_eq(x, y));
        }
    }
    obuf_fini(&o);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span text = {(const char *)p, n};
    struct arena *a = arena_new(0);
    struct jdoc d, twin;
    size_t at, at_twin;
    if (a == NULL) return 0;
    enum fail f = jscan(text, a, &d, &at);
    REQUIRE(f == jscan(text, a, &twin, &at_twin) && at == at_twin);
    if (f) {
        REQUIRE(at <= n && d.tok == NULL);
    } else {
        REQUIRE(d.n > 0 && d.tok[0].next == d.n);
        for (uint32_t i = 0; i < d.n; i++) check_token(&d, i, a);
        check_rewritten(&d, a);
    }
    arena_free(a);
    return 0;
}
