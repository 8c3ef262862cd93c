/* Credentials without a form of their own: is this value random enough, and not a placeholder or a piece of program? */
#include "policy/confirm.h"
#include <math.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return (unsigned char)((c | 0x20) - 'a') < 26; }

double entropy_bits(struct span s)
{
    unsigned count[256] = {0};
    double bits = 0;
    if (s.n == 0) return 0;
    for (size_t i = 0; i < s.n; i++) count[(unsigned char)s.p[i]]++;
    for (int i = 0; i < 256; i++) {
        if (count[i] == 0) continue;
        double p = (double)count[i] / (double)s.n;
        bits -= p * log2(p);
    }
    return bits;
}

bool check_entropy(struct match *m) { return entropy_bits(m->value) >= 3.0; }

static bool holds(struct span s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, word, n) == 0) return true;
    return false;
}

/* What manuals and code write where a secret would stand. */
static bool is_placeholder(struct span s)
{
    static const char *const words[] = {"example", "placeholder", "changeme", "change_me", "change-me", "your", "xxxx",
                                        "****", "....",
                                        "dummy", "sample", "redacted", "insert", "replace", "todo", "fixme",
                                        "my-secret", "my_secret",
                                        "test123", "<", "${", "{{", "$(",
                                        "%(", "foobar", "notreal", "fake", "mock", "none",
                                        "null", "undefined", "env.", "environ", "getenv", "config.", "settings.",
                                        "process.", "self.",
                                        "this.", "args.", "request.", "options.", "vault:", "secretsmanager",
                                        "[masked]"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (holds(s, words[i])) return true;
    return false;
}

struct kinds {
    unsigned lower, upper, digit, other;
};

static struct kinds kinds_of(struct span s)
{
    struct kinds k = {0};
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (is_digit(c)) k.digit++;
        else if (c >= 'a' && c <= 'z') k.lower++;
        else if (c >= 'A' && c <= 'Z') k.upper++;
        else k.other++;
    }
    return k;
}

/* A count, a duration, a version: 7472.082ms, ^1.2.3-beta.4 */
static bool is_number(struct span s)
{
    size_t i = 0, digits = 0;
    while (i < s.n && strchr("^~<>=v", s.p[i]) && s.p[i]) i++;
    bool ranged = i > 0;
    for (; i < s.n && (is_digit(s.p[i]) || s.p[i] == '.'); i++) digits += is_digit(s.p[i]);
    return digits > 0 && (s.n - i <= 3 || ranged || (s.p[i] == '-' && memchr(s.p, '.', i)));
}

static bool is_program(struct match *m)
{
    struct span v = m->value;
    if (m->after.n && (m->after.p[0] == '(' || m->after.p[0] == '[' || m->after.p[0] == '.')) return true;
    for (size_t i = 0; i < v.n; i++)
        if (strchr("(){}[];", v.p[i]) && v.p[i]) return true;
    const char *equals = memchr(v.p, '=', v.n);
    if (equals != NULL && equals + 2 < v.p + v.n) return true;
    /* obj.method or a/path/of/words */
    bool words = true;
    for (size_t i = 0; i < v.n; i++) words &= is_alpha(v.p[i]) || v.p[i] == '.' || v.p[i] == '_' || v.p[i] == '/' ||
        v.p[i] == '-' || v.p[i] == ':';
    return words;
}

/* password = "…", api_key: …: letters and digits mixed, or letters with other signs. */
bool check_assigned_secret(struct match *m)
{
    struct kinds k = kinds_of(m->value);
    if (m->value.n < 8 || is_program(m)) return false;
    if (k.lower + k.upper > 0 && is_number(m->value)) return false;
    if (k.digit == 0 && !(k.lower && k.upper && k.other)) return false;
    if (k.lower + k.upper == 0) {
        m->score = 0.3f;   /* digits alone: more often a counter than a secret */
        return k.digit >= 6;
    }
    return entropy_bits(m->value) >= (m->value.n < 12 ? 2.5 : 3.0) && !is_placeholder(m->value);
}

/* "the password is …" in prose. */
bool check_stated_password(struct match *m)
{
    struct kinds k = kinds_of(m->value);
    if (m->value.n < 6 || is_placeholder(m->value)) return false;
    return k.digit > 0 && (k.lower + k.upper) > 0 && entropy_bits(m->value) >= 2.2;
}

/* scheme://user:password@host */
bool check_url_password(struct match *m)
{
    static const char *const toys[] = {"user", "pass", "pwd", "secret", "admin", "root", "postgres", "guest", "test",
                                       "foo", "bar"};
    if (m->value.n < 3 || is_placeholder(m->value)) return false;
    for (size_t i = 0; i < sizeof toys / sizeof toys[0]; i++)
        if (m->value.n == strlen(toys[i]) && strncasecmp(m->value.p, toys[i], m->value.n) == 0) m->score = 0.4f;
    return true;
}

/* A token with an issuer's prefix: what follows must not be a word or one letter over and over. */
bool check_random_token(struct match *m)
{
    struct kinds k = kinds_of(m->value);
    struct span tail = m->value.n > 24 ? span_from(m->value, m->value.n - 20) : m->value;
    if (holds(m->value, "xxxx") || holds(m->value, "example") || holds(m->value, "your") || holds(m->value,
        "....")) return false;
    return k.digit > 0 && entropy_bits(tail) >= 2.5;
}

/* RFC 7519: the first part is the base64url of a JSON object, so it begins with eyJ; the second one too, as a rule. */
bool check_jwt(struct match *m)
{
    const char *dot = memchr(m->value.p, '.', m->value.n);
    if (dot == NULL) return false;
    struct span payload = span_from(m->value, (size_t)(dot - m->value.p) + 1);
    if (!span_starts(payload, SPAN("ey"))) m->score = 0.4f;
    return entropy_bits(m->value) >= 3.5;
}
