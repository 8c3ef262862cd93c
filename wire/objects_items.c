/* The items of kept answers, by their own ids: {"type":"item_reference","id":…} in a request stands for one. The contracts
 * are in objects.h. */
#include "wire/objects.h"
#include "wire/reader.h"

#define MAX_ITEMS 1024u   /* more references than this are left, and so named as unsupported by the decoder */

static bool holds_items(const struct route *route) { return strncmp(route->operation, "responses", 9) == 0; }

/* Some clients leave the type of references out. */
static bool is_reference(const struct jdoc *d, uint32_t item)
{
    uint32_t type = jdoc_get(d, item, "type");
    if (type != J_NONE && d->tok[type].type != J_NULL) return jdoc_is(d, type, "item_reference");
    return jdoc_get(d, item, "role") == J_NONE;
}

enum fail objects_references(const struct route *route, const struct jdoc *request, const struct id_key *key,
                             struct arena *a, struct object_items *to)
{
    *to = (struct object_items){0};
    uint32_t input = holds_items(route) && request->n ? jdoc_get_type(request, 0, "input", J_ARRAY) : J_NONE, classes;
    if (input == J_NONE || key == NULL) return FAIL_OK;
    for (uint32_t k = jdoc_first(input); k < jdoc_end(request, input) && to->n < MAX_ITEMS; k = request->tok[k].next) {
        uint32_t id = jdoc_get_type(request, k, "id", J_STRING);
        if (id == J_NONE || !is_reference(request, k)) continue;
        struct span name = jdoc_text(request, id, a);
        if (name.p == NULL) return FAIL_NO_MEMORY;
        if (!local_id_read(key, name, &classes)) continue;
        if (to->item == NULL) to->item = arena_array(a, MAX_ITEMS, sizeof *to->item);
        if (to->item == NULL) return FAIL_NO_MEMORY;
        to->item[to->n++] = (struct object_item){.token = k, .id = name};
    }
    return FAIL_OK;
}

enum fail objects_expand(const struct jdoc *request, const struct object_items *items, struct arena *a, struct jdoc *full)
{
    size_t room = request->text.n, n = 0, from = 0, at;
    for (size_t i = 0; i < items->n; i++) room += items->item[i].json.n;
    char *text = arena_alloc(a, room);
    if (text == NULL) return FAIL_NO_MEMORY;
    for (size_t i = 0; i < items->n; i++) {
        const struct jtok *t = &request->tok[items->item[i].token];
        struct span before = {request->text.p + from, t->start - from}, json = items->item[i].json;
        memcpy(text + n, before.p, before.n);
        if (json.n) memcpy(text + n + before.n, json.p, json.n);
        n += before.n + json.n;
        from = t->end;
    }
    struct span rest = span_from(request->text, from);
    if (rest.n) memcpy(text + n, rest.p, rest.n);
    enum fail f = jscan((struct span){text, n + rest.n}, a, full, &at);
    return f == FAIL_OK || f == FAIL_NO_MEMORY ? f : FAIL_INTERNAL;
}

enum fail objects_kept_items(struct span kept, struct arena *a, struct object_items *to)
{
    struct jdoc d;
    size_t at;
    *to = (struct object_items){0};
    if (jscan(kept, a, &d, &at) != FAIL_OK) return FAIL_INTERNAL;
    uint32_t output = jdoc_get_type(&d, jdoc_get(&d, 0, "response"), "output", J_ARRAY);
    if (output == J_NONE) return FAIL_OK;
    to->item = arena_array(a, jdoc_end(&d, output) - output, sizeof *to->item);
    if (to->item == NULL) return FAIL_NO_MEMORY;
    for (uint32_t k = jdoc_first(output); k < jdoc_end(&d, output); k = d.tok[k].next) {
        uint32_t id = jdoc_get_type(&d, k, "id", J_STRING);
        if (id != J_NONE) to->item[to->n++] = (struct object_item){k, jdoc_text(&d, id, a), jdoc_raw(&d, k)};
    }
    return FAIL_OK;
}
