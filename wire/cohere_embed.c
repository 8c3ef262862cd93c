/* Vectors: /v2/embed and its first version, both ways. A vector is told as floats, as bytes or as bits, in as many ways as
 * are asked for; how they are made of floats is not part of the API, and is done here as for vectors of length one. */
#include "core/base64.h"
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/cohere.h"
#include "wire/reader.h"
#include <math.h>

#define ID_PREFIX "embd_"

/* The vectors of a kind are gathered in the `items` of the choice that has its number. */
enum kind { FLOAT, INT8, UINT8, BINARY, UBINARY, BASE64, KINDS };
static const struct { const char *name; unsigned own; } kinds[KINDS] = {
    [FLOAT] = {"float", COHERE_FLOAT}, [INT8] = {"int8", COHERE_INT8}, [UINT8] = {"uint8", COHERE_UINT8},
    [BINARY] = {"binary", COHERE_BINARY}, [UBINARY] = {"ubinary", COHERE_UBINARY}, [BASE64] = {"base64", COHERE_BASE64},
};
_Static_assert(KINDS <= CONV_MAX_CHOICES, "a buffer for each kind");

/* ---- decode ---- */

/* An input is a list of parts, of which only text has a vector here. */
static struct span input_text(struct reader *r, uint32_t input)
{
    struct reader_join text = {0};
    uint32_t parts = jdoc_get_type(r->d, input, "content", J_ARRAY);
    if (parts == J_NONE) {
        reader_unsupported(r, "inputs");
        return SPAN_NONE;
    }
    for (uint32_t k = jdoc_first(parts); k < jdoc_end(r->d, parts); k = r->d->tok[k].next) {
        uint32_t t = jdoc_is(r->d, jdoc_get(r->d, k, "type"), "text") ? jdoc_get_type(r->d, k, "text", J_STRING) : J_NONE;
        if (t == J_NONE) reader_unsupported(r, "inputs");
        else reader_add(r, &text, reader_text(r, t));
    }
    return text.text;
}

static void read_inputs(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct conv *c = r->conv;
    uint32_t n = reader_is(r, i, J_ARRAY) ? reader_count(r, i, READER_MAX_INPUTS) : 0;
    if (n == 0 || n > READER_MAX_INPUTS || c->inputs) {
        reader_unsupported(r, f->name);
        return;
    }
    c->inputs = reader_array(r, n, sizeof *c->inputs);
    for (uint32_t k = jdoc_first(i); c->inputs && k < jdoc_end(r->d, i); k = r->d->tok[k].next)
        c->inputs[c->n_inputs++] = input_text(r, k);
}

static void read_kinds(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_ARRAY)) reader_unsupported(r, f->name);
    for (uint32_t k = jdoc_first(i); reader_is(r, i, J_ARRAY) && k < jdoc_end(r->d, i); k = r->d->tok[k].next) {
        size_t kind = 0;
        while (kind < KINDS && !jdoc_is(r->d, k, kinds[kind].name)) kind++;
        if (kind == KINDS) reader_unsupported(r, f->name);
        else r->conv->own |= kinds[kind].own;
    }
}

static const struct reader_field fields[] = {
    {"texts", reader_inputs, 0, 0, 0},
    {"inputs", read_inputs, 0, 0, 0},
    {"images", reader_only_empty, 0, 0, 0},
    {"embedding_types", read_kinds, 0, 0, 0},
    {"output_dimension", reader_never, 0, 0, 0},
};

/* The first version has a model of its own where none is named. */
static enum fail read_model(struct reader *r, bool v1, const char **field, size_t *at)
{
    uint32_t model = jdoc_get(r->d, 0, "model");
    if (v1 && (model == J_NONE || reader_is(r, model, J_NULL))) return FAIL_OK;
    if (!reader_is(r, model, J_STRING)) return reader_invalid(r, model, "model", field, at);
    r->conv->model = reader_text(r, model);
    return FAIL_OK;
}

