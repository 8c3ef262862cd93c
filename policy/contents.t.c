/* What bodies are made of: one value in every kind of container is found in each, what cannot be read is opaque, what
 * only looks like it is not, and every byte is accounted for. */
#include "policy/contents.h"
#include "core/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "policy/world.t.h"
#include <stdio.h>
#include <stdlib.h>

#define VALUE "ZQ-4829137"
#define NOTE "the patient's number is ZQ-4829137, seen on Monday"

static const char text[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams: [{name: us, api: openai, host: us.example}]\n"
    "patterns: [{type: TEST_MRN, class: phi, regex: 'ZQ-[0-9]{7}', score: 0.9}]\n"
    "rules: [{name: else, action: forward}]\n";

static const struct route any = {.operation = "any", .known = true, .takes_body = true, .flags = ROUTE_ANY_BODY};

static struct world w;
static struct arena *text_arena;

static int begin(void **state)
{
    (void)state;
    world_begin(&w, SPAN(text));
    text_arena = arena_new(0);
    return text_arena == NULL;
}

static int end(void **state)
{
    (void)state;
    world_end(&w);
    arena_free(text_arena);
    return 0;
}

static struct judge_case *prepare(const char *type, struct span body, unsigned flags)
{
    arena_reset(w.arena);
    w.route = any;
    w.route.codec = route_of_api("openai.chat")->codec;
    w.route.flags |= flags;
    w.c = (struct judge_case){.route = &w.route, .body = body, .content_type = span_str(type), .arena = w.arena, .conf = w.conf};
    return &w.c;
}

/* Whatever became of it, the account holds. */
static enum fail inspect(void)
{
    enum fail f = judge_decode(&w.c);
    if (!f) f = judge_inspect(&w.c, w.scanner);
    if (f) return f;
    judge_decide(&w.c, w.rules);
    for (int p = 0; p < PART_STATE; p++) {
        const struct coverage *cov = &w.c.verdict.coverage[p];
        assert_int_equal(cov->received, cov->inspected + cov->opaque);
    }
    assert_int_equal(w.c.verdict.coverage[PART_BODY].received, w.c.body.n);
    return FAIL_OK;
}

static void read_body(const char *type, struct span body)
{
    prepare(type, body, 0);
    enum fail f = inspect();
    if (f) fail_msg("%s: %.200s", fail_code(f), body.p);
}

static const struct finding *find(const char *type)
{
    for (size_t i = 0; i < w.c.findings.n; i++)
        if (strcmp(w.c.findings.f[i].type, type) == 0) return &w.c.findings.f[i];
    return NULL;
}

static const struct finding *expect_found(const char *what)
{
    const struct finding *f = find("TEST_MRN");
    if (f == NULL) fail_msg("not found in %s: %.300s", what, w.c.body.p);
    assert_true(f->start < f->end && f->end <= w.c.body.n);
    return f;
}

/* ---- ways to write a text ---- */

static struct obuf code;

static const char *as_code(struct span s, bool url)
{
    obuf_reset(&code);
    base64_put(&code, s, url);
    obuf_put(&code, "", 1);
    return code.p;
}

/* `form` with each @ replaced. */
static struct span fill(const char *form, const char *with)
{
    struct obuf o = {0};
    for (const char *p = form; *p; p++) {
        if (*p == '@') obuf_str(&o, with);
        else obuf_put(&o, p, 1);
    }
    char *copy = arena_strndup(text_arena, o.p, o.n);
    struct span s = {copy, o.n};
    obuf_fini(&o);
    assert_non_null(copy);
    return s;
}

#define JSON "application/json"
#define PARTS "multipart/form-data; boundary=\"b-1\""
#define PART(head, body) "--b-1\r\n" head "\r\n\r\n" body "\r\n--b-1--\r\n"
#define FIELD "Content-Disposition: form-data; name=\"note\""

/* ---- one value everywhere ---- */

static void found_in_every_container(void **state)
{
    (void)state;
    static const struct { const char *type, *form; } rows[] = {
        {JSON, "{\"a\":\"@\"}"}, {JSON, "{\"@\":1}"}, {JSON, "[[[\"@\"]]]"}, {JSON, "\"@\""}, {"", "{\"a\":{\"b\":[\"@\"]}}"},
        {JSON, "{\"arguments\":\"{\\\"q\\\":\\\"@\\\"}\"}"},
        {JSON, "{\"arguments\":\"{\\\"q\\\":\\\"{\\\\\\\"r\\\\\\\":\\\\\\\"@\\\\\\\"}\\\"}\"}"},
        {"application/x-ndjson", "{\"a\":1}\n{\"a\":\"@\"}\n"}, {"", "{\"a\":1}\r\n\r\n{\"a\":\"@\"}"},
        {"application/jsonl", "{\"a\":\"@\"}"}, {"text/plain", "{\"a\":1}\n{\"a\":\"@\"}\nand no more JSON"},
        {"application/x-www-form-urlencoded", "a=1&note=@&b=2"}, {"application/x-www-form-urlencoded", "@=1"},
        {"application/x-www-form-urlencoded", "@"}, {"Application/X-WWW-Form-Urlencoded; charset=utf-8", "&&a=&=@&"},
        {"text/plain", "@"}, {"", "@"}, {"text/csv", "a,b\n1,@\n"}, {"application/octet-stream", "x @"},
        {PARTS, PART(FIELD, "@")}, {PARTS, PART("Content-Disposition: form-data; name=\"@\"", "x")},
        {PARTS, PART("Content-Disposition: form-data; name=\"f\"; filename=\"@.txt\"", "x")},
        {PARTS, PART("Content-Disposition: form-data; name=\"f\"; filename*=UTF-8''note%20@.txt", "x")},
        {PARTS, PART("X-Note: @", "x")}, {PARTS, PART(FIELD "\r\nContent-Type: application/json", "{\"a\":\"@\"}")},
        {PARTS, PART(FIELD, "{\"a\":\"@\"}")}, {PARTS, PART(FIELD "; filename=\"a.jsonl\"", "{\"a\":1}\n{\"a\":\"@\"}\n")},
        {PARTS, PART(FIELD "\r\nContent-Type: application/x-www-form-urlencoded", "a=@")},
        {PARTS, "@\r\n" PART(FIELD, "x")}, {PARTS, PART(FIELD, "x") "@"},
        {PARTS, PART("", "@")}, {PARTS, "--b-1\r\n" FIELD "\r\n\r\n\r\n--b-1 \t\r\n" FIELD "\r\n\r\n@\r\n--b-1--"},
        {PARTS, PART(FIELD "\r\nContent-Type: multipart/mixed; boundary=in",
                     "--in\r\nContent-Disposition: file; filename=\"a\"\r\n\r\n@\r\n--in--")},
        {"multipart/mixed; boundary=b-1", PART("Content-Type: text/plain", "@")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_reset(text_arena);
        struct span body = fill(rows[i].form, VALUE);
        char *copy = malloc(body.n);   /* exactly as long: a reader that goes too far is seen */
        memcpy(copy, body.p, body.n);
        read_body(rows[i].type, (struct span){copy, body.n});
        const struct finding *f = expect_found(rows[i].form);
        assert_memory_equal(copy + f->start, VALUE, strlen(VALUE));
        assert_int_equal(f->end - f->start, strlen(VALUE));
        assert_int_equal(f->coded, CODING_NONE);
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 0);
        free(copy);
    }
}

static void percent_escapes(void **state)
{
    (void)state;
    static const struct { const char *type, *form; } rows[] = {
        {"application/x-www-form-urlencoded", "note=see+@"}, {JSON, "{\"u\":\"data:text/plain,see%20@\"}"},
        {JSON, "{\"u\":\"https://a.example/?q=@\"}"}, {"text/plain", "see%20@"}, {PARTS, PART(FIELD "; filename*=UTF-8''@", "x")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_reset(text_arena);
        read_body(rows[i].type, fill(rows[i].form, "%5AQ%2D48%329137"));
        const struct finding *f = expect_found(rows[i].form);
        assert_int_equal(f->coded, CODING_PERCENT);
        assert_memory_equal(w.c.body.p + f->start, "%5AQ%2D48%329137", f->end - f->start);
    }
}

/* ---- coded runs ---- */

static const char *const places[] = {
    "{\"a\":\"@\"}", "[\"@\"]", "{\"a\":\"see @ for more\"}", "{\"a\":\"data:text/plain;base64,@\"}",
    "{\"a\":\"data:application/x-made-up;name=x;base64,@\"}", "{\"a\":\"DATA:;BASE64,@ and so on\"}", "{\"@\":1}",
    "{\"arguments\":\"{\\\"a\\\":\\\"@\\\"}\"}", "{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"c\\\\\\\":\\\\\\\"@\\\\\\\"}\\\"}\"}",
    "{\"a\":\"line\\n@\\nline\"}",
};

static void base64_of_text_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {NOTE, VALUE " ", "{\"name\":\"x\",\"mrn\":\"" VALUE "\"}", "\xEF\xBB\xBF" NOTE};
    for (size_t t = 0; t < COUNT(texts); t++)
        for (size_t i = 0; i < COUNT(places); i++)
            for (int url = 0; url < 2; url++) {
                arena_reset(text_arena);
                const char *run = as_code(span_str(texts[t]), url);
                read_body(JSON, fill(places[i], run));
                const struct finding *f = expect_found(places[i]);
                assert_true(f->coded == CODING_BASE64 || f->coded == CODING_BASE64URL);
                assert_memory_equal(w.c.body.p + f->start, run, strlen(run));
                assert_int_equal(f->end - f->start, strlen(run));
                assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 0);
            }
}

