/* report.h - where the errors of a configuration go: each is one line, "FILE:LINE:COLUMN: reason; what to do". Values are
 * quoted only where they cannot be secret (numbers, words of a fixed set). Internal to conf/. */
#ifndef CORDON_CONF_REPORT_H
#define CORDON_CONF_REPORT_H

#include "core/attrib.h"
#include <stdint.h>

struct place {
    uint32_t line, column;   /* from 1; line 0: the file as a whole */
};

struct report {
    const char *path;
    void (*line)(const char *text, void *arg);
    void *arg;
    int n;                   /* errors so far */
};

#define REPORT_MAX 100       /* a file with more errors than this is not the file that was meant */

void report_at(struct report *r, struct place at, const char *fmt, ...) CD_PRINTF(3, 4);
/* The name in `names` (ended by NULL) that somebody who wrote `word` may have meant, or NULL. */
const char *report_nearest(const char *word, const char *const *names);

#endif
