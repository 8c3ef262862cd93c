#include "proxy/origdst.h"
#include <netinet/in.h>
#include <string.h>

/* SO_ORIGINAL_DST of <linux/netfilter_ipv4.h> and IP6T_SO_ORIGINAL_DST of <linux/netfilter_ipv6/ip6_tables.h>: part of
 * the kernel's interface, in headers that do not go together with <netinet/in.h>. */
#define ORIGINAL_DST 80

static bool is_mapped(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static bool same_place(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family) return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const struct sockaddr_in *)a, *y = (const struct sockaddr_in *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)a, *y = (const struct sockaddr_in6 *)b;
    return x->sin6_port == y->sin6_port && memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
}

/* An IPv4 connection on an IPv6 socket: its own address as the kernel's IPv4 table has it. */
static void unmap(struct sockaddr_storage *a)
{
    struct sockaddr_in6 six = *(struct sockaddr_in6 *)a;
    struct sockaddr_in *four = (struct sockaddr_in *)a;
    memset(a, 0, sizeof *a);
    four->sin_family = AF_INET;
    four->sin_port = six.sin6_port;
    memcpy(&four->sin_addr, six.sin6_addr.s6_addr + 12, sizeof four->sin_addr);
}

enum fail origdst_get(int fd, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_storage own = {0};
    socklen_t n = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &n) != 0) return FAIL_IO;
    if (is_mapped(&own)) unmap(&own);
    bool six = own.ss_family == AF_INET6;
    if (!six && own.ss_family != AF_INET) return FAIL_IO;
    memset(out, 0, sizeof *out);
    *len = sizeof *out;
    if (getsockopt(fd, six ? SOL_IPV6 : SOL_IP, ORIGINAL_DST, out, len) != 0) return FAIL_IO;
    /* With connection tracking on, a connection that nobody redirected has its own address as the original one. */
    return same_place(out, &own) ? FAIL_IO : FAIL_OK;
}