/* Words before a code whose letters and signs are the code's own: where it begins cannot be told to the character, so the
 * range may begin before it. */
static void base64_after_a_word_is_read(void **state)
{
    (void)state;
    static const char *const words[] = {"cachedContents/", "gs://some-bucket/a_folder/", "session_context_", "x-", "a/b/c/d/",
                                        "https://files.example/"};
    char form[100];
    for (size_t i = 0; i < COUNT(words); i++)
        for (int url = 0; url < 2; url++) {
            arena_reset(text_arena);
            const char *run = as_code(SPAN(NOTE), url);
            snprintf(form, sizeof form, "{\"a\":\"%s@\"}", words[i]);
            read_body(JSON, fill(form, run));
            const struct finding *f = expect_found(words[i]);
            size_t start = strlen("{\"a\":\"") + strlen(words[i]);
            assert_true(f->start <= start);
            assert_int_equal(f->end, start + strlen(run));
        }
}

static void other_codings_of_text_are_read(void **state)
{
    (void)state;
    char wide[2 * sizeof NOTE], hex[2 * sizeof NOTE + 1];
    for (size_t i = 0; i < sizeof NOTE - 1; i++) wide[2 * i] = NOTE[i], wide[2 * i + 1] = 0;
    hex_put(hex, (const unsigned char *)NOTE, sizeof NOTE - 1);
    read_body(JSON, fill("{\"a\":\"@\"}", as_code((struct span){wide, 2 * sizeof NOTE - 2}, false)));
    expect_found("UTF-16 in base64");
    read_body(JSON, fill("{\"a\":\"@\"}", hex));
    assert_int_equal(expect_found("hex")->coded, CODING_HEX);
    read_body("text/plain", (struct span){wide, 2 * sizeof NOTE - 2});
    assert_int_equal(expect_found("UTF-16")->coded, CODING_FIXED);
    assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 0);
    read_body("text/plain", SPAN("caf\xE9, " VALUE));
    assert_int_equal(find("TEST_MRN")->coded, CODING_NONE);
    char twice[256];
    snprintf(twice, sizeof twice, "%s", as_code(SPAN(NOTE), false));
    read_body(JSON, fill("{\"a\":\"@\"}", as_code(span_str(twice), false)));
    expect_found("base64 in base64");
    read_body(PARTS, fill(PART(FIELD "\r\nContent-Transfer-Encoding: base64", "@"), as_code(SPAN(NOTE), false)));
    expect_found("a part in base64");
    read_body(PARTS, SPAN(PART(FIELD "\r\nContent-Transfer-Encoding: quoted-printable", "see ZQ=2D48=\r\n29137")));
    expect_found("a part in quoted-printable");
    read_body(JSON, fill("{\"a\":\"x-@\"}", as_code(SPAN(NOTE NOTE), false)));   /* out of step */
    expect_found("a run after letters");
}

