/* InvokeModel: which family's format a body is in, and the way to that family's reader and writer. */
#include "wire/bedrock_invoke.h"
#include "wire/anthropic.h"
#include "wire/openai_chat.h"

/* ---- the family ---- */

/* At the beginning of the id, or after a region ("us."), a slash or a colon of an ARN. */
static bool names(struct span model, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= model.n; i++) {
        bool at_start = i == 0 || model.p[i - 1] == '.' || model.p[i - 1] == '/' || model.p[i - 1] == ':';
        if (at_start && memcmp(model.p + i, word, n) == 0) return true;
    }
    return false;
}

static enum bedrock_family by_model(struct span model)
{
    static const struct { const char *word; enum bedrock_family family; } words[] = {
        {"anthropic.", FAMILY_ANTHROPIC}, {"amazon.nova-", FAMILY_NOVA}, {"meta.llama", FAMILY_LLAMA},
        {"mistral.", FAMILY_MISTRAL}, {"amazon.titan-embed-text", FAMILY_TITAN_EMBED}, {"amazon.titan-text", FAMILY_TITAN},
        {"cohere.command-r", FAMILY_COHERE}, {"cohere.embed", FAMILY_COHERE_EMBED}, {"deepseek.r1", FAMILY_DEEPSEEK},
        {"openai.", FAMILY_OPENAI},
    };
    for (size_t i = 0; i < COUNT(words); i++)
        if (names(model, words[i].word)) return words[i].family;
    return FAMILY_UNKNOWN;
}

static bool has(const struct jdoc *d, const char *member) { return jdoc_get(d, 0, member) != J_NONE; }

/* Content is a string, or parts that have a type. Nova's blocks have none. */
static bool is_chat_completion(const struct jdoc *d)
{
    uint32_t messages = jdoc_get_type(d, 0, "messages", J_ARRAY);
    if (messages == J_NONE || jdoc_first(messages) >= jdoc_end(d, messages)) return false;
    uint32_t content = jdoc_get(d, jdoc_first(messages), "content");
    if (content == J_NONE || d->tok[content].type == J_STRING) return content != J_NONE;
    return d->tok[content].type == J_ARRAY && jdoc_get(d, jdoc_first(content), "type") != J_NONE;
}

/* Members that no other family has; those that came later, whoever made them, take chat completions. */
static enum bedrock_family by_body(const struct jdoc *d)
{
    if (has(d, "anthropic_version")) return FAMILY_ANTHROPIC;
    if (has(d, "max_gen_len")) return FAMILY_LLAMA;
    if (has(d, "textGenerationConfig")) return FAMILY_TITAN;
    if (has(d, "schemaVersion") || has(d, "inferenceConfig")) return FAMILY_NOVA;
    return is_chat_completion(d) ? FAMILY_OPENAI : FAMILY_UNKNOWN;
}

enum bedrock_family bedrock_family_of(struct span model, const struct jdoc *body)
{
    enum bedrock_family f = by_model(model);
    if (f == FAMILY_MISTRAL && has(body, "messages")) return FAMILY_OPENAI;   /* its newer models */
    return f == FAMILY_UNKNOWN ? by_body(body) : f;
}

/* ---- requests ---- */

/* Nova's models for pictures, films and vectors have no messages. */
static enum fail decode_nova(struct reader *r, const char **field, size_t *at)
{
    uint32_t messages = reader_given(r, 0, "messages");
    if (messages == J_NONE) {
        reader_unsupported(r, "messages");
        return reader_end(r);
    }
    if (!reader_is(r, messages, J_ARRAY)) return reader_invalid(r, messages, "messages", field, at);
    bedrock_converse_fields(r, 0);
    bedrock_messages(r, reader_given(r, 0, "system"), messages);
    return reader_end(r);
}

/* Claude 2 has an older format as well, one prompt of Human and Assistant. */
static enum fail decode_anthropic(struct reader *r, const struct conv_source *s, const char **field, size_t *at)
{
    if (reader_given(r, 0, "messages") == J_NONE && reader_given(r, 0, "prompt") != J_NONE) {
        reader_unsupported(r, "prompt");
        return reader_end(r);
    }
    return anthropic_decode_model(s, r->conv->model, r->arena, r->conv, field, at);
}

static enum fail decode_as(struct reader *r, enum bedrock_family family, const struct conv_source *s, const char **field,
                           size_t *at)
{
    switch (family) {
    case FAMILY_ANTHROPIC: return decode_anthropic(r, s, field, at);
    case FAMILY_NOVA: return decode_nova(r, field, at);
    case FAMILY_LLAMA:
    case FAMILY_MISTRAL:
    case FAMILY_TITAN:
    case FAMILY_DEEPSEEK:
    case FAMILY_COHERE: return bedrock_prompt_decode(r, family, field, at);
    case FAMILY_OPENAI: return openai_chat_decode_model(s, r->conv->model, r->arena, r->conv, field, at);
    case FAMILY_TITAN_EMBED:
    case FAMILY_COHERE_EMBED: return bedrock_embed_decode(r, family, field, at);
    case FAMILY_UNKNOWN: break;
    }
    reader_unsupported(r, "model family");
    return reader_end(r);
}

enum fail bedrock_invoke_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    *field = NULL;
    *at = SIZE_MAX;
    reader_begin(&r, s, a, c);
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    c->model = bedrock_model(&r, s->path);
    enum bedrock_family family = bedrock_family_of(c->model, s->doc);
    enum fail f = decode_as(&r, family, s, field, at);
    c->own |= (uint32_t)family << BEDROCK_FAMILY_SHIFT;
    c->stream = span_ends(s->path, SPAN("/invoke-with-response-stream"));
    if (c->kind == CONV_EMBED && c->stream) reader_unsupported(&r, "stream");
    return f;
}

/* ---- answers ---- */

struct chunks {
    const struct answer *a;
    const struct conv_event *e;
    struct obuf *out;
};

/* The last event says what the call cost as well. */
static void emit_chunk(void *arg, const char *type, struct span json)
{
    struct chunks *c = arg;
    if (strcmp(type, "message_stop") != 0) {
        bedrock_chunk(json, c->out);
        return;
    }
    struct obuf o = {0};
    jo_open(&o, NULL, '{');
    jo_cstr(&o, "type", type);
    bedrock_invocation_metrics(c->a, c->e, &o);
    jo_close(&o, '}');
    bedrock_chunk(obuf_span(&o), c->out);
    if (!obuf_ok(&o)) c->out->bad = true;
    obuf_fini(&o);
}

static void encode_anthropic(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    struct chunks c = {a, e, out};
    if (e->kind != EV_ERROR) {
        anthropic_encode_raw(a, e, emit_chunk, &c, out);
        return;
    }
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun && !a->ended) refuse_bedrock_stream(&r, out);
    a->ended = true;
}

void bedrock_invoke_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    switch (bedrock_family_in(a->conv)) {
    case FAMILY_NOVA: bedrock_blocks_encode(a, e, BEDROCK_CHUNKS, out); break;
    case FAMILY_LLAMA:
    case FAMILY_MISTRAL:
    case FAMILY_TITAN:
    case FAMILY_DEEPSEEK:
    case FAMILY_COHERE: bedrock_prompt_encode(a, e, out); break;
    case FAMILY_OPENAI: bedrock_openai_encode(a, e, out); break;
    case FAMILY_TITAN_EMBED:
    case FAMILY_COHERE_EMBED: bedrock_embed_encode(a, e, out); break;
    case FAMILY_ANTHROPIC:
    case FAMILY_UNKNOWN: encode_anthropic(a, e, out); break;
    }
}
