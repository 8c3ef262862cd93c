/* Fuzzes conf: the whole load, from bytes to a checked configuration. Oracles: a load gives a configuration or a reason,
 * never both nor neither; what loads once loads again with the same digest; and every way to read what was loaded (rules
 * excepted, which policy/ compiles) stands up. */
#include "conf/conf.h"
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : (fprintf(stderr, "does not hold: %s\n", #x), abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Addresses that were taken parse, and each network that was taken contains its own first address. */
static void read_back(const struct conf *c)
{
    struct sockaddr_storage s;
    socklen_t n;
    const char *names[CLASS_MAX];
    REQUIRE(conf_class_names(c, names) <= CLASS_MAX);
    for (size_t i = 0; i < c->n_listeners; i++) REQUIRE(conf_parse_address(c->listeners[i].address, &s, &n));
    for (size_t i = 0; i < c->n_clients; i++)
        for (size_t k = 0; k < c->clients[i].n_networks; k++) {
            const struct conf_network *w = &c->clients[i].parsed[k];
            struct sockaddr_in in4 = {.sin_family = AF_INET};
            struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
            memcpy(&in4.sin_addr, w->address, 4);
            memcpy(&in6.sin6_addr, w->address, 16);
            const void *address = w->family == AF_INET ? (void *)&in4 : (void *)&in6;
            if (w->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) continue;   /* taken as IPv4 */
            REQUIRE(conf_client_name(c, address) != NULL);
        }
    REQUIRE(c->n_rules > 0 && c->ledger_dir != NULL && c->ledger_dir[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct why why, again;
    struct span bytes = {(const char *)data, size};
    struct conf *c = conf_load_bytes("/nonexistent/cordon.yaml", bytes, &why);
    REQUIRE((c == NULL) == (why.text[0] != '\0'));
    struct conf *d = conf_load_bytes("/nonexistent/cordon.yaml", bytes, &again);
    REQUIRE((c == NULL) == (d == NULL) && strcmp(why.text, again.text) == 0);
    if (c) {
        REQUIRE(strcmp(c->digest, d->digest) == 0);
        read_back(c);
    }
    conf_free(c);
    conf_free(d);
    return 0;
}
