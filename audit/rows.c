#include "audit/rows.h"
#include <inttypes.h>

/* The columns, in order. Those from REPLY on are known at the outcome. */
enum column { TIME, SEQ, ACTION, RULE, CLIENT, API, TO, MODEL, FOUND, SENT, REPLY, STATUS, BY, TOOK, REMARKS, COLUMNS };
static const struct {
    const char *title;
    int width;   /* negative: flush right */
} column[COLUMNS] = {
    [TIME] = {"TIME (UTC)", 23},   [SEQ] = {"SEQ", -7},     [ACTION] = {"ACTION", 8},  [RULE] = {"RULE", 20},
    [CLIENT] = {"CLIENT", 15},     [API] = {"API", 12},     [TO] = {"TO", 22},         [MODEL] = {"MODEL", 20},
    [FOUND] = {"FOUND", 18},       [SENT] = {"SENT", -8},   [REPLY] = {"REPLY", -8},   [STATUS] = {"STATUS", 6},
    [BY] = {"BY", 8},              [TOOK] = {"TOOK", -9},   [REMARKS] = {"REMARKS", 0},
};

static void put_spaces(struct obuf *o, size_t n)
{
    while (n-- > 0) obuf_put(o, " ", 1);
}

/* Bytes that a terminal could take for more than text are shown as '?'. */
static void put_printable(struct obuf *o, struct span text)
{
    for (size_t i = 0; i < text.n; i++) obuf_put(o, text.p[i] >= 0x20 && text.p[i] < 0x7f ? &text.p[i] : "?", 1);
}

/* One cell; an empty one is "-". */
static void put_cell(struct obuf *o, enum column c, struct span text)
{
    size_t width = (size_t)(column[c].width < 0 ? -column[c].width : column[c].width);
    if (text.n == 0) text = SPAN("-");
    size_t pad = text.n < width ? width - text.n : 0;
    if (column[c].width < 0) put_spaces(o, pad);
    put_printable(o, text);
    if (column[c].width > 0) put_spaces(o, pad);
    obuf_put(o, "  ", 2);
}

static void put_number(struct obuf *o, enum column c, uint64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRIu64, v);
    put_cell(o, c, (struct span){text, (size_t)n});
}

/* The text of a string member, still escaped; empty when it is not there or no string. */
static struct span text_in(const struct jdoc *d, uint32_t object, const char *key)
{
    uint32_t v = jdoc_get_type(d, object, key, J_STRING);
    return v == J_NONE ? SPAN_NONE : jdoc_raw(d, v);
}

static struct span number_in(const struct jdoc *d, uint32_t object, const char *key)
{
    uint32_t v = jdoc_get_type(d, object, key, J_NUMBER);
    return v == J_NONE ? SPAN_NONE : jdoc_raw(d, v);
}

static void put_time(struct obuf *o, const struct walk_record *r)
{
    char when[24];
    memcpy(when, r->frame.time.p, 23);   /* to the millisecond; --json has the rest */
    when[10] = ' ';
    put_cell(o, TIME, (struct span){when, 23});
    put_number(o, SEQ, r->frame.seq);
}

static void put_client(struct obuf *o, const struct jdoc *d)
{
    uint32_t client = jdoc_get(d, 0, "client");
    struct span name = text_in(d, client, "name");
    put_cell(o, CLIENT, name.n ? name : text_in(d, client, "address"));
}

/* "gpt-4o", or "gpt-4o>smollm2" when a local model answers. */
static void put_model(struct obuf *o, const struct jdoc *d)
{
    struct obuf text = {0};
    struct span asked = text_in(d, 0, "model"), local = text_in(d, 0, "local_model");
    obuf_span_put(&text, asked);
    if (jdoc_get(d, 0, "model_sha256") != J_NONE) obuf_str(&text, "(hashed)");
    if (local.n) {
        obuf_str(&text, ">");
        obuf_span_put(&text, local);
    }
    put_cell(o, MODEL, obuf_span(&text));
    obuf_fini(&text);
}

