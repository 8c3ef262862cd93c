/* embedContent and batchEmbedContents, both ways. */
#include "wire/answer.h"
#include "wire/answer_json.h"
#include "wire/gemini_generate.h"

/* ---- decode ---- */

/* What a request for one vector says beside its content. */
static const struct reader_field fields[] = {
    {"outputDimensionality", reader_never, 0, 0, 0},
    {"embedContentConfig", reader_never, 0, 0, 0},
};

static void read_one(struct reader *r, uint32_t obj)
{
    uint32_t content = gemini_get(r, obj, "content");
    struct span text = gemini_content_text(r, content, "content");
    if (reader_is(r, obj, J_OBJECT)) reader_fields(r, obj, fields, COUNT(fields), gemini_same);
    r->conv->inputs[r->conv->n_inputs++] = text;
}

static void read_many(struct reader *r, uint32_t requests)
{
    uint32_t n = reader_count(r, requests, READER_MAX_INPUTS);
    r->conv->own |= GEMINI_BATCH;
    if (n == 0 || n > READER_MAX_INPUTS) {
        reader_unsupported(r, "requests");
        return;
    }
    r->conv->inputs = reader_array(r, n, sizeof *r->conv->inputs);
    if (r->conv->inputs == NULL) return;
    for (uint32_t k = jdoc_first(requests); k < jdoc_end(r->d, requests); k = r->d->tok[k].next) read_one(r, k);
}

enum fail gemini_embed_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    c->kind = CONV_EMBED;
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    c->model = gemini_model(s->path);
    if (span_ends(s->path, SPAN(":batchEmbedContents"))) {
        uint32_t requests = gemini_get(&r, 0, "requests");
        if (!reader_is(&r, requests, J_ARRAY)) return reader_invalid(&r, requests, "requests", field, at);
        read_many(&r, requests);
        return reader_end(&r);
    }
    uint32_t content = gemini_get(&r, 0, "content");
    if (!reader_is(&r, content, J_OBJECT)) return reader_invalid(&r, content, "content", field, at);
    c->inputs = reader_array(&r, 1, sizeof *c->inputs);
    if (c->inputs) read_one(&r, 0);
    return reader_end(&r);
}

/* ---- encode ---- */

static void put_embedding(struct answer *a, const struct conv_event *e)
{
    bool batch = a->conv->own & GEMINI_BATCH;
    if (!batch && a->body.n) return;   /* one input has one vector */
    jo_open(&a->body, batch ? NULL : "embedding", '{');
    jo_vector(&a->body, "values", e->vector, e->n_vector);
    jo_close(&a->body, '}');
}

void gemini_embed_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    a->begun = true;
    if (e->kind == EV_VECTOR) put_embedding(a, e);
    a->ended = e->kind == EV_END || e->kind == EV_ERROR;
    if (e->kind != EV_END) return;
    bool batch = a->conv->own & GEMINI_BATCH;
    out->comma = false;
    jo_open(out, NULL, '{');
    if (batch) jo_open(out, "embeddings", '[');
    jo_raw(out, NULL, obuf_span(&a->body));
    if (batch) jo_close(out, ']');
    jo_close(out, '}');
    out->comma = false;
    if (!answer_ok(a)) out->bad = true;
}
