/* After the intent is durable and before anything is sent or answered: that this session and these texts are sensitive. A
 * request that is masked leaves nothing: what is sensitive in it stays here, and will be masked again. */
#include "proxy/remember.h"
#include <string.h>

static void answered(void *arg, enum fail f)
{
    struct exchange *x = CD_CHECK(arg, struct exchange, EXCHANGE_MAGIC);
    x->remember_result = f;
    x->remembered = true;
    exchange_go(x);
}

static bool leaves_traces(const struct exchange *x)
{
    const struct verdict *v = &x->judged.verdict;
    bool acts = v->action == ACTION_LOCAL || v->action == ACTION_FORWARD;
    return x->worker->state && !x->refuse && acts && v->class_mask != 0 && x->judged.n_refs != 0 && !x->serves_object;
}

static enum fail remember(struct exchange *x, bool *later)
{
    const struct judge_case *j = &x->judged;
    struct state *s = x->worker->shared->state;
    struct state_key *keys = arena_array(x->arena, j->n_refs + 1, sizeof *keys);
    char names[sizeof ((struct state_fact *)0)->classes];
    size_t n = 0;
    bool texts = false;
    if (keys == NULL) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < j->n_refs; i++) {
        const struct ref *ref = &j->refs[i];
        bool text = ref->kind == REF_TEXT && ref->recordable && ref->sensitive;
        if (text) keys[n++] = state_key_of(s, STATE_TEXT, &x->owner, ref->value);
        if (ref->kind == REF_SESSION && x->snap->conf->state.sessions)
            keys[n++] = state_key_of(s, STATE_SESSION, ref->unique ? NULL : &x->owner, ref->value);
        texts |= text;
    }
    if (texts) keys[n++] = state_key_of(s, STATE_HAS_TEXTS, &x->owner, SPAN_NONE);
    if (n == 0) return FAIL_OK;
    remember_class_names(x, names);
    return state_remember(x->worker->state, keys, n, names, answered, x, later);
}

enum step phase_remember(struct exchange *x)
{
    bool later = false;
    if (!x->remembering) {
        x->remembering = true;
        if (!leaves_traces(x)) return STEP_NEXT;
        x->remember_result = remember(x, &later);
        if (later) return STEP_WAIT;
        x->remembered = true;
    }
    return x->remember_result ? exchange_refuse(x, x->remember_result, NULL) : STEP_NEXT;
}
