/* Cohere's first chat, /v1/chat, both ways: a message with a history instead of messages, a stream of JSON lines that ends
 * with the whole answer. Its tools differ from all others' and have no local answer. */
#include "wire/answer.h"
#include "wire/cohere.h"
#include "wire/cohere_messages.h"
#include "wire/refuse.h"

#define ID_PREFIX "chat_"

/* ---- decode ---- */

static void read_format(struct reader *r, const struct reader_field *f, uint32_t i)
{
    uint32_t schema = reader_given(r, i, "schema");
    if (jdoc_is(r->d, jdoc_get(r->d, i, "type"), "text")) return;
    if (!jdoc_is(r->d, jdoc_get(r->d, i, "type"), "json_object")) reader_unsupported(r, f->name);
    else if (schema == J_NONE) r->conv->format = FORMAT_JSON;
    else reader_schema(r, f, schema);
}

/* A conversation is kept by the API, connectors search there, and queries are another kind of answer. */
static const struct reader_field fields[] = {
    COHERE_SAMPLING,
    {"response_format", read_format, 0, 0, 0},
    {"conversation_id", reader_only_empty, 0, 0, 0},
    {"connectors", reader_only_empty, 0, 0, 0},
    {"tools", reader_only_empty, 0, 0, 0},
    {"tool_results", reader_only_empty, 0, 0, 0},
    {"search_queries_only", reader_only_false, 0, 0, 0},
    {"raw_prompting", reader_only_false, 0, 0, 0},
};

static void add_message(struct reader *r, enum conv_role role, struct span text)
{
    r->conv->msgs[r->conv->n_msgs++] = (struct conv_msg){.role = role, .text = text};
}

static void add_turn(struct reader *r, uint32_t turn)
{
    static const struct { const char *word; enum conv_role role; } roles[] = {
        {"USER", ROLE_USER}, {"CHATBOT", ROLE_ASSISTANT}, {"SYSTEM", ROLE_SYSTEM}};
    uint32_t role = jdoc_get(r->d, turn, "role"), calls = reader_given(r, turn, "tool_calls");
    struct span text = reader_string(r, reader_given(r, turn, "message"), "chat_history");
    size_t k = 0;
    while (k < COUNT(roles) && !jdoc_is(r->d, role, roles[k].word)) k++;
    if (k == COUNT(roles) || text.p == NULL || calls != J_NONE) reader_unsupported(r, "chat_history");
    else add_message(r, roles[k].role, text);
}

/* The preamble is the system's, and so are the documents; the message comes last. */
static void read_messages(struct reader *r, uint32_t message)
{
    uint32_t history = reader_given(r, 0, "chat_history"), preamble = reader_given(r, 0, "preamble");
    uint32_t documents = reader_given(r, 0, "documents");
    bool list = reader_is(r, history, J_ARRAY);
    uint32_t n = list ? reader_count(r, history, READER_MAX_MESSAGES) : 0;
    if ((history != J_NONE && !list) || n > READER_MAX_MESSAGES) {
        reader_unsupported(r, "chat_history");
        return;
    }
    r->conv->msgs = reader_array(r, n + 3, sizeof *r->conv->msgs);
    if (r->conv->msgs == NULL) return;
    struct span system = reader_string(r, preamble, "preamble");
    if (system.n) add_message(r, ROLE_SYSTEM, system);
    struct span shown = documents == J_NONE ? SPAN_NONE : cohere_documents(r, documents);
    if (shown.p) add_message(r, ROLE_SYSTEM, shown);
    for (uint32_t k = list ? jdoc_first(history) : J_NONE; list && k < jdoc_end(r->d, history); k = r->d->tok[k].next)
        add_turn(r, k);
    add_message(r, ROLE_USER, reader_text(r, message));
}

enum fail cohere_v1_decode(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at)
{
    struct reader r;
    reader_begin(&r, s, a, c);
    *field = NULL;
    *at = SIZE_MAX;
    if (!reader_is(&r, 0, J_OBJECT)) return reader_invalid(&r, 0, NULL, field, at);
    uint32_t message = jdoc_get(r.d, 0, "message");
    if (!reader_is(&r, message, J_STRING)) return reader_invalid(&r, message, "message", field, at);
    struct span model = reader_string(&r, reader_given(&r, 0, "model"), "model");
    c->model = model.p ? model : SPAN("");
    reader_fields(&r, 0, fields, COUNT(fields), jdoc_is);
    read_messages(&r, message);
    return reader_end(&r);
}

