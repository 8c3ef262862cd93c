/* Which route a method and path mean: the dialects' rows, tried in order. */
#include "wire/dialects.h"

/* Hosts that speak OpenAI's dialect. One more is one line here and one below. */
#define SPEAKS_OPENAI(d, n, base) \
    static const struct dialect d = {.name = (n), .speaks = &dialect_openai, .base_path = (base)}
SPEAKS_OPENAI(deepseek, "deepseek", "");
SPEAKS_OPENAI(xai, "xai", "/v1");
SPEAKS_OPENAI(groq, "groq", "/openai/v1");
SPEAKS_OPENAI(openrouter, "openrouter", "/api/v1");
SPEAKS_OPENAI(together, "together", "/v1");
SPEAKS_OPENAI(fireworks, "fireworks", "/inference/v1");
SPEAKS_OPENAI(cerebras, "cerebras", "/v1");
SPEAKS_OPENAI(perplexity, "perplexity", "");
SPEAKS_OPENAI(vllm, "vllm", "/v1");
SPEAKS_OPENAI(compatible, "openai-compatible", "/v1");

/* Where several families know a path equally well, the first one here is taken for it. */
static const struct dialect *const dialects[] = {
    &dialect_openai,
    &dialect_anthropic,
    &dialect_gemini,
    &dialect_azure,
    &dialect_vertex,
    &dialect_mistral,
    &dialect_bedrock,
    &dialect_cohere,
    &dialect_ollama,
    &deepseek, &xai, &groq, &openrouter, &together, &fireworks, &cerebras, &perplexity, &vllm, &compatible,
};

static const struct dialect *dialect_find(const char *name)
{
    for (size_t i = 0; name && i < COUNT(dialects); i++)
        if (strcmp(dialects[i]->name, name) == 0) return dialects[i];
    return NULL;
}

static const struct dialect *family(const struct dialect *d) { return d->speaks ? d->speaks : d; }

bool route_knows_provider(const char *provider) { return dialect_find(provider) != NULL; }

const char *route_provider_name(size_t i) { return i < COUNT(dialects) ? dialects[i]->name : NULL; }

const char *route_base_path(const char *provider)
{
    const struct dialect *d = dialect_find(provider);
    return d ? d->base_path : NULL;
}

const char *route_family_path(const char *provider)
{
    const struct dialect *d = dialect_find(provider);
    return d ? family(d)->base_path : NULL;
}

const char *const *route_query_credentials(const char *provider)
{
    const struct dialect *d = dialect_find(provider);
    return d ? d->query_credentials : NULL;
}

/* ---- patterns ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Length of the escape at `s`, 0 when it is none or one that an origin server might take for something else. */
static size_t escape_length(struct span s)
{
    if (s.n < 3 || s.p[0] != '%' || hex_value(s.p[1]) < 0 || hex_value(s.p[2]) < 0) return 0;
    int c = hex_value(s.p[1]) * 16 + hex_value(s.p[2]);
    return c < 0x20 || c == '.' || c == '\\' || c == '%' || c >= 0x7f ? 0 : 3;
}

static size_t name_char(struct span s, bool escapes)
{
    char c = s.n ? s.p[0] : '\0';
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (word || (c && strchr("-._:@~", c))) return 1;
    return escapes ? escape_length(s) : 0;
}

/* A dot segment, once the origin server has turned an escaped slash into a slash. */
static bool hides_dots(struct span escape)
{
    return escape.n > 3 && escape.p[0] == '%' && escape.p[1] == '2' && (escape.p[2] | 0x20) == 'f' && escape.p[3] == '.';
}

/* A name is at most this long; a pattern has few of them, so that trying each end is cheap. */
#define NAME_MAX_BYTES 256u

static bool matches(const char *pattern, struct span path)
{
    size_t same = 0;
    for (; pattern[same] && pattern[same] != '*' && pattern[same] != '+'; same++)
        if (same == path.n || path.p[same] != pattern[same]) return false;
    pattern += same;
    path = span_from(path, same);
    if (*pattern == '\0') return path.n == 0;
    if (path.n == 0 || path.p[0] == '.') return false;
    for (size_t n = 0, step; n < NAME_MAX_BYTES; n += step) {
        struct span rest = span_from(path, n);
        step = name_char(rest, *pattern == '+');
        if (step == 0 || hides_dots(rest)) return false;
        if (matches(pattern + 1, span_from(path, n + step))) return true;
    }
    return false;
}

/* ---- routes ---- */

/* The row for that path; any row's method will do when `method` is none. `base`: what a pattern has in place of what was
 * taken off the path. */
static const struct route_row *row_find(const struct dialect *d, struct span method, const char *base, struct span path)
{
    size_t taken = strlen(base);
    for (size_t i = 0; i < d->n_rows; i++) {
        const struct route_row *row = &d->rows[i];
        if ((taken && strncmp(row->pattern, base, taken) != 0) || !matches(row->pattern + taken, path)) continue;
        if (method.p == NULL || span_is(method, row->method)) return row;
    }
    return NULL;
}

/* What follows a prefix, from its slash on; p is NULL when the path does not begin with it. */
static struct span after_prefix(const char *prefix, struct span path)
{
    for (; *prefix; prefix++) {
        size_t n = 1;
        if (*prefix == '*') for (n = 0; n < NAME_MAX_BYTES && name_char(span_from(path, n), false);) n++;
        else if (path.n == 0 || path.p[0] != *prefix) return SPAN_NONE;
        if (n == 0 || path.p[0] == '.') return SPAN_NONE;
        path = span_from(path, n);
    }
    return path.n && path.p[0] == '/' ? path : SPAN_NONE;
}

