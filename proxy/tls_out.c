#include "proxy/tls.h"
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool load_roots(SSL_CTX *ctx, const char *ca_file)
{
    if (ca_file == NULL) return SSL_CTX_set_default_verify_paths(ctx) == 1;
    /* What the operator names is trusted as it stands, be it a root, an intermediate or the server's own certificate. */
    return SSL_CTX_load_verify_file(ctx, ca_file) == 1 &&
           X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

static bool set_up(SSL_CTX *ctx)
{
    static const unsigned char alpn[] = "\x08http/1.1";
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(ctx),
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") &&
           SSL_CTX_set_alpn_protos(ctx, alpn, sizeof alpn - 1) == 0;   /* 0 is success here, alone in its family */
}

SSL_CTX *tls_out_ctx(const char *ca_file, struct why *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL || !set_up(ctx))
        why_set(why, "a TLS context cannot be made");
    else if (!load_roots(ctx, ca_file))
        why_set(why, "%.300s: no CA certificate in PEM form can be read from it",
                ca_file ? ca_file : "the system's CA store");
    else
        return ctx;
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}

static bool is_ip(const char *host)
{
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

SSL *tls_out_new(SSL_CTX *ctx, const char *host)
{
    SSL *ssl = SSL_new(ctx);
    if (ssl == NULL) return NULL;
    /* An empty name would switch the check off (X509_VERIFY_PARAM_set1_host). No SNI for addresses (RFC 6066, 3). */
    bool ok = host[0] && (is_ip(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
                                      : SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1);
    if (ok) {
        SSL_set_connect_state(ssl);
        return ssl;
    }
    SSL_free(ssl);
    return NULL;
}

const char *tls_out_verify_error(SSL *ssl)
{
    long r = SSL_get_verify_result(ssl);
    /* OpenSSL's table of sentences is static; a failure that is not the certificate's leaves X509_V_OK there. */
    return r == X509_V_OK ? "the TLS handshake failed" : X509_verify_cert_error_string(r);
}
