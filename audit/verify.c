#include "audit/verify.h"
#include "audit/pending.h"
#include "audit/walk.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct verify {
    struct verify_report *out;
    struct pending pending;
    bool torn;
};

static CD_PRINTF(2, 3) void add_note(struct verify_report *r, const char *fmt, ...)
{
    size_t n = strlen(r->notes);
    va_list ap;
    va_start(ap, fmt);
    if (n + 2 < sizeof r->notes) {
        if (n > 0) r->notes[n++] = ' ';
        vsnprintf(r->notes + n, sizeof r->notes - n, fmt, ap);
    }
    va_end(ap);
}

static uint64_t number_in(const struct walk_record *r, const char *key)
{
    int64_t v;
    return jdoc_int(r->doc, jdoc_get(r->doc, 0, key), &v) && v > 0 ? (uint64_t)v : 0;
}

static void on_intent(struct verify *v, const struct walk_record *r)
{
    v->out->intents++;
    pending_open(&v->pending, r->frame.seq);
}

/* A denied CONNECT is one record; nothing is to follow it. */
static void on_tunnel_intent(struct verify *v, const struct walk_record *r)
{
    if (jdoc_get_type(r->doc, 0, "refusal", J_NULL) != J_NONE) on_intent(v, r);
}

static void on_outcome(struct verify *v, const struct walk_record *r)
{
    uint64_t seq = number_in(r, "intent");
    v->out->outcomes++;
    if (seq != 0 && !pending_close(&v->pending, seq)) v->out->strays++;
}

static void on_clock_step(struct verify *v, const struct walk_record *r)
{
    (void)r;
    v->out->clock_steps++;
}

static void on_recovered(struct verify *v, const struct walk_record *r)
{
    v->out->recoveries++;
    if (v->out->recoveries == 1)
        add_note(v->out, "At seq %" PRIu64 " a start set aside %" PRIu64 " bytes of an incomplete tail.", r->frame.seq,
                 number_in(r, "bytes"));
}

static void on_dropped(struct verify *v, const struct walk_record *r) { v->out->lost += number_in(r, "records"); }

static const struct {
    const char *kind;
    void (*on)(struct verify *, const struct walk_record *);
} kinds[] = {
    {"intent", on_intent},         {"outcome", on_outcome},       {"tunnel_intent", on_tunnel_intent},
    {"tunnel_outcome", on_outcome}, {"clock_step", on_clock_step}, {"recovered", on_recovered},
    {"dropped", on_dropped},
};

static void on_record(void *arg, const struct walk_record *r)
{
    struct verify *v = arg;
    struct verify_report *out = v->out;
    if (out->records++ == 0) out->first_seq = r->frame.seq;
    out->last_seq = r->frame.seq;
    memcpy(out->head, r->frame.hash.p, HASH_HEX);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (span_is(r->frame.kind, kinds[i].kind)) kinds[i].on(v, r);
}

static void on_damage(void *arg, const char *what)
{
    struct verify *v = arg;
    if (v->out->damages++ == 0) snprintf(v->out->text, sizeof v->out->text, "%s", what);
}

static void on_torn(void *arg, const char *what)
{
    struct verify *v = arg;
    v->torn = true;
    if (v->out->text[0] == '\0') snprintf(v->out->text, sizeof v->out->text, "%s", what);
}

static void on_abandoned(void *arg, uint64_t segment, uint64_t after_seq)
{
    struct verify *v = arg;
    if (v->out->abandoned++ > 0) return;
    if (after_seq == 0)
        add_note(v->out, "Segment %" PRIu64 " was given up after a failed write and holds nothing that was acknowledged.",
                 segment);
    else
        add_note(v->out, "Segment %" PRIu64 " was given up after a failed write; what it holds after seq %" PRIu64
                         " was never acknowledged and is not part of the ledger.", segment, after_seq);
}

static void on_note(void *arg, const char *what) { add_note(((struct verify *)arg)->out, "Note: %s.", what); }

static enum verify_result judge(struct verify *v)
{
    struct verify_report *r = v->out;
    if (r->damages > 1) {
        size_t n = strlen(r->text);
        snprintf(r->text + n, sizeof r->text - n, " (and %" PRIu64 " more places)", r->damages - 1);
    }
    if (r->lost) add_note(r, "%" PRIu64 " outcome record(s) were dropped while the ledger could not be written.", r->lost);
    if (r->clock_steps) add_note(r, "The clock was set %" PRIu64 " time(s).", r->clock_steps);
    if (r->strays) add_note(r, "%" PRIu64 " outcome(s) name no open intent.", r->strays);
    return r->damages ? VERIFY_DAMAGED : v->torn ? VERIFY_TORN_TAIL : VERIFY_OK;
}

enum verify_result audit_verify(const char *dir, struct verify_report *out)
{
    struct verify v = {.out = out};
    struct walk_sum sum;
    struct why why;
    *out = (struct verify_report){.result = VERIFY_UNREADABLE};
    struct walk_sink sink = {&v, on_record, on_damage, on_torn, on_abandoned, on_note};
    if (!pending_init(&v.pending)) {
        snprintf(out->text, sizeof out->text, "%s", fail_text(FAIL_NO_MEMORY));
        return out->result;
    }
    if (walk_ledger(dir, &sink, &sum, &why) == FAIL_OK) out->result = judge(&v);
    else snprintf(out->text, sizeof out->text, "%s", why.text);
    out->segments = sum.segments;
    out->bytes = sum.bytes;
    out->open_intents = pending_count(&v.pending);
    pending_fini(&v.pending);
    return out->result;
}
