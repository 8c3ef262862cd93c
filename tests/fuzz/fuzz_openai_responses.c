/* The Responses decoder on any JSON, and what comes after it: every span it yields is readable, counts agree with
 * pointers; what it read is answered, streamed and not, by JSON that says the same; the answer can be kept, served and gone
 * on from. The same input is also taken for a document that was kept. */
#include "wire/codecs.h"
#include "wire/objects.h"
#include "wire/openai_responses.h"
#include "wire/sse.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static unsigned sum;   /* keeps the reads from being left out */

static void touch(struct span s)
{
    REQUIRE(s.p != NULL || s.n == 0);
    for (size_t i = 0; i < s.n; i++) sum += (unsigned char)s.p[i];
}

static void check_message(const struct conv_msg *m)
{
    REQUIRE(m->role <= ROLE_TOOL);
    REQUIRE(m->role == ROLE_ASSISTANT || m->n_calls == 0);
    touch(m->text);
    touch(m->reasoning);
    touch(m->tool_call_id);
    for (size_t k = 0; k < m->n_calls; k++) {
        touch(m->calls[k].id);
        touch(m->calls[k].name);
        touch(m->calls[k].arguments);
    }
}

static void check(const struct conv *c, struct arena *a)
{
    struct jdoc d;
    size_t at;
    REQUIRE(c->unsupported != NULL || c->n_msgs > 0);
    REQUIRE(c->max_tokens == -1 || c->max_tokens >= 1);
    REQUIRE(isnan(c->temperature) || (c->temperature >= 0 && c->temperature <= 2));
    REQUIRE(c->unsupported || c->tool_choice == TOOLS_AUTO || c->tool_choice == TOOLS_NONE || c->tools.p);
    REQUIRE(c->tools.p == NULL || jscan(c->tools, a, &d, &at) == FAIL_OK);
    touch(c->model);
    touch(c->tool_name);
    touch(c->previous);
    for (size_t i = 0; i < c->n_msgs; i++) check_message(&c->msgs[i]);
}

static const struct id_key key = {{1}};

static struct answer answer_to(const struct conv *c, const struct jdoc *d, const struct codec *codec, bool stream)
{
    return (struct answer){.codec = codec, .conv = c, .request = d, .id = "x", .id_key = &key, .model = "m",
            .stream = stream};
}

/* What the client says last, said back, and a call with that for arguments. */
static void answer(struct answer *a, struct span said, struct obuf *o)
{
    const struct conv_event events[] = {{.kind = EV_REASONING, .text = said}, {.kind = EV_TEXT, .text = said},
                                        {.kind = EV_CALL, .call_name = SPAN("f")}, {.kind = EV_CALL_ARGS, .text = said},
                                        {.kind = EV_END}};
    for (size_t i = 0; i < COUNT(events); i++) a->codec->encode(a, &events[i], o);
    REQUIRE(obuf_ok(o));
}

/* Each event's data is JSON, and the last one holds `body`. */
static void check_stream(struct span stream, struct span body, struct arena *a)
{
    struct sse s;
    struct sse_event e;
    bool ended = false;
    sse_init(&s, stream.n);
    while (sse_next(&s, &stream, &e) == SSE_EVENT) {
        struct jdoc d;
        size_t at;
        REQUIRE(!ended && jscan(e.data, a, &d, &at) == FAIL_OK);
        ended = span_is(e.type, "response.completed");
        REQUIRE(!ended || memmem(e.data.p, e.data.n, body.p, body.n) != NULL);
    }
    REQUIRE(ended);
    sse_fini(&s);
}

static enum fail serve(const struct route *route, struct span kept, struct obuf *out)
{
    struct object_request q = {route, SPAN("GET"), SPAN("/v1/responses/resp_1?order=asc"), SPAN("resp_1")};
    return objects_serve(&q, kept, out);
}

