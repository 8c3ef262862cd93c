/* signer.h - between hostcert.c and the signer process. The process is forked before any thread, reads the CA's key after
 * the fork (the gateway never has it in memory), keeps no descriptor but its socket and stderr, and signs only leaves of
 * the profile in ca_profile.h for checked host names.
 *
 * All workers share one SOCK_SEQPACKET pair, one asker at a time: the process does one thing at a time anyway. Asking
 * blocks the worker: 0.3 ms for a P-256 CA, 4.8 ms for RSA-4096, once per host, worker and 20 days. The process is not
 * started again when it dies (forking a threaded program for it would be unsafe): names that have a leaf go on until two
 * thirds of its life and beyond it to its end, others are refused, and the log says `signer.down`. */
#ifndef CORDON_PROXY_SIGNER_H
#define CORDON_PROXY_SIGNER_H

#include "proxy/ca.h"
#include <openssl/x509.h>
#include <sys/types.h>

#define SIGNER_ANSWER_MS 2000
#define SIGNER_QUIET_MS 10000

/* A new leaf for `host`; the caller frees it. Any thread. FAIL_INTERNAL when the signer refuses, is gone or silent;
 * after a silence others are refused at once for a while, so that not every connection waits for it. */
CD_USE enum fail signer_ask(struct signer *s, struct span host, X509 **leaf);
/* The key of all leaves (P-256, made at boot), and the intermediates that clients need to see; borrowed. */
EVP_PKEY *signer_leaf_key(const struct signer *s);
STACK_OF(X509) *signer_chain(const struct signer *s);
pid_t signer_pid(const struct signer *s);
/* For tests: how long an answer is waited for, and how long nobody asks after a silence. */
void signer_set_patience(struct signer *s, unsigned answer_ms, unsigned quiet_ms);

/* signer_process.c: the child's whole life. Never returns. */
CD_NORETURN void signer_process(int fd, pid_t parent, const char *dir, X509 *issuer);
/* signer_filter.c: leave this process a short list of system calls. False where the kernel or the processor has no such
 * filter (the process is a small one without files even so). */
CD_USE bool signer_filter(void);

/* What travels. Parent to child: the leaf key's public half as DER, then requests. Child to parent: a greeting (empty, or
 * the reason why it cannot start), then replies; one without a certificate is a refusal. */
#define SIGNER_HOST_MAX 253
#define SIGNER_DER_MAX 8192

struct signer_request {
    uint32_t id;
    char host[SIGNER_HOST_MAX];   /* as long as the message is */
};

struct signer_reply {
    uint32_t id;
    unsigned char der[SIGNER_DER_MAX];
};

#endif
