/* What a body is made of, see contents.h: the choice of its form, and the account of its bytes. */
#include "policy/contents_read.h"
#include "policy/magic.h"
#include "policy/multipart.h"
#include <stdlib.h>

/* ---- what the reader's files share ---- */

void *contents_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 16;
    void *q = arena_array(a, more, size);
    if (q == NULL) return NULL;
    if (n > 0) memcpy(q, p, n * size);
    *cap = more;
    return q;
}

enum fail contents_region(struct reader *r, enum region_kind kind, struct span at)
{
    struct contents *out = r->out;
    struct region *last = out->n_regions ? &out->regions[out->n_regions - 1] : NULL;
    size_t start = contents_offset(r, at.p);
    if (at.n == 0) return FAIL_OK;
    if (last && last->kind == kind && last->end == start && (kind == REGION_FIXED || kind == REGION_TEXT)) {
        last->end += at.n;
        return FAIL_OK;
    }
    if (out->n_regions == r->cap_regions) {
        out->regions = contents_grow(r->c->arena, out->regions, out->n_regions, &r->cap_regions, sizeof *out->regions);
        if (out->regions == NULL) return FAIL_NO_MEMORY;
    }
    out->regions[out->n_regions++] = (struct region){kind, start, start + at.n};
    return FAIL_OK;
}

enum fail contents_opaque(struct reader *r, enum opaque_kind kind, uint8_t part, size_t start, size_t end, struct span value)
{
    struct contents *out = r->out;
    if (out->n_opaque == CONTENTS_MAX_OPAQUE) return FAIL_INSPECT_LIMIT;
    if (out->n_opaque == r->cap_opaque) {
        out->opaque = contents_grow(r->c->arena, out->opaque, out->n_opaque, &r->cap_opaque, sizeof *out->opaque);
        if (out->opaque == NULL) return FAIL_NO_MEMORY;
    }
    if (kind != OPAQUE_ENCRYPTED) value = SPAN_NONE;
    out->opaque[out->n_opaque++] = (struct opaque_run){(uint8_t)kind, part, start, end, value};
    return FAIL_OK;
}

enum fail contents_text(struct reader *r, struct segment s)
{
    size_t before = r->v->n_seg;
    enum fail f = view_add(r->v, s);
    return f || r->v->n_seg == before ? f : contents_look(r);
}

/* Deeper than this nobody looks: a text that is still there is bytes that nobody has read. */
static enum fail too_deep(struct reader *r, const struct view_src *from)
{
    return contents_opaque(r, OPAQUE_BINARY, from->part, from->start, from->end, SPAN_NONE);
}

enum fail contents_decoded(struct reader *r, struct view_src from)
{
    struct jdoc d;
    uint32_t src;
    size_t at;
    if (r->depth == CONTENTS_DEPTH) return too_deep(r, &from);
    enum fail f = view_derive(r->v, from, &src);
    if (f) return f;
    const struct jdoc *outer = r->doc;
    r->doc = NULL;
    r->depth++;
    f = contents_may_be_json(from.text) ? jscan(from.text, r->c->arena, &d, &at) : FAIL_JSON_SYNTAX;
    if (f == FAIL_OK) {
        f = contents_json(r, &d, src, from.part, 0);
    } else if (f != FAIL_NO_MEMORY) {
        f = contents_text(r, (struct segment){.src_end = (uint32_t)from.text.n, .src = src, .part = from.part, .kind = SEG_RAW});
    }
    r->depth--;
    r->doc = outer;
    return f;
}

/* ---- which form ---- */

bool contents_is_text(enum fail f)
{
    return f == FAIL_JSON_SYNTAX || f == FAIL_JSON_TRAILING || f == FAIL_JSON_UTF8 || f == FAIL_JSON_CONTROL ||
           f == FAIL_JSON_NUMBER;
}

static char first_character(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n') return s.p[i];
    return 0;
}

