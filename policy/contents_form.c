/* Bodies that are lists of smaller things: forms, and lines of JSON. */
#include "policy/contents_read.h"

/* ---- application/x-www-form-urlencoded ---- */

static enum fail add_pair(struct reader *r, struct span pair)
{
    const char *equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
    size_t n = equals ? (size_t)(equals - pair.p) : pair.n;
    struct segment key = contents_at(r, (struct span){pair.p, n}, SEG_KEY);
    key.escaped = SEG_PERCENT | SEG_PLUS;
    enum fail f = contents_text(r, key);
    if (!f) f = contents_region(r, REGION_FIXED, (struct span){pair.p, n + (equals != NULL)});
    if (f || equals == NULL) return f;
    r->other[PART_BODY]++;
    struct span value = span_from(pair, n + 1);
    struct segment s = contents_at(r, value, SEG_TEXT);
    s.escaped = SEG_PERCENT | SEG_PLUS;
    f = contents_region(r, REGION_FORM, value);
    return f ? f : contents_text(r, s);
}

enum fail contents_form(struct reader *r, struct span bytes)
{
    enum fail f = FAIL_OK;
    while (bytes.n && !f) {
        const char *amp = memchr(bytes.p, '&', bytes.n);
        struct span pair = {bytes.p, amp ? (size_t)(amp - bytes.p) : bytes.n};
        f = add_pair(r, pair);
        if (amp && !f) f = contents_region(r, REGION_FIXED, (struct span){amp, 1});
        r->other[PART_BODY] += amp != NULL;
        bytes = span_from(bytes, pair.n + (amp != NULL));
    }
    return f;
}

/* ---- lines of JSON ---- */

static enum fail add_row(struct reader *r, uint32_t line, struct span at)
{
    struct contents *out = r->out;
    if (out->n_rows == r->cap_rows) {
        out->rows = contents_grow(r->c->arena, out->rows, out->n_rows, &r->cap_rows, sizeof *out->rows);
        if (out->rows == NULL) return FAIL_NO_MEMORY;
    }
    size_t start = contents_offset(r, at.p);
    out->rows[out->n_rows++] = (struct judge_row){.line = line, .start = start, .end = start + at.n};
    return FAIL_OK;
}

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n') return false;
    return true;
}

static enum fail add_line(struct reader *r, struct span line, uint32_t number, bool must)
{
    struct jdoc d;
    size_t at;
    enum fail f = jscan(line, r->c->arena, &d, &at);
    if (f == FAIL_NO_MEMORY || f == FAIL_INSPECT_LIMIT) return f;
    if (f && (must || !contents_is_text(f))) {
        r->c->at = contents_offset(r, line.p) + at;
        return f;
    }
    if (f) return contents_plain(r, line, SPAN_NONE);
    f = contents_region(r, REGION_JSON, line);
    if (!f) f = contents_json(r, &d, PART_BODY, PART_BODY, contents_offset(r, line.p));
    return f ? f : add_row(r, number, line);
}

enum fail contents_lines(struct reader *r, struct span bytes, bool must)
{
    enum fail f = FAIL_OK;
    for (uint32_t number = 1; bytes.n && !f; number++) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        struct span line = {bytes.p, end ? (size_t)(end - bytes.p) : bytes.n};
        if (is_blank(line)) {
            f = contents_region(r, REGION_TEXT, line);
            r->other[PART_BODY] += line.n;
        } else {
            f = add_line(r, line, number, must);
        }
        if (end && !f) f = contents_region(r, REGION_TEXT, (struct span){end, 1});
        r->other[PART_BODY] += end != NULL;
        bytes = span_from(bytes, line.n + (end != NULL));
    }
    return f;
}
