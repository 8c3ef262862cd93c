/* Multipart bodies: "boundary LF body". What is told of one are its bytes, each once and in order; no delimiter lies within
 * what is told as a part's headers or body, nor behind the end; what the headers say lies in them. */
#include "policy/multipart.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static bool within(struct span s, struct span all)
{
    return s.p == NULL || (s.p >= all.p && s.p + s.n <= all.p + all.n);
}

static bool holds(struct span s, struct span part) { return s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL; }

static void check_part(const struct multipart_part *p, struct span delimiter)
{
    REQUIRE(holds(p->framing, delimiter) && !holds(p->headers, delimiter) && !holds(p->body, delimiter));
    REQUIRE(p->headers.n >= 2 && memcmp(p->headers.p + p->headers.n - 2, "\r\n", 2) == 0);
    REQUIRE(within(p->name, p->headers) && within(p->filename, p->headers));
    REQUIRE(within(p->type, p->headers) && within(p->encoding, p->headers));
}

static void read_parts(struct multipart *m, struct span delimiter)
{
    struct multipart_part p;
    size_t at = 0, told = m->done;
    for (enum fail f; (f = multipart_next(m, &p, &at)) == FAIL_OK && !m->closed; told = m->done) {
        REQUIRE(p.framing.p == m->body.p + told && p.headers.p == p.framing.p + p.framing.n);
        REQUIRE(p.body.p == p.headers.p + p.headers.n && m->done == told + p.framing.n + p.headers.n + p.body.n);
        check_part(&p, delimiter);
    }
    REQUIRE(at <= m->body.n && m->n_parts <= MULTIPART_MAX_PARTS + 1);
    if (!m->closed) return;
    struct span rest = span_from(m->body, m->done);
    REQUIRE(holds(rest, delimiter) && !holds(span_from(rest, 2 + delimiter.n), delimiter));
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    const unsigned char *line = n ? memchr(p, '\n', n < 80 ? n : 80) : NULL;
    if (line == NULL) return 0;
    char type[128] = "multipart/mixed; boundary=\"", delimiter[80] = "--";
    size_t named = (size_t)(line - p), head = strlen(type), at;
    memcpy(type + head, p, named);
    type[head + named] = '"';
    struct span boundary, preamble, body = {(const char *)line + 1, n - named - 1};
    if (!multipart_boundary((struct span){type, head + named + 1}, &boundary)) return 0;
    REQUIRE(boundary.n >= 1 && boundary.n <= 70 && within(boundary, (struct span){type, sizeof type}));
    memcpy(delimiter + 2, boundary.p, boundary.n);
    struct multipart m;
    if (multipart_begin(&m, body, boundary, &preamble, &at)) {
        REQUIRE(at <= body.n);
        return 0;
    }
    REQUIRE(preamble.p == body.p && preamble.n == m.done && !holds(preamble, (struct span){delimiter, boundary.n + 2}));
    read_parts(&m, (struct span){delimiter, boundary.n + 2});
    return 0;
}
