/* Sealing and key derivation of seal.h, by OpenSSL's EVP. */
#include "core/seal.h"
#include "core/digest.h"
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SALT 16u
#define NONCE 12u
#define TAG 16u

/* Fetched once, as in digest.c. */
static EVP_CIPHER *aes_gcm;

static CD_NORETURN void broken(void)
{
    fprintf(stderr, "cordon: OpenSSL cannot do AES-256-GCM; its installation is broken\n");
    abort();
}

static void fetch(void)
{
    aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (aes_gcm == NULL) broken();
}

/* RFC 5869: extract with a salt of zeros, then the first (and only) block of expand. */
void seal_derive(const struct seal_key *master, const char *label, unsigned char out[SEAL_KEY_BYTES])
{
    static const unsigned char no_salt[DIGEST_LEN];
    char info[128];
    int n = snprintf(info, sizeof info, "%s%c", label, 1);
    if (n < 0 || (size_t)n >= sizeof info) abort();   /* labels are ours */
    struct digest prk = hmac_sha256(no_salt, sizeof no_salt, (struct span){(const char *)master->b, sizeof master->b});
    struct digest d = hmac_sha256(prk.b, sizeof prk.b, (struct span){info, (size_t)n});
    memcpy(out, d.b, SEAL_KEY_BYTES);
    digest_wipe(&prk, sizeof prk);
    digest_wipe(&d, sizeof d);
}

/* A context with the message's key; `head` is its salt and nonce. */
static EVP_CIPHER_CTX *begin(const struct seal_key *k, const unsigned char *head, int encrypt)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch);
    struct digest key = hmac_sha256(k->b, sizeof k->b, (struct span){(const char *)head, SALT});
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c == NULL || EVP_CipherInit_ex2(c, aes_gcm, key.b, head + SALT, encrypt, NULL) != 1) broken();
    digest_wipe(&key, sizeof key);
    return c;
}

/* EVP counts in int. `out` NULL: what is bound, not what is sealed. */
static void update(EVP_CIPHER_CTX *c, unsigned char *out, struct span in)
{
    while (in.n > 0) {
        int n = in.n > INT_MAX / 2 ? INT_MAX / 2 : (int)in.n, done;
        if (EVP_CipherUpdate(c, out, &done, (const unsigned char *)in.p, n) != 1) broken();
        if (out != NULL) out += n;
        in = span_from(in, (size_t)n);
    }
}

void seal_close(const struct seal_key *k, struct span aad, struct span plain, unsigned char *out)
{
    unsigned char *text = out + SALT + NONCE;
    int rest;
    random_bytes(out, SALT + NONCE);
    EVP_CIPHER_CTX *c = begin(k, out, 1);
    update(c, NULL, aad);
    update(c, text, plain);
    if (EVP_CipherFinal_ex(c, text + plain.n, &rest) != 1) broken();
    if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, text + plain.n) != 1) broken();
    EVP_CIPHER_CTX_free(c);
}

bool seal_open(const struct seal_key *k, struct span aad, struct span sealed, unsigned char *out)
{
    if (sealed.n < SEAL_OVERHEAD) return false;
    const unsigned char *head = (const unsigned char *)sealed.p;
    struct span text = {sealed.p + SALT + NONCE, sealed.n - SEAL_OVERHEAD};
    unsigned char tag[TAG], none[TAG];
    int rest;
    memcpy(tag, text.p + text.n, TAG);
    EVP_CIPHER_CTX *c = begin(k, head, 0);
    update(c, NULL, aad);
    update(c, out, text);
    if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1) broken();
    bool good = EVP_CipherFinal_ex(c, none, &rest) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!good && text.n) memset(out, 0, text.n);   /* nothing is to be taken from what is not what was sealed */
    return good;
}
