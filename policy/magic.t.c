#include "policy/magic.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define TEN "\0\0\0\0\0\0\0\0\0\0"

/* The first bytes of real files, each by its format's specification. */
static const struct { struct span head; enum opaque_kind kind; } files[] = {
    {SPAN("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), OPAQUE_IMAGE},
    {SPAN("\xff\xd8\xff\xe0\0\x10JFIF"), OPAQUE_IMAGE},
    {SPAN("\xff\xd8\xff\xe1\0\x10" "Exif"), OPAQUE_IMAGE},
    {SPAN("GIF87a\1\0"), OPAQUE_IMAGE},
    {SPAN("GIF89a\1\0"), OPAQUE_IMAGE},
    {SPAN("RIFF\x24\0\0\0WEBPVP8 "), OPAQUE_IMAGE},
    {SPAN("II*\0\x08\0\0\0"), OPAQUE_IMAGE},
    {SPAN("MM\0*\0\0\0\x08"), OPAQUE_IMAGE},
    {SPAN("\0\0\0\x18" "ftypheic\0\0\0\0"), OPAQUE_IMAGE},
    {SPAN("\0\0\0\x18" "ftypavif\0\0\0\0"), OPAQUE_IMAGE},
    {SPAN("BM\x36\0\0\0\0\0"), OPAQUE_IMAGE},
    {SPAN("RIFF\x24\0\0\0WAVEfmt "), OPAQUE_AUDIO},
    {SPAN("ID3\4\0\0\0"), OPAQUE_AUDIO},
    {SPAN("\xff\xfb\x90\x64"), OPAQUE_AUDIO},
    {SPAN("OggS\0\2"), OPAQUE_AUDIO},
    {SPAN("fLaC\0\0\0\x22"), OPAQUE_AUDIO},
    {SPAN("\0\0\0\x18" "ftypM4A \0\0\0\0"), OPAQUE_AUDIO},
    {SPAN("RIFF\x24\0\0\0AVI LIST"), OPAQUE_VIDEO},
    {SPAN("\0\0\0\x18" "ftypisom\0\0\0\0"), OPAQUE_VIDEO},
    {SPAN("\0\0\0\x18" "ftypmp42\0\0\0\0"), OPAQUE_VIDEO},
    {SPAN("\x1a\x45\xdf\xa3\x9f\x42"), OPAQUE_VIDEO},
    {SPAN("%PDF-1.7\n"), OPAQUE_DOCUMENT},
    {SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), OPAQUE_DOCUMENT},
    {SPAN("PK\3\4\x14\0\6\0\x08\0" TEN TEN "[Content_Types].xml"), OPAQUE_DOCUMENT},
    {SPAN("PK\3\4\x14\0\0\0\0\0" TEN TEN "mimetypeapplication/vnd.oasis.opendocument.text"), OPAQUE_DOCUMENT},
    {SPAN("PK\3\4\x14\0\0\0\0\0" TEN TEN "notes.txt"), OPAQUE_ARCHIVE},
    {SPAN("PK\5\6" TEN TEN), OPAQUE_ARCHIVE},
    {SPAN("\x1f\x8b\x08\0\0\0"), OPAQUE_ARCHIVE},
    {SPAN("\x1f\x8b\x08\x10\0\0"), OPAQUE_ARCHIVE},
    {SPAN("7z\xbc\xaf\x27\x1c\0\4"), OPAQUE_ARCHIVE},
    {SPAN("Rar!\x1a\x07\1\0"), OPAQUE_ARCHIVE},
    {SPAN("\x28\xb5\x2f\xfd\4\0"), OPAQUE_ARCHIVE},
    {SPAN("\xfd" "7zXZ\0\0\4"), OPAQUE_ARCHIVE},
    {SPAN("BZh91AY&SY"), OPAQUE_ARCHIVE},
};

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        unsigned strength = 0;
        enum opaque_kind kind = magic_kind(files[i].head, &strength);
        if (kind != files[i].kind) fail_msg("row %zu: %d", i, (int)kind);
        assert_in_range(strength, 2, 8);
    }
}

static void test_marks_further_in(void **state)
{
    (void)state;
    char bytes[512] = {0};
    unsigned strength;
    memcpy(bytes + 128, "DICM", 4);
    assert_int_equal(magic_kind((struct span){bytes, 132}, &strength), OPAQUE_IMAGE);
    assert_int_equal(magic_kind((struct span){bytes, 131}, &strength), OPAQUE_COUNT);
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + 257, "ustar", 5);
    assert_int_equal(magic_kind((struct span){bytes, 262}, &strength), OPAQUE_ARCHIVE);
    assert_int_equal(magic_kind((struct span){bytes, 261}, &strength), OPAQUE_COUNT);
}

/* Files that are cut short, at the exact end of their memory: no byte behind it is looked at. */
static void test_cut_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++)
        for (size_t n = 0; n < files[i].head.n; n++) {
            unsigned strength = 9;
            char *cut = malloc(n ? n : 1);
            assert_non_null(cut);
            memcpy(cut, files[i].head.p, n);
            if (magic_kind((struct span){cut, n}, &strength) == OPAQUE_COUNT) assert_int_equal(strength, 0);
            else assert_true(strength <= n);
            free(cut);
        }
}

