/* What the stand-in says: "[standin]" and then the words of the last user message, one word a step; a document that fits
 * the schema, where one is given; a call of the tool that is asked for, with what it was told; counts of words for counts
 * of tokens; and vectors that are nearer the more words two texts share. */
#include "localmodel/engine_prune.h"
#include "localmodel/engine_standin.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define JSON_PIECE 8                   /* bytes of a structured answer said at once */

/* --- words --- */

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static struct span next_word(struct span *text)
{
    size_t from = 0, n = 0;
    while (from < text->n && blank(text->p[from])) from++;
    *text = span_from(*text, from);
    while (n < text->n && !blank(text->p[n])) n++;
    struct span word = {text->p, n};
    *text = span_from(*text, n);
    return word;
}

static uint32_t count_words(struct span text)
{
    uint32_t n = 0;
    while (next_word(&text).n) n++;
    return n;
}

/* Of a JSON text: the words of its keys and strings, and one for each other value. */
static uint32_t count_json_words(const struct jdoc *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        enum jtype type = (enum jtype)d->tok[i].type;
        if (type == J_KEY || type == J_STRING) n += count_words(jdoc_raw(d, i));
        else if (type != J_OBJECT && type != J_ARRAY) n++;
    }
    return n;
}

/* --- the request --- */

static struct span content_of(const struct jdoc *d, uint32_t msg, struct arena *a)
{
    struct span text = jdoc_text(d, jdoc_get_type(d, msg, "content", J_STRING), a);
    return text.p ? text : SPAN("");
}

static enum fail read_messages(struct speech *s)
{
    struct jdoc d;
    size_t at;
    enum fail f = jscan(span_str(s->job->request->messages), s->arena, &d, &at);
    if (f != FAIL_OK) return f;
    s->text = SPAN("");
    for (uint32_t m = jdoc_first(0); m < jdoc_end(&d, 0); m = d.tok[m].next) {
        struct span text = content_of(&d, m, s->arena);
        s->job->usage.prompt_tokens += count_words(text);
        if (jdoc_is(&d, jdoc_get(&d, m, "role"), "user")) s->text = text;
    }
    return FAIL_OK;
}

/* A trial of a list of tools: how the prompt would be with it. */
struct trial {
    struct speech *speech;
    uint32_t context, room, words;
};

static enum fail try_tools(void *arg, const char *tools)
{
    struct trial *t = arg;
    struct jdoc d;
    size_t at;
    t->words = 0;
    if (tools == NULL) return t->speech->job->usage.prompt_tokens + t->room > t->context ? FAIL_CONTEXT_LENGTH : FAIL_OK;
    enum fail f = jscan(span_str(tools), t->speech->arena, &d, &at);
    if (f != FAIL_OK) return f;
    t->words = count_json_words(&d);
    return t->speech->job->usage.prompt_tokens + t->words + t->room > t->context ? FAIL_CONTEXT_LENGTH : FAIL_OK;
}

static enum fail count_tools(struct speech *s, uint32_t context)
{
    const struct engine_request *r = s->job->request;
    struct trial t = {.speech = s, .context = context, .room = r->prune_tools ? prune_room(r, context) : 0};
    struct prune_count count = {0};
    enum fail f = FAIL_OK;
    if (r->tools == NULL || r->tool_choice == TOOLS_NONE) return FAIL_OK;
    if (r->prune_tools) f = prune_to_fit(r, try_tools, &t, &count);
    else count.given = count.kept = prune_count_tools(r), f = try_tools(&t, r->tools);
    s->job->usage.prompt_tokens += t.words;
    s->job->tools_given = count.given;
    s->job->tools_kept = count.kept;
    return f == FAIL_CONTEXT_LENGTH ? FAIL_OK : f;   /* the whole prompt is looked at later */
}

