/* The query of a request target, and the credentials in it. */
#include "wire/query.h"
#include "wire/codec.h"

bool query_next(struct span target, size_t *at, struct query_parameter *p)
{
    if (*at == 0) {
        const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
        *at = mark ? (size_t)(mark - target.p) + 1 : target.n;
    }
    if (*at >= target.n) return false;
    struct span rest = span_from(target, *at);
    const char *and = memchr(rest.p, '&', rest.n);
    p->all = (struct span){rest.p, and ? (size_t)(and - rest.p) : rest.n};
    const char *equals = p->all.n ? memchr(p->all.p, '=', p->all.n) : NULL;
    p->name = (struct span){p->all.p, equals ? (size_t)(equals - p->all.p) : p->all.n};
    p->value = span_from(p->all, p->name.n + (equals != NULL));
    *at += p->all.n + 1;
    return true;
}

static bool looks_like_key(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], letter = (char)(c | 0x20);
        bool unreserved = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (!unreserved) return false;
    }
    return s.n > 0;
}

static bool is_credential(const char *const *names, const struct query_parameter *p)
{
    for (; names && *names; names++)
        if (span_is(p->name, *names)) return looks_like_key(p->value);
    return false;
}

struct span query_next_credential(const char *provider, struct span target, size_t *at)
{
    const char *const *names = route_query_credentials(provider);
    struct query_parameter p;
    while (names && query_next(target, at, &p))
        if (is_credential(names, &p)) return p.value;
    return SPAN_NONE;
}

size_t query_without_credentials(const char *provider, struct span target, char *out)
{
    const char *const *names = route_query_credentials(provider);
    const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
    size_t n = mark ? (size_t)(mark - target.p) : target.n, at = 0;
    char separator = '?';
    struct query_parameter p;
    if (n) memcpy(out, target.p, n);
    while (query_next(target, &at, &p)) {
        if (is_credential(names, &p)) continue;
        out[n++] = separator;
        if (p.all.n) memcpy(out + n, p.all.p, p.all.n);
        n += p.all.n;
        separator = '&';
    }
    return n;
}
