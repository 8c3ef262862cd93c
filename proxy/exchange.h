/* exchange.h - one request and its answer: one struct, eleven phases, one direction. A phase is a short function in a file
 * of its own; the driver in exchange.c is a loop over them and nothing else.
 *
 *   ROUTE   host and path to route and upstream           DECODE  content coding, JSON, conversation
 *   INSPECT findings (a large body on the pool: WAIT)     RECALL  what is known of ids, sessions, texts (WAIT)
 *   DECIDE  verdict                                       PREPARE the outgoing bytes, or the local request
 *   RECORD  the intent, durable (WAIT)                    REMEMBER what is sensitive from now on (WAIT)
 *   SEND    to the API, to the local engine, or refuse    RETURN  the answer to the client (WAIT)
 *   CLOSE   the outcome record
 *
 * A phase that refuses sets x->refuse first. Before RECORD a refusal is recorded like any verdict; after it the answer
 * is the refusal and the outcome says why. An exchange belongs to its worker's thread; while `away` is set the pool has
 * it and the worker only marks it. Everything it allocates is in its arena, but for the blobs. */
#ifndef CORDON_PROXY_EXCHANGE_H
#define CORDON_PROXY_EXCHANGE_H

#include "core/blob.h"
#include "core/inflate.h"
#include "policy/judge.h"
#include "proxy/h1.h"
#include "proxy/worker.h"
#include "state/state.h"
#include "wire/objects.h"
#include "wire/tap.h"

enum phase { PH_ROUTE, PH_DECODE, PH_INSPECT, PH_RECALL, PH_DECIDE, PH_PREPARE, PH_RECORD, PH_REMEMBER, PH_SEND, PH_RETURN,
             PH_CLOSE, PH_COUNT };
enum step { STEP_NEXT, STEP_WAIT, STEP_REFUSE };

#define EXCHANGE_MAGIC 0x45584348u
#define EXCHANGE_ID_LEN 24

struct upstream_conn;

/* Phase RECALL's questions, one round at a time. */
struct recall {
    unsigned round;                    /* 0 is the first */
    bool asked;
    enum fail result;
    struct state_key *keys;
    struct state_fact *facts;
    const struct ref **refs;           /* what keys[i] is of; NULL: whether this client has texts at all */
    size_t n;
    size_t cap_findings;               /* room for findings, once some were added */
    bool has_texts;                    /* texts of this client were sensitive before */
    struct span object, object_id;     /* a local answer that is asked for, or gone on from */
    struct object_items items;         /* of local answers that the request refers to, or that are to be forgotten */
    size_t item;                       /* the next of them */
    bool again;                        /* the same round once more */
    struct jdoc full;                  /* the request with those items in it; n == 0: it refers to none */
};

struct exchange {
    uint32_t magic;
    enum phase at;
    struct worker *worker;
    struct client *client;             /* NULL once it is gone */
    struct snapshot *snap;
    struct arena *arena;
    struct handle handle;
    struct h1 *orphan_h1;              /* the parser that holds `head`, once the client is gone */
    char client_address[48];
    size_t listener_index;
    enum listen_mode mode;
    struct exchange *next_spare;
    char id[EXCHANGE_ID_LEN + 1];
    uint64_t began_us, judged_us, recorded_us, sent_us;

    /* the request */
    const struct h1_head *head;        /* the client's parser has it until the next message */
    struct blob *raw;                  /* the body as it came; NULL: none */
    struct blob *decoded;              /* content coding undone; the same blob when there was none */
    enum encoding encoding;
    bool well_formed;                  /* the compressed body was exactly one frame: raw may go on */
    int upstream;                      /* index in the configuration, or -1 */
    struct span up_target;             /* the request target as it goes up: without the mount, with the base path */
    const struct route *route;
    struct state_owner owner;
    struct judge_case judged;
    struct recall recall;
    bool serves_object;                /* the answer is recall.object */

    /* the verdict's doing */
    enum fail refuse;                  /* set: the answer is this refusal */
    const char *refuse_detail;
    bool remembering, remembered;      /* phase REMEMBER: it was asked; it is done */
    enum fail remember_result;
    bool recorded;                     /* the intent is durable */
    enum fail record_result;           /* why it is not, for the phase to find */
    uint32_t attempt;
    uint64_t intent_seq;
    struct obuf up_head;               /* request head for the upstream */
    size_t up_head_public;             /* its bytes up to the credentials' headers, which come last */
    struct blob *up_body;
    size_t masked;
    const struct engine_model_info *model;
    const char *model_name;            /* as the configuration names it, and as the client is told */
    const char *engine_model;          /* as the engine is asked for it; NULL: the first of the kind */
    uint32_t id_classes;               /* what the ids of the answer say */
    struct engine_request *local[CONV_MAX_CHOICES];

