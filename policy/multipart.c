/* Multipart bodies, see multipart.h. */
#include "policy/multipart.h"

/* ---- header values ---- */

struct span media_type(struct span value)
{
    const char *semicolon = value.n ? memchr(value.p, ';', value.n) : NULL;
    return span_trim((struct span){value.p, semicolon ? (size_t)(semicolon - value.p) : value.n});
}

/* One "; name=value" or "; name=\"value\""; the rest in *value. */
static bool next_parameter(struct span *value, struct span *name, struct span *text)
{
    const char *semicolon = value->n ? memchr(value->p, ';', value->n) : NULL;
    if (semicolon == NULL) return false;
    struct span left = span_trim(span_from(*value, (size_t)(semicolon - value->p) + 1));
    size_t n = 0;
    while (n < left.n && left.p[n] != '=' && left.p[n] != ';') n++;
    *name = span_trim((struct span){left.p, n});
    *text = (struct span){left.p + n, 0};
    *value = span_from(left, n);
    if (n == left.n || left.p[n] == ';') return true;
    left = span_trim(span_from(left, n + 1));
    bool quoted = left.n && left.p[0] == '"';
    size_t end = quoted ? 1 : 0;
    while (end < left.n && left.p[end] != (quoted ? '"' : ';')) end += quoted && left.p[end] == '\\' ? 2 : 1;
    if (end > left.n) end = left.n;
    *text = quoted ? (struct span){left.p + 1, end - 1} : span_trim((struct span){left.p, end});
    *value = span_from(left, end);
    return true;
}

struct span media_parameter(struct span value, const char *name)
{
    struct span key, text;
    while (next_parameter(&value, &key, &text))
        if (span_ieq(key, span_str(name))) return text;
    return SPAN_NONE;
}

/* Whether a parameter is there once at most, and not in pieces ("name*0", RFC 2231): readers differ in what they make of
 * that. */
static bool is_plain(struct span value, const char *name)
{
    struct span key, text, want = span_str(name);
    unsigned times = 0;
    while (next_parameter(&value, &key, &text)) {
        bool same = key.n >= want.n && span_ieq((struct span){key.p, want.n}, want);
        if (same && key.n == want.n && ++times > 1) return false;
        if (same && key.n > want.n + 1 && key.p[want.n] == '*') return false;
    }
    return true;
}

/* RFC 2046: 1 to 70 of these, no space at the end. */
static bool good_boundary(struct span b)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=? ";
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] == '\0' || strchr(set, b.p[i]) == NULL) return false;
    return b.n >= 1 && b.n <= 70 && b.p[b.n - 1] != ' ';
}

bool multipart_boundary(struct span content_type, struct span *boundary)
{
    struct span media = media_type(content_type), head = SPAN("multipart/");
    if (media.n <= head.n || !span_ieq((struct span){media.p, head.n}, head)) return false;
    *boundary = media_parameter(content_type, "boundary");
    return boundary->p && good_boundary(*boundary) && is_plain(content_type, "boundary");
}

/* ---- delimiters ---- */

struct delimiter {
    size_t start, end;   /* from its first dash, and past its line end; of the closing one, past its dashes */
    bool closing;
};

static enum fail refuse(size_t *at, size_t where)
{
    *at = where;
    return FAIL_REQUEST_INVALID;
}

static enum fail find_delimiter(const struct multipart *m, size_t from, struct delimiter *d, size_t *at)
{
    char dashed[72] = "--";
    memcpy(dashed + 2, m->boundary.p, m->boundary.n);
    const char *body = m->body.p;
    const char *hit = memmem(body + from, m->body.n - from, dashed, m->boundary.n + 2);
    if (hit == NULL) return refuse(at, m->body.n);
    size_t p = (size_t)(hit - body), end = p + m->boundary.n + 2;
    if (p > 0 && (p < 2 || memcmp(hit - 2, "\r\n", 2) != 0)) return refuse(at, p);
    d->start = p;
    d->closing = m->body.n - end >= 2 && memcmp(body + end, "--", 2) == 0;
    if (d->closing) {
        d->end = end + 2;
        return FAIL_OK;
    }
    while (end < m->body.n && (body[end] == ' ' || body[end] == '\t')) end++;
    if (m->body.n - end < 2 || memcmp(body + end, "\r\n", 2) != 0) return refuse(at, end);
    d->end = end + 2;
    return FAIL_OK;
}

