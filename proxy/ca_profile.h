/* ca_profile.h - the certificates themselves: what a root and a leaf hold, and no files or processes. The profile was
 * measured against Python's strict mode, OpenSSL -x509_strict, Go, Node, Java, BoringSSL and rustls; each line of it is
 * there because one of them refuses a certificate without it (docs/ARCHITECTURE.md). Any thread. */
#ifndef CORDON_PROXY_CA_PROFILE_H
#define CORDON_PROXY_CA_PROFILE_H

#include "core/attrib.h"
#include "core/span.h"
#include <openssl/x509.h>
#include <time.h>

#define CA_ROOT_DAYS 3650
#define CA_LEAF_DAYS 30
#define CA_NAME_MAX 64       /* characters of O and CN: ub-organization-name, ub-common-name of RFC 5280 */
#define CA_HOST_MAX 253

/* A self-signed root for `key`. NULL when OpenSSL fails, or when `organisation` is not 1 to 64 characters of UTF-8. */
CD_USE X509 *ca_make_root(EVP_PKEY *key, const char *organisation, time_t now);

/* A leaf for `host` (lower-case host name, or IP literal: the SAN is exactly that) and `leaf_key` (its public part is
 * enough), signed by the issuer. Its life begins a day ago, for clients whose clock is behind, and stays within the
 * issuer's. NULL when OpenSSL fails or the host is neither. */
CD_USE X509 *ca_make_leaf(X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *leaf_key, struct span host, time_t now);

/* Whether `host` is what a leaf may be made for. */
bool ca_host_ok(struct span host);

#endif
