/* What a reply that passes names, at every split point. */
#include "core/obuf.h"
#include "wire/tap.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define BLOB "QUJDREVGR0hJSktMTU5PUA=="

struct heard {
    struct {
        enum tap_kind kind;
        struct digest d;
    } what[64];
    size_t n;
};

static void hear(void *arg, enum tap_kind kind, const struct digest *d)
{
    struct heard *h = arg;
    assert_true(h->n < COUNT(h->what));
    h->what[h->n].kind = kind;
    h->what[h->n++].d = *d;
}

/* `want`: "id:…" and "sealed:…", with blanks between. */
static void check(const struct heard *h, const char *want, const char *reply)
{
    size_t n = 0;
    for (const char *p = want; *p; n++) {
        size_t len = strcspn(p, " ");
        struct span w = {p, len};
        enum tap_kind kind = span_starts(w, SPAN("id:")) ? TAP_ID : TAP_SEALED;
        struct digest d = sha256(span_from(w, kind == TAP_ID ? 3 : 7));
        if (n >= h->n || h->what[n].kind != kind || memcmp(&d, &h->what[n].d, sizeof d) != 0)
            fail_msg("no %.*s in %s", (int)len, p, reply);
        p += len + (p[len] == ' ');
    }
    if (n != h->n) fail_msg("%zu found, not %zu, in %s", h->n, n, reply);
}

static void expect(const char *reply, const char *want)
{
    struct span s = span_str(reply);
    for (size_t cut = 0; cut <= s.n; cut++) {
        struct tap t;
        struct heard h = {.n = 0};
        tap_init(&t);
        tap_feed(&t, (struct span){s.p, cut}, hear, &h);
        tap_feed(&t, span_from(s, cut), hear, &h);
        tap_fini(&t);
        check(&h, want, reply);
    }
    struct tap t;
    struct heard h = {.n = 0};
    tap_init(&t);
    for (size_t i = 0; i < s.n; i++) tap_feed(&t, (struct span){s.p + i, 1}, hear, &h);
    tap_fini(&t);
    check(&h, want, reply);
}

static void ids(void **state)
{
    (void)state;
    expect("{\"id\":\"resp_1\",\"object\":\"response\"}", "id:resp_1");
    expect("{ \"id\" : \"resp_1\" }", "id:resp_1");
    expect("{\n  \"id\":\n    \"file-1\"\n}", "id:file-1");
    expect("{\"data\":[{\"id\":\"file-1\"},{\"id\":\"file-2\"},{\"id\":\"file-1\"}]}", "id:file-1 id:file-2");
    expect("{\"\\u0069d\":\"resp\\u005f1\"}", "id:resp_1");
    expect("{\"id\":\"0a1b2c3d-0a1b-4c4d\",\"x\":{\"id\":\"0a1b2c3d-0a1b-4c4e\"}}", "id:0a1b2c3d-0a1b-4c4d");
    expect("{\"file\":{\"name\":\"files/abc\",\"uri\":\"https://h/v1beta/files/abc\"}}", "id:files/abc");
    expect("{\"name\":\"projects/p/locations/l/cachedContents/9\"}", "id:cachedContents/9");
    expect("{\"name\":\"get_weather\",\"displayName\":\"files/abc\"}", "");
    expect("{\"output_file_id\":\"file-out\",\"error_file_id\":null,\"input_file_id\":\"file-in\"}", "id:file-out id:file-in");
    expect("{\"message\":{\"audio\":{\"id\":\"audio_1\"}}}", "id:audio_1");
    expect("{\"id\":\"msg_0123456789\",\"content\":[{\"id\":\"toolu_0123456\"}]}", "");
    expect("{\"output\":[{\"id\":\"rs_0123456789\"},{\"call_id\":\"resp_1\"}]}", "");
    expect("{\"invocationArn\":\"arn:aws:bedrock:us-east-1:1:async-invoke/i1\"}", "id:arn:aws:bedrock:us-east-1:1:async-invoke/i1");
    expect("{\"id\":\"\"}{\"id\":null}{\"id\":7}", "");
}

static void messages_where_they_are_wanted(void **state)
{
    (void)state;
    struct span s = SPAN("data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"content\":[]}}\n\n"
                         "data: {\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\"}}\n\n");
    for (int wanted = 0; wanted < 2; wanted++) {
        struct tap t;
        struct heard h = {.n = 0};
        tap_init(&t);
        t.messages = wanted;
        tap_feed(&t, s, hear, &h);
        tap_fini(&t);
        check(&h, wanted ? "id:msg_1" : "", s.p);
    }
}

static void streams(void **state)
{
    (void)state;
    expect("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n"
           "event: response.completed\ndata: {\"response\":{\"id\":\"resp_1\",\"output\":[{\"type\":\"reasoning\","
           "\"encrypted_content\":\"" BLOB "\"}]}}\n\n", "id:resp_1 sealed:" BLOB);
    expect(": a comment with one \" quote\r\ndata: {\"id\":\"resp_2\"}\r\n\r\n", "id:resp_2");
    expect("data: {\"id\":\"resp_ cut here\ndata: {\"id\":\"resp_3\"}\n\n", "id:resp_3");
    expect("{\"id\":\"chatcmpl-1\"}\n{\"id\":\"chatcmpl-2\"}\n", "id:chatcmpl-1 id:chatcmpl-2");
}

