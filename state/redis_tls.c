/* TLS to Redis: the certificate and its name are always verified. */
#include "state/redis.h"
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool set_up(SSL_CTX *ctx)
{
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(ctx),
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
}

/* What the operator names is trusted as it stands, be it a root, an intermediate or the server's own certificate. */
static bool load_roots(SSL_CTX *ctx, const char *ca_file)
{
    if (ca_file == NULL) return SSL_CTX_set_default_verify_paths(ctx) == 1;
    return SSL_CTX_load_verify_file(ctx, ca_file) == 1 &&
           X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

static bool load_own(SSL_CTX *ctx, const struct conf_redis_tls *c)
{
    if (c->certificate == NULL) return true;
    return SSL_CTX_use_certificate_chain_file(ctx, c->certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, c->key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(ctx) == 1;
}

SSL_CTX *redis_tls_ctx(const struct conf_redis_tls *c, struct why *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL || !set_up(ctx))
        why_set(why, "a TLS context for Redis cannot be made");
    else if (!load_roots(ctx, c->ca_file))
        why_set(why, "%.300s: no CA certificate in PEM form can be read from it",
                c->ca_file ? c->ca_file : "the system's CA store");
    else if (!load_own(ctx, c))
        why_set(why, "%.150s and %.150s are no certificate in PEM form and its key", c->certificate, c->key);
    else
        return ctx;
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}

static bool is_ip(const char *name)
{
    unsigned char address[16];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

SSL *redis_tls_new(SSL_CTX *ctx, const char *name)
{
    SSL *ssl = SSL_new(ctx);
    if (ssl == NULL) return NULL;
    bool ok = is_ip(name) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
                          : SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
    if (ok) return ssl;
    SSL_free(ssl);
    return NULL;
}