/* The named tool, or the first of the list. */
static enum fail choose_tool(struct speech *s)
{
    const struct engine_request *r = s->job->request;
    bool forced = r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_NAMED;
    if (!forced || r->tools == NULL) return FAIL_OK;
    struct jdoc d;
    size_t at;
    enum fail f = jscan(span_str(r->tools), s->arena, &d, &at);
    if (f != FAIL_OK) return f;
    if (d.tok[0].type != J_ARRAY || jdoc_end(&d, 0) == jdoc_first(0)) return FAIL_LOCAL_UNSUPPORTED;
    uint32_t name = jdoc_get_type(&d, jdoc_get(&d, jdoc_first(0), "function"), "name", J_STRING);
    s->tool = r->tool_name ? span_str(r->tool_name) : jdoc_text(&d, name, s->arena);
    return s->tool.p ? FAIL_OK : FAIL_LOCAL_UNSUPPORTED;
}

static enum fail choose_format(struct speech *s)
{
    const struct engine_request *r = s->job->request;
    struct obuf o = {0};
    if (r->format == FORMAT_TEXT) return FAIL_OK;
    enum fail f = FAIL_OK;
    if (r->format == FORMAT_SCHEMA && r->schema) f = standin_example(r->schema, s->arena, &o);
    else obuf_str(&o, "{\"standin\":true}");
    const char *json = f == FAIL_OK && obuf_ok(&o) ? arena_strndup(s->arena, o.p, o.n) : NULL;
    s->json = (struct span){json, o.n};
    obuf_fini(&o);
    return f != FAIL_OK ? f : json ? FAIL_OK : FAIL_NO_MEMORY;
}

static enum fail begin_chat(struct speech *s, uint32_t context)
{
    struct job *j = s->job;
    enum fail f = read_messages(s);
    if (f == FAIL_OK) f = count_tools(s, context);
    if (f != FAIL_OK || j->request->kind == CONV_COUNT) return f;
    if ((f = choose_tool(s)) != FAIL_OK || (f = choose_format(s)) != FAIL_OK) return f;
    if (j->usage.prompt_tokens + 1 > context) return FAIL_CONTEXT_LENGTH;
    s->left = (int64_t)context - j->usage.prompt_tokens;
    int64_t asked = j->request->max_tokens;
    if (asked >= 0 && asked < s->left) s->left = asked;
    s->thinks = j->request->show_reasoning;
    return FAIL_OK;
}

static enum fail begin_embed(struct speech *s, uint32_t context)
{
    const struct engine_request *r = s->job->request;
    for (size_t i = 0; i < r->n_inputs; i++) {
        uint32_t n = count_words((struct span){r->inputs[i], r->input_lengths[i]});
        if (n > context) return FAIL_CONTEXT_LENGTH;
        s->job->usage.prompt_tokens += n;
    }
    return FAIL_OK;
}

enum fail speech_begin(struct speech *s, struct job *j, uint32_t context)
{
    *s = (struct speech){.job = j, .arena = arena_new(0)};
    stop_init(&s->stops, (const char *const *)j->request->stops, j->request->n_stops);
    if (s->arena == NULL) return FAIL_NO_MEMORY;
    return j->request->kind == CONV_EMBED ? begin_embed(s, context) : begin_chat(s, context);
}

void speech_fini(struct speech *s)
{
    arena_free(s->arena);
    stop_fini(&s->stops);
    *s = (struct speech){0};
}

/* --- saying it --- */

/* One event with one word, or with what a stop string might have begun. */
static void say(struct speech *s, struct span before, struct span word)
{
    struct obuf out = {0};
    stop_feed(&s->stops, before, &out);
    stop_feed(&s->stops, word, &out);
    if (word.n == 0) stop_finish(&s->stops, &out);
    job_text(s->job, obuf_span(&out));
    if (!obuf_ok(&out)) s->job->broken = true;
    obuf_fini(&out);
    job_flush(s->job, JOB_BATCH_US);
}

