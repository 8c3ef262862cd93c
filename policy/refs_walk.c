/* What a JSON document refers to, by the names of its members and the form of their values. One pass in the order of the
 * document; depth is bounded by the scanner. */
#include "policy/refs_find.h"

struct walk {
    struct refs *r;
    const struct jdoc *d;
    size_t base;
};

/* Where in the document it is. */
struct spot {
    struct span name;          /* of the member; an array's elements have the array's */
    unsigned what;             /* that name says (enum refs_what) */
    unsigned depth;            /* 0: the document itself */
    bool in_array;
    bool ids;                  /* false in what a tool was given: its members may be called anything */
    bool text;                 /* part of what is said, not of how it is asked for */
    bool recordable;
};

/* ---- strings ---- */

static bool looks_like_id(struct span v)
{
    if (v.n == 0 || v.n > 512) return false;
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] <= ' ') return false;
    return true;
}

static struct ref ref_at(const struct walk *w, uint32_t i, enum ref_kind kind, struct span value)
{
    const struct jtok *t = &w->d->tok[i];
    return (struct ref){.kind = kind, .part = PART_BODY, .start = w->base + t->start, .end = w->base + t->end, .value = value};
}

static struct span text_of(const struct walk *w, uint32_t i)
{
    struct span s = jdoc_text(w->d, i, w->r->c->arena);
    if (s.p == NULL) w->r->failed = FAIL_NO_MEMORY;
    return s;
}

/* A string that is a local id as a whole. One that stands within a longer text is found by refs_local.c. */
static bool take_local(const struct walk *w, uint32_t i, unsigned what)
{
    const struct jtok *t = &w->d->tok[i];
    size_t n = t->end - t->start;
    uint32_t classes;
    if (w->r->c->id_key == NULL || n <= LOCAL_ID_DIGITS || n > (LOCAL_ID_DIGITS + 24) * (t->escaped ? 6 : 1)) return false;
    struct span v = text_of(w, i);
    if (v.p == NULL || !local_id_read(w->r->c->id_key, v, &classes)) return false;
    struct ref ref = ref_at(w, i, REF_LOCAL_ID, v);
    ref.local_classes = classes;
    ref.continues = what & MEMBER_CONTINUES;
    refs_add(w->r, ref);
    return true;
}

/* An id by its member's name; what is too long for one, or has spaces, is none. */
static bool take_id(const struct walk *w, uint32_t i, unsigned what)
{
    if (!(what & (MEMBER_ID | MEMBER_GOOGLE)) || w->d->tok[i].end - w->d->tok[i].start > 3072) return false;
    struct span v = names_object(text_of(w, i));
    if (!looks_like_id(v) || ((what & MEMBER_GOOGLE) && !names_google_object(v))) return false;
    struct ref ref = ref_at(w, i, REF_ID, v);
    ref.continues = what & MEMBER_CONTINUES;
    refs_add(w->r, ref);
    return true;
}

static bool take_sealed(const struct walk *w, uint32_t i, struct span name)
{
    if (!names_sealed_field(name)) return false;
    struct span v = text_of(w, i);
    if (v.n < NAMES_SEALED_MIN) return false;
    refs_add(w->r, ref_at(w, i, REF_SEALED, v));
    return true;
}

/* JSON in a string, as a tool's arguments and results are: its strings are texts too. None of them is recorded: which one
 * a finding lies in is not known here. */
static void take_inner(const struct walk *w, uint32_t i, struct span text)
{
    const struct jtok *t = &w->d->tok[i];
    struct jdoc inner;
    size_t at;
    enum fail f = jscan(text, w->r->c->arena, &inner, &at);
    if (f == FAIL_NO_MEMORY) w->r->failed = f;
    for (uint32_t k = 0; f == FAIL_OK && k < inner.n && !w->r->failed; k++) {
        if (inner.tok[k].type != J_STRING || inner.tok[k].end - inner.tok[k].start < w->r->min_text) continue;
        struct span v = jdoc_text(&inner, k, w->r->c->arena);
        if (v.p == NULL) w->r->failed = FAIL_NO_MEMORY;
        else refs_take_text(w->r, v, w->base + t->start, w->base + t->end, false);
    }
}

static void take_string(const struct walk *w, uint32_t i, const struct spot *at)
{
    const struct jtok *t = &w->d->tok[i];
    if (t->start == t->end || take_local(w, i, at->what)) return;
    if (at->ids && (take_id(w, i, at->what) || take_sealed(w, i, at->name))) return;
    if (!at->text || t->end - t->start < w->r->min_text) return;
    struct span v = text_of(w, i);
    if (v.p == NULL) return;
    refs_take_text(w->r, v, w->base + t->start, w->base + t->end, at->recordable);
    if (v.p[0] == '{' || v.p[0] == '[') take_inner(w, i, v);
}

/* ---- sessions ---- */

static void add_session(const struct walk *w, uint32_t i, struct span value)
{
    refs_add_session(w->r, ref_at(w, i, REF_SESSION, value));
}

/* metadata.user_id of Claude Code is JSON with a session_id; older ones write user_…_session_UUID. */
static void session_within(const struct walk *w, uint32_t i)
{
    struct span v = text_of(w, i), mark = SPAN("_session_");
    if (v.n > 65536) return;
    if (v.n > 1 && v.p[0] == '{') {
        struct jdoc inner;
        size_t at;
        if (jscan(v, w->r->c->arena, &inner, &at) != FAIL_OK) return;
        uint32_t id = jdoc_get_type(&inner, 0, "session_id", J_STRING);
        if (id != J_NONE) add_session(w, i, jdoc_text(&inner, id, w->r->c->arena));
        return;
    }
    const char *p = v.n ? memmem(v.p, v.n, mark.p, mark.n) : NULL;
    if (p != NULL) add_session(w, i, span_from(v, (size_t)(p - v.p) + mark.n));
}

