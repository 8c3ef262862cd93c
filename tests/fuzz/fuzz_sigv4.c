/* Authorization headers of any bytes, and signing with them as the names, values, path and query. What is read lies in the
 * input; what is written is lines, the last of which reads back as a signature. */
#include "wire/sigv4.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static void inside(struct span all, struct span s)
{
    REQUIRE(s.n > 0 && s.p >= all.p && s.p + s.n <= all.p + all.n);
}

static void check_parse(struct span all)
{
    struct sigv4_parsed s;
    if (!sigv4_parse(all, &s)) return;
    inside(all, s.access_key);
    inside(all, s.date);
    inside(all, s.region);
    inside(all, s.service);
    inside(all, s.signed_headers);
    REQUIRE(s.signature.n == 2 * DIGEST_LEN && s.date.n == 8);
    (void)sigv4_signs(&s, SPAN("host"));
}

static struct span line(struct span *all)
{
    const char *end = all->n ? memchr(all->p, '\n', all->n) : NULL;
    struct span l = {all->p, end ? (size_t)(end - all->p) : all->n};
    *all = span_from(*all, l.n + (end != NULL));
    return l;
}

/* Lines: path, query, access key, secret, token, then names and values. */
static void check_sign(struct span all)
{
    struct sigv4_header headers[8];
    struct sigv4_request r = {.method = SPAN("POST"), .path = line(&all), .query = line(&all), .headers = headers,
                              .payload = sha256(all), .region = SPAN("us-east-1"), .service = SPAN("bedrock"),
                              .unix_time = all.n * 86399};
    struct sigv4_credentials c = {line(&all), line(&all), line(&all)};
    struct obuf out = {0};
    struct sigv4_parsed s;
    while (all.n && r.n_headers < COUNT(headers)) {
        headers[r.n_headers].name = line(&all);
        headers[r.n_headers++].value = line(&all);
    }
    if (sigv4_sign(&r, &c, &out)) {
        struct span text = obuf_span(&out);
        const char *at = memmem(text.p, text.n, "\r\nauthorization: ", 17);
        REQUIRE(at && span_ends(text, SPAN("\r\n")));
        struct span value = span_from(text, (size_t)(at - text.p) + 17);
        value.n -= 2;
        bool plain = !memchr(c.access_key.p, '/', c.access_key.n) && !memchr(c.access_key.p, ',', c.access_key.n);
        for (size_t i = 0; i < r.n_headers; i++)
            plain = plain && !(headers[i].name.n && memchr(headers[i].name.p, ',', headers[i].name.n));
        REQUIRE(!plain || (sigv4_parse(value, &s) && sigv4_signs(&s, SPAN("x-amz-date"))));
    }
    obuf_fini(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span all = {(const char *)p, n};
    check_parse(all);
    check_sign(all);
    return 0;
}
