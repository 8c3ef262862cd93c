/* Which route a method and path mean: the dialects' rows, tried in order. */
#include "wire/dialects.h"

/* Hosts that speak OpenAI's dialect. One more is one line. */
#define SPEAKS_OPENAI(n, base) static const struct dialect dialect_##n = {.name = #n, .speaks = &dialect_openai, .base_path = (base)}
SPEAKS_OPENAI(deepseek, "");
SPEAKS_OPENAI(xai, "/v1");
SPEAKS_OPENAI(groq, "/openai/v1");
SPEAKS_OPENAI(openrouter, "/api/v1");
SPEAKS_OPENAI(together, "/v1");

/* Where several families know a path, the first one here is taken for it. */
static const struct dialect *const dialects[] = {
    &dialect_openai, &dialect_anthropic, &dialect_gemini,
    &dialect_deepseek, &dialect_xai, &dialect_groq, &dialect_openrouter, &dialect_together,
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

/* A name is at most this long; a pattern has few of them, so that trying each end is cheap. */
#define NAME_MAX_BYTES 256u

static bool matches(const char *pattern, struct span path)
{
    while (*pattern && *pattern != '*' && *pattern != '+') {
        if (path.n == 0 || path.p[0] != *pattern) return false;
        path = span_from(path, 1);
        pattern++;
    }
    if (*pattern == '\0') return path.n == 0;
    if (path.n == 0 || path.p[0] == '.') return false;
    for (size_t n = 0, step; n < NAME_MAX_BYTES; n += step) {
        step = name_char(span_from(path, n), *pattern == '+');
        if (step == 0) return false;
        if (matches(pattern + 1, span_from(path, n + step))) return true;
    }
    return false;
}

/* ---- routes ---- */

static const struct route_row *row_find(const struct dialect *d, struct span method, struct span path)
{
    for (size_t i = 0; i < d->n_rows; i++) {
        bool same = method.p == NULL || span_is(method, d->rows[i].method);
        if (same && matches(d->rows[i].pattern, path)) return &d->rows[i];
    }
    return NULL;
}

static bool path_known(const struct dialect *d, struct span path)
{
    return span_is(path, "/") || row_find(d, SPAN_NONE, path) != NULL;
}

static const struct route *find(const struct dialect *d, struct span method, struct span path)
{
    if (span_is(method, "HEAD") && span_is(path, "/")) return &d->probe;
    if (span_is(method, "OPTIONS") && path_known(d, path)) return &d->options;
    const struct route_row *row = row_find(d, method, path);
    return row ? row->route : &d->unknown;
}

const struct route *route_find(const char *provider, struct span method, struct span path, bool has_body)
{
    const struct dialect *d = dialect_find(provider);
    d = family(d ? d : dialects[0]);
    const struct route *r = find(d, method, path);
    return has_body && !r->takes_body ? &d->unknown : r;
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
    for (size_t i = 0; i < COUNT(dialects); i++)
        if (row_find(dialects[i], SPAN_NONE, path)) return dialects[i]->name;
    return by_folder(path);
}

/* ---- by name ---- */

const struct route *route_of_api(const char *name)
{
    for (size_t i = 0; i < COUNT(dialects); i++)
        for (size_t k = 0; k < dialects[i]->n_rows; k++)
            if (strcmp(dialects[i]->rows[k].route->codec->name, name) == 0) return dialects[i]->rows[k].route;
    for (size_t i = 0; i < COUNT(dialects); i++)
        if (dialects[i]->speaks == NULL && strcmp(dialects[i]->unknown.codec->name, name) == 0) return &dialects[i]->unknown;
    return NULL;
}
