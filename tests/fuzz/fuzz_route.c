/* Any path on every provider: what is known has no segment that an origin server might read in another way. */
#include "wire/codec.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static bool holds(struct span s, const char *what)
{
    for (size_t i = 0; i + strlen(what) <= s.n; i++)
        if (strncasecmp(s.p + i, what, strlen(what)) == 0) return true;
    return false;
}

static void check_known(struct span path)
{
    static const char *const never[] = {"//", "/.", "%2e", "%00", "%2f.", "%25", "%5c", "\\", "?", "#", ";", " ", "\t", "\r",
                                        "\n"};
    REQUIRE(path.n > 0 && path.p[0] == '/' && memchr(path.p, '\0', path.n) == NULL);
    REQUIRE(path.n == 1 || path.p[path.n - 1] != '/');
    for (size_t i = 0; i < COUNT(never); i++) REQUIRE(!holds(path, never[i]));
    for (size_t i = 0; i < path.n; i++) REQUIRE((unsigned char)path.p[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const char *const methods[] = {"GET", "POST", "DELETE", "OPTIONS"};
    struct span path = {(const char *)p, n};
    const char *name;
    for (size_t i = 0; (name = route_provider_name(i)); i++)
        for (size_t m = 0; m < COUNT(methods); m++) {
            const struct route *r = route_find(name, span_str(methods[m]), path, m == 1);
            REQUIRE(r && r->codec && r->codec->error && r->codec->stream_error);
            if (r->known) check_known(path);
        }
    name = route_provider(path);
    REQUIRE(name == NULL || route_knows_provider(name));
    return 0;
}