enum fail cohere_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    bool v1 = span_starts(s->path, SPAN("/v1/"));
    reader_begin(&r, s, a, c);
    c->kind = CONV_EMBED;
    c->model = SPAN("");
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    enum fail f = read_model(&r, v1, field, at);
    if (f) return f;
    uint32_t texts = reader_given(&r, 0, "texts");
    bool other = reader_given(&r, 0, "inputs") != J_NONE || reader_given(&r, 0, "images") != J_NONE;
    if (!reader_is(&r, texts, J_ARRAY) && (texts != J_NONE || !other)) return reader_invalid(&r, texts, "texts", field, at);
    reader_fields(&r, 0, fields, COUNT(fields), jdoc_is);
    if (c->n_inputs == 0) reader_unsupported(&r, "images");
    if (c->own == 0) c->own = COHERE_FLOAT | (v1 ? COHERE_LIST : 0);
    if (v1) c->own |= COHERE_V1;
    return reader_end(&r);
}

/* ---- one vector, in one way ---- */

static int as_byte(float v)
{
    long n = isfinite(v) ? lrintf(v * 127) : 0;
    return n < -128 ? -128 : n > 127 ? 127 : (int)n;
}

/* Eight signs, the first one on top. */
static int as_bits(const float *v, size_t n)
{
    int bits = 0;
    for (size_t i = 0; i < 8; i++) bits = bits << 1 | (i < n && v[i] > 0);
    return bits;
}

static void put_numbers(enum kind kind, const float *v, size_t n, struct obuf *o)
{
    bool packed = kind == BINARY || kind == UBINARY;
    int offset = kind == UINT8 ? 128 : kind == BINARY ? -128 : 0;
    jo_open(o, NULL, '[');
    for (size_t i = 0; i < n; i += packed ? 8 : 1)
        obuf_printf(o, "%s%d", i ? "," : "", (packed ? as_bits(v + i, n - i) : as_byte(v[i])) + offset);
    jo_close(o, ']');
}

/* The floats' bytes, little-endian whatever this machine's order; `bytes` is a buffer to do it in. */
static void put_base64(const float *v, size_t n, struct obuf *bytes, struct obuf *o)
{
    obuf_reset(bytes);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        for (unsigned shift = 0; shift < 32; shift += 8) obuf_put(bytes, &(char){(char)(bits >> shift)}, 1);
    }
    jo_raw(o, NULL, SPAN("\""));
    base64_put(o, obuf_span(bytes), false);
    obuf_str(o, "\"");
}

static void add_vector(struct answer *a, const struct conv_event *e)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct obuf *o = &a->choice[kind].items;
        if (!(a->conv->own & kinds[kind].own)) continue;
        if (kind == FLOAT) jo_vector(o, NULL, e->vector, e->n_vector);
        else if (kind == BASE64) put_base64(e->vector, e->n_vector, &a->body, o);
        else put_numbers((enum kind)kind, e->vector, e->n_vector, o);
    }
}

/* ---- the answer ---- */

static void put_vectors(const struct answer *a, struct obuf *o)
{
    bool list = a->conv->own & COHERE_LIST;
    if (!list) jo_open(o, "embeddings", '{');
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (!(a->conv->own & kinds[kind].own)) continue;
        jo_open(o, list ? "embeddings" : kinds[kind].name, '[');
        jo_raw(o, NULL, obuf_span(&a->choice[kind].items));
        jo_close(o, ']');
    }
    if (!list) jo_close(o, '}');
}

static void put_meta(const struct answer *a, const struct conv_event *e, struct obuf *o)
{
    jo_open(o, "meta", '{');
    jo_open(o, "api_version", '{');
    jo_cstr(o, "version", a->conv->own & COHERE_V1 ? "1" : "2");
    jo_close(o, '}');
    jo_open(o, "billed_units", '{');
    jo_u64(o, "input_tokens", e->prompt_tokens);
    jo_close(o, '}');
    jo_close(o, '}');
}

static void put_answer(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_raw(o, "id", SPAN("\""));
    answer_id_again(a, ID_PREFIX, 0, o);
    obuf_str(o, "\"");
    put_vectors(a, o);
    jo_open(o, "texts", '[');
    for (size_t i = 0; i < a->conv->n_inputs; i++) jo_str(o, NULL, a->conv->inputs[i]);
    jo_close(o, ']');
    put_meta(a, e, o);
    jo_cstr(o, "response_type", a->conv->own & COHERE_LIST ? "embeddings_floats" : "embeddings_by_type");
    jo_close(o, '}');
    o->comma = false;
}

void cohere_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    if (e->kind == EV_VECTOR) add_vector(a, e);
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    put_answer(a, e, out);
    if (!answer_ok(a)) out->bad = true;
}
