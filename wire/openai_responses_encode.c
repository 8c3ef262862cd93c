/* Events to output items, and with `stream` to the stream's events. One item is open at a time (openai_responses.h says
 * where); closed ones are JSON in choice.items. */
#include "wire/answer.h"
#include "wire/openai_responses.h"

static struct answer_choice *only(struct answer *a) { return &a->choice[0]; }

/* ---- events ---- */

static void event_open(struct answer *a, const char *type, struct obuf *o)
{
    obuf_str(o, "event: ");
    obuf_str(o, type);
    obuf_str(o, "\ndata: ");
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", type);
    jo_u64(o, "sequence_number", a->sequence++);
}

static void event_close(struct obuf *o)
{
    jo_close(o, '}');
    obuf_str(o, "\n\n");
    o->comma = false;
}

static void event_state(struct answer *a, const char *type, struct obuf *o)
{
    event_open(a, type, o);
    jo_raw(o, "response", SPAN_NONE);
    o->comma = false;
    responses_put_object(a, "in_progress", NULL, o);
    event_close(o);
}

/* An event about the open item. */
static void item_event_open(struct answer *a, const char *type, struct obuf *o)
{
    event_open(a, type, o);
    responses_put_item_id(a, "item_id", o);
    jo_u64(o, "output_index", a->choice[0].open_index);
}

/* The part of a message or of a summary: there is one. */
static void part_event_open(struct answer *a, const char *type, struct obuf *o)
{
    item_event_open(a, type, o);
    jo_u64(o, a->choice[0].open == ITEM_REASONING ? "summary_index" : "content_index", 0);
}

static void item_event(struct answer *a, const char *type, const char *status, const struct span *text, struct obuf *o)
{
    event_open(a, type, o);
    jo_u64(o, "output_index", a->choice[0].open_index);
    responses_put_item(a, "item", status, text, o);
    event_close(o);
}

/* ---- an item opens, grows, closes ---- */

static void stream_opened(struct answer *a, struct obuf *o)
{
    item_event(a, "response.output_item.added", "in_progress", NULL, o);
    if (only(a)->open == ITEM_MESSAGE) {
        part_event_open(a, "response.content_part.added", o);
        responses_put_text_part("part", SPAN_NONE, o);
        event_close(o);
    } else if (only(a)->open == ITEM_REASONING) {
        part_event_open(a, "response.reasoning_summary_part.added", o);
        responses_put_summary_part("part", SPAN_NONE, o);
        event_close(o);
    } else if (only(a)->open == ITEM_SUMMARY) {
        item_event_open(a, "response.compaction.compacting", o);
        event_close(o);
    }
}

/* Ids first: item_id reads them off. `name`: of a call. */
static void open_item(struct answer *a, enum item_kind kind, struct span name, struct obuf *o)
{
    struct answer_choice *c = only(a);
    bool call = kind == ITEM_FUNCTION || kind == ITEM_CUSTOM;
    a->ids += call ? 2 : 1;
    c->open = kind;
    c->open_index = c->n_items;
    obuf_reset(&c->calls);
    if (call) {
        obuf_span_put(&c->calls, name);
        obuf_put(&c->calls, "", 1);
    }
    if (a->stream) stream_opened(a, o);
}

static void grow_item(struct answer *a, struct span text, struct obuf *o)
{
    static const char *const types[] = {
        [ITEM_REASONING] = "response.reasoning_summary_text.delta", [ITEM_MESSAGE] = "response.output_text.delta",
        [ITEM_FUNCTION] = "response.function_call_arguments.delta"};
    struct answer_choice *c = only(a);
    obuf_span_put(&c->calls, text);
    if (!a->stream || text.n == 0 || c->open >= COUNT(types)) return;   /* the others are told when they are whole */
    if (c->open == ITEM_FUNCTION) item_event_open(a, types[c->open], o);
    else part_event_open(a, types[c->open], o);
    jo_str(o, "delta", text);
    if (c->open == ITEM_MESSAGE) jo_raw(o, "logprobs", SPAN("[]"));
    event_close(o);
}

static void stream_text_closed(struct answer *a, struct span text, struct obuf *o)
{
    bool message = only(a)->open == ITEM_MESSAGE;
    part_event_open(a, message ? "response.output_text.done" : "response.reasoning_summary_text.done", o);
    jo_str(o, "text", text);
    if (message) jo_raw(o, "logprobs", SPAN("[]"));
    event_close(o);
    part_event_open(a, message ? "response.content_part.done" : "response.reasoning_summary_part.done", o);
    (message ? responses_put_text_part : responses_put_summary_part)("part", text, o);
    event_close(o);
}

