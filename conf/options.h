/* options.h - every key of the configuration, in one table: its form, where its value goes in struct conf, its default.
 * The libcyaml schema, the checks of shape, the conversion, the freeing and the test of the man page are all made from
 * it, so that a key is added in one place. Internal to conf/. */
#ifndef CORDON_CONF_OPTIONS_H
#define CORDON_CONF_OPTIONS_H

#include "core/attrib.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    O_NAME,        /* char *: what rules, logs, records and headers name: letters, digits and . _ - / : @ + */
    O_WORD,        /* char *: one line of text */
    O_VALUE,       /* char *: one line of text, or "" */
    O_TEXT,        /* char *: text, may have lines */
    O_PATH,        /* char *: a path, made absolute */
    O_HOST,        /* char *: a host name in lower case */
    O_ADDRESS,     /* char *: 127.0.0.1:8080, [::1]:8080 */
    O_BOOL,        /* bool */
    O_TRISTATE,    /* int: -1 when not given, 0, 1 */
    O_CHOICE,      /* int: index in `names`; -1 when not given and without default */
    O_SIZE,        /* uint64_t, bytes */
    O_SIZE32,      /* uint32_t, bytes */
    O_SECONDS,     /* uint32_t */
    O_COUNT,       /* uint32_t */
    O_PORT,        /* uint16_t */
    O_SCORE,       /* double */
    O_PARAMETERS,  /* uint64_t */
    O_NAMES,       /* char **, size_t */
    O_WORDS,       /* char **, size_t */
    O_HOSTS,       /* char **, size_t */
    O_PORTS,       /* uint16_t *, size_t */
    O_GROUP,       /* a mapping whose values go to the same struct */
    O_OBJECT,      /* a mapping, to a pointer to a struct of its own */
    O_OBJECTS      /* a list of mappings, to an array of structs: pointer, size_t */
};

struct options;

struct option {
    const char *key;
    enum option_kind kind;
    size_t at, count_at;           /* offsets in the struct */
    uint64_t min, max;             /* of a number; of a list's length (max 0: any) */
    bool required;
    const char *usual;             /* the default, as one would write it (of a list: its one element), or NULL */
    const char *const *names;      /* O_CHOICE, ended by NULL */
    const struct options *of;      /* O_GROUP, O_OBJECT, O_OBJECTS */
};

struct options {
    const char *what;              /* for messages: "a listener" */
    size_t size;                   /* of the struct */
    size_t line_at;                /* offset of its `uint32_t line`, or NO_LINE */
    const struct option *option;
    size_t n;
};

#define NO_LINE ((size_t)-1)

extern const struct options conf_options;   /* the whole file */

bool option_is_list(const struct option *o);
bool option_is_map(const struct option *o);

#endif
