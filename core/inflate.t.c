#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "core/inflate.h"
#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define MB (1024 * 1024)

static const enum encoding all[] = {ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_BR, ENCODING_ZSTD};

/* ---- making frames ---- */

struct bytes {
    char *p;
    size_t n;
};

static struct span span_of(struct bytes b) { return (struct span){b.p, b.n}; }

static struct bytes with_zlib(struct span in, int bits, gz_header *header)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    if (header) assert_int_equal(deflateSetHeader(&z, header), Z_OK);
    struct bytes b = {NULL, deflateBound(&z, in.n) + 512};
    b.p = malloc(b.n);
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (unsigned)in.n;
    z.next_out = (Bytef *)b.p;
    z.avail_out = (unsigned)b.n;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.n = z.total_out;
    deflateEnd(&z);
    return b;
}

static struct bytes with_brotli(struct span in)
{
    struct bytes b = {NULL, BrotliEncoderMaxCompressedSize(in.n) + 64};
    b.p = malloc(b.n);
    assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, in.n, (const uint8_t *)in.p, &b.n, (uint8_t *)b.p));
    return b;
}

/* Without a content size in the header when `streamed`; a window of 2^log when log is not 0. */
static struct bytes with_zstd(struct span in, bool streamed, int log)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    struct bytes b = {NULL, ZSTD_compressBound(in.n) + 64};
    b.p = malloc(b.n);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, !streamed);
    if (log) ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, log);
    if (log) ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_inBuffer from = {in.p, in.n, 0};
    ZSTD_outBuffer to = {b.p, b.n, 0};
    if (streamed) assert_true(ZSTD_compressStream2(c, &to, &from, ZSTD_e_continue) < ZSTD_CONTENTSIZE_ERROR);
    assert_int_equal(ZSTD_compressStream2(c, &to, &from, ZSTD_e_end), 0);
    b.n = to.pos;
    ZSTD_freeCCtx(c);
    return b;
}

static struct bytes compress_as(enum encoding e, struct span in)
{
    switch (e) {
    case ENCODING_GZIP: return with_zlib(in, 31, NULL);
    case ENCODING_DEFLATE: return with_zlib(in, 15, NULL);
    case ENCODING_BR: return with_brotli(in);
    default: return with_zstd(in, false, 0);
    }
}

static struct bytes joined(struct span a, struct span b)
{
    struct bytes r = {malloc(a.n + b.n + 1), a.n + b.n};
    memcpy(r.p, a.p, a.n);
    memcpy(r.p + a.n, b.p, b.n);
    return r;
}

/* ---- decoding; the input is copied to an exact heap block for ASan ---- */

static enum fail decode_into(enum encoding e, struct span in, size_t max, unsigned ratio, struct blob **out, bool *well)
{
    char *own = malloc(in.n ? in.n : 1);
    memcpy(own, in.p, in.n);
    enum fail f = inflate_all(e, (struct span){own, in.n}, max, ratio, out, well);
    free(own);
    assert_int_equal(f == FAIL_OK, *out != NULL);
    if (f) assert_false(*well);
    return f;
}

static enum fail decode(enum encoding e, struct span in)
{
    struct blob *out;
    bool well;
    enum fail f = decode_into(e, in, 32 * MB, 1000, &out, &well);
    blob_unref(out);
    return f;
}

static bool decodes_well_formed(enum encoding e, struct span in, struct span want)
{
    struct blob *out;
    bool well;
    assert_int_equal(decode_into(e, in, 32 * MB, 1000, &out, &well), FAIL_OK);
    assert_true(span_eq(blob_span(out), want));
    blob_unref(out);
    return well;
}

static const struct span chat = {
    "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"The quick brown fox jumps over the lazy dog. "
    "The quick brown fox jumps over the lazy dog again, and again, and again.\"}]}", 172};

static struct bytes varied(size_t n)
{
    struct bytes b = {malloc(n), n};
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        b.p[i] = (char)('a' + (x >> 28));
    }
    return b;
}

/* ---- tests ---- */

