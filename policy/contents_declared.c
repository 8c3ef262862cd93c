/* What says that a run of base64 is one, and of what: the head of a data URI before it (RFC 2397), or the members beside it
 * in its JSON object. And which members hold what only a provider can read. */
#include "policy/contents_read.h"
#include "wire/names.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t back_over_blanks(struct span t, size_t at)
{
    while (at > 0 && is_blank(t.p[at - 1])) at--;
    return at;
}

/* "data:text/plain;charset=utf-8;base64," before `start`. Blanks are where the WHATWG Fetch standard lets them be. */
static bool after_uri_head(struct span t, size_t start, struct span *media)
{
    struct span word = SPAN("base64");
    size_t at = back_over_blanks(t, start);
    if (at == 0 || t.p[at - 1] != ',') return false;
    at = back_over_blanks(t, at - 1);
    if (at < word.n || !span_ieq((struct span){t.p + at - word.n, word.n}, word)) return false;
    at = back_over_blanks(t, at - word.n);
    if (at == 0 || t.p[at - 1] != ';') return false;
    size_t end = at - 1, least = end > 256 ? end - 256 : 0;
    *media = SPAN_NONE;
    for (size_t i = end; i > least && media->p == NULL; i--)
        if (t.p[i - 1] == ':') *media = (struct span){t.p + i, end - i};
    return true;
}

static bool key_is_one_of(const struct reader *r, const char *const *names)
{
    for (; *names; names++)
        if (jdoc_is(r->doc, r->key, *names)) return true;
    return false;
}

static uint32_t sibling(const struct reader *r, const char *const *names)
{
    uint32_t i = J_NONE;
    for (; *names && i == J_NONE; names++) i = jdoc_get_type(r->doc, r->object, *names, J_STRING);
    return i;
}

/* {"type": "base64", "media_type": "image/png", "data": …}, {"mimeType": …, "data": …}, {"source": {"bytes": …}}.
 * Anthropic's {"type": "text", "media_type": …, "data": …} is text as it stands. */
static bool at_base64_member(const struct reader *r, struct span *media)
{
    static const char *const keys[] = {"data", "bytes", NULL}, *const type[] = {"type", NULL};
    static const char *const media_keys[] = {"media_type", "mimeType", "mime_type", NULL};
    if (r->doc == NULL || !key_is_one_of(r, keys)) return false;
    uint32_t said = sibling(r, media_keys), kind = sibling(r, type);
    *media = said == J_NONE ? SPAN_NONE : jdoc_text(r->doc, said, r->c->arena);
    if (kind != J_NONE && jdoc_is(r->doc, kind, "text")) return false;
    return said != J_NONE || jdoc_is(r->doc, r->key, "bytes") || (kind != J_NONE && jdoc_is(r->doc, kind, "base64"));
}

bool contents_is_declared(const struct reader *r, struct span text, struct span run, struct span *media)
{
    bool whole = run.p == text.p && run.n == text.n;
    *media = SPAN_NONE;
    return after_uri_head(text, (size_t)(run.p - text.p), media) || (whole && at_base64_member(r, media));
}

bool contents_at_sealed(const struct reader *r)
{
    static const char *const more[] = {"redacted_content", NULL}, *const kind[] = {"type", NULL};
    if (r->doc == NULL) return false;
    struct span key = jdoc_text(r->doc, r->key, r->c->arena);
    if (names_sealed_field(key) || key_is_one_of(r, more)) return true;
    if (!names_sealed_data(key)) return false;
    uint32_t type = sibling(r, kind);
    return type != J_NONE && jdoc_is(r->doc, type, "redacted_thinking");
}
