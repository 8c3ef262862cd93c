/* Fuzzes proxy/h1. Input: a byte of flags (1: replies, 2: the first reply has no body), two bytes that say where to cut,
 * then the connection's bytes. Oracles: the events do not depend on the cuts; and each message that h1 accepts is
 * read by llhttp alone as the same body, ending at the same byte. */
#include "core/obuf.h"
#include "llhttp.h"
#include "proxy/h1.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_HEAD 4096
#define REQUIRE(x) ((x) ? (void)0 : (fprintf(stderr, "does not hold: %s\n", #x), abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- llhttp as the other reader ---- */

struct other {
    struct obuf body;
    bool bodiless, complete;
};

static int on_headers_complete(llhttp_t *p) { return ((struct other *)p->data)->bodiless; }

static int on_body(llhttp_t *p, const char *at, size_t n)
{
    obuf_put(&((struct other *)p->data)->body, at, n);
    return 0;
}

static int on_message_complete(llhttp_t *p)
{
    ((struct other *)p->data)->complete = true;
    return HPE_PAUSED;
}

static void check_with_llhttp(bool reply, const struct h1_head *head, struct span message, struct span body)
{
    llhttp_t p;
    llhttp_settings_t s;
    struct other o = {.bodiless = head->bodiless};
    llhttp_settings_init(&s);
    s.on_headers_complete = on_headers_complete;
    s.on_body = on_body;
    s.on_message_complete = on_message_complete;
    llhttp_init(&p, reply ? HTTP_RESPONSE : HTTP_REQUEST, &s);
    p.data = &o;
    enum llhttp_errno e = llhttp_execute(&p, message.p, message.n);
    REQUIRE(span_eq(obuf_span(&o.body), body));
    /* llhttp reads framing headers in a reply's trailers, and refuses some; h1 checks their syntax and drops them. */
    bool in_trailers = reply && p.flags & F_TRAILING && e != HPE_OK && !o.complete;
    REQUIRE(in_trailers || e == HPE_OK || e == HPE_PAUSED || e == HPE_PAUSED_UPGRADE);
    REQUIRE(in_trailers || o.complete);
    if (o.complete && e != HPE_OK) REQUIRE(llhttp_get_error_pos(&p) >= message.p + message.n - 1);
    obuf_fini(&o.body);
}

/* ---- h1 ---- */

struct run {
    struct h1 *h;
    struct obuf log;
    size_t body_at;          /* in log: where this message's body began */
    const char *begin;       /* of this message; NULL: do not compare with llhttp */
    bool reply, alive;
};

static void start(struct run *r, unsigned flags)
{
    *r = (struct run){.reply = flags & 1, .alive = true};
    r->h = h1_new(r->reply ? H1_REPLY : H1_REQUEST, MAX_HEAD);
    REQUIRE(r->h);
    if (flags & 2) h1_expect_no_body(r->h);
}

static void put_span(struct obuf *log, struct span s)
{
    obuf_printf(log, "%zu:", s.n);
    obuf_span_put(log, s);
}

static void note_head(struct run *r)
{
    const struct h1_head *m = h1_head(r->h);
    const struct span s[] = {m->method, m->target, m->path, m->query, m->scheme, m->host};
    for (size_t i = 0; i < COUNT(s); i++) put_span(&r->log, s[i]);
    obuf_printf(&r->log, "|%d %d %d%d%d%d%d%d%d %llu %u|", m->status, m->minor, m->keep_alive, m->chunked, m->has_length,
                m->until_eof, m->bodiless, m->expect_continue, m->upgrade, (unsigned long long)m->length, m->host_port);
    for (size_t i = 0; i < m->n_headers; i++) {
        put_span(&r->log, m->headers[i].name);
        put_span(&r->log, m->headers[i].value);
    }
    r->body_at = r->log.n;
}

static void end_message(struct run *r, const char *at)
{
    struct span body = {r->log.p + r->body_at, r->log.n - r->body_at};
    if (r->begin) check_with_llhttp(r->reply, h1_head(r->h), (struct span){r->begin, (size_t)(at - r->begin)}, body);
    if (r->begin) r->begin = at;
    obuf_str(&r->log, "<END>");
}

static void feed(struct run *r, struct span in)
{
    struct span body;
    enum h1_step s;
    if (!r->alive) return;
    while ((s = h1_next(r->h, &in, &body)) != H1_NEED && s != H1_FAIL) {
        if (s == H1_HEAD) note_head(r);
        if (s == H1_BODY) obuf_span_put(&r->log, body);
        if (s == H1_END) end_message(r, in.p);
    }
    if (s == H1_FAIL) {
        REQUIRE(h1_fail(r->h) != FAIL_OK);
        obuf_str(&r->log, fail_code(h1_fail(r->h)));
        r->alive = false;
    } else {
        REQUIRE(in.n == 0);
    }
}

static void finish(struct run *r)
{
    if (r->alive) obuf_str(&r->log, h1_eof(r->h) ? "<whole>" : "<cut>");
    h1_free(r->h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) return 0;
    struct span all = {(const char *)data + 3, size - 3};
    size_t first = all.n ? data[1] * 7u % all.n : 0, step = data[2] % 32 + 1u;
    struct run whole, cut;
    start(&whole, data[0]);
    whole.begin = all.p;
    feed(&whole, all);
    finish(&whole);

    start(&cut, data[0]);
    feed(&cut, (struct span){all.p, first});
    for (size_t at = first; at < all.n; at += step) {
        size_t n = all.n - at < step ? all.n - at : step;
        feed(&cut, (struct span){all.p + at, n});
    }
    finish(&cut);
    REQUIRE(span_eq(obuf_span(&whole.log), obuf_span(&cut.log)));
    obuf_fini(&whole.log);
    obuf_fini(&cut.log);
    return 0;
}
