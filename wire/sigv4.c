/* AWS Signature Version 4. */
#include "wire/sigv4.h"
#include "wire/query.h"
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define HEX_LEN (2 * DIGEST_LEN + 1)

/* ---- what a client sent ---- */

/* Up to `c`, which is taken off as well; all of it when there is none. */
static struct span cut(struct span *s, char c)
{
    const char *at = s->n ? memchr(s->p, c, s->n) : NULL;
    struct span head = {s->p, at ? (size_t)(at - s->p) : s->n};
    *s = span_from(*s, head.n + (at != NULL));
    return head;
}

static bool take_member(struct span member, const char *key, struct span *value)
{
    struct span k = span_str(key);
    if (!span_starts(member, k)) return false;
    if (value->p) return false;   /* twice */
    *value = span_from(member, k.n);
    return value->n > 0;
}

static bool read_scope(struct span credential, struct sigv4_parsed *p)
{
    p->access_key = cut(&credential, '/');
    p->date = cut(&credential, '/');
    p->region = cut(&credential, '/');
    p->service = cut(&credential, '/');
    return p->access_key.n && p->date.n == 8 && p->region.n && p->service.n && span_is(credential, "aws4_request");
}

bool sigv4_is(struct span authorization)
{
    struct span scheme = SPAN("AWS"), a = span_trim(authorization);
    return a.n >= scheme.n && span_ieq((struct span){a.p, scheme.n}, scheme);
}

bool sigv4_in_query(struct span target)
{
    struct query_parameter p;
    size_t at = 0;
    while (query_next(target, &at, &p))
        if (span_ieq(p.name, SPAN("X-Amz-Signature"))) return true;
    return false;
}

static bool parse(struct span authorization, struct sigv4_parsed *p)
{
    struct span rest = span_trim(authorization), credential = SPAN_NONE;
    unsigned char signature[DIGEST_LEN];
    *p = (struct sigv4_parsed){0};
    if (!span_is(cut(&rest, ' '), ALGORITHM)) return false;
    while (rest.n) {
        struct span member = span_trim(cut(&rest, ','));
        bool known = take_member(member, "Credential=", &credential) ||
                     take_member(member, "SignedHeaders=", &p->signed_headers) ||
                     take_member(member, "Signature=", &p->signature);
        if (!known) return false;
    }
    return credential.p && p->signed_headers.p && read_scope(credential, p) &&
           hex_get(signature, sizeof signature, p->signature);
}

bool sigv4_parse(struct span authorization, struct sigv4_parsed *p)
{
    bool ok = parse(authorization, p);
    if (!ok) *p = (struct sigv4_parsed){0};
    return ok;
}

bool sigv4_signs(const struct sigv4_parsed *p, struct span name)
{
    struct span rest = p->signed_headers;
    while (rest.n)
        if (span_ieq(cut(&rest, ';'), name)) return true;
    return false;
}

/* ---- the canonical request ---- */

static int compare(struct span a, struct span b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int compare_names(struct span a, struct span b)
{
    int c = strncasecmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

/* The path is escaped once more than it is sent: "%3A" becomes "%253A" (S3 alone does not do so). */
static void add_path(struct sha256_state *h, struct span path)
{
    static const char digits[] = "0123456789ABCDEF";
    if (path.n == 0) sha256_add(h, SPAN("/"));
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
        bool plain = c == '/' || unreserved(path.p[i]);
        sha256_add(h, plain ? (struct span){path.p + i, 1} : (struct span){escape, sizeof escape});
    }
}

struct parameter {
    struct span key, value;
};

/* Sorted by key, then by value. */
static bool read_query(struct span query, struct parameter *p, size_t *n)
{
    for (*n = 0; query.n; (*n)++) {
        struct span value = cut(&query, '&'), key = cut(&value, '=');
        size_t i = *n;
        if (i == SIGV4_MAX_PARAMETERS) return false;
        while (i > 0 && (compare(p[i - 1].key, key) > 0 ||
                         (compare(p[i - 1].key, key) == 0 && compare(p[i - 1].value, value) > 0))) {
            p[i] = p[i - 1];
            i--;
        }
        p[i] = (struct parameter){key, value};
    }
    return true;
}

static void add_query(struct sha256_state *h, const struct parameter *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i) sha256_add(h, SPAN("&"));
        sha256_add(h, p[i].key);
        sha256_add(h, SPAN("="));
        sha256_add(h, p[i].value);
    }
}

