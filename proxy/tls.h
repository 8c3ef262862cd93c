/* tls.h - TLS contexts of both sides. TLS 1.2 and 1.3 only. The upstream's certificate and host name are always
 * verified; there is no switch for it. */
#ifndef CORDON_PROXY_TLS_H
#define CORDON_PROXY_TLS_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"
#include <openssl/ssl.h>

/* Once, after digest_init, before threads. */
void tls_init(void);
/* Server side: a configured certificate chain and key. ALPN http/1.1 when offered. */
CD_USE SSL_CTX *tls_in_from_files(const char *certificate, const char *key, struct why *why);
/* Settings that every server context has (versions, ALPN, session id context, tickets, RELEASE_BUFFERS). http/1.1 is chosen
 * when it is offered; a client that offers only others gets no answer to its ALPN, and the handshake goes on. A ticket is
 * good for every context of this process with the same `session_context`, and for no other. */
CD_USE bool tls_in_setup(SSL_CTX *ctx, const char *session_context);
/* Client side: system store, or `ca_file`. */
CD_USE SSL_CTX *tls_out_ctx(const char *ca_file, struct why *why);
/* One connection, in the client role: SNI, host name check (SSL_set1_host; IP literals too), ALPN http/1.1. */
CD_USE SSL *tls_out_new(SSL_CTX *ctx, const char *host);
/* After a failed handshake: a short reason of ours ("certificate has expired"), static. */
const char *tls_out_verify_error(SSL *ssl);

#endif
