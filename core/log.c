#include "core/log.h"
#include "core/clock.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

_Atomic enum log_level log_level = LOG_INFO;

#define LINE_MAX_BYTES 1024

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char line[LINE_MAX_BYTES], when[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(clock_utc_ns(), when);
    int n = snprintf(line, sizeof line, "%s %-5s %s ", when, names[level], event);
    va_list ap;
    va_start(ap, fmt);
    int more = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
    va_end(ap);
    if (more > 0) n += more;
    if ((size_t)n > sizeof line - 2) n = (int)sizeof line - 2;
    line[n++] = '\n';
    /* One write a line, so that lines of several threads never mix. A full or closed stderr is nobody's failure. */
    if (write(STDERR_FILENO, line, (size_t)n) < 0) return;
}
