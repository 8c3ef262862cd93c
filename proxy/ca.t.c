#include "proxy/ca.h"
#include "core/digest.h"
#include "proxy/ca_store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include "proxy/tls.t.h"

#define DAY 86400

static int set_up(void **state)
{
    (void)state;
    digest_init();
    return 0;
}

static X509 *init_and_read(struct scratch *s, EVP_PKEY **key)
{
    struct why why = {""};
    scratch_make(s);
    assert_int_equal(ca_init(s->dir, "St. Mary's Hospital", &why), FAIL_OK);
    if (key) assert_int_equal(ca_store_key(s->dir, key, &why), FAIL_OK);
    return read_cert(s, "ca.pem");
}

static unsigned mode_of(const struct scratch *s, const char *file)
{
    struct stat st;
    char path[256];
    assert_int_equal(stat(scratch_path(s, file, path), &st), 0);
    return st.st_mode & 07777;
}

static size_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static bool file_has(const struct scratch *s, const char *file, const char *text)
{
    static char all[1 << 20];
    char path[256];
    FILE *f = fopen(scratch_path(s, file, path), "r");
    assert_non_null(f);
    all[fread(all, 1, sizeof all - 1, f)] = '\0';
    fclose(f);
    return strstr(all, text) != NULL;
}

static void init_makes_files(void **state)
{
    (void)state;
    struct scratch s;
    char path[256];
    umask(0);
    X509_free(init_and_read(&s, NULL));
    umask(022);
    assert_int_equal(mode_of(&s, "ca.key"), 0600);
    assert_int_equal(mode_of(&s, "ca.pem"), 0644);
    assert_true(file_has(&s, "ca.key", "-----BEGIN PRIVATE KEY-----"));
    size_t system_roots = size_of("/etc/ssl/certs/ca-certificates.crt");
    assert_int_equal(size_of(scratch_path(&s, "bundle.pem", path)), size_of(scratch_path(&s, "ca.pem", path)) + system_roots);
    scratch_remove(&s);
}

static void init_makes_the_directory(void **state)
{
    (void)state;
    struct scratch s;
    struct why why;
    scratch_make(&s);
    assert_int_equal(rmdir(s.dir), 0);
    assert_int_equal(ca_init(s.dir, NULL, &why), FAIL_OK);
    assert_int_equal(mode_of(&s, ""), 0700);
    X509 *ca = read_cert(&s, "ca.pem");
    char o[65];
    X509_NAME_get_text_by_NID(X509_get_subject_name(ca), NID_organizationName, o, sizeof o);
    assert_string_equal(o, "cordon");
    X509_free(ca);
    scratch_remove(&s);
}

static void init_never_overwrites(void **state)
{
    (void)state;
    static const char *const there[] = {"ca.pem", "ca.key"};
    for (size_t i = 0; i < COUNT(there); i++) {
        struct scratch s;
        struct why why = {""};
        char path[256];
        scratch_make(&s);
        fclose(fopen(scratch_path(&s, there[i], path), "w"));
        assert_int_equal(ca_init(s.dir, "Org", &why), FAIL_IO);
        assert_non_null(strstr(why.text, there[i]));
        assert_int_equal(size_of(path), 0);
        assert_int_not_equal(access(scratch_path(&s, there[!i], path), F_OK), 0);   /* nothing left behind */
        scratch_remove(&s);
    }
}

static void init_wants_a_usable_name(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "\xff\xfe", "01234567890123456789012345678901234567890123456789012345678901234"};
    struct why why;
    for (size_t i = 0; i < COUNT(bad); i++) assert_int_equal(ca_init("/nonexistent/x", bad[i], &why), FAIL_CONFIG);
    assert_int_equal(ca_init("/nonexistent/x", "Org", &why), FAIL_IO);
}

static const char *text_of(X509 *c, int nid, char out[256])
{
    BIO *b = BIO_new(BIO_s_mem());
    int at = X509_get_ext_by_NID(c, nid, -1), n = 0;
    if (at >= 0) {
        X509V3_EXT_print(b, X509_get_ext(c, at), 0, 0);
        n = BIO_read(b, out, 255);
    }
    out[n > 0 ? n : 0] = '\0';
    BIO_free(b);
    return out;
}

static int is_critical(X509 *c, int nid)
{
    return X509_EXTENSION_get_critical(X509_get_ext(c, X509_get_ext_by_NID(c, nid, -1)));
}

static long days_from(const ASN1_TIME *t, time_t now)
{
    struct tm tm;
    assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
    return (long)((timegm(&tm) - now + (timegm(&tm) < now ? -60 : 60)) / DAY);   /* a minute's slack */
}

static void expect_serial(X509 *c)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c), NULL);
    assert_false(BN_is_negative(n));
    assert_int_equal(BN_num_bits(n), 127);
    BN_free(n);
}

