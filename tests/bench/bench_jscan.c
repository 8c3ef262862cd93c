/* How fast jscan reads chat bodies, beside cJSON_Parse in the same run. For figures build in release mode. The best of
 * several rounds is taken for each, alternating, as the machine may be shared. */
#include "core/jscan.h"
#include "core/obuf.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15

static const char *const sentences[] = {
    "Summarise the attached discharge letter in two sentences. ",
    "She said \"not before Tuesday\", and the ward agreed.\n",
    "Please write a function that parses ISO 8601 dates and explain the edge cases. ",
    "Caf\xc3\xa9 M\xc3\xbcller, 3 rue de la Paix, is where they met. ",
    "The quarterly figures are in the table below; compare them with last year's. ",
};

static void chat_body(struct obuf *o, size_t want)
{
    obuf_reset(o);
    jo_open(o, NULL, '{');
    jo_cstr(o, "model", "gpt-4o-mini");
    jo_open(o, "messages", '[');
    for (size_t turn = 0; turn == 0 || o->n < want; turn++) {
        struct obuf text = {0};
        size_t most = want / 3 > 4000 ? 4000 : want / 3;
        for (size_t i = turn; text.n < most; i++) obuf_str(&text, sentences[i % COUNT(sentences)]);
        jo_open(o, NULL, '{');
        jo_cstr(o, "role", turn % 2 ? "assistant" : "user");
        jo_str(o, "content", obuf_span(&text));
        jo_close(o, '}');
        obuf_fini(&text);
    }
    jo_close(o, ']');
    jo_fixed(o, "temperature", 0.7, 1);
    jo_bool(o, "stream", true);
    jo_close(o, '}');
    obuf_put(o, "", 1);
    o->n--;
}

static void number_body(struct obuf *o, size_t want)
{
    obuf_reset(o);
    jo_open(o, NULL, '{');
    jo_open(o, "input", '[');
    for (uint64_t i = 1; o->n < want; i = i * 48271 % 2147483647) jo_u64(o, NULL, i % 100000);
    jo_close(o, ']');
    jo_close(o, '}');
    obuf_put(o, "", 1);
    o->n--;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double time_jscan(struct span body, int times, struct arena *a)
{
    struct jdoc d;
    size_t at;
    double from = seconds();
    for (int i = 0; i < times; i++) {
        arena_reset(a);
        if (jscan(body, a, &d, &at)) exit(1);
    }
    return seconds() - from;
}

static double time_cjson(struct span body, int times)
{
    double from = seconds();
    for (int i = 0; i < times; i++) {
        cJSON *j = cJSON_ParseWithLength(body.p, body.n);
        if (j == NULL) exit(1);
        cJSON_Delete(j);
    }
    return seconds() - from;
}

static void compare(const char *what, struct span body, struct arena *a)
{
    int times = (int)(8e6 / (double)body.n) + 1;
    double ours = 1e9, theirs = 1e9;
    for (int r = 0; r < ROUNDS; r++) {
        double j = time_jscan(body, times, a), c = time_cjson(body, times);
        if (j < ours) ours = j;
        if (c < theirs) theirs = c;
    }
    double bytes = (double)body.n * times;
    printf("%-14s %7zu B  jscan %7.0f MB/s (%.2f us)  cJSON %6.0f MB/s (%.2f us)  ratio %.1f\n", what, body.n,
           bytes / ours / 1e6, ours / times * 1e6, bytes / theirs / 1e6, theirs / times * 1e6, theirs / ours);
}

int main(void)
{
    static const size_t sizes[] = {1000, 100000};
    struct arena *a = arena_new(64 << 10);
    struct obuf o = {0};
    if (a == NULL) return 1;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        chat_body(&o, sizes[i]);
        compare("chat", obuf_span(&o), a);
    }
    number_body(&o, 100000);
    compare("numbers", obuf_span(&o), a);
    obuf_fini(&o);
    arena_free(a);
    return 0;
}
