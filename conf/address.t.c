#include "conf/conf.h"
#include "conf/valid.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void addresses(void **state)
{
    (void)state;
    struct sockaddr_storage s;
    socklen_t n;
    assert_true(conf_parse_address("127.0.0.1:8080", &s, &n));
    assert_int_equal(((struct sockaddr_in *)&s)->sin_port, htons(8080));
    assert_int_equal(n, sizeof(struct sockaddr_in));
    assert_true(conf_parse_address("[::1]:0", &s, &n));
    assert_int_equal(s.ss_family, AF_INET6);
    assert_int_equal(n, sizeof(struct sockaddr_in6));
    static const char *const bad[] = {"", "127.0.0.1", ":80", "localhost:80", "127.0.0.1:65536", "127.0.0.1:+1", "::1:80", "[::1]", "[]:1", "[::1:80",
                                      "127.1:80", "127.0.0.1:080", "1.2.3.4:8 ", "[127.0.0.1]:80"};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (conf_parse_address(bad[i], &s, &n)) fail_msg("%s", bad[i]);
}

static void loopback(void **state)
{
    (void)state;
    assert_true(address_is_loopback("127.0.0.1:1") && address_is_loopback("127.255.0.9:1") && address_is_loopback("[::1]:1"));
    assert_false(address_is_loopback("128.0.0.1:1") || address_is_loopback("0.0.0.0:1") || address_is_loopback("[::]:1"));
    assert_false(address_is_loopback("[::ffff:127.0.0.1]:1") || address_is_loopback("localhost:1"));
}

static void hosts(void **state)
{
    (void)state;
    static const char *const good[] = {"api.openai.com", "vllm", "a-b.c0", "xn--bcher-kva.example", "1.example", "3com"};
    static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "-a", "a-", "A.com", "a_b", "127.0.0.1", "a:80", "https://a", "a/b", "a b", "::1", "*.a"};
    for (size_t i = 0; i < COUNT(good); i++)
        if (!valid_host(good[i])) fail_msg("%s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (valid_host(bad[i])) fail_msg("%s", bad[i]);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 50; i < sizeof longest; i += 50) longest[i] = '.';
    longest[253] = '\0';
    assert_true(valid_host(longest));
    longest[253] = 'a', longest[254] = '\0';
    assert_false(valid_host(longest));
}

static void networks(void **state)
{
    (void)state;
    struct conf_network n;
    bool stray;
    assert_true(network_parse("10.1.0.0/16", &n, &stray) && n.family == AF_INET && n.bits == 16);
    assert_true(network_parse("10.1.2.3", &n, &stray) && n.bits == 32);
    assert_true(network_parse("0.0.0.0/0", &n, &stray) && n.bits == 0);
    assert_true(network_parse("2001:db8::/33", &n, &stray) && n.family == AF_INET6 && n.bits == 33);
    assert_false(network_parse("10.1.2.3/16", &n, &stray));
    assert_true(stray);
    assert_false(network_parse("10.0.0.128/24", &n, &stray));
    assert_true(stray);
    static const char *const bad[] = {"", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "a/8", "::/129", "10.0.0.0/08"};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (network_parse(bad[i], &n, &stray) || stray) fail_msg("%s", bad[i]);
}

static const char *who(const struct conf *c, const char *address)
{
    struct sockaddr_storage s;
    socklen_t n;
    assert_true(conf_parse_address(address, &s, &n));
    return conf_client_name(c, (struct sockaddr *)&s);
}

static void narrowest_network_names_the_client(void **state)
{
    (void)state;
    struct conf_network wide[3], narrow[1];
    bool stray;
    assert_true(network_parse("10.0.0.0/8", &wide[0], &stray) && network_parse("2001:db8::/32", &wide[1], &stray));
    assert_true(network_parse("192.168.0.4", &wide[2], &stray) && network_parse("10.20.16.0/20", &narrow[0], &stray));
    char wide_name[] = "hospital", narrow_name[] = "ward";
    struct conf_client clients[] = {{.name = wide_name, .n_networks = 3, .parsed = wide}, {.name = narrow_name, .n_networks = 1, .parsed = narrow}};
    struct conf c = {.clients = clients, .n_clients = 2};
    assert_string_equal(who(&c, "10.1.2.3:99"), "hospital");
    assert_string_equal(who(&c, "10.20.31.255:99"), "ward");
    assert_string_equal(who(&c, "10.20.32.0:99"), "hospital");
    assert_string_equal(who(&c, "[::ffff:10.20.16.1]:99"), "ward");
    assert_string_equal(who(&c, "[2001:db8:ffff::1]:99"), "hospital");
    assert_string_equal(who(&c, "192.168.0.4:99"), "hospital");
    assert_null(who(&c, "192.168.0.5:99"));
    assert_null(who(&c, "[2001:db9::1]:99"));
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_null(conf_client_name(&c, &local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(loopback), cmocka_unit_test(hosts), cmocka_unit_test(networks),
        cmocka_unit_test(narrowest_network_names_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
