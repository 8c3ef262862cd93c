/* The request target by its form (RFC 9112 section 3.2) and the Host it must agree with. */
#include "proxy/h1_strict.h"

enum { P = 1, Q = 2, H = 4 };   /* may stand in a path, a query, a host name */

/* RFC 3986 plus the few bytes that browsers' URL code leaves unescaped: [ ] | in paths, ^ ` { } in queries too. */
static const unsigned char allowed[256] = {
    ['0' ... '9'] = P | Q | H, ['A' ... 'Z'] = P | Q | H, ['a' ... 'z'] = P | Q | H,
    ['-'] = P | Q | H, ['.'] = P | Q | H, ['_'] = P | Q | H, ['~'] = P | Q, ['%'] = P | Q, ['!'] = P | Q, ['$'] = P | Q,
    ['&'] = P | Q, ['\''] = P | Q, ['('] = P | Q, [')'] = P | Q, ['*'] = P | Q, ['+'] = P | Q, [','] = P | Q,
    [';'] = P | Q, ['='] = P | Q, [':'] = P | Q, ['@'] = P | Q, ['/'] = P | Q, ['['] = P | Q, [']'] = P | Q,
    ['|'] = P | Q, ['?'] = Q, ['^'] = Q, ['`'] = Q, ['{'] = Q, ['}'] = Q,
};

struct authority {
    struct span host;
    uint16_t port;           /* 0: none given */
};

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that `%xy` at s.p[0] stands for; -1 when it is no escape. */
static int escape(struct span s)
{
    if (s.n < 3 || s.p[0] != '%' || hex(s.p[1]) < 0 || hex(s.p[2]) < 0) return -1;
    return hex(s.p[1]) << 4 | hex(s.p[2]);
}

static bool all_allowed(struct span s, unsigned char where)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!(allowed[(unsigned char)s.p[i]] & where)) return false;
        if (s.p[i] == '%' && escape(span_from(s, i)) < 0) return false;
    }
    return true;
}

/* "." and "..", escaped or not: servers disagree on who removes them, so that the path we judge may not be theirs. */
static bool dot_segment(struct span seg)
{
    size_t dots = 0;
    while (seg.n) {
        bool escaped = escape(seg) == '.';
        if (!escaped && seg.p[0] != '.') return false;
        seg = span_from(seg, escaped ? 3 : 1);
        dots++;
    }
    return dots == 1 || dots == 2;
}

static bool segments_ok(struct span path)
{
    while (path.n) {
        path = span_from(path, 1);              /* the slash */
        const char *slash = memchr(path.p, '/', path.n);
        size_t n = slash ? (size_t)(slash - path.p) : path.n;
        if (dot_segment((struct span){path.p, n})) return false;
        path = span_from(path, n);
    }
    return true;
}

static bool has_escaped_nul(struct span path)
{
    for (size_t i = 0; i < path.n; i++)
        if (escape(span_from(path, i)) == 0) return true;
    return false;
}

/* `s` is what follows the authority, if any. Two slashes at its front would be an authority again to some readers. */
static enum fail origin_form(struct h1_head *head, struct span s)
{
    if (s.n == 0 || s.p[0] != '/' || (s.n > 1 && s.p[1] == '/')) return FAIL_HTTP_TARGET;
    const char *q = memchr(s.p, '?', s.n);
    size_t n = q ? (size_t)(q - s.p) : s.n;
    head->target = s;
    head->path = (struct span){s.p, n};
    head->query = q ? span_from(s, n + 1) : SPAN_NONE;
    if (!all_allowed(head->path, P) || !all_allowed(head->query, Q)) return FAIL_HTTP_TARGET;
    if (has_escaped_nul(head->path) || !segments_ok(head->path)) return FAIL_HTTP_TARGET;
    return FAIL_OK;
}

static bool read_port(struct span s, uint16_t *port)
{
    unsigned v = 0;
    if (s.n == 0 || s.n > 5 || s.p[0] == '0') return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        v = v * 10 + (unsigned)(s.p[i] - '0');
    }
    *port = (uint16_t)v;
    return v <= 65535;
}

