/* The legacy API, both ways. */
#include "wire/openai_completions.h"
#include "wire/reader.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct id_key key = {{9}};
static struct arena *arena;
static struct obuf out;
static struct conv conv;
static const char *field;
static size_t at;

static enum fail decode(const char *body)
{
    struct jdoc doc;
    arena_reset(arena);
    assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
    struct conv_source s = {.doc = &doc, .path = SPAN("/v1/completions")};
    return openai_completions_decode(&s, arena, &conv, &field, &at);
}

#define ASSERT_IS(span, text) assert_true(span_is((span), (text)))

static void reads_a_prompt(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"model\":\"m\",\"prompt\":\"Once \\u0041\"}"), FAIL_OK);
    assert_null(conv.unsupported);
    assert_int_equal(conv.kind, CONV_CHAT);
    ASSERT_IS(conv.model, "m");
    assert_int_equal(conv.n_msgs, 1);
    assert_int_equal(conv.msgs[0].role, ROLE_USER);
    ASSERT_IS(conv.msgs[0].text, "Once A");
    assert_int_equal(conv.max_tokens, 16);
    assert_int_equal(conv.n_choices, 1);
    assert_int_equal(decode("{\"model\":\"m\",\"prompt\":[\"Once\"],\"max_tokens\":null,\"n\":3,\"best_of\":3,\"stop\":\"x\",\"seed\":4,"
                            "\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":1.5,\"top_p\":0.5,\"suffix\":\"\","
                            "\"frequency_penalty\":1,\"presence_penalty\":-1,\"echo\":false,\"logprobs\":null,\"logit_bias\":{},\"user\":\"u\"}"),
                     FAIL_OK);
    assert_null(conv.unsupported);
    ASSERT_IS(conv.msgs[0].text, "Once");
    assert_true(conv.n_choices == 3 && conv.n_stops == 1 && conv.seed == 4 && conv.stream && conv.include_usage);
    assert_true(conv.temperature == 1.5 && conv.top_p == 0.5 && conv.frequency_penalty == 1 && conv.presence_penalty == -1);
    assert_int_equal(decode("{\"model\":\"m\",\"prompt\":\"x\",\"max_tokens\":99}"), FAIL_OK);
    assert_int_equal(conv.max_tokens, 99);
}

