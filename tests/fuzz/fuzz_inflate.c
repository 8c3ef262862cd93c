/* Fuzzes core/inflate. Input: a byte that picks the coding, then the frame. Oracles: the caps hold; a frame that is
 * accepted is refused with one byte more or one byte less, so that exactly one frame was read. */
#include "core/inflate.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BYTES (4u << 20)
#define MAX_RATIO 100
#define REQUIRE(x) ((x) ? (void)0 : (fprintf(stderr, "does not hold: %s\n", #x), abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On a heap block of exactly that size, for ASan. `more`: one byte after the `n`. */
static enum fail decode(enum encoding e, const uint8_t *p, size_t n, bool more, size_t *out_n)
{
    char *own = malloc(n + 1);
    struct blob *out = NULL;
    bool well_formed = true;
    REQUIRE(own);
    memcpy(own, p, n);
    own[n] = 'x';
    char *exact = more ? own : realloc(own, n ? n : 1);
    enum fail f = inflate_all(e, (struct span){exact, n + more}, MAX_BYTES, MAX_RATIO, &out, &well_formed);
    REQUIRE((f == FAIL_OK) == (out != NULL));
    REQUIRE(f == FAIL_OK || f == FAIL_ENCODING_BAD || f == FAIL_ENCODING_BOMB);
    REQUIRE(f == FAIL_OK || !well_formed);
    *out_n = out ? blob_span(out).n : 0;
    blob_unref(out);
    free(exact);
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n, ignored;
    if (size < 1) return 0;
    enum encoding e = (enum encoding)(ENCODING_GZIP + data[0] % 4);
    if (decode(e, data + 1, size - 1, false, &n) != FAIL_OK) return 0;
    REQUIRE(n <= MAX_BYTES);
    REQUIRE(n <= (1u << 20) || n <= (size - 1) * MAX_RATIO);
    REQUIRE(decode(e, data + 1, size - 1, true, &ignored) == FAIL_ENCODING_BAD);
    REQUIRE(decode(e, data + 1, size - 2, false, &ignored) != FAIL_OK);
    return 0;
}
