/* The tap on any reply: what it tells does not depend on how the bytes are cut, and where the reply is JSON without another
 * reply in base64 in it, everything that it tells is a string of it. */
#include "core/jscan.h"
#include "wire/names.h"
#include "wire/tap.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())
#define MOST 256u

struct heard {
    struct digest d[MOST];
    enum tap_kind kind[MOST];
    size_t n;
};

static void hear(void *arg, enum tap_kind kind, const struct digest *d)
{
    struct heard *h = arg;
    if (h->n == MOST) return;
    h->kind[h->n] = kind;
    h->d[h->n++] = *d;
}

static struct heard listen(struct span s, size_t piece)
{
    struct tap t;
    struct heard h = {.n = 0};
    tap_init(&t);
    while (s.n > 0) {
        size_t n = s.n < piece ? s.n : piece;
        tap_feed(&t, (struct span){s.p, n}, hear, &h);
        s = span_from(s, n);
    }
    tap_fini(&t);
    return h;
}

static bool is_told(const struct jdoc *d, const struct digest *want, struct arena *a)
{
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->tok[i].type != J_STRING) continue;
        struct span v = jdoc_text(d, i, a);
        struct digest whole = sha256(v), name = sha256(names_object(v));
        if (memcmp(&whole, want, sizeof whole) == 0 || memcmp(&name, want, sizeof name) == 0) return true;
    }
    return false;
}

static bool holds_code(const struct jdoc *d)
{
    for (uint32_t i = 0; i < d->n; i++)
        if (d->tok[i].type == J_KEY && jdoc_is(d, i, "bytes")) return true;
    return false;
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    if (n == 0 || n > 65536) return 0;
    struct span s = {(const char *)p + 1, n - 1};
    struct heard whole = listen(s, s.n ? s.n : 1), cut = listen(s, (size_t)p[0] % 16 + 1);
    REQUIRE(whole.n == cut.n);
    REQUIRE(memcmp(whole.d, cut.d, whole.n * sizeof whole.d[0]) == 0);
    REQUIRE(memcmp(whole.kind, cut.kind, whole.n * sizeof whole.kind[0]) == 0);
    struct arena *a = arena_new(0);
    struct jdoc d;
    size_t at;
    if (a != NULL && jscan(s, a, &d, &at) == FAIL_OK && !holds_code(&d))
        for (size_t i = 0; i < whole.n; i++) REQUIRE(is_told(&d, &whole.d[i], a));
    arena_free(a);
    return 0;
}
