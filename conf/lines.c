#include "conf/lines.h"
#include <stdlib.h>
#include <yaml.h>

enum { DEEPEST = 12, MOST_KEYS = 64, MOST_NODES = 1000000 };

/* One container that is open. */
struct level {
    uint32_t node, last;       /* the container, and its child before */
    char *key;                 /* of the member whose value comes next */
    struct place key_at;
};

struct reader {
    struct lines *l;
    struct report *r;
    struct level open[DEEPEST];
    unsigned depth;
    unsigned documents;
};

static struct place place_of(yaml_mark_t m) { return (struct place){(uint32_t)m.line + 1, (uint32_t)m.column + 1}; }

static bool refuse(struct reader *rd, yaml_mark_t at, const char *reason)
{
    report_at(rd->r, place_of(at), "%s", reason);
    return false;
}

static bool room(struct lines *l)
{
    if (l->n < l->cap) return true;
    uint32_t cap = l->cap ? l->cap * 2 : 64;
    struct node *p = realloc(l->node, cap * sizeof *p);
    if (p == NULL) return false;
    l->node = p;
    l->cap = cap;
    return true;
}

/* A new node, hung under the open container. */
static bool add(struct reader *rd, enum node_kind kind, yaml_mark_t at, uint32_t *made)
{
    struct lines *l = rd->l;
    if (l->n >= MOST_NODES)
        return refuse(rd, at, "the file has too many values; put long word lists into files of their own");
    if (!room(l)) return refuse(rd, at, "out of memory");
    struct node *n = &l->node[*made = l->n++];
    *n = (struct node){.kind = kind, .at = place_of(at), .key_at = place_of(at)};
    if (rd->depth == 0) return true;
    struct level *in = &rd->open[rd->depth - 1];
    if (in->key) n->key_at = in->key_at;
    n->key = in->key;
    in->key = NULL;
    *(in->last ? &l->node[in->last].next : &l->node[in->node].first) = *made;
    in->last = *made;
    l->node[in->node].n++;
    return true;
}

static bool open_level(struct reader *rd, enum node_kind kind, yaml_mark_t at)
{
    struct level *in = rd->depth ? &rd->open[rd->depth - 1] : NULL;
    if (in && rd->l->node[in->node].kind == NODE_MAP && in->key == NULL)
        return refuse(rd, at, "a key must be a word; write `key: value`");
    if (rd->depth == DEEPEST) return refuse(rd, at, "nested too deeply; no key of cordon goes this deep");
    uint32_t made;
    if (!add(rd, kind, at, &made)) return false;
    rd->open[rd->depth++] = (struct level){.node = made};
    return true;
}

static bool add_key(struct reader *rd, const char *key, yaml_mark_t at)
{
    struct level *in = &rd->open[rd->depth - 1];
    const struct lines *l = rd->l;
    for (uint32_t i = l->node[in->node].first; i; i = l->node[i].next)
        if (strcmp(l->node[i].key, key) == 0) {
            report_at(rd->r, place_of(at), "`%.40s` is given twice, first in line %u; take one of them out", key,
                      l->node[i].key_at.line);
            return false;
        }
    if (l->node[in->node].n >= MOST_KEYS) return refuse(rd, at, "too many keys; no mapping of cordon has as many");
    in->key = strdup(key);
    in->key_at = place_of(at);
    return in->key != NULL || refuse(rd, at, "out of memory");
}

static bool null_word(const yaml_event_t *e)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp((const char *)e->data.scalar.value, words[i]) == 0) return true;
    return false;
}

static bool scalar(struct reader *rd, const yaml_event_t *e)
{
    const char *value = (const char *)e->data.scalar.value;
    if (memchr(value, '\0', e->data.scalar.length))
        return refuse(rd, e->start_mark, "the value holds a NUL; take it out");
    struct level *in = rd->depth ? &rd->open[rd->depth - 1] : NULL;
    if (in && rd->l->node[in->node].kind == NODE_MAP && in->key == NULL) return add_key(rd, value, e->start_mark);
    uint32_t made;
    if (!add(rd, NODE_SCALAR, e->start_mark, &made)) return false;
    rd->l->node[made].is_null = null_word(e);
    return true;
}

