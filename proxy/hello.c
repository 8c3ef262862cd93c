#include "proxy/hello.h"

enum {
    RECORD_HEAD = 5,
    RECORD_MAX = 16384,      /* RFC 8446, 5.1 */
    RECORD_HANDSHAKE = 22,
    HANDSHAKE_HEAD = 4,
    HANDSHAKE_CLIENT_HELLO = 1,
    RANDOM_LEN = 32,
    SESSION_ID_MAX = 32,
    EXT_SERVER_NAME = 0,
    EXT_ENCRYPTED_CLIENT_HELLO = 0xfe0d,
    NAME_TYPE_HOST = 0,
    LABEL_MAX = 63,
};

/* What is left to read of a message that is there as a whole. Reading beyond its end is sticky and gives zeros. */
struct reader {
    const unsigned char *p;
    size_t n;
    bool bad;
};

static struct reader take(struct reader *r, size_t n)
{
    if (n > r->n) {
        *r = (struct reader){r->p, 0, true};
        return *r;
    }
    struct reader part = {r->p, n, false};
    r->p += n;
    r->n -= n;
    return part;
}

static unsigned take_number(struct reader *r, unsigned bytes)
{
    struct reader part = take(r, bytes);
    unsigned v = 0;
    for (size_t i = 0; i < part.n; i++) v = v << 8 | part.p[i];
    return v;
}

/* A vector of TLS's presentation language: its length in `bytes` bytes, then the content. */
static struct reader take_vector(struct reader *r, unsigned bytes) { return take(r, take_number(r, bytes)); }

/* Not <ctype.h>: what a name is must not depend on the locale. */
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_between(char c, char from, char to) { return (c >= from && c <= to) || (c >= from - 32 && c <= to - 32); }
static bool is_label_char(char c) { return is_digit(c) || is_between(c, 'a', 'z') || c == '-'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool label_ok(const char *p, size_t n)
{
    if (n == 0 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-') return false;
    for (size_t i = 0; i < n; i++)
        if (!is_label_char(p[i])) return false;
    return true;
}

/* Some resolvers read a last label like 127 or 0x7f as part of an IPv4 address. */
static bool label_is_number(const char *p, size_t n)
{
    bool hex = n >= 2 && p[0] == '0' && lower(p[1]) == 'x';
    for (size_t i = hex ? 2 : 0; i < n; i++)
        if (!is_digit(p[i]) && !(hex && is_between(p[i], 'a', 'f'))) return false;
    return true;
}

bool hello_is_host_name(struct span s)
{
    if (s.n == 0 || s.n > HELLO_NAME_MAX) return false;
    size_t from = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '.') continue;
        if (!label_ok(s.p + from, i - from)) return false;
        if (i == s.n) return !label_is_number(s.p + from, i - from);
        from = i + 1;
    }
    return false;
}

/* RFC 6066, 3: one name of type host_name. A list of several, or of another type, is what readers disagree on. */
static bool read_server_name(struct reader ext, char *name)
{
    struct reader list = take_vector(&ext, 2);
    unsigned type = take_number(&list, 1);
    struct reader host = take_vector(&list, 2);
    if (ext.bad || ext.n || list.bad || list.n || host.bad || type != NAME_TYPE_HOST) return false;
    struct span s = {(const char *)host.p, host.n};
    if (s.n > 1 && s.p[s.n - 1] == '.') s.n--;   /* the root's dot: the same name */
    if (!hello_is_host_name(s)) return false;
    for (size_t i = 0; i < s.n; i++) name[i] = lower(s.p[i]);
    name[s.n] = '\0';
    return true;
}

static bool read_extensions(struct reader exts, struct hello *out)
{
    bool named = false, encrypted = false;
    while (exts.n) {
        unsigned type = take_number(&exts, 2);
        struct reader ext = take_vector(&exts, 2);
        if (exts.bad || ext.bad) return false;
        if (type == EXT_SERVER_NAME) {
            if (named || !read_server_name(ext, out->name)) return false;
            named = true;
        } else if (type == EXT_ENCRYPTED_CLIENT_HELLO) {
            if (encrypted || ext.n == 0) return false;
            encrypted = true;
            out->ech = ext.p[0] == 0;   /* outer; inner is 1 */
        }
    }
    return !exts.bad;
}

