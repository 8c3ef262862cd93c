#include "audit/record.h"
#include "audit/values.h"

/* In one piece: there are up to six in a record, and character by character they were a fifth of its cost. */
static void put_digest(struct obuf *o, const char *key, const struct digest *d)
{
    char text[2 * DIGEST_LEN + 3];
    hex_put(text + 1, d->b, DIGEST_LEN);
    text[0] = text[2 * DIGEST_LEN + 1] = '"';
    jo_raw(o, key, (struct span){text, 2 * DIGEST_LEN + 2});
}

/* 0.00 to 1.00, without printf: once for each class of each request. */
static void put_score(struct obuf *o, const char *key, float score)
{
    unsigned hundredths = score <= 0.0f ? 0 : score >= 1.0f ? 100 : (unsigned)(score * 100.0f + 0.5f);
    char text[4] = {(char)('0' + hundredths / 100), '.', (char)('0' + hundredths / 10 % 10), (char)('0' + hundredths % 10)};
    jo_raw(o, key, (struct span){text, sizeof text});
}

static void put_body_digest(struct obuf *o, const char *key, const struct digest *d, uint64_t bytes)
{
    jo_open(o, key, '{');
    jo_u64(o, "bytes", bytes);
    put_digest(o, "sha256", d);
    jo_close(o, '}');
}

/* -1 is written as null: not known. */
static void put_maybe(struct obuf *o, const char *key, int v)
{
    if (v < 0) jo_null(o, key);
    else jo_bool(o, key, v != 0);
}

static void put_fail(struct obuf *o, const char *key, enum fail f)
{
    jo_cstr(o, key, f == FAIL_OK ? NULL : fail_code(f));
}

static void put_client(struct obuf *o, struct span address, const char *name)
{
    jo_open(o, "client", '{');
    jo_str(o, "address", address);
    jo_cstr(o, "name", name);
    jo_close(o, '}');
}

static void put_destination(struct obuf *o, const struct record_intent *r)
{
    if (r->host == NULL) {
        jo_null(o, "to");
        return;
    }
    jo_open(o, "to", '{');
    jo_cstr(o, "upstream", r->upstream);
    jo_cstr(o, "host", r->host);
    jo_u64(o, "port", r->port);
    jo_cstr(o, "region", r->region);
    put_maybe(o, "baa", r->baa);
    put_maybe(o, "perimeter", r->perimeter);
    jo_close(o, '}');
}

/* A client may write anything where a model is named, so only what can be nothing but a name is written as it is. */
static bool is_model_name(struct span s)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@-";
    if (s.n > 128) return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || strchr(safe, s.p[i]) == NULL) return false;
    return true;
}

static void put_model(struct obuf *o, struct span model)
{
    if (model.n == 0) {
        jo_null(o, "model");
    } else if (is_model_name(model)) {
        jo_str(o, "model", model);
    } else {
        struct digest d = sha256(model);
        put_digest(o, "model_sha256", &d);
    }
}

/* Each byte of a part was inspected, or it is opaque and said to be. */
static void put_coverage(struct obuf *o, const struct verdict *v)
{
    static const char *const names[PART_STATE] = {"body", "path", "headers"};
    jo_open(o, "coverage", '{');
    for (int p = 0; p < PART_STATE; p++) {
        jo_open(o, names[p], '{');
        jo_u64(o, "received", v->coverage[p].received);
        jo_u64(o, "inspected", v->coverage[p].inspected);
        jo_u64(o, "opaque", v->coverage[p].opaque);
        jo_close(o, '}');
    }
    jo_close(o, '}');
    if (v->opaque_mask == 0) return;
    jo_open(o, "opaque", '[');
    for (int k = 0; k < OPAQUE_COUNT; k++)
        if (v->opaque_mask >> k & 1) jo_cstr(o, NULL, opaque_kind_name((enum opaque_kind)k));
    jo_close(o, ']');
}

static void put_rows(struct obuf *o, const uint32_t *rows)
{
    uint64_t n = 0;
    for (int a = 0; a <= ACTION_REFUSE; a++) n += rows[a];
    if (n == 0) return;
    jo_open(o, "rows", '{');
    for (int a = 0; a <= ACTION_REFUSE; a++) jo_u64(o, action_name((enum action)a), rows[a]);
    jo_close(o, '}');
}

static void put_verdict(struct obuf *o, const struct verdict *v, const char *const *class_names)
{
    jo_cstr(o, "action", v ? action_name(v->action) : action_name(ACTION_REFUSE));
    jo_cstr(o, "rule", v ? v->rule : NULL);
    if (v && v->observed) {
        jo_open(o, "observed", '{');
        jo_cstr(o, "rule", v->observed);
        jo_cstr(o, "action", action_name(v->observed_action));
        jo_close(o, '}');
    }
    jo_open(o, "classes", '[');
    for (size_t i = 0; v && i < v->n_classes; i++) {
        jo_open(o, NULL, '{');
        jo_cstr(o, "class", class_name(class_names, v->classes[i].klass));
        put_score(o, "score", v->classes[i].score);
        jo_close(o, '}');
    }
    jo_close(o, ']');
    if (v) put_coverage(o, v);
}