static void names_what_it_cannot_honour(void **state)
{
    (void)state;
    static const struct { const char *more, *name; } rows[] = {
        {"\"prompt\":[1,2,3]", "prompt"}, {"\"prompt\":[[1,2]]", "prompt"}, {"\"prompt\":[\"a\",\"b\"]", "prompt"},
        {"\"prompt\":[]", "prompt"}, {"\"prompt\":null", "prompt"}, {"\"prompt\":7", "prompt"},
        {"\"user\":\"u\"", "prompt"},
        {"\"prompt\":\"x\",\"suffix\":\"end\"", "suffix"}, {"\"prompt\":\"x\",\"echo\":true", "echo"},
        {"\"prompt\":\"x\",\"logprobs\":0", "logprobs"}, {"\"prompt\":\"x\",\"best_of\":2", "best_of"},
        {"\"prompt\":\"x\",\"n\":2,\"best_of\":1", "best_of"}, {"\"prompt\":\"x\",\"n\":99", "n"},
        {"\"best_of\":2,\"n\":\"2\",\"prompt\":\"x\"", "n"},
        {"\"prompt\":\"x\",\"logit_bias\":{\"1\":1}", "logit_bias"}, {"\"prompt\":\"x\",\"max_tokens\":0", "max_tokens"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct obuf o = {0};
        obuf_printf(&o, "{\"model\":\"m\",%s}", rows[i].more);
        obuf_put(&o, "", 1);
        assert_int_equal(decode(o.p), FAIL_OK);
        if (conv.unsupported == NULL || strcmp(conv.unsupported, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].more, conv.unsupported ? conv.unsupported : "none");
        obuf_fini(&o);
    }
}

static void refuses_what_is_no_request(void **state)
{
    (void)state;
    assert_int_equal(decode("[]"), FAIL_REQUEST_INVALID);
    assert_null(field);
    assert_int_equal(decode("{\"prompt\":\"x\"}"), FAIL_REQUEST_INVALID);
    assert_string_equal(field, "model");
    assert_int_equal(at, SIZE_MAX);
    assert_int_equal(decode("{\"model\":[],\"prompt\":\"x\"}"), FAIL_REQUEST_INVALID);
    assert_int_equal(at, 9);
}

/* ---- answers ---- */

static struct conv_event text(uint32_t choice, const char *t)
{
    return (struct conv_event){.kind = EV_TEXT, .choice = choice, .text = span_str(t)};
}

static struct conv_event end(uint32_t choice, enum conv_stop stop)
{
    return (struct conv_event){.kind = EV_END, .choice = choice, .stop = stop, .prompt_tokens = 4, .completion_tokens = 2};
}

static void encode(bool stream, uint32_t n, bool usage, const char *notice, const struct conv_event *e, size_t count)
{
    conv = (struct conv){.n_choices = n, .include_usage = usage};
    struct answer a = {.id = "01J", .id_key = &key, .model = "smol", .created = 5, .stream = stream, .conv = &conv,
                       .notice = notice};
    obuf_reset(&out);
    for (size_t i = 0; i < count; i++) openai_completions_encode(&a, &e[i], &out);
    answer_fini(&a);
    assert_true(obuf_ok(&out));
}

#define ENCODE(stream, n, usage, notice, ...) \
    encode((stream), (n), (usage), (notice), (const struct conv_event[]){__VA_ARGS__}, \
           COUNT(((const struct conv_event[]){__VA_ARGS__})))

/* `want` with "<id>" for the answer's id. */
static void assert_out(const char *want)
{
    struct obuf o = {0};
    for (const char *p; (p = strstr(want, "<id>")); want = p + 4) {
        obuf_put(&o, want, (size_t)(p - want));
        local_id_put(&o, &key, "cmpl-", SPAN("01J"), 0, 0);
    }
    obuf_str(&o, want);
    if (!span_eq(obuf_span(&out), obuf_span(&o))) fail_msg("\n%.*s\nnot\n%.*s", (int)out.n, out.p, (int)o.n, o.p);
    obuf_fini(&o);
}

#define HEAD "{\"id\":\"<id>\",\"object\":\"text_completion\",\"created\":5,\"model\":\"smol\",\"system_fingerprint\":\"fp_cordon\",\"choices\":["
#define CHOICE(t, i, fin) "{\"text\":\"" t "\",\"index\":" i ",\"logprobs\":null,\"finish_reason\":" fin "}"
#define DETAILS ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{" \
    "\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}"
#define USAGE(c, t) "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":" c ",\"total_tokens\":" t DETAILS "}}"
static const struct conv_event start = {.kind = EV_START};

static void writes_a_stream(void **state)
{
    (void)state;
    ENCODE(true, 2, true, NULL, start, text(1, "b"), text(0, "a\n"), text(0, ""), end(1, STOP_LENGTH), text(1, "late"), start,
           end(0, STOP_STRING), text(0, "late"));
    assert_out("data: " HEAD CHOICE("b", "1", "null") "],\"usage\":null}\n\ndata: " HEAD CHOICE("a\\n", "0", "null") "],\"usage\":null}\n\n"
               "data: " HEAD CHOICE("", "1", "\"length\"") "],\"usage\":null}\n\ndata: " HEAD CHOICE("", "0", "\"stop\"")
               "],\"usage\":null}\n\ndata: " HEAD "]," USAGE("4", "8") "\n\ndata: [DONE]\n\n");
    ENCODE(true, 1, false, "Kept.", start, text(0, "a"), end(0, STOP_END));
    assert_out("data: " HEAD CHOICE("Kept.", "0", "null") "]}\n\ndata: " HEAD CHOICE("\\n\\na", "0", "null") "]}\n\n"
               "data: " HEAD CHOICE("", "0", "\"stop\"") "]}\n\ndata: [DONE]\n\n");
}

static void writes_a_whole_answer(void **state)
{
    (void)state;
    ENCODE(false, 2, false, NULL, start, text(1, "b"), text(0, "a"), end(1, STOP_LENGTH), text(0, "a"), end(0, STOP_END));
    assert_out(HEAD CHOICE("aa", "0", "\"stop\"") "," CHOICE("b", "1", "\"length\"") "]," USAGE("4", "8"));
    ENCODE(false, 1, false, "Kept.", text(0, "a"), end(0, STOP_END));
    assert_out(HEAD CHOICE("Kept.\\n\\na", "0", "\"stop\"") "]," USAGE("2", "6"));
}

static void breaks_off_without_an_end(void **state)
{
    (void)state;
    struct conv_event broken = {.kind = EV_ERROR, .fail = FAIL_ENGINE_FAILED};
    ENCODE(true, 1, false, NULL, start, text(0, "x"), broken, text(0, "late"), end(0, STOP_END));
    assert_non_null(memmem(out.p, out.n, "data: {\"error\":{", 16));
    assert_true(span_ends(obuf_span(&out), SPAN("}}\n\n")));
    assert_null(memmem(out.p, out.n, "late", 4));
    ENCODE(true, 1, false, NULL, broken, start, end(0, STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(false, 1, false, NULL, start, text(0, "x"), broken, end(0, STOP_END));
    assert_int_equal(out.n, 0);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    obuf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_prompt),
        cmocka_unit_test(names_what_it_cannot_honour),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(writes_a_stream),
        cmocka_unit_test(writes_a_whole_answer),
        cmocka_unit_test(breaks_off_without_an_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
