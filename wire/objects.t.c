/* Local answers that are kept: what a later turn gets of them, and what their routes serve. */
#include "wire/objects.h"
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/openai_responses.h"

static struct arena *arena;
static struct obuf kept;

static const struct route respond = {.operation = "responses", .kind = CONV_CHAT};
static const struct route retrieve = {.operation = "responses.retrieve"};
static const struct route remove_it = {.operation = "responses.delete"};
static const struct route items = {.operation = "responses.input_items.list"};
static const struct route chat = {.operation = "chat.completions", .kind = CONV_CHAT};

/* One request; lives until the arena is reset. */
static struct jdoc doc;
static struct conv conv;

static void decode(const char *body)
{
    const char *field;
    size_t at;
    assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
    assert_int_equal(responses_decode(&(struct conv_source){.doc = &doc, .route = &respond}, arena, &conv, &field,
                     &at), FAIL_OK);
}

/* Answers `conv` with these events and keeps the answer in `kept`. */
static void answer_and_keep(const struct conv_event *e, size_t n)
{
    struct answer a = answer_of(&codec_openai_responses, &conv);
    a.request = &doc;
    obuf_reset(&out);
    obuf_reset(&kept);
    for (size_t i = 0; i < n; i++) responses_encode(&a, &e[i], &out);
    objects_keep_put(&a, &conv, obuf_span(&a.body), &kept);
    assert_true(obuf_ok(&kept));
    answer_fini(&a);
}

#define KEEP(...) answer_and_keep((const struct conv_event[]){__VA_ARGS__}, \
             COUNT(((const struct conv_event[]){__VA_ARGS__})))

static void assert_message(size_t i, enum conv_role role, const char *text)
{
    assert_true(i < conv.n_msgs);
    assert_int_equal(conv.msgs[i].role, role);
    if (!span_is(conv.msgs[i].text, text)) fail_msg("%zu: %.*s", i, (int)conv.msgs[i].text.n, conv.msgs[i].text.p);
}

static void knows_what_is_kept(void **state)
{
    (void)state;
    assert_string_equal(objects_id_prefix(&respond), "resp_");
    assert_null(objects_id_prefix(&chat));
    assert_null(objects_id_prefix(&retrieve));
}

static void writes_one_document(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"instructions\":\"only now\",\"input\":\"q\"}");
    KEEP(text("a"), end(STOP_END));
    static struct obuf want;
    obuf_reset(&want);
    obuf_str(&want, "{\"response\":");
    obuf_span_put(&want, obuf_span(&out));
    obuf_printf(&want, ",\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}],"
                "\"input\":[{\"id\":\"%s\",\"type\":\"message\",\"role\":\"user\","
                    "\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]}]}",
                id_of("msg_", 2));
    assert_true(span_eq(obuf_span(&kept), obuf_span(&want)));
    obuf_fini(&want);
}

static void a_turn_goes_on_from_another(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"instructions\":\"old\",\"input\":[{\"role\":\"developer\",\"content\":\"d\"},"
           "{\"role\":\"user\",\"content\":\"q\\u0000\"}],"
           "\"reasoning\":{\"summary\":\"auto\"},\"stream\":true}");
    KEEP(start, thought("hm"), text("I look"), call(0, "get"), args(0, "{\"a\":1}"), end(STOP_TOOL_CALLS));
    decode("{\"model\":\"m\",\"instructions\":\"new\",\"previous_response_id\":\"resp_1\",\"input\":["
           "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"42\"}]}");
    assert_int_equal(objects_restore(obuf_span(&kept), arena, &conv), FAIL_OK);
    assert_null(conv.unsupported);
    assert_int_equal(conv.n_msgs, 5);
    assert_message(0, ROLE_SYSTEM, "new");
    assert_message(1, ROLE_DEVELOPER, "d");
    assert_true(span_eq(conv.msgs[2].text, SPAN("q\0")));
    assert_message(3, ROLE_ASSISTANT, "I look");
    assert_true(span_is(conv.msgs[3].reasoning, "hm"));
    assert_int_equal(conv.msgs[3].n_calls, 1);
    assert_true(span_is(conv.msgs[3].calls[0].id, id_of("call_", 4)));
    assert_true(span_is(conv.msgs[3].calls[0].name, "get"));
    assert_true(span_is(conv.msgs[3].calls[0].arguments, "{\"a\":1}"));
    assert_message(4, ROLE_TOOL, "42");

    KEEP(text("done"), end(STOP_END));   /* and on from that one: the whole conversation is in it */
    decode("{\"model\":\"m\",\"previous_response_id\":\"resp_2\",\"input\":\"more\"}");
    assert_int_equal(objects_restore(obuf_span(&kept), arena, &conv), FAIL_OK);
    assert_int_equal(conv.n_msgs, 6);
    assert_message(0, ROLE_DEVELOPER, "d");
    assert_message(4, ROLE_ASSISTANT, "done");
    assert_message(5, ROLE_USER, "more");
}

