#include "core/mailbox.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A stack that producers push onto (Treiber) and the owner takes whole, then turns round. The push that finds it empty
 * rings the eventfd: one system call a batch, however many letters. */
struct mailbox {
    _Atomic(struct letter *) top;
    void *owner;
    int fd;
};

struct mailbox *mailbox_new(void *owner)
{
    struct mailbox *m = malloc(sizeof *m);
    if (m == NULL) return NULL;
    atomic_init(&m->top, NULL);
    m->owner = owner;
    m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->fd < 0) {
        free(m);
        return NULL;
    }
    return m;
}

void mailbox_free(struct mailbox *m)
{
    if (m == NULL) return;
    mailbox_drain(m);
    close(m->fd);
    free(m);
}

int mailbox_fd(const struct mailbox *m) { return m->fd; }

void mailbox_post(struct mailbox *m, struct letter *l)
{
    struct letter *top = atomic_load_explicit(&m->top, memory_order_relaxed);
    do l->next = top;
    while (!atomic_compare_exchange_weak_explicit(&m->top, &top, l, memory_order_release, memory_order_relaxed));
    if (top != NULL) return;
    uint64_t one = 1;
    while (write(m->fd, &one, sizeof one) < 0 && errno == EINTR) continue;
}

static struct letter *turned_round(struct letter *l)
{
    struct letter *first = NULL;
    while (l) {
        struct letter *next = l->next;
        l->next = first;
        first = l;
        l = next;
    }
    return first;
}

void mailbox_drain(struct mailbox *m)
{
    uint64_t rung;
    /* Before the take: a letter that is pushed after it rings again. */
    while (read(m->fd, &rung, sizeof rung) < 0 && errno == EINTR) continue;
    struct letter *l = turned_round(atomic_exchange_explicit(&m->top, NULL, memory_order_acquire));
    while (l) {
        struct letter *next = l->next;
        l->deliver(l, m->owner);
        l = next;
    }
}
