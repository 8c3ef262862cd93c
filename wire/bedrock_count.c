/* CountTokens: the request it asks about is a Converse one, or the bytes of an InvokeModel body. */
#include "wire/bedrock_invoke.h"
#include "core/base64.h"

/* The body in the string `i`, read as the model's family has it. */
static enum fail decode_body(const struct conv_source *s, uint32_t i, struct arena *a, struct conv *c, const char **field,
                             size_t *at)
{
    struct reader r = {.d = s->doc, .arena = a, .conv = c};
    struct span code = reader_text(&r, i);
    char *bytes = code.p ? reader_array(&r, base64_room(code.n), 1) : NULL;
    struct jdoc inner;
    size_t inner_at;
    if (bytes == NULL) return FAIL_NO_MEMORY;
    struct span body = {bytes, base64_decode(code, bytes)};
    if (jscan(body, a, &inner, &inner_at) != FAIL_OK) return reader_invalid(&r, i, "input.invokeModel.body", field, at);
    struct conv_source of_body = *s;
    of_body.doc = &inner;
    enum fail f = bedrock_invoke_decode(&of_body, a, c, field, at);
    if (f == FAIL_REQUEST_INVALID) *at = s->doc->tok[i].start;   /* an offset within the inner body says nothing */
    return f;
}

static enum fail decode_converse(struct reader *r, uint32_t i, const char **field, size_t *at)
{
    uint32_t messages = reader_given(r, i, "messages");
    bedrock_converse_fields(r, i);
    if (messages == J_NONE) {
        reader_unsupported(r, "input.converse.messages");   /* may be missing; then nothing is to be counted here */
        return reader_end(r);
    }
    if (!reader_is(r, messages, J_ARRAY)) return reader_invalid(r, messages, "input.converse.messages", field, at);
    bedrock_messages(r, reader_given(r, i, "system"), messages);
    return reader_end(r);
}

enum fail bedrock_count_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    *field = NULL;
    *at = SIZE_MAX;
    reader_begin(&r, s, a, c);
    c->kind = CONV_COUNT;
    c->model = bedrock_model(&r, s->path);
    uint32_t input = reader_is(&r, 0, J_OBJECT) ? reader_given(&r, 0, "input") : J_NONE;
    uint32_t converse = jdoc_get_type(r.d, input, "converse", J_OBJECT);
    uint32_t body = jdoc_get_type(r.d, jdoc_get(r.d, input, "invokeModel"), "body", J_STRING);
    if (converse != J_NONE) return decode_converse(&r, converse, field, at);
    if (body == J_NONE) return reader_invalid(&r, input, "input", field, at);
    enum fail f = decode_body(s, body, a, c, field, at);
    if (c->kind == CONV_EMBED) reader_unsupported(&r, "input.invokeModel.body");   /* texts, no conversation */
    c->kind = CONV_COUNT;
    return f;
}

void bedrock_count_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended || (e->kind != EV_END && e->kind != EV_ERROR)) return;
    a->ended = true;
    if (e->kind == EV_ERROR) return;
    answer_choice_ended(a, e);
    out->comma = false;
    jo_open(out, NULL, '{');
    jo_u64(out, "inputTokens", e->prompt_tokens);
    jo_close(out, '}');
    out->comma = false;
}
