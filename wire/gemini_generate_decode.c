/* Requests of generateContent and countTokens: the top level, generationConfig and toolConfig. */
#include "wire/gemini_generate.h"

/* A value of an enum, which the API takes in any case: its own examples have "Text" and "any". */
static bool is_word(struct reader *r, uint32_t i, const char *word)
{
    return reader_is(r, i, J_STRING) && span_ieq(reader_text(r, i), span_str(word));
}

/* ---- generationConfig ---- */

static void read_candidates(struct reader *r, const struct reader_field *f, uint32_t i)
{
    int64_t n;
    if (!jdoc_int(r->d, i, &n) || n < 1 || n > (int64_t)CONV_MAX_CHOICES) reader_unsupported(r, f->name);
    else r->conv->n_choices = (uint32_t)n;
}

/* A schema says it too, whichever comes first. */
static void read_mime_type(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (jdoc_is(r->d, i, "application/json")) {
        if (r->conv->format == FORMAT_TEXT) r->conv->format = FORMAT_JSON;
    } else if (!jdoc_is(r->d, i, "text/plain")) {
        reader_unsupported(r, f->name);
    }
}

static void read_own_schema(struct reader *r, const struct reader_field *f, uint32_t i)
{
    struct obuf o = {0};
    if (!reader_is(r, i, J_OBJECT)) {
        reader_unsupported(r, f->name);
        return;
    }
    gemini_schema(r->d, i, &o);
    r->conv->format = FORMAT_SCHEMA;
    r->conv->schema = reader_keep(r, &o);
}

static void read_thinking(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t show = gemini_get(r, i, "includeThoughts");
    if (!reader_is(r, i, J_OBJECT)) reader_unsupported(r, f->name);
    else r->conv->show_reasoning = reader_is(r, show, J_TRUE);
}

static void read_modalities(struct reader *r, const struct reader_field *f, uint32_t i)
{
    bool text = reader_is(r, i, J_ARRAY);
    for (uint32_t k = text ? jdoc_first(i) : J_NONE; text && k < jdoc_end(r->d, i); k = r->d->tok[k].next)
        text = is_word(r, k, "TEXT") || is_word(r, k, "MODALITY_UNSPECIFIED");
    if (!text) reader_unsupported(r, f->name);
}

static const struct reader_field generation[] = {
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"maxOutputTokens", reader_max_tokens, 0, 0, 0},
    {"topP", reader_double, READER_AT(top_p), 0, 1},
    {"topK", reader_top_k, 0, 0, 0},
    {"candidateCount", read_candidates, 0, 0, 0},
    {"stopSequences", reader_stops, 0, 0, 0},
    {"responseMimeType", read_mime_type, 0, 0, 0},
    {"responseSchema", read_own_schema, 0, 0, 0},
    {"responseJsonSchema", reader_schema, 0, 0, 0},
    {"_responseJsonSchema", reader_schema, 0, 0, 0},
    {"seed", reader_seed, 0, 0, 0},
    {"presencePenalty", reader_double, READER_AT(presence_penalty), -2, 2},
    {"frequencyPenalty", reader_double, READER_AT(frequency_penalty), -2, 2},
    {"thinkingConfig", read_thinking, 0, 0, 0},
    {"responseModalities", read_modalities, 0, 0, 0},
    {"responseLogprobs", reader_only_false, 0, 0, 0},
    {"logprobs", reader_never, 0, 0, 0},
    {"responseFormat", reader_never, 0, 0, 0},
    {"speechConfig", reader_never, 0, 0, 0},
    {"imageConfig", reader_never, 0, 0, 0},
    {"translationConfig", reader_never, 0, 0, 0},
};

static void read_generation(struct reader *r, const struct reader_field *f, uint32_t i)
{
    if (reader_is(r, i, J_OBJECT)) reader_fields(r, i, generation, COUNT(generation), gemini_same);
    else reader_unsupported(r, f->name);
}

/* ---- tools ---- */

/* The list of function names that a call is to be one of, or J_NONE. */
static uint32_t allowed_names(struct reader *r, uint32_t config)
{
    uint32_t names = gemini_get(r, config, "allowedFunctionNames");
    if (names == J_NONE) return J_NONE;
    if (!reader_is(r, names, J_ARRAY) || reader_count(r, names, READER_MAX_CALLS) > READER_MAX_CALLS) {
        reader_unsupported(r, "allowedFunctionNames");
        return J_NONE;
    }
    return jdoc_first(names) < jdoc_end(r->d, names) ? names : J_NONE;
}