/* How much of a pattern is said in letters: a verb after a name says more than the name alone. */
static size_t said(const char *pattern)
{
    size_t n = 0;
    for (; *pattern; pattern++) n += *pattern != '*' && *pattern != '+';
    return n;
}

/* As row_find, for a path that only a dialect with prefixes has. `letters`: of prefix and pattern. */
static const struct route_row *row_after_prefix(const struct dialect *d, struct span method, struct span path,
                                                size_t *letters)
{
    for (size_t i = 0; i < d->n_prefixes; i++) {
        struct span rest = after_prefix(d->prefixes[i], path);
        const struct route_row *row = rest.p ? row_find(family(d), method, family(d)->base_path, rest) : NULL;
        if (row == NULL) continue;
        *letters = said(d->prefixes[i]) + said(row->pattern) - strlen(family(d)->base_path);
        return row;
    }
    return NULL;
}

static const struct route_row *row_of(const struct dialect *d, struct span method, struct span path)
{
    size_t letters;
    const struct route_row *row = row_find(family(d), method, "", path);
    return row ? row : row_after_prefix(d, method, path, &letters);
}

const struct route *route_find(const char *provider, struct span method, struct span path, bool has_body)
{
    const struct dialect *d = dialect_find(provider);
    if (d == NULL) d = dialects[0];
    const struct route_row *row = row_of(d, method, path);
    const struct route *r = row ? row->route : &family(d)->unknown;
    bool root = span_is(path, "/");
    if (span_is(method, "HEAD") && root) r = &family(d)->probe;
    if (span_is(method, "OPTIONS") && (root || row_of(d, SPAN_NONE, path))) r = &family(d)->options;
    return has_body && !r->takes_body ? &family(d)->unknown : r;
}

/* ---- whose path ---- */

static bool under(struct span path, const char *folder)
{
    struct span f = span_str(folder);
    return span_starts(path, f) && (path.n == f.n || path.p[f.n] == '/' || f.p[f.n - 1] == '/');
}

/* A path that no row has: by the folder it is in. */
static const char *by_folder(struct span path)
{
    static const struct { const char *folder, *provider; } folders[] = {
        {"/v1/messages", "anthropic"}, {"/v1/complete", "anthropic"}, {"/api/claude_cli", "anthropic"},
        {"/api/claude_code", "anthropic"}, {"/api/event_logging", "anthropic"}, {"/api/eval", "anthropic"},
        {"/v1beta/", "gemini"}, {"/v1alpha/", "gemini"}, {"/upload/v1beta/", "gemini"},
        {"/openai/", "azure"}, {"/model/", "bedrock"}, {"/api/", "ollama"}, {"/v2/", "cohere"},
        {"/v1/projects/", "vertex"}, {"/v1beta1/projects/", "vertex"}, {"/v1/", "openai"},
    };
    for (size_t i = 0; i < COUNT(folders); i++)
        if (under(path, folders[i].folder) && route_knows_provider(folders[i].provider)) return folders[i].provider;
    return NULL;
}

const char *route_provider(struct span path)
{
    const char *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < COUNT(dialects) && most < path.n; i++) {   /* more than all of it cannot be said */
        const struct dialect *d = dialects[i];
        size_t letters = 0;
        const struct route_row *row = d->speaks ? row_after_prefix(d, SPAN_NONE, path, &letters)
                                                : row_find(d, SPAN_NONE, "", path);
        if (row && d->speaks == NULL) letters = said(row->pattern);
        if (row == NULL || letters <= most) continue;
        most = letters;
        best = d->name;
    }
    return best ? best : by_folder(path);
}

/* ---- by name ---- */

/* The n-th of all routes, those of unknown paths among them; NULL past the end. */
static const struct route *nth_route(size_t n)
{
    for (size_t i = 0; i < COUNT(dialects); i++) {
        const struct dialect *d = dialects[i];
        if (n <= d->n_rows) return n ? d->rows[n - 1].route : &d->unknown;
        n -= d->n_rows + 1;
    }
    return NULL;
}

size_t route_api_names(const char **names, size_t most)
{
    size_t n = 0;
    const struct route *r;
    for (size_t i = 0; (r = nth_route(i)) != NULL; i++) {
        size_t at = 0;
        if (r->codec == NULL) continue;   /* a dialect that speaks another's has that one's */
        while (at < n && strcmp(names[at], r->codec->name) != 0) at++;
        if (at == n && n < most) names[n++] = r->codec->name;
    }
    return n;
}

/* A codec that has only error shapes is that of what is unknown, though a row somewhere may use it too. */
const struct route *route_of_api(const char *name)
{
    for (size_t i = 0; i < COUNT(dialects); i++)
        if (dialects[i]->speaks == NULL && strcmp(dialects[i]->unknown.codec->name, name) == 0) return &dialects[i]->unknown;
    for (size_t i = 0; i < COUNT(dialects); i++)
        for (size_t k = 0; k < dialects[i]->n_rows; k++)
            if (strcmp(dialects[i]->rows[k].route->codec->name, name) == 0) return dialects[i]->rows[k].route;
    return NULL;
}