/* How many findings of one class. */
static int64_t count_class(const struct jdoc *d, uint32_t found, struct span class_of)
{
    int64_t sum = 0, n;
    for (uint32_t g = jdoc_first(found); g < jdoc_end(d, found); g = d->tok[g].next)
        if (span_eq(text_in(d, g, "class"), class_of) && jdoc_int(d, jdoc_get(d, g, "n"), &n)) sum += n;
    return sum;
}

static bool is_first_of_class(const struct jdoc *d, uint32_t found, uint32_t group)
{
    for (uint32_t g = jdoc_first(found); g < group; g = d->tok[g].next)
        if (span_eq(text_in(d, g, "class"), text_in(d, group, "class"))) return false;
    return true;
}

/* "phi:3,pii:1" */
static void put_found(struct obuf *o, const struct jdoc *d)
{
    struct obuf text = {0};
    uint32_t found = jdoc_get_type(d, 0, "found", J_ARRAY);
    uint32_t g = found == J_NONE ? 0 : jdoc_first(found), end = found == J_NONE ? 0 : jdoc_end(d, found);
    for (; g < end; g = d->tok[g].next) {
        struct span class_of = text_in(d, g, "class");
        if (!is_first_of_class(d, found, g)) continue;
        if (text.n) obuf_str(&text, ",");
        obuf_span_put(&text, class_of);
        obuf_printf(&text, ":%lld", (long long)count_class(d, found, class_of));
    }
    put_cell(o, FOUND, obuf_span(&text));
    obuf_fini(&text);
}

static void begin_exchange(struct row *row, const struct walk_record *r)
{
    struct obuf *o = &row->intent;
    const struct jdoc *d = r->doc;
    struct span rule = text_in(d, 0, "rule"), refusal = text_in(d, 0, "refusal");
    put_cell(o, ACTION, text_in(d, 0, "action"));
    put_cell(o, RULE, rule.n ? rule : refusal);
    put_client(o, d);
    put_cell(o, API, text_in(d, 0, "api"));
    put_cell(o, TO, text_in(d, jdoc_get(d, 0, "to"), "host"));
    put_model(o, d);
    put_found(o, d);
    put_cell(o, SENT, number_in(d, jdoc_get(d, 0, "sent"), "bytes"));
    row->awaits = span_is(r->frame.kind, "intent") || refusal.n == 0;
}

/* Hashes and the like are told by their first digits; --json has them whole. */
#define VALUE_MAX 40
#define VALUE_SHOWN 12

static void put_member(struct obuf *o, struct span key, struct span value)
{
    size_t shown = value.n > VALUE_MAX ? VALUE_SHOWN : value.n;
    put_printable(o, key);
    obuf_str(o, "=");
    put_printable(o, (struct span){value.p, shown});
    obuf_str(o, shown < value.n ? ".. " : " ");
}

/* A record that is no exchange: its members, but the frame's, as they are. */
static void begin_other(struct row *row, const struct walk_record *r)
{
    static const char *const frame[] = {"v", "seq", "time", "prev", "kind", "hash"};
    const struct jdoc *d = r->doc;
    put_cell(&row->intent, ACTION, r->frame.kind);
    for (uint32_t k = jdoc_first(0); k < jdoc_end(d, 0); k = d->tok[k + 1].next) {
        bool skip = false;
        for (size_t i = 0; i < COUNT(frame); i++) skip |= jdoc_is(d, k, frame[i]);
        if (!skip) put_member(&row->intent, jdoc_raw(d, k), jdoc_raw(d, k + 1));
    }
}

static bool is_outcome(const struct walk_record *r)
{
    return span_is(r->frame.kind, "outcome") || span_is(r->frame.kind, "tunnel_outcome");
}

