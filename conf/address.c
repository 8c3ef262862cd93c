#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/valid.h"
#include <arpa/inet.h>
#include <stdlib.h>

/* "host:port" or "[host]:port" apart; `host` without brackets. */
static bool split(const char *s, char host[64], uint16_t *port, bool *v6)
{
    const char *colon = strrchr(s, ':');
    if (colon == NULL) return false;
    uint64_t n;
    if (!scalar_count(colon + 1, &n) || n > 65535) return false;
    *port = (uint16_t)n;
    size_t len = (size_t)(colon - s);
    *v6 = s[0] == '[';
    if (*v6) {
        if (len < 2 || s[len - 1] != ']') return false;
        s++, len -= 2;
    }
    if (len == 0 || len >= 64) return false;
    memcpy(host, s, len);
    host[len] = '\0';
    return true;
}

bool conf_parse_address(const char *s, struct sockaddr_storage *out, socklen_t *len)
{
    char host[64];
    uint16_t port;
    bool v6;
    memset(out, 0, sizeof *out);
    if (!split(s, host, &port, &v6)) return false;
    struct sockaddr_in *in4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    if (v6) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        *len = sizeof *in6;
        return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
    }
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    *len = sizeof *in4;
    return inet_pton(AF_INET, host, &in4->sin_addr) == 1;
}

bool address_is_loopback(const char *address)
{
    struct sockaddr_storage s;
    socklen_t n;
    if (!conf_parse_address(address, &s, &n)) return false;
    if (s.ss_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&s)->sin6_addr);
    return ntohl(((struct sockaddr_in *)&s)->sin_addr.s_addr) >> 24 == 127;
}

static bool bit(const unsigned char *p, unsigned i) { return p[i / 8] >> (7 - i % 8) & 1; }

static bool same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    if (memcmp(a, b, bits / 8) != 0) return false;
    for (unsigned i = bits & ~7u; i < bits; i++)
        if (bit(a, i) != bit(b, i)) return false;
    return true;
}

bool network_parse(const char *s, struct conf_network *out, bool *stray)
{
    char host[64];
    size_t n = strcspn(s, "/");
    *stray = false;
    *out = (struct conf_network){0};
    if (n == 0 || n >= sizeof host) return false;
    memcpy(host, s, n);
    host[n] = '\0';
    out->family = strchr(host, ':') ? AF_INET6 : AF_INET;
    unsigned most = out->family == AF_INET6 ? 128 : 32;
    uint64_t bits = most;
    if (s[n] == '/' && (!scalar_count(s + n + 1, &bits) || bits > most)) return false;
    if (inet_pton(out->family, host, out->address) != 1) return false;
    out->bits = (unsigned)bits;
    for (unsigned i = out->bits; i < most; i++) *stray |= bit(out->address, i);
    return !*stray;
}

/* The address's bytes and family, an IPv4 address mapped into IPv6 as IPv4. */
static const unsigned char *bytes_of(const struct sockaddr *a, int *family)
{
    *family = a->sa_family;
    if (a->sa_family == AF_INET) return (const unsigned char *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;
    if (a->sa_family != AF_INET6) return NULL;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(six)) return six->s6_addr;
    *family = AF_INET;
    return six->s6_addr + 12;
}

const char *conf_client_name(const struct conf *c, const struct sockaddr *addr)
{
    int family;
    const unsigned char *p = bytes_of(addr, &family);
    const char *best = NULL;
    unsigned best_bits = 0;
    for (size_t i = 0; p && i < c->n_clients; i++)
        for (size_t k = 0; k < c->clients[i].n_networks; k++) {
            const struct conf_network *w = &c->clients[i].parsed[k];
            if (w->family != family || !same_prefix(w->address, p, w->bits)) continue;
            if (best == NULL || w->bits > best_bits) best = c->clients[i].name, best_bits = w->bits;
        }
    return best;
}
