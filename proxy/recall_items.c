#include "proxy/recall_items.h"

struct state_key recall_object_key(const struct exchange *x, struct span id)
{
    return state_key_of(x->worker->shared->state, STATE_OBJECT, &x->owner, id);
}

enum fail recall_items_ask(struct exchange *x, state_done *done, bool *later)
{
    struct recall *r = &x->recall;
    enum fail f = FAIL_OK;
    if (r->items.n == 0) f = objects_references(x->route, &x->judged.doc, x->judged.id_key, x->arena, &r->items);
    if (f || r->items.n == 0) return f;
    struct object_item *item = &r->items.item[r->item];
    return state_fetch(x->worker->state, recall_object_key(x, item->id), x->arena, &item->json, done, x, later);
}

enum fail recall_items_take(struct exchange *x)
{
    struct recall *r = &x->recall;
    if (r->items.n == 0) return FAIL_OK;
    if (r->items.item[r->item].json.p == NULL) return FAIL_STATE_UNKNOWN;
    r->again = ++r->item < r->items.n;
    if (r->again) return FAIL_OK;
    enum fail f = objects_expand(&x->judged.doc, &r->items, x->arena, &r->full);
    return f ? f : judge_reread(&x->judged, &r->full);
}

enum fail recall_items_of_object(struct exchange *x)
{
    x->recall.item = 0;
    return objects_kept_items(x->recall.object, x->arena, &x->recall.items);
}
