/* One port's connection to Redis: made, watched, made again; and the questions that wait on it. */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "state/redis.h"
#include <ctype.h>
#include <event2/event.h>
#include <stdlib.h>

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MAX_MS 5000u
#define ALIVE_US 2000000u               /* a connection that nobody uses is asked so often whether it lives */
#define ASKS_MAX 10000u
#define BYTES_MAX (256u << 20)

static struct redis_store *store_of(const struct redis_port *p) { return (struct redis_store *)p->head.state; }

/* ---- time ---- */

static void arm(struct event *e, uint64_t us)
{
    struct timeval t = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    event_add(e, &t);
}

static void arm_tick(struct redis_port *p)
{
    uint64_t now = clock_mono_us();
    if (p->first != NULL) arm(p->tick, p->first->deadline_us > now ? p->first->deadline_us - now : 0);
    else if (p->ac != NULL) arm(p->tick, ALIVE_US);
    else event_del(p->tick);
}

/* ---- losing it ---- */

/* The connection is no more, whoever found out. hiredis ends what waits, or has begun to. */
static void lost(struct redis_port *p, const char *how)
{
    struct redis_store *s = store_of(p);
    if (p->ac == NULL) return;
    p->ac = NULL;
    metric_add(METRIC_STATE_ERRORS, 1);
    if (!atomic_exchange(&s->told_down, true)) LOG(ERROR, "state.down", "store=redis why=\"%s\"", how);
    if (p->ready) atomic_fetch_sub(&s->ready, 1);
    p->ready = false;
    arm(p->again, (uint64_t)p->backoff_ms * 1000);
    p->backoff_ms = p->backoff_ms * 2 < BACKOFF_MAX_MS ? p->backoff_ms * 2 : BACKOFF_MAX_MS;
}

static void drop(struct redis_port *p, const char *how)
{
    redisAsyncContext *ac = p->ac;
    lost(p, how);
    if (ac != NULL) redisAsyncFree(ac);   /* all that waits is told; at once, or when hiredis returns from what it does */
}

/* ---- questions ---- */

static void unlink_ask(struct redis_ask *a)
{
    struct redis_port *p = a->port;
    *a->link = a->next;
    if (a->next != NULL) a->next->link = a->link;
    else p->last = a->link;
    p->n_asks--;
    p->bytes -= a->bytes;
}

static void free_ask(struct redis_ask *a)
{
    free(a->keys);
    free(a->steps);
    free(a);
}

static void finish(struct redis_ask *a)
{
    struct redis_port *p = a->port;
    unlink_ask(a);
    arm_tick(p);
    if (a->done != NULL) a->done(a->arg, a->result);
    else if (a->result != FAIL_OK) metric_add(METRIC_STATE_ERRORS, 1);
    free_ask(a);
}

/* Redis's own code, "WRONGPASS" or "LOADING", is all that is told of a message: it may quote what was sent. */
void redis_ask_fail(struct redis_ask *a, const char *event, const redisReply *r)
{
    struct redis_store *s = store_of(a->port);
    uint64_t now = clock_mono_us(), told = atomic_load(&s->told_error_us);
    char code[24] = "";
    a->result = FAIL_STATE_DOWN;
    for (size_t i = 0; r && r->type == REDIS_REPLY_ERROR && i < sizeof code - 1 && i < r->len && isupper((unsigned char)r->str[i]); i++)
        code[i] = r->str[i];
    if (told != 0 && now - told < 60000000) return;
    if (atomic_compare_exchange_strong(&s->told_error_us, &told, now)) LOG(ERROR, event, "store=redis code=%s", code);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *step)
{
    const redisReply *r = reply;
    struct redis_ask *a = ((struct redis_step *)step)->ask;
    if (r == NULL) {
        if (a->port->ac == ac) lost(a->port, ac->errstr && *ac->errstr ? ac->errstr : "closed");
        a->result = FAIL_STATE_DOWN;
    } else if (r->type == REDIS_REPLY_ERROR) {
        redis_ask_fail(a, "state.redis_error", r);
    } else if (a->result == FAIL_OK && a->take != NULL) {
        a->take(a, ((struct redis_step *)step)->i, r);
    }
    if (--a->replies_due == 0) finish(a);
}

struct redis_ask *redis_ask_new(struct redis_port *p, size_t n, enum fail *f)
{
    *f = FAIL_STATE_DOWN;
    if (p->ac == NULL || p->n_asks >= ASKS_MAX || p->bytes > BYTES_MAX) return NULL;
    struct redis_ask *a = calloc(1, sizeof *a);
    if (a != NULL) a->steps = calloc(n, sizeof *a->steps);
    if (a == NULL || a->steps == NULL) {
        free(a);
        *f = FAIL_NO_MEMORY;
        return NULL;
    }
    a->port = p;
    a->deadline_us = clock_mono_us() + (uint64_t)store_of(p)->timeout_ms * 1000;
    a->link = p->last;
    *p->last = a;
    p->last = &a->next;
    p->n_asks++;
    return a;
}

static bool send_to(struct redis_ask *a, redisCallbackFn *fn, void *data, int argc, const char *const *argv, const size_t *len)
{
    redisAsyncContext *ac = a->port->ac;
    if (ac != NULL && redisAsyncCommandArgv(ac, fn, data, argc, (const char **)argv, len) == REDIS_OK) return true;
    a->result = FAIL_STATE_DOWN;
    return false;
}

void redis_ask_send(struct redis_ask *a, size_t i, int argc, const char *const *argv, const size_t *len)
{
    a->steps[i] = (struct redis_step){a, i};
    if (send_to(a, on_reply, &a->steps[i], argc, argv, len)) a->replies_due++;
}

