/* Any request target: without its credentials it has none, says all else in its order, and no key is longer than what is left
 * out of it. */
#include "wire/query.h"
#include "wire/codec.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static void check(const char *provider, struct span target)
{
    size_t at = 0, keys = 0, left = 0;
    struct span key;
    while ((key = query_next_credential(provider, target, &at)).p) {
        REQUIRE(key.n > 0 && key.p > target.p && key.p + key.n <= target.p + target.n && key.p[-1] == '=');
        keys += key.n;
    }
    char *out = malloc(target.n + 1);
    REQUIRE(out != NULL);
    size_t n = query_without_credentials(provider, target, out);
    REQUIRE(n + keys <= target.n);
    REQUIRE(query_next_credential(provider, (struct span){out, n}, &left).p == NULL);
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {   /* a mark may stand where an ampersand stood */
        while (from < target.n && target.p[from] != out[i] && !(out[i] == '?' && target.p[from] == '&')) from++;
        REQUIRE(from++ < target.n);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    const char *name;
    struct span target = {(const char *)p, n};
    for (size_t i = 0; (name = route_provider_name(i)); i++) check(name, target);
    return 0;
}
