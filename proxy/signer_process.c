#include "core/log.h"
#include "proxy/ca_profile.h"
#include "proxy/ca_store.h"
#include "proxy/signer.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Where the socket is once everything else is closed. */
#define SOCKET_FD 3

/* Dies with the gateway, cannot be traced or dumped, gains nothing by exec. */
static bool harden(pid_t parent)
{
    static const struct {
        int what;
        rlim_t to;
    } limits[] = {{RLIMIT_CORE, 0}, {RLIMIT_NPROC, 0}, {RLIMIT_MEMLOCK, 0}, {RLIMIT_MSGQUEUE, 0}};
    prctl(PR_SET_NAME, "cordon-signer");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct rlimit l = {limits[i].to, limits[i].to};
        if (setrlimit(limits[i].what, &l) != 0) return false;
    }
    return true;
}

/* The terminal's Ctrl-C and the service manager's SIGTERM are for the gateway, which needs leaves while it drains. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    struct sigaction a = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < COUNT(ignored); i++) sigaction(ignored[i], &a, NULL);
}

static bool keep_only(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(fd, SOCKET_FD) < 0) return false;
    return close_range(SOCKET_FD + 1, ~0u, 0) == 0;
}

/* No more files after the key was read: what runs here then can open nothing, whatever it is made to do. */
static bool forbid_files(void)
{
    struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_NOFILE, &none) == 0;
}

static ssize_t receive(void *p, size_t cap)
{
    ssize_t n;
    do n = recv(SOCKET_FD, p, cap, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    return n > (ssize_t)cap ? -1 : n;
}

static size_t make_leaf(X509 *issuer, EVP_PKEY *ca_key, EVP_PKEY *leaf_key, struct span host, unsigned char *der)
{
    X509 *leaf = ca_make_leaf(issuer, ca_key, leaf_key, host, time(NULL));
    int n = leaf ? i2d_X509(leaf, NULL) : 0;
    if (n > 0 && n <= SIGNER_DER_MAX) i2d_X509(leaf, &der);
    else n = 0;
    X509_free(leaf);
    ERR_clear_error();
    return (size_t)n;
}

static void serve(X509 *issuer, EVP_PKEY *ca_key, EVP_PKEY *leaf_key)
{
    struct signer_request q;
    static struct signer_reply a;
    for (;;) {
        ssize_t n = receive(&q, sizeof q);
        if (n <= (ssize_t)offsetof(struct signer_request, host)) return;   /* the gateway is gone, or it is not ours */
        a.id = q.id;
        struct span host = {q.host, (size_t)n - offsetof(struct signer_request, host)};
        size_t der = make_leaf(issuer, ca_key, leaf_key, host, a.der);
        if (send(SOCKET_FD, &a, offsetof(struct signer_reply, der) + der, MSG_NOSIGNAL) < 0) return;
    }
}

static EVP_PKEY *receive_leaf_key(void)
{
    unsigned char der[512];
    const unsigned char *p = der;
    ssize_t n = receive(der, sizeof der);
    return n > 0 ? d2i_PUBKEY(NULL, &p, n) : NULL;
}

static enum fail load_key(const char *dir, X509 *issuer, EVP_PKEY **key, struct why *why)
{
    enum fail f = ca_store_key(dir, key, why);
    if (f || X509_check_private_key(issuer, *key) == 1) return f;
    why_set(why, "%.300s: ca.key does not belong to the first certificate of ca.pem", dir);
    return FAIL_CONFIG;
}

void signer_process(int fd, pid_t parent, const char *dir, X509 *issuer)
{
    struct why why = {""};
    EVP_PKEY *key = NULL, *leaf_key = NULL;
    ignore_signals();
    if (!keep_only(fd)) _exit(1);
    if (!harden(parent) || (load_key(dir, issuer, &key, &why) == FAIL_OK && !forbid_files()))
        why_set(&why, "the signer process cannot take its own rights away");
    if (send(SOCKET_FD, why.text, strlen(why.text) + 1, MSG_NOSIGNAL) < 0 || why.text[0]) _exit(1);
    if (!signer_filter()) LOG(WARN, "signer.filter", "this kernel does not limit the signer's system calls");
    if ((leaf_key = receive_leaf_key()) != NULL) serve(issuer, key, leaf_key);
    EVP_PKEY_free(key);
    _exit(0);
}