static void lines_of_base64_are_one_run(void **state)
{
    (void)state;
    char lines[512];
    size_t n = 0;
    const char *run = as_code(SPAN(NOTE "; " NOTE "; " NOTE "; " NOTE), false);
    for (size_t i = 0; run[i]; i++) {
        if (i && i % 76 == 0) n += (size_t)sprintf(lines + n, "\\r\\n");
        lines[n++] = run[i];
    }
    lines[n] = '\0';
    read_body(JSON, fill("{\"a\":\"@\"}", lines));
    size_t values = 0;
    for (size_t i = 0; i < w.c.findings.n; i++) {
        assert_int_equal(w.c.findings.f[i].start, 6);
        values++;
    }
    assert_int_equal(values, 1);   /* the same value at the same place */
}

static void path_and_headers_too(void **state)
{
    (void)state;
    char header[256], path[256];
    snprintf(header, sizeof header, "{\"w\":\"%s\"}", as_code(SPAN(NOTE), false));
    snprintf(path, sizeof path, "/v1/x?note=%s", as_code(SPAN(NOTE), true));
    struct judge_header headers[] = {{SPAN("Authorization"), SPAN("Bearer " VALUE)}, {SPAN("x-turn-metadata"), span_str(header)}};
    prepare(JSON, SPAN("{}"), 0)->headers = headers;
    w.c.n_headers = 2;
    assert_int_equal(inspect(), FAIL_OK);
    assert_int_equal(find("TEST_MRN")->part, PART_HEADER);
    assert_int_equal(w.c.verdict.coverage[PART_HEADER].opaque, strlen("AuthorizationBearer " VALUE) + 3);
    prepare(JSON, SPAN("{}"), 0)->target = span_str(path);
    assert_int_equal(inspect(), FAIL_OK);
    assert_int_equal(find("TEST_MRN")->part, PART_PATH);
    assert_int_equal(w.c.verdict.coverage[PART_PATH].received, strlen(path));
}

/* A key in the query is no text, whatever it looks like; what stands around it is. */
static void a_key_in_the_query_is_not_inspected(void **state)
{
    (void)state;
    static const struct { const char *provider, *target; bool found; size_t opaque; } rows[] = {
        {"gemini", "/v1beta/models/m?key=" VALUE, false, sizeof VALUE - 1}, {"gemini", "/v1beta/models/m?alt=sse&key=" VALUE "&b=c", false, sizeof VALUE - 1},
        {"gemini", "/v1beta/models/m?key=k&note=mrn+" VALUE, true, 1}, {"gemini", "/v1beta/models/m?note=mrn+" VALUE "&key=k", true, 1},
        {"gemini", "/v1beta/models/m?key=mrn+" VALUE, true, 0}, {"openai", "/v1/models?key=mrn+" VALUE, true, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        prepare(JSON, SPAN("{}"), 0)->target = span_str(rows[i].target);
        w.c.site.provider = rows[i].provider;
        assert_int_equal(inspect(), FAIL_OK);
        if ((find("TEST_MRN") != NULL) != rows[i].found) fail_msg("%s", rows[i].target);
        assert_int_equal(w.c.verdict.coverage[PART_PATH].opaque, rows[i].opaque);
        assert_int_equal(w.c.verdict.coverage[PART_PATH].inspected, strlen(rows[i].target) - rows[i].opaque);
    }
}

/* ---- opaque ---- */

static struct span noise(size_t n, const char *head, size_t n_head)
{
    char *p = arena_alloc(text_arena, n);
    uint32_t x = 12345;
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = (char)(x >> 24);
    }
    if (n_head) memcpy(p, head, n_head);
    return (struct span){p, n};
}

static void expect_opaque(const char *what, enum opaque_kind kind)
{
    if (w.c.verdict.opaque_mask != 1u << kind) fail_msg("%s: mask %x", what, w.c.verdict.opaque_mask);
    const struct finding *f = find(opaque_type_name(kind));
    if (f == NULL) fail_msg("%s: no finding", what);
    assert_string_equal(f->via, "opaque");
    assert_true(w.c.verdict.class_mask == (1u << CLASS_PHI | 1u << CLASS_PII | 1u << CLASS_PRIVILEGED | 1u << CLASS_FINANCIAL));
    assert_true(kind == OPAQUE_REMOTE || w.c.verdict.coverage[PART_BODY].opaque > 0);
}