static void test_names(void **state)
{
    (void)state;
    enum encoding e = ENCODING_BR;
    assert_int_equal(encoding_parse(SPAN(""), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_IDENTITY);
    assert_int_equal(encoding_parse(SPAN(" GZip "), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_GZIP);
    assert_int_equal(encoding_parse(SPAN("x-gzip"), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_GZIP);
    assert_int_equal(encoding_parse(SPAN("deflate"), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_DEFLATE);
    assert_int_equal(encoding_parse(SPAN("br"), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_BR);
    assert_int_equal(encoding_parse(SPAN("zstd"), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_ZSTD);
    assert_int_equal(encoding_parse(SPAN("identity"), &e), FAIL_OK);
    assert_int_equal(e, ENCODING_IDENTITY);
    assert_int_equal(encoding_parse(SPAN("gzip, br"), &e), FAIL_ENCODING_STACKED);
    assert_int_equal(encoding_parse(SPAN("identity,gzip"), &e), FAIL_ENCODING_STACKED);
    assert_int_equal(encoding_parse(SPAN("compress"), &e), FAIL_ENCODING_UNKNOWN);
    assert_int_equal(encoding_parse(SPAN("gzip;q=1"), &e), FAIL_ENCODING_UNKNOWN);
    assert_int_equal(encoding_parse(SPAN("gzi"), &e), FAIL_ENCODING_UNKNOWN);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 172, 4095, 4096, 4097, 300000, 3 * MB};
    for (size_t k = 0; k < COUNT(all); k++) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            struct bytes plain = varied(sizes[i] ? sizes[i] : 1);
            struct span want = {plain.p, sizes[i]};
            struct bytes z = compress_as(all[k], want);
            bool expect = all[k] == ENCODING_GZIP || all[k] == ENCODING_ZSTD;
            assert_int_equal(decodes_well_formed(all[k], span_of(z), want), expect);
            free(z.p);
            free(plain.p);
        }
    }
    assert_true(decodes_well_formed(ENCODING_IDENTITY, chat, chat));
    assert_true(decodes_well_formed(ENCODING_IDENTITY, SPAN(""), SPAN("")));
}

static void test_raw_deflate(void **state)
{
    (void)state;
    struct bytes z = with_zlib(chat, -15, NULL);
    assert_false(decodes_well_formed(ENCODING_DEFLATE, span_of(z), chat));
    assert_int_equal(decode(ENCODING_GZIP, span_of(z)), FAIL_ENCODING_BAD);
    free(z.p);
}

static void test_one_coding_is_not_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct bytes z = compress_as(all[i], chat);
        for (size_t k = 0; k < COUNT(all); k++)
            if (k != i) assert_int_equal(decode(all[k], span_of(z)), FAIL_ENCODING_BAD);
        free(z.p);
    }
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(all); k++) {
        struct bytes z = compress_as(all[k], chat);
        for (size_t n = 0; n < z.n; n++)
            assert_int_equal(decode(all[k], (struct span){z.p, n}), FAIL_ENCODING_BAD);
        free(z.p);
    }
    struct bytes z = with_zstd(chat, true, 0);
    for (size_t n = 0; n < z.n; n++) assert_int_equal(decode(ENCODING_ZSTD, (struct span){z.p, n}), FAIL_ENCODING_BAD);
    free(z.p);
}

static void test_nothing_may_follow_or_precede(void **state)
{
    (void)state;
    static const struct span extra[] = {{"\0", 1}, {"x", 1}, {"\r\n", 2}, {"{\"ssn\":\"123-45-6789\"}", 21}};
    for (size_t k = 0; k < COUNT(all); k++) {
        struct bytes z = compress_as(all[k], chat), twice = joined(span_of(z), span_of(z));
        assert_int_equal(decode(all[k], span_of(twice)), FAIL_ENCODING_BAD);
        for (size_t i = 0; i < COUNT(extra); i++) {
            struct bytes after = joined(span_of(z), extra[i]);
            assert_int_equal(decode(all[k], span_of(after)), FAIL_ENCODING_BAD);
            free(after.p);
        }
        free(z.p);
        free(twice.p);
    }
}

static void test_bit_flips_do_not_crash(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(all); k++) {
        struct bytes z = compress_as(all[k], chat);
        size_t refused = 0;
        for (size_t bit = 0; bit < z.n * 8; bit++) {
            z.p[bit / 8] ^= (char)(1 << bit % 8);
            refused += decode(all[k], span_of(z)) != FAIL_OK;
            z.p[bit / 8] ^= (char)(1 << bit % 8);
        }
        assert_true(refused > z.n);
        assert_int_equal(decode(all[k], span_of(z)), FAIL_OK);
        free(z.p);
    }
}

