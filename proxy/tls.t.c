#include "proxy/tls.h"
#include "core/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include "proxy/tls.t.h"

struct fixture {
    struct scratch dir;
    EVP_PKEY *ca_key, *leaf_key;
    X509 *ca;
    char ca_file[256], leaf_file[256], key_file[256];
};

static int set_up(void **state)
{
    static struct fixture f;
    digest_init();
    tls_init();
    scratch_make(&f.dir);
    f.ca_key = EVP_EC_gen("P-256");
    f.leaf_key = EVP_EC_gen("P-256");
    f.ca = ca_make_root(f.ca_key, "Test", time(NULL));
    write_pem(&f.dir, "ca.pem", f.ca, NULL, NULL);
    scratch_path(&f.dir, "ca.pem", f.ca_file);
    scratch_path(&f.dir, "leaf.pem", f.leaf_file);
    scratch_path(&f.dir, "leaf.key", f.key_file);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    X509_free(f->ca);
    EVP_PKEY_free(f->ca_key);
    EVP_PKEY_free(f->leaf_key);
    scratch_remove(&f->dir);
    return 0;
}

static X509 *leaf_for(struct fixture *f, const char *host, time_t now)
{
    X509 *leaf = ca_make_leaf(f->ca, f->ca_key, f->leaf_key, span_str(host), now);
    assert_non_null(leaf);
    return leaf;
}

/* A leaf that ca_make_leaf would not make: with this SAN (or none), this CN. */
static X509 *odd_leaf(struct fixture *f, const char *san, const char *cn)
{
    X509 *leaf = leaf_for(f, "x.example", time(NULL));
    int at = X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1);
    X509_EXTENSION_free(X509_delete_ext(leaf, at));
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_subject_name(leaf, name);
    X509_NAME_free(name);
    if (san) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
        X509_add_ext(leaf, e, -1);
        X509_EXTENSION_free(e);
    }
    X509_sign(leaf, f->ca_key, EVP_sha256());
    return leaf;
}

static void expect(const char *ca_file, SSL_CTX *server, const char *host, bool good, const char *reason)
{
    struct why why;
    SSL_CTX *client = tls_out_ctx(ca_file, &why);
    assert_non_null(client);
    SSL *c = tls_out_new(client, host), *s = SSL_new(server);
    assert_non_null(c);
    assert_int_equal(shake_hands(c, s), good);
    if (reason) assert_string_equal(tls_out_verify_error(c), reason);
    SSL_free(c);
    SSL_free(s);
    SSL_CTX_free(client);
}

static void expect_leaf(struct fixture *f, X509 *leaf, const char *host, bool good, const char *reason)
{
    SSL_CTX *server = server_with(leaf, f->leaf_key);
    expect(f->ca_file, server, host, good, reason);
    SSL_CTX_free(server);
    X509_free(leaf);
}

static void upstreams_that_are_who_they_say(void **state)
{
    struct fixture *f = *state;
    time_t now = time(NULL);
    expect_leaf(f, leaf_for(f, "api.openai.com", now), "api.openai.com", true, NULL);
    expect_leaf(f, leaf_for(f, "api.openai.com", now), "API.openai.com", true, NULL);
    expect_leaf(f, leaf_for(f, "127.0.0.1", now), "127.0.0.1", true, NULL);
    expect_leaf(f, leaf_for(f, "2001:db8::1", now), "2001:db8:0::1", true, NULL);
    expect_leaf(f, odd_leaf(f, "DNS:*.openai.com", "x"), "api.openai.com", true, NULL);
}

