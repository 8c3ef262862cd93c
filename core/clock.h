/* clock.h - time. Monotonic microseconds for durations, UTC nanoseconds for records. Any thread. */
#ifndef CORDON_CORE_CLOCK_H
#define CORDON_CORE_CLOCK_H

#include <stdint.h>

uint64_t clock_mono_us(void);
uint64_t clock_utc_ns(void);
/* RFC 3339 in UTC with nanoseconds: "2026-11-25T01:02:03.123456789Z" (30 characters and a NUL). */
#define CLOCK_RFC3339_LEN 30
void clock_rfc3339(uint64_t utc_ns, char out[CLOCK_RFC3339_LEN + 1]);

#endif
