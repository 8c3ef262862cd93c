/* Numbers and arguments in answers; the contracts are in answer_json.h. */
#include "wire/answer_json.h"
#include <math.h>

void jo_vector(struct obuf *o, const char *k, const float *v, size_t n)
{
    jo_open(o, k, '[');
    for (size_t i = 0; i < n; i++) obuf_printf(o, "%s%.9g", i ? "," : "", isfinite(v[i]) ? (double)v[i] : 0.0);
    jo_close(o, ']');
}

bool arguments_whole(struct span json)
{
    struct arena *a = arena_new(0);
    struct jdoc d;
    size_t at;
    bool whole = a && jscan(json, a, &d, &at) == FAIL_OK && d.tok[0].type == J_OBJECT;
    arena_free(a);
    return whole;
}

void call_begins(struct answer_choice *c) { c->open_index = (uint32_t)c->calls.n; }

void call_arguments_begin(struct answer_choice *c) { c->n_items = (uint32_t)c->calls.n; }

/* In a document all control characters are white space, but a line end would end the line or event that it is sent in. */
static void keep_in_line(char *json, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)json[i] < ' ') json[i] = ' ';
}

bool call_arguments_end(struct answer_choice *c)
{
    struct obuf *p = &c->calls;
    if (obuf_ok(p) && p->n == c->n_items) obuf_str(p, "{}");
    if (!obuf_ok(p)) return false;
    if (arguments_whole(span_from(obuf_span(p), c->n_items))) {
        keep_in_line(p->p + c->n_items, p->n - c->n_items);
        return true;
    }
    p->n = c->open_index;
    p->comma = p->n > 0;
    return false;
}
