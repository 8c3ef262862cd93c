/* Answers of the Responses API as the SDKs read them: the exact bytes of small ones, the order of events, and that a
 * stream says what the whole answer says. */
#include "wire/codecs.h"
#include "wire/encoding.t.h"
#include "wire/openai_responses.h"
#include "wire/sse.h"


static const struct conv whole = {.n_choices = 1, .store = true};
static const struct conv streamed = {.n_choices = 1, .store = true, .stream = true, .show_reasoning = true};
static const struct conv custom = {.n_choices = 1, .stream = true, .own = RESPONSES_CUSTOM_TOOLS};
static const struct conv summing = {.n_choices = 1, .stream = true, .own = RESPONSES_COMPACT};

static struct answer respond(const struct conv *c) { return answer_of(&codec_openai_responses, c); }

#define ENCODE_ALL(a, events) encode((a), (events), COUNT(events))

static struct jdoc doc_of(const char *json)
{
    struct jdoc d;
    size_t at;
    assert_int_equal(jscan(span_str(json), arena, &d, &at), FAIL_OK);
    return d;
}

/* ---- whole ---- */

#define HEAD(status, incomplete) \
    "{\"id\":\"%s\",\"object\":\"response\",\"created_at\":1764000000,\"status\":\"" status "\",\"background\":false," \
    "\"error\":null,\"incomplete_details\":" incomplete ","
#define PARAMETERS "\"parallel_tool_calls\":true,\"previous_response_id\":null,\"prompt_cache_key\":null," \
    "\"safety_identifier\":null,\"reasoning\":{\"effort\":null,\"summary\":null},\"service_tier\":\"default\"," \
    "\"store\":true," \
    "\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"},\"verbosity\":\"medium\"},\"tool_choice\":\"auto\"," \
    "\"tools\":[],\"top_logprobs\":0,\"top_p\":1.0,\"truncation\":\"disabled\","
#define LIMITS "\"instructions\":null,\"max_output_tokens\":null,\"max_tool_calls\":null,\"model\":\"smol\","
#define USAGE "{\"input_tokens\":9,\"input_tokens_details\":{\"cache_write_tokens\":0,\"cached_tokens\":0}," \
    "\"output_tokens\":3,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":12}"
#define OBJECT(status, incomplete, output, usage) HEAD(status, incomplete) LIMITS "\"output\":[" output "]," PARAMETERS \
    "\"usage\":" usage ",\"user\":null,\"metadata\":{}}"
#define TEXT_PART(text) "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"" text "\"}"
#define MESSAGE(status, text) "{\"id\":\"%s\",\"type\":\"message\",\"status\":\"" status "\"," \
    "\"content\":[" TEXT_PART(text) "]," \
    "\"role\":\"assistant\"}"
#define CALL(status, name, args) "{\"id\":\"%s\",\"type\":\"function_call\",\"status\":\"" status "\",\"call_id\":\"%s\"," \
    "\"name\":\"" name "\",\"arguments\":\"" args "\"}"

static void writes_a_whole_answer(void **state)
{
    (void)state;
    struct span said = ENCODE(respond(&whole), start, start, text("Hi \"you\""), text("\n"), end(STOP_END));
    assert_true(span_is(said, "Hi \"you\"\n"));
    assert_out(OBJECT("completed", "null", MESSAGE("completed", "Hi \\\"you\\\"\\n"), USAGE), id_of("resp_", 0),
               id_of("msg_", 1));
    ENCODE(respond(&whole), text("cut"), end(STOP_LENGTH));
    assert_out(OBJECT("incomplete", "{\"reason\":\"max_output_tokens\"}", MESSAGE("incomplete", "cut"), USAGE),
               id_of("resp_", 0), id_of("msg_", 1));
    ENCODE(respond(&whole), start, call(0, "get"), args(0, "{\"a\""), args(0, ":1}"), call(1, "put"), end(STOP_TOOL_CALLS));
    assert_out(OBJECT("completed", "null", CALL("completed", "get", "{\\\"a\\\":1}") "," CALL("completed", "put", ""),
               USAGE),
               id_of("resp_", 0), id_of("fc_", 1), id_of("call_", 2), id_of("fc_", 3), id_of("call_", 4));
}

