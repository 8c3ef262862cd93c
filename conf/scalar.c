#include "conf/scalar.h"
#include <stddef.h>
#include <string.h>

bool scalar_bool(const char *s, bool *out)
{
    *out = strcmp(s, "true") == 0;
    return *out || strcmp(s, "false") == 0;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The digits at *s, moved past. */
static bool whole(const char **s, uint64_t *out)
{
    const char *p = *s;
    if (!is_digit(*p) || (*p == '0' && is_digit(p[1]))) return false;
    uint64_t v = 0;
    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
            return false;
    *s = p;
    *out = v;
    return true;
}

bool scalar_count(const char *s, uint64_t *out) { return whole(&s, out) && *s == '\0'; }

struct unit {
    const char *name;
    uint64_t factor;
};

static bool with_unit(const char *s, const struct unit *units, size_t n, uint64_t *out)
{
    uint64_t v;
    if (!whole(&s, &v)) return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(s, units[i].name) == 0) return !__builtin_mul_overflow(v, units[i].factor, out);
    return false;
}

bool scalar_size(const char *s, uint64_t *out)
{
    static const struct unit units[] = {
        {"", 1},           {"B", 1},
        {"KB", 1000},      {"MB", 1000000},    {"GB", 1000000000},
        {"KiB", 1u << 10}, {"MiB", 1u << 20},  {"GiB", 1u << 30},
    };
    return with_unit(s, units, COUNT(units), out);
}

bool scalar_seconds(const char *s, uint64_t *out)
{
    static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};
    return with_unit(s, units, COUNT(units), out);
}

/* The digits after a point at *s, moved past, as a number of units of 1 / *scale. At most nine. */
static bool fraction(const char **s, uint64_t *out, uint64_t *scale)
{
    *out = 0;
    *scale = 1;
    if (**s != '.') return true;
    const char *p = *s + 1;
    for (; is_digit(*p); p++) {
        if (*scale >= 1000000000) return false;
        *out = *out * 10 + (uint64_t)(*p - '0');
        *scale *= 10;
    }
    bool some = *scale > 1;
    *s = p;
    return some;
}

bool scalar_score(const char *s, double *out)
{
    uint64_t v, part, scale;
    if (!whole(&s, &v) || !fraction(&s, &part, &scale) || *s != '\0') return false;
    *out = (double)v + (double)part / (double)scale;
    return *out <= 1;
}

bool scalar_parameters(const char *s, uint64_t *out)
{
    uint64_t v, part, scale;
    if (!whole(&s, &v) || !fraction(&s, &part, &scale)) return false;
    uint64_t unit = *s == 'M' ? 1000000u : *s == 'B' ? 1000000000u : 0;
    if (unit == 0 || s[1] != '\0' || unit % scale != 0 || __builtin_mul_overflow(v, unit, out)) return false;
    return !__builtin_add_overflow(*out, part * (unit / scale), out);
}
