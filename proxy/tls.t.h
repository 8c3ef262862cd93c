/* tls.t.h - for the tests of the TLS and CA files: a scratch directory, certificates made on the spot, a handshake
 * between two SSL objects in memory. Included by *.t.c only, after cmocka.h. */
#ifndef CORDON_PROXY_TLS_T_H
#define CORDON_PROXY_TLS_T_H

#include "proxy/ca_profile.h"
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
    char dir[64];
};

static inline void scratch_make(struct scratch *s)
{
    strcpy(s->dir, "/tmp/cordon-unit-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
}

static inline const char *scratch_path(const struct scratch *s, const char *file, char out[256])
{
    snprintf(out, 256, "%s/%s", s->dir, file);
    return out;
}

static inline void scratch_remove(struct scratch *s)
{
    static const char *const files[] = {"ca.pem", "ca.key", "bundle.pem", "leaf.pem", "leaf.key", "out"};
    char path[256];
    for (size_t i = 0; i < COUNT(files); i++) unlink(scratch_path(s, files[i], path));
    assert_int_equal(rmdir(s->dir), 0);
}

static inline void write_pem(const struct scratch *s, const char *file, X509 *cert, X509 *next, EVP_PKEY *key)
{
    char path[256];
    FILE *f = fopen(scratch_path(s, file, path), "w");
    assert_non_null(f);
    fchmod(fileno(f), 0600);
    if (cert) assert_int_equal(PEM_write_X509(f, cert), 1);
    if (next) assert_int_equal(PEM_write_X509(f, next), 1);
    if (key) assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(f), 0);
}

static inline X509 *read_cert(const struct scratch *s, const char *file)
{
    char path[256];
    FILE *f = fopen(scratch_path(s, file, path), "r");
    assert_non_null(f);
    X509 *c = PEM_read_X509(f, NULL, NULL, NULL);
    assert_non_null(c);
    fclose(f);
    return c;
}

/* What the handshake came to: 1 when both ends are through. Bytes go to and fro until nobody has more. */
static inline int shake_hands(SSL *client, SSL *server)
{
    BIO *a, *b;
    assert_int_equal(BIO_new_bio_pair(&a, 65536, &b, 65536), 1);
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_accept_state(server);
    int c = 0, s = 0;
    for (int i = 0; i < 10 && (c != 1 || s != 1); i++) {
        if (c != 1) c = SSL_do_handshake(client);
        if (s != 1) s = SSL_do_handshake(server);
    }
    char none[1];
    if (c == 1 && s == 1) SSL_read(client, none, sizeof none);   /* takes the session ticket in */
    return c == 1 && s == 1;
}

static inline SSL_CTX *server_with(X509 *cert, EVP_PKEY *key)
{
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(c, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(c, key), 1);
    return c;
}

#endif
