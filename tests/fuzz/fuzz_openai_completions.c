/* The decoders of the legacy completions and of embeddings on any JSON: spans are readable, counts agree with pointers,
 * and what is read can be answered with JSON. */
#include "wire/openai_completions.h"
#include "wire/openai_embeddings.h"
#include "wire/reader.h"
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
    REQUIRE(c->model.p != NULL && c->max_tokens >= -1 && c->max_tokens != 0);
    REQUIRE(c->n_choices >= 1 && c->n_choices <= CONV_MAX_CHOICES && c->n_stops <= READER_MAX_STOPS);
    REQUIRE(c->unsupported || (c->kind == CONV_EMBED ? c->n_inputs > 0 : c->n_msgs == 1));
    touch(c->model);
    for (size_t i = 0; i < c->n_msgs; i++) touch(c->msgs[i].text);
    for (size_t i = 0; i < c->n_stops; i++) touch(c->stops[i]);
    for (size_t i = 0; i < c->n_inputs; i++) touch(c->inputs[i]);
}

static void check_answer(const struct conv *c, struct arena *a)
{
    static const struct id_key key = {{1}};
    static const float vector[] = {1, -0.5f};
    struct answer ans = {.id = "x", .id_key = &key, .model = "m", .conv = c};
    bool embed = c->kind == CONV_EMBED;
    struct conv_event say = {.kind = embed ? EV_VECTOR : EV_TEXT, .vector = vector, .n_vector = COUNT(vector)};
    struct conv_event end = {.kind = EV_END};
    struct obuf o = {0};
    struct jdoc d;
    size_t at;
    if (c->n_msgs) say.text = c->msgs[0].text;
    for (uint32_t i = 0; i < c->n_choices; i++) {
        say.choice = end.choice = i;
        (embed ? openai_embeddings_encode : openai_completions_encode)(&ans, &say, &o);
        (embed ? openai_embeddings_encode : openai_completions_encode)(&ans, &end, &o);
    }
    REQUIRE(ans.ended && obuf_ok(&o) && jscan(obuf_span(&o), a, &d, &at) == FAIL_OK);
    answer_fini(&ans);
    obuf_fini(&o);
}

typedef enum fail decoder(const struct conv_source *s, struct arena *a, struct conv *c, const char **field, size_t *at);

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static decoder *const decoders[] = {openai_completions_decode, openai_embeddings_decode};
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct conv c;
    const char *field;
    size_t at;
    if (a == NULL) return 0;
    if (jscan((struct span){(const char *)p, n}, a, &d, &at) == FAIL_OK)
        for (size_t i = 0; i < COUNT(decoders); i++) {
            enum fail f = decoders[i](&(struct conv_source){.doc = &d}, a, &c, &field, &at);
            REQUIRE(f == FAIL_OK || (f == FAIL_REQUEST_INVALID && (at == SIZE_MAX || at < n)));
            if (f == FAIL_OK) check(&c);
            if (f == FAIL_OK) check_answer(&c, a);
        }
    arena_free(a);
    return 0;
}