static void upstreams_that_are_not(void **state)
{
    struct fixture *f = *state;
    time_t now = time(NULL);
    expect_leaf(f, leaf_for(f, "api.openai.com", now), "api.anthropic.com", false, "hostname mismatch");
    expect_leaf(f, leaf_for(f, "api.openai.com", now), "openai.com", false, "hostname mismatch");
    expect_leaf(f, leaf_for(f, "127.0.0.1", now), "127.0.0.2", false, "IP address mismatch");
    expect_leaf(f, odd_leaf(f, "DNS:127.0.0.1", "127.0.0.1"), "127.0.0.1", false, "IP address mismatch");
    expect_leaf(f, odd_leaf(f, NULL, "api.openai.com"), "api.openai.com", false, "hostname mismatch");
    expect_leaf(f, odd_leaf(f, "DNS:ap*.openai.com", "x"), "api.openai.com", false, "hostname mismatch");
    expect_leaf(f, odd_leaf(f, "DNS:*.openai.com", "x"), "a.b.openai.com", false, "hostname mismatch");
    expect_leaf(f, leaf_for(f, "api.openai.com", now - 40 * 86400), "api.openai.com", false, "certificate has expired");
    expect_leaf(f, leaf_for(f, "api.openai.com", now + 9 * 86400), "api.openai.com", false, "certificate is not yet valid");
}

/* Neither an unknown authority, nor with the system's store our own one. A named certificate is trusted as it stands. */
static void whom_the_operator_trusts(void **state)
{
    struct fixture *f = *state;
    X509 *leaf = leaf_for(f, "api.openai.com", time(NULL));
    SSL_CTX *server = server_with(leaf, f->leaf_key);
    expect(NULL, server, "api.openai.com", false, "unable to get local issuer certificate");
    write_pem(&f->dir, "leaf.pem", leaf, NULL, NULL);
    expect(f->leaf_file, server, "api.openai.com", true, NULL);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    X509 *root = ca_make_root(other, "Test", time(NULL));
    write_pem(&f->dir, "leaf.pem", root, NULL, NULL);
    expect(f->leaf_file, server, "api.openai.com", false, "unable to get local issuer certificate");
    X509_free(root);
    EVP_PKEY_free(other);
    SSL_CTX_free(server);
    X509_free(leaf);
}

static void names_that_would_switch_the_check_off(void **state)
{
    struct fixture *f = *state;
    struct why why;
    SSL_CTX *c = tls_out_ctx(f->ca_file, &why);
    assert_null(tls_out_new(c, ""));
    SSL *ssl = tls_out_new(c, "127.0.0.1");
    assert_null(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    assert_int_equal(SSL_get_verify_mode(ssl), SSL_VERIFY_PEER);
    SSL_free(ssl);
    SSL_CTX_free(c);
    assert_null(tls_out_ctx("/nonexistent/ca.pem", &why));
    assert_non_null(strstr(why.text, "/nonexistent/ca.pem"));
}

static SSL_CTX *our_server(struct fixture *f, const char *host)
{
    X509 *leaf = leaf_for(f, host, time(NULL));
    SSL_CTX *s = server_with(leaf, f->leaf_key);
    assert_true(tls_in_setup(s, host));
    X509_free(leaf);
    return s;
}

static SSL_CTX *plain_client(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(c, 0);
    return c;
}

static void versions(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int version;
        int good;
    } cases[] = {{TLS1_1_VERSION, 0}, {TLS1_2_VERSION, 1}, {TLS1_3_VERSION, 1}};
    SSL_CTX *server = our_server(f, "a.example"), *client = plain_client();
    for (size_t i = 0; i < COUNT(cases); i++) {
        SSL *c = SSL_new(client), *s = SSL_new(server);
        SSL_set_connect_state(c);
        SSL_set_min_proto_version(c, cases[i].version);
        SSL_set_max_proto_version(c, cases[i].version);
        assert_int_equal(shake_hands(c, s), cases[i].good);
        SSL_free(c);
        SSL_free(s);
    }
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void alpn(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *offer, *chosen;
    } cases[] = {{"\x08http/1.1", "http/1.1"}, {"\x02h2\x08http/1.1", "http/1.1"}, {"\x02h2", ""}, {"", ""},
                 {"\x08http/1.0\x08http/1.1", "http/1.1"}, {"\x09http/1.12", ""}};
    SSL_CTX *server = our_server(f, "a.example"), *client = plain_client();
    for (size_t i = 0; i < COUNT(cases); i++) {
        SSL *c = SSL_new(client), *s = SSL_new(server);
        const unsigned char *got = NULL;
        unsigned n = 0;
        SSL_set_connect_state(c);
        SSL_set_alpn_protos(c, (const unsigned char *)cases[i].offer, (unsigned)strlen(cases[i].offer));
        assert_int_equal(shake_hands(c, s), 1);
        SSL_get0_alpn_selected(c, &got, &n);
        assert_int_equal(n, strlen(cases[i].chosen));
        if (n) assert_memory_equal(got, cases[i].chosen, n);
        SSL_free(c);
        SSL_free(s);
    }
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static SSL_SESSION *visit(SSL_CTX *client, SSL_CTX *server, int version, SSL_SESSION *with, bool *resumed)
{
    SSL *c = SSL_new(client), *s = SSL_new(server);
    SSL_set_connect_state(c);
    SSL_set_max_proto_version(c, version);
    if (with) SSL_set_session(c, with);
    assert_int_equal(shake_hands(c, s), 1);
    *resumed = SSL_session_reused(c);
    SSL_SESSION *after = SSL_get1_session(c);
    SSL_shutdown(c);
    SSL_free(c);
    SSL_free(s);
    return after;
}

/* A ticket is good for the same host on another worker's context, and for no other host. */
static void tickets(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *a1 = our_server(f, "a.example"), *a2 = our_server(f, "a.example"), *b = our_server(f, "b.example");
    SSL_CTX *client = plain_client();
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        bool resumed = true;
        SSL_SESSION *first = visit(client, a1, version, NULL, &resumed);
        assert_false(resumed);
        assert_true(SSL_SESSION_is_resumable(first));
        SSL_SESSION *again = visit(client, a2, version, first, &resumed);
        assert_true(resumed);
        SSL_SESSION *other = visit(client, b, version, first, &resumed);
        assert_false(resumed);
        SSL_SESSION_free(first);
        SSL_SESSION_free(again);
        SSL_SESSION_free(other);
    }
    SSL_CTX_free(client);
    SSL_CTX_free(a1);
    SSL_CTX_free(a2);
    SSL_CTX_free(b);
}