static void sealed(void **state)
{
    (void)state;
    expect("{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"" BLOB "\"}}", "sealed:" BLOB);
    expect("{\"parts\":[{\"thoughtSignature\":\"" BLOB "\"},{\"thought_signature\":\"QUJDREVGR0hJSktMTU5P\\/A==\"}]}",
           "sealed:" BLOB " sealed:QUJDREVGR0hJSktMTU5P/A==");
    expect("{\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"" BLOB "\"}}", "sealed:" BLOB);
    expect("{\"content_block\":{\"type\":\"image\",\"data\":\"" BLOB "\"}}", "");
    expect("{\"a\":{\"type\":\"redacted_thinking\"},\"data\":\"" BLOB "\"}", "");
    expect("{\"signature\":\"\"}{\"signature\":\"short\"}", "");
}

/* Bedrock's chunks. */
static void json_in_base64(void **state)
{
    (void)state;
/* a signature_delta of BLOB */
#define DELTA "eyJ0eXBlIjoiY29udGVudF9ibG9ja19kZWx0YSIsImRlbHRhIjp7InR5cGUiOiJzaWduYXR1cmVfZGVs" \
    "dGEiLCJzaWduYXR1cmUiOiJRVUpEUkVWR1IwaEpTa3RNVFU1UFVBPT0ifX0="
/* {"id":"resp_1"} */
#define START "eyJ0eXBlIjoibWVzc2FnZV9zdGFydCIsIm1lc3NhZ2UiOnsiaWQiOiJyZXNwXzEifX0g"
    expect("{\"bytes\":\"" DELTA "\"}", "sealed:" BLOB);
    expect("{\"bytes\":\"" START "\",\"p\":\"abc\"}\x01{\"bytes\":\"" DELTA "\"}", "id:resp_1 sealed:" BLOB);
    /* the first is cut in a string */
    expect("{\"bytes\":\"eyJpZCI6InJlc3BfIGlzIGN1dA==\"}{\"bytes\":\"" START "\"}", "id:resp_1");
    expect("{\"bytes\":\"eyJieXRlcyI6ImV5SnBaQ0k2SW5KbGMzQmZPU0o5In0=\"}", "");   /* once is enough */
    expect("{\"bytes\":\"!!!!\"}{\"bytes\":\"\"}{\"bytes\":\"e\"}{\"bytes\":\"\\u0041\"}", "");
}

/* What a model says is text, whatever it looks like. */
static void strings_within_strings(void **state)
{
    (void)state;
    expect("{\"text\":\"{\\\"id\\\":\\\"resp_1\\\",\\\"signature\\\":\\\"" BLOB "\\\"}\"}", "");
    expect("{\"text\":\"\\\\\\\"id\\\\\\\":\\\\\\\"resp_1\\\\\\\"\"}", "");
    expect("{\"text\":\"a \\\\\",\"id\":\"resp_1\"}", "id:resp_1");
    expect("[\"id\",\"resp_1\"]", "");
    expect("{\"text\":\"id\",\"resp_1\":1}", "");
    expect("{\"x\":\"id\" : \"resp_1\"}", "");
}

static void what_is_no_json(void **state)
{
    (void)state;
    expect("", "");
    expect("\"\"\"\"\"", "");
    expect("{\"id\":\"resp_\\x\"}", "");
    expect("{\"id\":\"resp_\\ud800\"}{\"id\":\"resp_\\udc00\"}{\"id\":\"resp_\\ud800a\"}{\"id\":\"resp_\\uzzzz\"}", "");
    expect("{\"id\":\"resp_\\ud83d\\ude00\"}", "id:resp_\xf0\x9f\x98\x80");
    expect("{\"signature\":\"" BLOB "\\ud800\"}{\"signature\":\"" BLOB "\"}", "sealed:" BLOB);
}

static void long_ones(void **state)
{
    (void)state;
    struct obuf o = {0};
    char *blob = malloc(200001);
    memset(blob, 'A', 200000);
    blob[200000] = '\0';
    obuf_printf(&o, "{\"id\":\"resp_%.600s\",\"%.600s\":\"resp_2\",\"encrypted_content\":\"%s\"}", blob, blob, blob);
    struct heard h = {.n = 0};
    struct tap t;
    tap_init(&t);
    for (size_t at = 0; at < o.n; at += 1000)
        tap_feed(&t, (struct span){o.p + at, o.n - at < 1000 ? o.n - at : 1000}, hear, &h);
    tap_fini(&t);
    struct digest d = sha256((struct span){blob, 200000});
    assert_int_equal(h.n, 1);
    assert_int_equal(h.what[0].kind, TAP_SEALED);
    assert_memory_equal(&h.what[0].d, &d, sizeof d);
    free(blob);
    obuf_fini(&o);
}

/* Frames of an eventstream: lengths and checksums, which may be quotes, before each payload. */
static void binary_frames(void **state)
{
    (void)state;
    static const char frames[] = "\0\0\"\x22\0\0\0\x10\"abc\x0b:event-type\x07\0\x05" "chunk{\"signature\":\"" BLOB "\"}\"xyz"
                                 "\0\0\0\x22\0\0\0\x10\"\"\"c\x0b:event-type\x07\0\x05" "chunk{\"signature\":\"A" BLOB "\"}wxyz";
    struct heard h = {.n = 0};
    struct tap t;
    tap_init(&t);
    tap_feed(&t, (struct span){frames, sizeof frames - 1}, hear, &h);
    tap_fini(&t);
    check(&h, "sealed:" BLOB " sealed:A" BLOB, "frames");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids), cmocka_unit_test(messages_where_they_are_wanted),
        cmocka_unit_test(json_in_base64), cmocka_unit_test(streams), cmocka_unit_test(sealed),
        cmocka_unit_test(strings_within_strings),
        cmocka_unit_test(what_is_no_json), cmocka_unit_test(long_ones), cmocka_unit_test(binary_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