static void says_something_even_of_nothing(void **state)
{
    (void)state;
    ENCODE(respond(&whole), end(STOP_END));
    assert_out(OBJECT("completed", "null", MESSAGE("completed", ""), USAGE), id_of("resp_", 0), id_of("msg_", 1));
    ENCODE(respond(&whole), end(STOP_LENGTH));
    assert_out(OBJECT("incomplete", "{\"reason\":\"max_output_tokens\"}", "", USAGE), id_of("resp_", 0));
}

static void puts_the_notice_first(void **state)
{
    (void)state;
    struct answer a = respond(&whole);
    a.notice = "[inside]";
    struct span said = ENCODE(a, text("a"), text("b"), end(STOP_END));
    assert_true(span_is(said, "[inside]\n\nab"));
    assert_true(out_has(TEXT_PART("[inside]\\n\\nab")));
    said = ENCODE(a, call(0, "f"), args(0, "{}"), end(STOP_TOOL_CALLS));
    assert_true(span_is(said, "[inside]"));
    assert_out(OBJECT("completed", "null", MESSAGE("completed", "[inside]") "," CALL("completed", "f", "{}"), USAGE),
               id_of("resp_", 0), id_of("msg_", 1), id_of("fc_", 2), id_of("call_", 3));
}

/* A pretty-printed request must not break an event's line. */
static void repeats_what_was_asked(void **state)
{
    (void)state;
    struct jdoc d = doc_of("{\"model\":\"gpt-5\",\n\"instructions\":\"be\\nshort\",\"temperature\":0.10,\"background\":true,"
                           "\"max_output_tokens\":5,"
                           "\"tools\":[\r\n{\"type\":\"web_search\"}\n],\"tool_choice\":\"none\",\"metadata\":{\"k\":\"v\"},"
                           "\"text\":{\"verbosity\":\"low\"},\"reasoning\":{\"effort\":\"low\"},\"user\":null,"
                               "\"input\":\"hi\","
                           "\"previous_response_id\":\"resp_x\"}");
    struct answer a = respond(&streamed);
    a.request = &d;
    ENCODE(a, text("x"), end(STOP_END));
    static const char *const parts[] = {
        "\"instructions\":\"be\\nshort\",", "\"background\":true,\"error\"", "\"temperature\":0.10,", "\"max_output_tokens\":5,",
            "\"tools\":[{\"type\":\"web_search\"}],",
        "\"tool_choice\":\"none\",", "\"metadata\":{\"k\":\"v\"}}", "\"text\":{\"format\":{\"type\":\"text\"},"
            "\"verbosity\":\"low\"},",
        "\"reasoning\":{\"effort\":\"low\",\"summary\":null},", "\"user\":null,", "\"previous_response_id\":\"resp_x\",",
        "\"model\":\"smol\","};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!out_has(parts[i])) fail_msg("no %s in\n%.*s", parts[i], (int)out.n, out.p);
}

/* ---- streamed ---- */

#define EVENT(type, n) "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":" #n ","
#define BEGUN EVENT("response.created", 0) "\"response\":" OBJECT("in_progress", "null", "", "null") "}\n\n" \
    EVENT("response.in_progress", 1) "\"response\":" OBJECT("in_progress", "null", "", "null") "}\n\n"
#define EMPTY_MESSAGE "{\"id\":\"%s\",\"type\":\"message\",\"status\":\"in_progress\",\"content\":[],\"role\":\"assistant\"}"
#define OF_TEXT "\"item_id\":\"%s\",\"output_index\":0,\"content_index\":0,"

static void writes_a_stream(void **state)
{
    (void)state;
    ENCODE(respond(&streamed), start, start, text("Hi "), text(""), text("\xe2\x82\xac"), end(STOP_END), text("late"));
    const char *r = id_of("resp_", 0), *m = id_of("msg_", 1);
    assert_out(BEGUN EVENT("response.output_item.added", 2) "\"output_index\":0,\"item\":" EMPTY_MESSAGE "}\n\n"
               EVENT("response.content_part.added", 3) OF_TEXT "\"part\":" TEXT_PART("") "}\n\n"
               EVENT("response.output_text.delta", 4) OF_TEXT "\"delta\":\"Hi \",\"logprobs\":[]}\n\n"
               EVENT("response.output_text.delta", 5) OF_TEXT "\"delta\":\"\xe2\x82\xac\",\"logprobs\":[]}\n\n"
               EVENT("response.output_text.done", 6) OF_TEXT "\"text\":\"Hi \xe2\x82\xac\",\"logprobs\":[]}\n\n"
               EVENT("response.content_part.done", 7) OF_TEXT "\"part\":" TEXT_PART("Hi \xe2\x82\xac") "}\n\n"
               EVENT("response.output_item.done", 8) "\"output_index\":0,\"item\":"
               MESSAGE("completed", "Hi \xe2\x82\xac") "}\n\n"
               EVENT("response.completed", 9) "\"response\":"
               OBJECT("completed", "null", MESSAGE("completed", "Hi \xe2\x82\xac"), USAGE) "}\n\n",
               r, r, m, m, m, m, m, m, m, r, m);
}