static void files_are_opaque(void **state)
{
    (void)state;
    static const struct { enum opaque_kind kind; struct span head; } files[] = {
        {OPAQUE_IMAGE, SPAN("\x89PNG\r\n\x1a\n")}, {OPAQUE_IMAGE, SPAN("\xff\xd8\xff\xe0")}, {OPAQUE_IMAGE, SPAN("GIF89a")},
        {OPAQUE_IMAGE, SPAN("RIFF\1\2\3\4WEBP")}, {OPAQUE_AUDIO, SPAN("RIFF\1\2\3\4WAVE")}, {OPAQUE_AUDIO, SPAN("ID3\4")},
        {OPAQUE_AUDIO, SPAN("OggS")}, {OPAQUE_VIDEO, SPAN("\0\0\0\x18" "ftypmp42")}, {OPAQUE_IMAGE, SPAN("\0\0\0\x18" "ftypheic")},
        {OPAQUE_VIDEO, SPAN("\x1a\x45\xdf\xa3")}, {OPAQUE_DOCUMENT, SPAN("%PDF-1.7\n%\xe2\xe3")},
        {OPAQUE_DOCUMENT, SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")}, {OPAQUE_ARCHIVE, SPAN("PK\3\4\x14\0")},
        {OPAQUE_DOCUMENT, SPAN("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml")},
        {OPAQUE_ARCHIVE, SPAN("\x1f\x8b\x08\0\1")}, {OPAQUE_BINARY, SPAN("\1\2\3\xff")},
    };
    static const char *const forms[] = {"{\"a\":\"@\"}", "{\"a\":\"data:;base64,@\"}", "{\"a\":{\"b\":[\"see @ there\"]}}",
                                        "{\"a\":\"{\\\"b\\\":\\\"@\\\"}\"}"};
    for (size_t i = 0; i < COUNT(files); i++) {
        for (size_t k = 0; k < COUNT(forms); k++) {
            arena_reset(text_arena);
            const char *run = as_code(noise(600, files[i].head.p, files[i].head.n), k == 2);
            read_body(JSON, fill(forms[k], run));
            expect_opaque(forms[k], files[i].kind);
            assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, strlen(run));
        }
        arena_reset(text_arena);
        read_body("application/octet-stream", noise(600, files[i].head.p, files[i].head.n));
        expect_opaque("a body", files[i].kind);
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 600);
        arena_reset(text_arena);
        struct obuf o = {0};
        obuf_str(&o, "--b-1\r\n" FIELD "; filename=\"a.bin\"\r\n\r\n");
        obuf_span_put(&o, noise(600, files[i].head.p, files[i].head.n));
        obuf_str(&o, "\r\n--b-1--\r\n");
        read_body(PARTS, obuf_span(&o));
        expect_opaque("a part", files[i].kind);
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 600);
        obuf_fini(&o);
    }
}

/* What follows a run that was taken out keeps its place, also in text that is no UTF-8. */
static void places_after_opaque_runs(void **state)
{
    (void)state;
    static const char *const after[] = {"", " ", "\x9e\x96 ", "\xe9", "\xc3\xa9"};
    for (size_t i = 0; i < COUNT(after); i++) {
        struct obuf o = {0};
        obuf_str(&o, "caf\xe9 data:image/gif;base64,");
        obuf_str(&o, as_code(noise(300, "GIF89a", 6), false));
        obuf_str(&o, after[i]);
        size_t at = o.n + 1;
        obuf_str(&o, "." VALUE " data:image/gif;base64,R0lGODlhAAAAAAAAAAA=" VALUE);
        read_body("text/plain", obuf_span(&o));
        const struct finding *f = expect_found("after a run");
        assert_int_equal(f->start, at);
        assert_int_equal(f->end, at + strlen(VALUE));
        obuf_fini(&o);
        arena_reset(text_arena);
    }
}

static void sealed_and_remote(void **state)
{
    (void)state;
    static const char *const sealed[] = {
        "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"@\"}]}",
        "{\"content\":[{\"type\":\"redacted_thinking\",\"data\":\"@\"}]}", "{\"input\":[{\"encrypted_content\":\"@\"}]}",
        "{\"parts\":[{\"thoughtSignature\":\"@\"}]}", "{\"parts\":[{\"thought_signature\":\"@\"}]}",
    };
    for (size_t i = 0; i < COUNT(sealed); i++) {
        arena_reset(text_arena);
        read_body(JSON, fill(sealed[i], as_code(noise(120, "", 0), i & 1)));
        expect_opaque(sealed[i], OPAQUE_ENCRYPTED);
        assert_int_equal(w.c.contents->opaque[0].value.n, w.c.verdict.coverage[PART_BODY].opaque);
        struct judge_sealed known = {w.c.contents->opaque[0].start, w.c.contents->opaque[0].end};
        judge_vouch_sealed(&w.c, &known, 1);
        assert_int_equal(w.c.findings.n, 0);
    }
    static const char *const remote[] = {
        "{\"type\":\"input_image\",\"image_url\":\"https://a.example/x.png\"}", "{\"image_url\":{\"url\":\"http://a.example/x\"}}",
        "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a.example/x\"}}", "{\"fileData\":{\"fileUri\":\"gs://b/x\"}}",
        "{\"file_data\":{\"file_uri\":\"HTTPS://a.example/x\"}}", "{\"file_url\":\"https://a.example/x.pdf\"}",
        "{\"image\":{\"source\":{\"s3Location\":{\"uri\":\"s3://b/x\"}}}}", "{\"document_url\":\"https://a.example/x.pdf\"}",
    };
    for (size_t i = 0; i < COUNT(remote); i++) {
        read_body(JSON, span_str(remote[i]));
        expect_opaque(remote[i], OPAQUE_REMOTE);
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 0);
    }
    /* What the API itself keeps has an id, and is known by that; another host's file of that name is not. */
    read_body(JSON, SPAN("{\"fileData\":{\"fileUri\":\"https://generativelanguage.googleapis.com/v1beta/files/x\"}}"));
    assert_int_equal(w.c.verdict.opaque_mask, 0);
    read_body(JSON, SPAN("{\"fileData\":{\"fileUri\":\"https://generativelanguage.googleapis.com.a.example/v1beta/files/x\"}}"));
    expect_opaque("a host that looks like it", OPAQUE_REMOTE);
}