bool contents_may_be_json(struct span s)
{
    char c = first_character(s);
    return c == '{' || c == '[';
}

static bool ends_with(struct span s, const char *tail)
{
    struct span t = span_str(tail);
    return s.n > t.n && span_ieq(span_from(s, s.n - t.n), t);
}

bool contents_is_json_type(struct span type)
{
    struct span media = media_type(type);
    return span_ieq(media, SPAN("application/json")) || span_ieq(media, SPAN("text/json")) || ends_with(media, "+json");
}

static bool is_lines_type(struct span type, struct span filename)
{
    static const char *const types[] = {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                        "application/x-jsonlines", "application/jsonlines", "application/json-lines",
                                        "text/jsonl", "application/x-jsonl"};
    struct span media = media_type(type);
    for (size_t i = 0; i < COUNT(types); i++)
        if (span_ieq(media, span_str(types[i]))) return true;
    return ends_with(filename, ".jsonl") || ends_with(filename, ".ndjson");
}

/* Two lines that both begin like JSON, the first of which is a document. */
static bool looks_like_lines(struct reader *r, struct span bytes)
{
    const char *end = memchr(bytes.p, '\n', bytes.n);
    struct jdoc d;
    size_t at;
    if (end == NULL) return false;
    struct span line = {bytes.p, (size_t)(end - bytes.p)}, rest = span_from(bytes, line.n + 1);
    return contents_may_be_json(line) && contents_may_be_json(rest) && jscan(line, r->c->arena, &d, &at) == FAIL_OK;
}

/* ---- text and bytes ---- */

static enum fail add_bytes(struct reader *r, struct span bytes, struct span type)
{
    unsigned strength;
    size_t start = contents_offset(r, bytes.p);
    enum opaque_kind kind = magic_kind(bytes, &strength);
    enum fail f = FAIL_OK;
    bool file = kind != OPAQUE_COUNT;
    if (!file) kind = magic_of_type(media_type(type));
    if (!file || text_is_text(bytes)) {
        /* Whatever is readable in bytes of unknown form is matched, although that is no inspection. */
        f = contents_text(r, contents_at(r, bytes, SEG_RAW));
    } else {
        r->other[PART_BODY] += bytes.n;
    }
    return f ? f : contents_opaque(r, kind, PART_BODY, start, start + bytes.n, SPAN_NONE);
}

enum fail contents_plain(struct reader *r, struct span bytes, struct span type)
{
    bool failed = false;
    unsigned strength;
    size_t start = contents_offset(r, bytes.p);
    enum fail f = contents_region(r, REGION_TEXT, bytes);
    if (f || bytes.n == 0) return f;
    bool file = magic_kind(bytes, &strength) != OPAQUE_COUNT && strength >= 3;
    file |= !text_reads_charset(media_parameter(type, "charset"));
    struct span text = file ? SPAN_NONE : text_from(bytes, true, r->c->arena, &failed);
    if (failed) return FAIL_NO_MEMORY;
    if (text.p == NULL) return add_bytes(r, bytes, type);
    f = contents_text(r, contents_at(r, bytes, r->out->form == BODY_MULTIPART ? SEG_TEXT : SEG_RAW));
    if (f || text.p == bytes.p) return f;
    return contents_decoded(r, (struct view_src){.text = text, .start = start, .end = start + bytes.n, .part = PART_BODY,
                                                 .coded = CODING_FIXED});
}

/* ---- entities: the body, or a part of one ---- */

static enum fail add_document(struct reader *r, struct span bytes, bool declared, bool *is_text)
{
    struct jdoc d;
    size_t at;
    enum fail f = jscan(bytes, r->c->arena, &d, &at);
    *is_text = f && !declared && contents_is_text(f);
    if (*is_text) return FAIL_OK;
    if (f) {
        r->c->at = contents_offset(r, bytes.p) + at;
        return f;
    }
    f = contents_region(r, REGION_JSON, bytes);
    return f ? f : contents_json(r, &d, PART_BODY, PART_BODY, contents_offset(r, bytes.p));
}

