#include "proxy/hello.h"
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* A hello under construction; lengths are filled in by close_at. */
struct build {
    unsigned char p[20000];
    size_t n;
};

static void put(struct build *b, const void *p, size_t n)
{
    assert_true(b->n + n <= sizeof b->p);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void put_number(struct build *b, unsigned v, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;) {
        unsigned char c = (unsigned char)(v >> 8 * i);
        put(b, &c, 1);
    }
}

static size_t open_len(struct build *b, unsigned bytes)
{
    put_number(b, 0, bytes);
    return b->n;
}

static void close_len(struct build *b, size_t at, unsigned bytes)
{
    size_t n = b->n - at;
    for (unsigned i = 0; i < bytes; i++) b->p[at - 1 - i] = (unsigned char)(n >> 8 * i);
}

static void put_extension(struct build *b, unsigned type, const void *p, size_t n)
{
    put_number(b, type, 2);
    put_number(b, (unsigned)n, 2);
    put(b, p, n);
}

static void put_server_name(struct build *b, const void *name, size_t n)
{
    put_number(b, 0, 2);
    size_t ext = open_len(b, 2), list = open_len(b, 2);
    put_number(b, 0, 1);
    put_number(b, (unsigned)n, 2);
    put(b, name, n);
    close_len(b, list, 2);
    close_len(b, ext, 2);
}

/* A browser-like hello: GREASE values, a post-quantum key share of 1216 bytes before the name. `more` adds extensions. */
static void build_hello(struct build *b, const void *name, size_t name_n, void (*more)(struct build *))
{
    static const unsigned char share[1216];
    b->n = 0;
    put(b, "\x16\x03\x01", 3);
    size_t record = open_len(b, 2);
    put(b, "\x01", 1);
    size_t message = open_len(b, 3);
    put(b, "\x03\x03", 2);
    put(b, share, 32);
    put(b, "\x20", 1);
    put(b, share, 32);
    put(b, "\x00\x06\x0a\x0a\x13\x01\x13\x03\x01\x00", 10);
    size_t exts = open_len(b, 2);
    put_extension(b, 0x0a0a, "", 0);
    put_number(b, 51, 2);
    size_t ext = open_len(b, 2), shares = open_len(b, 2);
    put(b, "\x11\xec", 2);
    put_number(b, sizeof share, 2);
    put(b, share, sizeof share);
    close_len(b, shares, 2);
    close_len(b, ext, 2);
    if (name) put_server_name(b, name, name_n);
    put_extension(b, 43, "\x02\x03\x04", 3);
    if (more) more(b);
    put_extension(b, 0xfafa, "\x00", 1);
    close_len(b, exts, 2);
    close_len(b, message, 3);
    close_len(b, record, 2);
}

static enum hello_result parse(const struct build *b, size_t n, struct hello *h)
{
    /* Exactly as long as it is said to be, so that a read beyond it is seen. */
    char *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, b->p, n);
    enum hello_result r = hello_parse((struct span){copy, n}, h);
    free(copy);
    return r;
}

static void expect_name(const struct build *b, const char *name)
{
    struct hello h;
    for (size_t cut = 0; cut < b->n; cut++) assert_int_equal(parse(b, cut, &h), HELLO_MORE);
    assert_int_equal(parse(b, b->n, &h), HELLO_OK);
    assert_string_equal(h.name, name);
}

/* The same message in two records, cut at every place. */
static void expect_name_in_two_records(const struct build *b, const char *name)
{
    struct hello h;
    static struct build two;
    for (size_t cut = 1; cut < b->n - 5; cut++) {
        two.n = 0;
        put(&two, b->p, 3);
        put_number(&two, (unsigned)cut, 2);
        put(&two, b->p + 5, cut);
        put(&two, b->p, 3);
        put_number(&two, (unsigned)(b->n - 5 - cut), 2);
        put(&two, b->p + 5 + cut, b->n - 5 - cut);
        assert_int_equal(parse(&two, two.n, &h), HELLO_OK);
        assert_string_equal(h.name, name);
        assert_int_equal(parse(&two, two.n - 1, &h), HELLO_MORE);
        assert_int_equal(parse(&two, cut + 5, &h), HELLO_MORE);
        assert_int_equal(parse(&two, cut + 7, &h), HELLO_MORE);
    }
}

static void openssl_hello(struct build *b, const char *name, int max_version)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(c, max_version);
    SSL *ssl = SSL_new(c);
    BIO *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    if (name) SSL_set_tlsext_host_name(ssl, name);
    SSL_set_alpn_protos(ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    SSL_set_connect_state(ssl);
    assert_int_equal(SSL_do_handshake(ssl), -1);
    b->n = (size_t)BIO_read(out, b->p, sizeof b->p);
    assert_true(b->n > 60);
    SSL_free(ssl);
    SSL_CTX_free(c);
}