static void read_mode(struct reader *r, uint32_t config, uint32_t allowed)
{
    static const struct { const char *word; enum tool_choice choice; } modes[] = {
        {"AUTO", TOOLS_AUTO}, {"NONE", TOOLS_NONE}, {"ANY", TOOLS_REQUIRED}, {"VALIDATED", TOOLS_AUTO},
        {"MODE_UNSPECIFIED", TOOLS_AUTO},
    };
    struct conv *c = r->conv;
    uint32_t mode = gemini_get(r, config, "mode");
    size_t k = 0;
    if (mode == J_NONE) return;
    while (k < COUNT(modes) && !is_word(r, mode, modes[k].word)) k++;
    if (k == COUNT(modes)) {
        reader_unsupported(r, "functionCallingConfig.mode");
        return;
    }
    c->tool_choice = modes[k].choice;
    bool one = allowed != J_NONE && reader_count(r, allowed, 2) == 1;
    if (c->tool_choice != TOOLS_REQUIRED || !one) return;
    c->tool_choice = TOOLS_NAMED;
    c->tool_name = reader_string(r, jdoc_first(allowed), "allowedFunctionNames");
}

/* toolConfig stands after the tools, and says which of them count. */
static void read_tools(struct reader *r, uint32_t obj)
{
    uint32_t config = gemini_get(r, gemini_get(r, obj, "toolConfig"), "functionCallingConfig");
    uint32_t allowed = allowed_names(r, config), tools = gemini_get(r, obj, "tools");
    read_mode(r, config, allowed);
    if (tools != J_NONE) gemini_tools(r, tools, allowed);
    bool must_call = r->conv->tool_choice == TOOLS_REQUIRED || r->conv->tool_choice == TOOLS_NAMED;
    if (must_call && r->conv->tools.p == NULL) reader_unsupported(r, "toolConfig");
}

/* ---- the top level ---- */

static const struct reader_field fields[] = {
    {"generationConfig", read_generation, 0, 0, 0},
    {"cachedContent", reader_never, 0, 0, 0},
    {"continuationToken", reader_never, 0, 0, 0},
    {"store", reader_bool, READER_AT(store), 0, 0},
};

void gemini_request(struct reader *r, uint32_t obj)
{
    reader_fields(r, obj, fields, COUNT(fields), gemini_same);
    read_tools(r, obj);
    gemini_messages(r, gemini_get(r, obj, "contents"), gemini_get(r, obj, "systemInstruction"));
}

/* Whether the query has that word between its `&`. */
static bool asks_for(struct span query, const char *word)
{
    while (query.n) {
        const char *and = memchr(query.p, '&', query.n);
        struct span one = {query.p, and ? (size_t)(and - query.p) : query.n};
        if (span_is(one, word)) return true;
        query = span_from(query, one.n + 1);
    }
    return false;
}

static void read_address(struct reader *r, const struct conv_source *s)
{
    r->conv->model = gemini_model(s->path);
    r->conv->stream = span_ends(s->path, SPAN(":streamGenerateContent"));
    if (r->conv->stream && (asks_for(s->query, "alt=sse") || asks_for(s->query, "$alt=sse"))) r->conv->own |= GEMINI_SSE;
}

enum fail gemini_generate_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    uint32_t contents = gemini_get(&r, 0, "contents");
    if (!gemini_is_list(&r, contents)) return reader_invalid(&r, contents, "contents", field, at);
    read_address(&r, s);
    gemini_request(&r, 0);
    return reader_end(&r);
}

enum fail gemini_count_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    c->kind = CONV_COUNT;
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    uint32_t inner = gemini_get(&r, 0, "generateContentRequest"), obj = reader_is(&r, inner, J_OBJECT) ? inner : 0;
    uint32_t contents = gemini_get(&r, obj, "contents");
    if (!gemini_is_list(&r, contents)) return reader_invalid(&r, contents, "contents", field, at);
    c->model = gemini_model(s->path);
    gemini_request(&r, obj);
    return reader_end(&r);
}