static bool name_ok(struct span s)
{
    if (s.n == 0 || s.n > 254 || s.p[0] == '.') return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!(allowed[(unsigned char)s.p[i]] & H)) return false;
        if (s.p[i] == '.' && i > 0 && s.p[i - 1] == '.') return false;
    }
    return true;
}

static bool ipv6_ok(struct span s)
{
    if (s.n < 2 || s.n > 45) return false;
    for (size_t i = 0; i < s.n; i++)
        if (hex(s.p[i]) < 0 && s.p[i] != ':' && s.p[i] != '.') return false;
    return memchr(s.p, ':', s.n) != NULL;
}

/* host [ ":" port ], without user information; an IPv6 literal loses its brackets. */
static bool read_authority(struct span s, struct authority *out)
{
    *out = (struct authority){{NULL, 0}, 0};
    struct span rest;
    if (s.n && s.p[0] == '[') {
        const char *close = memchr(s.p, ']', s.n);
        if (close == NULL) return false;
        out->host = (struct span){s.p + 1, (size_t)(close - s.p) - 1};
        rest = span_from(s, out->host.n + 2);
        if (!ipv6_ok(out->host)) return false;
    } else {
        const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
        out->host = (struct span){s.p, colon ? (size_t)(colon - s.p) : s.n};
        rest = span_from(s, out->host.n);
        if (!name_ok(out->host)) return false;
    }
    if (rest.n == 0) return true;
    return rest.p[0] == ':' && read_port(span_from(rest, 1), &out->port);
}

static void keep_host(struct h1_head *head, const struct authority *a)
{
    head->host = a->host;
    head->host_port = a->port;
}

/* A Host without a port means `default_port`; 0 there lets it stand for any (CONNECT, where clients differ). */
static bool same_authority(const struct authority *target, const struct authority *host, uint16_t default_port)
{
    if (!span_ieq(target->host, host->host)) return false;
    if (host->port == 0 && default_port == 0) return true;
    uint16_t t = target->port ? target->port : default_port, h = host->port ? host->port : default_port;
    return t == h;
}

static enum fail authority_form(struct h1_head *head, struct span host_value)
{
    struct authority target, host;
    if (!read_authority(head->target, &target) || target.port == 0) return FAIL_HTTP_TARGET;
    if (host_value.p) {
        if (!read_authority(host_value, &host) || !same_authority(&target, &host, 0)) return FAIL_HTTP_HOST;
    }
    keep_host(head, &target);
    return FAIL_OK;
}

static enum fail absolute_form(struct h1_head *head, struct span host_value, struct span scheme, uint16_t port)
{
    struct authority target, host;
    struct span rest = span_from(head->target, scheme.n);
    const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    size_t n = slash ? (size_t)(slash - rest.p) : rest.n;
    if (!read_authority((struct span){rest.p, n}, &target)) return FAIL_HTTP_TARGET;
    if (host_value.p) {
        if (!read_authority(host_value, &host) || !same_authority(&target, &host, port)) return FAIL_HTTP_HOST;
    } else if (head->minor != 0) {
        return FAIL_HTTP_HOST;
    }
    head->scheme = (struct span){head->target.p, scheme.n - 3};
    keep_host(head, &target);
    return origin_form(head, slash ? span_from(rest, n) : SPAN("/"));
}

static bool starts_with_scheme(struct span target, struct span scheme)
{
    return target.n > scheme.n && span_ieq((struct span){target.p, scheme.n}, scheme);
}

enum fail h1_target(struct h1_head *head, struct span host_value)
{
    struct authority host;
    if (span_is(head->method, "CONNECT")) return authority_form(head, host_value);
    if (starts_with_scheme(head->target, SPAN("https://"))) return absolute_form(head, host_value, SPAN("https://"), 443);
    if (starts_with_scheme(head->target, SPAN("http://"))) return absolute_form(head, host_value, SPAN("http://"), 80);
    if (host_value.p) {
        if (!read_authority(host_value, &host)) return FAIL_HTTP_HOST;
        keep_host(head, &host);
    } else if (head->minor != 0) {
        return FAIL_HTTP_HOST;
    }
    if (span_is(head->target, "*")) return span_is(head->method, "OPTIONS") ? FAIL_OK : FAIL_HTTP_TARGET;
    return origin_form(head, head->target);
}
