/* From tokens to events. The bytes go through the character filter, then one of three ways (chat_shim.h: enum
 * chat_mode): as they are but for the reasoning; through the template's own parser, which is asked again and again with
 * the whole text, though seldom enough to stay cheap; or through the scanner for a call that our grammar forced. */
#include "core/clock.h"
#include "localmodel/engine_llama.h"
#include <stdlib.h>

#define PARSE_EVERY_US 20000
#define PARSE_SHARE 8                  /* at most about one eighth of the time goes into parsing */

static size_t extra_stops(const struct chat_reply *r)
{
    size_t n = 0;
    while (chat_extra_stop(r, n)) n++;
    return n;
}

static void begin_thought(struct answer *a)
{
    const char *open, *close;
    bool inside;
    chat_think(a->reply, &open, &close, &inside);
    think_fini(&a->think);
    think_init(&a->think, open, close, inside);
}

enum fail job_answer_init(struct answer *a, struct job *job, struct chat_reply *reply)
{
    size_t own = job->request->n_stops, extra = extra_stops(reply);
    *a = (struct answer){.job = job, .reply = reply};
    a->stops = calloc(own + extra + 1, sizeof *a->stops);
    if (a->stops == NULL) {
        job_answer_fini(a);
        return FAIL_NO_MEMORY;
    }
    for (size_t i = 0; i < own; i++) a->stops[i] = job->request->stops[i];
    for (size_t i = 0; i < extra; i++) a->stops[own + i] = chat_extra_stop(reply, i);
    stop_init(&a->stop, a->stops, own + extra);
    begin_thought(a);
    return FAIL_OK;
}

void job_answer_fini(struct answer *a)
{
    think_fini(&a->think);
    stop_fini(&a->stop);
    call_fini(&a->call);
    obuf_fini(&a->whole);
    obuf_fini(&a->held);
    obuf_fini(&a->blanks);
    free(a->stops);
    chat_reply_free(a->reply);
    *a = (struct answer){0};
}

static void broke(struct answer *a, enum fail f)
{
    if (a->fail == FAIL_OK) a->fail = f;
}

/* --- the answer's text --- */

/* Content that begins like JSON or a fence may be a call written bare: it is kept until that can be told. */
static void decide_hold(struct answer *a)
{
    size_t at = 0;
    while (at < a->held.n && strchr(" \n\t\r", a->held.p[at])) at++;
    if (at == a->held.n) return;
    a->hold = strchr("{[`", a->held.p[at]) ? HOLD_ALL : HOLD_NOTHING;
}

static void say(struct answer *a, struct span text)
{
    if (text.n) a->said = true;
    if (chat_reply_mode(a->reply) == CHAT_PLAIN || a->hold == HOLD_NOTHING) {
        job_text(a->job, text);
        return;
    }
    obuf_span_put(&a->held, text);
    if (!obuf_ok(&a->held)) broke(a, FAIL_NO_MEMORY);
    else if (a->hold == HOLD_UNDECIDED) decide_hold(a);
    if (a->hold != HOLD_NOTHING) return;
    job_text(a->job, obuf_span(&a->held));
    obuf_reset(&a->held);
}

static void content(struct answer *a, struct span text, bool last)
{
    struct obuf out = {0};
    stop_feed(&a->stop, text, &out);
    if (last) stop_finish(&a->stop, &out);
    if (obuf_ok(&out)) say(a, obuf_span(&out));
    else broke(a, FAIL_NO_MEMORY);
    obuf_fini(&out);
}

/* --- the parsed way --- */

static void on_text(void *arg, const char *p, size_t n) { content(arg, (struct span){p, n}, false); }

/* Without blanks at its ends, which are the format's, as in the plain way. */
static void on_reasoning(void *arg, const char *p, size_t n)
{
    static const char blanks[] = " \t\r\n";
    struct answer *a = arg;
    while (!a->thought && n && strchr(blanks, *p)) p++, n--;
    size_t end = n;
    while (end && strchr(blanks, p[end - 1])) end--;
    if (end) {
        job_reasoning(a->job, obuf_span(&a->blanks));
        job_reasoning(a->job, (struct span){p, end});
        obuf_reset(&a->blanks);
        a->thought = true;
    }
    obuf_put(&a->blanks, p + end, n - end);
    if (!obuf_ok(&a->blanks)) broke(a, FAIL_NO_MEMORY);
}

static void on_call(void *arg, uint32_t index, const char *name)
{
    struct answer *a = arg;
    a->said = true;
    a->calls++;
    job_call(a->job, index, span_str(name));
}

static void on_arguments(void *arg, uint32_t index, const char *p, size_t n)
{
    struct answer *a = arg;
    job_call_args(a->job, index, (struct span){p, n});
}

static struct chat_sink sink_of(struct answer *a)
{
    return (struct chat_sink){.arg = a, .text = on_text, .reasoning = on_reasoning, .call = on_call,
                              .arguments = on_arguments};
}

static enum chat_result parse(struct answer *a, bool partial)
{
    struct chat_sink sink = sink_of(a);
    uint64_t from = clock_mono_us();
    enum chat_result r = chat_parse(a->reply, a->whole.p ? a->whole.p : "", a->whole.n, partial, &sink);
    a->parsed_us = clock_mono_us();
    a->parse_cost_us = a->parsed_us - from;
    if (r == CHAT_NO_MEMORY) broke(a, FAIL_NO_MEMORY);
    return r;
}

