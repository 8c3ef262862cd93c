#include "proxy/ca_store.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

bool ca_store_path(char out[CA_PATH_MAX], const char *dir, const char *file, struct why *why)
{
    int n = snprintf(out, CA_PATH_MAX, "%s/%s", dir, file);
    if (n > 0 && n < CA_PATH_MAX) return true;
    why_set(why, "the name of the CA's directory is too long");
    return false;
}

/* A CA without a subject key id is let in with no AKI in its leaves: only strict verifiers mind (ca_show says so). */
enum fail ca_store_usable(const char *dir, X509 *ca, struct why *why)
{
    if (X509_check_ca(ca) != 1 || !(X509_get_key_usage(ca) & KU_KEY_CERT_SIGN))
        why_set(why, "%.300s/ca.pem: its first certificate is not one of a CA (basicConstraints CA:TRUE, keyUsage "
                     "keyCertSign)", dir);
    else if (X509_cmp_current_time(X509_get0_notBefore(ca)) > 0)
        why_set(why, "%.300s/ca.pem: the CA is not valid yet; look at this machine's clock", dir);
    else if (X509_cmp_current_time(X509_get0_notAfter(ca)) < 0)
        why_set(why, "%.300s/ca.pem: the CA has expired; make a new one (cordon ca init) and give it to the clients", dir);
    else
        return FAIL_OK;
    return FAIL_CONFIG;
}

static FILE *open_pem(const char *path, struct why *why)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) why_set(why, "%.300s: %s; `cordon ca init` makes a CA", path, strerror(errno));
    return f;
}

enum fail ca_store_certs(const char *dir, STACK_OF(X509) **out, struct why *why)
{
    char path[CA_PATH_MAX];
    if (!ca_store_path(path, dir, "ca.pem", why)) return FAIL_CONFIG;
    FILE *f = open_pem(path, why);
    if (f == NULL) return FAIL_IO;
    STACK_OF(X509) *certs = sk_X509_new_null();
    for (X509 *c; certs && (c = PEM_read_X509(f, NULL, NULL, NULL)) != NULL;)
        if (sk_X509_push(certs, c) <= 0) X509_free(c);
    fclose(f);
    ERR_clear_error();   /* the end of the file is an error there */
    if (sk_X509_num(certs) > 0) {
        *out = certs;
        return FAIL_OK;
    }
    sk_X509_free(certs);
    why_set(why, "%.300s: it holds no certificate in PEM form", path);
    return FAIL_CONFIG;
}

static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf, (void)size, (void)writing, (void)arg;
    return -1;
}

enum fail ca_store_key(const char *dir, EVP_PKEY **out, struct why *why)
{
    char path[CA_PATH_MAX];
    struct stat st;
    if (!ca_store_path(path, dir, "ca.key", why)) return FAIL_CONFIG;
    FILE *f = open_pem(path, why);
    if (f == NULL) return FAIL_IO;
    if (fstat(fileno(f), &st) != 0 || st.st_mode & S_IRWXO) {
        fclose(f);
        why_set(why, "%.300s: every user of this machine can get at the CA's key; chmod 600 it", path);
        return FAIL_CONFIG;
    }
    *out = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
    fclose(f);
    ERR_clear_error();
    if (*out) return FAIL_OK;
    why_set(why, "%.300s: it holds no private key in PEM form without a passphrase", path);
    return FAIL_CONFIG;
}

/* A new file; `mode` whatever the umask. */
static FILE *create(const char *path, mode_t mode, int extra, struct why *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | extra, mode);
    FILE *f = fd >= 0 && fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
    if (f) return f;
    if (errno == EEXIST) why_set(why, "%.300s exists already; a CA is never overwritten: clients trust it", path);
    else why_set(why, "%.300s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    return NULL;
}

static enum fail finish(FILE *f, bool ok, const char *path, struct why *why)
{
    ok = ok && fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (!ok) why_set(why, "%.300s cannot be written: %s", path, strerror(errno));
    if (fclose(f) != 0) ok = false;
    if (!ok) unlink(path);
    return ok ? FAIL_OK : FAIL_IO;
}

static enum fail write_key(const char *path, EVP_PKEY *key, struct why *why)
{
    FILE *f = create(path, 0600, O_EXCL, why);
    return f ? finish(f, PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1, path, why) : FAIL_IO;
}

static enum fail write_cert(const char *path, X509 *cert, struct why *why)
{
    FILE *f = create(path, 0644, O_EXCL, why);
    return f ? finish(f, PEM_write_X509(f, cert) == 1, path, why) : FAIL_IO;
}

static bool append_system_roots(FILE *out)
{
    char buf[8192];
    FILE *in = fopen(SYSTEM_ROOTS, "re");
    if (in == NULL) return true;   /* a machine without them: the bundle holds the CA alone */
    bool ok = true;
    for (size_t n; ok && (n = fread(buf, 1, sizeof buf, in)) > 0;) ok = fwrite(buf, 1, n, out) == n;
    ok = ok && !ferror(in);
    fclose(in);
    return ok;
}

/* Made anew whatever is there: it holds nothing that is not elsewhere. */
static enum fail write_bundle(const char *path, X509 *cert, struct why *why)
{
    FILE *f = create(path, 0644, O_TRUNC, why);
    return f ? finish(f, PEM_write_X509(f, cert) == 1 && append_system_roots(f), path, why) : FAIL_IO;
}

static enum fail make_directory(const char *dir, struct why *why)
{
    if (mkdir(dir, 0700) == 0) return FAIL_OK;
    struct stat st;
    if (errno == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) return FAIL_OK;
    why_set(why, "%.300s: the directory cannot be made: %s", dir, strerror(errno));
    return FAIL_IO;
}

/* The key is created first and exclusively: of two that run at once one fails before it has written anything else. */
enum fail ca_store_write(const char *dir, X509 *cert, EVP_PKEY *key, struct why *why)
{
    char key_path[CA_PATH_MAX], cert_path[CA_PATH_MAX], bundle_path[CA_PATH_MAX];
    if (!ca_store_path(key_path, dir, "ca.key", why) || !ca_store_path(cert_path, dir, "ca.pem", why) ||
        !ca_store_path(bundle_path, dir, "bundle.pem", why))
        return FAIL_CONFIG;
    enum fail f = make_directory(dir, why);
    if (f == FAIL_OK) f = write_key(key_path, key, why);
    if (f) return f;
    if ((f = write_cert(cert_path, cert, why)) != FAIL_OK) {
        unlink(key_path);
    } else if ((f = write_bundle(bundle_path, cert, why)) != FAIL_OK) {
        unlink(cert_path);
        unlink(key_path);
    }
    return f;
}
