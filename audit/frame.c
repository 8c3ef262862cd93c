#include "audit/frame.h"
#include <time.h>

static const char head[] = "{\"v\":1,\"seq\":", time_key[] = ",\"time\":\"", prev_key[] = "\",\"prev\":\"",
                  kind_key[] = "\",\"kind\":\"", hash_key[] = ",\"hash\":\"";

void chain_start(struct chain *c)
{
    *c = (struct chain){0};
    memset(c->hash, '0', HASH_HEX);
}

static void put_number(struct obuf *out, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    obuf_put(out, digits + at, sizeof digits - at);
}

void chain_append(struct chain *c, struct span body, uint64_t utc_ns, struct obuf *out)
{
    size_t from = out->n;
    c->seq++;
    clock_rfc3339(utc_ns, c->time);
    obuf_put(out, head, sizeof head - 1);
    put_number(out, c->seq);
    obuf_put(out, time_key, sizeof time_key - 1);
    obuf_put(out, c->time, CLOCK_RFC3339_LEN);
    obuf_put(out, prev_key, sizeof prev_key - 1);
    obuf_put(out, c->hash, HASH_HEX);
    obuf_put(out, "\",", 2);
    obuf_span_put(out, body);
    if (!obuf_ok(out)) return;
    struct digest d = sha256((struct span){out->p + from, out->n - from});
    hex_put(c->hash, d.b, DIGEST_LEN);
    obuf_put(out, hash_key, sizeof hash_key - 1);
    obuf_put(out, c->hash, HASH_HEX);
    obuf_put(out, "\"}\n", 3);
}

static bool take(struct span *rest, const char *lit, size_t n)
{
    if (rest->n < n || memcmp(rest->p, lit, n) != 0) return false;
    *rest = span_from(*rest, n);
    return true;
}

/* No sign, no leading zero, fits: one number has one spelling. */
static bool take_number(struct span *rest, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < rest->n && rest->p[i] >= '0' && rest->p[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(rest->p[i] - '0');
        if (v > (UINT64_MAX - digit) / 10) return false;
        v = v * 10 + digit;
    }
    if (i == 0 || rest->p[0] == '0') return false;
    *rest = span_from(*rest, i);
    *out = v;
    return true;
}

/* Lower case only: one hash has one spelling. Without a branch for each character. */
static bool is_hex(const char *p)
{
    unsigned bad = 0;
    for (size_t i = 0; i < HASH_HEX; i++) {
        unsigned char c = (unsigned char)p[i];
        bad |= (unsigned)((unsigned char)(c - '0') > 9) & (unsigned)((unsigned char)(c - 'a') > 5);
    }
    return bad == 0;
}

static bool is_time(struct span s)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
    for (size_t i = 0; i < s.n; i++)
        if (form[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i]) return false;
    return true;
}

static bool take_span(struct span *rest, size_t n, struct span *out)
{
    if (rest->n < n) return false;
    *out = (struct span){rest->p, n};
    *rest = span_from(*rest, n);
    return true;
}

static bool read_tail(struct span line, struct frame *f)
{
    if (line.n < FRAME_TAIL) return false;
    f->hashed = (struct span){line.p, line.n - FRAME_TAIL};
    struct span tail = span_from(line, f->hashed.n);
    return take(&tail, hash_key, sizeof hash_key - 1) && take_span(&tail, HASH_HEX, &f->hash) &&
           take(&tail, "\"}", 2);
}

static bool read_kind(struct span rest, struct frame *f)
{
    const char *quote = rest.n ? memchr(rest.p, '"', rest.n) : NULL;
    if (quote == NULL) return false;
    f->kind = (struct span){rest.p, (size_t)(quote - rest.p)};
    return f->kind.n > 0 && memchr(f->kind.p, '\\', f->kind.n) == NULL;
}

bool frame_read(struct span line, struct frame *f)
{
    if (!read_tail(line, f)) return false;
    struct span rest = f->hashed;
    return take(&rest, head, sizeof head - 1) && take_number(&rest, &f->seq) && take(&rest, time_key, sizeof time_key - 1) &&
           take_span(&rest, CLOCK_RFC3339_LEN, &f->time) && is_time(f->time) &&
           take(&rest, prev_key, sizeof prev_key - 1) && take_span(&rest, HASH_HEX, &f->prev) && is_hex(f->prev.p) &&
           take(&rest, kind_key, sizeof kind_key - 1) && read_kind(rest, f);
}

bool frame_hash_holds(const struct frame *f)
{
    char hex[HASH_HEX + 1];
    struct digest d = sha256(f->hashed);
    hex_put(hex, d.b, DIGEST_LEN);
    return memcmp(hex, f->hash.p, HASH_HEX) == 0;
}

static unsigned two(const char *p) { return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0'); }

uint64_t frame_time_ns(struct span time)
{
    const char *p = time.p;
    struct tm t = {.tm_year = (int)(two(p) * 100 + two(p + 2)) - 1900, .tm_mon = (int)two(p + 5) - 1,
                   .tm_mday = (int)two(p + 8), .tm_hour = (int)two(p + 11), .tm_min = (int)two(p + 14), .tm_sec = (int)two(p + 17)};
    time_t s = timegm(&t);
    uint64_t ns = 0;
    for (int i = 20; i < 29; i++) ns = ns * 10 + (uint64_t)(p[i] - '0');
    return s < 0 ? 0 : (uint64_t)s * 1000000000u + ns;
}

bool frame_is_newer(struct span line)
{
    struct span rest = line;
    uint64_t v;
    return take(&rest, "{\"v\":", 5) && take_number(&rest, &v) && v > 1;
}
