/* Bedrock's decoders on any JSON at any path of theirs: "path LF body". What they yield is readable and agrees with its
 * counts, and can be answered: frames with good checksums, JSON in each, and Converse's stream says what was said. */
#include "core/base64.h"
#include "wire/bedrock_invoke.h"
#include "wire/codecs.h"
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

static void check(const struct conv *c)
{
    REQUIRE(c->kind >= CONV_CHAT && c->kind <= CONV_EMBED && c->model.p != NULL);
    REQUIRE(c->unsupported || (c->kind == CONV_EMBED ? c->n_inputs > 0 : c->n_msgs > 0));
    REQUIRE(c->max_tokens == -1 || c->max_tokens >= 1);
    REQUIRE(isnan(c->temperature) || (c->temperature >= 0 && c->temperature <= 2));
    REQUIRE(c->unsupported || c->tool_choice == TOOLS_AUTO || c->tool_choice == TOOLS_NONE || c->tools.p);
    touch(c->model);
    touch(c->tools);
    touch(c->tool_name);
    touch(c->schema);
    for (size_t i = 0; i < c->n_msgs; i++) {
        const struct conv_msg *m = &c->msgs[i];
        REQUIRE(m->role <= ROLE_TOOL && (m->role == ROLE_ASSISTANT || m->n_calls == 0));
        touch(m->text);
        touch(m->reasoning);
        touch(m->tool_call_id);
        for (size_t k = 0; k < m->n_calls; k++) touch(m->calls[k].id), touch(m->calls[k].name), touch(m->calls[k].arguments);
    }
    for (size_t i = 0; i < c->n_stops; i++) touch(c->stops[i]);
    for (size_t i = 0; i < c->n_inputs; i++) touch(c->inputs[i]);
}

static void check_json(struct span s, struct arena *a, struct jdoc *d)
{
    size_t at;
    REQUIRE(jscan(s, a, d, &at) == FAIL_OK);
}

/* The document in a chunk, and the text in a delta of Converse. */
static void check_message(const struct eventstream_message *m, struct arena *a, struct obuf *heard)
{
    struct jdoc d, inner;
    check_json(m->payload, a, &d);
    uint32_t bytes = jdoc_get(&d, 0, "bytes"), text = jdoc_get(&d, jdoc_get(&d, 0, "delta"), "text");
    if (span_is(m->name, "contentBlockDelta") && text != J_NONE) obuf_span_put(heard, jdoc_text(&d, text, a));
    if (!span_is(m->name, "chunk")) return;
    struct span code = jdoc_raw(&d, bytes);
    char *out = arena_alloc(a, base64_room(code.n));
    if (out) check_json((struct span){out, base64_decode(code, out)}, a, &inner);
}

static void check_frames(struct span bytes, const struct conv *c, struct span said, bool converse, struct arena *a)
{
    struct eventstream s;
    struct eventstream_message m;
    struct obuf heard = {0};
    struct jdoc d;
    if (!c->stream) {
        check_json(bytes, a, &d);
        return;
    }
    eventstream_init(&s, bytes.n);
    while (eventstream_next(&s, &bytes, &m) == EVENTSTREAM_MESSAGE) check_message(&m, a, &heard);
    REQUIRE(bytes.n == 0 && eventstream_may_end(&s));
    REQUIRE(!converse || span_eq(obuf_span(&heard), said));
    eventstream_fini(&s);
    obuf_fini(&heard);
}

/* The last message's text and calls are said back. */
static void check_echo(const struct codec *codec, const struct conv *c, struct arena *a)
{
    static const struct id_key key;
    static const float v[] = {0.5f, -1};
    const struct conv_msg *last = c->n_msgs ? &c->msgs[c->n_msgs - 1] : NULL;
    struct answer ans = {.codec = codec, .id = "x", .id_key = &key, .model = "m", .stream = c->stream, .conv = c};
    struct conv_event text = {.kind = EV_TEXT, .text = last ? last->text : SPAN_NONE}, end = {.kind = EV_END};
    struct obuf o = {0};
    if (c->kind == CONV_CHAT) codec->encode(&ans, &text, &o);
    for (size_t k = 0; last && k < last->n_calls && c->kind == CONV_CHAT; k++) {
        struct conv_event call = {.kind = EV_CALL, .call_index = (uint32_t)k, .call_name = last->calls[k].name};
        struct conv_event args = {.kind = EV_CALL_ARGS, .call_index = (uint32_t)k, .text = last->calls[k].arguments};
        codec->encode(&ans, &call, &o);
        codec->encode(&ans, &args, &o);
    }
    struct conv_event vector = {.kind = EV_VECTOR, .vector = v, .n_vector = COUNT(v)};
    if (c->kind == CONV_EMBED) codec->encode(&ans, &vector, &o);
    codec->encode(&ans, &end, &o);
    REQUIRE(ans.ended && obuf_ok(&o));
    check_frames(obuf_span(&o), c, text.text, codec == &codec_bedrock_converse, a);
    answer_fini(&ans);
    obuf_fini(&o);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span all = {(const char *)p, n};
    const char *line = n ? memchr(p, '\n', n) : NULL;
    struct span path = {all.p, line ? (size_t)(line - all.p) : 0}, body = span_from(all, path.n + (line != NULL));
    const struct route *r = route_find("bedrock", SPAN("POST"), path, true);
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct conv c;
    const char *field;
    size_t at;
    if (a && r->kind != CONV_NONE && jscan(body, a, &d, &at) == FAIL_OK) {
        enum fail f = r->codec->decode(&(struct conv_source){.doc = &d, .path = path, .route = r}, a, &c, &field, &at);
        REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < body.n)));
        if (f == FAIL_OK) check(&c);
        if (f == FAIL_OK && c.unsupported == NULL) check_echo(r->codec, &c, a);
    }
    arena_free(a);
    return 0;
}
