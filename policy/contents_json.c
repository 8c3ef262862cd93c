/* A JSON document into the view: every string, key and number, with what its strings hold. */
#include "policy/contents_read.h"
#include "wire/names.h"

enum { LOOK_MIN = 14 };   /* nothing shorter holds anything coded */

/* The members that lead to the token being read. */
struct path {
    struct level {
        uint32_t object, key, end;   /* the container, the key it stands at, the token after it */
    } level[JSCAN_DEPTH + 1];
    unsigned n;
};

/* ---- references to what does not pass here ---- */

static bool is_url(struct span s)
{
    static const char *const heads[] = {"http://", "https://", "gs://", "s3://", "file://"};
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct span head = span_str(heads[i]);
        if (s.n > head.n && span_ieq((struct span){s.p, head.n}, head)) return true;
    }
    return false;
}

static bool is_one_of(const struct jdoc *d, uint32_t key, const char *const *names)
{
    for (; *names; names++)
        if (jdoc_is(d, key, *names)) return true;
    return false;
}

/* {"image_url": "https://…"}, {"image_url": {"url": …}}, {"source": {"type": "url", "url": …}}, {"fileData": {"fileUri": …}},
 * {"s3Location": {"uri": …}}: the API fetches it, and nobody here has seen it. A link in a citation or of a tool's server
 * is no such thing. */
static bool is_remote(const struct jdoc *d, const struct path *p, uint32_t key)
{
    static const char *const own[] = {"image_url", "file_url", "document_url", "video_url", "audio_url", "fileUri", "file_uri",
                                      NULL};
    static const char *const last[] = {"url", "uri", NULL};
    static const char *const outer[] = {"image_url", "file_url", "document_url", "video_url", "audio_url", "source",
                                        "s3Location", "image", "document", "video", "audio", "file", "input_audio", NULL};
    if (is_one_of(d, key, own)) return true;
    if (p->n < 1 || !is_one_of(d, key, last)) return false;
    uint32_t above = p->level[p->n - 1].key;
    return above != J_NONE && is_one_of(d, above, outer);
}

/* ---- text as numbers ---- */

static bool is_whole(struct span number)
{
    for (size_t i = 0; i < number.n; i++)
        if (number.p[i] < '0' || number.p[i] > '9') return false;
    return true;
}

/* Whole numbers and nothing else, in one list or in several. */
static bool holds_tokens(const struct jdoc *d, uint32_t array)
{
    bool any = false;
    for (uint32_t i = jdoc_first(array); i < jdoc_end(d, array); i++) {
        if (d->tok[i].type == J_ARRAY) continue;
        if (d->tok[i].type != J_NUMBER || !is_whole(jdoc_raw(d, i))) return false;
        any = true;
    }
    return any;
}

/* {"input": [[3923, 374], …]}: what a client has split into a vocabulary's tokens says the same as the text, and nobody
 * here has that vocabulary. Of a request itself, or of one in a batch; a tool may have members of such names. */
static bool is_tokens(const struct jdoc *d, const struct path *p, uint32_t key)
{
    static const char *const names[] = {"input", "prompt", "context", "tokens", "token_ids", "input_ids",
                                        "prompt_token_ids", NULL};
    bool request = p->n == 1 || (p->n == 2 && p->level[1].key != J_NONE && jdoc_is(d, p->level[1].key, "body"));
    return request && is_one_of(d, key, names) && holds_tokens(d, key + 1);
}

/* ---- documents in strings ---- */

static bool has_escape(struct span s)
{
    const char *p = s.p, *end = s.p + s.n;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL)
        if (++p < end && *p && strchr("nrt\"u/", *p)) return true;
    return false;
}

/* Whether a run of base64 may be broken up by escapes that no reader leaves there: "\/" for a slash, "\u0041". */
static bool hides_code(struct span raw)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    if (raw.n < LOOK_MIN) return false;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (++p < end && (*p == '/' || *p == 'u')) return true;
        p++;
    }
    return false;
}

/* A string of a document that is itself in a string: its second reading in the view shows it but for what is escaped
 * twice. Where that is the case it is read on its own, at the range of the whole string. */
static enum fail read_inner(struct reader *r, const struct jdoc *inner, uint32_t i, const struct segment *s,
                            struct view_cursor *cursor)
{
    const struct jtok *t = &inner->tok[i];
    size_t start, end;
    struct span text = jdoc_text(inner, i, r->c->arena);
    if (text.p == NULL) return FAIL_NO_MEMORY;
    if (!has_escape(text) && !hides_code(jdoc_raw(inner, i))) return FAIL_OK;
    view_source_next(r->v, cursor, s, s->view_start + t->start, s->view_start + t->end, &start, &end);
    struct view_src src = {.text = text, .start = start, .end = end, .part = s->part,
                           .coded = t->type == J_KEY ? CODING_FIXED : CODING_NONE};
    if (s->src >= SRC_DERIVED) {
        src = r->v->derived[s->src - SRC_DERIVED];
        src.text = text;
    }
    return contents_decoded(r, src);
}

/* `s`: a copy of the string's segment, `text`: of what it says. */
static enum fail read_document(struct reader *r, struct segment s, struct span text)
{
    struct jdoc inner;
    struct view_cursor cursor = {0};
    size_t at;
    enum fail f = jscan(text, r->c->arena, &inner, &at);
    if (f) return f == FAIL_NO_MEMORY ? f : FAIL_OK;   /* it is a text like any other */
    for (uint32_t i = 0; i < inner.n && !f; i++) {
        const struct jtok *t = &inner.tok[i];
        if ((t->type == J_STRING || t->type == J_KEY) && t->escaped) f = read_inner(r, &inner, i, &s, &cursor);
    }
    return f;
}

