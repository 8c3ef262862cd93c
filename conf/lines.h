/* lines.h - where everything of a YAML file stands: a tree of its keys and values with line and column, read by libyaml's
 * event parser before libcyaml loads the file. libcyaml keeps no positions, names the wrong place for a repeated key,
 * stops at the first error, and ignores second documents, tags, anchors and the bytes after an escaped NUL: those are
 * refused here. Internal to conf/; the only file that sees yaml.h. */
#ifndef CORDON_CONF_LINES_H
#define CORDON_CONF_LINES_H

#include "conf/report.h"
#include "core/span.h"
#include <stdbool.h>

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool is_null;              /* nothing, ~ or null, without quotes */
    char *key;                 /* of a map's member, else NULL */
    struct place at, key_at;   /* of the value and of the key */
    uint32_t first, next;      /* child, sibling; 0: none */
    uint32_t n;                /* children */
};

struct lines {
    struct node *node;         /* [0] is the root, [n] follow in document order */
    uint32_t n, cap;
};

/* False after at least one report. `l` is zeroed by the caller and to be finished in both cases. */
CD_USE bool lines_read(struct lines *l, struct span text, struct report *r);
void lines_fini(struct lines *l);

/* Members and elements, as node numbers; 0 (the root, which is nobody's child) when there is none. */
uint32_t lines_get(const struct lines *l, uint32_t map, const char *key);
uint32_t lines_item(const struct lines *l, uint32_t list, size_t i);
/* The place of the member's value; of the map itself when it has no such member. */
struct place lines_place(const struct lines *l, uint32_t map, const char *key);

#endif
