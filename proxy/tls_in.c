#include "proxy/tls.h"
#include "core/digest.h"
#include <openssl/err.h>

/* OpenSSL's layout for TLS 1.2 and 1.3 tickets without a callback: name 16, HMAC secret 32, AES key 32. */
#define TICKET_KEYS 80

/* One for all contexts of the process: a ticket is good on every worker. The session id context keeps it from being good
 * for another host. Made at boot, read only afterwards. */
static unsigned char ticket_keys[TICKET_KEYS];

void tls_init(void)
{
    OPENSSL_init_ssl(0, NULL);
    random_bytes(ticket_keys, sizeof ticket_keys);
}

/* A client that offers only h2 gets no answer to its ALPN and may go on with HTTP/1.1, as RFC 7301 lets a server without
 * the extension do; the alert would only turn away clients that cope. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in, unsigned in_n, void *arg)
{
    static const unsigned char wanted[] = "http/1.1";
    (void)ssl, (void)arg;
    for (unsigned at = 0; at < in_n && in[at] < in_n - at; at += in[at] + 1u) {
        if (in[at] != sizeof wanted - 1 || memcmp(in + at + 1, wanted, sizeof wanted - 1) != 0) continue;
        *out = in + at + 1;
        *n = in[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

bool tls_in_setup(SSL_CTX *ctx, const char *session_context)
{
    struct digest d = sha256(span_str(session_context));   /* host names are longer than a context may be */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                             SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);   /* tickets only: nothing is kept for a session here */
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") &&
           SSL_CTX_set_session_id_context(ctx, d.b, sizeof d.b) &&
           SSL_CTX_set_num_tickets(ctx, 1) &&
           SSL_CTX_set_tlsext_ticket_keys(ctx, ticket_keys, sizeof ticket_keys);
}

SSL_CTX *tls_in_from_files(const char *certificate, const char *key, struct why *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL || !tls_in_setup(ctx, certificate))
        why_set(why, "a TLS context cannot be made");
    else if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
        why_set(why, "%.200s: no certificate chain in PEM form can be read from it", certificate);
    else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        why_set(why, "%.200s: no private key that belongs to %.200s can be read from it", key, certificate);
    else
        return ctx;
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}
