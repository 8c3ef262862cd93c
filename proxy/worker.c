#include "proxy/worker.h"
#include "core/log.h"
#include "proxy/client.h"
#include "proxy/exchange.h"
#include "proxy/listen.h"
#include "proxy/tunnel.h"
#include "proxy/upstream.h"
#include "state/state.h"
#include <event2/listener.h>
#include <stdlib.h>

#define NO_SLOT UINT32_MAX

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct worker *w = CD_CHECK(arg, struct worker, WORKER_MAGIC);
    mailbox_drain(w->mail);
}

static bool make_loop(struct worker *w)
{
    struct event_config *cfg = event_config_new();
    if (cfg == NULL) return false;
    /* Adds and removals of one turn of the loop that undo each other then cost no system call. */
    event_config_set_flag(cfg, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    w->base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    if (w->base == NULL) return false;
    w->mail = mailbox_new(w);
    if (w->mail == NULL) return false;
    w->mail_event = event_new(w->base, mailbox_fd(w->mail), EV_READ | EV_PERSIST, on_mail, w);
    return w->mail_event && event_add(w->mail_event, NULL) == 0;
}

static bool make_dns(struct worker *w)
{
    w->dns = evdns_base_new(w->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (w->dns == NULL) return false;
    /* No resolv.conf is no reason not to start: every upstream may have an address of its own. */
    if (evdns_base_resolv_conf_parse(w->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf") != 0)
        LOG(WARN, "dns.config", "worker=%u /etc/resolv.conf cannot be used; only upstreams with an address work", w->index);
    return true;
}

struct worker *worker_new(unsigned index, struct worker_shared *shared, struct snapshot *snap, const int *fds,
                          struct why *why)
{
    struct worker *w = calloc(1, sizeof *w);
    if (w == NULL) return why_set(why, "out of memory"), NULL;
    w->magic = WORKER_MAGIC;
    w->index = index;
    w->shared = shared;
    w->free_slot = NO_SLOT;
    w->snap = snapshot_ref(snap);
    w->scanner = scanner_new(snap->pack);
    w->certs = shared->signer ? hostcert_new(shared->signer) : NULL;
    if (w->scanner == NULL || (shared->signer && w->certs == NULL) || !make_loop(w) || !make_dns(w) ||
        (w->upstreams = upstream_pool_new(w)) == NULL ||
        (shared->state && (w->state = state_port_new(shared->state, w->base, w->mail)) == NULL)) {
        why_set(why, "worker %u: its event loop, scanner or certificate cache cannot be made", index);
        worker_free(w);
        return NULL;
    }
    if (!listen_attach(w, fds, why)) {
        worker_free(w);
        return NULL;
    }
    return w;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    event_base_dispatch(w->base);
    return NULL;
}

bool worker_start(struct worker *w) { return pthread_create(&w->thread, NULL, worker_main, w) == 0; }
void worker_join(struct worker *w) { pthread_join(w->thread, NULL); }

static void stop_listening(struct worker *w)
{
    for (size_t i = 0; i < w->n_listeners; i++)
        if (w->listeners[i]) evconnlistener_free(w->listeners[i]);
    free(w->listeners);
    w->listeners = NULL;
    w->n_listeners = 0;
}

void worker_cut(struct worker *w)
{
    stop_listening(w);
    client_free_all(w);
    tunnel_free_all(w);
}

void worker_close_state(struct worker *w)
{
    if (w->state) state_port_free(w->state);
    w->state = NULL;
}

void worker_take_mail(struct worker *w) { mailbox_drain(w->mail); }

enum fail worker_record(struct worker *w, struct ticket *t)
{
    return w->shared->ledger ? ledger_submit(w->shared->ledger, t) : FAIL_LEDGER_DOWN;
}

void worker_free(struct worker *w)
{
    worker_cut(w);
    worker_close_state(w);
    if (w->mail) mailbox_drain(w->mail);
    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->slots[i].x) exchange_discard(w->slots[i].x);
    exchange_free_spare(w);
    if (w->upstreams) upstream_pool_free(w->upstreams);
    if (w->mail_event) event_free(w->mail_event);
    if (w->mail) mailbox_free(w->mail);
    if (w->dns) evdns_base_free(w->dns, 0);
    if (w->base) event_base_free(w->base);
    hostcert_free(w->certs);
    scanner_free(w->scanner);
    snapshot_unref(w->snap);
    obuf_fini(&w->scratch);
    free(w->slots);
    w->magic = 0;
    free(w);
}

struct snapshot_letter {
    struct letter letter;
    struct snapshot *snap;
};

static void deliver_snapshot(struct letter *l, void *owner)
{
    struct worker *w = CD_CHECK(owner, struct worker, WORKER_MAGIC);
    struct snapshot_letter *m = (struct snapshot_letter *)l;
    struct scanner *s = scanner_new(m->snap->pack);
    if (s == NULL) {   /* the old policy stays in force here; the operator is told */
        LOG(ERROR, "reload.worker", "worker=%u out of memory; it keeps the old configuration", w->index);
        snapshot_unref(m->snap);
    } else {
        scanner_free(w->scanner);
        snapshot_unref(w->snap);
        w->scanner = s;
        w->snap = m->snap;
        upstream_pool_flush(w->upstreams);
    }
    free(m);
}

bool worker_post_snapshot(struct worker *w, struct snapshot *snap)
{
    struct snapshot_letter *m = malloc(sizeof *m);
    if (m == NULL) return false;
    m->letter.deliver = deliver_snapshot;
    m->snap = snap;
    mailbox_post(w->mail, &m->letter);
    return true;
}

static void leave_when_empty(struct worker *w)
{
    if (w->draining && w->open == 0) event_base_loopexit(w->base, NULL);
}

struct drain_letter {
    struct letter letter;
    bool now;
};

static void deliver_drain(struct letter *l, void *owner)
{
    struct worker *w = CD_CHECK(owner, struct worker, WORKER_MAGIC);
    bool now = ((struct drain_letter *)l)->now;
    free(l);
    w->draining = true;
    stop_listening(w);
    client_drain_all(w);
    if (now) event_base_loopbreak(w->base);
    leave_when_empty(w);
}

void worker_post_drain(struct worker *w, bool now)
{
    struct drain_letter *m = malloc(sizeof *m);
    if (m == NULL) abort();   /* nothing sensible is left to do at shutdown without 24 bytes */
    m->letter.deliver = deliver_drain;
    m->now = now;
    mailbox_post(w->mail, &m->letter);
}

void worker_opened(struct worker *w) { w->open++; }

void worker_closed(struct worker *w)
{
    w->open--;
    leave_when_empty(w);
}

static bool more_slots(struct worker *w)
{
    uint32_t n = w->n_slots ? w->n_slots * 2 : 64;
    struct slot *s = realloc(w->slots, n * sizeof *s);
    if (s == NULL) return false;
    for (uint32_t i = w->n_slots; i < n; i++) s[i] = (struct slot){NULL, 1, i + 1 < n ? i + 1 : NO_SLOT};
    w->free_slot = w->n_slots;
    w->slots = s;
    w->n_slots = n;
    return true;
}

bool worker_slot_take(struct worker *w, struct exchange *x, struct handle *h)
{
    if (w->free_slot == NO_SLOT && !more_slots(w)) return false;
    struct slot *s = &w->slots[w->free_slot];
    *h = (struct handle){w->mail, w->free_slot, s->generation};
    w->free_slot = s->next_free;
    s->x = x;
    return true;
}

void worker_slot_give(struct worker *w, uint32_t slot)
{
    struct slot *s = &w->slots[slot];
    s->x = NULL;
    s->generation++;
    s->next_free = w->free_slot;
    w->free_slot = slot;
}

struct exchange *worker_slot_find(struct worker *w, const struct handle *h)
{
    if (h->slot >= w->n_slots || w->slots[h->slot].generation != h->generation) return NULL;
    return w->slots[h->slot].x;
}
