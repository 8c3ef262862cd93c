#include "core/digest.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Fetched once: EVP_sha256() would look the provider up at every use (3 µs of the 4 that hashing 1 KB then costs). */
static EVP_MD *md_sha256;
static uint64_t sip_key[2];
static pthread_key_t thread_md;   /* one EVP_MD_CTX a thread, freed at its end */

static CD_NORETURN void broken(const char *what)
{
    fprintf(stderr, "cordon: OpenSSL cannot do %s; its installation is broken\n", what);
    abort();
}

static void free_thread_md(void *m) { EVP_MD_CTX_free(m); }

static void init_once(void)
{
    md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (md_sha256 == NULL) broken("SHA-256");
    if (pthread_key_create(&thread_md, free_thread_md) != 0) broken("thread storage");
    random_bytes(sip_key, sizeof sip_key);
}

void digest_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_once);
}

static EVP_MD_CTX *begin(EVP_MD_CTX *m)
{
    if (m == NULL || EVP_DigestInit_ex2(m, md_sha256, NULL) != 1) broken("SHA-256");
    return m;
}

static void add(EVP_MD_CTX *m, struct span s)
{
    if (s.n && EVP_DigestUpdate(m, s.p, s.n) != 1) broken("SHA-256");
}

static struct digest end(EVP_MD_CTX *m)
{
    struct digest d;
    if (EVP_DigestFinal_ex(m, d.b, NULL) != 1) broken("SHA-256");
    return d;
}

struct digest sha256_two(struct span a, struct span b)
{
    digest_init();
    EVP_MD_CTX *m = pthread_getspecific(thread_md);
    if (m == NULL) pthread_setspecific(thread_md, m = EVP_MD_CTX_new());
    begin(m);
    add(m, a);
    add(m, b);
    return end(m);
}

struct digest sha256(struct span s) { return sha256_two(s, SPAN_NONE); }

struct digest hmac_sha256(const unsigned char *k, size_t key_len, struct span s)
{
    /* RFC 2104 with the fetched digest: HMAC() of OpenSSL 3 fetches anew each time. Keys here are 32 bytes. */
    unsigned char pad[64] = {0};
    if (key_len > sizeof pad) {
        struct digest d = sha256((struct span){(const char *)k, key_len});
        memcpy(pad, d.b, DIGEST_LEN);
    } else {
        memcpy(pad, k, key_len);
    }
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36;
    struct digest inner = sha256_two((struct span){(char *)pad, sizeof pad}, s);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    struct digest d = sha256_two((struct span){(char *)pad, sizeof pad}, (struct span){(char *)inner.b, DIGEST_LEN});
    OPENSSL_cleanse(pad, sizeof pad);
    return d;
}

struct sha256_state {
    EVP_MD_CTX *m;
};

struct sha256_state *sha256_new(void)
{
    struct sha256_state *s = malloc(sizeof *s);
    if (s == NULL) return NULL;
    digest_init();
    s->m = EVP_MD_CTX_new();
    if (s->m == NULL) {
        free(s);
        return NULL;
    }
    begin(s->m);
    return s;
}

void sha256_restart(struct sha256_state *s) { begin(s->m); }
void sha256_add(struct sha256_state *s, struct span bytes) { add(s->m, bytes); }
struct digest sha256_end(struct sha256_state *s) { return end(s->m); }

void sha256_free(struct sha256_state *s)
{
    if (s == NULL) return;
    EVP_MD_CTX_free(s->m);
    free(s);
}

void random_bytes(void *p, size_t n)
{
    if (RAND_bytes(p, (int)n) != 1) broken("random numbers");
}

void hex_put(char *out, const unsigned char *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hex_get(unsigned char *out, size_t n, struct span hex)
{
    if (hex.n != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int hi = nibble(hex.p[2 * i]), lo = nibble(hex.p[2 * i + 1]);
        if (hi < 0 || lo < 0) return false;
        out[i] = (unsigned char)(hi << 4 | lo);
    }
    return true;
}

void digest_wipe(void *p, size_t n) { OPENSSL_cleanse(p, n); }

static uint64_t rotl(uint64_t x, int b) { return x << b | x >> (64 - b); }

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
    v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
}

uint64_t keyed_hash(struct span s)
{
    digest_init();
    uint64_t v[4] = {sip_key[0] ^ 0x736f6d6570736575u, sip_key[1] ^ 0x646f72616e646f6du,
                     sip_key[0] ^ 0x6c7967656e657261u, sip_key[1] ^ 0x7465646279746573u};
    size_t whole = s.n & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t m;
        memcpy(&m, s.p + i, 8);
        v[3] ^= m, sip_round(v), sip_round(v), v[0] ^= m;
    }
    uint64_t last = (uint64_t)s.n << 56;
    for (size_t i = whole; i < s.n; i++) last |= (uint64_t)(unsigned char)s.p[i] << (8 * (i - whole));
    v[3] ^= last, sip_round(v), sip_round(v), v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