/* An outcome whose intent is too far back to be in one row with it. */
static void begin_outcome(struct row *row, const struct walk_record *r)
{
    char of[40];
    struct span intent = number_in(r->doc, 0, "intent");
    int n = snprintf(of, sizeof of, "of seq %.*s", (int)(intent.n > 20 ? 20 : intent.n), intent.n ? intent.p : "");
    put_cell(&row->intent, ACTION, SPAN("outcome"));
    put_cell(&row->intent, RULE, (struct span){of, (size_t)n});
    for (enum column c = CLIENT; c < REPLY; c++) put_cell(&row->intent, c, SPAN_NONE);
    row->awaits = true;
    row->awaits = !row_end(row, r);
}

void row_begin(struct row *row, const struct walk_record *r)
{
    row->seq = r->frame.seq;
    put_time(&row->intent, r);
    if (span_is(r->frame.kind, "intent") || span_is(r->frame.kind, "tunnel_intent")) begin_exchange(row, r);
    else if (is_outcome(r)) begin_outcome(row, r);
    else begin_other(row, r);
}

static void put_took(struct obuf *o, const struct jdoc *d)
{
    int64_t us;
    char text[32];
    if (!jdoc_int(d, jdoc_get(d, 0, "duration_us"), &us) || us < 0) us = 0;
    int n = us < 10000000 ? snprintf(text, sizeof text, "%.1fms", (double)us / 1e3)
                          : snprintf(text, sizeof text, "%.1fs", (double)us / 1e6);
    put_cell(o, TOOK, (struct span){text, (size_t)n});
}

static bool is_true(const struct jdoc *d, const char *key) { return jdoc_get_type(d, 0, key, J_TRUE) != J_NONE; }

bool row_end(struct row *row, const struct walk_record *r)
{
    struct obuf *o = &row->outcome;
    const struct jdoc *d = r->doc;
    bool tunnel = span_is(r->frame.kind, "tunnel_outcome");
    if (!row->awaits) return false;
    row->awaits = false;
    put_cell(o, REPLY, tunnel ? number_in(d, 0, "bytes_in") : number_in(d, jdoc_get(d, 0, "reply"), "bytes"));
    put_cell(o, STATUS, number_in(d, 0, "status"));
    put_cell(o, BY, tunnel ? SPAN("tunnel") : text_in(d, 0, "answered_by"));
    put_took(o, d);
    if (is_true(d, "client_abort")) obuf_str(o, "client went away ");
    if (is_true(d, "cut")) obuf_str(o, "reply cut short ");
    if (tunnel) {
        obuf_span_put(o, number_in(d, 0, "bytes_out"));
        obuf_str(o, " bytes out ");
    }
    obuf_span_put(o, text_in(d, 0, "fail"));
    return true;
}

void row_raw(struct row *row, const struct walk_record *r)
{
    row->seq = r->frame.seq;
    obuf_span_put(&row->intent, r->text);
    obuf_put(&row->intent, "", 1);
}

void row_damage(struct row *row, const char *what)
{
    obuf_str(&row->intent, "!! ");
    obuf_str(&row->intent, what);
}

void row_print_titles(FILE *out)
{
    struct obuf o = {0};
    for (enum column c = TIME; c < COLUMNS; c++) put_cell(&o, c, span_str(column[c].title));
    while (o.n && o.p[o.n - 1] == ' ') o.n--;
    if (obuf_ok(&o)) fprintf(out, "%.*s\n", (int)o.n, o.p);
    obuf_fini(&o);
}

void row_print(struct row *row, FILE *out)
{
    if (row->awaits) {
        put_cell(&row->outcome, REPLY, SPAN_NONE);
        put_cell(&row->outcome, STATUS, SPAN("open"));
    }
    struct span left = obuf_span(&row->intent), right = obuf_span(&row->outcome);
    struct span *last = right.n ? &right : &left;
    while (last->n && last->p[last->n - 1] == ' ') last->n--;
    if (left.n) fwrite(left.p, 1, left.n, out);
    if (right.n) fwrite(right.p, 1, right.n, out);
    fputc('\n', out);
}

void row_fini(struct row *row)
{
    obuf_fini(&row->intent);
    obuf_fini(&row->outcome);
}
