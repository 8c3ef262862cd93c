/* redis.h - the store in Redis, by hiredis. Private to state/. What is there:
 *
 *     PREFIX f:HEX   a hash, one field for each class and one that says the key is known. The field's name is an HMAC of
 *                    the class's name under this key, so that several instances add the same field once; its value is the
 *                    name, filled up to 32 bytes and sealed.
 *     PREFIX o:HEX   an object, sealed
 *
 * HEX is the state key (an HMAC). Seals are bound to their key and field, so that none can be put in another's place.
 * Both have a time to live, which each write begins anew. How many fields a hash has and how long an object is can be
 * seen, and nothing else.
 *
 * A third key, PREFIX mark, has a random number that the first instance gives it. It is asked for while nobody asks for
 * anything else: that it can be written to tells a primary from a replica, and another number than before tells that Redis
 * was emptied.
 *
 * A port has one connection. Requests are pipelined on it in order, so the first one's end in time is the next that can
 * come. Whatever goes wrong with the connection ends all that waits with STATE_DOWN; it is made again after 100 ms, then
 * after twice as long, up to 5 s. So it is when Redis says that it cannot serve (READONLY, LOADING, OOM, …): after a
 * fail-over the address leads elsewhere. Everything of a port is its worker's. */
#ifndef CORDON_STATE_REDIS_H
#define CORDON_STATE_REDIS_H

#include "state/names.h"
#include "state/store.h"
#include <hiredis/hiredis.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define REDIS_PREFIX_MAX 128u
#define REDIS_NAME_MAX (REDIS_PREFIX_MAX + 2u + 2u * sizeof(struct state_key) + 1u)
#define REDIS_FIELD 16u                 /* hex digits of a field's name */

struct redis_store {
    struct state head;
    struct sockaddr_storage to;
    socklen_t to_len;
    SSL_CTX *tls;                       /* NULL: plain */
    char *tls_name;                     /* that its certificate must be for */
    uint32_t database, timeout_ms;
    char *prefix, *username, *password;   /* the last two may be NULL */
    _Atomic uint32_t ready;             /* ports whose connection answers */
    _Atomic bool told_down;             /* that it does not work was logged */
    _Atomic uint64_t told_error_us;     /* when an error reply was logged last */
    _Atomic uint64_t mark;              /* of the Redis that we know; 0: of none yet */
};

/* What a reply belongs to. */
struct redis_due {
    struct redis_ask *ask;
    size_t i;
    bool says;                          /* more than whether it is an error */
};

struct redis_port {
    struct state_port head;
    struct event_base *base;
    struct bufferevent *bev;            /* NULL: not connected, and not trying */
    redisReader *reader;
    bool reading;                       /* the reader is in use below us */
    bool ready;                         /* it has answered since it was connected */
    const char *useless;                /* why the connection is to be given up, or NULL */
    uint32_t backoff_ms;
    struct event *tick;                 /* the first one's end in time, or the next sign of life */
    struct event *again;                /* to connect */
    struct redis_ask *first, **last;    /* in the order of asking */
    size_t n_asks, bytes;
    struct redis_due *due;              /* a ring of cap_due */
    size_t first_due, n_due, cap_due;
};

/* One question of ours, which may be several commands. */
struct redis_ask {
    struct redis_ask *next, **link;
    struct redis_port *port;
    uint64_t deadline_us;
    size_t replies_due;                 /* commands whose reply has not come */
    enum fail result;
    state_done *done;                   /* NULL: nobody waits */
    void *arg;
    size_t bytes;
    /* by what was asked */
    void (*take)(struct redis_ask *a, size_t i, const redisReply *r);   /* a reply that is no error; NULL: nothing to take */
    struct state_key *keys;
    struct state_fact *facts;
    struct arena *arena;
    struct span *out;
};

/* ---- redis_ask.c: the questions ---- */

/* A question, in the port's list. NULL: no connection (*f is STATE_DOWN), or no memory. */
CD_USE struct redis_ask *redis_ask_new(struct redis_port *p, enum fail *f);
/* Sends the next command of the question; its reply goes to `take` with that `i`. */
void redis_ask_send(struct redis_ask *a, size_t i, int argc, const char *const *argv, const size_t *len);
/* Sends a command whose reply says nothing, unless it is an error (MULTI and what is queued by it). */
void redis_ask_send_quiet(struct redis_ask *a, int argc, const char *const *argv, const size_t *len);
/* After the last command. Returns what the door's functions return. */
CD_USE enum fail redis_ask_sent(struct redis_ask *a, state_done *done, void *arg, bool *later);
/* It does not hold what it should, or is not what was asked for: the question fails. */
void redis_ask_fail(struct redis_ask *a, const char *event, const redisReply *r);
/* The next reply; there is one due. */
void redis_take_reply(struct redis_port *p, const redisReply *r);
/* All that wait are told STATE_DOWN. */
void redis_asks_end(struct redis_port *p);
void redis_reader_free(struct redis_port *p);

/* ---- redis_link.c: the connection ---- */

CD_USE bool redis_port_start(struct redis_port *p, struct event_base *base);
void redis_port_stop(struct redis_port *p);
/* Sets the time of the next thing to do. */
void redis_port_arm(struct redis_port *p);
/* Gives the connection up, soon but not at once: whoever found out may be in the midst of it. `why` is static. */
void redis_port_useless(struct redis_port *p, const char *why);

/* ---- redis_tls.c ---- */

CD_USE SSL_CTX *redis_tls_ctx(const struct conf_redis_tls *c, struct why *why);   /* NULL and *why */
/* `name`: a host's, or an address; the certificate must be for it. NULL: it is none, or no memory. */
CD_USE SSL *redis_tls_new(SSL_CTX *ctx, const char *name);

#endif
