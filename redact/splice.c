#include "redact/splice.h"
#include "core/base64.h"
#include "redact/place.h"
#include <stdlib.h>

/* One stretch of the body that becomes something else: a mask, or an edit of the caller's. */
struct change {
    size_t start, end;
    const struct finding *strongest;   /* of a mask */
    const struct splice_edit *edit;    /* of an edit */
    uint8_t coded;                     /* enum coding */
};

/* ---- findings to changes ---- */

static int by_start(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

static enum fail collect(const struct splice *s, struct change *e, size_t *n)
{
    *n = 0;
    for (size_t i = 0; s->findings && i < s->findings->n; i++) {
        const struct finding *one = &s->findings->f[i];
        if (one->klass >= CLASS_MAX || !(s->mask >> one->klass & 1)) continue;
        if (one->part != PART_BODY || one->start >= one->end || one->end > s->body.n || one->coded == CODING_FIXED)
            return FAIL_REDACT_UNSAFE;
        e[(*n)++] = (struct change){.start = one->start, .end = one->end, .strongest = one, .coded = one->coded};
    }
    return FAIL_OK;
}

static bool stronger(const struct finding *a, const struct finding *b)
{
    if (a->score > b->score || a->score < b->score) return a->score > b->score;
    return a->end - a->start > b->end - b->start;
}

static bool is_run(const struct change *c) { return c->coded != CODING_NONE && c->coded != CODING_PERCENT; }

/* `b` begins within `a` or at its end. The mask of both is written as the larger one's place asks for. */
static void join(struct change *a, const struct change *b)
{
    bool same = b->start == a->start && b->end == a->end;
    if (stronger(b->strongest, a->strongest)) a->strongest = b->strongest;
    if (same && a->coded == CODING_NONE) a->coded = b->coded;
    if (b->end <= a->end) return;
    a->end = b->end;   /* neither holds the other: what is left of a coded run is masked with it, as text */
    a->coded = a->coded == CODING_PERCENT || b->coded == CODING_PERCENT ? CODING_PERCENT : CODING_NONE;
}

static size_t merge(struct change *e, size_t n)
{
    size_t kept = 0;
    qsort(e, n, sizeof *e, by_start);
    for (size_t i = 0; i < n; i++) {
        struct change *last = kept ? &e[kept - 1] : NULL;
        bool apart = last == NULL || e[i].start > last->end ||
                     (e[i].start == last->end && (is_run(last) || is_run(&e[i])));
        if (apart) e[kept++] = e[i];
        else join(last, &e[i]);
    }
    return kept;
}

/* The caller's edits among the masks. A mask reaches into none. */
static enum fail add_edits(const struct splice *s, struct change *e, size_t *n)
{
    for (size_t i = 0; i < s->n_edits; i++) {
        const struct splice_edit *x = &s->edits[i];
        if (x->start > x->end || x->end > s->body.n) return FAIL_REDACT_UNSAFE;
        e[(*n)++] = (struct change){.start = x->start, .end = x->end, .edit = x};
    }
    qsort(e, *n, sizeof *e, by_start);
    for (size_t i = 1; i < *n; i++)
        if (e[i].start < e[i - 1].end) return FAIL_REDACT_UNSAFE;
    return FAIL_OK;
}

/* ---- writing ---- */

enum { MASK_MAX = 160 };

static const char *mask_name(const char *type)
{
    for (const char *p = type; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\\' || (unsigned char)*p > 0x7e || p - type > MASK_MAX) return "MASKED";
    return type;
}

/* RFC 3986: all but the unreserved characters. */
static void put_percent(struct obuf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) obuf_put(out, &s.p[i], 1);
        else obuf_printf(out, "%%%02X", c);
    }
}