/* The list is opaque from bracket to bracket, and nothing else of the body is. */
static void token_lists_are_opaque(void **state)
{
    (void)state;
    static const struct { const char *before, *list, *after; } lists[] = {
        {"{\"input\":", "[3923,374,279]", ",\"model\":\"m\"}"}, {"{\"input\":", "[ [3923, 374],\n[279]]", "}"},
        {"{\"prompt\":", "[1]", "}"}, {"{\"model\":\"m\",\"context\":", "[128006,882]", "}"}, {"{\"prompt_token_ids\":", "[[9]]", "}"},
        {"{\"custom_id\":\"1\",\"body\":{\"model\":\"m\",\"input\":", "[0,1]", "}}"},
    };
    static const char *const others[] = {
        "{\"input\":[]}", "{\"input\":[[]]}", "{\"input\":[\"a\",1]}", "{\"input\":[0.5,1]}", "{\"input\":[1,-2]}", "{\"input\":7}",
        "{\"tool\":{\"input\":[1,2]}}", "{\"sizes\":[1,2]}", "{\"input\":{\"body\":[1,2]}}", "{\"context\":[{\"tokens\":[1]}]}", "[1,2]",
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        char body[256];
        snprintf(body, sizeof body, "%s%s%s", lists[i].before, lists[i].list, lists[i].after);
        read_body(JSON, span_str(body));
        expect_opaque(body, OPAQUE_TOKENS);
        assert_int_equal(w.c.contents->opaque[0].start, strlen(lists[i].before));
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, strlen(lists[i].list));
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        read_body(JSON, span_str(others[i]));
        if (w.c.verdict.opaque_mask) fail_msg("opaque %x: %s", w.c.verdict.opaque_mask, others[i]);
    }
}

/* ---- written so that it does not show */

static void base64_broken_up_is_read(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{\"a\":\"@\"}", "{\"a\":\"data:text/plain;base64,@\"}", "{\"a\":\"data:text/plain; base64 ,\\n @\"}",
        "{\"source\":{\"type\":\"base64\",\"media_type\":\"text/plain\",\"data\":\"@\"}}",
    };
    static const char *const breaks[] = {" ", "\\n", "\\r\\n", "\\t \\t"};
    char wrapped[1024];
    for (size_t f = 0; f < COUNT(forms); f++)
        for (size_t width = 1; width < 30; width += 3)
            for (size_t b = 0; b < COUNT(breaks); b++) {
                arena_reset(text_arena);
                const char *run = as_code(SPAN(NOTE), width & 1);
                size_t n = 0;
                for (size_t i = 0; run[i]; i++)
                    n += (size_t)sprintf(wrapped + n, "%c%s", run[i], (i + 1) % width || !run[i + 1] ? "" : breaks[b]);
                read_body(JSON, fill(forms[f], wrapped));
                expect_found(forms[f]);
                assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 0);
            }
}