static void add_lower(struct sha256_state *h, struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c | 0x20);
        sha256_add(h, (struct span){&c, 1});
    }
}

/* Trimmed, and a run of blanks is one space. */
static void add_value(struct sha256_state *h, struct span value)
{
    value = span_trim(value);
    while (value.n) {
        size_t n = 0;
        while (n < value.n && value.p[n] != ' ' && value.p[n] != '\t') n++;
        sha256_add(h, (struct span){value.p, n});
        value = span_trim(span_from(value, n));
        if (value.n) sha256_add(h, SPAN(" "));
    }
}

struct signing {
    const struct sigv4_request *r;
    const struct sigv4_credentials *c;
    char date[sizeof "20261125T000000Z"], payload[HEX_LEN], signature[HEX_LEN];
    struct sigv4_header headers[SIGV4_MAX_HEADERS];   /* sorted */
    size_t n_headers;
};

static void add_headers(struct sha256_state *h, const struct signing *s)
{
    for (size_t i = 0; i < s->n_headers; i++) {
        bool again = i && span_ieq(s->headers[i - 1].name, s->headers[i].name);
        bool more = i + 1 < s->n_headers && span_ieq(s->headers[i + 1].name, s->headers[i].name);
        if (again) sha256_add(h, SPAN(","));
        else add_lower(h, s->headers[i].name), sha256_add(h, SPAN(":"));
        add_value(h, s->headers[i].value);
        if (!more) sha256_add(h, SPAN("\n"));
    }
}

/* The names between semicolons, to the hash or to the header. */
static void add_names(const struct signing *s, struct sha256_state *h, struct obuf *out)
{
    for (size_t i = 0; i < s->n_headers; i++) {
        struct span name = s->headers[i].name;
        if (i && span_ieq(s->headers[i - 1].name, name)) continue;
        if (h && i) sha256_add(h, SPAN(";"));
        if (h) add_lower(h, name);
        if (out && i) obuf_str(out, ";");
        for (size_t k = 0; out && k < name.n; k++) {
            char c = name.p[k];
            if (c >= 'A' && c <= 'Z') c = (char)(c | 0x20);
            obuf_put(out, &c, 1);
        }
    }
}

static bool add_request(struct sha256_state *h, const struct signing *s)
{
    struct parameter parameters[SIGV4_MAX_PARAMETERS];
    size_t n;
    if (!read_query(s->r->query, parameters, &n)) return false;
    sha256_add(h, s->r->method);
    sha256_add(h, SPAN("\n"));
    add_path(h, s->r->path);
    sha256_add(h, SPAN("\n"));
    add_query(h, parameters, n);
    sha256_add(h, SPAN("\n"));
    add_headers(h, s);
    sha256_add(h, SPAN("\n"));
    add_names(s, h, NULL);
    sha256_add(h, SPAN("\n"));
    sha256_add(h, span_str(s->payload));
    return true;
}

/* ---- the headers ---- */

static bool insert_header(struct signing *s, struct span name, struct span value)
{
    size_t i = s->n_headers;
    if (i == SIGV4_MAX_HEADERS || name.n == 0) return false;
    for (; i > 0 && compare_names(s->headers[i - 1].name, name) > 0; i--) s->headers[i] = s->headers[i - 1];
    s->headers[i] = (struct sigv4_header){name, value};
    s->n_headers++;
    return true;
}

