/* Ids in the path and the query: segments behind the name of a collection. */
#include "policy/refs_find.h"

static const char *const collections[] = {
    "responses", "files", "batches", "conversations", "vector_stores", "containers", "assistants", "threads", "runs", "uploads",
    "jobs", "completions", "interactions", "cachedContents", "operations", "videos", "skills", "sessions", "agents",
    "libraries", "documents", "evals", "file_batches", "memory_stores", "fileSearchStores", "async-invoke",
};
/* What may follow one and is no object. Some have forms of their own: "files/x:download". */
static const char *const verbs[] = {"completions", "batches", "input_tokens", "compact", "count_tokens", "content", "cancel",
                                    "search", "messages", "jobs", "responses"};

static bool is_one(struct span s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(s, list[i])) return true;
    return false;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct span decoded(struct refs *r, struct span s)
{
    if (s.n == 0 || memchr(s.p, '%', s.n) == NULL) return s;
    char *out = arena_alloc(r->c->arena, s.n);
    size_t n = 0;
    if (out == NULL) {
        r->failed = FAIL_NO_MEMORY;
        return SPAN_NONE;
    }
    for (size_t i = 0; i < s.n; i++) {
        bool escape = s.p[i] == '%' && i + 2 < s.n && hex_value(s.p[i + 1]) >= 0 && hex_value(s.p[i + 2]) >= 0;
        out[n++] = escape ? (char)(hex_value(s.p[i + 1]) * 16 + hex_value(s.p[i + 2])) : s.p[i];
        if (escape) i += 2;
    }
    return (struct span){out, n};
}

/* Google's objects are known by collection and name, and a method may follow behind a colon. */
static bool is_google(const struct refs *r)
{
    const char *p = r->c->site.provider;
    struct span t = r->c->target;
    if (p != NULL) return strcmp(p, "gemini") == 0 || strcmp(p, "vertex") == 0;
    return span_starts(t, SPAN("/v1beta")) || span_starts(t, SPAN("/v1alpha"));
}

static bool is_id(struct span s, bool google)
{
    if (s.n == 0 || is_one(s, verbs, COUNT(verbs))) return false;
    if (google || s.n >= 20) return true;
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-') return true;
    return false;
}

/* Bedrock's prompts stand where a model does, and are kept there. */
static bool is_prompt_arn(struct span s) { return span_starts(s, SPAN("arn:")) && memmem(s.p, s.n, ":prompt/", 8) != NULL; }

/* A segment or a query's value. `names`: it names an object, where it looks like that. `before`: the segment before it, or
 * SPAN_NONE. */
static void take(struct refs *r, struct span word, bool names, struct span before)
{
    size_t start = (size_t)(word.p - r->c->target.p);
    struct span value = decoded(r, word);
    struct ref ref = {.kind = REF_LOCAL_ID, .part = PART_PATH, .start = start, .end = start + word.n, .value = value};
    if (r->c->id_key && local_id_read(r->c->id_key, value, &ref.local_classes)) {
        refs_add(r, ref);
        return;
    }
    names |= is_prompt_arn(value);
    bool google = is_google(r);
    const char *colon = google && value.n ? memchr(value.p, ':', value.n) : NULL;
    if (colon) ref.value.n = (size_t)(colon - value.p);
    if (!names || !is_id(ref.value, google)) return;
    ref.kind = REF_ID;
    if (google && before.n && value.p == word.p) ref.value = (struct span){before.p, (size_t)(ref.value.p + ref.value.n - before.p)};
    refs_add(r, ref);
}

/* The next piece up to one of two characters; the rest stays in *s. */
static struct span cut(struct span *s, char end, char other)
{
    size_t n = 0;
    while (n < s->n && s->p[n] != end && s->p[n] != other) n++;
    struct span piece = {s->p, n};
    *s = span_from(*s, n + 1);
    return piece;
}

/* A query's values name objects by their parameter. Where a list goes on from (`after`) is none: nothing is read there. */
static void walk_query(struct refs *r, struct span query)
{
    while (query.n > 0 && !r->failed) {
        struct span value = cut(&query, '&', ';'), name = cut(&value, '=', '=');
        bool object = span_ends(name, SPAN("_id")) && value.n > 4;
        take(r, value.n ? value : name, object, SPAN_NONE);
    }
}

void refs_walk_target(struct refs *r)
{
    struct span t = r->c->target, before = SPAN_NONE;
    if (t.n == 0) return;
    struct span path = cut(&t, '?', '?');
    while (path.n > 0 && !r->failed) {
        struct span segment = cut(&path, '/', '/');
        take(r, segment, is_one(before, collections, COUNT(collections)), before);
        before = segment;
    }
    walk_query(r, t);
}
