/* ca.h - the organisation's certificate authority and the leaves it signs. Profile: an ECDSA P-256 root (10 years,
 * pathlen 0, SKI, keyCertSign|cRLSign) and P-256 leaves of 30 days whose SAN is exactly the name (RFC 5280; accepted by
 * Python's strict mode, OpenSSL -x509_strict, Go, Node, Java, BoringSSL and rustls). The CA's key stays in the signer, a
 * process of its own that is forked before any thread and does nothing but sign; workers ask it over a socket pair. */
#ifndef CORDON_PROXY_CA_H
#define CORDON_PROXY_CA_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/span.h"
#include <openssl/ssl.h>
#include <stdio.h>

/* `cordon ca init DIR`: ca.pem and ca.key (0600) in DIR (0700). Fails when there is one already. Also writes
 * bundle.pem: the system's roots and this CA, for clients whose setting replaces the system's store. */
CD_USE enum fail ca_init(const char *dir, const char *organisation, struct why *why);
/* `cordon ca show`: subject, validity, key id, SHA-256 fingerprint. */
CD_USE enum fail ca_show(const char *dir, FILE *out, struct why *why);

struct signer;
/* Reads DIR, forks the signer process. Boot thread (it must live as long as the process: the signer dies with it), before
 * any other thread is started. NULL and *why when the CA cannot be used. */
CD_USE struct signer *signer_start(const char *dir, struct why *why);
void signer_stop(struct signer *s);

/* Per worker: the cache of leaf contexts by host name (LRU, 1024), re-made at two thirds of a leaf's life. */
struct hostcert;
CD_USE struct hostcert *hostcert_new(struct signer *s);
void hostcert_free(struct hostcert *h);
/* `host` is lower case, checked and allow-listed, or an IP literal. A borrowed SSL_CTX, valid until hostcert_free or its
 * eviction (SSL objects made from it hold their own reference). A host seen for the first time blocks the worker while the
 * signer works: 0.3 ms with the P-256 CA of ca_init, about 5 ms with an operator's RSA-4096. NULL and *why on refusal:
 * HOST_UNKNOWN (no name that a leaf may have), INTERNAL (the signer is gone or silent; logged), NO_MEMORY. */
CD_USE SSL_CTX *hostcert_get(struct hostcert *h, struct span host, enum fail *why);

#endif
