/* The codings that hold one text in another, on any bytes: nothing is written beyond the room that the header tells, and
 * what was written in a coding is read from it again. */
#include "core/base64.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static char *room(size_t n)
{
    char *p = malloc(n ? n : 1);
    if (p == NULL) abort();
    return p;
}

static void check_base64(struct span s, bool url)
{
    struct obuf code = {0};
    base64_put(&code, s, url);
    REQUIRE(obuf_ok(&code) && base64_room(code.n) >= s.n);
    char *out = room(base64_room(code.n));
    REQUIRE(span_eq((struct span){out, base64_decode(obuf_span(&code), out)}, s));
    free(out);
    obuf_fini(&code);
}

static void check_hex(struct span s)
{
    struct obuf code = {0};
    for (size_t i = 0; i < s.n; i++) obuf_printf(&code, i % 2 ? "%02x" : "%02X", (unsigned char)s.p[i]);
    char *out = room(s.n);
    REQUIRE(span_eq((struct span){out, hex_decode(obuf_span(&code), out)}, s));
    free(out);
    obuf_fini(&code);
}

static void check_quoted(struct span s, bool words)
{
    struct obuf code = {0};
    for (size_t i = 0; i < s.n; i++) obuf_printf(&code, "%s=%02X", i % 20 == 19 ? "=\r\n" : "", (unsigned char)s.p[i]);
    char *out = room(code.n);
    REQUIRE(span_eq((struct span){out, quoted_decode(obuf_span(&code), words, out)}, s));
    free(out);
    obuf_fini(&code);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span s = {(const char *)p, n};
    char *out = room(base64_room(n)), *half = room(n / 2), *same = room(n);
    REQUIRE(base64_decode(s, out) <= base64_room(n));
    REQUIRE(hex_decode(s, half) <= n / 2);
    REQUIRE(quoted_decode(s, n % 2, same) <= n);
    free(out);
    free(half);
    free(same);
    check_base64(s, n % 2);
    check_hex(s);
    check_quoted(s, n % 2);
    return 0;
}
