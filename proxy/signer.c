#include "proxy/signer.h"
#include "core/clock.h"
#include "core/log.h"
#include "proxy/ca_store.h"
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TIMEOUT_MS 10000

struct signer {
    pid_t pid;
    int fd;
    EVP_PKEY *leaf_key;
    STACK_OF(X509) *chain;
    unsigned answer_ms, quiet_ms;
    pthread_mutex_t one;      /* guards all below, and the socket while a question is out */
    uint32_t last_id;
    uint64_t quiet_until_us;  /* it did not answer: nobody asks before then */
    bool gone;
};

EVP_PKEY *signer_leaf_key(const struct signer *s) { return s->leaf_key; }
STACK_OF(X509) *signer_chain(const struct signer *s) { return s->chain; }
pid_t signer_pid(const struct signer *s) { return s->pid; }

void signer_set_patience(struct signer *s, unsigned answer_ms, unsigned quiet_ms)
{
    s->answer_ms = answer_ms;
    s->quiet_ms = quiet_ms;
}

static int ms_until(uint64_t deadline_us)
{
    uint64_t now = clock_mono_us();
    return now >= deadline_us ? 0 : (int)((deadline_us - now + 999) / 1000);
}

enum hear { HEARD, SILENT, GONE };

static enum hear receive(int fd, void *p, size_t cap, uint64_t deadline_us, size_t *len)
{
    struct pollfd q = {.fd = fd, .events = POLLIN};
    for (;;) {
        int r = poll(&q, 1, ms_until(deadline_us));
        if (r == 0) return SILENT;
        if (r < 0 && errno != EINTR) return GONE;
        if (r < 0) continue;
        ssize_t n = recv(fd, p, cap, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0 || (size_t)n > cap) return GONE;
        *len = (size_t)n;
        return HEARD;
    }
}

/* The chain that is sent after a leaf: nothing for a root, which clients have; an intermediate and those above it. */
static STACK_OF(X509) *chain_of(STACK_OF(X509) *certs)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    for (int i = 0; chain && i < sk_X509_num(certs); i++) {
        X509 *c = sk_X509_value(certs, i);
        if (X509_self_signed(c, 0) != 0) continue;
        if (sk_X509_push(chain, c) <= 0 || X509_up_ref(c) != 1) abort();   /* out of memory at boot */
    }
    return chain;
}

static bool start_process(struct signer *s, const char *dir, X509 *issuer)
{
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return false;
    s->pid = fork();
    if (s->pid == 0) signer_process(pair[1], parent, dir, issuer);
    close(pair[1]);
    s->fd = pair[0];
    return s->pid > 0;
}

/* Wait for its greeting, then give it the public half of the leaves' key. */
static bool introduce(struct signer *s, struct why *why)
{
    struct why theirs = {""};
    size_t n = 0;
    unsigned char *der = NULL;
    if (receive(s->fd, theirs.text, sizeof theirs.text, clock_mono_us() + START_TIMEOUT_MS * 1000u, &n) != HEARD) {
        why_set(why, "the signer process did not start");
        return false;
    }
    theirs.text[sizeof theirs.text - 1] = '\0';
    if (theirs.text[0]) {
        *why = theirs;
        return false;
    }
    int len = s->leaf_key ? i2d_PUBKEY(s->leaf_key, &der) : 0;
    bool ok = len > 0 && send(s->fd, der, (size_t)len, MSG_NOSIGNAL) == len;
    OPENSSL_free(der);
    if (!ok) why_set(why, "the signer process cannot be given the leaves' key");
    return ok;
}

static bool begin(struct signer *s, const char *dir, STACK_OF(X509) *certs, struct why *why)
{
    X509 *issuer = sk_X509_value(certs, 0);
    if (ca_store_usable(dir, issuer, why) != FAIL_OK) return false;
    s->chain = chain_of(certs);
    if (s->chain == NULL || !start_process(s, dir, issuer)) {
        why_set(why, "the signer process cannot be started: %s", strerror(errno));
        return false;
    }
    s->leaf_key = EVP_EC_gen("P-256");   /* after the fork: the signer has no use for the private half */
    return introduce(s, why);
}

struct signer *signer_start(const char *dir, struct why *why)
{
    STACK_OF(X509) *certs = NULL;
    if (ca_store_certs(dir, &certs, why) != FAIL_OK) return NULL;
    struct signer *s = calloc(1, sizeof *s);
    if (s) {
        s->fd = -1;
        signer_set_patience(s, SIGNER_ANSWER_MS, SIGNER_QUIET_MS);
        pthread_mutex_init(&s->one, NULL);
    }
    if (s && !begin(s, dir, certs, why)) {
        signer_stop(s);
        s = NULL;
    }
    sk_X509_pop_free(certs, X509_free);
    ERR_clear_error();
    return s;
}

void signer_stop(struct signer *s)
{
    if (s == NULL) return;
    if (s->fd >= 0) close(s->fd);
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);   /* it has nothing to finish */
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    EVP_PKEY_free(s->leaf_key);
    sk_X509_pop_free(s->chain, X509_free);
    pthread_mutex_destroy(&s->one);
    free(s);
}

static enum hear ask(struct signer *s, struct span host, struct signer_reply *a, size_t *len)
{
    struct signer_request q = {.id = ++s->last_id};
    uint64_t deadline = clock_mono_us() + s->answer_ms * 1000u;
    memcpy(q.host, host.p, host.n);
    if (send(s->fd, &q, offsetof(struct signer_request, host) + host.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return errno == EAGAIN ? SILENT : GONE;
    for (;;) {   /* past the answers to questions that were given up */
        enum hear h = receive(s->fd, a, sizeof *a, deadline, len);
        if (h != HEARD) return h;
        if (*len < offsetof(struct signer_reply, der)) return GONE;
        if (a->id == q.id) return HEARD;
    }
}

static void note(struct signer *s, enum hear h)
{
    if (h == GONE) {
        s->gone = true;
        LOG(ERROR, "signer.down", "pid=%ld the signer process is gone; new host names are refused until cordon is started "
                                  "again", (long)s->pid);
    } else if (h == SILENT) {
        s->quiet_until_us = clock_mono_us() + s->quiet_ms * 1000u;
        LOG(ERROR, "signer.silent", "pid=%ld the signer process does not answer; new host names are refused for %u ms",
            (long)s->pid, s->quiet_ms);
    }
}

enum fail signer_ask(struct signer *s, struct span host, X509 **leaf)
{
    struct signer_reply a;
    size_t n = 0;
    enum hear h = SILENT;
    if (host.n == 0 || host.n > SIGNER_HOST_MAX) return FAIL_INTERNAL;
    pthread_mutex_lock(&s->one);
    bool open = !s->gone && clock_mono_us() >= s->quiet_until_us;
    if (open) note(s, h = ask(s, host, &a, &n));
    pthread_mutex_unlock(&s->one);
    if (h != HEARD) return FAIL_INTERNAL;
    const unsigned char *der = a.der;
    n -= offsetof(struct signer_reply, der);
    if (n == 0 || (*leaf = d2i_X509(NULL, &der, (long)n)) == NULL) return FAIL_INTERNAL;
    return FAIL_OK;
}
