/* log.h - structured lines on stderr: time, level, event id, key=value. Message text is ours; no client text, key or
 * found value is ever an argument. The level is tested before the arguments are evaluated. Any thread; one write(2) a
 * line. */
#ifndef CORDON_CORE_LOG_H
#define CORDON_CORE_LOG_H

#include "core/attrib.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

extern _Atomic enum log_level log_level;   /* a reload may change it while others log */
void log_line(enum log_level level, const char *event, const char *fmt, ...) CD_PRINTF(3, 4);
/* LOG(WARN, "tls.verify", "host=%s err=%s", …): `event` is a stable id. */
#define LOG(level, event, ...)                                                                                     \
    do {                                                                                                           \
        if (LOG_##level <= log_level) log_line(LOG_##level, event, __VA_ARGS__);                                   \
    } while (0)

#endif
