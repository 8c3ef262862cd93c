/* check.h - what check.c and check_rules.c share. Internal to conf/. */
#ifndef CORDON_CONF_CHECK_H
#define CORDON_CONF_CHECK_H

#include "conf/load.h"
#include "conf/valid.h"

struct checker {
    struct conf *c;
    const struct lines *l;
    struct report *r;
};

/* The node of the first element of a top-level list; then of the next. 0 past the end. */
uint32_t items_of(const struct checker *k, const char *list);
uint32_t item_next(const struct checker *k, uint32_t node);
/* Report at the member `key` of a mapping, or at the node itself when `key` is NULL. */
void complain(const struct checker *k, uint32_t node, const char *key, const char *reason);
void check_class_name(const struct checker *k, const char *name, struct place at);
void check_rules(const struct checker *k);
void check_state(const struct checker *k);
void check_opaque(const struct checker *k);

#define OPAQUE_KINDS_REASON \
    "there is no such kind; there are image, audio, video, document, archive, encrypted, remote, tokens and binary"

#endif
