#include "proxy/reply.h"
#include "core/attrib.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"}, {400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {408, "Request Timeout"},
    {413, "Content Too Large"}, {421, "Misdirected Request"}, {424, "Failed Dependency"}, {426, "Upgrade Required"},
    {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
    {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].status == status) return reasons[i].reason;
    return "Status";   /* an API's own number is passed on; its phrase means nothing (RFC 9112, section 4) */
}

void reply_begin(struct obuf *o, int status)
{
    if (status == 200) obuf_str(o, "HTTP/1.1 200 OK\r\n");
    else obuf_printf(o, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
}

static bool value_byte_ok(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

bool reply_value_ok(struct span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!value_byte_ok((unsigned char)value.p[i])) return false;
    return true;
}

void reply_header(struct obuf *o, const char *name, struct span value)
{
    obuf_str(o, name);
    obuf_put(o, ": ", 2);
    if (reply_value_ok(value)) {
        obuf_span_put(o, value);
    } else {
        for (size_t i = 0; i < value.n; i++) obuf_put(o, value_byte_ok((unsigned char)value.p[i]) ? &value.p[i] : "?", 1);
    }
    obuf_put(o, "\r\n", 2);
}

void reply_header_u64(struct obuf *o, const char *name, uint64_t value)
{
    obuf_printf(o, "%s: %llu\r\n", name, (unsigned long long)value);
}

void reply_end(struct obuf *o) { obuf_put(o, "\r\n", 2); }

void reply_refusal(struct obuf *o, const struct codec *codec, const struct refusal *r, bool close, bool with_body)
{
    struct obuf body = {0};
    codec->error(r, &body);
    reply_begin(o, codec_error_status(codec, r->fail));
    reply_header(o, "content-type", SPAN("application/json"));
    reply_header_u64(o, "content-length", body.n);
    if (r->fail == FAIL_HTTP_UPGRADE) reply_header(o, "upgrade", SPAN("HTTP/1.1"));
    if (!fail_may_retry(r->fail)) reply_header(o, "x-should-retry", SPAN("false"));
    reply_header(o, "x-cordon-action", SPAN("refuse"));
    reply_header(o, "x-cordon-code", span_str(fail_code(r->fail)));
    if (r->rule) reply_header(o, "x-cordon-rule", span_str(r->rule));
    if (r->id) reply_header(o, "x-cordon-id", span_str(r->id));
    if (r->id) reply_header(o, codec->id_header ? codec->id_header : "x-request-id", span_str(r->id));
    if (codec->error_headers) codec->error_headers(r, o);
    if (close) reply_header(o, "connection", SPAN("close"));
    reply_end(o);
    if (with_body) obuf_span_put(o, obuf_span(&body));
    if (!obuf_ok(&body)) o->bad = true;
    obuf_fini(&body);
}