/* ---- one string ---- */

static enum fail read_string(struct reader *r, const struct segment *s)
{
    struct view *v = r->v;
    size_t first = v->n_seg;
    bool is_file;
    enum fail f = contents_file(r, s, &is_file);
    if (f || is_file) return f;
    f = view_add(v, *s);
    if (f || v->n_seg == first) return f;
    struct segment added = v->seg[first];
    struct span text = {v->p + added.view_start, added.view_end - added.view_start};
    bool document = s->escaped && contents_may_be_json(text) && has_escape(text);
    if (document) {
        char *copy = arena_alloc(r->c->arena, text.n);
        if (copy == NULL) return FAIL_NO_MEMORY;
        text.p = memcpy(copy, text.p, text.n);
    }
    f = text.n >= LOOK_MIN ? contents_look(r) : view_add_readings(v, first);
    return document && !f ? read_document(r, added, text) : f;
}

static enum fail read_value(struct reader *r, const struct segment *s, const struct path *p, uint32_t key)
{
    const struct jdoc *d = r->doc;
    if (key == J_NONE || p->n == 0) {
        r->doc = NULL;
    } else {
        r->key = key;
        r->object = p->level[p->n - 1].object;
    }
    enum fail f = read_string(r, s);
    r->doc = d;
    return f;
}

/* Where it stands; in a text that was decoded, where that was. */
static enum fail note_opaque(struct reader *r, enum opaque_kind kind, const struct segment *s)
{
    size_t start = s->src_start, end = s->src_end;
    if (s->src >= SRC_DERIVED) {
        start = r->v->derived[s->src - SRC_DERIVED].start;
        end = r->v->derived[s->src - SRC_DERIVED].end;
    }
    return contents_opaque(r, kind, s->part, start, end, SPAN_NONE);
}

static enum fail note_remote(struct reader *r, const struct segment *s, uint32_t token, const struct path *p, uint32_t key)
{
    const struct jdoc *d = r->doc;
    if (key == J_NONE || !(d->tok[token].escaped || is_url(jdoc_raw(d, token))) || !is_remote(d, p, key)) return FAIL_OK;
    struct span text = jdoc_text(d, token, r->c->arena);
    if (text.p == NULL) return FAIL_NO_MEMORY;
    return is_url(text) && !names_own_url(text) ? note_opaque(r, OPAQUE_REMOTE, s) : FAIL_OK;
}

static enum fail read_token(struct reader *r, const struct jtok *t, struct segment s, const struct path *p, uint32_t key)
{
    s.kind = t->type == J_KEY ? SEG_KEY : SEG_TEXT;
    s.escaped = t->escaped ? SEG_JSON : 0;
    if (t->type == J_NUMBER) return view_add(r->v, s);
    enum fail f = t->type == J_STRING ? note_remote(r, &s, (uint32_t)(t - r->doc->tok), p, key) : FAIL_OK;
    if (f) return f;
    if (t->end - t->start >= LOOK_MIN || t->escaped) return read_value(r, &s, p, key);
    size_t first = r->v->n_seg;
    f = view_add(r->v, s);
    return f || memchr(view_src_text(r->v, &s).p + s.src_start, '%', s.src_end - s.src_start) == NULL
               ? f : view_add_readings(r->v, first);
}

/* [{"text": …}, {"text": …}], [{"role": …, "content": …}, …]: the same member of the elements of one array. */
static enum fail read_seam(struct reader *r, struct seam *seam, const struct jdoc *d, const struct path *p, uint32_t key,
                           size_t first)
{
    static const char *const names[] = {"text", "content", NULL};
    bool element = p->n >= 2 && d->tok[p->level[p->n - 2].object].type == J_ARRAY;
    if (key == J_NONE || !element || !is_one_of(d, key, names)) return FAIL_OK;
    return contents_seam(r, seam, d, p->level[p->n - 1].object, key, first);
}

enum fail contents_json(struct reader *r, const struct jdoc *d, uint32_t src, uint8_t part, size_t base)
{
    const struct jdoc *outer = r->doc;
    uint32_t outer_key = r->key, outer_object = r->object;
    struct path p = {.n = 0};
    struct seam seam = {.n = 0};
    uint32_t key = J_NONE;
    size_t strings = 0;
    enum fail f = FAIL_OK;
    for (uint32_t i = 0; i < d->n && !f; i++) {
        const struct jtok *t = &d->tok[i];
        while (p.n && i >= p.level[p.n - 1].end) p.n--;
        bool member = key != J_NONE && i == key + 1;
        struct segment s = {.src_start = (uint32_t)(base + t->start), .src_end = (uint32_t)(base + t->end), .src = src,
                            .part = part};
        if (t->type == J_OBJECT || t->type == J_ARRAY) {
            if (t->type == J_ARRAY && member && is_tokens(d, &p, key)) f = note_opaque(r, OPAQUE_TOKENS, &s);
            /* The elements of an array stand at the array's own key. */
            uint32_t at = member ? key : p.n ? p.level[p.n - 1].key : J_NONE;
            p.level[p.n++] = (struct level){i, at, t->next};
        } else if (t->type == J_KEY || t->type == J_STRING || t->type == J_NUMBER) {
            r->doc = d;
            size_t first = r->v->n_seg;
            f = read_token(r, t, s, &p, member ? key : J_NONE);
            if (!f && t->type == J_STRING) f = read_seam(r, &seam, d, &p, member ? key : J_NONE, first);
            strings += t->end - t->start;
        }
        if (t->type == J_KEY) key = i;
    }
    if (src < SRC_DERIVED) r->other[part] += d->text.n - strings;
    r->doc = outer, r->key = outer_key, r->object = outer_object;
    return f;
}
