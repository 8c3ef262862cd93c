/* Phase PREPARE: the outgoing bytes. The body is the client's own bytes, the decoded ones where a compressed body could
 * hold something that was not inspected, or a copy in which something is masked or `store` is set to false. */
#include "policy/contents.h"
#include "proxy/exchange.h"
#include "proxy/up_head.h"
#include "redact/splice.h"

static enum step head_or_refuse(struct exchange *x, bool encoded)
{
    enum fail f = up_head_build(x, encoded);
    return f ? exchange_refuse(x, f, NULL) : STEP_NEXT;
}

/* ---- what is changed ---- */

/* That the provider is not to keep this: the member `store`, where it would say otherwise. */
static bool store_edit(const struct exchange *x, struct splice_edit *e)
{
    const struct jdoc *d = &x->judged.doc;
    if (!x->judged.verdict.no_store || !(x->route->flags & ROUTE_HAS_STORE) || !x->judged.is_json) return false;
    if (d->n == 0 || d->tok[0].type != J_OBJECT) return false;
    uint32_t store = jdoc_get(d, 0, "store");
    if (store != J_NONE) {
        *e = (struct splice_edit){d->tok[store].start, d->tok[store].end, SPAN("false")};
        return d->tok[store].type != J_FALSE;
    }
    bool empty = jdoc_first(0) == jdoc_end(d, 0);
    size_t after = d->tok[0].start + 1;
    *e = (struct splice_edit){after, after, empty ? SPAN("\"store\":false") : SPAN("\"store\":false,")};
    return x->route->flags & ROUTE_STORES_BY_DEFAULT;
}

/* The body with masks and edits. *changed is false, and nothing made, when there are none. */
static enum fail edited_body(struct exchange *x, bool *changed)
{
    const struct judge_case *j = &x->judged;
    uint32_t mask = j->verdict.action == ACTION_REDACT ? j->verdict.redact_mask : 0;
    struct splice_edit edit;
    size_t n_edits = store_edit(x, &edit), n;
    struct obuf out = {0};
    *changed = false;
    if (mask == 0 && n_edits == 0) return FAIL_OK;
    const struct contents *c = j->contents;
    struct splice s = {.body = j->body, .regions = c ? c->regions : NULL, .n_regions = c ? c->n_regions : 0,
                       .findings = mask ? &j->to_mask : NULL, .mask = mask, .edits = &edit, .n_edits = n_edits};
    enum fail f = splice_body(&s, &out, &x->masked);
    if (f == FAIL_OK && x->masked + n_edits > 0) {
        char *p = obuf_ok(&out) ? obuf_take(&out, &n) : NULL;
        x->up_body = p ? blob_take(p, n) : NULL;
        *changed = true;
        if (x->up_body == NULL) f = FAIL_NO_MEMORY;
    }
    obuf_fini(&out);
    return f;
}

static enum step prepare_upstream(struct exchange *x)
{
    bool changed;
    enum fail f = edited_body(x, &changed);
    if (f) return exchange_refuse(x, f, NULL);
    if (changed) return head_or_refuse(x, false);
    bool encoded = x->raw && x->encoding != ENCODING_IDENTITY && x->well_formed;
    struct blob *body = encoded ? x->raw : x->decoded;
    x->up_body = body ? blob_ref(body) : NULL;
    return head_or_refuse(x, encoded);
}

/* ---- a local answer ---- */

/* A rule names the model that speaks; vectors come from the one that makes them, which is small by its nature. */
static const struct engine_model_info *model_for(struct exchange *x, struct engine *e)
{
    const struct verdict *v = &x->judged.verdict;
    enum conv_kind kind = x->judged.conv.kind;
    x->engine_model = v->model;
    const struct engine_model_info *m = engine_find(e, v->model, kind);
    if (m == NULL && kind == CONV_EMBED) {
        x->engine_model = NULL;
        m = engine_find(e, NULL, kind);
    }
    return m;
}

/* As the configuration names it: that is what clients and records are told. */
static const char *name_of(const struct exchange *x, struct engine *e)
{
    const struct conf *c = x->snap->conf;
    for (size_t i = 0; i < c->n_models; i++)
        if (engine_find(e, c->models[i].name, x->judged.conv.kind) == x->model) return c->models[i].name;
    return x->model->name;
}

/* Whether the local engine may and can answer this. */
static enum fail local_possible(struct exchange *x, const char **detail)
{
    const struct verdict *v = &x->judged.verdict;
    const struct conv *c = &x->judged.conv;
    struct engine *e = x->worker->shared->engine;
    if (e == NULL || (x->model = model_for(x, e)) == NULL) {
        *detail = c->kind == CONV_EMBED ? "embeddings" : NULL;   /* a model that chats may well be there */
        return FAIL_ENGINE_MISSING;
    }
    x->model_name = name_of(x, e);
    if (c->kind == CONV_CHAT && x->model->parameters < v->min_parameters) return FAIL_MODEL_TOO_SMALL;
    if (c->previous.p && x->recall.object.p == NULL) return FAIL_STATE_REMOTE;
    *detail = c->unsupported;
    return *detail ? FAIL_LOCAL_UNSUPPORTED : FAIL_OK;
}

/* Requests that are the same in all that matters, from the same client, run once: SDKs send again what they waited too long
 * for. */
static void twin_key(const struct exchange *x, uint32_t choice, unsigned char out[16])
{
    struct digest body = sha256(x->judged.body), d;
    struct obuf all = {0};
    obuf_put(&all, x->owner.b, sizeof x->owner.b);
    obuf_put(&all, body.b, sizeof body.b);
    obuf_put(&all, &choice, sizeof choice);
    obuf_str(&all, x->route->operation);
    obuf_span_put(&all, x->head->target);
    d = sha256(obuf_span(&all));
    memcpy(out, d.b, 16);
    obuf_fini(&all);
}

static bool make_requests(struct exchange *x)
{
    const struct conv *c = &x->judged.conv;
    uint32_t n = c->kind == CONV_CHAT ? c->n_choices : 1;
    for (uint32_t i = 0; i < n && i < CONV_MAX_CHOICES; i++) {
        struct engine_request *r = x->local[i] = engine_request_new(c);
        if (r == NULL) return false;
        r->choice = i;
        r->seed = (int64_t)((uint64_t)r->seed + i);
        r->prune_tools = x->judged.verdict.prune_tools;
        if (c->kind == CONV_CHAT) twin_key(x, i, r->twin);
    }
    return true;
}

/* In an id built-in classes have a bit of their own, the operator's share one: their numbers may change. */
static uint32_t id_classes(uint32_t class_mask)
{
    uint32_t built_in = (1u << CLASS_BUILTIN) - 1;
    return (class_mask & built_in) | (class_mask & ~built_in ? LOCAL_ID_ADDED_CLASSES : 0);
}

static enum step prepare_local(struct exchange *x)
{
    const char *detail = NULL;
    if (x->serves_object) return STEP_NEXT;
    enum fail f = local_possible(x, &detail);
    if (f) return exchange_refuse(x, f, detail);
    x->id_classes = id_classes(x->judged.verdict.class_mask);
    return make_requests(x) ? STEP_NEXT : exchange_refuse(x, FAIL_NO_MEMORY, NULL);
}

enum step phase_prepare(struct exchange *x)
{
    switch (x->judged.verdict.action) {
    case ACTION_FORWARD:
    case ACTION_REDACT: return prepare_upstream(x);
    case ACTION_LOCAL: return prepare_local(x);
    case ACTION_REFUSE: break;
    }
    return exchange_refuse(x, FAIL_POLICY_REFUSED, NULL);
}