/* ---- encode ---- */

static void put_id(const struct answer *a, const char *name, struct obuf *o)
{
    jo_raw(o, name, SPAN("\""));
    answer_id_again(a, ID_PREFIX, 0, o);
    obuf_str(o, "\"");
}

static void line_open(const char *type, bool last, struct obuf *o)
{
    o->comma = false;
    jo_open(o, NULL, '{');
    jo_bool(o, "is_finished", last);
    jo_cstr(o, "event_type", type);
}

static void line_close(struct obuf *o)
{
    jo_close(o, '}');
    obuf_str(o, "\n");
    o->comma = false;
}

static void put_turn(const char *role, struct span text, struct obuf *o)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", role);
    jo_str(o, "message", text);
    jo_close(o, '}');
}

/* What the client would send the next time, documents and preamble aside. */
static void put_history(const struct answer *a, struct obuf *o)
{
    jo_open(o, "chat_history", '[');
    for (size_t i = 0; i < a->conv->n_msgs; i++) {
        const struct conv_msg *m = &a->conv->msgs[i];
        if (m->role != ROLE_SYSTEM) put_turn(m->role == ROLE_USER ? "USER" : "CHATBOT", m->text, o);
    }
    put_turn("CHATBOT", obuf_span(&a->choice[0].text), o);
    jo_close(o, ']');
}

static void put_meta(const struct answer *a, struct obuf *o)
{
    jo_open(o, "meta", '{');
    jo_raw(o, "api_version", SPAN("{\"version\":\"1\"}"));
    cohere_put_counts(a, o);
    jo_close(o, '}');
}

static const char *finish_reason(enum conv_stop s)
{
    return s == STOP_LENGTH ? "MAX_TOKENS" : s == STOP_STRING ? "STOP_SEQUENCE" : "COMPLETE";
}

static void put_answer(const struct answer *a, const char *key, enum conv_stop stop, struct obuf *o)
{
    jo_open(o, key, '{');
    put_id(a, "response_id", o);
    jo_str(o, "text", obuf_span(&a->choice[0].text));
    put_id(a, "generation_id", o);
    put_history(a, o);
    jo_cstr(o, "finish_reason", finish_reason(stop));
    put_meta(a, o);
    jo_close(o, '}');
}

static void put_text(struct span text, struct obuf *o)
{
    line_open("text-generation", false, o);
    jo_str(o, "text", text);
    line_close(o);
}

static void end_answer(struct answer *a, const struct conv_event *e, struct obuf *o)
{
    struct span told = answer_notice_left(a, &a->choice[0]);
    if (a->stream && told.n) put_text(told, o);
    a->ended = answer_choice_ended(a, e);
    o->comma = false;
    if (!a->stream) {
        put_answer(a, NULL, e->stop, o);
        o->comma = false;
    } else {
        line_open("stream-end", true, o);
        jo_cstr(o, "finish_reason", finish_reason(e->stop));
        put_answer(a, "response", e->stop, o);
        line_close(o);
    }
    if (!answer_ok(a)) o->bad = true;
}

static void begin(struct answer *a, struct obuf *o)
{
    a->begun = true;
    a->ids = 1;   /* the answer's own */
    if (!a->stream) return;
    line_open("stream-start", false, o);
    put_id(a, "generation_id", o);
    line_close(o);
}

void cohere_v1_encode(struct answer *a, const struct conv_event *e, struct obuf *out)
{
    if (a->ended) return;
    if (e->kind == EV_ERROR) {
        struct refusal r = {.fail = e->fail, .id = a->id};
        if (a->stream && a->begun) cohere_v1_stream_error(&r, out);
        a->ended = true;
        return;
    }
    if (!a->begun) begin(a, out);
    if (e->kind == EV_TEXT) {
        struct span told = answer_add_text(a, &a->choice[0], e->text);
        if (a->stream && told.n) put_text(told, out);
    } else if (e->kind == EV_END) {
        end_answer(a, e, out);
    }
}

/* The SDK wants an answer in the last line, of which a text is all that is due. */
void cohere_v1_stream_error(const struct refusal *r, struct obuf *out)
{
    line_open("stream-end", true, out);
    jo_cstr(out, "finish_reason", "ERROR");
    jo_open(out, "response", '{');
    refuse_jo_message(r, "text", out);
    jo_close(out, '}');
    line_close(out);
}