static void escapes_of_escapes_are_read(void **state)
{
    (void)state;
    static const struct { const char *type, *form; } rows[] = {
        {JSON, "{\"a\":\"%255AQ-4829137\"}"}, {JSON, "{\"a\":\"see %25255AQ%25252D4829137\"}"},
        {"application/x-www-form-urlencoded", "a=%255AQ-4829137"}, {"text/plain", "%255aQ-4829137"},
        {"application/x-www-form-urlencoded", "a=%FF%FEZ%00Q%00-%004%008%002%009%001%003%007%00"},
        {"text/html", "<p>&#90;Q-4829137</p>"}, {"text/xml", "<p>&#x5a;Q-482913&#X37;</p>"}, {JSON, "{\"a\":\"&#90Q&#45;4829137\"}"},
        {JSON, "{\"a\":\"print('\\\\x5aQ-4829137')\"}"}, {JSON, "{\"a\":\"0x7365652c205a512d34383239313337\"}"},
        {"text/plain", "Subject: =?utf-8?Q?=5AQ-4829137_x?="}, {"text/plain", "=?iso-8859-1*en?q?=5aQ=2D4829137?="},
        {"text/plain", "=?utf-8?B?WlEtNDgyOTEzNw==?="}, {"text/plain", "=?x?=?=? =?utf-8?Q?ZQ-48?=\r\n =?utf-8?B?MjkxMzc=?= x"},
        {PARTS, PART(FIELD "; filename=\"Z\\Q-482\\9137\"", "x")}, {PARTS, PART(FIELD "; filename=\"=?utf-8?Q?=5AQ-4829137?=\"", "x")},
        {PARTS, PART(FIELD "\r\nContent-Transfer-Encoding: base64", "WlEt !NDgy=\r\nOTEz\tNw==")},
        {PARTS, PART(FIELD "\r\nContent-Transfer-Encoding: 8bit", "ZQ-4829137")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        read_body(rows[i].type, span_str(rows[i].form));
        expect_found(rows[i].form);
        if (w.c.verdict.opaque_mask) fail_msg("opaque %x: %s", w.c.verdict.opaque_mask, rows[i].form);
    }
    prepare(JSON, SPAN("{}"), 0)->target = SPAN("/v1/files/%255AQ-4829137");
    assert_int_equal(inspect(), FAIL_OK);
    assert_int_equal(find("TEST_MRN")->part, PART_PATH);
}

/* ---- in which encoding */

static struct span in_units(const char *ascii, size_t width, bool big, const char *mark)
{
    size_t n = strlen(mark) ? width : 0;
    char *out = arena_alloc(text_arena, (strlen(ascii) + 1) * width);
    assert_non_null(out);
    memset(out, 0, (strlen(ascii) + 1) * width);
    if (n) memcpy(out, mark, width);
    for (; *ascii; ascii++, n += width) out[n + (big ? width - 1 : 0)] = *ascii;
    return (struct span){out, n};
}

static void encodings_that_are_read(void **state)
{
    (void)state;
    for (size_t width = 2; width <= 4; width += 2)
        for (int big = 0; big < 2; big++) {
            arena_reset(text_arena);
            struct span bytes = in_units(NOTE, width, big, "");
            read_body("text/plain", bytes);
            expect_found("units");
            assert_int_equal(w.c.verdict.opaque_mask, 0);
            read_body(JSON, fill("{\"a\":\"data:text/plain;charset=utf-16;base64,@\"}", as_code(bytes, false)));
            expect_found("units in base64");
            assert_int_equal(w.c.verdict.opaque_mask, 0);
        }
    read_body("text/plain", in_units(NOTE, 4, false, "\xff\xfe\0"));
    expect_found("UTF-32 with its mark");
    static const char *const western[] = {"text/plain", "text/plain; charset=iso-8859-1", "text/csv; charset=\"windows-1252\"", ""};
    for (size_t i = 0; i < COUNT(western); i++) {
        read_body(western[i], SPAN("M\xfcller\x92s number, \x93" VALUE "\x94"));
        expect_found(western[i]);
        assert_int_equal(w.c.verdict.opaque_mask, 0);
    }
}

static void encodings_that_are_not_read(void **state)
{
    (void)state;
    static const struct { const char *type, *body; } rows[] = {
        {"text/plain; charset=utf-7", "+AFo-Q-4829137"}, {"text/html; charset=\"Shift_JIS\"", "<p>\x82\x79</p>"},
        {"text/plain", "\xe3\x96\x85@\x95\xa4\x94\x82\x85\x99@\x89\xa2@\xe9\xd8`\xf4\xf8\xf2\xf9\xf1\xf3\xf7"},   /* EBCDIC */
        {"text/plain", "the number is \xc1\x9aQ-4829137"}, {"text/plain", "\xcf\xe0\xf6\xe8\xe5\xed\xf2 \xcf\xe5\xf2\xf0\xee\xe2"},
        {"application/json; charset=utf-7", "{\"a\":\"+AFo-\"}"}, {"application/x-www-form-urlencoded; charset=ibm037", "a=b"},
        {JSON, "{\"a\":\"data:text/plain;charset=utf-7;base64,K0FGby1RLTQ4MjkxMzc=\"}"},
        {PARTS, PART(FIELD "\r\nContent-Type: text/plain; charset=utf-7", "+AFo-Q-4829137")},
        {PARTS, PART(FIELD "\r\nContent-Transfer-Encoding: x-uuencode", "begin 644 a")},
        {"text/plain", "=?utf-7?Q?+AFo-Q-4829137?="},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        read_body(rows[i].type, span_str(rows[i].body));
        expect_opaque(rows[i].body, OPAQUE_BINARY);
    }
    read_body("text/rtf", SPAN("{\\rtf1 the number is \\'5aQ-4829137 " VALUE "}"));
    expect_opaque("RTF", OPAQUE_DOCUMENT);
    expect_found("what can be read of it");
}

static void declared_but_no_text_is_opaque(void **state)
{
    (void)state;
    static const struct { const char *form; enum opaque_kind kind; } rows[] = {
        {"{\"source\":{\"type\":\"base64\",\"media_type\":\"image/x\",\"data\":\"@\"}}", OPAQUE_IMAGE},
        {"{\"inlineData\":{\"mimeType\":\"audio/x\",\"data\":\"@\"}}", OPAQUE_AUDIO},
        {"{\"inline_data\":{\"mime_type\":\"text/plain\",\"data\":\"@\"}}", OPAQUE_BINARY},
        {"{\"document\":{\"format\":\"txt\",\"source\":{\"bytes\":\"@\"}}}", OPAQUE_BINARY},
        {"{\"a\":\"data:application/zip;base64,@\"}", OPAQUE_ARCHIVE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena_reset(text_arena);
        const char *run = as_code(noise(24, "\1", 1), false);
        read_body(JSON, fill(rows[i].form, run));
        expect_opaque(rows[i].form, rows[i].kind);
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, strlen(run));
    }
    read_body(JSON, SPAN("{\"a\":\"data:image/png,%89PNG%0D%0A%1A%0A%00%00%00%0DIHDR%00%01\"}"));
    expect_opaque("percent-encoded bytes", OPAQUE_IMAGE);
    read_body("application/x-www-form-urlencoded", SPAN("f=%89PNG%0D%0A%1A%0A%00%00%00%0D%ff%fe%fd%00%01"));
    expect_opaque("bytes in a form", OPAQUE_IMAGE);
    static const char *const plain[] = {
        "{\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"getElementByIdentifier\"}}",
        "{\"data\":\"getElementByIdentifier\"}", "{\"a\":\"printf('%8f %9a %ff', x)\"}",
        "{\"source\":{\"media_type\":\"text/plain\",\"data\":\"Qk1JIDMyIGFuZCBzbyBvbg==\"}}",   /* "BMI 32 and so on" */
    };
    for (size_t i = 0; i < COUNT(plain); i++) {
        read_body(JSON, span_str(plain[i]));
        if (w.c.verdict.opaque_mask) fail_msg("opaque %x: %s", w.c.verdict.opaque_mask, plain[i]);
    }
}

/* ---- cut in two */

static void values_over_a_seam(void **state)
{
    (void)state;
    static const struct { const char *body; bool found; } rows[] = {
        {"[{\"type\":\"text\",\"text\":\"it is ZQ-48\"},{\"type\":\"text\",\"text\":\"29137 you see\"}]", true},
        {"[{\"text\":\"ZQ\"},{\"text\":\"-48\"},{\"text\":\"29\"},{\"text\":\"137\"}]", true},
        {"[{\"text\":\"ZQ-48\\u0032\"},{\"text\":\"\\u0039137\"}]", true},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"ZQ-4829\"},{\"role\":\"user\",\"content\":\"137\"}]}", true},
        {"{\"arguments\":\"[{\\\"text\\\":\\\"ZQ-4829\\\"},{\\\"text\\\":\\\"137\\\"}]\"}", false},
        {"[{\"text\":\"ZQ-4829 \"},{\"text\":\"137\"}]", false}, {"[{\"text\":\"ZQ-4829\"},{\"content\":\"137\"}]", false},
        {"[{\"text\":\"ZQ-4829\"},7,{\"text\":\"137\"}]", false}, {"{\"text\":\"ZQ-4829\",\"a\":{\"text\":\"137\"}}", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        read_body(JSON, span_str(rows[i].body));
        const struct finding *f = find("TEST_MRN");
        if ((f != NULL) != rows[i].found) fail_msg("%s", rows[i].body);
        if (f) assert_int_equal(f->coded, CODING_FIXED);
    }
    /* What stands in one part alone is found there and nowhere else. */
    read_body(JSON, SPAN("[{\"text\":\"it is " VALUE "\"},{\"text\":\"" VALUE " again\"}]"));
    assert_int_equal(w.c.findings.n, 2);
    for (size_t i = 0; i < 2; i++) assert_int_equal(w.c.findings.f[i].coded, CODING_NONE);
}

/* False alarms: all of it is text. */
static void ids_and_code_are_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "resp_68f1d2c3a4b5968778695a4b3c2d1e0f68f1d2c3a4b59687", "file-AbCdEfGhIjKlMnOpQrStUvWx", "call_aBcD1234eFgH5678iJkL9012",
        "550e8400-e29b-41d4-a716-446655440000", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "accounts/fireworks/models/llama-v3p1-405b-instruct", "internationalizationOfEverythingInThisApplication",
        "/home/user/work/project/src/main/java/org/example/service/impl/PatientRecordServiceImplTest/resources/fixtures/2024/11/25/"
        "input/part00001/of00016/very/long/path/with/many/segments/Each/Of/Which/Is/Short/And/Has/CamelCase/Names/And/Digits/1/2/3/4/5/"
        "until/it/is/longer/than/any/limit",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "claude-3-5-sonnet-20241022-v2-with-a-long-name", "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "toolu_01A09q90qw90lq917835lq9", "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "=====================================",
        "------------------------------------------------------------------------------", "0123456789012345678901234567890123456789",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.POstGetfAytaZS82wHcjoTyoqhMyxXiWdR7Nn7A29DNSl0EiXLdwJ6xC6AfgZWF1bOsS_TuYI3OG85"
        "AmiExREkrS6tDfTQ2B3WXlrr-wp5AokiRbz3_oB4OxG-W9KcEEbDRcZc0nH3L7LzYptiy1PtAylQGxHTWZXtGz4ht0bAecBgmpdgXMguEIcoqPJ1n3pIWk_dUZegpqx0Lka"
        "21H6XxUTxiy8OcaarA8zdnPUnV6AmNP3ecFawIFYdvJB_cm-GvpCSbr8G8y_Mllj8f4x9nBH8pQux89_6gUY618iYv7tuPWBFfEbLxtF2pZS6YC1aSfLQxeNe8djT9YjpvR"
        "ZA",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        arena_reset(text_arena);
        read_body(JSON, fill("{\"signatures\":\"@\",\"b\":\"see @ there\",\"citations\":[{\"url\":\"https://a.example/x\"}]}", texts[i]));
        if (w.c.verdict.opaque_mask) fail_msg("opaque %x: %s", w.c.verdict.opaque_mask, texts[i]);
        assert_int_equal(w.c.verdict.coverage[PART_BODY].opaque, 0);
    }
}