static bool parse_is_due(const struct answer *a)
{
    uint64_t wait = PARSE_SHARE * a->parse_cost_us;
    return clock_mono_us() - a->parsed_us >= (wait > PARSE_EVERY_US ? wait : PARSE_EVERY_US);
}

/* The parser refused the text at its end, and nothing was said: it is taken as plain text, or a bare call. */
static void read_as_plain(struct answer *a)
{
    struct obuf out = {0};
    if (a->said) {
        broke(a, FAIL_ENGINE_FAILED);
        return;
    }
    begin_thought(a);
    think_feed(&a->think, obuf_span(&a->whole), &out, NULL);
    think_finish(&a->think, &out, NULL);
    if (obuf_ok(&out)) content(a, obuf_span(&out), false);
    else broke(a, FAIL_NO_MEMORY);
    obuf_fini(&out);
}

static void parsed_end(struct answer *a, bool cut)
{
    struct chat_sink sink = sink_of(a);
    if (parse(a, cut) == CHAT_FAILED) read_as_plain(a);
    content(a, SPAN_NONE, true);
    if (a->held.n == 0) return;
    if (a->calls == 0 && !cut && chat_bare_calls(a->reply, a->held.p, a->held.n, &sink)) return;
    job_text(a->job, obuf_span(&a->held));
}

/* --- the forced way --- */

static void forced(struct answer *a, struct span text)
{
    struct obuf arguments = {0};
    call_feed(&a->call, text, &arguments);
    if (!obuf_ok(&arguments) || !obuf_ok(&a->call.name) || !obuf_ok(&a->call.seen)) broke(a, FAIL_NO_MEMORY);
    else if (a->calls == 0 && a->call.state >= CALL_BEFORE_ARGUMENTS) {
        a->calls = 1;
        job_call(a->job, 0, obuf_span(&a->call.name));
    }
    job_call_args(a->job, 0, obuf_span(&arguments));
    obuf_fini(&arguments);
}

/* --- all ways --- */

/* Parts what is reasoning; true when that went well. */
static bool part(struct answer *a, struct span text, struct obuf *out, struct obuf *thought)
{
    think_feed(&a->think, text, out, thought);
    bool whole = obuf_ok(out) && obuf_ok(thought);
    if (!whole) broke(a, FAIL_NO_MEMORY);
    return whole;
}

static void feed_parsed(struct answer *a, struct span text)
{
    obuf_span_put(&a->whole, text);
    if (!obuf_ok(&a->whole)) broke(a, FAIL_NO_MEMORY);
    else if (parse_is_due(a)) (void)parse(a, true);
}

static void feed(struct answer *a, struct span text)
{
    struct obuf out = {0}, thought = {0};
    enum chat_mode mode = chat_reply_mode(a->reply);
    if (mode == CHAT_CALL) {
        forced(a, text);
    } else if (part(a, text, &out, &thought) && mode == CHAT_PLAIN) {
        job_reasoning(a->job, obuf_span(&thought));
        content(a, obuf_span(&out), false);
    } else if (mode == CHAT_PARSED) {
        feed_parsed(a, text);
    }
    obuf_fini(&out);
    obuf_fini(&thought);
}

bool job_answer_token(struct answer *a, int32_t token)
{
    char piece[512];
    struct obuf text = {0};
    bool thought = a->think.state == THINK_INSIDE;
    utf8_feed(&a->utf8, (struct span){piece, chat_piece(a->reply, token, piece, sizeof piece)}, &text);
    if (!obuf_ok(&text)) broke(a, FAIL_NO_MEMORY);
    else if (text.n) feed(a, obuf_span(&text));
    obuf_fini(&text);
    if (thought || a->think.state == THINK_INSIDE) a->job->usage.reasoning_tokens++;
    return a->stop.hit || a->fail != FAIL_OK || a->job->broken || a->call.state == CALL_DONE;
}

static void plain_end(struct answer *a)
{
    struct obuf out = {0}, thought = {0};
    think_finish(&a->think, &out, &thought);
    job_reasoning(a->job, obuf_span(&thought));
    if (obuf_ok(&out) && obuf_ok(&thought)) content(a, obuf_span(&out), true);
    else broke(a, FAIL_NO_MEMORY);
    obuf_fini(&out);
    obuf_fini(&thought);
}

/* The template's own stops are its end marks, written as text. */
static bool stopped_by_client(const struct answer *a)
{
    return a->stop.hit && a->stop.which < a->job->request->n_stops && a->calls == 0;
}

void job_answer_end(struct answer *a, bool cut)
{
    struct obuf rest = {0};
    utf8_finish(&a->utf8, &rest);
    if (rest.n) feed(a, obuf_span(&rest));
    obuf_fini(&rest);
    enum chat_mode mode = chat_reply_mode(a->reply);
    if (mode == CHAT_PLAIN) plain_end(a);
    if (mode == CHAT_PARSED) parsed_end(a, cut || a->stop.hit);
    if (mode == CHAT_CALL && !cut && a->call.state != CALL_DONE) broke(a, FAIL_ENGINE_FAILED);
    if (a->fail != FAIL_OK) job_fail(a->job, a->fail);
    else if (stopped_by_client(a)) job_end_at(a->job, a->stop.stops[a->stop.which]);
    else job_end(a->job, cut ? STOP_LENGTH : a->calls ? STOP_TOOL_CALLS : STOP_END);
}