/* The types of the events in `out`, a space after each; the numbers must count up from `first`. */
static const char *types_from(uint32_t first)
{
    static char types[2048];
    struct sse s;
    struct sse_event e;
    struct span left = obuf_span(&out);
    size_t n = 0;
    sse_init(&s, out.n);
    for (int64_t want = first; sse_next(&s, &left, &e) == SSE_EVENT; want++) {
        struct jdoc d;
        size_t at;
        int64_t number;
        assert_int_equal(jscan(e.data, arena, &d, &at), FAIL_OK);
        assert_true(jdoc_int(&d, jdoc_get(&d, 0, "sequence_number"), &number) && number == want);
        struct span type = jdoc_text(&d, jdoc_get(&d, 0, "type"), arena);
        assert_true(span_eq(type, e.type));
        if (span_starts(type, SPAN("response."))) type = span_from(type, 9);
        n += (size_t)snprintf(types + n, sizeof types - n, "%.*s ", (int)type.n, type.p);
    }
    sse_fini(&s);
    return types;
}

#define MESSAGE_EVENTS "output_item.added content_part.added output_text.delta output_text.done content_part.done " \
    "output_item.done "
#define CALL_EVENTS "output_item.added function_call_arguments.delta function_call_arguments.done output_item.done "

static void closes_each_item_before_the_next(void **state)
{
    (void)state;
    ENCODE(respond(&streamed), thought("hm"), thought("!"), text("x"), call(0, "get"), args(0, "{}"), call(1, "put"),
           args(1, "{}"), text("y"), end(STOP_TOOL_CALLS));
    assert_string_equal(types_from(0), "created in_progress output_item.added reasoning_summary_part.added "
                        "reasoning_summary_text.delta reasoning_summary_text.delta reasoning_summary_text.done "
                        "reasoning_summary_part.done output_item.done " MESSAGE_EVENTS CALL_EVENTS CALL_EVENTS MESSAGE_EVENTS
                        "completed ");
    assert_true(out_has("\"output_index\":4,\"content_index\":0,\"delta\":\"y\""));
    assert_true(out_has("\"summary_index\":0,\"text\":\"hm!\"}"));
    ENCODE(respond(&streamed), text("cut"), end(STOP_LENGTH));
    assert_string_equal(types_from(0), "created in_progress " MESSAGE_EVENTS "incomplete ");
}

static void hides_thoughts_unless_asked(void **state)
{
    (void)state;
    struct conv c = streamed;
    c.show_reasoning = false;
    ENCODE(respond(&c), thought("secret"), text("x"), end(STOP_END));
    assert_string_equal(types_from(0), "created in_progress " MESSAGE_EVENTS "completed ");
    assert_false(out_has("secret"));
}

static void answers_custom_tools_in_kind(void **state)
{
    (void)state;
    struct jdoc d = doc_of("{\"tools\":[{\"type\":\"custom\",\"name\":\"patch\"},{\"type\":\"function\","
                           "\"name\":\"get\"}]}");
    struct answer a = respond(&custom);
    a.request = &d;
    ENCODE(a, call(0, "patch"), args(0, "{\"input\":\"a\\"), args(0, "nb\"}"), call(1, "get"), args(1, "{}"),
           call(2, "patch"), args(2, "{\"input\":\"cut"), end(STOP_LENGTH));
    assert_string_equal(types_from(0), "created in_progress output_item.added custom_tool_call_input.delta "
                        "custom_tool_call_input.done "
                        "output_item.done " CALL_EVENTS "output_item.added custom_tool_call_input.delta "
                        "custom_tool_call_input.done output_item.done incomplete ");
    assert_true(out_has("\"type\":\"custom_tool_call\",\"status\":\"completed\",\"call_id\":\"call_"));
    assert_true(out_has("\"name\":\"patch\",\"input\":\"a\\nb\"}"));
    assert_true(out_has("\"status\":\"incomplete\",\"call_id\":\"call_"));
    assert_true(out_has("\"input\":\"{\\\"input\\\":\\\"cut\"}"));
}

