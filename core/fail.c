#include "core/fail.h"
#include "core/attrib.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *code, *text;
    int status;
    bool retry;
} table[FAIL_COUNT] = {
#define X(name, http, may_retry, sentence) [FAIL_##name] = {#name, sentence, http, may_retry},
    FAIL_LIST(X)
#undef X
};

static unsigned known(enum fail f) { return (unsigned)f < FAIL_COUNT ? (unsigned)f : (unsigned)FAIL_INTERNAL; }

const char *fail_code(enum fail f) { return table[known(f)].code; }
const char *fail_text(enum fail f) { return table[known(f)].text; }
int fail_status(enum fail f) { return table[known(f)].status; }
bool fail_may_retry(enum fail f) { return table[known(f)].retry; }

void why_set(struct why *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->text, sizeof w->text, fmt, ap);
    va_end(ap);
}
