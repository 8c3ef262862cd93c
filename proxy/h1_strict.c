#include "proxy/h1_strict.h"

/* ---- raw bytes ---- */

/* Whether any of the eight bytes is below 0x20 or is 0x7f. */
static bool has_special(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t del = v ^ (ones * 0x7f);
    return (((v - ones * 0x20) & ~v) | ((del - ones) & ~del)) & high;
}

static size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t v;
    while (n - i >= sizeof v) {
        memcpy(&v, p + i, sizeof v);
        if (has_special(v)) break;
        i += sizeof v;
    }
    while (i < n && (unsigned char)p[i] >= 0x20 && p[i] != 0x7f) i++;
    return i;
}

enum fail h1_strict_bytes(struct span in, bool *cr, size_t *taken, bool *eol)
{
    *eol = false;
    for (*taken = 0; *taken < in.n; (*taken)++) {
        if (!*cr) *taken += plain_run(in.p + *taken, in.n - *taken);
        if (*taken == in.n) break;
        char c = in.p[*taken];
        if (*cr != (c == '\n')) return FAIL_HTTP_BARE_EOL;
        if (c == '\n') {
            *cr = false;
            *eol = true;
            (*taken)++;
            break;
        }
        if (c == '\r') *cr = true;
        else if (c != '\t') return FAIL_HTTP_NUL;
    }
    return FAIL_OK;
}

/* ---- lines ---- */

static const unsigned char token[256] = {
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,
    ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
};

bool h1_is_token_byte(unsigned char c) { return token[c]; }

/* What an LLM API can be asked. TRACE would echo credentials, and the rest of llhttp's list is other protocols'. */
static const char *const methods[] = {"GET", "POST", "CONNECT", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"};

static bool method_ok(struct span m)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (span_is(m, methods[i])) return true;
    return false;
}

static enum fail read_version(struct span v, int *minor)
{
    if (span_is(v, "HTTP/1.1")) *minor = 1;
    else if (span_is(v, "HTTP/1.0")) *minor = 0;
    else return FAIL_HTTP_VERSION;
    return FAIL_OK;
}

/* Takes the bytes up to the next space off the front of `*rest`; without one, all of it. */
static struct span word(struct span *rest)
{
    const char *sp = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
    size_t n = sp ? (size_t)(sp - rest->p) : rest->n;
    struct span w = {rest->p, n};
    *rest = span_from(*rest, n + 1);
    return w;
}

enum fail h1_strict_request_line(struct span line, struct h1_head *head)
{
    struct span rest = line;
    head->method = word(&rest);
    head->target = word(&rest);
    if (head->method.n == 0) return FAIL_HTTP_SYNTAX;
    enum fail f = read_version(rest, &head->minor);
    if (f) return f;
    if (!method_ok(head->method)) return FAIL_HTTP_METHOD;
    return head->target.n ? FAIL_OK : FAIL_HTTP_TARGET;
}

enum fail h1_strict_status_line(struct span line, struct h1_head *head)
{
    struct span rest = line, v = word(&rest), s = word(&rest);
    enum fail f = read_version(v, &head->minor);
    if (f) return f;
    if (s.n != 3) return FAIL_HTTP_SYNTAX;
    head->status = 0;
    for (size_t i = 0; i < 3; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return FAIL_HTTP_SYNTAX;
        head->status = head->status * 10 + (s.p[i] - '0');
    }
    return head->status >= 100 && head->status <= 599 ? FAIL_OK : FAIL_HTTP_SYNTAX;
}

enum fail h1_strict_header_line(struct span line)
{
    size_t n = 0;
    if (line.p[0] == ' ' || line.p[0] == '\t') return FAIL_HTTP_FOLD;
    while (n < line.n && token[(unsigned char)line.p[n]]) n++;
    if (n == 0 || (n < line.n && line.p[n] != ':')) return FAIL_HTTP_HEADER_NAME;
    return n < line.n ? FAIL_OK : FAIL_HTTP_SYNTAX;
}

/* ---- meaning ---- */

/* The headers that decide something here: how often each was there, and its first value. */
enum known { HOST, LENGTH, CODING, EXPECT, UPGRADE, CONNECTION, N_KNOWN };

static const struct span known_names[N_KNOWN] = {
    [HOST] = {"host", 4}, [LENGTH] = {"content-length", 14}, [CODING] = {"transfer-encoding", 17},
    [EXPECT] = {"expect", 6}, [UPGRADE] = {"upgrade", 7}, [CONNECTION] = {"connection", 10},
};

