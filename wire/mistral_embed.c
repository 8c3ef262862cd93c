/* Mistral's embeddings, both ways. */
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/mistral.h"
#include "wire/openai_fields.h"

/* ---- decode ---- */

/* Numbers as numbers; not as bytes, and not packed. */
static void only_float(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!jdoc_is(r->d, i, "float")) reader_unsupported(r, f->name);
}

static const struct reader_field fields[] = {
    {"input", reader_inputs, 0, 0, 0},
    {"encoding_format", only_float, 0, 0, 0},
    {"output_dtype", only_float, 0, 0, 0},
    {"output_dimension", reader_never, 0, 0, 0},
};

enum fail mistral_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    enum fail f = openai_begin(&r, s, a, c, field, at);
    c->kind = CONV_EMBED;
    if (f) return f;
    uint32_t input = jdoc_get(r.d, 0, "input");
    if (!reader_is(&r, input, J_STRING) && !reader_is(&r, input, J_ARRAY)) return reader_invalid(&r, input, "input", field, at);
    reader_fields(&r, 0, fields, COUNT(fields), jdoc_is);
    return reader_end(&r);
}

/* ---- encode ---- */

static void put_vector(const struct conv_event *e, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "object", "embedding");
    jo_vector(o, "embedding", e->vector, e->n_vector);
    jo_u64(o, "index", e->index);
    jo_close(o, '}');
}

static void put_answer(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_raw(o, "id", SPAN("\""));
    (void)answer_id(a, "embd-", o);
    obuf_str(o, "\"");
    jo_cstr(o, "object", "list");
    jo_cstr(o, "model", a->model);
    jo_open(o, "data", '[');
    jo_raw(o, NULL, obuf_span(&a->body));
    jo_close(o, ']');
    jo_open(o, "usage", '{');
    jo_u64(o, "prompt_tokens", e->prompt_tokens);
    jo_u64(o, "completion_tokens", 0);
    jo_u64(o, "total_tokens", e->prompt_tokens);
    jo_close(o, '}');
    jo_close(o, '}');
    o->comma = false;
}

void mistral_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    if (e->kind == EV_VECTOR) put_vector(e, &a->body);
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    put_answer(a, e, out);
    if (!answer_ok(a)) out->bad = true;
}
