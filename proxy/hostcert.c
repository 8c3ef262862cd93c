#include "core/clock.h"
#include "core/digest.h"
#include "core/log.h"
#include "proxy/ca_profile.h"
#include "proxy/hostcert.h"
#include "proxy/signer.h"
#include "proxy/tls.h"
#include <openssl/err.h>
#include <stdlib.h>

#define BUCKETS (2 * HOSTCERT_MAX)   /* a power of two */

struct entry {
    struct entry *chain;              /* of its bucket */
    struct entry *newer, *older;      /* by use; a ring through hostcert.ring */
    SSL_CTX *ssl;
    time_t renew_at, ends_at;
    uint8_t n;
    char host[CA_HOST_MAX + 1];
};

struct hostcert {
    struct signer *signer;
    size_t count;
    struct entry ring;                /* ring.older: the one used last; ring.newer: the one to go first */
    struct entry *buckets[BUCKETS];
};

struct hostcert *hostcert_new(struct signer *s)
{
    struct hostcert *h = calloc(1, sizeof *h);
    if (h == NULL) return NULL;
    h->signer = s;
    h->ring.newer = h->ring.older = &h->ring;
    return h;
}

static struct entry **bucket_of(struct hostcert *h, struct span host)
{
    return &h->buckets[keyed_hash(host) & (BUCKETS - 1)];
}

static void ring_out(struct entry *e)
{
    e->newer->older = e->older;
    e->older->newer = e->newer;
}

static void ring_in(struct hostcert *h, struct entry *e)
{
    e->newer = &h->ring;
    e->older = h->ring.older;
    e->older->newer = e;
    h->ring.older = e;
}

static void entry_free(struct entry *e)
{
    SSL_CTX_free(e->ssl);
    free(e);
}

static void drop(struct hostcert *h, struct entry *e)
{
    struct entry **at = bucket_of(h, (struct span){e->host, e->n});
    while (*at != e) at = &(*at)->chain;
    *at = e->chain;
    ring_out(e);
    h->count--;
    entry_free(e);
}

void hostcert_free(struct hostcert *h)
{
    if (h == NULL) return;
    while (h->count) drop(h, h->ring.newer);
    free(h);
}

size_t hostcert_count(const struct hostcert *h) { return h->count; }

static struct entry *find(struct hostcert *h, struct span host)
{
    for (struct entry *e = *bucket_of(h, host); e; e = e->chain)
        if (span_eq(host, (struct span){e->host, e->n})) return e;
    return NULL;
}

static bool add_chain(SSL_CTX *ssl, STACK_OF(X509) *chain)
{
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (SSL_CTX_add1_chain_cert(ssl, sk_X509_value(chain, i)) != 1) return false;
    return true;
}

static SSL_CTX *make_ssl(struct signer *s, const char *host, X509 *leaf)
{
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
    if (ssl && tls_in_setup(ssl, host) && SSL_CTX_use_certificate(ssl, leaf) == 1 &&
        SSL_CTX_use_PrivateKey(ssl, signer_leaf_key(s)) == 1 && add_chain(ssl, signer_chain(s)))
        return ssl;
    SSL_CTX_free(ssl);
    ERR_clear_error();
    return NULL;
}

/* The leaf's own dates, for the issuer may have cut them short. */
static bool set_dates(struct entry *e, const X509 *leaf, time_t now)
{
    int days = 0, seconds = 0;
    ASN1_TIME *from = ASN1_TIME_set(NULL, now);
    bool ok = from && ASN1_TIME_diff(&days, &seconds, from, X509_get0_notAfter(leaf)) == 1;
    ASN1_TIME_free(from);
    time_t left = (time_t)days * 86400 + seconds;
    e->ends_at = now + left;
    e->renew_at = now + left * 2 / 3;
    return ok && left > 0;
}

static struct entry *mint(struct hostcert *h, struct span host, time_t now, enum fail *why)
{
    X509 *leaf = NULL;
    struct entry *e = calloc(1, sizeof *e);
    *why = FAIL_NO_MEMORY;
    if (e == NULL) return NULL;
    memcpy(e->host, host.p, host.n);
    e->n = (uint8_t)host.n;
    *why = signer_ask(h->signer, host, &leaf);
    if (*why == FAIL_OK && (!set_dates(e, leaf, now) || (e->ssl = make_ssl(h->signer, e->host, leaf)) == NULL))
        *why = FAIL_INTERNAL;
    X509_free(leaf);
    if (*why == FAIL_OK) return e;
    entry_free(e);
    return NULL;
}

static void insert(struct hostcert *h, struct entry *e)
{
    struct entry **bucket = bucket_of(h, (struct span){e->host, e->n});
    if (h->count == HOSTCERT_MAX) drop(h, h->ring.newer);
    e->chain = *bucket;
    *bucket = e;
    ring_in(h, e);
    h->count++;
}

SSL_CTX *hostcert_get_at(struct hostcert *h, struct span host, time_t now, enum fail *why)
{
    *why = FAIL_HOST_UNKNOWN;
    if (!ca_host_ok(host)) return NULL;
    struct entry *e = find(h, host);
    if (e && now < e->renew_at) {
        ring_out(e);
        ring_in(h, e);
        *why = FAIL_OK;
        return e->ssl;
    }
    struct entry *fresh = mint(h, host, now, why);
    if (fresh == NULL) {
        if (e == NULL || now >= e->ends_at) return NULL;
        *why = FAIL_OK;   /* the signer is down, and the old one is good for a while */
        return e->ssl;
    }
    if (e) drop(h, e);
    insert(h, fresh);
    return fresh->ssl;
}

SSL_CTX *hostcert_get(struct hostcert *h, struct span host, enum fail *why)
{
    return hostcert_get_at(h, host, time(NULL), why);
}
