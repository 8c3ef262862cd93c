/* Vectors by InvokeModel: Titan's of one text, Cohere's of several. */
#include "wire/bedrock_invoke.h"
#include "wire/answer_json.h"

#define BY_TYPE 1u   /* conv->own: Cohere's vectors are wanted by type */

/* A local answer has floats only. */
static void only_floats(struct reader *r, const struct reader_field *f, uint32_t i)
{
    bool one = reader_is(r, i, J_ARRAY) && reader_count(r, i, 2) == 1 && jdoc_is(r->d, jdoc_first(i), "float");
    if (!one) reader_unsupported(r, f->name);
    else r->conv->own |= BY_TYPE;
}

static const struct reader_field fields[] = {
    {"inputText", reader_inputs, 0, 0, 0},
    {"texts", reader_inputs, 0, 0, 0},
    {"dimensions", reader_never, 0, 0, 0},         /* the local model has its own number */
    {"output_dimension", reader_never, 0, 0, 0},
    {"embeddingTypes", only_floats, 0, 0, 0},
    {"embedding_types", only_floats, 0, 0, 0},
    {"images", reader_only_empty, 0, 0, 0},
    {"inputs", reader_only_empty, 0, 0, 0},
};

enum fail bedrock_embed_decode(struct reader *r, enum bedrock_family family, const char **field, size_t *at)
{
    bool titan = family == FAMILY_TITAN_EMBED;
    const char *name = titan ? "inputText" : "texts";
    uint32_t text = reader_given(r, 0, name);
    bool other = !titan && (reader_given(r, 0, "images") != J_NONE || reader_given(r, 0, "inputs") != J_NONE);
    r->conv->kind = CONV_EMBED;
    if (!reader_is(r, text, titan ? J_STRING : J_ARRAY) && !other) return reader_invalid(r, text, name, field, at);
    reader_fields(r, 0, fields, COUNT(fields), jdoc_is);
    return reader_end(r);
}

static void titan_end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct span vector = a->body.n ? obuf_span(&a->body) : SPAN("[]");
    jo_raw(o, "embedding", vector);
    jo_u64(o, "inputTextTokenCount", e->prompt_tokens);
    if (a->conv->own & BY_TYPE) {
        jo_open(o, "embeddingsByType", '{');
        jo_raw(o, "float", vector);
        jo_close(o, '}');
    }
}

static void cohere_end(struct answer *a, struct obuf *o)
{
    bool by_type = a->conv->own & BY_TYPE;
    if (by_type) jo_open(o, "embeddings", '{');
    jo_open(o, by_type ? "float" : "embeddings", '[');
    if (a->body.n) jo_raw(o, NULL, obuf_span(&a->body));
    jo_close(o, ']');
    if (by_type) jo_close(o, '}');
    jo_raw(o, "id", SPAN("\""));
    answer_id(a, "local_", o);
    obuf_str(o, "\"");
    jo_cstr(o, "response_type", by_type ? "embeddings_by_type" : "embeddings_floats");
    jo_open(o, "texts", '[');
    for (size_t i = 0; i < a->conv->n_inputs; i++) jo_str(o, NULL, a->conv->inputs[i]);
    jo_close(o, ']');
}

void bedrock_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    if (e->kind == EV_VECTOR) jo_vector(&a->body, NULL, e->vector, e->n_vector);
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    answer_choice_ended(a, e);
    out->comma = false;
    jo_open(out, NULL, '{');
    if (bedrock_family_in(a->conv) == FAMILY_TITAN_EMBED) titan_end(a, e, out);
    else cohere_end(a, out);
    jo_close(out, '}');
    out->comma = false;
    if (!answer_ok(a)) out->bad = true;
}
