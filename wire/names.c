#include "wire/names.h"

bool names_sealed_field(struct span name)
{
    static const char *const fields[] = {
        "signature", "encrypted_content", "thoughtSignature", "thought_signature", "redactedContent", "encrypted_index",
        "encrypted_stdout",
    };
    if (name.n < 9 || name.n > 17) return false;
    for (size_t i = 0; i < COUNT(fields); i++)
        if (span_is(name, fields[i])) return true;
    return false;
}

bool names_sealed_data(struct span name) { return span_is(name, "data"); }

static const char *const collections[] = {"files", "cachedContents", "batches", "operations", "fileSearchStores", "interactions"};

static bool is_collection(struct span word)
{
    for (size_t i = 0; i < COUNT(collections); i++)
        if (span_is(word, collections[i])) return true;
    return false;
}

bool names_google_object(struct span value)
{
    const char *slash = value.n ? memchr(value.p, '/', value.n) : NULL;
    size_t head = slash ? (size_t)(slash - value.p) : 0;
    struct span name = span_from(value, head + 1);
    return head > 0 && name.n > 0 && memchr(name.p, '/', name.n) == NULL && is_collection((struct span){value.p, head});
}

/* Bytes of the last `words` segments. */
static struct span tail(struct span s, int words)
{
    size_t at = s.n;
    while (at > 0) {
        if (s.p[at - 1] == '/' && --words == 0) break;
        at--;
    }
    return span_from(s, at);
}

struct span names_object(struct span value)
{
    bool is_url = span_starts(value, SPAN("https://")) || span_starts(value, SPAN("projects/"));
    struct span last = tail(value, 2);
    return is_url && names_google_object(last) ? last : value;
}

bool names_own_url(struct span url)
{
    return span_starts(url, SPAN("https://generativelanguage.googleapis.com/")) && names_google_object(tail(url, 2));
}