static void too_deep_is_opaque(void **state)
{
    (void)state;
    char inner[4096] = NOTE;
    for (int i = 0; i < 6; i++) snprintf(inner, sizeof inner, "%s", as_code(span_str(inner), false));
    read_body(JSON, fill("{\"a\":\"@\"}", inner));
    expect_opaque("six times", OPAQUE_BINARY);
}

static void allowed_kinds_are_told_but_no_findings(void **state)
{
    (void)state;
    char *allow[] = {(char *)"image"}, *classes[] = {(char *)"secret"};
    struct conf conf = *w.conf;
    conf.opaque = (struct conf_opaque){.allow = allow, .n_allow = 1, .classes = classes, .n_classes = 1};
    const char *run = as_code(noise(300, "GIF89a", 6), false);
    prepare(JSON, fill("{\"a\":\"@\"}", run), 0)->conf = &conf;
    w.c.body = fill("{\"a\":\"@\"}", run);
    assert_int_equal(inspect(), FAIL_OK);
    assert_int_equal(w.c.findings.n, 0);
    assert_int_equal(w.c.verdict.opaque_mask, 1u << OPAQUE_IMAGE);
    conf.opaque.n_allow = 0;
    prepare(JSON, SPAN_NONE, 0)->conf = &conf;
    w.c.body = fill("{\"a\":\"@\"}", run);
    assert_int_equal(inspect(), FAIL_OK);
    assert_int_equal(w.c.findings.n, 1);
    assert_int_equal(w.c.findings.f[0].klass, CLASS_SECRET);
}

