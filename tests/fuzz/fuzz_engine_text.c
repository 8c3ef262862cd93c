/* The filters between a model's bytes and an answer: in one piece and in pieces of any size, the same text, the same
 * reasoning and the same end come out, in whole characters. */
#include "localmodel/engine_text.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static const char *const stops[] = {"stop", "\n\n", "</", "st\xc3\xb6p"};

struct answer {
    struct obuf text, thought;
    bool hit;
    size_t which;
};

static void fini(struct answer *a)
{
    obuf_fini(&a->text);
    obuf_fini(&a->thought);
}

/* A piece of what one filter gave goes to the next. */
struct chain {
    struct utf8_filter utf8;
    struct think_filter think;
    struct stop_filter stop;
    struct obuf characters, said;
};

static void pass_on(struct chain *c, struct answer *a)
{
    stop_feed(&c->stop, obuf_span(&c->said), &a->text);
    obuf_reset(&c->characters);
    obuf_reset(&c->said);
}

static void hear(struct span in, size_t piece, bool inside, struct answer *a)
{
    struct chain c = {.utf8 = {.n = 0}};
    *a = (struct answer){.hit = false};
    think_init(&c.think, "<think>", "</think>", inside);
    stop_init(&c.stop, stops, COUNT(stops));
    while (in.n) {
        size_t n = in.n < piece ? in.n : piece;
        utf8_feed(&c.utf8, (struct span){in.p, n}, &c.characters);
        think_feed(&c.think, obuf_span(&c.characters), &c.said, &a->thought);
        pass_on(&c, a);
        in = span_from(in, n);
    }
    utf8_finish(&c.utf8, &c.characters);
    think_feed(&c.think, obuf_span(&c.characters), &c.said, &a->thought);
    think_finish(&c.think, &c.said, &a->thought);
    pass_on(&c, a);
    stop_finish(&c.stop, &a->text);
    a->hit = c.stop.hit;
    a->which = c.stop.which;
    think_fini(&c.think);
    stop_fini(&c.stop);
    obuf_fini(&c.characters);
    obuf_fini(&c.said);
}

/* Whole characters pass the first filter as they are. */
static void check_whole(struct span s)
{
    struct utf8_filter u = {.n = 0};
    struct obuf again = {0};
    utf8_feed(&u, s, &again);
    REQUIRE(u.n == 0 && span_eq(obuf_span(&again), s));
    obuf_fini(&again);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    if (n < 2) return 0;
    struct span in = {(const char *)p + 2, n - 2};
    const size_t pieces[] = {n, 1, p[0] % 16u + 1u};
    struct answer whole, cut;
    hear(in, pieces[0], p[1] & 1, &whole);
    check_whole(obuf_span(&whole.text));
    check_whole(obuf_span(&whole.thought));
    for (size_t i = 1; i < COUNT(pieces); i++) {
        hear(in, pieces[i], p[1] & 1, &cut);
        REQUIRE(span_eq(obuf_span(&cut.text), obuf_span(&whole.text)));
        REQUIRE(span_eq(obuf_span(&cut.thought), obuf_span(&whole.thought)));
        REQUIRE(cut.hit == whole.hit && (!cut.hit || cut.which == whole.which));
        fini(&cut);
    }
    for (size_t i = 0; i < COUNT(stops); i++)
        REQUIRE(whole.text.n == 0 || memmem(whole.text.p, whole.text.n, stops[i], strlen(stops[i])) == NULL);
    fini(&whole);
    return 0;
}