static void real_hellos_at_every_cut(void **state)
{
    (void)state;
    static struct build b;
    openssl_hello(&b, "api.openai.com", TLS1_3_VERSION);
    expect_name(&b, "api.openai.com");
    expect_name_in_two_records(&b, "api.openai.com");
    openssl_hello(&b, "API.Anthropic.com", TLS1_2_VERSION);
    expect_name(&b, "api.anthropic.com");
    openssl_hello(&b, NULL, TLS1_3_VERSION);
    expect_name(&b, "");
}

static void large_hello_at_every_cut(void **state)
{
    (void)state;
    static struct build b;
    build_hello(&b, "generativelanguage.googleapis.com", 33, NULL);
    assert_true(b.n > 1350);
    expect_name(&b, "generativelanguage.googleapis.com");
    expect_name_in_two_records(&b, "generativelanguage.googleapis.com");
}

static void what_follows_in_other_records_is_ignored(void **state)
{
    (void)state;
    struct hello h;
    static struct build b;
    build_hello(&b, "a.example", 9, NULL);
    put(&b, "\x14\x03\x03\x00\x01\x01", 6);
    assert_int_equal(parse(&b, b.n, &h), HELLO_OK);
    assert_string_equal(h.name, "a.example");
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *name;   /* NULL: refused */
    } cases[] = {
        {"api.openai.com", "api.openai.com"}, {"API.OpenAI.COM", "api.openai.com"}, {"localhost", "localhost"},
        {"api.openai.com.", "api.openai.com"}, {"xn--bcher-kva.example", "xn--bcher-kva.example"}, {"3com.example", "3com.example"},
        {"a--b.example", "a--b.example"}, {"1.2.3.com", "1.2.3.com"},
        {"", NULL}, {".", NULL}, {"a..b", NULL}, {".a", NULL}, {"api.openai.com..", NULL}, {"-a.example", NULL}, {"a-.example", NULL},
        {"under_score.example", NULL}, {"sp ace.example", NULL}, {"*.example", NULL}, {"a.example:443", NULL}, {"a/b", NULL},
        {"b\xc3\xbc""cher.example", NULL}, {"a\r\nb.example", NULL}, {"127.0.0.1", NULL}, {"1", NULL}, {"0x7f", NULL}, {"a.0x7F", NULL},
        {"a.0x", NULL}, {"[::1]", NULL}, {"::1", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", NULL},
    };
    struct hello h;
    static struct build b;
    for (size_t i = 0; i < COUNT(cases); i++) {
        build_hello(&b, cases[i].sent, strlen(cases[i].sent), NULL);
        assert_int_equal(parse(&b, b.n, &h), cases[i].name ? HELLO_OK : HELLO_BAD);
        assert_string_equal(h.name, cases[i].name ? cases[i].name : "");
    }
    build_hello(&b, "a.exa\0mple", 10, NULL);
    assert_int_equal(parse(&b, b.n, &h), HELLO_BAD);
    build_hello(&b, "a.example\0", 10, NULL);
    assert_int_equal(parse(&b, b.n, &h), HELLO_BAD);
}

static void long_names(void **state)
{
    (void)state;
    char name[300];
    for (size_t i = 0; i < sizeof name; i++) name[i] = i % 50 == 49 ? '.' : 'a';
    assert_true(hello_is_host_name((struct span){name, 63 - 14}));
    assert_true(hello_is_host_name((struct span){name, HELLO_NAME_MAX}));
    assert_false(hello_is_host_name((struct span){name, HELLO_NAME_MAX + 1}));
    assert_false(hello_is_host_name(SPAN_NONE));
}

static void add_second_name(struct build *b) { put_server_name(b, "b.example", 9); }
static void add_ech_outer(struct build *b) { put_extension(b, 0xfe0d, "\x00\x00\x01", 3); }
static void add_ech_inner(struct build *b) { put_extension(b, 0xfe0d, "\x01", 1); }
static void add_ech_empty(struct build *b) { put_extension(b, 0xfe0d, "", 0); }
static void add_ech_twice(struct build *b) { add_ech_outer(b), add_ech_outer(b); }
static void add_cut_extension(struct build *b) { put(b, "\x12\x34\x7f\xff", 4); }
/* A list of two names, a name of another type, a list with bytes after it, an empty list. */
static void add_two_in_list(struct build *b) { put_extension(b, 0, "\x00\x08\x00\x00\x01" "a\x00\x00\x01" "b", 10); }
static void add_other_type(struct build *b) { put_extension(b, 0, "\x00\x04\x01\x00\x01" "a", 6); }
static void add_tail(struct build *b) { put_extension(b, 0, "\x00\x04\x00\x00\x01" "a" "x", 7); }
static void add_empty_list(struct build *b) { put_extension(b, 0, "\x00\x00", 2); }
static void add_no_list(struct build *b) { put_extension(b, 0, "", 0); }

