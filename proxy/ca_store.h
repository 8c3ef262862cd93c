/* ca_store.h - the files of a CA's directory: ca.pem (the issuing certificate first; when that is an intermediate, the
 * ones above it may follow), ca.key (PKCS#8, or any PEM key that OpenSSL reads), bundle.pem. The key may be RSA or EC.
 * Boot thread and the signer. */
#ifndef CORDON_PROXY_CA_STORE_H
#define CORDON_PROXY_CA_STORE_H

#include "core/attrib.h"
#include "core/fail.h"
#include <openssl/x509.h>

#define CA_PATH_MAX 4096

/* DIR/file. False when it is too long. */
CD_USE bool ca_store_path(char out[CA_PATH_MAX], const char *dir, const char *file, struct why *why);
/* The certificates of ca.pem, at least one; the caller frees them. FAIL_IO, FAIL_CONFIG. */
CD_USE enum fail ca_store_certs(const char *dir, STACK_OF(X509) **out, struct why *why);
/* ca.key. Refused when everybody may read it. */
CD_USE enum fail ca_store_key(const char *dir, EVP_PKEY **out, struct why *why);
/* A certificate that may sign leaves today, and whose leaves clients will accept. */
CD_USE enum fail ca_store_usable(const char *dir, X509 *ca, struct why *why);
/* Writes ca.key, ca.pem and bundle.pem to a directory that has neither of the first two; makes the directory (0700) when
 * there is none. On failure nothing is left behind. */
CD_USE enum fail ca_store_write(const char *dir, X509 *cert, EVP_PKEY *key, struct why *why);

#endif
