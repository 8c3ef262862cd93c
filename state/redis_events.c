/* hiredis on a libevent loop: one event for reading, one for writing, added and taken away as hiredis says. */
#include "state/redis.h"
#include <event2/event.h>
#include <stdlib.h>

struct watch {
    redisAsyncContext *ac;
    struct event *read, *write;
};

static void on_readable(evutil_socket_t fd, short what, void *watch)
{
    (void)fd, (void)what;
    redisAsyncHandleRead(((struct watch *)watch)->ac);
}

static void on_writable(evutil_socket_t fd, short what, void *watch)
{
    (void)fd, (void)what;
    redisAsyncHandleWrite(((struct watch *)watch)->ac);
}

static void add_read(void *watch) { event_add(((struct watch *)watch)->read, NULL); }
static void del_read(void *watch) { event_del(((struct watch *)watch)->read); }
static void add_write(void *watch) { event_add(((struct watch *)watch)->write, NULL); }
static void del_write(void *watch) { event_del(((struct watch *)watch)->write); }

static void cleanup(void *watch)
{
    struct watch *w = watch;
    if (w->read != NULL) event_free(w->read);
    if (w->write != NULL) event_free(w->write);
    free(w);
}

bool redis_events_attach(redisAsyncContext *ac, struct event_base *base)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL) return false;
    w->ac = ac;
    w->read = event_new(base, ac->c.fd, EV_READ | EV_PERSIST, on_readable, w);
    w->write = event_new(base, ac->c.fd, EV_WRITE | EV_PERSIST, on_writable, w);
    if (w->read == NULL || w->write == NULL || event_add(w->write, NULL) != 0) {
        cleanup(w);
        return false;
    }
    ac->ev.data = w;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = cleanup;
    return true;
}