static bool call_tool(struct speech *s)
{
    struct obuf arguments = {0};
    job_call(s->job, 0, s->tool);
    jo_open(&arguments, NULL, '{');
    jo_str(&arguments, "told", s->text);
    jo_close(&arguments, '}');
    s->job->usage.completion_tokens = 1 + count_words(s->text);
    job_call_args(s->job, 0, obuf_span(&arguments));
    if (!obuf_ok(&arguments)) s->job->broken = true;
    obuf_fini(&arguments);
    job_end(s->job, STOP_TOOL_CALLS);
    return true;
}

static struct span next_piece(struct span *json)
{
    size_t n = json->n < JSON_PIECE ? json->n : JSON_PIECE;
    while (n < json->n && ((unsigned char)json->p[n] & 0xc0) == 0x80) n++;   /* no character is cut */
    struct span piece = {json->p, n};
    *json = span_from(*json, n);
    return piece;
}

/* What is said next: nothing when all is said. Answers after the first say which they are. */
static struct span next_text(struct speech *s, bool first)
{
    if (s->json.p) return next_piece(&s->json);
    if (!first) return next_word(&s->text);
    if (s->job->request->choice == 0) return SPAN("[standin]");
    char *text = arena_alloc(s->arena, 24);
    if (text == NULL) return SPAN_NONE;
    snprintf(text, 24, "[standin:%u]", s->job->request->choice);
    return span_str(text);
}

static bool end_speech(struct speech *s, bool cut)
{
    say(s, SPAN_NONE, SPAN_NONE);
    if (s->stops.hit) job_end_at(s->job, s->stops.stops[s->stops.which]);
    else job_end(s->job, cut ? STOP_LENGTH : STOP_END);
    return true;
}

static bool chat_step(struct speech *s)
{
    struct job_usage *u = &s->job->usage;
    if (s->tool.p) return call_tool(s);
    if (s->left == 0) return end_speech(s, true);
    bool first = u->completion_tokens == u->reasoning_tokens;
    struct span word = s->thinks ? SPAN("[thinking]") : next_text(s, first);
    if (word.n == 0 || s->stops.hit) return end_speech(s, false);
    s->left--;
    u->completion_tokens++;
    if (s->thinks) {
        u->reasoning_tokens++;
        s->thinks = false;
        job_reasoning(s->job, word);
        job_flush(s->job, JOB_BATCH_US);
        return false;
    }
    say(s, first || s->json.p ? SPAN_NONE : SPAN(" "), word);
    return false;
}

/* --- vectors --- */

static uint32_t hash_of(struct span word)
{
    uint32_t h = 2166136261u;          /* FNV-1a, ASCII letters as if small */
    for (size_t i = 0; i < word.n; i++) {
        unsigned char c = (unsigned char)word.p[i];
        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return h ^ h >> 15;
}

static void embed(struct span text, float v[STANDIN_DIMENSIONS])
{
    float sum = 0;
    for (uint32_t i = 0; i < STANDIN_DIMENSIONS; i++) v[i] = 0;
    for (struct span word; (word = next_word(&text)).n;) {
        uint32_t h = hash_of(word);
        v[h % STANDIN_DIMENSIONS] += h & 64 ? 1 : -1;
    }
    for (uint32_t i = 0; i < STANDIN_DIMENSIONS; i++) sum += v[i] * v[i];
    if (sum == 0) v[0] = sum = 1;
    for (uint32_t i = 0; i < STANDIN_DIMENSIONS; i++) v[i] /= sqrtf(sum);
}

static bool embed_step(struct speech *s)
{
    const struct engine_request *r = s->job->request;
    float v[STANDIN_DIMENSIONS];
    if (s->input == r->n_inputs) {
        job_end(s->job, STOP_END);
        return true;
    }
    embed((struct span){r->inputs[s->input], r->input_lengths[s->input]}, v);
    job_vector(s->job, s->input++, v, STANDIN_DIMENSIONS);
    return false;
}

bool speech_step(struct speech *s)
{
    if (atomic_load(&s->job->cancelled)) {
        job_fail(s->job, FAIL_CLIENT_ABORT);
        return true;
    }
    return s->job->request->kind == CONV_EMBED ? embed_step(s) : chat_step(s);
}
