#include "proxy/remember.h"
#include "policy/refs.h"
#include "proxy/recall_items.h"
#include "wire/objects.h"
#include <string.h>

void remember_class_names(const struct exchange *x, char out[sizeof ((struct state_fact *)0)->classes])
{
    const char *const *names = ruleset_class_names(x->snap->rules);
    size_t n = 0, room = sizeof ((struct state_fact *)0)->classes;
    out[0] = '\0';
    for (size_t k = 0; k < ruleset_class_count(x->snap->rules); k++) {
        size_t need = strlen(names[k]) + (n != 0);
        if (!(x->judged.verdict.class_mask >> k & 1) || n + need >= room) continue;
        if (n) out[n++] = ',';
        memcpy(out + n, names[k], strlen(names[k]) + 1);
        n += strlen(names[k]);
    }
}

/* ---- a local answer ---- */

/* Two questions with one end: the first failure counts. Lives in the exchange's arena. */
struct both {
    struct exchange *x;
    state_done *done;
    unsigned waiting;
    enum fail result;
};

static void one_done(void *arg, enum fail f)
{
    struct both *b = arg;
    if (f && b->result == FAIL_OK) b->result = f;
    if (--b->waiting == 0) b->done(b->x, b->result);
}

static void note(struct both *b, enum fail f, bool later)
{
    if (later) b->waiting++;
    else if (f && b->result == FAIL_OK) b->result = f;
}

static bool add_text(struct exchange *x, struct span text, struct state_key *keys, size_t *n)
{
    struct span normal = refs_normal(text, x->arena);
    if (normal.p == NULL) return text.n == 0;
    if (normal.n < x->snap->conf->state.min_text) return true;
    keys[(*n)++] = state_key_of(x->worker->shared->state, STATE_TEXT, &x->owner, normal);
    return true;
}

/* What was said is sensitive where it is said again. */
static void remember_texts(struct exchange *x, struct both *b)
{
    struct state_key keys[2 * CONV_MAX_CHOICES + 1];
    char names[sizeof ((struct state_fact *)0)->classes];
    size_t n = 0;
    bool later = false;
    for (size_t i = 0; i < CONV_MAX_CHOICES; i++) {
        const struct answer_choice *c = &x->answer.choice[i];
        if (!add_text(x, obuf_span(&c->text), keys, &n) || !add_text(x, obuf_span(&c->reasoning), keys, &n)) {
            note(b, FAIL_NO_MEMORY, false);
            return;
        }
    }
    if (n == 0) return;
    keys[n++] = state_key_of(x->worker->shared->state, STATE_HAS_TEXTS, &x->owner, SPAN_NONE);
    remember_class_names(x, names);
    enum fail f = state_remember(x->worker->state, keys, n, names, one_done, b, &later);
    note(b, f, later);
}

static void keep_as(struct exchange *x, struct both *b, struct span id, struct span object)
{
    bool later = false;
    enum fail f = state_keep(x->worker->state, recall_object_key(x, id), object, one_done, b, &later);
    note(b, f, later);
}

/* Later requests may name its items alone. */
static void keep_items(struct exchange *x, struct both *b, struct span object)
{
    struct object_items items;
    enum fail f = objects_kept_items(object, x->arena, &items);
    if (f) note(b, f, false);
    for (size_t i = 0; i < items.n; i++) keep_as(x, b, items.item[i].id, items.item[i].json);
}

/* The answer is told its id first of all its ids. */
static void keep(struct exchange *x, struct both *b)
{
    struct obuf id = {0}, object = {0};
    answer_id_again(&x->answer, objects_id_prefix(x->route), 0, &id);
    objects_keep_put(&x->answer, &x->judged.conv, obuf_span(&x->answer.body), &object);
    if (obuf_ok(&id) && obuf_ok(&object)) {
        keep_as(x, b, obuf_span(&id), obuf_span(&object));
        keep_items(x, b, obuf_span(&object));
    } else {
        note(b, FAIL_NO_MEMORY, false);
    }
    obuf_fini(&id);
    obuf_fini(&object);
}

enum fail remember_answer(struct exchange *x, state_done *done, bool *later)
{
    *later = false;
    if (x->worker->state == NULL || x->judged.conv.kind != CONV_CHAT) return FAIL_OK;
    struct both *b = arena_alloc(x->arena, sizeof *b);
    if (b == NULL) return FAIL_NO_MEMORY;
    *b = (struct both){.x = x, .done = done, .waiting = 1};   /* our own hold: none may end it before all are asked */
    remember_texts(x, b);
    if (x->judged.conv.store && objects_id_prefix(x->route)) keep(x, b);
    if (--b->waiting == 0) return b->result;
    *later = true;
    return FAIL_OK;
}

/* ---- a provider's reply ---- */

void remember_reply(struct exchange *x, enum state_kind kind, const struct digest *value)
{
    char names[sizeof ((struct state_fact *)0)->classes];
    bool later;
    if (x->worker->state == NULL) return;
    struct state_key key = state_key_of_digest(x->worker->shared->state, kind, NULL, value);
    remember_class_names(x, names);
    enum fail f = state_remember(x->worker->state, &key, 1, names, NULL, NULL, &later);
    (void)f;   /* counted and logged there: what is not known later is taken as sensitive */
}
