/* The questions that wait on a port's connection, and which reply belongs to which. */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "state/redis.h"
#include <ctype.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>

#define ASKS_MAX 10000u
#define BYTES_MAX (256u << 20)

static struct redis_store *store_of(const struct redis_port *p) { return (struct redis_store *)p->head.state; }

/* ---- their life ---- */

struct redis_ask *redis_ask_new(struct redis_port *p, enum fail *f)
{
    *f = FAIL_STATE_DOWN;
    if (p->bev == NULL || p->n_asks >= ASKS_MAX || p->bytes > BYTES_MAX) return NULL;
    struct redis_ask *a = calloc(1, sizeof *a);
    if (a == NULL) {
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
    free(a);
}

static void finish(struct redis_ask *a)
{
    struct redis_port *p = a->port;
    unlink_ask(a);
    redis_port_arm(p);
    if (a->done != NULL) a->done(a->arg, a->result);
    else if (a->result != FAIL_OK) metric_add(METRIC_STATE_ERRORS, 1);
    free_ask(a);
}

void redis_asks_end(struct redis_port *p)
{
    while (p->first != NULL) {
        p->first->result = FAIL_STATE_DOWN;
        finish(p->first);
    }
}

/* ---- commands ---- */

/* In the order in which replies will come; a ring. */
static bool expect_reply(struct redis_port *p, struct redis_due due)
{
    if (p->n_due == p->cap_due) {
        size_t cap = p->cap_due ? p->cap_due * 2 : 64;
        struct redis_due *more = calloc(cap, sizeof *more);
        if (more == NULL) return false;
        for (size_t i = 0; i < p->n_due; i++) more[i] = p->due[(p->first_due + i) % p->cap_due];
        free(p->due);
        p->due = more;
        p->cap_due = cap;
        p->first_due = 0;
    }
    p->due[(p->first_due + p->n_due++) % p->cap_due] = due;
    return true;
}

static void send_command(struct redis_ask *a, struct redis_due due, int argc, const char *const *argv, const size_t *len)
{
    struct redis_port *p = a->port;
    char *text = NULL;
    if (a->result != FAIL_OK) return;
    long long n = redisFormatCommandArgv(&text, argc, (const char **)(uintptr_t)argv, len);
    bool sent = n > 0 && evbuffer_add(bufferevent_get_output(p->bev), text, (size_t)n) == 0 && expect_reply(p, due);
    if (sent) a->replies_due++;
    else a->result = FAIL_NO_MEMORY;
    if (n > 0) redisFreeCommand(text);
}

void redis_ask_send(struct redis_ask *a, size_t i, int argc, const char *const *argv, const size_t *len)
{
    send_command(a, (struct redis_due){.ask = a, .i = i, .says = true}, argc, argv, len);
}

void redis_ask_send_quiet(struct redis_ask *a, int argc, const char *const *argv, const size_t *len)
{
    send_command(a, (struct redis_due){.ask = a}, argc, argv, len);
}

enum fail redis_ask_sent(struct redis_ask *a, state_done *done, void *arg, bool *later)
{
    struct redis_port *p = a->port;
    *later = false;
    if (a->result != FAIL_OK) redis_port_useless(p, "a request could not be sent");   /* half of it may have been */
    if (a->replies_due == 0) {
        enum fail f = a->result;
        unlink_ask(a);
        free_ask(a);
        return f;
    }
    a->done = done;
    a->arg = arg;
    p->bytes += a->bytes;
    if (p->first == a) redis_port_arm(p);
    *later = done != NULL;
    return FAIL_OK;
}

/* ---- replies ---- */

/* Errors that are not of one request: nothing will work on this connection, and another may lead elsewhere, as after a
 * fail-over. Source: the shared error replies of Redis's server. */
static const struct { const char *code, *why; } fatal[] = {
    {"READONLY", "it is a replica, which cannot be written to"},
    {"LOADING", "it is loading its data"},
    {"OOM", "it has no memory left"},
    {"MISCONF", "it cannot save its data"},
    {"MASTERDOWN", "its master is down"},
    {"NOREPLICAS", "it has too few replicas"},
    {"NOAUTH", "it wants a password"},
    {"WRONGPASS", "it does not take the password"},
    {"NOPERM", "its user may not do what is needed"},
    {"MOVED", "it is a cluster, which is not supported"},
    {"CLUSTERDOWN", "it is a cluster, which is not supported"},
};

/* Redis's own code is all that is told of a message: it may quote what was sent. */
void redis_ask_fail(struct redis_ask *a, const char *event, const redisReply *r)
{
    struct redis_store *s = store_of(a->port);
    uint64_t now = clock_mono_us(), told = atomic_load(&s->told_error_us);
    char code[24] = "";
    a->result = FAIL_STATE_DOWN;
    bool told_why = r != NULL && r->type == REDIS_REPLY_ERROR;
    for (size_t i = 0; told_why && i < sizeof code - 1 && i < (size_t)r->len && isupper((unsigned char)r->str[i]); i++)
        code[i] = r->str[i];
    for (size_t i = 0; i < COUNT(fatal); i++)
        if (strcmp(code, fatal[i].code) == 0) redis_port_useless(a->port, fatal[i].why);
    if (told != 0 && now - told < 60000000) return;
    if (atomic_compare_exchange_strong(&s->told_error_us, &told, now)) LOG(ERROR, event, "store=redis code=%s", code);
}

void redis_take_reply(struct redis_port *p, const redisReply *r)
{
    struct redis_due due = p->due[p->first_due];
    struct redis_ask *a = due.ask;
    p->first_due = (p->first_due + 1) % p->cap_due;
    p->n_due--;
    if (r->type == REDIS_REPLY_ERROR) redis_ask_fail(a, "state.redis_error", r);
    else if (due.says && a->result == FAIL_OK && a->take != NULL) a->take(a, due.i, r);
    if (--a->replies_due == 0) finish(a);
}

void redis_reader_free(struct redis_port *p)
{
    if (p->reader != NULL) redisReaderFree(p->reader);
    p->reader = NULL;
}
