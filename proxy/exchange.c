#include "proxy/exchange.h"
#include "core/clock.h"
#include "core/log.h"
#include "proxy/client.h"
#include "proxy/upstream.h"
#include <stdlib.h>

#define SPARE_MAX 256

static const struct {
    const char *name;
    enum step (*run)(struct exchange *x);
    enum phase when_refused;
} way[PH_COUNT] = {
    [PH_ROUTE] = {"route", phase_route, PH_RECORD},       [PH_DECODE] = {"decode", phase_decode, PH_RECORD},
    [PH_INSPECT] = {"inspect", phase_inspect, PH_RECORD}, [PH_RECALL] = {"recall", phase_recall, PH_RECORD},
    [PH_DECIDE] = {"decide", phase_decide, PH_RECORD},    [PH_PREPARE] = {"prepare", phase_prepare, PH_RECORD},
    [PH_RECORD] = {"record", phase_record, PH_SEND},      [PH_REMEMBER] = {"remember", phase_remember, PH_SEND},
    [PH_SEND] = {"send", phase_send, PH_SEND},            [PH_RETURN] = {"return", phase_return, PH_SEND},
    [PH_CLOSE] = {"close", phase_close, PH_CLOSE},
};

const char *exchange_phase_name(enum phase p) { return p < PH_COUNT ? way[p].name : "?"; }

static void exchange_end(struct exchange *x);

void exchange_go(struct exchange *x)
{
    CD_CHECK(x, struct exchange, EXCHANGE_MAGIC);
    for (;;) {
        enum step s = way[x->at].run(x);
        if (s == STEP_WAIT) return;
        if (s == STEP_REFUSE) {
            x->at = way[x->at].when_refused;
        } else if (x->at == PH_CLOSE) {
            exchange_end(x);
            return;
        } else {
            x->at++;
        }
    }
}

enum step exchange_refuse(struct exchange *x, enum fail f, const char *detail)
{
    x->refuse = f;
    x->refuse_detail = detail;
    return STEP_REFUSE;
}

const struct conf_upstream *exchange_upstream(const struct exchange *x)
{
    return x->upstream < 0 ? NULL : &x->snap->conf->upstreams[x->upstream];
}

bool exchange_reply_names(const struct exchange *x)
{
    unsigned flags = x->route->flags;
    return flags & (ROUTE_GIVES_IDS | ROUTE_GIVES_SEALED) || (flags & ROUTE_HAS_STORE && x->judged.conv.store);
}

static struct exchange *take_spare(struct worker *w)
{
    struct exchange *x = w->spare;
    if (x != NULL) {
        w->spare = x->next_spare;
        w->n_spare--;
        x->next_spare = NULL;
        return x;
    }
    if ((x = calloc(1, sizeof *x)) == NULL) return NULL;
    x->arena = arena_new(16384);
    x->reply_hash = sha256_new();
    if (x->arena == NULL || x->reply_hash == NULL) {
        arena_free(x->arena);
        sha256_free(x->reply_hash);
        free(x);
        return NULL;
    }
    return x;
}

static void exchange_free(struct exchange *x)
{
    obuf_fini(&x->up_head);
    obuf_fini(&x->out);
    sha256_free(x->reply_hash);
    arena_free(x->arena);
    free(x);
}

void exchange_free_spare(struct worker *w)
{
    while (w->spare) {
        struct exchange *x = w->spare;
        w->spare = x->next_spare;
        exchange_free(x);
    }
}

/* Everything back to the beginning but the buffers that are worth keeping. A spare one holds nothing of a request. */
static void make_blank(struct exchange *x)
{
    struct arena *arena = x->arena;
    struct sha256_state *hash = x->reply_hash;
    struct obuf head = x->up_head, out = x->out;
    *x = (struct exchange){.arena = arena, .reply_hash = hash, .up_head = head, .out = out};
    arena_reset(arena);
    obuf_reset(&x->up_head);
    obuf_reset(&x->out);
    sha256_restart(hash);
}