static void test_no_files(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{\"a\":1}", "[1]", "PNG", "The GIF89a format", " %PDF-1.7", "RIFF is a format", "PK", "Dear colleague,", "ftyp", "7z", "xID3",
    };
    unsigned strength;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (magic_kind(span_str(texts[i]), &strength) != OPAQUE_COUNT) fail_msg("%s", texts[i]);
    assert_int_equal(magic_kind(SPAN_NONE, &strength), OPAQUE_COUNT);
}

static void test_media_types(void **state)
{
    (void)state;
    static const struct { const char *type; enum opaque_kind kind; } rows[] = {
        {"image/png", OPAQUE_IMAGE}, {"IMAGE/x-anything", OPAQUE_IMAGE}, {"application/dicom", OPAQUE_IMAGE},
        {"audio/mpeg", OPAQUE_AUDIO}, {"video/mp4", OPAQUE_VIDEO}, {"application/pdf", OPAQUE_DOCUMENT},
        {"application/msword", OPAQUE_DOCUMENT}, {"application/zip", OPAQUE_ARCHIVE}, {"application/gzip", OPAQUE_ARCHIVE},
        {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", OPAQUE_DOCUMENT},
        {"application/x-7z-compressed", OPAQUE_ARCHIVE}, {"application/x-tar", OPAQUE_ARCHIVE},
        {"application/octet-stream", OPAQUE_BINARY}, {"text/plain", OPAQUE_BINARY}, {"image", OPAQUE_BINARY}, {"", OPAQUE_BINARY},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (magic_of_type(span_str(rows[i].type)) != rows[i].kind) fail_msg("%s", rows[i].type);
    assert_int_equal(magic_of_type(SPAN_NONE), OPAQUE_BINARY);
}

/* ---- text ---- */

static void test_utf8(void **state)
{
    (void)state;
    static const struct { struct span s; bool is; } rows[] = {
        {SPAN(""), true}, {SPAN("plain"), true}, {SPAN("a\0b"), true}, {SPAN("\xc3\xa9"), true}, {SPAN("\xef\xbf\xbf"), true},
        {SPAN("\xf4\x8f\xbf\xbf"), true}, {SPAN("\xed\x9f\xbf"), true}, {SPAN("\x80"), false}, {SPAN("\xc3"), false},
        {SPAN("\xc3("), false}, {SPAN("\xe2\x82"), false}, {SPAN("\xf0\x9f\x98"), false}, {SPAN("\xc0\x80"), false},
        {SPAN("\xe0\x9f\xbf"), false}, {SPAN("\xed\xa0\x80"), false}, {SPAN("\xf0\x8f\xbf\xbf"), false},
        {SPAN("\xf4\x90\x80\x80"), false}, {SPAN("\xff"), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (text_is_utf8(rows[i].s) != rows[i].is) fail_msg("row %zu", i);
}

/* One control character in fifty is no reason to take a text for bytes. */
static void test_controls(void **state)
{
    (void)state;
    char text[100];
    memset(text, 'x', sizeof text);
    memcpy(text, "\t\n\r\f", 4);
    assert_true(text_is_text((struct span){text, sizeof text}));
    text[10] = 1, text[20] = 0x7f;
    assert_true(text_is_text((struct span){text, sizeof text}));
    text[30] = '\0';
    assert_false(text_is_text((struct span){text, sizeof text}));
    assert_int_equal(text_share((struct span){text, sizeof text}), 97);
    assert_int_equal(text_share(SPAN("\xc3\xa9" "ab")), 50);
    assert_int_equal(text_share(SPAN_NONE), 0);
}

static void expect_text(struct span bytes, bool western, const char *want)
{
    struct arena *a = arena_new(0);
    bool failed = false;
    struct span got = text_from(bytes, western, a, &failed);
    assert_false(failed);
    bool right = want ? got.p && span_is(got, want) : got.p == NULL;
    if (!right) fail_msg("%.*s, not %s", (int)got.n, got.p ? got.p : "none", want ? want : "none");
    arena_free(a);
}

#define BIG(c) "\0" c
#define LITTLE(c) c "\0"

static void test_encodings(void **state)
{
    (void)state;
    expect_text(SPAN("caf\xc3\xa9"), false, "caf\xc3\xa9");
    expect_text(SPAN("\xff\xfe" LITTLE("h") LITTLE("i")), false, "hi");
    expect_text(SPAN("\xfe\xff" BIG("h") BIG("i")), false, "hi");
    expect_text(SPAN(LITTLE("n") LITTLE("o") LITTLE("t") LITTLE("e")), false, "note");
    expect_text(SPAN(BIG("n") BIG("o") BIG("t") BIG("e")), false, "note");
    expect_text(SPAN("\xff\xfe\x3d\xd8\x00\xde" LITTLE("!")), false, "\xf0\x9f\x98\x80!");
    expect_text(SPAN("\xff\xfe\x3d\xd8" LITTLE("!")), false, "\xef\xbf\xbd!");   /* half a pair */
    expect_text(SPAN("\xff\xfe" LITTLE("h") LITTLE("i") "x"), false, "hi");     /* half a unit */
    expect_text(SPAN("Patientin M\xfcller, Gr\xfc\xdf" "e"), true, "Patientin M\xc3\xbcller, Gr\xc3\xbc\xc3\x9f" "e");
    expect_text(SPAN("Patientin M\xfcller, Gr\xfc\xdf" "e"), false, NULL);
    expect_text(SPAN("\x01\x02\x03\xff\xfe\x00\x80"), true, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files), cmocka_unit_test(test_marks_further_in), cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_no_files), cmocka_unit_test(test_media_types), cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_controls), cmocka_unit_test(test_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
