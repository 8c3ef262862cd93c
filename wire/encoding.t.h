/* encoding.t.h - for tests of encoders: events by name, an answer to encode them in, what came out. One test program. */
#ifndef CORDON_WIRE_ENCODING_T_H
#define CORDON_WIRE_ENCODING_T_H

#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena *arena;
static struct obuf out;

static inline int set_up(void **state)
{
    (void)state;
    return (arena = arena_new(0)) == NULL;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    obuf_fini(&out);
    return 0;
}

static const struct conv_event start = {.kind = EV_START};

static inline struct conv_event text_of(uint32_t choice, const char *t)
{
    return (struct conv_event){.kind = EV_TEXT, .choice = choice, .text = span_str(t)};
}
static inline struct conv_event text(const char *t) { return text_of(0, t); }
static inline struct conv_event thought(const char *t) { return (struct conv_event){.kind = EV_REASONING, .text = span_str(t)}; }

static inline struct conv_event call(uint32_t i, const char *name)
{
    return (struct conv_event){.kind = EV_CALL, .call_index = i, .call_id = SPAN("not this"), .call_name = span_str(name)};
}
static inline struct conv_event args(uint32_t i, const char *t)
{
    return (struct conv_event){.kind = EV_CALL_ARGS, .call_index = i, .text = span_str(t)};
}

static const float numbers[] = {0.5f, -2, 0.1f};
static inline struct conv_event vector(uint32_t i)
{
    return (struct conv_event){.kind = EV_VECTOR, .index = i, .vector = numbers, .n_vector = COUNT(numbers)};
}

static inline struct conv_event end_of(uint32_t choice, enum conv_stop stop)
{
    return (struct conv_event){.kind = EV_END, .choice = choice, .stop = stop, .prompt_tokens = 9, .completion_tokens = 3};
}
static inline struct conv_event end(enum conv_stop stop) { return end_of(0, stop); }
static inline struct conv_event broken(enum fail f) { return (struct conv_event){.kind = EV_ERROR, .fail = f}; }

static const struct id_key test_key = {{1}};

static inline struct answer answer_of(const struct codec *codec, const struct conv *c)
{
    return (struct answer){.codec = codec, .conv = c, .id = "01J", .id_key = &test_key, .class_mask = 1, .model = "smol",
                           .created = 1764000000, .stream = c->stream};
}

/* The id that the answer gives out as its n-th; one at a time, in static storage. */
static inline const char *id_of(const char *prefix, uint32_t n)
{
    static char room[8][96];
    static unsigned next;
    char *p = room[next++ % 8];
    struct obuf o = {0};
    local_id_put(&o, &test_key, prefix, SPAN("01J"), n, 1);
    snprintf(p, sizeof room[0], "%.*s", (int)o.n, o.p);
    obuf_fini(&o);
    return p;
}

/* Encodes into `out`; returns what the choice 0 said, which lives until the next call. */
static inline struct span encode(struct answer a, const struct conv_event *e, size_t n)
{
    static char said[4096];
    obuf_reset(&out);
    for (size_t i = 0; i < n; i++) a.codec->encode(&a, &e[i], &out);
    assert_true(obuf_ok(&out));
    assert_true(a.choice[0].text.n <= sizeof said);
    struct span s = {said, a.choice[0].text.n};
    if (s.n) memcpy(said, a.choice[0].text.p, s.n);
    answer_fini(&a);
    return s;
}

#define ENCODE(a, ...) encode((a), (const struct conv_event[]){__VA_ARGS__}, COUNT(((const struct conv_event[]){__VA_ARGS__})))

/* Whether `out` is that, of which each %s is the next of `ids`. */
static inline void assert_out(const char *want, ...)
{
    static char all[16384];
    va_list ids;
    va_start(ids, want);
    size_t n = 0;
    for (const char *p = want; *p && n < sizeof all - 128; p++)
        if (p[0] == '%' && p[1] == 's') n += (size_t)snprintf(all + n, 128, "%s", va_arg(ids, const char *)), p++;
        else all[n++] = *p;
    va_end(ids);
    if (!span_eq(obuf_span(&out), (struct span){all, n})) fail_msg("\n%.*s\nnot\n%.*s", (int)out.n, out.p, (int)n, all);
}

static inline bool out_has(const char *part) { return out.p && memmem(out.p, out.n, part, strlen(part)) != NULL; }

#endif
