#include "proxy/origdst.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static int listen_on(int family, uint16_t *port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET};
    int l = socket(family, SOCK_STREAM, 0);
    socklen_t len = sizeof six;
    if (family == AF_INET6) assert_int_equal(bind(l, (struct sockaddr *)&six, sizeof six), 0);
    else assert_int_equal(bind(l, (struct sockaddr *)&four, sizeof four), 0);
    assert_int_equal(listen(l, 4), 0);
    assert_int_equal(getsockname(l, (struct sockaddr *)&six, &len), 0);   /* the port is at one place in both */
    *port = ntohs(six.sin6_port);
    return l;
}

static int connect_to(const char *address, uint16_t port)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_six = strchr(address, ':') != NULL;
    int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (is_six) inet_pton(AF_INET6, address, &six.sin6_addr);
    else inet_pton(AF_INET, address, &four.sin_addr);
    struct sockaddr *to = is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    assert_int_equal(connect(fd, to, is_six ? sizeof six : sizeof four), 0);
    return fd;
}

static enum fail ask(int listener, const char *address, uint16_t port, char text[INET6_ADDRSTRLEN], uint16_t *to_port)
{
    struct sockaddr_storage to;
    socklen_t len;
    int client = connect_to(address, port), fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    enum fail f = origdst_get(fd, &to, &len);
    if (f == FAIL_OK && to.ss_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&to)->sin_addr, text, INET6_ADDRSTRLEN);
    if (f == FAIL_OK && to.ss_family == AF_INET6) inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&to)->sin6_addr, text, INET6_ADDRSTRLEN);
    *to_port = f == FAIL_OK ? ntohs(((struct sockaddr_in *)&to)->sin_port) : 0;
    close(fd);
    close(client);
    return f;
}

static void not_redirected(void **state)
{
    (void)state;
    char text[INET6_ADDRSTRLEN];
    uint16_t port, to_port;
    int l = listen_on(AF_INET, &port);
    assert_int_equal(ask(l, "127.0.0.1", port, text, &to_port), FAIL_IO);
    close(l);
    int pair[2];
    struct sockaddr_storage to;
    socklen_t len;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(origdst_get(pair[0], &to, &len), FAIL_IO);
    close(pair[0]);
    close(pair[1]);
    assert_int_equal(origdst_get(-1, &to, &len), FAIL_IO);
}

/* In a network namespace of this process' own, with the kernel's REDIRECT. Only root can make one. */
static bool redirect_443(uint16_t port)
{
    char command[400];
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) return false;
    snprintf(command, sizeof command, "{ ip link set lo up && nft add table inet t && "
             "nft 'add chain inet t o { type nat hook output priority -100; }' && "
             "nft add rule inet t o tcp dport 443 redirect to :%u; } 2>/dev/null", port);
    return system(command) == 0;
}

static void redirected(void **state)
{
    (void)state;
    char text[INET6_ADDRSTRLEN] = "";
    uint16_t port = 0, to_port = 0;
    if (!redirect_443(8444)) skip();
    int four = listen_on(AF_INET, &port);
    char command[200];
    snprintf(command, sizeof command, "nft flush chain inet t o && nft add rule inet t o tcp dport 443 redirect to :%u", port);
    assert_int_equal(system(command), 0);
    assert_int_equal(ask(four, "127.0.0.2", 443, text, &to_port), FAIL_OK);
    assert_string_equal(text, "127.0.0.2");
    assert_int_equal(to_port, 443);
    assert_int_equal(ask(four, "127.0.0.1", port, text, &to_port), FAIL_IO);   /* straight to the port */
    close(four);

    int both = listen_on(AF_INET6, &port);   /* an IPv6 socket that takes IPv4 connections too */
    snprintf(command, sizeof command, "nft flush chain inet t o && nft add rule inet t o tcp dport 443 redirect to :%u", port);
    assert_int_equal(system(command), 0);
    assert_int_equal(ask(both, "127.0.0.3", 443, text, &to_port), FAIL_OK);
    assert_string_equal(text, "127.0.0.3");
    assert_int_equal(ask(both, "::1", 443, text, &to_port), FAIL_OK);
    assert_string_equal(text, "::1");
    assert_int_equal(to_port, 443);
    assert_int_equal(ask(both, "127.0.0.1", port, text, &to_port), FAIL_IO);
    assert_int_equal(ask(both, "::1", port, text, &to_port), FAIL_IO);
    close(both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(not_redirected), cmocka_unit_test(redirected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