static void server_options(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *s = our_server(f, "a.example");
    assert_true(SSL_CTX_get_options(s) & SSL_OP_NO_RENEGOTIATION);
    assert_true(SSL_CTX_get_options(s) & SSL_OP_NO_COMPRESSION);
    assert_true(SSL_CTX_get_mode(s) & SSL_MODE_RELEASE_BUFFERS);
    assert_int_equal(SSL_CTX_get_max_early_data(s), 0);
    SSL_CTX_free(s);
}

static void from_files(void **state)
{
    struct fixture *f = *state;
    struct why why = {""};
    X509 *leaf = leaf_for(f, "gateway.example", time(NULL));
    write_pem(&f->dir, "leaf.pem", leaf, NULL, NULL);
    write_pem(&f->dir, "leaf.key", NULL, NULL, f->leaf_key);
    SSL_CTX *server = tls_in_from_files(f->leaf_file, f->key_file, &why);
    assert_non_null(server);
    expect(f->ca_file, server, "gateway.example", true, NULL);
    SSL_CTX_free(server);
    write_pem(&f->dir, "leaf.key", NULL, NULL, f->ca_key);
    assert_null(tls_in_from_files(f->leaf_file, f->key_file, &why));
    assert_non_null(strstr(why.text, "leaf.key"));
    assert_null(tls_in_from_files(f->key_file, f->key_file, &why));
    assert_non_null(strstr(why.text, "no certificate"));
    X509_free(leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upstreams_that_are_who_they_say), cmocka_unit_test(upstreams_that_are_not),
        cmocka_unit_test(whom_the_operator_trusts), cmocka_unit_test(names_that_would_switch_the_check_off),
        cmocka_unit_test(versions), cmocka_unit_test(alpn), cmocka_unit_test(tickets), cmocka_unit_test(server_options),
        cmocka_unit_test(from_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