static void take_sessions(const struct walk *w)
{
    static const char *const top[] = {"prompt_cache_key", "session_id", "conversation_id"};
    static const char *const holders[] = {"metadata", "client_metadata"};
    const struct jdoc *d = w->d;
    for (size_t k = 0; k < COUNT(top); k++) {
        uint32_t i = jdoc_get_type(d, 0, top[k], J_STRING);
        if (i != J_NONE) add_session(w, i, text_of(w, i));
    }
    for (size_t k = 0; k < COUNT(holders); k++) {
        uint32_t of = jdoc_get_type(d, 0, holders[k], J_OBJECT);
        for (uint32_t key = of == J_NONE ? J_NONE : jdoc_first(of); of != J_NONE && key < jdoc_end(d, of);
             key = d->tok[key + 1].next) {
            if (d->tok[key + 1].type != J_STRING) continue;
            if (jdoc_is(d, key, "session_id")) add_session(w, key + 1, text_of(w, key + 1));
            else session_within(w, key + 1);
        }
    }
}

/* ---- the walk ---- */

static void walk_value(const struct walk *w, uint32_t i, const struct spot *at);

/* What the object as a whole says of its members. */
static struct spot inside(const struct walk *w, uint32_t obj, const struct spot *at)
{
    struct spot in = *at;
    in.depth++;
    in.in_array = false;
    uint32_t role = at->in_array && at->text ? jdoc_get_type(w->d, obj, "role", J_STRING) : J_NONE;
    if (role != J_NONE && (jdoc_is(w->d, role, "system") || jdoc_is(w->d, role, "developer"))) in.recordable = false;
    return in;
}

static void enter_member(const struct walk *w, uint32_t value, struct spot *m)
{
    bool is_object = w->d->tok[value].type == J_OBJECT;
    if (m->depth == 1 && ((m->what & MEMBER_SETTING) || (is_object && span_eq(m->name, SPAN("text"))))) m->text = false;
    if (m->what & MEMBER_TOOLS) m->text = m->recordable = false;
    if (m->what & MEMBER_SYSTEM) m->recordable = false;
    bool any_members = (m->what & MEMBER_FREE) || (m->depth > 1 && span_eq(m->name, SPAN("input")));
    if (is_object && any_members) m->ids = false;
}

static bool is_id_name(struct span name) { return span_eq(name, SPAN("id")); }

/* In a thread of Anthropic's it is gone on from; elsewhere it is only compared with. */
static bool is_previous_name(struct span name) { return span_eq(name, SPAN("previous_message_id")); }

/* `id`, `data` and a few others say something by the object that they are in. */
static bool take_by_object(const struct walk *w, uint32_t obj, uint32_t value, const struct spot *parent, struct span name)
{
    if (w->d->tok[value].type != J_STRING || !parent->ids) return false;
    uint32_t type = jdoc_get_type(w->d, obj, "type", J_STRING);
    enum ref_kind kind = REF_ID;
    bool takes = false;
    if (is_id_name(name))
        takes = (parent->what & MEMBER_HOLDS_ID) || (type != J_NONE && jdoc_is(w->d, type, "item_reference"));
    else if (is_previous_name(name))
        takes = parent->what & MEMBER_CONTINUES;
    else if (names_sealed_data(name))
        takes = type != J_NONE && jdoc_is(w->d, type, "redacted_thinking"), kind = REF_SEALED;
    if (!takes || take_local(w, value, parent->what)) return takes;
    struct span v = text_of(w, value);
    if (kind == REF_ID ? !looks_like_id(v) : v.n < NAMES_SEALED_MIN) return false;
    struct ref ref = ref_at(w, value, kind, v);
    ref.continues = kind == REF_ID && (parent->what & MEMBER_CONTINUES);
    refs_add(w->r, ref);
    return true;
}

static void walk_object(const struct walk *w, uint32_t obj, const struct spot *at)
{
    struct spot in = inside(w, obj, at);
    for (uint32_t key = jdoc_first(obj), end = jdoc_end(w->d, obj); key < end && !w->r->failed; key = w->d->tok[key + 1].next) {
        struct spot m = in;
        m.name = w->d->tok[key].escaped ? text_of(w, key) : jdoc_raw(w->d, key);
        m.what = refs_member(m.name);
        if (w->d->tok[key].escaped) take_local(w, key, 0);
        bool special = is_id_name(m.name) || is_previous_name(m.name) || names_sealed_data(m.name);
        if (special && take_by_object(w, obj, key + 1, at, m.name)) continue;
        enter_member(w, key + 1, &m);
        walk_value(w, key + 1, &m);
    }
}

static void walk_array(const struct walk *w, uint32_t array, const struct spot *at)
{
    struct spot in = *at;
    in.depth++;
    in.in_array = true;
    for (uint32_t i = jdoc_first(array), end = jdoc_end(w->d, array); i < end && !w->r->failed; i = w->d->tok[i].next)
        walk_value(w, i, &in);
}

static void walk_value(const struct walk *w, uint32_t i, const struct spot *at)
{
    if (w->d->tok[i].type == J_STRING) take_string(w, i, at);
    else if (w->d->tok[i].type == J_OBJECT) walk_object(w, i, at);
    else if (w->d->tok[i].type == J_ARRAY) walk_array(w, i, at);
}

void refs_walk(struct refs *r, const struct jdoc *d, size_t base)
{
    struct walk w = {r, d, base};
    struct spot top = {.ids = true, .text = true, .recordable = true};
    if (d->n == 0) return;
    if (r->sessions) take_sessions(&w);
    walk_value(&w, 0, &top);
}
