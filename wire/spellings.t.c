/* What a request means does not depend on how its JSON is written: every body of the corpora, read by every codec there is,
 * gives the same conversation (or the same refusal) without white space, with much of it, with each character escaped and
 * with the members of each object in another order. */
#include "wire/codec.h"
#include "wire/spellings.t.h"

/* Paths that lead to every codec which decodes, and to each of its forms. */
static const struct { const char *provider, *path; } paths[] = {
    {"openai", "/v1/chat/completions"},
    {"openai", "/v1/completions"},
    {"openai", "/v1/embeddings"},
    {"openai", "/v1/responses"},
    {"openai", "/v1/responses/compact"},
    {"openai", "/v1/responses/input_tokens"},
    {"anthropic", "/v1/messages"},
    {"anthropic", "/v1/messages/count_tokens"},
    {"gemini", "/v1beta/models/g:generateContent"},
    {"gemini", "/v1beta/models/g:streamGenerateContent"},
    {"gemini", "/v1beta/models/g:countTokens"},
    {"gemini", "/v1beta/models/g:embedContent"},
    {"gemini", "/v1beta/models/g:batchEmbedContents"},
    {"mistral", "/v1/chat/completions"},
    {"mistral", "/v1/embeddings"},
    {"cohere", "/v2/chat"},
    {"cohere", "/v2/embed"},
    {"cohere", "/v1/chat"},
    {"cohere", "/v1/embed"},
    {"ollama", "/api/chat"},
    {"ollama", "/api/generate"},
    {"ollama", "/api/embed"},
    {"ollama", "/api/embeddings"},
    {"bedrock", "/model/anthropic.claude-x/converse"},
    {"bedrock", "/model/anthropic.claude-x/converse-stream"},
    {"bedrock", "/model/anthropic.claude-x/count-tokens"},
    {"bedrock", "/model/anthropic.claude-x/invoke"},
    {"bedrock", "/model/amazon.nova-lite-v1:0/invoke"},
    {"bedrock", "/model/amazon.titan-text-x/invoke"},
    {"bedrock", "/model/amazon.titan-embed-text-v2:0/invoke"},
    {"bedrock", "/model/meta.llama3-8b/invoke"},
    {"bedrock", "/model/mistral.x/invoke"},
    {"bedrock", "/model/cohere.command-r/invoke"},
    {"bedrock", "/model/cohere.embed-x/invoke"},
    {"bedrock", "/model/deepseek.r1-v1:0/invoke"},
    {"bedrock", "/model/openai.gpt-oss-20b-1:0/invoke"},
    {"vertex", "/v1/projects/p/locations/l/publishers/google/models/g:generateContent"},
    {"vertex", "/v1/projects/p/locations/l/publishers/google/models/e:predict"},
    {"vertex", "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict"},
    {"vertex", "/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict"},
};

/* ---- the same meaning ---- */

/* Where two conversations differ first, or NULL. */
static const char *difference;

static void differ(const char *what)
{
    if (difference == NULL) difference = what;
}
#define SAME(x, what) ((x) ? (void)0 : differ(what))

static uint32_t member(const struct jdoc *d, uint32_t object, struct span key, struct arena *a)
{
    for (uint32_t k = jdoc_first(object); k < jdoc_end(d, object); k = d->tok[k + 1].next)
        if (span_eq(jdoc_text(d, k, a), key)) return k + 1;
    return J_NONE;
}

/* The same tree, whatever the order of members. */
static bool same_tree(const struct jdoc *x, uint32_t i, const struct jdoc *y, uint32_t j, struct arena *a)
{
    if (j >= y->n || x->tok[i].type != y->tok[j].type) return false;
    bool object = x->tok[i].type == J_OBJECT;
    if (x->tok[i].type == J_STRING) return span_eq(jdoc_text(x, i, a), jdoc_text(y, j, a));
    if (!object && x->tok[i].type != J_ARRAY) return span_eq(jdoc_raw(x, i), jdoc_raw(y, j));
    if (x->tok[i].next - i != y->tok[j].next - j) return false;
    uint32_t in_y = jdoc_first(j);
    for (uint32_t k = jdoc_first(i); k < jdoc_end(x, i); k = x->tok[k].next) {
        if (object) in_y = member(y, j, jdoc_text(x, k, a), a), k++;
        if (!same_tree(x, k, y, in_y, a)) return false;
        if (!object) in_y = y->tok[in_y].next;
    }
    return true;
}

/* How often each byte is there, white space aside, when what looks like an escape is one. */
static void count_bytes(struct span s, struct arena *a, size_t count[256])
{
    struct obuf o = {0};
    struct jdoc d;
    size_t at;
    obuf_str(&o, "\"");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || (unsigned char)s.p[i] < 0x20) obuf_printf(&o, "\\u%04x", (unsigned)s.p[i]);
        else obuf_put(&o, s.p + i, 1);
    }
    obuf_str(&o, "\"");
    bool read = jscan(obuf_span(&o), a, &d, &at) == FAIL_OK;
    struct span plain = read ? jdoc_text(&d, 0, a) : s;
    for (size_t i = 0; i < plain.n; i++) count[(unsigned char)plain.p[i]]++;
    count[' '] = count['\t'] = count['\r'] = count['\n'] = 0;
    obuf_fini(&o);
}

/* Texts that are JSON of the request (arguments, a tool's result), or into which some is put, may keep its spelling. */
static bool same_text(struct span x, struct span y, struct arena *a)
{
    struct jdoc dx, dy;
    size_t at;
    if ((x.p == NULL) != (y.p == NULL)) return false;
    if (span_eq(x, y)) return true;
    if (jscan(x, a, &dx, &at) == FAIL_OK) return jscan(y, a, &dy, &at) == FAIL_OK && same_tree(&dx, 0, &dy, 0, a);
    size_t in_x[256] = {0}, in_y[256] = {0};
    count_bytes(x, a, in_x);
    count_bytes(y, a, in_y);
    return memchr(x.p, '{', x.n) && memcmp(in_x, in_y, sizeof in_x) == 0;
}

