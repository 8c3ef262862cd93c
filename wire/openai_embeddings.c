/* POST /v1/embeddings: inputs to vectors. */
#include "wire/openai_embeddings.h"
#include "core/base64.h"
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/codecs.h"
#include "wire/openai_fields.h"
#include "wire/refuse.h"

enum { OWN_BASE64 = 1 };   /* conv.own of this codec */

/* ---- requests ---- */

static void read_encoding(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (jdoc_is(r->d, i, "base64")) r->conv->own |= OWN_BASE64;
    else if (!jdoc_is(r->d, i, "float")) reader_unsupported(r, f->name);
}

/* A null among the strings is not an empty one. */
static void read_input(struct reader *r, const struct reader_field *f, uint32_t i)
{
    reader_inputs(r, f, i);
    for (size_t k = 0; k < r->conv->n_inputs; k++)
        if (r->conv->inputs[k].p == NULL) reader_unsupported(r, f->name);
}

static const struct reader_field fields[] = {
    {"input", read_input, 0, 0, 0},
    {"encoding_format", read_encoding, 0, 0, 0},
    {"dimensions", reader_never, 0, 0, 0},
};

enum fail openai_embeddings_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                   size_t *at)
{
    struct reader r;
    enum fail f = openai_begin(&r, s, a, c, field, at);
    if (f) return f;
    c->kind = CONV_EMBED;
    if (reader_given(&r, 0, "input") == J_NONE) return reader_invalid(&r, jdoc_get(r.d, 0, "input"), "input", field, at);
    reader_fields(&r, 0, fields, COUNT(fields), jdoc_is);
    return reader_end(&r);
}

/* ---- answers ---- */

/* Little-endian whatever this machine's order; `bytes` is a buffer to do it in. */
static void put_base64(const float *v, size_t n, struct obuf *bytes, struct obuf *o)
{
    obuf_reset(bytes);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        const unsigned char four[4] = {(unsigned char)bits, (unsigned char)(bits >> 8), (unsigned char)(bits >> 16),
                                       (unsigned char)(bits >> 24)};
        obuf_put(bytes, four, sizeof four);
    }
    jo_raw(o, "embedding", SPAN("\""));
    base64_put(o, obuf_span(bytes), false);
    obuf_str(o, "\"");
}

static void add_vector(struct answer *a, const struct conv_event *e)
{
    struct obuf *o = &a->body;
    jo_open(o, NULL, '{');
    jo_cstr(o, "object", "embedding");
    jo_u64(o, "index", e->index);
    if (a->conv->own & OWN_BASE64) put_base64(e->vector, e->n_vector, &a->choice[0].items, o);
    else jo_vector(o, "embedding", e->vector, e->n_vector);
    jo_close(o, '}');
}

static void end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    a->ended = answer_choice_ended(a, e);
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_cstr(o, "object", "list");
    jo_open(o, "data", '[');
    if (a->body.n) jo_raw(o, NULL, obuf_span(&a->body));
    jo_close(o, ']');
    jo_cstr(o, "model", a->model);
    jo_open(o, "usage", '{');
    jo_u64(o, "prompt_tokens", a->prompt_tokens);
    jo_u64(o, "total_tokens", a->prompt_tokens);
    jo_close(o, '}');
    jo_close(o, '}');
    o->comma = false;
    if (!answer_ok(a)) o->bad = true;
}

void openai_embeddings_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    a->begun = true;
    if (e->kind == EV_ERROR) a->ended = true;
    if (e->kind == EV_VECTOR) add_vector(a, e);
    if (e->kind == EV_END) end(a, e, out);
}

const struct codec codec_openai_embeddings = {
    .name = "openai.embeddings",
    .provider = "openai",
    .decode = openai_embeddings_decode,
    .encode = openai_embeddings_encode,
    .error = refuse_openai,
    .stream_error = refuse_openai_stream,
};