/* ---- what is refused ---- */

static void broken_framing_is_refused(void **state)
{
    (void)state;
    static const struct { const char *type, *body; } rows[] = {
        {PARTS, "--b-1\r\n" FIELD "\r\n\r\nx"}, {PARTS, "--b-1\r\n" FIELD "\r\n\r\nx\r\n--b-1"}, {PARTS, "nothing"}, {PARTS, "--b-1--x--b-1"},
        {"multipart/form-data", PART(FIELD, "x")}, {"multipart/form-data; boundary=\"\"", PART(FIELD, "x")},
        {PARTS, PART(FIELD, "x\n--b-1\nContent-Disposition: form-data; name=\"y\"\n\ny")}, {PARTS, "--b-1\n" FIELD "\n\nx\n--b-1--\n"},
        {PARTS, PART(FIELD "\r\n folded: x", "x")}, {PARTS, PART(FIELD, "x") PART(FIELD, "y")},
        {PARTS "; boundary=else", PART(FIELD, "x")}, {PARTS "; boundary*0=b", PART(FIELD, "x")},
        {PARTS, PART(FIELD "; name=other", "x")}, {PARTS, PART(FIELD "; filename*0=a; filename*1=b", "x")},
        {PARTS, PART(FIELD "\r\n" FIELD, "x")}, {PARTS, PART("Content-Type: text/plain\r\nContent-Type: text/html", "x")},
        {PARTS, PART("Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: base64", "x")},
        {PARTS, PART("Content-Type: multipart/mixed", "x")}, {PARTS, "--b-1\r\n" FIELD "\r\n--b-1--\r\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        prepare(rows[i].type, span_str(rows[i].body), 0);
        enum fail f = inspect();
        if (f != FAIL_REQUEST_INVALID) fail_msg("%s: %s", fail_code(f), rows[i].body);
        assert_true(w.c.at <= w.c.body.n);
    }
    prepare(PARTS, SPAN(PART(FIELD "\r\nContent-Type: application/json", "{\"a\":1,\"a\":2}")), 0);
    assert_int_equal(inspect(), FAIL_JSON_DUP_KEY);
    prepare("", SPAN("{\"a\":1}\n{\"a\":1,\"a\":2}\n"), 0);
    assert_int_equal(inspect(), FAIL_JSON_DUP_KEY);
    assert_int_equal(w.c.at, 15);
    prepare("application/jsonl", SPAN("{\"a\":1}\n{\"a\":}\n"), ROUTE_BATCH);
    assert_int_equal(inspect(), FAIL_JSON_SYNTAX);
    assert_int_equal(w.c.at, 13);
}

static void rows_of_a_batch(void **state)
{
    (void)state;
    static const struct { const char *type, *body; size_t n, line; } rows[] = {
        {"application/jsonl", "{\"a\":1}\n\n{\"a\":\"" VALUE "\"}\n", 2, 3},
        {PARTS, PART(FIELD "; filename=\"b.jsonl\"", "{\"a\":1}\n{\"a\":\"" VALUE "\"}\n"), 2, 2},
        {JSON, "{\"requests\":[{\"a\":1},{\"a\":2},{\"a\":\"" VALUE "\"}]}", 3, 3},
        {JSON, "{\"batch\":{\"inputConfig\":{\"requests\":{\"requests\":[{\"a\":\"" VALUE "\"}]}}}}", 1, 1},
        {JSON, "{\"batch\":{\"input_config\":{\"requests\":{\"requests\":[{\"a\":\"" VALUE "\"}]}}}}", 1, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        prepare(rows[i].type, span_str(rows[i].body), ROUTE_BATCH);
        assert_int_equal(inspect(), FAIL_OK);
        assert_int_equal(w.c.n_rows, rows[i].n);
        assert_int_equal(w.c.rows[rows[i].n - 1].line, rows[i].line);
        for (size_t k = 0; k < rows[i].n; k++)
            assert_int_equal(w.c.rows[k].class_mask, k + 1 == rows[i].n ? 1u << CLASS_PHI : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_in_every_container), cmocka_unit_test(percent_escapes),
        cmocka_unit_test(base64_of_text_is_read), cmocka_unit_test(base64_after_a_word_is_read), cmocka_unit_test(other_codings_of_text_are_read),
        cmocka_unit_test(lines_of_base64_are_one_run), cmocka_unit_test(path_and_headers_too), cmocka_unit_test(a_key_in_the_query_is_not_inspected),
        cmocka_unit_test(files_are_opaque), cmocka_unit_test(places_after_opaque_runs),
        cmocka_unit_test(sealed_and_remote), cmocka_unit_test(token_lists_are_opaque),
        cmocka_unit_test(base64_broken_up_is_read), cmocka_unit_test(escapes_of_escapes_are_read),
        cmocka_unit_test(encodings_that_are_read), cmocka_unit_test(encodings_that_are_not_read),
        cmocka_unit_test(declared_but_no_text_is_opaque), cmocka_unit_test(values_over_a_seam),
        cmocka_unit_test(ids_and_code_are_text),
        cmocka_unit_test(too_deep_is_opaque), cmocka_unit_test(allowed_kinds_are_told_but_no_findings),
        cmocka_unit_test(broken_framing_is_refused), cmocka_unit_test(rows_of_a_batch),
    };
    int failed = cmocka_run_group_tests(tests, begin, end);
    obuf_fini(&code);
    return failed;
}
