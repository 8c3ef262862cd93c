/* file.h - the store in a file: facts in memory (facts.h), everything durable in a journal (journal.h), objects read from
 * it. Private to state/.
 *
 * Workers look facts up by themselves and change them at once; that nobody sees a fact too late matters more than that it
 * is durable first. What has to be written goes to the one writer thread as a `wish`, which commits all that wait with
 * one fdatasync and answers by letter. Objects belong to the writer: their index has no lock.
 *
 * When a write fails, all that wait get STATE_DOWN, and so does everybody until the writer has got back: by cutting off
 * what was not acknowledged, or, after a failed fdatasync (which the kernel may report only once), by writing all that is
 * known to a new file. */
#ifndef CORDON_STATE_FILE_H
#define CORDON_STATE_FILE_H

#include "state/facts.h"
#include "state/names.h"
#include "state/store.h"
#include <pthread.h>

enum wish_kind { WISH_REMEMBER, WISH_KEEP, WISH_FETCH, WISH_FORGET };

struct file_port;

/* One thing asked of the writer. It goes to the writer's queue, and back as a letter when somebody waits. */
struct wish {
    struct letter letter;
    struct wish *next;                 /* in the writer's queue */
    enum wish_kind kind;
    enum fail result;
    struct state_key key;
    struct fact *facts;                /* WISH_REMEMBER: n_facts of them */
    size_t n_facts;
    char *object;                      /* kept, or fetched: owned */
    size_t object_n;
    bool found;                        /* WISH_FETCH */
    struct frame frame;                /* where the writer put it */
    /* the worker's own: the writer does not look at them */
    struct file_port *port;            /* NULL: nobody waits */
    struct wish *waiting_next, **waiting_link;
    state_done *done;
    void *arg;
    struct arena *arena;
    struct span *out;
};

struct file_port {
    struct state_port head;
    pthread_mutex_t lock;              /* of the next two: the writer posts to a box that may go */
    struct mailbox *box;               /* NULL once the port is freed */
    size_t refs;                       /* the worker's, and one for each wish that will come back */
    struct wish *waiting;              /* the worker's own list of them */
};
/* The writer is done with it: back to the worker, when one waits. */
void file_answer(struct wish *w);

struct object {
    struct state_key key;
    struct frame frame;
    uint32_t expires, bytes;
};

/* Where objects are. The writer's. */
struct objects {
    struct table table;
    uint64_t bytes, max;               /* of all */
    bool dead;                         /* the file holds some that have gone */
};
CD_USE bool objects_put(struct objects *o, const struct state_key *key, struct frame f, uint32_t expires, uint32_t bytes);
void objects_drop(struct objects *o, const struct state_key *key);
const struct object *objects_get(const struct objects *o, const struct state_key *key, uint32_t now);
void objects_sweep(struct objects *o, uint32_t now);
void objects_fini(struct objects *o);

struct file_store {
    struct state head;
    const struct state_io *io;
    struct file_limits limits;
    int dir, lock_fd;
    struct names names;
    struct facts *facts;
    _Atomic bool up;
    _Atomic uint32_t told_full;        /* when it was logged last that there is no room */
    /* between workers and writer */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct wish *first, **last;
    size_t queued_bytes;
    bool stop;
    pthread_t thread;
    /* the writer's */
    struct journal journal;
    struct objects objects;
    struct obuf plain;                 /* the frame being filled */
    uint64_t acked;                    /* the journal's size that is durable */
    uint64_t check_at;                 /* when the journal is this large, whether it is worth rewriting is looked at */
    bool sync_failed;
};

/* The object of that key in a frame's plain bytes. */
CD_USE bool file_find_object(struct span plain, const struct state_key *key, struct entry *found);
uint32_t file_now(const struct file_store *s);
void *file_writer_run(void *store);
/* Writes what lives to a new journal and puts it in place of the old one. False: the old one is as it was. */
CD_USE bool file_compact(struct file_store *s);
/* Rewrites the journal when that is worth it: when it has grown and most of it is dead, or (`now`) when any object is. */
void file_compact_if_due(struct file_store *s, bool now);

#endif