static bool read_client_hello(struct reader msg, struct hello *out)
{
    unsigned version = take_number(&msg, 2);
    take(&msg, RANDOM_LEN);
    struct reader session = take_vector(&msg, 1);
    struct reader suites = take_vector(&msg, 2);
    struct reader compression = take_vector(&msg, 1);
    if (msg.bad || version >> 8 != 3 || session.n > SESSION_ID_MAX || suites.n < 2 || suites.n % 2 || compression.n == 0)
        return false;
    if (msg.n == 0) return true;   /* TLS 1.2 without extensions */
    struct reader exts = take_vector(&msg, 2);
    return !msg.bad && msg.n == 0 && !exts.bad && read_extensions(exts, out);
}

/* The records' content put together, as far as it is there. */
struct handshake {
    unsigned char p[HELLO_MAX];
    size_t n;
};

static bool handshake_known(const struct handshake *h) { return h->n >= HANDSHAKE_HEAD; }

static size_t handshake_need(const struct handshake *h)
{
    return HANDSHAKE_HEAD + ((size_t)h->p[1] << 16 | (size_t)h->p[2] << 8 | h->p[3]);
}

static enum hello_result judge(const struct handshake *h)
{
    if (h->n && h->p[0] != HANDSHAKE_CLIENT_HELLO) return HELLO_BAD;
    if (!handshake_known(h)) return HELLO_MORE;
    size_t need = handshake_need(h);
    if (need > HELLO_MAX - RECORD_HEAD) return HELLO_TOO_LARGE;
    if (h->n > need) return HELLO_BAD;   /* nothing may share the hello's last record */
    return h->n < need ? HELLO_MORE : HELLO_OK;
}

/* The first bytes of a record, as many as there are. */
static enum hello_result record_head_check(const unsigned char *p, size_t n, bool first)
{
    enum hello_result no = first ? HELLO_NOT_TLS : HELLO_BAD;
    if (n > 0 && p[0] != RECORD_HANDSHAKE) return no;
    if (n > 1 && p[1] != 3) return no;
    if (n > 2 && p[2] > 4) return no;
    if (n < RECORD_HEAD) return HELLO_MORE;
    size_t len = (size_t)p[3] << 8 | p[4];
    return len == 0 || len > RECORD_MAX ? HELLO_BAD : HELLO_OK;
}

static enum hello_result gather(struct span bytes, struct handshake *h)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t n = bytes.n;
    enum hello_result r = HELLO_MORE;
    for (bool first = true; r == HELLO_MORE && n; first = false) {
        enum hello_result head = record_head_check(p, n, first);
        if (head != HELLO_OK) return head;
        size_t len = (size_t)p[3] << 8 | p[4], there = n - RECORD_HEAD < len ? n - RECORD_HEAD : len;
        memcpy(h->p + h->n, p + RECORD_HEAD, there);
        h->n += there;
        r = judge(h);
        p += RECORD_HEAD + there;
        n -= RECORD_HEAD + there;
        if (there < len) {
            /* More of this record is to come: if the hello ends before the record does, something shares it. */
            return r == HELLO_OK ? HELLO_BAD : r;
        }
    }
    return r;
}

enum hello_result hello_parse(struct span bytes, struct hello *out)
{
    struct handshake h;
    h.n = 0;
    *out = (struct hello){.name = "", .ech = false};
    bool full = bytes.n >= HELLO_MAX;
    if (full) bytes.n = HELLO_MAX;
    enum hello_result r = gather(bytes, &h);
    if (r == HELLO_MORE && full) return HELLO_TOO_LARGE;
    if (r != HELLO_OK) return r;
    struct reader msg = {h.p + HANDSHAKE_HEAD, h.n - HANDSHAKE_HEAD, false};
    if (read_client_hello(msg, out)) return HELLO_OK;
    *out = (struct hello){.name = "", .ech = false};
    return HELLO_BAD;
}
