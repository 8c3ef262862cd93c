/* snapshot.h - everything that a reload replaces, compiled and immutable, behind one refcount: configuration, pattern
 * pack, rule set, TLS contexts. A reload makes a new one in full before anything changes (two phases); an exchange keeps
 * the one it began with. Made on the main thread; read and unreferenced by any. */
#ifndef CORDON_PROXY_SNAPSHOT_H
#define CORDON_PROXY_SNAPSHOT_H

#include "conf/conf.h"
#include "policy/ruleset.h"
#include "policy/scan.h"
#include <openssl/ssl.h>

struct aws_secret {
    char *secret, *session_token;   /* the second may be NULL */
};

struct snapshot {
    _Atomic unsigned refs;
    struct conf *conf;
    struct pack *pack;
    struct ruleset *rules;
    SSL_CTX **upstream_tls;      /* by upstream; NULL where it is plaintext */
    SSL_CTX **listener_tls;      /* by listener; NULL without certificate files */
    struct aws_secret **aws;     /* by upstream; NULL: none */
    char **credentials;          /* by upstream: the operator's header value ("Bearer …"), NULL: the client's own */
};

/* NULL and *why. Credentials are read here, so that a missing one is told at start and not at the first request. */
CD_USE struct snapshot *snapshot_load(const char *path, struct why *why);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);   /* NULL is allowed */

/* The upstream that a host name means (host or also), or -1. Case-insensitive. */
int snapshot_upstream(const struct snapshot *s, struct span host);
/* The first upstream of a provider ("openai"), or -1. */
int snapshot_provider(const struct snapshot *s, const char *provider);
/* Whether a CONNECT to that host may pass without interception. */
bool snapshot_tunnels(const struct snapshot *s, struct span host);

#endif
