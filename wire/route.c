#include "wire/codecs.h"

/* ---- the routes ---- */

#define KNOWN(op, c, body, gen) \
    {.operation = (op), .codec = &(c), .known = true, .takes_body = (body), .generating = (gen)}
#define UNKNOWN(c) {.operation = "unknown", .codec = &(c), .takes_body = true}

static const struct route chat = KNOWN("chat.completions", codec_openai_chat, true, true);
static const struct route models_list = KNOWN("models.list", codec_openai_models, false, false);
static const struct route models_get = KNOWN("models.retrieve", codec_openai_models, false, false);

struct provider {
    const char *name;
    struct route probe;     /* HEAD / : some SDKs ask whether the host is there */
    struct route options;   /* a browser's preflight, for a path that is known */
    struct route unknown;
};

#define PROVIDER(n, c) {n, KNOWN("probe", c, false, false), KNOWN("options", c, false, false), UNKNOWN(c)}

static const struct provider providers[] = {
    PROVIDER("openai", codec_openai_other),   /* the first is also for names that are not here */
    PROVIDER("anthropic", codec_anthropic_other),
    PROVIDER("gemini", codec_gemini_other),
};

/* `path` that ends in '/' stands for that and one more segment, a plain name. */
struct row {
    const char *provider, *method, *path;
    const struct route *route;
};

static const struct row rows[] = {
    {"openai", "POST", "/v1/chat/completions", &chat},
    {"openai", "GET", "/v1/models", &models_list},
    {"openai", "GET", "/v1/models/", &models_get},
};

static const struct provider *provider_find(const char *name)
{
    for (size_t i = 0; name && i < COUNT(providers); i++)
        if (strcmp(providers[i].name, name) == 0) return &providers[i];
    return NULL;
}

bool route_knows_provider(const char *provider) { return provider_find(provider) != NULL; }

/* A model's name as one path segment. Nothing that an origin server might unescape, split or resolve. */
static bool plain_segment(struct span s)
{
    if (s.n == 0 || s.n > 128 || s.p[0] == '.') return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == '\0' || strchr("-._:", c) == NULL)) return false;
    }
    return true;
}

static bool path_matches(const char *pattern, struct span path)
{
    struct span p = span_str(pattern);
    if (!span_ends(p, SPAN("/"))) return span_eq(p, path);
    return span_starts(path, p) && plain_segment(span_from(path, p.n));
}

static bool path_known(const struct provider *p, struct span path)
{
    if (span_is(path, "/")) return true;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].provider, p->name) == 0 && path_matches(rows[i].path, path)) return true;
    return false;
}

static const struct route *find(const struct provider *p, struct span method, struct span path)
{
    if (span_is(method, "HEAD") && span_is(path, "/")) return &p->probe;
    if (span_is(method, "OPTIONS") && path_known(p, path)) return &p->options;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].provider, p->name) == 0 && span_is(method, rows[i].method) && path_matches(rows[i].path, path))
            return rows[i].route;
    return &p->unknown;
}

const struct route *route_find(const char *provider, struct span method, struct span path, bool has_body)
{
    const struct provider *p = provider_find(provider);
    if (p == NULL) p = &providers[0];
    const struct route *r = find(p, method, path);
    return has_body && !r->takes_body ? &p->unknown : r;
}

/* ---- whose path ---- */

static bool under(struct span path, const char *folder)
{
    struct span f = span_str(folder);
    return span_starts(path, f) && (path.n == f.n || path.p[f.n] == '/' || f.p[f.n - 1] == '/');
}

const char *route_provider(struct span path)
{
    static const struct { const char *folder, *provider; } folders[] = {
        {"/v1/messages", "anthropic"}, {"/v1/complete", "anthropic"},
        {"/v1beta/", "gemini"}, {"/v1alpha/", "gemini"}, {"/upload/v1beta/", "gemini"},
        {"/v1/", "openai"},
    };
    /* Gemini writes what is to be done after a colon; OpenAI's fine-tuned models have colons too, but not these. */
    static const char *const verbs[] = {":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent",
                                        ":batchEmbedContents"};
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (span_starts(path, SPAN("/v1/models/")) && span_ends(path, span_str(verbs[i]))) return "gemini";
    for (size_t i = 0; i < COUNT(folders); i++)
        if (under(path, folders[i].folder)) return folders[i].provider;
    return NULL;
}

/* ---- by name ---- */

const struct route *route_of_api(const char *name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].route->codec->name, name) == 0) return rows[i].route;
    for (size_t i = 0; i < COUNT(providers); i++)
        if (strcmp(providers[i].unknown.codec->name, name) == 0) return &providers[i].unknown;
    return NULL;
}
