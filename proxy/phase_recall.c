/* Between inspection and decision: what is known of the ids, sessions, sealed contents and texts that the request refers
 * to. What was sensitive becomes a finding of the same classes, so that the rules need no words of their own for it. Four
 * rounds of questions: what is named; the texts, for clients that have any to fear; items of kept answers that it refers to; a
 * kept answer that is asked for. */
#include "policy/refs.h"
#include "proxy/exchange.h"
#include "proxy/recall_items.h"
#include "wire/objects.h"
#include <string.h>

#define TAINT_TYPE "TAINTED"

static void answered(void *arg, enum fail f)
{
    struct exchange *x = CD_CHECK(arg, struct exchange, EXCHANGE_MAGIC);
    x->recall.result = f;
    exchange_go(x);
}

/* ---- findings ---- */

/* Room is doubled: what is named may be known thousands of times over. */
static bool room_for(struct exchange *x, size_t more)
{
    struct findings *f = &x->judged.findings;
    size_t cap = (f->n + more) * 2;
    if (f->n + more <= x->recall.cap_findings) return true;
    struct finding *all = arena_array(x->arena, cap, sizeof *all);
    if (all == NULL) return false;
    if (f->n) memcpy(all, f->f, f->n * sizeof *all);
    f->f = all;
    x->recall.cap_findings = cap;
    return true;
}

static bool add_findings(struct exchange *x, const struct ref *ref, uint32_t class_mask)
{
    struct findings *f = &x->judged.findings;
    if (!room_for(x, (size_t)__builtin_popcount(class_mask))) return false;
    bool text = ref->kind == REF_TEXT && ref->part == PART_BODY;
    for (uint8_t k = 0; k < CLASS_MAX; k++) {
        if (!(class_mask >> k & 1)) continue;
        f->f[f->n] = (struct finding){.type = TAINT_TYPE, .via = "state", .klass = k, .id = (uint32_t)f->n, .score = 1,
                                      .part = text ? PART_BODY : PART_STATE};
        if (text) f->f[f->n].start = ref->start, f->f[f->n].end = ref->end;
        f->n++;
    }
    return true;
}

/* A class that the configuration no longer has counts as the strictest there is. */
static uint32_t mask_of_names(const struct exchange *x, const char *names)
{
    uint32_t mask = 0;
    char name[sizeof ((struct state_fact *)0)->classes];
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, ",");
        memcpy(name, p, n);
        name[n] = '\0';
        int id = ruleset_class_id(x->snap->rules, name);
        mask |= 1u << (id < 0 ? CLASS_PHI : id);
        p += n + (p[n] == ',');
    }
    return mask;
}

/* An id says which built-in classes; of the operator's it only says that there was one. */
static uint32_t mask_of_id(const struct exchange *x, uint32_t in_id)
{
    uint32_t mask = in_id & (LOCAL_ID_ADDED_CLASSES - 1);
    if (in_id & LOCAL_ID_ADDED_CLASSES)
        for (size_t k = CLASS_BUILTIN; k < ruleset_class_count(x->snap->rules); k++) mask |= 1u << k;
    return mask;
}

/* ---- what is named ---- */

static bool add_key(struct exchange *x, enum state_kind kind, bool owned, const struct ref *ref, struct span value)
{
    struct recall *r = &x->recall;
    r->keys[r->n] = state_key_of(x->worker->shared->state, kind, owned ? &x->owner : NULL, value);
    r->refs[r->n++] = ref;
    return true;
}

/* Whether this client has texts at all is asked with every conversation, so the key is made once for a client, not for each
 * of its requests. */
static void add_texts_key(struct exchange *x)
{
    struct recall *r = &x->recall;
    struct worker_texts_key *known = &x->worker->texts_keys[x->owner.b[0] % COUNT(x->worker->texts_keys)];
    if (!known->made || memcmp(&known->owner, &x->owner, sizeof x->owner) != 0) {
        known->owner = x->owner;
        known->key = state_key_of(x->worker->shared->state, STATE_HAS_TEXTS, &x->owner, SPAN_NONE);
        known->made = true;
    }
    r->keys[r->n] = known->key;
    r->refs[r->n++] = NULL;
}

static bool make_room(struct exchange *x, size_t n)
{
    struct recall *r = &x->recall;
    r->n = 0;
    r->keys = arena_array(x->arena, n, sizeof *r->keys);
    r->facts = arena_array(x->arena, n, sizeof *r->facts);
    r->refs = arena_array(x->arena, n, sizeof *r->refs);
    return r->keys && r->facts && r->refs;
}

static enum fail ask(struct exchange *x, bool *later)
{
    struct recall *r = &x->recall;
    if (r->n == 0) return FAIL_OK;
    return state_recall(x->worker->state, r->keys, r->n, r->facts, answered, x, later);
}

static enum fail ask_named(struct exchange *x, bool *later)
{
    const struct judge_case *j = &x->judged;
    bool texts = false;
    if (j->n_refs == 0) return FAIL_OK;
    if (!make_room(x, j->n_refs + 1)) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < j->n_refs; i++) {
        const struct ref *ref = &j->refs[i];
        if (ref->kind == REF_ID) add_key(x, STATE_ID, false, ref, ref->value);
        if (ref->kind == REF_SEALED) add_key(x, STATE_SEALED, false, ref, ref->value);
        if (ref->kind == REF_SESSION && x->snap->conf->state.sessions)
            add_key(x, STATE_SESSION, !ref->unique, ref, ref->value);
        texts |= ref->kind == REF_TEXT;
    }
    if (texts) add_texts_key(x);
    return ask(x, later);
}