static enum body_form form_of(struct reader *r, struct span bytes, struct span type, struct span filename)
{
    /* A form has no NUL: text of two bytes a character that says it is one is read as what it is. */
    bool nul = bytes.n && memchr(bytes.p, 0, bytes.n) != NULL;
    if (!nul && span_ieq(media_type(type), SPAN("application/x-www-form-urlencoded"))) return BODY_FORM;
    if (is_lines_type(type, filename) && contents_may_be_json(bytes)) return BODY_JSON_LINES;
    if (looks_like_lines(r, bytes)) return BODY_JSON_LINES;
    return contents_is_json_type(type) || contents_may_be_json(bytes) ? BODY_JSON : BODY_TEXT;
}

static bool is_batch(const struct reader *r) { return r->c->route && (r->c->route->flags & ROUTE_BATCH); }

/* JSON and forms are read as they stand, but in a charset that is not read they may say something else to others. */
static enum fail note_charset(struct reader *r, struct span bytes, struct span type)
{
    size_t start = contents_offset(r, bytes.p);
    if (bytes.n == 0 || text_reads_charset(media_parameter(type, "charset"))) return FAIL_OK;
    return contents_opaque(r, OPAQUE_BINARY, PART_BODY, start, start + bytes.n, SPAN_NONE);
}

enum fail contents_entity(struct reader *r, struct span bytes, struct span type, struct span filename)
{
    enum body_form form = form_of(r, bytes, type, filename);
    bool is_text = false;
    if (r->out->form == BODY_EMPTY) r->out->form = form;
    if (form != BODY_TEXT) {
        enum fail f = note_charset(r, bytes, type);
        if (f) return f;
    }
    if (form == BODY_FORM) return contents_form(r, bytes);
    if (form == BODY_JSON_LINES) return contents_lines(r, bytes, is_batch(r));
    if (form == BODY_JSON) {
        enum fail f = add_document(r, bytes, contents_is_json_type(type), &is_text);
        if (f || !is_text) return f;
        if (r->out->form == BODY_JSON) r->out->form = BODY_TEXT;
    }
    return contents_plain(r, bytes, type);
}

/* ---- the requests of a batch's array ---- */

static uint32_t member(const struct jdoc *d, uint32_t object, const char *camel, const char *snake)
{
    uint32_t i = jdoc_get(d, object, camel);
    return i == J_NONE && snake ? jdoc_get(d, object, snake) : i;
}

static enum fail add_elements(struct reader *r, const struct jdoc *d, uint32_t array)
{
    uint32_t n = 0;
    for (uint32_t i = jdoc_first(array); i < jdoc_end(d, array); i = d->tok[i].next) n++;
    struct judge_row *row = arena_array(r->c->arena, n + 1, sizeof *row);
    if (row == NULL) return FAIL_NO_MEMORY;
    r->out->rows = row;
    r->out->n_rows = n;
    n = 0;
    for (uint32_t i = jdoc_first(array); i < jdoc_end(d, array); i = d->tok[i].next, n++)
        row[n] = (struct judge_row){.line = n + 1, .start = d->tok[i].start, .end = d->tok[i].end};
    return FAIL_OK;
}

/* {"requests": […]}, and {"batch": {"inputConfig": {"requests": {"requests": […]}}}}. */
static enum fail find_rows(struct reader *r)
{
    const struct jdoc *d = &r->c->doc;
    uint32_t at = member(d, 0, "requests", "inlinedRequests");
    if (at == J_NONE) {
        at = member(d, 0, "batch", NULL);
        at = member(d, at, "inputConfig", "input_config");
        at = member(d, at, "requests", NULL);
        at = member(d, at, "requests", NULL);
    }
    return at != J_NONE && d->tok[at].type == J_ARRAY ? add_elements(r, d, at) : FAIL_OK;
}