/* 200 MB of zeros from a few KB, made in the same way as an attacker would: deflate needs about 200 KB for that. */
static void test_bombs(void **state)
{
    (void)state;
    struct bytes zeros = {calloc(1, 200 * MB), 200 * MB};
    for (size_t k = 0; k < COUNT(all); k++) {
        struct bytes z = compress_as(all[k], span_of(zeros));
        struct blob *out;
        bool well;
        assert_int_equal(decode_into(all[k], span_of(z), 32 * MB, 1000000, &out, &well), FAIL_ENCODING_BOMB);
        assert_int_equal(decode_into(all[k], span_of(z), 1000 * MB, 100, &out, &well), FAIL_ENCODING_BOMB);
        free(z.p);
    }
    struct bytes z = with_zstd(span_of(zeros), true, 0);
    assert_int_equal(decode(ENCODING_ZSTD, span_of(z)), FAIL_ENCODING_BOMB);
    free(z.p);
    free(zeros.p);
}

static void test_limits_are_exact(void **state)
{
    (void)state;
    struct bytes zeros = {calloc(1, 2 * MB), 2 * MB};
    struct blob *out;
    bool well;
    for (size_t k = 0; k < COUNT(all); k++) {
        struct bytes z = compress_as(all[k], (struct span){zeros.p, 5000});
        assert_int_equal(decode_into(all[k], span_of(z), 4999, 1, &out, &well), FAIL_ENCODING_BOMB);
        assert_int_equal(decode_into(all[k], span_of(z), 5000, 1, &out, &well), FAIL_OK);
        blob_unref(out);
        free(z.p);
        z = compress_as(all[k], (struct span){zeros.p, MB});          /* the ratio does not count up to here */
        assert_int_equal(decode_into(all[k], span_of(z), 32 * MB, 2, &out, &well), FAIL_OK);
        blob_unref(out);
        free(z.p);
        z = compress_as(all[k], (struct span){zeros.p, MB + 1});
        assert_int_equal(decode_into(all[k], span_of(z), 32 * MB, 2, &out, &well), FAIL_ENCODING_BOMB);
        free(z.p);
    }
    assert_int_equal(decode_into(ENCODING_IDENTITY, SPAN("abcd"), 3, 1, &out, &well), FAIL_ENCODING_BOMB);
    free(zeros.p);
}

static void test_gzip_fields_are_not_well_formed(void **state)
{
    (void)state;
    Bytef text[] = "SSN 123-45-6789";
    gz_header fields[] = {
        {.os = 3, .extra = text, .extra_len = sizeof text}, {.os = 3, .name = text}, {.os = 3, .comment = text},
        {.os = 3, .hcrc = 1}, {.os = 77}, {.os = 3, .text = 1},
    };
    gz_header usual = {.os = 3, .time = 1700000000};
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct bytes z = with_zlib(chat, 31, &fields[i]);
        assert_false(decodes_well_formed(ENCODING_GZIP, span_of(z), chat));
        free(z.p);
    }
    struct bytes z = with_zlib(chat, 31, &usual);
    assert_true(decodes_well_formed(ENCODING_GZIP, span_of(z), chat));
    free(z.p);
}

static void test_zlib_dictionary_is_refused(void **state)
{
    (void)state;
    z_stream z = {0};
    char buf[512];
    assert_int_equal(deflateInit(&z, 9), Z_OK);
    assert_int_equal(deflateSetDictionary(&z, (const Bytef *)"quick brown fox", 15), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)chat.p;
    z.avail_in = (unsigned)chat.n;
    z.next_out = (Bytef *)buf;
    z.avail_out = sizeof buf;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(decode(ENCODING_DEFLATE, (struct span){buf, z.total_out}), FAIL_ENCODING_BAD);
    deflateEnd(&z);
}

/* Empty stored blocks: five bytes each that make no content. */
static void test_padding_is_not_well_formed(void **state)
{
    (void)state;
    struct bytes z = with_zlib(SPAN("abc"), 31, NULL);
    struct bytes b = {malloc(z.n + 5 * 40), 10};
    memcpy(b.p, z.p, 10);
    for (int i = 0; i < 40; i++, b.n += 5) memcpy(b.p + b.n, "\0\0\0\377\377", 5);
    memcpy(b.p + b.n, z.p + 10, z.n - 10);
    b.n += z.n - 10;
    assert_false(decodes_well_formed(ENCODING_GZIP, span_of(b), SPAN("abc")));
    assert_true(decodes_well_formed(ENCODING_GZIP, span_of(z), SPAN("abc")));
    free(b.p);
    free(z.p);
}

#define ZSTD_MAGIC "\x28\xb5\x2f\xfd"

/* Frames by hand: a descriptor of 0x20 is a single segment with a one-byte content size; a block's header is
 * last | type << 1 | size << 3 in three bytes. */