static void stream_call_closed(struct answer *a, struct span text, struct obuf *o)
{
    bool custom = only(a)->open == ITEM_CUSTOM;
    if (custom && text.n) {
        item_event_open(a, "response.custom_tool_call_input.delta", o);
        jo_str(o, "delta", text);
        event_close(o);
    }
    item_event_open(a, custom ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done", o);
    if (!custom) jo_str(o, "name", responses_open_name(only(a)));
    jo_str(o, custom ? "input" : "arguments", text);
    event_close(o);
}

/* The one string of a custom tool's arguments; what a limit cut, or a model got wrong, is passed on as it is. */
static struct span custom_input(struct span arguments, struct arena *a)
{
    struct jdoc d;
    size_t at;
    if (a == NULL || jscan(arguments, a, &d, &at) != FAIL_OK) return arguments;
    struct span s = jdoc_text(&d, jdoc_get_type(&d, 0, "input", J_STRING), a);
    return s.p ? s : arguments;
}

/* `whole`: the model ended it; false where a limit cut it. */
static void close_item(struct answer *a, bool whole, struct obuf *o)
{
    struct answer_choice *c = only(a);
    struct arena *scratch = c->open == ITEM_CUSTOM ? arena_new(0) : NULL;
    struct span text = scratch ? custom_input(responses_open_text(c), scratch) : responses_open_text(c);
    const char *status = whole ? "completed" : "incomplete";
    if (c->open == ITEM_NONE) return;
    if (a->stream) {
        if (c->open == ITEM_MESSAGE || c->open == ITEM_REASONING) stream_text_closed(a, text, o);
        else if (c->open != ITEM_SUMMARY) stream_call_closed(a, text, o);
        item_event(a, "response.output_item.done", status, &text, o);
    }
    responses_put_item(a, NULL, status, &text, &c->items);
    arena_free(scratch);
    c->n_items++;
    c->open = ITEM_NONE;
}

/* ---- what the engine says ---- */

static void say(struct answer *a, struct span text, struct obuf *o)
{
    if (text.n == 0) return;
    if (only(a)->open != ITEM_MESSAGE) {
        close_item(a, true, o);
        open_item(a, ITEM_MESSAGE, SPAN_NONE, o);
    }
    grow_item(a, text, o);
}

/* A summary is told under its mark, and without a notice: it is no text for people. choice.text is what later requests
 * are compared with. */
static void sum_up(struct answer *a, struct span text, struct obuf *o)
{
    struct answer_choice *c = only(a);
    if (c->open != ITEM_SUMMARY) {
        open_item(a, ITEM_SUMMARY, SPAN_NONE, o);
        obuf_str(&c->text, RESPONSES_SUMMARY);
        obuf_str(&c->calls, RESPONSES_SUMMARY);
    }
    obuf_span_put(&c->text, text);
    grow_item(a, text, o);
}

static void on_start(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    (void)e;
    a->ids = a->ids ? a->ids : 1;   /* the response's own: the first */
    if (!a->stream) return;
    event_state(a, "response.created", o);
    event_state(a, "response.in_progress", o);
}

static void on_text(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (a->conv->own & RESPONSES_COMPACT) sum_up(a, e->text, o);
    else say(a, answer_add_text(a, only(a), e->text), o);
}

static void on_reasoning(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = only(a);
    if (!a->conv->show_reasoning || e->text.n == 0) return;
    if (c->open != ITEM_REASONING) {
        close_item(a, true, o);
        open_item(a, ITEM_REASONING, SPAN_NONE, o);
    }
    obuf_span_put(&c->reasoning, e->text);
    grow_item(a, e->text, o);
}

static void on_call(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    bool custom = a->conv->own & RESPONSES_CUSTOM_TOOLS && a->request && responses_tool_is_custom(a->request, e->call_name);
    say(a, answer_notice_left(a, only(a)), o);
    close_item(a, true, o);
    open_item(a, custom ? ITEM_CUSTOM : ITEM_FUNCTION, e->call_name, o);
    only(a)->n_calls++;
}

static void on_args(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    if (only(a)->open == ITEM_FUNCTION || only(a)->open == ITEM_CUSTOM) grow_item(a, e->text, o);
}

/* An answer of no words is still a message, as the API gives it; one that a limit ended before it began is not. */
static void end_items(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct answer_choice *c = only(a);
    if (a->conv->own & RESPONSES_COMPACT) sum_up(a, SPAN_NONE, o);
    else say(a, answer_notice_left(a, c), o);
    bool silent = c->n_calls == 0 && c->text.n == 0 && e->stop != STOP_LENGTH;
    close_item(a, e->stop != STOP_LENGTH || c->open == ITEM_SUMMARY, o);
    if (!silent) return;
    open_item(a, ITEM_MESSAGE, SPAN_NONE, o);
    close_item(a, true, o);
}

static void on_end(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    bool cut = e->stop == STOP_LENGTH;
    end_items(a, e, o);
    answer_choice_ended(a, e);
    obuf_reset(&a->body);
    responses_put_object(a, cut ? "incomplete" : "completed", e, &a->body);
    if (a->stream) {
        event_open(a, cut ? "response.incomplete" : "response.completed", o);
        jo_raw(o, "response", obuf_span(&a->body));
        event_close(o);
    } else {
        obuf_span_put(o, obuf_span(&a->body));
    }
    if (!answer_ok(a)) o->bad = true;
}

static void broken(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct refusal r = {.fail = e->fail, .id = a->id};
    if (a->stream && a->begun) responses_put_failed(&r, a->sequence, o);
    a->ended = true;
}

typedef void event_writer(struct answer *a, const struct conv_event *e, struct obuf *o);

void responses_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    static event_writer *const writers[EV_ERROR] = {
        [EV_TEXT] = on_text, [EV_REASONING] = on_reasoning, [EV_CALL] = on_call, [EV_CALL_ARGS] = on_args,
        [EV_END] = on_end};
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        broken(a, e, out);
        return;
    }
    if (!a->begun) {   /* also when the producer's first event is not EV_START */
        a->begun = true;
        on_start(a, e, out);
    }
    if (e->kind != EV_START && writers[e->kind]) writers[e->kind](a, e, out);
    a->ended = e->kind == EV_END;
}
