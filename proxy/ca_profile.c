#include "proxy/ca_profile.h"
#include "core/digest.h"
#include "proxy/hello.h"
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define DAY 86400
#define SERIAL_BYTES 16
#define KEY_ID_SHOWN 4

struct extension {
    int nid;
    const char *value;
};

/* The AKI of a leaf is the key id alone: an issuer and serial in it tie the leaf to one edition of the root. */
static const struct extension root_extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
};
/* The last one has to be left out when the issuer has no key id of its own (an operator's old CA). */
static const struct extension leaf_extensions[] = {
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_key_usage, "critical,digitalSignature"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid"},
};

static bool add_extensions(X509 *cert, X509 *issuer, const struct extension *e, size_t n)
{
    X509V3_CTX about;
    X509V3_set_ctx_nodb(&about);
    X509V3_set_ctx(&about, issuer, cert, NULL, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &about, e[i].nid, e[i].value);
        bool ok = x && X509_add_ext(cert, x, -1) == 1;
        X509_EXTENSION_free(x);
        if (!ok) return false;
    }
    return true;
}

/* 126 bits of chance, positive, never with a leading zero byte; a serial that comes twice is refused by Firefox. */
static bool set_serial(X509 *cert)
{
    unsigned char b[SERIAL_BYTES];
    random_bytes(b, sizeof b);
    b[0] = (unsigned char)((b[0] & 0x7f) | 0x40);
    BIGNUM *n = BN_bin2bn(b, sizeof b, NULL);
    bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
    BN_free(n);
    return ok;
}

static bool set_life(X509 *cert, const X509 *issuer, time_t now, int days)
{
    time_t from = now - DAY, to = now + (time_t)days * DAY;
    ASN1_TIME *begins = X509_getm_notBefore(cert), *ends = X509_getm_notAfter(cert);
    if (ASN1_TIME_set(begins, from) == NULL || ASN1_TIME_set(ends, to) == NULL) return false;
    if (issuer == NULL) return true;
    const ASN1_TIME *first = X509_get0_notBefore(issuer), *last = X509_get0_notAfter(issuer);
    if (ASN1_TIME_compare(begins, first) < 0 && X509_set1_notBefore(cert, first) != 1) return false;
    return ASN1_TIME_compare(ends, last) <= 0 || X509_set1_notAfter(cert, last) == 1;
}

static bool add_name(X509_NAME *name, const char *field, struct span value)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value.p, (int)value.n, -1, 0) == 1;
}

/* SHA-256 for every kind of key that takes a digest; Ed25519 and Ed448 sign without one. */
static bool sign(X509 *cert, EVP_PKEY *key)
{
    int kind = EVP_PKEY_get_base_id(key);
    bool bare = kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448;
    return X509_sign(cert, key, bare ? NULL : EVP_sha256()) > 0;
}

/* The CN holds part of the key's id, so that two roots of one organisation never have one name and different keys. */
static bool set_root_name(X509 *cert, EVP_PKEY *key, const char *organisation)
{
    unsigned char id[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char hex[2 * KEY_ID_SHOWN + 1], cn[CA_NAME_MAX];
    if (X509_set_pubkey(cert, key) != 1 || X509_pubkey_digest(cert, EVP_sha1(), id, &n) != 1) return false;
    hex_put(hex, id, KEY_ID_SHOWN);
    int len = snprintf(cn, sizeof cn, "cordon CA %s", hex);
    X509_NAME *name = X509_get_subject_name(cert);
    return add_name(name, "O", span_str(organisation)) && add_name(name, "CN", (struct span){cn, (size_t)len}) &&
           X509_set_issuer_name(cert, name) == 1;
}

X509 *ca_make_root(EVP_PKEY *key, const char *organisation, time_t now)
{
    X509 *cert = X509_new();
    if (cert && organisation[0] && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        set_life(cert, NULL, now, CA_ROOT_DAYS) && set_root_name(cert, key, organisation) &&
        add_extensions(cert, cert, root_extensions, COUNT(root_extensions)) && sign(cert, key))
        return cert;
    X509_free(cert);
    return NULL;
}

/* An IP literal as the bytes of an iPAddress; 0 when it is none. */
static size_t ip_bytes(struct span host, unsigned char out[16])
{
    char text[INET6_ADDRSTRLEN];
    if (host.n >= sizeof text || memchr(host.p, 0, host.n)) return 0;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    if (inet_pton(AF_INET, text, out) == 1) return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

bool ca_host_ok(struct span host)
{
    unsigned char ip[16];
    if (host.n == 0) return false;
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] >= 'A' && host.p[i] <= 'Z') return false;
    return hello_is_host_name(host) || ip_bytes(host, ip) > 0;
}

static GENERAL_NAME *general_name(struct span host)
{
    unsigned char ip[16];
    size_t n = ip_bytes(host, ip);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_STRING_type_new(n ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    const void *bytes = n ? (const void *)ip : host.p;
    if (name && value && ASN1_STRING_set(value, bytes, (int)(n ? n : host.n)) == 1) {
        GENERAL_NAME_set0_value(name, n ? GEN_IPADD : GEN_DNS, value);
        return name;
    }
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return NULL;
}

/* Built from the value itself: a text form ("DNS:…,DNS:…") would let a name bring more names. */
static bool add_alternative_name(X509 *cert, struct span host, bool critical)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = general_name(host);
    bool ok = names && name && sk_GENERAL_NAME_push(names, name) > 0;
    if (!ok) GENERAL_NAME_free(name);
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, critical, X509V3_ADD_APPEND) == 1;
    GENERAL_NAMES_free(names);
    return ok;
}

/* The CN has no room for a long name. Then the subject is empty and the SAN critical (RFC 5280, 4.1.2.6). */
static bool set_leaf_names(X509 *cert, X509 *issuer, struct span host)
{
    bool fits = host.n <= CA_NAME_MAX;
    return (!fits || add_name(X509_get_subject_name(cert), "CN", host)) &&
           X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 && add_alternative_name(cert, host, !fits);
}

X509 *ca_make_leaf(X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *leaf_key, struct span host, time_t now)
{
    if (!ca_host_ok(host)) return NULL;
    size_t n_extensions = COUNT(leaf_extensions) - (X509_get0_subject_key_id(issuer) == NULL);
    X509 *cert = X509_new();
    if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        set_life(cert, issuer, now, CA_LEAF_DAYS) && X509_set_pubkey(cert, leaf_key) == 1 && set_leaf_names(cert, issuer, host) &&
        add_extensions(cert, issuer, leaf_extensions, n_extensions) && sign(cert, issuer_key))
        return cert;
    X509_free(cert);
    return NULL;
}
