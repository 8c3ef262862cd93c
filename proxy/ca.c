#include "proxy/ca.h"
#include "proxy/ca_profile.h"
#include "proxy/ca_store.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

enum fail ca_init(const char *dir, const char *organisation, struct why *why)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? ca_make_root(key, organisation ? organisation : "cordon", time(NULL)) : NULL;
    enum fail f = FAIL_CONFIG;
    if (cert) f = ca_store_write(dir, cert, key, why);
    else why_set(why, "the CA cannot be made; the organisation's name must be 1 to %d characters of UTF-8", CA_NAME_MAX);
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return f;
}

static void show_hex(FILE *out, const char *label, const unsigned char *p, size_t n)
{
    fprintf(out, "%s", label);
    for (size_t i = 0; i < n; i++) fprintf(out, i ? ":%02X" : "%02X", p[i]);
    fputc('\n', out);
}

static void show_name(FILE *out, const char *label, const X509_NAME *name)
{
    fprintf(out, "%s", label);
    X509_NAME_print_ex_fp(out, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    fputc('\n', out);
}

static void show_time(FILE *out, const char *label, const ASN1_TIME *t)
{
    struct tm when;
    char text[32] = "unreadable";
    if (ASN1_TIME_to_tm(t, &when) == 1) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &when);
    fprintf(out, "%s%s\n", label, text);
}

static void show_key(FILE *out, X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(cert);
    fprintf(out, "key:         %s, %d bits\n", kind ? kind : "unknown", key ? EVP_PKEY_get_bits(key) : 0);
    if (id) show_hex(out, "key id:      ", ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
    else fprintf(out, "key id:      none; strict verifiers (Python 3.13 and later) refuse the leaves of such a CA\n");
}

static void show_cert(FILE *out, X509 *cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    show_name(out, "subject:     ", X509_get_subject_name(cert));
    show_name(out, "issuer:      ", X509_get_issuer_name(cert));
    show_hex(out, "serial:      ", ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    show_time(out, "not before:  ", X509_get0_notBefore(cert));
    show_time(out, "not after:   ", X509_get0_notAfter(cert));
    show_key(out, cert);
    if (X509_digest(cert, EVP_sha256(), digest, &n) == 1) show_hex(out, "SHA-256:     ", digest, n);
}

enum fail ca_show(const char *dir, FILE *out, struct why *why)
{
    STACK_OF(X509) *certs = NULL;
    char path[CA_PATH_MAX];
    enum fail f = ca_store_certs(dir, &certs, why);
    if (f) return f;
    show_cert(out, sk_X509_value(certs, 0));
    if (ca_store_path(path, dir, "ca.pem", why)) fprintf(out, "file:        %s\n", path);
    f = ca_store_usable(dir, sk_X509_value(certs, 0), why);
    sk_X509_pop_free(certs, X509_free);
    return ferror(out) ? FAIL_IO : f;
}