static void extensions(void **state)
{
    (void)state;
    static const struct {
        void (*more)(struct build *);
        bool named;
        enum hello_result r;
        bool ech;
    } cases[] = {
        {NULL, false, HELLO_OK, false}, {add_ech_outer, true, HELLO_OK, true}, {add_ech_inner, true, HELLO_OK, false},
        {add_ech_empty, true, HELLO_BAD, false}, {add_ech_twice, true, HELLO_BAD, false}, {add_second_name, true, HELLO_BAD, false},
        {add_cut_extension, true, HELLO_BAD, false}, {add_two_in_list, false, HELLO_BAD, false},
        {add_other_type, false, HELLO_BAD, false}, {add_tail, false, HELLO_BAD, false}, {add_empty_list, false, HELLO_BAD, false},
        {add_no_list, false, HELLO_BAD, false},
    };
    struct hello h;
    static struct build b;
    for (size_t i = 0; i < COUNT(cases); i++) {
        build_hello(&b, cases[i].named ? "a.example" : NULL, 9, cases[i].more);
        assert_int_equal(parse(&b, b.n, &h), cases[i].r);
        assert_int_equal(h.ech, cases[i].ech);
        if (h.ech) assert_string_equal(h.name, "a.example");
    }
}

static enum hello_result parse_literal(const char *p, size_t n)
{
    struct hello h;
    return hello_parse((struct span){p, n}, &h);
}

static void what_is_not_tls(void **state)
{
    (void)state;
    assert_int_equal(parse_literal("", 0), HELLO_MORE);
    assert_int_equal(parse_literal("G", 1), HELLO_NOT_TLS);
    assert_int_equal(parse_literal("GET / HTTP/1.1\r\n", 16), HELLO_NOT_TLS);
    assert_int_equal(parse_literal("SSH-2.0-", 8), HELLO_NOT_TLS);
    assert_int_equal(parse_literal("\x80\x2e\x01\x00\x02", 5), HELLO_NOT_TLS);   /* SSL 2 */
    assert_int_equal(parse_literal("\x16\x02", 2), HELLO_NOT_TLS);
    assert_int_equal(parse_literal("\x16\x03\x01\x00\x00", 5), HELLO_BAD);        /* an empty fragment */
    assert_int_equal(parse_literal("\x16\x03\x01\x40\x01", 5), HELLO_BAD);        /* a record of 16385 */
    assert_int_equal(parse_literal("\x16\x03\x01\x00\x04\x02", 6), HELLO_BAD);    /* not a ClientHello */
    assert_int_equal(parse_literal("\x16\x03\x01\x00\x02\x01\x00\x17\x03\x03", 10), HELLO_BAD);   /* data in the middle of it */
}

static void what_is_too_large(void **state)
{
    (void)state;
    struct hello h;
    static struct build b;
    assert_int_equal(parse_literal("\x16\x03\x01\x00\x04\x01\x01\x00\x00", 9), HELLO_TOO_LARGE);
    /* One byte a record: the records' heads fill the limit before the message does. */
    build_hello(&b, "a.example", 9, NULL);
    static struct build tiny;
    tiny.n = 0;
    for (size_t i = 5; tiny.n < HELLO_MAX; i++) {
        put(&tiny, "\x16\x03\x01\x00\x01", 5);
        put(&tiny, b.p + (i < b.n ? i : b.n - 1), 1);
        if (i + 1 == b.n) break;
    }
    assert_int_equal(parse(&tiny, tiny.n, &h), HELLO_OK);
    b.p[6] = 0, b.p[7] = 0x20, b.p[8] = 0;   /* 8 KB are announced */
    b.n = 5;
    for (tiny.n = 0; tiny.n < HELLO_MAX; b.n++) {
        put(&tiny, "\x16\x03\x01\x00\x01", 5);
        put(&tiny, b.p + b.n, 1);
    }
    assert_int_equal(parse(&tiny, HELLO_MAX, &h), HELLO_TOO_LARGE);
    assert_int_equal(parse(&tiny, HELLO_MAX - 1, &h), HELLO_MORE);
}

/* Any one byte changed to any value: an answer, nothing read beyond the end, and never a name that is none. */
static void every_byte_changed(void **state)
{
    (void)state;
    struct hello h;
    static struct build b;
    openssl_hello(&b, "api.openai.com", TLS1_3_VERSION);
    for (size_t i = 0; i < b.n; i++) {
        unsigned char was = b.p[i];
        for (int v = 0; v < 256; v += 3) {
            b.p[i] = (unsigned char)v;
            if (parse(&b, b.n, &h) == HELLO_OK && h.name[0]) assert_true(hello_is_host_name(span_str(h.name)));
        }
        b.p[i] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_hellos_at_every_cut), cmocka_unit_test(large_hello_at_every_cut),
        cmocka_unit_test(what_follows_in_other_records_is_ignored), cmocka_unit_test(names), cmocka_unit_test(long_names),
        cmocka_unit_test(extensions), cmocka_unit_test(what_is_not_tls), cmocka_unit_test(what_is_too_large),
        cmocka_unit_test(every_byte_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