/* Those that are written anew are not taken from the client. */
static bool ours(struct span name)
{
    static const char *const names[] = {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (span_ieq(name, span_str(names[i]))) return true;
    return false;
}

static bool collect_headers(struct signing *s)
{
    bool ok = insert_header(s, SPAN("x-amz-date"), span_str(s->date));
    if (s->c->session_token.n) ok = ok && insert_header(s, SPAN("x-amz-security-token"), s->c->session_token);
    if (s->r->tell_payload) ok = ok && insert_header(s, SPAN("x-amz-content-sha256"), span_str(s->payload));
    for (size_t i = 0; i < s->r->n_headers && ok; i++)
        if (!ours(s->r->headers[i].name)) ok = insert_header(s, s->r->headers[i].name, s->r->headers[i].value);
    return ok;
}

/* ---- the signature ---- */

static struct span date_only(const struct signing *s) { return (struct span){s->date, 8}; }

/* A chain of keyed hashes, so that a leaked one is good for a day, a region and a service only. */
static bool derive_key(const struct signing *s, struct digest *key)
{
    char first[4 + SIGV4_MAX_SECRET] = "AWS4";
    size_t n = s->c->secret.n;
    if (n == 0 || n > SIGV4_MAX_SECRET) return false;
    memcpy(first + 4, s->c->secret.p, n);
    *key = hmac_sha256((const unsigned char *)first, 4 + n, date_only(s));
    digest_wipe(first, sizeof first);
    *key = hmac_sha256(key->b, DIGEST_LEN, s->r->region);
    *key = hmac_sha256(key->b, DIGEST_LEN, s->r->service);
    *key = hmac_sha256(key->b, DIGEST_LEN, SPAN("aws4_request"));
    return true;
}

static void put_scope(const struct signing *s, struct obuf *o)
{
    obuf_span_put(o, date_only(s));
    obuf_str(o, "/");
    obuf_span_put(o, s->r->region);
    obuf_str(o, "/");
    obuf_span_put(o, s->r->service);
    obuf_str(o, "/aws4_request");
}

static bool sign_digest(struct signing *s, const struct digest *request)
{
    struct obuf text = {0};
    struct digest key = {{0}}, mac;
    char hex[HEX_LEN];
    hex_put(hex, request->b, DIGEST_LEN);
    obuf_str(&text, ALGORITHM "\n");
    obuf_str(&text, s->date);
    obuf_str(&text, "\n");
    put_scope(s, &text);
    obuf_str(&text, "\n");
    obuf_str(&text, hex);
    bool ok = obuf_ok(&text) && derive_key(s, &key);
    if (ok) {
        mac = hmac_sha256(key.b, DIGEST_LEN, obuf_span(&text));
        hex_put(s->signature, mac.b, DIGEST_LEN);
    }
    digest_wipe(&key, sizeof key);
    obuf_fini(&text);
    return ok;
}

static void put_line(struct obuf *out, const char *name, struct span value)
{
    obuf_str(out, name);
    obuf_str(out, ": ");
    obuf_span_put(out, value);
    obuf_str(out, "\r\n");
}

static void put_headers(const struct signing *s, struct obuf *out)
{
    put_line(out, "x-amz-date", span_str(s->date));
    if (s->c->session_token.n) put_line(out, "x-amz-security-token", s->c->session_token);
    if (s->r->tell_payload) put_line(out, "x-amz-content-sha256", span_str(s->payload));
    obuf_str(out, "authorization: " ALGORITHM " Credential=");
    obuf_span_put(out, s->c->access_key);
    obuf_str(out, "/");
    put_scope(s, out);
    obuf_str(out, ", SignedHeaders=");
    add_names(s, NULL, out);
    obuf_str(out, ", Signature=");
    obuf_str(out, s->signature);
    obuf_str(out, "\r\n");
}

/* What goes into a header line must not end it. */
static bool printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f) return false;
    return true;
}

static bool fit(const struct sigv4_request *r, const struct sigv4_credentials *c)
{
    return c->access_key.n && printable(c->access_key) && printable(c->session_token) && r->region.n &&
           printable(r->region) && r->service.n && printable(r->service);
}

static bool format_date(struct signing *s)
{
    time_t t = (time_t)s->r->unix_time;
    struct tm tm;
    return gmtime_r(&t, &tm) && strftime(s->date, sizeof s->date, "%Y%m%dT%H%M%SZ", &tm) == sizeof s->date - 1;
}

bool sigv4_sign(const struct sigv4_request *r, const struct sigv4_credentials *c, struct obuf *out)
{
    struct signing s = {.r = r, .c = c};
    struct digest request;
    if (!fit(r, c) || !format_date(&s)) return false;
    hex_put(s.payload, r->payload.b, DIGEST_LEN);
    struct sha256_state *h = collect_headers(&s) ? sha256_new() : NULL;
    bool ok = h && add_request(h, &s);
    if (ok) request = sha256_end(h);
    sha256_free(h);
    ok = ok && sign_digest(&s, &request);
    if (ok) put_headers(&s, out);
    return ok && obuf_ok(out);
}
