/* jscan beside two other readers of JSON, on any bytes. Jansson is strict as well: what jscan accepts, it reads as the same
 * tree, what it accepts, jscan does, but for what is listed here, and both find a key twice. cJSON takes much more and
 * keeps less: where jscan accepts, it reads the same tree, as far as it can hold it. */
#include "core/jscan.h"
#include <cjson/cJSON.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);
size_t LLVMFuzzerCustomMutator(unsigned char *p, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(unsigned char *p, size_t n, size_t max);

#define REQUIRE(x) ((x) ? (void)0 : abort())

/* ---- Jansson ---- */

/* What Jansson cannot hold, and JSON can: numbers beyond a double or 64 bits, U+0000 in a key. */
static bool beyond_jansson(const json_error_t *e)
{
    enum json_error_code code = json_error_code(e);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
}

/* What jscan does not want, and Jansson does: nesting and sizes beyond jscan's bounds; and a zero byte after a number or a
 * word, which Jansson loses when it puts it back. */
static bool beyond_jscan(enum fail f, struct span text)
{
    return f == FAIL_JSON_DEPTH || f == FAIL_JSON_TOO_MANY || (text.n && memchr(text.p, '\0', text.n));
}

static void same_number(const struct jdoc *d, uint32_t i, const json_t *j)
{
    int64_t whole;
    double real;
    if (json_is_integer(j)) REQUIRE(jdoc_int(d, i, &whole) && whole == json_integer_value(j));
    else REQUIRE(json_is_real(j) && !jdoc_int(d, i, &whole));
    if (jdoc_double(d, i, &real)) REQUIRE(real == json_number_value(j));
    else REQUIRE(jdoc_raw(d, i).n >= 128);   /* the longest that jdoc_double converts */
}

static void same_text(struct span s, const char *p, size_t n) { REQUIRE(p && span_eq(s, (struct span){p, n})); }

static void same_as_jansson(const struct jdoc *d, uint32_t i, json_t *j, struct arena *a);

static void same_members(const struct jdoc *d, uint32_t object, json_t *j, struct arena *a)
{
    void *at = json_object_iter(j);   /* in the order in which they came */
    for (uint32_t k = jdoc_first(object); k < jdoc_end(d, object); k = d->tok[k + 1].next) {
        REQUIRE(at != NULL && d->tok[k].type == J_KEY);
        same_text(jdoc_text(d, k, a), json_object_iter_key(at), json_object_iter_key_len(at));
        same_as_jansson(d, k + 1, json_object_iter_value(at), a);
        at = json_object_iter_next(j, at);
    }
    REQUIRE(at == NULL);
}

static void same_elements(const struct jdoc *d, uint32_t array, json_t *j, struct arena *a)
{
    size_t n = 0;
    for (uint32_t k = jdoc_first(array); k < jdoc_end(d, array); k = d->tok[k].next)
        same_as_jansson(d, k, json_array_get(j, n++), a);
    REQUIRE(n == json_array_size(j));
}

static void same_as_jansson(const struct jdoc *d, uint32_t i, json_t *j, struct arena *a)
{
    static const json_type types[] = {
        [J_OBJECT] = JSON_OBJECT, [J_ARRAY] = JSON_ARRAY, [J_STRING] = JSON_STRING,
        [J_TRUE] = JSON_TRUE,     [J_FALSE] = JSON_FALSE, [J_NULL] = JSON_NULL,
    };
    enum jtype t = d->tok[i].type;
    REQUIRE(j != NULL && t != J_KEY);
    if (t == J_NUMBER) {
        same_number(d, i, j);
        return;
    }
    REQUIRE(json_typeof(j) == types[t]);
    if (t == J_STRING) same_text(jdoc_text(d, i, a), json_string_value(j), json_string_length(j));
    if (t == J_OBJECT) same_members(d, i, j, a);
    if (t == J_ARRAY) same_elements(d, i, j, a);
}

static void beside_jansson(enum fail f, const struct jdoc *d, struct span text, struct arena *a)
{
    json_error_t e;
    json_t *j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (j) REQUIRE(f == FAIL_OK || beyond_jscan(f, text));
    else REQUIRE(f != FAIL_OK || beyond_jansson(&e));
    if (j && f == FAIL_OK) same_as_jansson(d, 0, j, a);
    json_decref(j);
}

/* ---- cJSON ---- */

/* It ends strings at U+0000 and converts no number of more than 63 characters. */
static bool fits_cjson(const struct jdoc *d, struct arena *a)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct span s = jdoc_text(d, i, a);
        if (s.n && memchr(s.p, '\0', s.n)) return false;
        if (d->tok[i].type == J_NUMBER && jdoc_raw(d, i).n > 63) return false;
    }
    return true;
}

