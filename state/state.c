/* The door of state.h: opens the store that the configuration names, makes keys, passes everything else on. */
#include "state/store.h"
#include <stdlib.h>
#include <unistd.h>

#define COMPACT_BYTES (UINT64_C(4) << 20)

struct state *state_open(const struct conf_state *c, struct why *why)
{
    struct state head = {.keep_s = c->keep_s}, *s = NULL;
    bool needs_dir = c->redis == NULL || c->key_file == NULL;
    int dir = -1;
    if (needs_dir && (dir = state_dir_open(c->dir, why)) < 0) return NULL;
    if (state_keys_load(c->key_file, dir, &head.keys, why) == FAIL_OK) {
        struct file_limits limits = {STATE_FACTS_MAX, STATE_OBJECTS_MAX, COMPACT_BYTES};
        if (c->redis != NULL) {
            s = redis_store_open(c->redis, &head, why);
        } else {
            s = file_store_open(dir, &head, &state_io_real, limits, why);
            dir = -1;
        }
    }
    if (dir >= 0) close(dir);
    digest_wipe(&head.keys, sizeof head.keys);
    return s;
}

void state_close(struct state *s)
{
    if (s != NULL) s->store->close(s);
}

const struct id_key *state_id_key(const struct state *s) { return &s->keys.id; }

bool state_up(const struct state *s) { return s->store->up(s); }

uint64_t state_facts(const struct state *s) { return s->store->facts(s); }

struct state_key state_key_of_digest(const struct state *s, enum state_kind kind, const struct state_owner *owner,
                                     const struct digest *value)
{
    unsigned char of[1 + sizeof owner->b + DIGEST_LEN] = {(unsigned char)kind};
    struct state_key key;
    if (owner != NULL) memcpy(of + 1, owner->b, sizeof owner->b);
    memcpy(of + 1 + sizeof owner->b, value->b, DIGEST_LEN);
    struct digest d = hmac_sha256(s->keys.index.b, sizeof s->keys.index.b, (struct span){(char *)of, sizeof of});
    memcpy(key.b, d.b, sizeof key.b);
    return key;
}

struct state_key state_key_of(const struct state *s, enum state_kind kind, const struct state_owner *owner, struct span value)
{
    struct digest d = sha256(value);
    return state_key_of_digest(s, kind, owner, &d);
}

struct state_port *state_port_new(struct state *s, struct event_base *base, struct mailbox *box)
{
    return s->store->port_new(s, base, box);
}

void state_port_free(struct state_port *p)
{
    if (p != NULL) p->state->store->port_free(p);
}

enum fail state_recall(struct state_port *p, const struct state_key *keys, size_t n, struct state_fact *facts,
                       state_done *done, void *arg, bool *later)
{
    *later = false;
    if (n == 0) return FAIL_OK;
    memset(facts, 0, n * sizeof *facts);
    return p->state->store->recall(p, keys, n, facts, done, arg, later);
}

enum fail state_remember(struct state_port *p, const struct state_key *keys, size_t n, const char *classes,
                         state_done *done, void *arg, bool *later)
{
    *later = false;
    return n == 0 ? FAIL_OK : p->state->store->remember(p, keys, n, classes, done, arg, later);
}

enum fail state_keep(struct state_port *p, struct state_key key, struct span object, state_done *done, void *arg, bool *later)
{
    *later = false;
    if (object.n > STATE_OBJECT_MAX) return FAIL_STATE_DOWN;
    return p->state->store->keep(p, key, object, done, arg, later);
}

enum fail state_fetch(struct state_port *p, struct state_key key, struct arena *a, struct span *object, state_done *done,
                      void *arg, bool *later)
{
    *later = false;
    *object = SPAN_NONE;
    return p->state->store->fetch(p, key, a, object, done, arg, later);
}

enum fail state_forget(struct state_port *p, struct state_key key, state_done *done, void *arg, bool *later)
{
    *later = false;
    return p->state->store->forget(p, key, done, arg, later);
}

void state_cancel(struct state_port *p, const void *arg) { p->state->store->cancel(p, arg); }