static bool leaves(const struct record_intent *r)
{
    return r->refusal == FAIL_OK && r->verdict != NULL &&
           (r->verdict->action == ACTION_FORWARD || r->verdict->action == ACTION_REDACT);
}

static void put_bodies(struct obuf *o, const struct record_intent *r)
{
    put_body_digest(o, "received", &r->received, r->received_bytes);
    if (memcmp(&r->received, &r->decoded, sizeof r->received) != 0)
        put_body_digest(o, "decoded", &r->decoded, r->decoded_bytes);
    if (!leaves(r)) {
        jo_null(o, "sent");
        return;
    }
    jo_open(o, "sent", '{');
    jo_u64(o, "bytes", r->sent_bytes);
    put_digest(o, "sha256", &r->sent);
    put_digest(o, "head_sha256", &r->sent_head);
    jo_close(o, '}');
}

void record_intent_put(struct obuf *o, const struct ledger *l, const struct record_intent *r)
{
    jo_cstr(o, "kind", "intent");
    jo_cstr(o, "id", r->id);
    jo_u64(o, "attempt", r->attempt);
    jo_cstr(o, "listener", r->listener);
    jo_cstr(o, "mode", r->mode);
    put_client(o, r->client_address, r->client);
    jo_cstr(o, "api", r->api);
    jo_cstr(o, "operation", r->operation);
    jo_cstr(o, "method", r->method);
    put_model(o, r->model);
    put_verdict(o, r->verdict, r->class_names);
    put_rows(o, r->rows);
    put_fail(o, "refusal", r->refusal);
    jo_cstr(o, "local_model", r->local_model);
    put_destination(o, r);
    values_put(o, l, r->findings, r->class_names);
    jo_cstr(o, "policy", r->policy);
    put_bodies(o, r);
}

void record_outcome_put(struct obuf *o, const struct record_outcome *r)
{
    jo_cstr(o, "kind", "outcome");
    jo_cstr(o, "id", r->id);
    jo_u64(o, "intent", r->intent_seq);
    jo_u64(o, "attempt", r->attempt);
    if (r->status > 0) jo_u64(o, "status", (uint64_t)r->status);
    else jo_null(o, "status");
    jo_cstr(o, "answered_by", r->answered_by);
    jo_cstr(o, "address", r->address);
    jo_cstr(o, "tls", r->tls_version);
    jo_u64(o, "bytes_out", r->bytes_out);
    jo_u64(o, "bytes_in", r->bytes_in);
    put_body_digest(o, "reply", &r->reply, r->reply_bytes);
    if (r->prompt_tokens || r->completion_tokens) {
        jo_open(o, "tokens", '{');
        jo_u64(o, "prompt", r->prompt_tokens);
        jo_u64(o, "completion", r->completion_tokens);
        jo_close(o, '}');
    }
    jo_u64(o, "duration_us", r->duration_us);
    jo_bool(o, "client_abort", r->client_abort);
    jo_bool(o, "cut", r->cut);
    put_fail(o, "fail", r->fail);
}

void record_tunnel_intent_put(struct obuf *o, const struct record_tunnel *r)
{
    jo_cstr(o, "kind", "tunnel_intent");
    jo_cstr(o, "id", r->id);
    jo_cstr(o, "listener", r->listener);
    put_client(o, r->client_address, NULL);
    jo_cstr(o, "action", r->refusal == FAIL_OK ? "tunnel" : "refuse");
    put_fail(o, "refusal", r->refusal);
    jo_open(o, "to", '{');
    jo_cstr(o, "host", r->host);
    jo_u64(o, "port", r->port);
    jo_close(o, '}');
    jo_cstr(o, "policy", r->policy);
}

void record_tunnel_outcome_put(struct obuf *o, const struct record_tunnel *r)
{
    jo_cstr(o, "kind", "tunnel_outcome");
    jo_cstr(o, "id", r->id);
    jo_u64(o, "intent", r->intent_seq);
    jo_cstr(o, "address", r->address);
    jo_u64(o, "bytes_out", r->bytes_out);
    jo_u64(o, "bytes_in", r->bytes_in);
    jo_u64(o, "duration_us", r->duration_us);
    put_fail(o, "fail", r->refusal);
}

void record_event_put(struct obuf *o, const char *event, const char *version, const char *policy, const char *detail)
{
    jo_cstr(o, "kind", "event");
    jo_cstr(o, "event", event);
    jo_cstr(o, "version", version);
    jo_cstr(o, "policy", policy);
    if (detail) jo_cstr(o, "detail", detail);
}
