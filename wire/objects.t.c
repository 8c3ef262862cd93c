/* Local answers that are kept: what a later turn gets of them, and what their routes serve. */
#include "wire/objects.h"
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/openai_chat.h"
#include "wire/openai_responses.h"

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
    assert_string_equal(objects_id_prefix(&chat), "chatcmpl-");
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

/* ---- items by their own ids ---- */

static void items_are_kept_by_their_ids(void **state)
{
    (void)state;
    struct object_items got;
    decode("{\"model\":\"m\",\"input\":\"q\"}");
    KEEP(text("a"), call(0, "get"), args(0, "{}"), end(STOP_TOOL_CALLS));
    assert_int_equal(objects_kept_items(obuf_span(&kept), arena, &got), FAIL_OK);
    assert_int_equal(got.n, 2);
    assert_true(span_is(got.item[0].id, id_of("msg_", 1)) && span_is(got.item[1].id, id_of("fc_", 2)));
    assert_true(span_starts(got.item[0].json, SPAN("{\"id\":\"msg_")) && span_ends(got.item[0].json, SPAN("\"role\":\"assistant\"}")));
    assert_int_equal(objects_kept_items(SPAN("{"), arena, &got), FAIL_INTERNAL);
    static const char *const without[] = {"{}", "{\"response\":7}", "{\"response\":{\"output\":[]}}", "{\"response\":{\"output\":[{\"id\":7}]}}"};
    for (size_t i = 0; i < COUNT(without); i++) {
        assert_int_equal(objects_kept_items(span_str(without[i]), arena, &got), FAIL_OK);
        assert_int_equal(got.n, 0);
    }
}

static size_t references(const struct route *route, const char *input, struct object_items *to)
{
    struct obuf o = {0};
    size_t at;
    obuf_printf(&o, "{\"model\":\"m\",\"input\":%s}", input);
    char *body = arena_alloc(arena, o.n);
    memcpy(body, o.p, o.n);
    assert_int_equal(jscan((struct span){body, o.n}, arena, &doc, &at), FAIL_OK);
    obuf_fini(&o);
    assert_int_equal(objects_references(route, &doc, &test_key, arena, to), FAIL_OK);
    return to->n;
}

static void a_reference_is_read_as_its_item(void **state)
{
    (void)state;
    static const struct route count = {.operation = "responses.input_tokens"};
    const char *msg = id_of("msg_", 1), *call_id = id_of("fc_", 2);
    struct object_items got;
    struct jdoc full;
    const char *field;
    char input[600];
    size_t at;
    snprintf(input, sizeof input, "[{\"role\":\"user\",\"content\":\"q\",\"id\":\"%s\"},{\"type\":\"item_reference\",\"id\":\"%s\"} ,{\"id\":\"%s\","
             "\"type\":null},{\"id\":\"rs_of_the_api\"},{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"42\"}]", msg, msg, call_id);
    assert_int_equal(references(&count, input, &got), 2);
    assert_true(span_is(got.item[0].id, msg) && span_is(got.item[1].id, call_id));
    got.item[0].json = SPAN("{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"I look\"}");
    got.item[1].json = SPAN("{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"get\",\"arguments\":\"{}\"}");
    assert_int_equal(objects_expand(&doc, &got, arena, &full), FAIL_OK);
    assert_int_equal(responses_decode(&(struct conv_source){.doc = &full, .route = &respond}, arena, &conv, &field, &at), FAIL_OK);
    assert_string_equal(conv.unsupported, "input.item_reference");   /* of the one that is kept by the API */
    assert_int_equal(conv.n_msgs, 3);
    assert_message(0, ROLE_USER, "q");
    assert_message(1, ROLE_ASSISTANT, "I look");
    assert_int_equal(conv.msgs[1].n_calls, 1);
    assert_message(2, ROLE_TOOL, "42");
    got.item[0].json = SPAN("{");
    assert_int_equal(objects_expand(&doc, &got, arena, &full), FAIL_INTERNAL);

    static const char *const none[][2] = {{"\"", "\""}, {"[\"", "\"]"}, {"[{\"type\":\"message\",\"id\":\"", "\"}]"},
                                          {"[{\"type\":\"item_reference\",\"id\":[\"", "\"]}]"}};
    for (size_t i = 0; i < COUNT(none); i++) {
        snprintf(input, sizeof input, "%s%s%s", none[i][0], msg, none[i][1]);
        assert_int_equal(references(&respond, input, &got), 0);
    }
    snprintf(input, sizeof input, "[{\"type\":\"item_reference\",\"id\":\"%s\"}]", msg);
    assert_int_equal(references(&chat, input, &got), 0);
}

/* ---- serving ---- */

#define ID SPAN("resp_1")

static enum fail serve_as(const struct route *route, const char *method, const char *query)
{
    char target[128];
    snprintf(target, sizeof target, "/v1/responses/resp_1%s", query);
    struct object_request q = {route, span_str(method), span_str(target), ID};
    obuf_reset(&out);
    return objects_serve(&q, obuf_span(&kept), &out);
}

static bool serve(const struct route *route, const char *method)
{
    enum fail f = serve_as(route, method, "");
    assert_true(f == FAIL_OK || f == FAIL_STATE_UNKNOWN);
    return f == FAIL_OK;
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
    assert_int_equal(serve_as(&retrieve, "GET", "?include=x&stream=false"), FAIL_OK);
    assert_true(span_eq(obuf_span(&out), obuf_span(&whole)));
    assert_int_equal(serve_as(&retrieve, "GET", "?include=x&stream=true"), FAIL_LOCAL_UNSUPPORTED);
    assert_int_equal(out.n, 0);
    obuf_fini(&whole);
}