static void same_as_cjson(const struct jdoc *d, uint32_t i, const cJSON *c, struct arena *a)
{
    static const int types[] = {
        [J_OBJECT] = cJSON_Object, [J_ARRAY] = cJSON_Array, [J_STRING] = cJSON_String, [J_NUMBER] = cJSON_Number,
        [J_TRUE] = cJSON_True,     [J_FALSE] = cJSON_False, [J_NULL] = cJSON_NULL,
    };
    enum jtype t = d->tok[i].type;
    double real;
    REQUIRE(c != NULL && (c->type & 0xff) == types[t]);
    if (t == J_STRING) same_text(jdoc_text(d, i, a), c->valuestring, strlen(c->valuestring));
    if (t == J_NUMBER) REQUIRE(jdoc_double(d, i, &real) ? real == c->valuedouble : isinf(c->valuedouble));
    if (t != J_OBJECT && t != J_ARRAY) return;
    const cJSON *child = c->child;
    for (uint32_t k = jdoc_first(i); k < jdoc_end(d, i); k = d->tok[k].next, child = child->next) {
        REQUIRE(child != NULL);
        if (t == J_OBJECT) same_text(jdoc_text(d, k, a), child->string, strlen(child->string)), k++;
        same_as_cjson(d, k, child, a);
    }
    REQUIRE(child == NULL);
}

static void beside_cjson(const struct jdoc *d, struct span text, struct arena *a)
{
    if (!fits_cjson(d, a)) return;
    char *held = arena_strndup(a, text.p, text.n);   /* it looks at the byte after the text to see its end */
    cJSON *c = held ? cJSON_ParseWithLengthOpts(held, text.n + 1, NULL, true) : NULL;
    same_as_cjson(d, 0, c, a);
    cJSON_Delete(c);
}

/* ---- the fuzzer ---- */

/* What readers of JSON have been known to differ on. */
#define PIECE(text) {text, sizeof(text) - 1}
static const struct span pieces[] = {
    PIECE("\\u0000"), PIECE("\\ud83d"), PIECE("\\ude00"), PIECE("\\u00E9"), PIECE("\\/"), PIECE("\\"), PIECE("\""),
    PIECE("\"a\":0,"), PIECE("\"\\u0061\":1,"), PIECE("\"\":[],"), PIECE("{}"), PIECE("[]"), PIECE(","), PIECE("null"),
    PIECE("NaN"), PIECE("-0"), PIECE("0"), PIECE(".5"), PIECE("e+1"), PIECE("E400"), PIECE("9223372036854775808"),
    PIECE(" "), PIECE("\n"), PIECE("\f"), PIECE("\0"), PIECE("\x1f"), PIECE("\x7f"), PIECE("//"), PIECE("'"),
    PIECE("\xc2\xa0"), PIECE("\xc0\x80"), PIECE("\xed\xa0\x80"), PIECE("\xef\xbb\xbf"), PIECE("\xef\xbf\xbf"),
    PIECE("\xf4\x8f\xbf\xbf"), PIECE("\xf4\x90\x80\x80"),
};

/* Every other time one of the pieces goes in somewhere, else it is any mutation. */
size_t LLVMFuzzerCustomMutator(unsigned char *p, size_t n, size_t max, unsigned seed)
{
    struct span piece = pieces[seed / 2 % COUNT(pieces)];
    if (seed % 2 || max - n < piece.n) return LLVMFuzzerMutate(p, n, max);
    size_t at = (size_t)seed / (2 * COUNT(pieces)) % (n + 1);
    memmove(p + at + piece.n, p + at, n - at);
    memcpy(p + at, piece.p, piece.n);
    return n + piece.n;
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span text = {(const char *)p, n};
    struct arena *a = arena_new(0);
    struct jdoc d;
    size_t at;
    if (a == NULL) return 0;
    enum fail f = jscan(text, a, &d, &at);
    beside_jansson(f, &d, text, a);
    if (f == FAIL_OK) beside_cjson(&d, text, a);
    arena_free(a);
    return 0;
}