static void root_profile(void **state)
{
    (void)state;
    struct scratch s;
    char text[256];
    X509 *ca = init_and_read(&s, NULL);
    assert_int_equal(X509_get_version(ca), X509_VERSION_3);
    expect_serial(ca);
    assert_int_equal(days_from(X509_get0_notBefore(ca), time(NULL)), -1);
    assert_int_equal(days_from(X509_get0_notAfter(ca), time(NULL)), 3650);
    assert_int_equal(X509_get_signature_nid(ca), NID_ecdsa_with_SHA256);
    EVP_PKEY_get_group_name(X509_get0_pubkey(ca), text, sizeof text, NULL);
    assert_string_equal(text, "prime256v1");
    assert_int_equal(X509_get_ext_count(ca), 3);
    assert_string_equal(text_of(ca, NID_basic_constraints, text), "CA:TRUE, pathlen:0");
    assert_true(is_critical(ca, NID_basic_constraints));
    assert_string_equal(text_of(ca, NID_key_usage, text), "Certificate Sign, CRL Sign");
    assert_true(is_critical(ca, NID_key_usage));
    unsigned char sha1[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509_pubkey_digest(ca, EVP_sha1(), sha1, &n);
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca);
    assert_int_equal(ASN1_STRING_length(id), n);
    assert_memory_equal(ASN1_STRING_get0_data(id), sha1, n);
    char cn[64], hex[9];
    X509_NAME_get_text_by_NID(X509_get_subject_name(ca), NID_commonName, cn, sizeof cn);
    hex_put(hex, sha1, 4);
    assert_non_null(strstr(cn, hex));
    assert_int_equal(X509_self_signed(ca, 1), 1);
    X509_free(ca);
    scratch_remove(&s);
}

static int verify(X509 *ca, X509 *intermediate, X509 *leaf, const char *host, bool ip)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    STACK_OF(X509) *extra = sk_X509_new_null();
    X509_STORE_add_cert(store, ca);
    if (intermediate) sk_X509_push(extra, intermediate);
    assert_int_equal(X509_STORE_CTX_init(c, store, leaf, extra), 1);
    X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(c);
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (ip) X509_VERIFY_PARAM_set1_ip_asc(p, host);
    else X509_VERIFY_PARAM_set1_host(p, host, 0);
    int r = X509_verify_cert(c) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(c);
    sk_X509_free(extra);
    X509_STORE_CTX_free(c);
    X509_STORE_free(store);
    return r;
}

static void leaf_profile(void **state)
{
    (void)state;
    struct scratch s;
    char text[256];
    EVP_PKEY *key = NULL, *leaf_key = EVP_EC_gen("P-256");
    X509 *ca = init_and_read(&s, &key);
    X509 *leaf = ca_make_leaf(ca, key, leaf_key, SPAN("api.openai.com"), time(NULL));
    assert_non_null(leaf);
    assert_int_equal(verify(ca, NULL, leaf, "api.openai.com", false), X509_V_OK);
    assert_int_equal(verify(ca, NULL, leaf, "openai.com", false), X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
    expect_serial(leaf);
    assert_int_equal(days_from(X509_get0_notBefore(leaf), time(NULL)), -1);
    assert_int_equal(days_from(X509_get0_notAfter(leaf), time(NULL)), 30);
    assert_int_equal(X509_get_ext_count(leaf), 6);
    assert_string_equal(text_of(leaf, NID_subject_alt_name, text), "DNS:api.openai.com");
    assert_false(is_critical(leaf, NID_subject_alt_name));
    assert_string_equal(text_of(leaf, NID_basic_constraints, text), "CA:FALSE");
    assert_true(is_critical(leaf, NID_basic_constraints));
    assert_string_equal(text_of(leaf, NID_key_usage, text), "Digital Signature");
    assert_true(is_critical(leaf, NID_key_usage));
    assert_string_equal(text_of(leaf, NID_ext_key_usage, text), "TLS Web Server Authentication");
    assert_non_null(X509_get0_subject_key_id(leaf));
    assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf), X509_get0_subject_key_id(ca)), 0);
    assert_null(X509_get0_authority_serial(leaf));
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, text, sizeof text);
    assert_string_equal(text, "api.openai.com");
    X509 *again = ca_make_leaf(ca, key, leaf_key, SPAN("api.openai.com"), time(NULL));
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(leaf), X509_get0_serialNumber(again)), 0);
    X509_free(again);
    X509_free(leaf);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(leaf_key);
    scratch_remove(&s);
}