struct facts {
    unsigned count[N_KNOWN];
    struct span value[N_KNOWN];
    bool close, keep_alive;      /* tokens of any Connection header */
};

static void read_connection(struct span list, struct facts *x)
{
    while (list.n) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        struct span t = span_trim((struct span){list.p, n});
        if (span_ieq(t, SPAN("close"))) x->close = true;
        if (span_ieq(t, SPAN("keep-alive"))) x->keep_alive = true;
        list = span_from(list, n + 1);
    }
}

static void gather(const struct h1_head *head, struct facts *x)
{
    *x = (struct facts){.close = false};
    for (size_t i = 0; i < head->n_headers; i++) {
        const struct h1_header *h = &head->headers[i];
        for (size_t k = 0; k < N_KNOWN; k++) {
            if (!span_ieq(h->name, known_names[k])) continue;
            if (x->count[k]++ == 0) x->value[k] = h->value;
            if (k == CONNECTION) read_connection(h->value, x);
        }
    }
}

/* At most 16 digits, no sign, no list, no leading zero: every reader agrees on these. */
static bool read_length(struct span s, uint64_t *out)
{
    if (s.n == 0 || s.n > 16 || (s.n > 1 && s.p[0] == '0')) return false;
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        *out = *out * 10 + (uint64_t)(s.p[i] - '0');
    }
    return true;
}

static enum fail framing(struct h1_head *head, const struct facts *x)
{
    if (x->count[LENGTH] && x->count[CODING]) return FAIL_HTTP_LENGTH_AND_CHUNKED;
    if (x->count[LENGTH] > 1) return FAIL_HTTP_LENGTH;
    if (x->count[CODING] > 1) return FAIL_HTTP_TRANSFER_ENCODING;
    if (x->count[LENGTH]) {
        if (!read_length(x->value[LENGTH], &head->length)) return FAIL_HTTP_LENGTH;
        head->has_length = true;
    }
    if (x->count[CODING]) {
        if (head->minor == 0 || !span_ieq(x->value[CODING], SPAN("chunked"))) return FAIL_HTTP_TRANSFER_ENCODING;
        head->chunked = true;
    }
    return FAIL_OK;
}

static void persistence(struct h1_head *head, const struct facts *x)
{
    head->keep_alive = !x->close && (head->minor == 1 || x->keep_alive);
    head->upgrade = x->count[UPGRADE] > 0;
}

static enum fail expectation(struct h1_head *head, const struct facts *x)
{
    if (x->count[EXPECT] == 0) return FAIL_OK;
    if (x->count[EXPECT] > 1 || !span_ieq(x->value[EXPECT], SPAN("100-continue"))) return FAIL_HTTP_EXPECT;
    head->expect_continue = head->minor == 1 && (head->chunked || head->length > 0);
    return FAIL_OK;
}

enum fail h1_strict_request(struct h1_head *head)
{
    struct facts x;
    gather(head, &x);
    enum fail f = framing(head, &x);
    if (f) return f;
    if (span_is(head->method, "CONNECT")) {
        if (head->chunked) return FAIL_HTTP_TRANSFER_ENCODING;
        if (head->length) return FAIL_HTTP_LENGTH;
    }
    if ((f = expectation(head, &x))) return f;
    if (x.count[HOST] > 1) return FAIL_HTTP_HOST;
    persistence(head, &x);
    return h1_target(head, x.count[HOST] ? x.value[HOST] : SPAN_NONE);
}

enum fail h1_strict_reply(struct h1_head *head, bool no_body)
{
    struct facts x;
    gather(head, &x);
    enum fail f = framing(head, &x);
    if (f) return f;
    persistence(head, &x);
    bool interim = head->status < 200;
    /* Framing that these may not have: readers differ on whether a body follows. */
    if (interim || head->status == 204) {
        if (head->chunked) return FAIL_HTTP_TRANSFER_ENCODING;
        if (head->length) return FAIL_HTTP_LENGTH;
    }
    if (interim || head->status == 204 || head->status == 304 || no_body) {
        head->bodiless = true;
        return FAIL_OK;
    }
    head->until_eof = !head->chunked && !head->has_length;
    if (head->until_eof) head->keep_alive = false;
    return FAIL_OK;
}