/* YAML's indirections would let two readers of the file see two configurations. */
static bool plain(struct reader *rd, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor) return refuse(rd, e->start_mark, "anchors (&name) are not supported; write the value where it is used");
    if (tag) return refuse(rd, e->start_mark, "tags (!name) are not supported; write the value alone");
    return true;
}

static bool take(struct reader *rd, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++rd->documents == 1) return true;
        return refuse(rd, e->start_mark, "a second YAML document begins here; one file is one document");
    case YAML_ALIAS_EVENT:
        return refuse(rd, e->start_mark, "aliases (*name) are not supported; write the value out");
    case YAML_SCALAR_EVENT:
        return plain(rd, e, e->data.scalar.anchor, e->data.scalar.tag) && scalar(rd, e);
    case YAML_SEQUENCE_START_EVENT:
        return plain(rd, e, e->data.sequence_start.anchor, e->data.sequence_start.tag) &&
               open_level(rd, NODE_LIST, e->start_mark);
    case YAML_MAPPING_START_EVENT:
        return plain(rd, e, e->data.mapping_start.anchor, e->data.mapping_start.tag) &&
               open_level(rd, NODE_MAP, e->start_mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        rd->depth--;
        return true;
    default:
        return true;
    }
}

static bool syntax(struct report *r, const yaml_parser_t *p)
{
    struct place at = place_of(p->problem_mark);
    if (p->error == YAML_READER_ERROR) {
        at.line = 0;
        report_at(r, at, "not text in UTF-8 (byte %zu); save the file as UTF-8", p->problem_offset);
    } else if (p->error == YAML_MEMORY_ERROR) {
        report_at(r, at, "out of memory");
    } else {
        report_at(r, at, "not valid YAML: %s%s%s; check indentation and quotes", p->context ? p->context : "",
                  p->context ? ", " : "", p->problem ? p->problem : "");
    }
    return false;
}

static bool read_events(struct reader *rd, yaml_parser_t *p)
{
    for (bool more = true; more;) {
        yaml_event_t e;
        if (!yaml_parser_parse(p, &e)) return syntax(rd->r, p);
        more = e.type != YAML_STREAM_END_EVENT;
        bool ok = take(rd, &e);
        yaml_event_delete(&e);
        if (!ok) return false;
    }
    return true;
}

bool lines_read(struct lines *l, struct span text, struct report *r)
{
    struct reader rd = {.l = l, .r = r};
    yaml_parser_t p;
    if (!yaml_parser_initialize(&p)) {
        report_at(r, (struct place){0}, "out of memory");
        return false;
    }
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)(text.n ? text.p : ""), text.n);
    bool ok = read_events(&rd, &p);
    for (unsigned i = 0; i < DEEPEST; i++) free(rd.open[i].key);
    yaml_parser_delete(&p);
    if (ok && l->n == 0) {
        report_at(r, (struct place){1, 1}, "the file is empty; start from one of the examples, such as demo.yaml");
        ok = false;
    }
    return ok;
}

void lines_fini(struct lines *l)
{
    for (uint32_t i = 0; i < l->n; i++) free(l->node[i].key);
    free(l->node);
    *l = (struct lines){0};
}

uint32_t lines_get(const struct lines *l, uint32_t map, const char *key)
{
    for (uint32_t i = l->node[map].kind == NODE_MAP ? l->node[map].first : 0; i; i = l->node[i].next)
        if (strcmp(l->node[i].key, key) == 0) return i;
    return 0;
}

uint32_t lines_item(const struct lines *l, uint32_t list, size_t i)
{
    uint32_t at = l->node[list].kind == NODE_LIST ? l->node[list].first : 0;
    while (at && i--) at = l->node[at].next;
    return at;
}

struct place lines_place(const struct lines *l, uint32_t map, const char *key)
{
    uint32_t i = lines_get(l, map, key);
    return i ? l->node[i].at : l->node[map].at;
}
