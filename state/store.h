/* store.h - the door of state.h from inside: what a store has to do. Private to state/. Each function is as the one of
 * state.h with its name; the structs here are the first member of the stores' own. */
#ifndef CORDON_STATE_STORE_H
#define CORDON_STATE_STORE_H

#include "core/seal.h"
#include "state/journal.h"

/* All from the one state key, each for one purpose. */
struct state_keys {
    struct id_key id;
    struct seal_key index;     /* HMAC of what is kept to its key */
    struct seal_key seal;
};

struct state {
    const struct store *store;
    struct state_keys keys;
    uint32_t keep_s;
};

struct state_port {
    struct state *state;
};

struct store {
    void (*close)(struct state *s);
    bool (*up)(const struct state *s);
    uint64_t (*facts)(const struct state *s);
    struct state_port *(*port_new)(struct state *s, struct event_base *base, struct mailbox *box);
    void (*port_free)(struct state_port *p);
    enum fail (*recall)(struct state_port *p, const struct state_key *keys, size_t n, struct state_fact *facts,
                        state_done *done, void *arg, bool *later);
    enum fail (*remember)(struct state_port *p, const struct state_key *keys, size_t n, const char *classes,
                          state_done *done, void *arg, bool *later);
    enum fail (*keep)(struct state_port *p, struct state_key key, struct span object, state_done *done, void *arg, bool *later);
    enum fail (*fetch)(struct state_port *p, struct state_key key, struct arena *a, struct span *object, state_done *done,
                       void *arg, bool *later);
    enum fail (*forget)(struct state_port *p, struct state_key key, state_done *done, void *arg, bool *later);
    void (*cancel)(struct state_port *p, const void *arg);
};

/* The directory, made where it is missing (0700); -1 and *why. */
CD_USE int state_dir_open(const char *path, struct why *why);
/* The state key: of `key_file`, or `key` in `dir`, made there when it is missing. Derives all others. */
CD_USE enum fail state_keys_load(const char *key_file, int dir, struct state_keys *out, struct why *why);

struct file_limits {
    size_t facts;
    uint64_t objects;
    uint64_t compact_bytes;    /* a smaller file is not rewritten for its size */
};
/* Takes `dir` over, also when it fails. */
CD_USE struct state *file_store_open(int dir, const struct state *head, const struct state_io *io, struct file_limits limits,
                                     struct why *why);
CD_USE struct state *redis_store_open(const struct conf_redis *c, const struct state *head, struct why *why);

#endif