static void put_coded(struct obuf *out, struct span text, uint8_t coded)
{
    if (coded == CODING_BASE64 || coded == CODING_BASE64URL) base64_put(out, text, coded == CODING_BASE64URL);
    else if (coded == CODING_HEX)
        for (size_t i = 0; i < text.n; i++) obuf_printf(out, "%02x", (unsigned char)text.p[i]);
    else obuf_span_put(out, text);
}

static void put_mask(struct obuf *out, const struct change *c, enum region_kind kind, bool quoted)
{
    char room[MASK_MAX + 4] = "[";
    const char *name = mask_name(c->strongest->type);
    size_t n = strlen(name);
    memcpy(room + 1, name, n);
    room[n + 1] = ']';
    struct span text = {room, n + 2};
    if (quoted) obuf_str(out, "\"");
    if (c->coded == CODING_PERCENT || (kind == REGION_FORM && !is_run(c))) {
        put_percent(out, text);
    } else if (kind == REGION_FORM) {
        struct obuf code = {0};
        put_coded(&code, text, c->coded);
        put_percent(out, obuf_span(&code));
        out->bad |= code.bad;
        obuf_fini(&code);
    } else {
        put_coded(out, text, c->coded);
    }
    if (quoted) obuf_str(out, "\"");
}

/* The way through the regions, from change to change. */
struct way {
    const struct splice *s;
    size_t region, entered;   /* entered: the region that `walk` is in, plus one */
    struct walk walk;
};

static enum place place_of(struct way *at, const struct change *c, enum region_kind *kind)
{
    const struct splice *s = at->s;
    while (at->region < s->n_regions && s->regions[at->region].end <= c->start) at->region++;
    const struct region *r = at->region < s->n_regions ? &s->regions[at->region] : NULL;
    if (r == NULL || c->start < r->start || c->end > r->end || r->kind == REGION_FIXED) return PLACE_UNSAFE;
    *kind = r->kind;
    if (r->kind != REGION_JSON) return PLACE_STRING;
    if (at->entered != at->region + 1) at->walk = walk_of((struct span){s->body.p + r->start, r->end - r->start});
    at->entered = at->region + 1;
    return walk_locate(&at->walk, s->body.p + c->start, s->body.p + c->end);
}

static enum fail write_body(const struct splice *s, const struct change *e, size_t n, struct obuf *out)
{
    struct way at_region = {.s = s};
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        enum region_kind kind = REGION_TEXT;
        enum place place = e[i].edit ? PLACE_STRING : place_of(&at_region, &e[i], &kind);
        if (place == PLACE_UNSAFE) return FAIL_REDACT_UNSAFE;
        obuf_put(out, s->body.p + at, e[i].start - at);
        if (e[i].edit) obuf_span_put(out, e[i].edit->with);
        else put_mask(out, &e[i], kind, place == PLACE_NUMBER);
        at = e[i].end;
    }
    if (s->body.n > at) obuf_put(out, s->body.p + at, s->body.n - at);
    return obuf_ok(out) ? FAIL_OK : FAIL_NO_MEMORY;
}

enum fail splice_body(const struct splice *s, struct obuf *out, size_t *masked)
{
    size_t n, masks = 0;
    *masked = 0;
    struct change *e = malloc(((s->findings ? s->findings->n : 0) + s->n_edits + 1) * sizeof *e);
    if (e == NULL) return FAIL_NO_MEMORY;
    enum fail failed = collect(s, e, &n);
    if (failed == FAIL_OK) {
        n = masks = merge(e, n);
        failed = add_edits(s, e, &n);
    }
    if (failed == FAIL_OK) failed = write_body(s, e, n, out);
    if (failed == FAIL_OK) *masked = masks;
    free(e);
    return failed;
}

enum fail splice_mask(struct span body, bool json, const struct findings *f, uint32_t mask, struct obuf *out, size_t *masked)
{
    struct region whole = {json ? REGION_JSON : REGION_TEXT, 0, body.n};
    struct splice s = {.body = body, .regions = &whole, .n_regions = 1, .findings = f, .mask = mask};
    return splice_body(&s, out, masked);
}
