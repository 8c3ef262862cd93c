#include "core/clock.h"
#include <string.h>
#include <time.h>

uint64_t clock_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t clock_utc_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void digits(char *at, unsigned value, int n)
{
    while (n-- > 0) {
        at[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* By hand: it runs once a ledger record, and snprintf costs ten times as much. */
void clock_rfc3339(uint64_t utc_ns, char out[CLOCK_RFC3339_LEN + 1])
{
    time_t s = (time_t)(utc_ns / 1000000000u);
    struct tm t;
    gmtime_r(&s, &t);
    memcpy(out, "0000-00-00T00:00:00.000000000Z", CLOCK_RFC3339_LEN + 1);
    digits(out, (unsigned)t.tm_year + 1900, 4);
    digits(out + 5, (unsigned)t.tm_mon + 1, 2);
    digits(out + 8, (unsigned)t.tm_mday, 2);
    digits(out + 11, (unsigned)t.tm_hour, 2);
    digits(out + 14, (unsigned)t.tm_min, 2);
    digits(out + 17, (unsigned)t.tm_sec, 2);
    digits(out + 20, (unsigned)(utc_ns % 1000000000u), 9);
}