void redis_ask_send_quiet(struct redis_ask *a, int argc, const char *const *argv, const size_t *len)
{
    send_to(a, NULL, NULL, argc, argv, len);
}

enum fail redis_ask_sent(struct redis_ask *a, state_done *done, void *arg, bool *later)
{
    struct redis_port *p = a->port;
    *later = false;
    /* A command that could not be sent leaves half a question on the connection. */
    if (a->result != FAIL_OK) event_active(p->tick, EV_TIMEOUT, 0);
    if (a->replies_due == 0) {
        enum fail f = a->result;
        unlink_ask(a);
        free_ask(a);
        return f;
    }
    a->done = done;
    a->arg = arg;
    p->bytes += a->bytes;
    if (p->first == a) arm_tick(p);
    *later = done != NULL;
    return FAIL_OK;
}

/* ---- making it ---- */

static void command(struct redis_ask *a, size_t i, int argc, const char *const *argv)
{
    size_t len[3];
    for (int k = 0; k < argc; k++) len[k] = strlen(argv[k]);
    redis_ask_send(a, i, argc, argv, len);
}

static void on_alive(void *port, enum fail f)
{
    struct redis_port *p = port;
    struct redis_store *s = store_of(p);
    if (f != FAIL_OK) {
        drop(p, "it does not answer as it should");
        return;
    }
    if (p->ac == NULL || p->ready) return;
    p->ready = true;
    p->backoff_ms = BACKOFF_FIRST_MS;
    atomic_fetch_add(&s->ready, 1);
    atomic_store(&s->told_error_us, 0);
    if (atomic_exchange(&s->told_down, false)) LOG(INFO, "state.up", "store=redis");
}

/* `hello`: who we are, and which database, first. */
static void ask_alive(struct redis_port *p, bool hello)
{
    const struct redis_store *s = store_of(p);
    char database[16];
    enum fail f;
    bool later;
    struct redis_ask *a = redis_ask_new(p, 3, &f);
    if (a == NULL) {
        drop(p, fail_text(f));
        return;
    }
    snprintf(database, sizeof database, "%u", s->database);
    if (hello && s->password && s->username) command(a, 0, 3, (const char *const[]){"AUTH", s->username, s->password});
    else if (hello && s->password) command(a, 0, 2, (const char *const[]){"AUTH", s->password});
    if (hello && s->database) command(a, 1, 2, (const char *const[]){"SELECT", database});
    command(a, 2, 1, (const char *const[]){"PING"});
    f = redis_ask_sent(a, on_alive, p, &later);
    if (f != FAIL_OK) drop(p, fail_text(f));
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct redis_port *p = ac->data;
    if (p != NULL && p->ac == ac && status != REDIS_OK) lost(p, ac->errstr && *ac->errstr ? ac->errstr : "cannot connect");
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct redis_port *p = ac->data;
    if (p != NULL && p->ac == ac) lost(p, status != REDIS_OK && ac->errstr && *ac->errstr ? ac->errstr : "closed");
}

static void connect_now(evutil_socket_t fd, short what, void *port)
{
    struct redis_port *p = port;
    struct redis_store *s = store_of(p);
    (void)fd, (void)what;
    p->ac = redisAsyncConnect(s->host, s->port);
    bool ok = p->ac != NULL && p->ac->err == 0 && redis_events_attach(p->ac, p->base);
    if (!ok) {
        if (p->ac != NULL) drop(p, p->ac->err ? p->ac->errstr : fail_text(FAIL_NO_MEMORY));
        else arm(p->again, (uint64_t)BACKOFF_MAX_MS * 1000);
        return;
    }
    p->ac->data = p;
    redisAsyncSetConnectCallback(p->ac, on_connect);
    redisAsyncSetDisconnectCallback(p->ac, on_disconnect);
    ask_alive(p, true);
}

/* The first one's time is over, a command could not be sent, or nothing was said for a while. */
static void on_tick(evutil_socket_t fd, short what, void *port)
{
    struct redis_port *p = port;
    (void)fd, (void)what;
    if (p->first != NULL && p->first->deadline_us <= clock_mono_us()) {
        drop(p, "no answer in time");
    } else if (p->first == NULL && p->ac != NULL) {
        ask_alive(p, false);
    } else {
        for (const struct redis_ask *a = p->first; a != NULL; a = a->next) {
            if (a->result == FAIL_OK) continue;
            drop(p, "a request could not be sent");
            break;
        }
    }
    arm_tick(p);
}

bool redis_port_start(struct redis_port *p, struct event_base *base)
{
    p->base = base;
    p->backoff_ms = BACKOFF_FIRST_MS;
    p->last = &p->first;
    p->tick = event_new(base, -1, 0, on_tick, p);
    p->again = event_new(base, -1, 0, connect_now, p);
    if (p->tick == NULL || p->again == NULL) return false;
    connect_now(-1, 0, p);
    return true;
}

void redis_port_stop(struct redis_port *p)
{
    redisAsyncContext *ac = p->ac;
    for (struct redis_ask *a = p->first; a != NULL; a = a->next) a->done = NULL;
    p->ac = NULL;
    if (p->ready) atomic_fetch_sub(&store_of(p)->ready, 1);
    if (ac != NULL) {
        ac->data = NULL;
        redisAsyncFree(ac);   /* ends all that waits */
    }
    if (p->tick != NULL) event_free(p->tick);
    if (p->again != NULL) event_free(p->again);
}