static void keeps_alive_in_the_count(void **state)
{
    (void)state;
    struct answer a = respond(&streamed);
    obuf_reset(&out);
    responses_encode(&a, &start, &out);
    codec_openai_responses.keepalive(&a, &out);
    codec_openai_responses.keepalive(&a, &out);
    struct conv_event e = text("x");
    responses_encode(&a, &e, &out);
    assert_string_equal(types_from(0), "created in_progress keepalive keepalive output_item.added content_part.added "
                                       "output_text.delta ");
    answer_fini(&a);
}

/* The event that the SDKs raise comes first; Codex passes it over and ends at the second. */
static void breaks_off_without_an_end(void **state)
{
    (void)state;
    ENCODE(respond(&streamed), text("x"), broken(FAIL_ENGINE_FAILED), text("late"), end(STOP_END));
    assert_string_equal(types_from(0), "created in_progress output_item.added content_part.added output_text.delta "
                                       "error failed ");
    assert_true(out_has("\"code\":\"server_error\""));
    assert_true(out_has("the local model failed (cordon ENGINE_FAILED, id 01J)"));
    assert_false(out_has("late"));
    ENCODE(respond(&streamed), broken(FAIL_CONTEXT_LENGTH), start, end(STOP_END));
    assert_int_equal(out.n, 0);
    ENCODE(respond(&whole), text("x"), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

static void names_errors_in_a_stream(void **state)
{
    (void)state;
    static const struct { enum fail fail; const char *code; } rows[] = {
        {FAIL_CONTEXT_LENGTH, "\"code\":\"context_length_exceeded\""}, {FAIL_ENGINE_BUSY, "\"code\":\"server_error\""},
        {FAIL_POLICY_REFUSED, "\"code\":\"invalid_prompt\""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct refusal r = {.fail = rows[i].fail, .id = "01J"};
        obuf_reset(&out);
        codec_openai_responses.stream_error(&r, &out);
        assert_string_equal(types_from(0), "error failed ");
        assert_true(out_has(rows[i].code));
    }
}

/* ---- a stream says what the whole says ---- */

static void a_stream_ends_with_the_whole(void **state)
{
    (void)state;
    static const struct conv_event events[] = {
        {.kind = EV_START}, {.kind = EV_REASONING, .text = {"hm", 2}}, {.kind = EV_TEXT, .text = {"a\n", 2}},
        {.kind = EV_CALL, .call_name = {"f", 1}}, {.kind = EV_CALL_ARGS, .text = {"{}", 2}},
        {.kind = EV_END, .prompt_tokens = 9}};
    struct conv c = streamed;
    c.stream = false;
    struct answer a = respond(&c), b = respond(&streamed);
    struct obuf first = {0};
    obuf_reset(&out);
    for (size_t i = 0; i < COUNT(events); i++) {
        responses_encode(&a, &events[i], &first);
        responses_encode(&b, &events[i], &out);
    }
    assert_true(span_eq(obuf_span(&first), obuf_span(&a.body)));
    assert_true(span_eq(obuf_span(&first), obuf_span(&b.body)));
    assert_true(span_eq(obuf_span(&a.choice[0].text), obuf_span(&b.choice[0].text)));
    assert_true(span_is(obuf_span(&b.choice[0].reasoning), "hm"));
    obuf_put(&first, "}\n\n", 3);
    assert_true(span_ends(obuf_span(&out), obuf_span(&first)));
    obuf_fini(&first);
    answer_fini(&a);
    answer_fini(&b);
}

/* However the engine cuts its text and arguments, the deltas put together are what the end says. */
static void cuts_do_not_matter(void **state)
{
    (void)state;
    static const char said[] = "a \"quoted\" line\nand a second one", json[] = "{\"a\":[1,2,\"x\"]}";
    struct obuf want = {0};
    for (size_t cut = 0; cut < sizeof json; cut++) {
        struct answer a = respond(&whole);
        struct conv_event events[] = {
            {.kind = EV_TEXT, .text = {said, cut}}, {.kind = EV_TEXT, .text = {said + cut, sizeof said - 1 - cut}},
            {.kind = EV_CALL, .call_name = SPAN("f")}, {.kind = EV_CALL_ARGS, .text = {json, cut}},
            {.kind = EV_CALL_ARGS, .text = {json + cut, sizeof json - 1 - cut}}, {.kind = EV_END}};
        ENCODE_ALL(a, events);
        if (cut == 0) obuf_span_put(&want, obuf_span(&out));
        assert_true(span_eq(obuf_span(&out), obuf_span(&want)));
        a.conv = &streamed;
        a.stream = true;
        ENCODE_ALL(a, events);
        assert_true(out_has("\"arguments\":\"{\\\"a\\\":[1,2,\\\"x\\\"]}\""));
    }
    obuf_fini(&want);
}

/* ---- summaries and counts ---- */

static void sums_up_in_a_stream(void **state)
{
    (void)state;
    struct answer a = respond(&summing);
    a.notice = "[inside]";
    struct span said = ENCODE(a, text("so "), text("far"), end(STOP_END));
    assert_true(span_is(said, RESPONSES_SUMMARY "so far"));
    assert_string_equal(types_from(0), "created in_progress output_item.added compaction.compacting "
                                       "output_item.done completed ");
    assert_true(out_has("\"output_index\":0,\"item\":{\"id\":\"cmp_"));
    assert_true(out_has("\"type\":\"compaction\",\"encrypted_content\":\"" RESPONSES_SUMMARY "so far\"}}"));
    assert_false(out_has("[inside]"));
}

static void answers_compact(void **state)
{
    (void)state;
    struct jdoc d = doc_of("{\"input\":[{\"role\":\"user\",\"content\":\"q\\n\"},{\"role\":\"assistant\",\"content\":\"a\"},"
                           "{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"user\","
                               "\"content\":[{\"type\":\"input_text\",\"text\":\"r\"}]}]}");
    struct answer a = answer_of(&codec_openai_responses_compact, &whole);
    a.request = &d;
    struct span said = ENCODE(a, start, thought("no"), text("so "), text("far"), end(STOP_END), text("late"));
    assert_true(span_is(said, RESPONSES_SUMMARY "so far"));
    assert_out("{\"id\":\"%s\",\"object\":\"response.compaction\",\"created_at\":1764000000,"
               "\"output\":[{\"id\":\"%s\",\"type\":\"message\","
               "\"status\":\"completed\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
                   "\"text\":\"q\\n\"}]},{\"id\":\"msg_1\","
               "\"type\":\"message\",\"status\":\"completed\",\"role\":\"user\","
                   "\"content\":[{\"type\":\"input_text\",\"text\":\"r\"}]},"
               "{\"id\":\"%s\",\"type\":\"compaction\",\"encrypted_content\":\"" RESPONSES_SUMMARY "so far\"}],"
                   "\"usage\":" USAGE "}",
               id_of("resp_", 0), id_of("msg_", 1), id_of("cmp_", 2));
    d = doc_of("{\"input\":\"q\"}");
    ENCODE(a, end(STOP_END));
    assert_true(out_has("\"text\":\"q\"}]},{\"id\":\"cmp_"));
}

static void answers_a_count(void **state)
{
    (void)state;
    static const struct conv c = {.kind = CONV_COUNT, .n_choices = 1};
    ENCODE(answer_of(&codec_openai_responses_count, &c), start, end(STOP_END), end(STOP_END));
    assert_out("{\"object\":\"response.input_tokens\",\"input_tokens\":9}");
    ENCODE(answer_of(&codec_openai_responses_count, &c), broken(FAIL_ENGINE_FAILED), end(STOP_END));
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_whole_answer),
        cmocka_unit_test(says_something_even_of_nothing),
        cmocka_unit_test(puts_the_notice_first),
        cmocka_unit_test(repeats_what_was_asked),
        cmocka_unit_test(writes_a_stream),
        cmocka_unit_test(closes_each_item_before_the_next),
        cmocka_unit_test(hides_thoughts_unless_asked),
        cmocka_unit_test(answers_custom_tools_in_kind),
        cmocka_unit_test(keeps_alive_in_the_count),
        cmocka_unit_test(breaks_off_without_an_end),
        cmocka_unit_test(names_errors_in_a_stream),
        cmocka_unit_test(a_stream_ends_with_the_whole),
        cmocka_unit_test(cuts_do_not_matter),
        cmocka_unit_test(sums_up_in_a_stream),
        cmocka_unit_test(answers_compact),
        cmocka_unit_test(answers_a_count),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