static void a_summary_stands_for_all_before(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"long story\"},{\"type\":\"compaction_trigger\"}]}");
    KEEP(text("short"), end(STOP_END));
    decode("{\"model\":\"m\",\"previous_response_id\":\"resp_1\",\"input\":\"more\"}");
    assert_int_equal(objects_restore(obuf_span(&kept), arena, &conv), FAIL_OK);
    assert_int_equal(conv.n_msgs, 2);
    assert_message(0, ROLE_USER, "short");
    assert_message(1, ROLE_USER, "more");
}

static void refuses_to_go_on_from_what_it_cannot_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "[]", "{}", "{\"messages\":7}"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        decode("{\"model\":\"m\",\"input\":\"q\"}");
        assert_int_equal(objects_restore(span_str(bad[i]), arena, &conv), FAIL_INTERNAL);
        assert_int_equal(conv.n_msgs, 1);
    }
}

/* ---- serving ---- */

#define ID SPAN("resp_1")

static bool serve(const struct route *route, const char *method)
{
    obuf_reset(&out);
    return objects_serve(route, span_str(method), obuf_span(&kept), ID, &out);
}

static void serves_the_answer(void **state)
{
    (void)state;
    struct obuf whole = {0};
    decode("{\"model\":\"m\",\"input\":\"q\"}");
    KEEP(text("a"), end(STOP_END));
    obuf_span_put(&whole, obuf_span(&out));
    assert_true(serve(&retrieve, "GET"));
    assert_true(span_eq(obuf_span(&out), obuf_span(&whole)));
    obuf_fini(&whole);
}

static void serves_items_newest_first(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"q\\n\"},{\"type\":\"message\","
           "\"id\":\"msg_2\",\"role\":\"assistant\","
           "\"content\":[{\"type\":\"output_text\",\"text\":\"a\"}],\"status\":null},"
           "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"o\"}]}");
    KEEP(text("a"), end(STOP_END));
    assert_true(serve(&items, "GET"));
    const char *first = id_of("msg_", 2), *third = id_of("msg_", 4);
    assert_out("{\"object\":\"list\",\"data\":[{\"id\":\"%s\",\"type\":\"function_call_output\",\"call_id\":\"c\","
               "\"output\":\"o\"},"
               "{\"type\":\"message\",\"id\":\"msg_2\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                   "\"text\":\"a\"}]},"
               "{\"id\":\"%s\",\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
                   "\"text\":\"q\\n\"}]}],"
               "\"first_id\":\"%s\",\"last_id\":\"%s\",\"has_more\":false}", third, first, third, first);
}

static void serves_a_deletion(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"input\":\"q\"}");
    KEEP(text("a"), end(STOP_END));
    assert_true(serve(&remove_it, "DELETE"));
    assert_out("{\"id\":\"resp_1\",\"object\":\"response\",\"deleted\":true}");
}

static void serves_nothing_else(void **state)
{
    (void)state;
    decode("{\"model\":\"m\",\"input\":\"q\"}");
    KEEP(text("a"), end(STOP_END));
    assert_false(serve(&chat, "GET"));
    assert_false(serve(&retrieve, "POST"));
    assert_false(serve(&items, "DELETE"));
    obuf_reset(&kept);
    obuf_str(&kept, "{\"response\":7}");
    assert_false(serve(&retrieve, "GET"));
    assert_false(serve(&items, "GET"));
    obuf_str(&kept, "}");
    assert_false(serve(&remove_it, "DELETE"));
    assert_int_equal(out.n, 0);
}

static int set_up(void **state)
{
    (void)state;
    return (arena = arena_new(0)) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    obuf_fini(&out);
    obuf_fini(&kept);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_is_kept),
        cmocka_unit_test(writes_one_document),
        cmocka_unit_test(a_turn_goes_on_from_another),
        cmocka_unit_test(a_summary_stands_for_all_before),
        cmocka_unit_test(refuses_to_go_on_from_what_it_cannot_read),
        cmocka_unit_test(serves_the_answer),
        cmocka_unit_test(serves_items_newest_first),
        cmocka_unit_test(serves_a_deletion),
        cmocka_unit_test(serves_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