static void test_zstd_frames(void **state)
{
    (void)state;
    static const struct span skippable = {"\x50\x2a\x4d\x18\x04\0\0\0SSN!", 12};
    struct bytes z = with_zstd(chat, false, 0), before = joined(skippable, span_of(z)), after = joined(span_of(z), skippable);
    assert_int_equal(decode(ENCODING_ZSTD, skippable), FAIL_ENCODING_BAD);
    assert_int_equal(decode(ENCODING_ZSTD, span_of(before)), FAIL_ENCODING_BAD);
    assert_int_equal(decode(ENCODING_ZSTD, span_of(after)), FAIL_ENCODING_BAD);
    free(z.p);
    free(before.p);
    free(after.p);
    assert_true(decodes_well_formed(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x03\x19\0\0abc"), SPAN("abc")));
    assert_true(decodes_well_formed(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x03\x1b\0\0a"), SPAN("aaa")));
    assert_true(decodes_well_formed(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\0\x01\0\0"), SPAN("")));
    /* one more bit in the descriptor; an empty raw block; an RLE block of nothing that carries an S */
    assert_false(decodes_well_formed(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x30\x03\x19\0\0abc"), SPAN("abc")));
    assert_false(decodes_well_formed(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x03\0\0\0\x19\0\0abc"), SPAN("abc")));
    assert_false(decodes_well_formed(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x03\x02\0\0S\x19\0\0abc"), SPAN("abc")));
    /* a dictionary id, the reserved bit, the reserved block type, another content size than it said */
    assert_int_equal(decode(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x21\x07\x03\x19\0\0abc")), FAIL_ENCODING_BAD);
    assert_int_equal(decode(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x28\x03\x19\0\0abc")), FAIL_ENCODING_BAD);
    assert_int_equal(decode(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x03\x1f\0\0abc")), FAIL_ENCODING_BAD);
    assert_int_equal(decode(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x04\x19\0\0abc")), FAIL_ENCODING_BAD);
    assert_int_equal(decode(ENCODING_ZSTD, SPAN(ZSTD_MAGIC "\x20\x02\x19\0\0abc")), FAIL_ENCODING_BAD);
}

static void test_zstd_window_is_limited(void **state)
{
    (void)state;
    struct bytes plain = varied(10 * MB);
    struct bytes small = with_zstd(span_of(plain), true, 23), large = with_zstd(span_of(plain), true, 24);
    struct bytes sized = with_zstd(span_of(plain), false, 24);
    assert_true(decodes_well_formed(ENCODING_ZSTD, span_of(small), span_of(plain)));
    assert_int_equal(decode(ENCODING_ZSTD, span_of(large)), FAIL_ENCODING_BAD);
    assert_true(decodes_well_formed(ENCODING_ZSTD, span_of(sized), span_of(plain)));
    free(plain.p);
    free(small.p);
    free(large.p);
    free(sized.p);
}

/* A Brotli stream of one metadata block with "SSN!" and an empty last block: it decodes to nothing. */
static void test_brotli_metadata_is_not_well_formed(void **state)
{
    (void)state;
    BrotliEncoderState *s = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    uint8_t buf[64], *to = buf;
    const uint8_t *from = (const uint8_t *)"SSN!";
    size_t left = 4, room = sizeof buf;
    assert_true(BrotliEncoderCompressStream(s, BROTLI_OPERATION_EMIT_METADATA, &left, &from, &room, &to, NULL));
    assert_int_equal(left, 0);
    assert_true(BrotliEncoderCompressStream(s, BROTLI_OPERATION_FINISH, &left, &from, &room, &to, NULL));
    struct span z = {(char *)buf, sizeof buf - room};
    assert_non_null(memmem(z.p, z.n, "SSN!", 4));
    assert_false(decodes_well_formed(ENCODING_BR, z, SPAN("")));
    BrotliEncoderDestroyInstance(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_raw_deflate),
        cmocka_unit_test(test_one_coding_is_not_another),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_nothing_may_follow_or_precede),
        cmocka_unit_test(test_bit_flips_do_not_crash),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_limits_are_exact),
        cmocka_unit_test(test_gzip_fields_are_not_well_formed),
        cmocka_unit_test(test_zlib_dictionary_is_refused),
        cmocka_unit_test(test_padding_is_not_well_formed),
        cmocka_unit_test(test_zstd_frames),
        cmocka_unit_test(test_zstd_window_is_limited),
        cmocka_unit_test(test_brotli_metadata_is_not_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
