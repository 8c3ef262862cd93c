/* Vertex AI's own codecs: vectors by `predict`, and other publishers' formats where they differ on these paths. */
#include "wire/vertex.h"
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/anthropic.h"
#include "wire/codecs.h"
#include "wire/gemini_generate.h"
#include "wire/mistral.h"
#include "wire/openai_fields.h"
#include "wire/refuse.h"

enum fail vertex_anthropic_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                  size_t *at)
{
    return anthropic_decode_model(s, gemini_model(s->path), a, c, field, at);
}

enum fail vertex_mistral_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    *field = NULL;
    *at = SIZE_MAX;
    bool chat = jdoc_get_type(s->doc, 0, "model", J_STRING) != J_NONE && jdoc_get(s->doc, 0, "messages") != J_NONE;
    if (chat || !reader_is(&r, 0, J_OBJECT)) return mistral_chat_decode(s, a, c, field, at);
    c->model = gemini_model(s->path);
    if (c->model.p == NULL) c->model = SPAN("");
    reader_unsupported(&r, "messages");
    return reader_end(&r);
}

/* ---- vectors ---- */

static void read_instances(struct reader *r, uint32_t instances)
{
    uint32_t n = reader_count(r, instances, READER_MAX_INPUTS);
    if (n == 0 || n > READER_MAX_INPUTS) {
        reader_unsupported(r, "instances");
        return;
    }
    r->conv->inputs = reader_array(r, n, sizeof *r->conv->inputs);
    if (r->conv->inputs == NULL) return;
    for (uint32_t k = jdoc_first(instances); k < jdoc_end(r->d, instances); k = r->d->tok[k].next) {
        uint32_t content = jdoc_get_type(r->d, k, "content", J_STRING);
        if (content == J_NONE) reader_unsupported(r, "instances");
        else r->conv->inputs[r->conv->n_inputs++] = reader_text(r, content);
    }
}

static void read_parameters(struct reader *r, uint32_t parameters)
{
    static const struct reader_field rows[] = {
        {"outputDimensionality", reader_never, 0, 0, 0}};   /* the local model has its own number */
    if (reader_is(r, parameters, J_OBJECT)) reader_fields(r, parameters, rows, COUNT(rows), gemini_same);
}

enum fail vertex_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    c->kind = CONV_EMBED;
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    c->model = gemini_model(s->path);
    if (c->model.p == NULL) c->model = SPAN("");
    uint32_t instances = reader_given(&r, 0, "instances"), parameters = reader_given(&r, 0, "parameters");
    if (!reader_is(&r, instances, J_ARRAY)) return reader_invalid(&r, instances, "instances", field, at);
    read_parameters(&r, parameters);
    read_instances(&r, instances);
    return reader_end(&r);
}

/* The engine counts all inputs together: each is told its share by length. */
static uint64_t tokens_of(const struct conv *c, size_t i, uint32_t all)
{
    size_t total = 0;
    for (size_t k = 0; k < c->n_inputs; k++) total += c->inputs[k].n;
    return total ? (uint64_t)all * c->inputs[i].n / total : 0;
}

static void put_prediction(const struct conv *c, size_t i, struct span vector, const struct conv_event *e, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_open(o, "embeddings", '{');
    jo_open(o, "statistics", '{');
    jo_bool(o, "truncated", false);
    jo_u64(o, "token_count", i < c->n_inputs ? tokens_of(c, i, e->prompt_tokens) : 0);
    jo_close(o, '}');
    jo_raw(o, "values", vector);
    jo_close(o, '}');
    jo_close(o, '}');
}

/* The vectors were gathered one after the other, "[…],[…]". */
static void put_predictions(const struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct span left = obuf_span(&a->body);
    for (size_t i = 0; left.n; i++) {
        const char *close = memchr(left.p, ']', left.n);
        if (close == NULL) break;
        struct span vector = {left.p, (size_t)(close - left.p) + 1};
        put_prediction(a->conv, i, vector, e, o);
        left = span_from(left, vector.n + 1);
    }
}

void vertex_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    a->begun = true;
    if (e->kind == EV_VECTOR) jo_vector(&a->body, NULL, e->vector, e->n_vector);
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    (void)answer_choice_ended(a, e);
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_open(out, "predictions", '[');
    put_predictions(a, e, out);
    jo_close(out, ']');
    jo_close(out, '}');
    out->comma = false;
    if (!answer_ok(a)) out->bad = true;
}

/* ---- tables ---- */

const struct codec codec_vertex_anthropic = {
    .name = "vertex.anthropic", .provider = "vertex", .decode = vertex_anthropic_decode, .encode = anthropic_encode,
    .error = refuse_anthropic, .stream_error = refuse_anthropic_stream, .keepalive = anthropic_keepalive,
    .id_header = "request-id"};
const struct codec codec_vertex_mistral = {
    .name = "vertex.mistral", .provider = "vertex", .decode = vertex_mistral_decode, .encode = mistral_chat_encode,
    .error = refuse_mistral, .stream_error = refuse_mistral_stream, .keepalive = openai_keepalive};
const struct codec codec_vertex_embed = {
    .name = "vertex.embed", .provider = "vertex", .decode = vertex_embed_decode, .encode = vertex_embed_encode,
    .error = refuse_gemini, .stream_error = refuse_gemini_stream};
const struct codec codec_vertex_other = {
    .name = "vertex.other", .provider = "vertex", .error = refuse_gemini, .stream_error = refuse_gemini_stream};