static bool same_number(double x, double y) { return x == y || (x != x && y != y); }

static void same_calls(const struct conv_msg *x, const struct conv_msg *y, bool whole, struct arena *a)
{
    SAME(x->n_calls == y->n_calls, "n_calls");
    for (size_t i = 0; i < x->n_calls && i < y->n_calls; i++) {
        SAME(same_text(x->calls[i].id, y->calls[i].id, a), "call id");
        SAME(same_text(x->calls[i].name, y->calls[i].name, a), "call name");
        SAME(!whole || same_text(x->calls[i].arguments, y->calls[i].arguments, a), "arguments");
    }
}

static void same_message(const struct conv_msg *x, const struct conv_msg *y, struct arena *a)
{
    SAME(x->role == y->role, "role");
    SAME(same_text(x->text, y->text, a), "text");
    SAME(same_text(x->reasoning, y->reasoning, a), "reasoning");
    SAME(same_text(x->name, y->name, a), "name");
    SAME(same_text(x->tool_call_id, y->tool_call_id, a), "tool_call_id");
}

static void same_settings(const struct conv *x, const struct conv *y)
{
    SAME(x->kind == y->kind, "kind");
    SAME(x->stream == y->stream && x->include_usage == y->include_usage, "stream");
    SAME(x->tool_choice == y->tool_choice && x->parallel_tool_calls == y->parallel_tool_calls, "tool_choice");
    SAME(x->max_tokens == y->max_tokens, "max_tokens");
    SAME(same_number(x->temperature, y->temperature) && same_number(x->top_p, y->top_p) && x->top_k == y->top_k, "sampling");
    SAME(x->n_choices == y->n_choices, "n_choices");
    SAME(x->format == y->format, "format");
    SAME(x->show_reasoning == y->show_reasoning, "show_reasoning");
    SAME(x->frequency_penalty == y->frequency_penalty && x->presence_penalty == y->presence_penalty, "penalties");
    SAME(x->has_seed == y->has_seed && x->seed == y->seed, "seed");
    SAME(x->store == y->store, "store");
    SAME(x->own == y->own, "own");
}

/* Of several fields that a local answer cannot honour, the one that comes first is named. */
static void same_conversation(const struct conv *x, const struct conv *y, bool in_order, struct arena *a)
{
    SAME((x->unsupported == NULL) == (y->unsupported == NULL), "unsupported");
    if (x->unsupported && y->unsupported && in_order) SAME(strcmp(x->unsupported, y->unsupported) == 0, "unsupported");
    same_settings(x, y);
    SAME(same_text(x->model, y->model, a), "model");
    SAME(same_text(x->tools, y->tools, a), "tools");
    SAME(same_text(x->tool_name, y->tool_name, a), "tool_name");
    SAME(same_text(x->schema, y->schema, a), "schema");
    SAME(same_text(x->previous, y->previous, a), "previous");
    SAME(x->n_msgs == y->n_msgs && x->n_stops == y->n_stops && x->n_inputs == y->n_inputs, "count");
    for (size_t i = 0; i < x->n_msgs && i < y->n_msgs; i++) {
        same_message(&x->msgs[i], &y->msgs[i], a);
        /* What is no object may be the reason, and is left as it stands. */
        same_calls(&x->msgs[i], &y->msgs[i], x->unsupported == NULL, a);
    }
    for (size_t i = 0; i < x->n_stops && i < y->n_stops; i++) SAME(same_text(x->stops[i], y->stops[i], a), "stop");
    for (size_t i = 0; i < x->n_inputs && i < y->n_inputs; i++) SAME(same_text(x->inputs[i], y->inputs[i], a), "input");
}

/* ---- each body by each codec ---- */

static unsigned decoded[COUNT(paths)];   /* bodies that were requests of that path */

static enum fail decode(size_t path, const struct jdoc *d, struct arena *a, struct conv *c)
{
    const struct route *route = route_find(paths[path].provider, SPAN("POST"), span_str(paths[path].path), true);
    const struct conv_source s = {.doc = d, .path = span_str(paths[path].path), .query = SPAN(""), .route = route};
    const char *field;
    size_t at;
    if (!route->known || route->codec->decode == NULL) fail_msg("%s leads nowhere", paths[path].path);
    return route->codec->decode(&s, a, c, &field, &at);
}

static void check_body(const char *name, const struct jdoc *d, const struct jdoc *twin, const struct spelling *how,
                       struct arena *a)
{
    struct conv x, y;
    for (size_t i = 0; i < COUNT(paths); i++) {
        enum fail f = decode(i, d, a, &x), g = decode(i, twin, a, &y);
        difference = NULL;
        SAME(f == g, "refusal");
        if (f == FAIL_OK && g == FAIL_OK) same_conversation(&x, &y, !how->reversed, a);
        if (difference) fail_msg("%s %s, at %s: another %s", name, how->name, paths[i].path, difference);
        decoded[i] += f == FAIL_OK && x.unsupported == NULL;
    }
}

static void test_all(void **state)
{
    (void)state;
    check_corpora(check_body);
    size_t without = 0;
    for (size_t i = 0; i < COUNT(paths); i++) {
        if (decoded[i] == 0) print_error("no body of the corpora has a local answer at %s\n", paths[i].path);
        without += decoded[i] == 0;
    }
    assert_int_equal(without, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