static void leaf_names(void **state)
{
    (void)state;
    static const struct {
        const char *host, *san;
        bool critical, ip;
    } good[] = {
        {"127.0.0.1", "IP Address:127.0.0.1", false, true},
        {"2001:db8::1", "IP Address:2001:DB8:0:0:0:0:0:1", false, true},
        {"xn--bcher-kva.example", "DNS:xn--bcher-kva.example", false, false},
        {"a-host-name-of-exactly-sixty-four-characters-0123456789.example.org", NULL, true, false},
    };
    static const char *const bad[] = {"", "API.openai.com", "a.example,DNS:b.example", "*.example", "a..b", "a b", "a_b.example",
                                      "::1%lo", "[::1]", "1.2.3", "a.example.", "1.2.3.4:443"};
    struct scratch s;
    char text[256];
    EVP_PKEY *key = NULL, *leaf_key = EVP_EC_gen("P-256");
    X509 *ca = init_and_read(&s, &key);
    for (size_t i = 0; i < COUNT(good); i++) {
        X509 *leaf = ca_make_leaf(ca, key, leaf_key, span_str(good[i].host), time(NULL));
        assert_non_null(leaf);
        assert_int_equal(verify(ca, NULL, leaf, good[i].host, good[i].ip), X509_V_OK);
        if (good[i].san) assert_string_equal(text_of(leaf, NID_subject_alt_name, text), good[i].san);
        assert_int_equal(is_critical(leaf, NID_subject_alt_name), good[i].critical);
        assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(leaf)), !good[i].critical);
        X509_free(leaf);
    }
    for (size_t i = 0; i < COUNT(bad); i++) assert_null(ca_make_leaf(ca, key, leaf_key, span_str(bad[i]), time(NULL)));
    assert_null(ca_make_leaf(ca, key, leaf_key, (struct span){"a.example\0", 10}, time(NULL)));
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(leaf_key);
    scratch_remove(&s);
}

/* The leaf's life stays within its issuer's. */
static void leaf_at_the_ends_of_the_root(void **state)
{
    (void)state;
    time_t now = time(NULL), born = now - (time_t)(CA_ROOT_DAYS - 10) * DAY;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *old = ca_make_root(key, "Org", born), *young = ca_make_root(key, "Org", now);
    X509 *leaf = ca_make_leaf(old, key, key, SPAN("a.example"), now);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(leaf), X509_get0_notAfter(old)), 0);
    X509_free(leaf);
    leaf = ca_make_leaf(young, key, key, SPAN("a.example"), now - 5);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notBefore(leaf), X509_get0_notBefore(young)), 0);
    X509_free(leaf);
    X509_free(old);
    X509_free(young);
    EVP_PKEY_free(key);
}

/* The operator's own: another kind of key on the same way. */
static void other_kinds_of_key(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = {EVP_RSA_gen(2048), EVP_EC_gen("P-384"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    EVP_PKEY *leaf_key = EVP_EC_gen("P-256");
    for (size_t i = 0; i < COUNT(keys); i++) {
        X509 *ca = ca_make_root(keys[i], "Org", time(NULL));
        X509 *leaf = ca_make_leaf(ca, keys[i], leaf_key, SPAN("a.example"), time(NULL));
        assert_int_equal(verify(ca, NULL, leaf, "a.example", false), X509_V_OK);
        X509_free(ca);
        X509_free(leaf);
        EVP_PKEY_free(keys[i]);
    }
    EVP_PKEY_free(leaf_key);
}

static void show(void **state)
{
    (void)state;
    struct scratch s;
    struct why why = {""};
    char path[256];
    X509 *ca = init_and_read(&s, NULL);
    FILE *f = fopen(scratch_path(&s, "out", path), "w");
    assert_int_equal(ca_show(s.dir, f, &why), FAIL_OK);
    fclose(f);
    static const char *const expected[] = {"subject:     O = St. Mary's Hospital, CN = cordon CA ", "serial:      ", "not before:  20",
                                           "not after:   20", "key:         EC, 256 bits\n", "key id:      ", "SHA-256:     ",
                                           "/ca.pem\n"};
    for (size_t i = 0; i < COUNT(expected); i++) assert_true(file_has(&s, "out", expected[i]));
    assert_false(file_has(&s, "out", "PRIVATE"));
    assert_int_equal(ca_show("/nonexistent", stdout, &why), FAIL_IO);
    assert_non_null(strstr(why.text, "cordon ca init"));
    X509_free(ca);
    scratch_remove(&s);
}

static void what_is_no_ca(void **state)
{
    (void)state;
    struct why why = {""};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = ca_make_root(key, "Org", time(NULL));
    X509 *leaf = ca_make_leaf(ca, key, key, SPAN("a.example"), time(NULL));
    X509 *old = ca_make_root(key, "Org", time(NULL) - (time_t)(CA_ROOT_DAYS + 1) * DAY);
    X509 *later = ca_make_root(key, "Org", time(NULL) + 3 * DAY);
    assert_int_equal(ca_store_usable("d", ca, &why), FAIL_OK);
    assert_int_equal(ca_store_usable("d", leaf, &why), FAIL_CONFIG);
    assert_int_equal(ca_store_usable("d", old, &why), FAIL_CONFIG);
    assert_non_null(strstr(why.text, "expired"));
    assert_int_equal(ca_store_usable("d", later, &why), FAIL_CONFIG);
    X509_free(ca);
    X509_free(leaf);
    X509_free(old);
    X509_free(later);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_makes_files), cmocka_unit_test(init_makes_the_directory), cmocka_unit_test(init_never_overwrites),
        cmocka_unit_test(init_wants_a_usable_name), cmocka_unit_test(root_profile), cmocka_unit_test(leaf_profile),
        cmocka_unit_test(leaf_names), cmocka_unit_test(leaf_at_the_ends_of_the_root), cmocka_unit_test(other_kinds_of_key),
        cmocka_unit_test(show), cmocka_unit_test(what_is_no_ca),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
