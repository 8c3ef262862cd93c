#include "core/local_id.h"
#include "core/digest.h"

#define NONCE 8u     /* bytes */
#define CLASSES 4u
#define MAC 8u

/* What hides the classes and what proves the id come from one hash of the nonce, and one of nonce and classes. */
static uint32_t class_cover(const struct id_key *key, const unsigned char nonce[NONCE])
{
    struct digest d = hmac_sha256(key->b, sizeof key->b, (struct span){(const char *)nonce, NONCE});
    return (uint32_t)d.b[0] << 24 | (uint32_t)d.b[1] << 16 | (uint32_t)d.b[2] << 8 | d.b[3];
}

static void put32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void local_id_put(struct obuf *o, const struct id_key *key, const char *prefix, struct span seed, uint32_t n,
                  uint32_t class_mask)
{
    unsigned char id[NONCE + CLASSES + MAC], count[4];
    char hex[2 * sizeof id + 1];
    put32(count, n);
    struct digest s = sha256_two(seed, (struct span){(const char *)count, sizeof count});
    memcpy(id, s.b, NONCE);
    put32(id + NONCE, class_mask ^ class_cover(key, id));
    struct digest mac = hmac_sha256(key->b, sizeof key->b, (struct span){(const char *)id, NONCE + CLASSES});
    memcpy(id + NONCE + CLASSES, mac.b, MAC);
    hex_put(hex, id, sizeof id);
    obuf_str(o, prefix);
    obuf_put(o, hex, LOCAL_ID_DIGITS);
}

static bool prefix_ok(struct span s)
{
    if (s.n == 0 || s.n > 24) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!word) return false;
    }
    return true;
}

/* In one time, whatever differs: a client may try as many as it likes. */
static bool same(const unsigned char *a, const unsigned char *b, size_t n)
{
    unsigned differs = 0;
    for (size_t i = 0; i < n; i++) differs |= (unsigned)(a[i] ^ b[i]);
    return differs == 0;
}

bool local_id_digits(const struct id_key *key, struct span digits, uint32_t *class_mask)
{
    unsigned char id[NONCE + CLASSES + MAC];
    if (digits.n != LOCAL_ID_DIGITS || !hex_get(id, sizeof id, digits)) return false;
    struct digest mac = hmac_sha256(key->b, sizeof key->b, (struct span){(const char *)id, NONCE + CLASSES});
    if (!same(mac.b, id + NONCE + CLASSES, MAC)) return false;
    *class_mask = get32(id + NONCE) ^ class_cover(key, id);
    return true;
}

bool local_id_read(const struct id_key *key, struct span s, uint32_t *class_mask)
{
    if (s.n <= LOCAL_ID_DIGITS || !prefix_ok((struct span){s.p, s.n - LOCAL_ID_DIGITS})) return false;
    return local_id_digits(key, span_from(s, s.n - LOCAL_ID_DIGITS), class_mask);
}