static void check_kept(struct answer *a, const struct conv *c, struct arena *arena)
{
    static const struct route retrieve = {.operation = "responses.retrieve"},
        items = {.operation = "responses.input_items.list"};
    struct obuf kept = {0}, served = {0};
    struct conv next = {0};
    struct jdoc d;
    size_t at;
    objects_keep_put(a, c, obuf_span(&a->body), &kept);
    REQUIRE(obuf_ok(&kept) && objects_restore(obuf_span(&kept), arena, &next) == FAIL_OK && next.n_msgs > 0);
    for (size_t i = 0; i < next.n_msgs; i++) check_message(&next.msgs[i]);
    REQUIRE(serve(&retrieve, obuf_span(&kept), &served) == FAIL_OK);
    REQUIRE(span_eq(obuf_span(&served), obuf_span(&a->body)));
    obuf_reset(&served);
    REQUIRE(serve(&items, obuf_span(&kept), &served) == FAIL_OK);
    REQUIRE(jscan(obuf_span(&served), arena, &d, &at) == FAIL_OK);
    obuf_fini(&kept);
    obuf_fini(&served);
}

static void check_answers(const struct conv *c, const struct jdoc *d, struct arena *arena)
{
    struct span said = c->msgs[c->n_msgs - 1].text;
    struct answer whole = answer_to(c, d, &codec_openai_responses, false), stream = answer_to(c, d,
                                    &codec_openai_responses, true);
    struct answer compact = answer_to(c, d, &codec_openai_responses_compact, false);
    struct obuf one = {0}, two = {0}, three = {0};
    struct jdoc got;
    size_t at;
    answer(&whole, said, &one);
    answer(&stream, said, &two);
    answer(&compact, said, &three);
    REQUIRE(jscan(obuf_span(&one), arena, &got, &at) == FAIL_OK);
    REQUIRE(jscan(obuf_span(&three), arena, &got, &at) == FAIL_OK);
    check_stream(obuf_span(&two), obuf_span(&one), arena);
    check_kept(&stream, c, arena);
    obuf_fini(&one);
    obuf_fini(&two);
    obuf_fini(&three);
    answer_fini(&whole);
    answer_fini(&stream);
    answer_fini(&compact);
}

/* A stored document is sealed, so that nobody else writes it; it is read as carefully all the same. */
static void check_as_kept(struct span text, struct arena *arena)
{
    static const struct route items = {.operation = "responses.input_items.list"};
    struct conv c = {0};
    struct obuf o = {0};
    if (objects_restore(text, arena, &c) == FAIL_OK)
        for (size_t i = 0; i < c.n_msgs; i++) check_message(&c.msgs[i]);
    sum += serve(&items, text, &o) == FAIL_OK;
    obuf_fini(&o);
}

/* Whatever stands in a reference's place, what comes of it is the same document but for that. */
static void check_references(const struct route *route, const struct jdoc *d, struct arena *a)
{
    struct object_items items, none = {0};
    struct jdoc full, same;
    REQUIRE(objects_references(route, d, &key, a, &items) == FAIL_OK);
    for (size_t i = 0; i < items.n; i++) items.item[i].json = SPAN("{\"role\":\"user\",\"content\":\"x\"}");
    REQUIRE(objects_expand(d, &none, a, &same) == FAIL_OK && span_eq(same.text, d->text));
    REQUIRE(objects_expand(d, &items, a, &full) == FAIL_OK);
    REQUIRE(objects_references(route, &full, &key, a, &none) == FAIL_OK && none.n == 0);
}

static void check_kept_items(struct span kept, struct arena *a)
{
    struct object_items items;
    if (objects_kept_items(kept, a, &items) != FAIL_OK) return;
    for (size_t i = 0; i < items.n; i++) {
        touch(items.item[i].id);
        touch(items.item[i].json);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const struct route routes[] = {{.operation = "responses", .kind = CONV_CHAT},
                                          {.operation = "responses.compact", .kind = CONV_CHAT},
                                          {.operation = "responses.input_tokens", .kind = CONV_COUNT}};
    struct arena *a = arena_new(0);
    struct jdoc d;
    const char *field;
    size_t at;
    if (a == NULL) return 0;
    struct span text = {(const char *)p, n};
    enum fail scanned = jscan(text, a, &d, &at);
    for (size_t i = 0; i < COUNT(routes) && scanned == FAIL_OK; i++) {
        struct conv c;
        enum fail f = responses_decode(&(struct conv_source){.doc = &d, .route = &routes[i]}, a, &c, &field, &at);
        REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < n)));
        if (f == FAIL_OK) check(&c, a);
        check_references(&routes[i], &d, a);
        if (f == FAIL_OK && c.n_msgs > 0 && c.kind == CONV_CHAT) check_answers(&c, &d, a);
    }
    if (scanned == FAIL_OK) check_as_kept(text, a);
    check_kept_items(text, a);
    arena_free(a);
    return 0;
}
