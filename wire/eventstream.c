/* AWS's event stream: framing and checksums. */
#include "wire/eventstream.h"

#define PRELUDE 12u     /* two lengths and their checksum */
#define TRAILER 4u
#define LEAST (PRELUDE + TRAILER)

static void put32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (char)(unsigned char)(v >> (24 - 8 * i));
}

static uint32_t get32(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* CRC-32 of IEEE 802.3 (polynomial 0xedb88320, reflected), four bits at a time: messages are small. */
static uint32_t checksum(const char *p, size_t n)
{
    static const uint32_t steps[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = ~(uint32_t)0;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)p[i];
        crc = steps[crc & 15] ^ crc >> 4;
        crc = steps[crc & 15] ^ crc >> 4;
    }
    return ~crc;
}

/* ---- writing ---- */

#define STRING_HEADER 7   /* the header type of a string: its length in two bytes, then the bytes */

static void put_header(struct obuf *out, const char *name, const char *value)
{
    size_t n = strlen(name), v = strlen(value);
    unsigned char name_length = (unsigned char)n;
    unsigned char before_value[3] = {STRING_HEADER, (unsigned char)(v >> 8), (unsigned char)v};
    obuf_put(out, &name_length, 1);
    obuf_put(out, name, n);
    obuf_put(out, before_value, sizeof before_value);
    obuf_put(out, value, v);
}

size_t eventstream_open(struct obuf *out, enum eventstream_kind kind, const char *name)
{
    static const char no_prelude[PRELUDE];
    bool exception = kind == EVENTSTREAM_EXCEPTION;
    size_t place = out->n;
    obuf_put(out, no_prelude, PRELUDE);
    put_header(out, exception ? ":exception-type" : ":event-type", name);
    put_header(out, ":content-type", "application/json");
    put_header(out, ":message-type", exception ? "exception" : "event");
    if (obuf_ok(out)) put32(out->p + place + 4, (uint32_t)(out->n - place - PRELUDE));
    out->comma = false;
    return place;
}

void eventstream_close(struct obuf *out, size_t place)
{
    static const char no_trailer[TRAILER];
    obuf_put(out, no_trailer, TRAILER);
    out->comma = false;
    if (!obuf_ok(out)) return;
    char *m = out->p + place;
    size_t total = out->n - place;
    put32(m, (uint32_t)total);
    put32(m + 8, checksum(m, 8));
    put32(m + total - TRAILER, checksum(m, total - TRAILER));
}

/* ---- reading ---- */

void eventstream_init(struct eventstream *s, size_t limit) { *s = (struct eventstream){.limit = limit}; }

void eventstream_fini(struct eventstream *s) { obuf_fini(&s->message); }

bool eventstream_may_end(const struct eventstream *s)
{
    return s->broken == EVENTSTREAM_MORE && (s->whole || s->message.n == 0);
}

/* How long the value of a header of that type is, with the bytes that say so, or SIZE_MAX. Types 0 to 9: true, false, byte,
 * short, integer, long, bytes, string, timestamp, UUID. */
static size_t value_length(unsigned type, struct span at)
{
    static const unsigned char fixed[] = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
    if (type >= sizeof fixed) return SIZE_MAX;
    if (type != 6 && type != STRING_HEADER) return fixed[type];
    return at.n < 2 ? SIZE_MAX : 2 + ((size_t)(unsigned char)at.p[0] << 8 | (unsigned char)at.p[1]);
}

static void note_header(struct eventstream_message *m, struct span name, struct span value)
{
    if (span_is(name, ":event-type") || span_is(name, ":exception-type")) m->name = value;
    else if (span_is(name, ":content-type")) m->content_type = value;
    else if (span_is(name, ":message-type"))
        m->kind = span_is(value, "event")       ? EVENTSTREAM_EVENT
                  : span_is(value, "exception") ? EVENTSTREAM_EXCEPTION
                                                : EVENTSTREAM_OTHER;
}

static bool read_headers(struct span h, struct eventstream_message *m)
{
    while (h.n) {
        size_t n = (unsigned char)h.p[0];
        if (n == 0 || h.n < n + 2) return false;
        struct span name = {h.p + 1, n};
        unsigned type = (unsigned char)h.p[n + 1];
        h = span_from(h, n + 2);
        size_t v = value_length(type, h);
        if (v > h.n) return false;
        if (type == STRING_HEADER) note_header(m, name, (struct span){h.p + 2, v - 2});
        h = span_from(h, v);
    }
    return true;
}

/* A whole message with a good prelude. */
static bool read_message(struct span all, struct eventstream_message *m)
{
    size_t headers = get32(all.p + 4), body = all.n - LEAST;
    if (get32(all.p + all.n - TRAILER) != checksum(all.p, all.n - TRAILER) || headers > body) return false;
    *m = (struct eventstream_message){.kind = EVENTSTREAM_OTHER, .payload = {all.p + PRELUDE + headers, body - headers}};
    return read_headers((struct span){all.p + PRELUDE, headers}, m);
}

static void take(struct eventstream *s, struct span *bytes, size_t upto)
{
    size_t n = upto - s->message.n < bytes->n ? upto - s->message.n : bytes->n;
    obuf_put(&s->message, bytes->p, n);
    *bytes = span_from(*bytes, n);
}

static enum eventstream_step check_prelude(const struct eventstream *s)
{
    size_t total = get32(s->message.p);
    if (get32(s->message.p + 8) != checksum(s->message.p, 8) || total < LEAST) return EVENTSTREAM_BAD;
    return total > s->limit ? EVENTSTREAM_TOO_LARGE : EVENTSTREAM_MORE;
}

static enum eventstream_step step(struct eventstream *s, struct span *bytes, struct eventstream_message *m)
{
    if (s->message.n < PRELUDE) take(s, bytes, PRELUDE);
    if (!obuf_ok(&s->message)) return EVENTSTREAM_NO_MEMORY;
    if (s->message.n < PRELUDE) return EVENTSTREAM_MORE;
    enum eventstream_step bad = check_prelude(s);
    if (bad) return bad;
    size_t total = get32(s->message.p);
    take(s, bytes, total);
    if (!obuf_ok(&s->message)) return EVENTSTREAM_NO_MEMORY;
    if (s->message.n < total) return EVENTSTREAM_MORE;
    s->whole = true;
    return read_message(obuf_span(&s->message), m) ? EVENTSTREAM_MESSAGE : EVENTSTREAM_BAD;
}

enum eventstream_step eventstream_next(struct eventstream *s, struct span *bytes, struct eventstream_message *m)
{
    if (s->broken) return s->broken;
    if (s->whole) obuf_reset(&s->message);
    s->whole = false;
    enum eventstream_step r = step(s, bytes, m);
    if (r > EVENTSTREAM_MESSAGE) s->broken = r;
    return r;
}