/* What this gateway has seen a provider seal is what that answer was, not something unread. */
static bool vouch(struct exchange *x)
{
    const struct recall *r = &x->recall;
    struct judge_sealed *known = arena_array(x->arena, r->n + 1, sizeof *known);
    size_t n = 0;
    for (size_t i = 0; known && i < r->n; i++)
        if (r->facts[i].known && r->refs[i] && r->refs[i]->kind == REF_SEALED)
            known[n++] = (struct judge_sealed){r->refs[i]->start, r->refs[i]->end};
    if (n > 0) judge_vouch_sealed(&x->judged, known, n);
    return known != NULL;
}

static enum fail take_named(struct exchange *x)
{
    struct recall *r = &x->recall;
    const struct judge_case *j = &x->judged;
    if (!vouch(x)) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < r->n; i++) {
        const struct ref *ref = r->refs[i];
        bool known = r->facts[i].known;
        if (ref == NULL) {
            r->has_texts = known;
            continue;
        }
        if (ref->kind == REF_ID && !known) x->judged.site.unknown_ids = true;
        if (known && !add_findings(x, ref, mask_of_names(x, r->facts[i].classes))) return FAIL_NO_MEMORY;
    }
    for (size_t i = 0; i < j->n_refs; i++)
        if (j->refs[i].kind == REF_LOCAL_ID && !add_findings(x, &j->refs[i], mask_of_id(x, j->refs[i].local_classes)))
            return FAIL_NO_MEMORY;
    return FAIL_OK;
}

/* ---- texts ---- */

static enum fail ask_texts(struct exchange *x, bool *later)
{
    const struct judge_case *j = &x->judged;
    x->recall.n = 0;
    if (!x->recall.has_texts) return FAIL_OK;
    if (!make_room(x, j->n_refs)) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < j->n_refs; i++)
        if (j->refs[i].kind == REF_TEXT) add_key(x, STATE_TEXT, true, &j->refs[i], j->refs[i].value);
    return ask(x, later);
}

static enum fail take_texts(struct exchange *x)
{
    struct recall *r = &x->recall;
    for (size_t i = 0; i < r->n; i++)
        if (r->facts[i].known && !add_findings(x, r->refs[i], mask_of_names(x, r->facts[i].classes))) return FAIL_NO_MEMORY;
    return FAIL_OK;
}

/* ---- items of kept answers ---- */

static enum fail ask_item(struct exchange *x, bool *later) { return recall_items_ask(x, answered, later); }

/* ---- a kept answer ---- */

/* The id of a local answer that the path asks for, or that the request goes on from; NULL: none. */
static const struct ref *object_wanted(const struct exchange *x)
{
    const struct judge_case *j = &x->judged;
    for (size_t i = 0; i < j->n_refs; i++) {
        const struct ref *ref = &j->refs[i];
        bool in_path = ref->part == PART_PATH && (x->route->flags & ROUTE_LOCAL_OBJECTS);
        if (ref->kind == REF_LOCAL_ID && (in_path || ref->continues)) return ref;
    }
    return NULL;
}

static enum fail ask_object(struct exchange *x, bool *later)
{
    const struct ref *ref = object_wanted(x);
    if (ref == NULL) return FAIL_OK;
    x->recall.object_id = ref->value;
    struct state_key key = recall_object_key(x, ref->value);
    return state_fetch(x->worker->state, key, x->arena, &x->recall.object, answered, x, later);
}

/* Of somebody else, expired or deleted: all the same to the client. */
static enum fail take_object(struct exchange *x)
{
    const struct ref *ref = object_wanted(x);
    if (ref == NULL) return FAIL_OK;
    if (x->recall.object.p == NULL) return FAIL_STATE_UNKNOWN;
    if (ref->part == PART_PATH) {
        x->serves_object = true;
        return FAIL_OK;
    }
    return objects_restore(x->recall.object, x->arena, &x->judged.conv);
}

/* ---- the rounds ---- */

enum step phase_recall(struct exchange *x)
{
    static const struct {
        enum fail (*ask)(struct exchange *x, bool *later);
        enum fail (*take)(struct exchange *x);
    } rounds[] = {{ask_named, take_named}, {ask_texts, take_texts}, {ask_item, recall_items_take}, {ask_object, take_object}};
    struct recall *r = &x->recall;
    if (x->worker->state == NULL) return STEP_NEXT;
    /* Also when this request names nothing that could be asked for: it may be the next turn of a conversation that was
     * sensitive, told in other words. */
    if (r->round == 0 && !r->asked && x->route->kind != CONV_NONE && !state_up(x->worker->shared->state))
        return exchange_refuse(x, FAIL_STATE_DOWN, NULL);
    while (r->round < COUNT(rounds)) {
        bool later = false;
        if (!r->asked) {
            r->asked = true;
            r->result = rounds[r->round].ask(x, &later);
            if (later) return STEP_WAIT;
        }
        enum fail f = r->result ? r->result : rounds[r->round].take(x);
        if (f) return exchange_refuse(x, f, NULL);
        if (!r->again) r->round++;
        r->asked = r->again = false;
    }
    return STEP_NEXT;
}
