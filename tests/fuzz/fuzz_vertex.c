/* Vertex AI's own decoders on any JSON at any path: "path LF body". What they yield is readable, and vectors for it make one
 * JSON document with as many predictions. */
#include "wire/codecs.h"
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
    touch(c->model);
    for (size_t i = 0; i < c->n_msgs; i++) touch(c->msgs[i].text);
    for (size_t i = 0; i < c->n_inputs; i++) touch(c->inputs[i]);
}

static void check_vectors(const struct conv *c, struct arena *a)
{
    static const float v[] = {0.5f, -1e-20f, 3};
    struct answer ans = {.id = "x", .model = "m", .conv = c};
    struct conv_event vector = {.kind = EV_VECTOR, .vector = v, .n_vector = COUNT(v)};
    struct conv_event end = {.kind = EV_END, .prompt_tokens = UINT32_MAX};
    struct obuf o = {0};
    struct jdoc d;
    size_t at;
    for (size_t i = 0; i < c->n_inputs; i++) codec_vertex_embed.encode(&ans, &vector, &o);
    codec_vertex_embed.encode(&ans, &end, &o);
    REQUIRE(obuf_ok(&o) && jscan(obuf_span(&o), a, &d, &at) == FAIL_OK);
    uint32_t list = jdoc_get_type(&d, 0, "predictions", J_ARRAY);
    size_t n = 0;
    REQUIRE(list != J_NONE);
    for (uint32_t k = jdoc_first(list); k < jdoc_end(&d, list); k = d.tok[k].next) n++;
    REQUIRE(n == c->n_inputs);
    answer_fini(&ans);
    obuf_fini(&o);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct span all = {(const char *)p, n};
    const char *line = n ? memchr(p, '\n', n) : NULL;
    struct span path = {all.p, line ? (size_t)(line - all.p) : 0}, body = span_from(all, path.n + (line != NULL));
    const struct route *r = route_find("vertex", SPAN("POST"), path, true);
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct conv c;
    const char *field;
    size_t at;
    if (a && r->kind != CONV_NONE && jscan(body, a, &d, &at) == FAIL_OK) {
        enum fail f = r->codec->decode(&(struct conv_source){.doc = &d, .path = path, .route = r}, a, &c, &field, &at);
        REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < body.n)));
        if (f == FAIL_OK) check(&c);
        if (f == FAIL_OK && c.unsupported == NULL && r->codec == &codec_vertex_embed) check_vectors(&c, a);
    }
    arena_free(a);
    return 0;
}