    /* who waits for whom */
    bool away;                         /* on the inspection pool */
    bool worked;                       /* the pool is done with it; work_result says how */
    enum fail work_result;
    bool aborted;                      /* the client went away */
    struct upstream_conn *up;
    uint64_t jobs[CONV_MAX_CHOICES];   /* of the engine, by choice; 0: none, or ended */
    uint32_t n_jobs;                   /* those that are not 0 */

    /* the answer */
    bool head_sent, ended, chunked, close_after, no_body, stalled, cut, until_close;
    int status;
    enum fail failed;                  /* what the outcome record says went wrong */
    struct answer answer;
    struct obuf out;
    struct tap *tap;                   /* on a reply that names what the provider keeps */
    struct sha256_state *reply_hash;
    uint64_t reply_bytes, bytes_out, bytes_in;
    uint32_t prompt_tokens, completion_tokens, tools_given, tools_kept;
    bool first_event;
    struct event *keepalive;           /* fires when the answer has been silent for a while */
    struct obuf held;                  /* the end of a local answer, until it is remembered */
    char address[64], tls_version[16]; /* of the upstream, as connected */
};

/* A new exchange for a whole request. `head` stays valid until the exchange ends. Takes the body reference. NULL when
 * out of memory (the body reference is then dropped). */
CD_USE struct exchange *exchange_new(struct client *c, const struct h1_head *head, struct blob *raw);
/* Run until something has to be waited for, or the end. The exchange may be gone afterwards. */
void exchange_go(struct exchange *x);
/* The client went away. The exchange ends by itself, with its outcome recorded. It takes the parser that holds its head. */
void exchange_abort(struct exchange *x, struct h1 *h1);
/* The pooled connection was dead: once more, with a record of its own. */
void exchange_retry(struct exchange *x);
/* Ask the engine to stop what it does for this exchange. */
void exchange_cancel_jobs(struct exchange *x);
/* The client's socket has room again. */
void exchange_client_drained(struct exchange *x);
/* Shutdown: drop it without an answer. */
void exchange_discard(struct exchange *x);
void exchange_free_spare(struct worker *w);
/* Set the refusal; for `return exchange_refuse(x, FAIL_…)` in a phase. */
enum step exchange_refuse(struct exchange *x, enum fail f, const char *detail);
void exchange_make_id(struct worker *w, char id[EXCHANGE_ID_LEN + 1]);
const char *exchange_phase_name(enum phase p);
const struct conf_upstream *exchange_upstream(const struct exchange *x);
/* Whether a provider's reply names what later requests may refer to; of a chat, where it is to be stored. */
bool exchange_reply_names(const struct exchange *x);

/* The phases (phase_*.c). */
enum step phase_route(struct exchange *x);
enum step phase_decode(struct exchange *x);
enum step phase_inspect(struct exchange *x);
enum step phase_recall(struct exchange *x);
enum step phase_decide(struct exchange *x);
enum step phase_prepare(struct exchange *x);
enum step phase_record(struct exchange *x);
enum step phase_remember(struct exchange *x);
enum step phase_send(struct exchange *x);
enum step phase_return(struct exchange *x);
enum step phase_close(struct exchange *x);
/* The outcome record of this attempt; nobody waits for it (phase_close.c). */
void phase_record_outcome(struct exchange *x);

/* The three producers of phase RETURN call these (phase_return.c). Each may end the exchange. */
void return_upstream_head(struct exchange *x, const struct h1_head *h);
void return_upstream_body(struct exchange *x, struct span piece);
void return_upstream_paused(struct exchange *x);   /* no more bytes at the moment: what came goes out */
void return_upstream_end(struct exchange *x);
void return_event(struct exchange *x, const struct conv_event *e);   /* the local engine */
void return_object(struct exchange *x);    /* a local answer that was kept */
void return_refusal(struct exchange *x);
/* The producer broke. Before the head it becomes a refusal, after it the answer is cut. */
void return_failed(struct exchange *x, enum fail f);

#endif