void exchange_make_id(struct worker *w, char id[EXCHANGE_ID_LEN + 1])
{
    /* A keyed hash of a counter: nobody can guess or count, and it costs a tenth of a random number. */
    uint64_t in[2] = {w->index, ++w->ids}, out[2];
    out[0] = keyed_hash((struct span){(const char *)in, sizeof in});
    in[0] = ~in[0];
    out[1] = keyed_hash((struct span){(const char *)in, sizeof in});
    hex_put(id, (const unsigned char *)out, EXCHANGE_ID_LEN / 2);
}

struct exchange *exchange_new(struct client *c, const struct h1_head *head, struct blob *raw)
{
    struct worker *w = client_worker(c);
    struct exchange *x = take_spare(w);
    if (x == NULL) goto failed;
    if (!worker_slot_take(w, x, &x->handle)) {
        exchange_free(x);
        goto failed;
    }
    exchange_make_id(w, x->id);
    worker_opened(w);
    x->magic = EXCHANGE_MAGIC;
    x->worker = w;
    x->client = c;
    x->snap = snapshot_ref(w->snap);
    x->head = head;
    x->raw = raw;
    memcpy(x->client_address, c->address, sizeof x->client_address);
    x->listener_index = c->listener_index;
    x->mode = c->mode;
    x->upstream = -1;
    x->attempt = 1;
    x->began_us = clock_mono_us();
    return x;
failed:
    blob_unref(raw);
    return NULL;
}

/* Give back what it holds; the memory goes to the spares. */
static void exchange_release(struct exchange *x)
{
    struct worker *w = x->worker;
    if (x->keepalive) event_free(x->keepalive);
    for (size_t i = 0; i < CONV_MAX_CHOICES; i++) engine_request_free(x->local[i]);
    obuf_fini(&x->held);
    if (x->tap) tap_fini(x->tap);
    free(x->tap);
    blob_unref(x->raw);
    blob_unref(x->decoded);
    blob_unref(x->up_body);
    answer_fini(&x->answer);
    h1_free(x->orphan_h1);
    snapshot_unref(x->snap);
    worker_slot_give(w, x->handle.slot);
    x->magic = 0;
    /* The head held the credential. */
    if (x->up_head.n) digest_wipe(x->up_head.p, x->up_head.n);
    if (w->n_spare >= SPARE_MAX || x->out.cap > (1u << 20)) {
        exchange_free(x);
    } else {
        make_blank(x);
        x->next_spare = w->spare;
        w->spare = x;
        w->n_spare++;
    }
    worker_closed(w);
}

static void exchange_end(struct exchange *x)
{
    struct client *c = x->client;
    bool keep = !x->close_after && !x->cut;
    if (c && x->cut && x->until_close) client_reset_at_end(c);
    exchange_release(x);
    if (c) client_answered(c, keep);
}

void exchange_cancel_jobs(struct exchange *x)
{
    struct engine *e = x->worker->shared->engine;
    for (size_t i = 0; e && i < CONV_MAX_CHOICES; i++)
        if (x->jobs[i]) engine_cancel(e, x->jobs[i]);
}

void exchange_abort(struct exchange *x, struct h1 *h1)
{
    x->client = NULL;
    x->orphan_h1 = h1;
    x->aborted = true;
    x->failed = FAIL_CLIENT_ABORT;
    if (x->n_jobs) {
        exchange_cancel_jobs(x);   /* the last one's last event ends the exchange */
        return;
    }
    if (x->up) {
        upstream_drop(x->up);
        x->up = NULL;
        x->at = PH_CLOSE;
        exchange_go(x);
    }
    /* Else the ledger or the pool has it: it ends when they answer. */
}

void exchange_retry(struct exchange *x)
{
    x->failed = FAIL_UPSTREAM_CLOSED;
    phase_record_outcome(x);
    x->failed = FAIL_OK;
    x->bytes_out = x->bytes_in = 0;
    x->attempt++;
    x->recorded = false;
    x->at = PH_RECORD;
    exchange_go(x);
}

void exchange_client_drained(struct exchange *x)
{
    if (!x->stalled) return;
    x->stalled = false;
    if (x->up) upstream_read_on(x->up);
}

void exchange_discard(struct exchange *x)
{
    if (x->up) upstream_drop(x->up);
    x->up = NULL;
    exchange_cancel_jobs(x);
    if (x->worker->state) state_cancel(x->worker->state, x);
    exchange_release(x);
}
