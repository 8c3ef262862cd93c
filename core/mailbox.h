/* mailbox.h - the only door between threads: any thread posts, one owner takes. Lock-free push; an eventfd wakes the
 * owner when the box was empty. A letter is embedded as the first member of the sender's struct; ownership moves with
 * it, and the receiver calls its `deliver`. */
#ifndef CORDON_CORE_MAILBOX_H
#define CORDON_CORE_MAILBOX_H

#include "core/attrib.h"
#include <stdint.h>

struct letter {
    struct letter *next;
    /* Runs on the owner's thread; owns and frees the letter. `owner` is what mailbox_new was given. */
    void (*deliver)(struct letter *l, void *owner);
};

struct mailbox;

CD_USE struct mailbox *mailbox_new(void *owner);
void mailbox_free(struct mailbox *m);      /* letters still inside are delivered first */
int mailbox_fd(const struct mailbox *m);   /* readable when there is mail; for the owner's event loop or poll */
void mailbox_post(struct mailbox *m, struct letter *l);
void mailbox_drain(struct mailbox *m);     /* owner only: delivers all, in the order of posting */

/* A way back to an exchange that may be gone: {worker's box, slot, generation}. The receiver looks the slot up and
 * drops the answer when the generation has moved on, so a client that hung up needs no cancellation race. */
struct handle {
    struct mailbox *box;
    uint32_t slot, generation;
};

#endif
