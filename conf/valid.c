#include "conf/valid.h"

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alnum(char c) { return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z'); }

bool valid_name(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 64 || !is_alnum(s[0])) return false;
    for (; *s; s++)
        if (!is_alnum(*s) && strchr("._-/:@+", *s) == NULL) return false;
    return true;
}

bool valid_text(const char *s, bool lines)
{
    for (; *s; s++) {
        bool control = (unsigned char)*s < 0x20 || *s == 0x7f;
        if (control && !(lines && (*s == '\n' || *s == '\t'))) return false;
    }
    return true;
}

static bool valid_label(const char *s, size_t n, bool last)
{
    bool letter = false;
    if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-') return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_lower(s[i]) && !is_digit(s[i]) && s[i] != '-') return false;
        letter |= is_lower(s[i]);
    }
    return letter || !last;
}

bool valid_host(const char *s)
{
    if (strlen(s) > 253) return false;
    for (;;) {
        size_t n = strcspn(s, ".");
        if (!valid_label(s, n, s[n] == '\0')) return false;
        if (s[n] == '\0') return true;
        s += n + 1;
    }
}

bool valid_header(const char *s)
{
    if (*s == '\0') return false;
    for (; *s; s++)
        if (!is_lower(*s) && !is_digit(*s) && strchr("!#$%&'*+-.^_`|~", *s) == NULL) return false;
    return true;
}
