#include "policy/refs_find.h"
#include "policy/contents.h"
#include <stdlib.h>

/* ---- gathering ---- */

static bool grow(struct refs *r, struct ref **list, size_t n, size_t *cap, size_t max)
{
    if (n < *cap) return true;
    size_t more = *cap ? *cap * 4 : 8;
    if (more > max) more = max;
    struct ref *p = arena_array(r->c->arena, more, sizeof *p);
    if (p == NULL) {
        r->failed = FAIL_NO_MEMORY;
        return false;
    }
    if (n) memcpy(p, *list, n * sizeof *p);
    *list = p;
    *cap = more;
    return true;
}

void refs_add(struct refs *r, struct ref ref)
{
    if (ref.value.n == 0 || r->failed) return;
    if (r->n == REFS_MAX) r->failed = FAIL_INSPECT_LIMIT;
    else if (grow(r, &r->ref, r->n, &r->cap, REFS_MAX)) r->ref[r->n++] = ref;
}

void refs_add_text(struct refs *r, struct ref ref)
{
    if (r->failed) return;
    if (r->n_texts < REFS_TEXTS_MAX && !grow(r, &r->text, r->n_texts, &r->cap_texts, REFS_TEXTS_MAX)) return;
    r->text[r->n_texts++ % REFS_TEXTS_MAX] = ref;
}

static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/* Whether a UUID is in it, with its dashes or without: 32 hex digits. Versions that are no random numbers do too. */
static bool has_uuid(struct span s)
{
    for (size_t i = 0, digits = 0; i < s.n; i++) {
        if (is_hex(s.p[i])) digits++;
        else if (s.p[i] != '-' || (digits != 8 && digits != 12 && digits != 16 && digits != 20)) digits = 0;
        if (digits == 32) return true;
    }
    return false;
}

void refs_add_session(struct refs *r, struct ref ref)
{
    ref.kind = REF_SESSION;
    ref.unique = has_uuid(ref.value);
    if (ref.value.n >= REFS_MIN_SESSION) refs_add(r, ref);
}

/* The texts behind the others, in their order. */
static enum fail join(struct refs *r)
{
    struct judge_case *c = r->c;
    size_t n = r->n_texts < REFS_TEXTS_MAX ? r->n_texts : REFS_TEXTS_MAX, from = r->n_texts - n;
    if (r->failed) return r->failed;
    c->n_refs = r->n + n;
    if (c->n_refs == 0) return FAIL_OK;
    c->refs = arena_array(c->arena, c->n_refs, sizeof *c->refs);
    if (c->refs == NULL) return FAIL_NO_MEMORY;
    if (r->n) memcpy(c->refs, r->ref, r->n * sizeof *r->ref);
    for (size_t i = 0; i < n; i++) c->refs[r->n + i] = r->text[(from + i) % REFS_TEXTS_MAX];
    return FAIL_OK;
}

/* ---- where findings lie ---- */

static int by_start(const void *a, const void *b)
{
    size_t x = ((const struct refs_range *)a)->start, y = ((const struct refs_range *)b)->start;
    return x < y ? -1 : x > y;
}

static void sort_findings(struct refs *r)
{
    const struct findings *f = &r->c->findings;
    r->range = f->n ? arena_array(r->c->arena, f->n, sizeof *r->range) : NULL;
    if (f->n && r->range == NULL) r->failed = FAIL_NO_MEMORY;
    for (size_t i = 0; r->range && i < f->n; i++)
        if (f->f[i].part == PART_BODY) r->range[r->n_ranges++] = (struct refs_range){f->f[i].start, f->f[i].end};
    if (r->n_ranges) qsort(r->range, r->n_ranges, sizeof *r->range, by_start);
    for (size_t i = 1; i < r->n_ranges; i++)
        if (r->range[i].reach < r->range[i - 1].reach) r->range[i].reach = r->range[i - 1].reach;
}

/* ---- sessions in headers ---- */

static void walk_headers(struct refs *r)
{
    static const char *const usual[] = {"x-claude-code-session-id", "session_id", "x-session-id", "conversation_id"};
    const struct judge_case *c = r->c;
    const char *const *names = c->conf ? (const char *const *)c->conf->state.session_headers : usual;
    size_t n = c->conf ? c->conf->state.n_session_headers : COUNT(usual);
    for (size_t i = 0; r->sessions && i < c->n_headers; i++)
        for (size_t k = 0; k < n; k++)
            if (span_ieq(c->headers[i].name, span_str(names[k])))
                refs_add_session(r, (struct ref){.part = PART_STATE, .value = c->headers[i].value});
}

/* ---- all of it ---- */

/* A batch's rows are documents of their own. */
static void walk_rows(struct refs *r)
{
    struct judge_case *c = r->c;
    struct arena *a = arena_new(0);
    if (a == NULL) r->failed = FAIL_NO_MEMORY;
    for (size_t i = 0; i < c->contents->n_rows && !r->failed; i++) {
        const struct judge_row *row = &c->contents->rows[i];
        struct jdoc d;
        size_t at;
        if (jscan((struct span){c->body.p + row->start, row->end - row->start}, a, &d, &at) == FAIL_OK)
            refs_walk(r, &d, row->start);
        arena_reset(a);
    }
    arena_free(a);
}

/* Sealed content that stands where no member's name tells (in a decoded part, say): its reader has seen it. */
static void take_opaque(struct refs *r)
{
    const struct contents *k = r->c->contents;
    size_t at = 0, named = r->n;
    for (size_t i = 0; i < k->n_opaque; i++) {
        const struct opaque_run *o = &k->opaque[i];
        if (o->kind != OPAQUE_ENCRYPTED || o->value.n < NAMES_SEALED_MIN) continue;
        while (at < named && (r->ref[at].kind != REF_SEALED || r->ref[at].end <= o->start)) at++;
        if (at < named && r->ref[at].start < o->end && o->part == PART_BODY) continue;
        refs_add(r, (struct ref){.kind = REF_SEALED, .part = o->part, .start = o->start, .end = o->end, .value = o->value});
    }
}

enum fail refs_find(struct judge_case *c, const struct view *v)
{
    const struct conf_state *s = c->conf ? &c->conf->state : NULL;
    struct refs r = {.c = c, .min_text = s ? s->min_text : REFS_MIN_TEXT, .sessions = s == NULL || s->sessions};
    c->refs = NULL;
    c->n_refs = 0;
    sort_findings(&r);
    if (c->is_json) {
        refs_walk(&r, &c->doc, 0);
        refs_take_turns(&r);
    } else if (c->contents && c->contents->rows) {
        walk_rows(&r);
    }
    if (c->contents) take_opaque(&r);
    refs_walk_target(&r);
    refs_scan_part(&r, c->body, PART_BODY);
    refs_scan_part(&r, c->target, PART_PATH);
    if (v != NULL) refs_scan_view(&r, v);
    walk_headers(&r);
    return join(&r);
}