enum fail multipart_begin(struct multipart *m, struct span body, struct span boundary, struct span *preamble, size_t *at)
{
    struct delimiter d;
    *m = (struct multipart){.body = body, .boundary = boundary};
    enum fail f = find_delimiter(m, 0, &d, at);
    if (f) return f;
    *preamble = (struct span){body.p, d.start};
    m->at = m->done = d.start;
    return FAIL_OK;
}

/* ---- a part's headers ---- */

/* A header that says what the part is, which may do so once. */
static bool take_once(struct span *to, struct span value)
{
    if (to->p) return false;
    *to = value;
    return true;
}

static bool read_disposition(struct multipart_part *p, struct span value)
{
    if (p->name.p || p->filename.p || !is_plain(value, "name") || !is_plain(value, "filename")) return false;
    p->name = media_parameter(value, "name");
    p->filename = media_parameter(value, "filename");
    return true;
}

/* False when readers may take it for different things. */
static bool read_header(struct multipart_part *p, struct span line)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (colon == NULL) return true;
    struct span name = {line.p, (size_t)(colon - line.p)}, value = span_trim(span_from(line, name.n + 1));
    if (span_ieq(name, SPAN("content-disposition"))) return read_disposition(p, value);
    if (span_ieq(name, SPAN("content-type"))) return take_once(&p->type, value);
    if (span_ieq(name, SPAN("content-transfer-encoding"))) return take_once(&p->encoding, value);
    return true;
}

static bool is_header_line(struct span line)
{
    bool folded = line.p[0] == ' ' || line.p[0] == '\t';
    return !folded && memchr(line.p, '\n', line.n) == NULL && memchr(line.p, '\0', line.n) == NULL;
}

static enum fail read_headers(struct multipart *m, struct multipart_part *p, size_t from, size_t *at)
{
    const char *body = m->body.p;
    size_t pos = from;
    for (int lines = 0; lines < 64; lines++) {
        const char *cr = memmem(body + pos, m->body.n - pos, "\r\n", 2);
        if (cr == NULL) return refuse(at, pos);
        struct span line = {body + pos, (size_t)(cr - body) - pos};
        if (line.n && !(is_header_line(line) && read_header(p, line))) return refuse(at, pos);
        pos += line.n + 2;
        if (line.n == 0) {
            p->headers = (struct span){body + from, pos - from};
            return FAIL_OK;
        }
    }
    return refuse(at, pos);
}

enum fail multipart_next(struct multipart *m, struct multipart_part *p, size_t *at)
{
    struct delimiter here, next;
    enum fail f = find_delimiter(m, m->at, &here, at);
    if (f) return f;
    if (here.closing) {
        /* What follows is the epilogue; a delimiter in it would be a part to some readers. */
        const char *rest = m->body.p + here.end;
        if (memmem(rest, m->body.n - here.end, m->boundary.p, m->boundary.n) != NULL) return refuse(at, here.end);
        m->closed = true;
        return FAIL_OK;
    }
    if (++m->n_parts > MULTIPART_MAX_PARTS) return FAIL_INSPECT_LIMIT;
    *p = (struct multipart_part){.framing = {m->body.p + m->done, here.end - m->done}};
    if ((f = read_headers(m, p, here.end, at)) != FAIL_OK) return f;
    size_t start = (size_t)(p->headers.p - m->body.p) + p->headers.n;
    /* A part without a body may have its delimiter right after the empty line, whose end is then the delimiter's. One among
     * the header lines ends the part for who looks for delimiters first. */
    if ((f = find_delimiter(m, here.end, &next, at)) != FAIL_OK) return f;
    if (next.start < start) return refuse(at, next.start);
    p->body = (struct span){m->body.p + start, next.start >= start + 2 ? next.start - 2 - start : 0};
    m->done = start + p->body.n;
    m->at = next.start;
    return FAIL_OK;
}