static void a_chat_is_kept_with_its_messages(void **state)
{
    (void)state;
    static const struct route get = {.operation = "chat.completions.retrieve"}, list = {.operation = "chat.completions.messages.list"},
        delete = {.operation = "chat.completions.delete"};
    const char *field, *body = "{\"model\":\"m\",\"store\":true,\"metadata\":{\"a\":\"b\"},\"messages\":[{\"role\":\"user\",\"id\":\"x\",\"content\":\"q\"},"
        "{\"role\":\"assistant\",\"content\":null,\"name\":null},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"r\"}]}]}";
    size_t at;
    for (int stream = 0; stream < 2; stream++) {
        assert_int_equal(jscan(span_str(body), arena, &doc, &at), FAIL_OK);
        assert_int_equal(openai_chat_decode(&(struct conv_source){.doc = &doc, .route = &chat}, arena, &conv, &field, &at), FAIL_OK);
        conv.stream = stream;
        struct answer a = answer_of(&codec_openai_chat, &conv);
        a.request = &doc;
        a.route = &chat;
        const struct conv_event said[] = {start, text("I look"), call(0, "get"), args(0, "{\"a\""), args(0, ":1}"), end(STOP_TOOL_CALLS)};
        obuf_reset(&out);
        obuf_reset(&kept);
        for (size_t i = 0; i < COUNT(said); i++) openai_chat_encode(&a, &said[i], &out);
        objects_keep_put(&a, &conv, obuf_span(&a.body), &kept);
        assert_true(obuf_ok(&kept));
        answer_fini(&a);

        const char *id = id_of("chatcmpl-", 0), *call_id = id_of("call_", 1);
        assert_true(serve(&get, "GET"));
        char want[600];
        int n = snprintf(want, sizeof want, "{\"id\":\"%s\",\"object\":\"chat.completion\",", id);
        assert_true(span_starts(obuf_span(&out), (struct span){want, (size_t)n}));
        n = snprintf(want, sizeof want, "\"content\":\"I look\",\"refusal\":null,\"annotations\":[],\"tool_calls\":[{\"id\":\"%s\",\"type\":\"function\","
                     "\"function\":{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}}]}", call_id);
        assert_non_null(memmem(out.p, out.n, want, (size_t)n));
        assert_true(span_ends(obuf_span(&out), SPAN("},\"metadata\":{\"a\":\"b\"}}")));
        assert_true(serve(&list, "GET"));
        assert_out("{\"object\":\"list\",\"data\":[{\"id\":\"%s-0\",\"role\":\"user\",\"content\":\"q\",\"content_parts\":null},"
                   "{\"id\":\"%s-1\",\"role\":\"assistant\",\"content\":null,\"content_parts\":null},{\"id\":\"%s-2\",\"role\":\"user\",\"content\":null,"
                   "\"content_parts\":[{\"type\":\"text\",\"text\":\"r\"}]}],\"first_id\":\"%s-0\",\"last_id\":\"%s-2\",\"has_more\":false}", id, id, id, id, id);
        assert_true(serve(&delete, "DELETE"));
        assert_out("{\"id\":\"resp_1\",\"object\":\"chat.completion.deleted\",\"deleted\":true}");
        assert_false(serve(&retrieve, "POST"));
    }
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

static void serves_items_in_the_order_that_is_asked_for(void **state)
{
    (void)state;
    static const char one[] = "{\"id\":\"m1\",\"type\":\"message\"}", two[] = "{\"id\":\"m2\",\"type\":\"message\"}";
    obuf_reset(&kept);
    obuf_printf(&kept, "{\"input\":[%s,%s]}", one, two);
    assert_int_equal(serve_as(&items, "GET", "?limit=20&order=asc"), FAIL_OK);
    assert_out("{\"object\":\"list\",\"data\":[%s,%s],\"first_id\":\"m1\",\"last_id\":\"m2\",\"has_more\":false}", one, two);
    assert_int_equal(serve_as(&items, "GET", "?order=desc"), FAIL_OK);
    assert_out("{\"object\":\"list\",\"data\":[%s,%s],\"first_id\":\"m2\",\"last_id\":\"m1\",\"has_more\":false}", two, one);
    obuf_reset(&kept);
    obuf_str(&kept, "{\"input\":[]}");
    assert_int_equal(serve_as(&items, "GET", "?order=asc"), FAIL_OK);
    assert_out("{\"object\":\"list\",\"data\":[],\"first_id\":null,\"last_id\":null,\"has_more\":false}");
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

static int forget_all(void **state)
{
    obuf_fini(&kept);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_is_kept),
        cmocka_unit_test(writes_one_document),
        cmocka_unit_test(a_turn_goes_on_from_another),
        cmocka_unit_test(a_summary_stands_for_all_before),
        cmocka_unit_test(refuses_to_go_on_from_what_it_cannot_read),
        cmocka_unit_test(a_chat_is_kept_with_its_messages),
        cmocka_unit_test(items_are_kept_by_their_ids),
        cmocka_unit_test(a_reference_is_read_as_its_item),
        cmocka_unit_test(serves_the_answer),
        cmocka_unit_test(serves_items_newest_first),
        cmocka_unit_test(serves_items_in_the_order_that_is_asked_for),
        cmocka_unit_test(serves_a_deletion),
        cmocka_unit_test(serves_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, forget_all);
}
