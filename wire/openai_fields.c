/* What OpenAI's endpoints have alike; the contracts are in openai_fields.h. */
#include "wire/openai_fields.h"
#include "wire/answer.h"
#include "wire/refuse.h"

#define FINGERPRINT "fp_cordon"

/* ---- requests ---- */

/* The NAME of ".../deployments/NAME/...", a plain one as the route's pattern has it; p is NULL when there is none. */
static struct span deployment(struct span path)
{
    static const char folder[] = "/deployments/";
    const char *at = path.n ? memmem(path.p, path.n, folder, sizeof folder - 1) : NULL;
    if (at == NULL) return SPAN_NONE;
    struct span name = span_from(path, (size_t)(at - path.p) + sizeof folder - 1);
    const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
    return slash ? (struct span){name.p, (size_t)(slash - name.p)} : SPAN_NONE;
}

enum fail openai_begin(struct reader *r, const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                       size_t *at)
{
    reader_begin(r, s, a, c);
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(r, 0, J_OBJECT)) return reader_invalid(r, 0, NULL, field, at);
    uint32_t model = jdoc_get(r->d, 0, "model");
    if (reader_is(r, model, J_STRING)) c->model = reader_text(r, model);
    else if (model == J_NONE || reader_is(r, model, J_NULL)) c->model = deployment(s->path);
    bool named = c->model.p != NULL || r->no_memory;
    return named ? FAIL_OK : reader_invalid(r, model, "model", field, at);
}

void openai_n(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t v;
    if (jdoc_int(r->d, i, &v) && v >= 1 && v <= (int64_t)CONV_MAX_CHOICES) r->conv->n_choices = (uint32_t)v;
    else reader_unsupported(r, f->name);
}

static void only(struct reader *r, const struct reader_field *f, uint32_t i, double want)
{
    double v;
    if (!jdoc_double(r->d, i, &v) || v != want) reader_unsupported(r, f->name);
}

void openai_only_zero(struct reader *r, const struct reader_field *f, uint32_t i) { only(r, f, i, 0); }

void openai_only_one(struct reader *r, const struct reader_field *f, uint32_t i) { only(r, f, i, 1); }

void openai_stream_options(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (!reader_is(r, i, J_OBJECT)) {
        reader_unsupported(r, f->name);
        return;
    }
    uint32_t v = reader_given(r, i, "include_usage");
    if (v != J_NONE) reader_bool(r, f, v);
}

/* ---- answers ---- */

void openai_answer_begin(struct answer *a, const char *prefix)
{
    a->begun = true;
    answer_id(a, prefix, &a->body);
}

void openai_put_head(const struct answer *a, const char *object, struct obuf *o)
{
    jo_str(o, "id", obuf_span(&a->body));
    jo_cstr(o, "object", object);
    jo_u64(o, "created", a->created);
    jo_cstr(o, "model", a->model);
    jo_cstr(o, "system_fingerprint", FINGERPRINT);
}

static void put_details(const struct answer *a, struct obuf *o)
{
    jo_raw(o, "prompt_tokens_details", SPAN("{\"cached_tokens\":0,\"audio_tokens\":0}"));
    jo_open(o, "completion_tokens_details", '{');
    jo_u64(o, "reasoning_tokens", a->reasoning_tokens);
    jo_u64(o, "audio_tokens", 0);
    jo_u64(o, "accepted_prediction_tokens", 0);
    jo_u64(o, "rejected_prediction_tokens", 0);
    jo_close(o, '}');
}

void openai_put_usage(const struct answer *a, bool details, struct obuf *o)
{
    jo_open(o, "usage", '{');
    jo_u64(o, "prompt_tokens", a->prompt_tokens);
    jo_u64(o, "completion_tokens", a->completion_tokens);
    jo_u64(o, "total_tokens", (uint64_t)a->prompt_tokens + a->completion_tokens);
    if (details) put_details(a, o);
    jo_close(o, '}');
}

void openai_chunk_open(const struct answer *a, const char *object, struct obuf *o)
{
    obuf_str(o, "data: ");
    o->comma = false;
    jo_open(o, NULL, '{');
    openai_put_head(a, object, o);
    jo_open(o, "choices", '[');
}

void openai_chunk_close(const struct answer *a, bool with_usage, struct obuf *o)
{
    jo_close(o, ']');
    if (with_usage) openai_put_usage(a, true, o);
    else if (a->conv->include_usage) jo_null(o, "usage");
    jo_close(o, '}');
    obuf_str(o, "\n\n");
    o->comma = false;
}

void openai_stream_end(const struct answer *a, const char *object, struct obuf *o)
{
    if (a->conv->include_usage) {
        openai_chunk_open(a, object, o);
        openai_chunk_close(a, true, o);
    }
    obuf_str(o, "data: [DONE]\n\n");
}

void openai_broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) refuse_openai_stream(&r, o);
    a->ended = true;
}

void openai_keepalive(struct answer *a, struct obuf *out)
{
    (void)a;
    obuf_str(out, "\n");
}