static enum fail add_body(struct reader *r)
{
    struct judge_case *c = r->c;
    struct span boundary, media = media_type(c->content_type), head = SPAN("multipart/");
    r->v->part[PART_BODY] = c->body;
    if (c->body.n > UINT32_MAX) return FAIL_INSPECT_LIMIT;
    if (c->is_json && !is_lines_type(c->content_type, SPAN_NONE)) {
        r->out->form = BODY_JSON;
        enum fail f = contents_region(r, REGION_JSON, c->body);
        if (!f) f = note_charset(r, c->body, c->content_type);
        if (!f) f = contents_json(r, &c->doc, PART_BODY, PART_BODY, 0);
        return f || !is_batch(r) ? f : find_rows(r);
    }
    if (c->body.n == 0) return FAIL_OK;
    if (c->route == NULL) {
        r->out->form = BODY_TEXT;
        return contents_plain(r, c->body, SPAN_NONE);
    }
    if (media.n <= head.n || !span_ieq((struct span){media.p, head.n}, head))
        return contents_entity(r, c->body, c->content_type, SPAN_NONE);
    r->out->form = BODY_MULTIPART;
    if (multipart_boundary(c->content_type, &boundary)) return contents_multipart(r, c->body, boundary, 1);
    c->at = 0;
    return FAIL_REQUEST_INVALID;
}

/* ---- the account ---- */

static int by_start(const void *a, const void *b)
{
    const struct opaque_run *x = a, *y = b;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Bytes of opaque runs, each once: a run in a decoded text stands at the run that the text was decoded from. */
static void sum_opaque(struct contents *out, size_t opaque[PART_STATE])
{
    size_t end = 0;
    if (out->n_opaque > 1) qsort(out->opaque, out->n_opaque, sizeof *out->opaque, by_start);
    for (size_t i = 0; i < out->n_opaque; i++) {
        const struct opaque_run *o = &out->opaque[i];
        if (i == 0 || out->opaque[i - 1].part != o->part) end = 0;
        if (o->kind == OPAQUE_REMOTE || o->end <= end) continue;
        opaque[o->part] += o->end - (o->start > end ? o->start : end);
        end = o->end;
    }
}

/* The bytes of a part are accounted for twice, by what was done with them and by how many came, and the two must agree. */
static enum fail account(struct reader *r)
{
    const struct view *v = r->v;
    size_t seen[PART_STATE], opaque[PART_STATE] = {0};
    struct coverage *cov = r->c->verdict.coverage;
    memcpy(seen, r->other, sizeof seen);
    for (size_t i = 0; i < v->n_seg; i++) {
        const struct segment *s = &v->seg[i];
        if (s->src < SRC_DERIVED && !s->again) seen[s->src] += s->src_end - s->src_start;
    }
    sum_opaque(r->out, opaque);
    cov[PART_BODY] = (struct coverage){.received = r->c->body.n};
    cov[PART_PATH].received = r->c->target.n;
    for (int p = 0; p < PART_STATE; p++) {
        size_t credentials = cov[p].opaque;   /* of headers and query */
        if (seen[p] + credentials != cov[p].received || opaque[p] > seen[p]) return FAIL_INSPECT_FAILED;
        cov[p].opaque = credentials + opaque[p];
        cov[p].inspected = seen[p] - opaque[p];
    }
    return FAIL_OK;
}

enum fail contents_read(struct judge_case *c, struct view *v)
{
    struct reader r = {.c = c, .v = v, .out = arena_make(c->arena, struct contents)};
    if (r.out == NULL) return FAIL_NO_MEMORY;
    c->contents = r.out;
    memset(c->verdict.coverage, 0, sizeof c->verdict.coverage);
    view_reset(v);
    enum fail f = add_body(&r);
    if (!f) f = contents_head(&r);
    return f ? f : account(&r);
}
