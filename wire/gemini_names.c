/* Names in Gemini's requests: members in two spellings, the model in the path. */
#include "wire/gemini_generate.h"

#define NAME_ROOM 64u

/* A key as it is meant. A longer one is no name that is looked for. */
static struct span plain_key(const struct jdoc *d, uint32_t key, char room[NAME_ROOM])
{
    struct span raw = jdoc_raw(d, key);
    if (!d->tok[key].escaped) return raw;
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;
    while (p < end && n + 4 <= NAME_ROOM) n += (size_t)jscan_unescape1(&p, end, room + n);
    return p < end ? SPAN_NONE : (struct span){room, n};
}

/* "functionCall" is function_call as well. */
bool gemini_same(const struct jdoc *d, uint32_t key, const char *camel)
{
    char room[NAME_ROOM];
    struct span k = plain_key(d, key, room);
    size_t at = 0;
    for (; *camel; camel++) {
        bool capital = *camel >= 'A' && *camel <= 'Z';
        if (at == k.n) return false;
        if (k.p[at] == *camel) at++;
        else if (capital && k.n - at >= 2 && k.p[at] == '_' && k.p[at + 1] == (*camel | 0x20)) at += 2;
        else return false;
    }
    return at == k.n;
}

uint32_t gemini_get(const struct reader *r, uint32_t obj, const char *camel)
{
    if (!reader_is(r, obj, J_OBJECT)) return J_NONE;
    for (uint32_t key = jdoc_first(obj); key < jdoc_end(r->d, obj); key = r->d->tok[key + 1].next)
        if (!reader_is(r, key + 1, J_NULL) && gemini_same(r->d, key, camel)) return key + 1;
    return J_NONE;
}

struct span gemini_model(struct span path)
{
    size_t from = path.n, to;
    while (from > 0 && path.p[from - 1] != '/') from--;
    for (to = from; to < path.n && path.p[to] != ':'; to++) continue;
    return path.p ? (struct span){path.p + from, to - from} : SPAN("");
}
