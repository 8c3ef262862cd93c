/* load.h - the steps of loading a configuration, in their order. Internal to conf/. Each reports what it finds and says
 * whether the next one makes sense. */
#ifndef CORDON_CONF_LOAD_H
#define CORDON_CONF_LOAD_H

#include "conf/conf.h"
#include "conf/lines.h"
#include "conf/options.h"

/* A value as libcyaml loads it: the schema is the same shape for every key, so a mapping is an array of slots in the
 * order of its options. Strings: p is a char *. Lists: n elements at p. Mappings: p is their array of slots. */
struct slot {
    void *p;
    uint64_t n;
};

/* Keys known, given once, of the right form; required ones there. All errors, before libcyaml stops at its first. */
void shape_check(const struct lines *l, const struct options *top, struct report *r);

/* libcyaml's load into slots; NULL after a report. slots_free takes them back. */
CD_USE struct slot *slots_load(const struct options *top, struct span text, struct report *r);
void slots_free(const struct options *top, struct slot *s);

struct filler {
    const struct lines *l;
    struct report *r;
    const char *dir;           /* of the file, for relative paths */
};
/* Slots to structs: scalars parsed, paths made absolute, defaults put in. `to` is zeroed. */
void fill(const struct filler *f, const struct options *of, const struct slot *slots, uint32_t node, void *to);
/* Frees what fill made in the struct, not the struct. */
void fill_free(const struct options *of, void *to);

/* What has to hold between values: names that are referred to exist, addresses are of the right kind … */
void check_conf(struct conf *c, const struct lines *l, struct report *r);
/* Read the word list files into their lists, and compute the digest. */
void files_read(struct conf *c, const struct lines *l, struct span text, struct report *r);

/* The bytes of a regular file of at most `limit` bytes, malloc'd; NULL and a reason otherwise. */
CD_USE char *file_read(const char *path, size_t limit, size_t *n, const char **reason);

#endif
