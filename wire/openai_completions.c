/* POST /v1/completions: a prompt to a conversation of one turn, its answer to text_completion. */
#include "wire/openai_completions.h"
#include "wire/answer.h"
#include "wire/codecs.h"
#include "wire/openai_fields.h"
#include "wire/refuse.h"

#define OBJECT "text_completion"
#define DEFAULT_MAX_TOKENS 16   /* this API's, alone among them */

/* ---- requests ---- */

static void read_prompt(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct conv *c = r->conv;
    if (reader_is(r, i, J_ARRAY) && reader_count(r, i, 1) == 1) i = jdoc_first(i);
    if (!reader_is(r, i, J_STRING)) {
        reader_unsupported(r, f->name);
        return;
    }
    c->msgs = reader_array(r, 1, sizeof *c->msgs);
    if (c->msgs == NULL) return;
    c->msgs[0] = (struct conv_msg){.role = ROLE_USER, .text = reader_text(r, i)};
    c->n_msgs = 1;
}

/* With best_of equal to n there is nothing to choose from. */
static void read_best_of(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t best, n = 1;
    uint32_t given = reader_given(r, 0, "n");
    if (given != J_NONE && !jdoc_int(r->d, given, &n)) return;   /* `n` itself is named */
    if (!jdoc_int(r->d, i, &best) || best != n) reader_unsupported(r, f->name);
}

static const struct reader_field fields[] = {
    {"prompt", read_prompt, 0, 0, 0},
    {"stream", reader_bool, READER_AT(stream), 0, 0},
    {"stream_options", openai_stream_options, READER_AT(include_usage), 0, 0},
    {"max_tokens", reader_max_tokens, 0, 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), -2, 2},
    {"presence_penalty", reader_double, READER_AT(presence_penalty), -2, 2},
    {"seed", reader_seed, 0, 0, 0},
    {"stop", reader_stops, 0, 0, 0},
    {"n", openai_n, 0, 0, 0},
    {"best_of", read_best_of, 0, 0, 0},
    {"suffix", reader_only_empty, 0, 0, 0},
    {"echo", reader_only_false, 0, 0, 0},
    {"logprobs", reader_never, 0, 0, 0},
    {"logit_bias", reader_only_empty, 0, 0, 0},
    {"top_k", reader_top_k, 0, 0, 0},
};

enum fail openai_completions_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field,
                                    size_t *at)
{
    struct reader r;
    enum fail f = openai_begin(&r, s, a, c, field, at);
    if (f) return f;
    c->max_tokens = DEFAULT_MAX_TOKENS;
    reader_fields(&r, 0, fields, COUNT(fields), jdoc_is);
    if (c->n_msgs == 0) reader_unsupported(&r, "prompt");
    return reader_end(&r);
}

/* ---- answers ---- */

static void put_choice(const struct answer *a, const struct answer_choice *c, struct span text, bool last, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_str(o, "text", text);
    jo_u64(o, "index", (uint64_t)(c - a->choice));
    jo_null(o, "logprobs");
    jo_cstr(o, "finish_reason", !last ? NULL : c->stop == STOP_LENGTH ? "length" : "stop");
    jo_close(o, '}');
}

static void put_chunk(const struct answer *a, const struct answer_choice *c, struct span text, bool last, struct obuf *o)
{
    openai_chunk_open(a, OBJECT, o);
    put_choice(a, c, text, last, o);
    openai_chunk_close(a, false, o);
}

static void put_whole(const struct answer *a, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    openai_put_head(a, OBJECT, o);
    jo_open(o, "choices", '[');
    for (uint32_t i = 0; i < answer_n_choices(a); i++)
        put_choice(a, &a->choice[i], obuf_span(&a->choice[i].text), true, o);
    jo_close(o, ']');
    openai_put_usage(a, true, o);
    jo_close(o, '}');
    o->comma = false;
}

static void told(const struct answer *a, const struct answer_choice *c, struct span text, struct obuf *o)
{
    if (a->stream && text.n) put_chunk(a, c, text, false, o);
}

static void end(struct answer *a, struct answer_choice *c, const struct conv_event *e, struct obuf *o)
{
    a->ended = answer_choice_ended(a, e);
    if (a->stream) put_chunk(a, c, SPAN_NONE, true, o);
    if (!a->ended) return;
    if (a->stream) openai_stream_end(a, OBJECT, o);
    else put_whole(a, o);
    if (!answer_ok(a)) o->bad = true;
}

void openai_completions_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        openai_broken(a, e, out);
        return;
    }
    if (!a->begun) {
        openai_answer_begin(a, "cmpl-");
        for (uint32_t i = 0; i < answer_n_choices(a); i++) told(a, &a->choice[i], answer_notice_left(a, &a->choice[i]), out);
    }
    struct answer_choice *c = answer_choice_of(a, e);
    if (c->ended) return;
    if (e->kind == EV_TEXT) told(a, c, answer_add_text(a, c, e->text), out);
    if (e->kind == EV_END) end(a, c, e, out);
}

const struct codec codec_openai_completions = {
    .name = "openai.completions",
    .provider = "openai",
    .decode = openai_completions_decode,
    .encode = openai_completions_encode,
    .error = refuse_openai,
    .stream_error = refuse_openai_stream,
    .keepalive = openai_keepalive,
};
