#include "audit/rig.h"
#include "audit/record.h"

static char *shown(const struct rig *r, bool json, uint64_t last, enum fail expected)
{
    static char *text;   /* static: gcc -O3 believes that the stream, which is closed, leads to it still */
    static size_t n;
    struct why why;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(audit_show(r->dir, f, json, last, &why), expected);
    fclose(f);
    return text;
}

static size_t count(const char *text, char c)
{
    size_t n = 0;
    for (; *text; text++) n += *text == c;
    return n;
}

static uint64_t put(struct rig *r, struct obuf *o)
{
    size_t n;
    char *body = obuf_take(o, &n);
    assert_non_null(body);
    assert_int_equal(rig_record(r, body), FAIL_OK);
    free(body);
    return r->last_seq;
}

static uint64_t put_intent(struct rig *r, enum action action, const char *host, const char *rule)
{
    struct obuf o = {0};
    struct finding list[] = {{.type = "MRN", .klass = CLASS_PHI, .id = 1, .text = SPAN("1")},
                             {.type = "DOB", .klass = CLASS_PHI, .id = 2, .text = SPAN("2")},
                             {.type = "US_SSN", .klass = CLASS_PII, .id = 3, .text = SPAN("3")}};
    struct findings f = {list, action == ACTION_FORWARD ? 0 : COUNT(list)};
    struct verdict v = {.action = action, .rule = rule};
    struct record_intent i = {.id = "x", .attempt = 1, .client_address = SPAN("192.0.2.7"), .api = "openai.chat", .host = host,
                              .model = SPAN("gpt-4o"), .local_model = action == ACTION_LOCAL ? "smollm2" : NULL, .verdict = &v,
                              .findings = &f, .sent_bytes = 1234};
    record_intent_put(&o, r->l, &i);
    return put(r, &o);
}

static void put_outcome(struct rig *r, uint64_t intent, const char *by, bool client_abort)
{
    struct obuf o = {0};
    struct record_outcome out = {.id = "x", .intent_seq = intent, .attempt = 1, .status = 200, .answered_by = by,
                                 .reply_bytes = 567, .duration_us = 12345, .client_abort = client_abort};
    record_outcome_put(&o, &out);
    put(r, &o);
}

static void an_exchange_is_one_line(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    uint64_t a = put_intent(&r, ACTION_FORWARD, "api.openai.com", "all-else"), b = put_intent(&r, ACTION_LOCAL, NULL, "phi-stays");
    put_outcome(&r, b, "local", true);
    put_outcome(&r, a, "upstream", false);
    put_intent(&r, ACTION_FORWARD, "api.openai.com", "all-else");
    rig_close(&r);
    char *text = shown(&r, false, 0, FAIL_OK);
    assert_int_equal(count(text, '\n'), 5);   /* titles, segment, three exchanges */
    char *forward = strstr(text, "forward "), *local = strstr(text, "local "), *open = strstr(local, "forward ");
    assert_non_null(open);
    assert_true(text < forward && forward < local);
    char *end = strchr(forward, '\n');
    *end = '\0';
    assert_non_null(strstr(forward, "api.openai.com"));
    assert_non_null(strstr(forward, "1234"));
    assert_non_null(strstr(forward, "567  200     upstream     12.3ms"));
    *end = '\n';
    *strchr(local, '\n') = '\0';
    assert_non_null(strstr(local, "phi-stays"));
    assert_non_null(strstr(local, "gpt-4o>smollm2"));
    assert_non_null(strstr(local, "phi:2,pii:1"));
    assert_non_null(strstr(local, "client went away"));
    assert_null(strstr(local, "1234"));   /* nothing was sent */
    assert_non_null(strstr(open, "-  open\n"));
    free(text);
    rig_end(&r);
}

/* An outcome that came late belongs to its exchange: it is no line of its own among the last. */
static void the_last_n_are_exchanges(void **state)
{
    (void)state;
    struct rig r;
    uint64_t seq[10];
    rig_begin(&r);
    rig_open(&r, 0);
    for (int i = 0; i < 10; i++) seq[i] = put_intent(&r, ACTION_FORWARD, "api.openai.com", "all-else");
    for (int i = 0; i < 10; i++) put_outcome(&r, seq[i], "upstream", false);
    rig_close(&r);
    char *text = shown(&r, false, 2, FAIL_OK);
    assert_int_equal(count(text, '\n'), 3);
    assert_null(strstr(text, "outcome"));
    assert_null(strstr(text, "open\n"));
    free(text);
    rig_end(&r);
}

static void an_outcome_by_itself_is_a_line(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    put_outcome(&r, 0, "cordon", false);
    rig_close(&r);
    char *text = shown(&r, false, 0, FAIL_OK);
    assert_non_null(strstr(text, "outcome   of seq 0 "));
    assert_non_null(strstr(text, "567  200     cordon "));
    free(text);
    rig_end(&r);
}

static void the_last_n(void **state)
{
    (void)state;
    struct rig r;
    char body[100];
    rig_begin(&r);
    rig_open(&r, 2000);
    for (int i = 0; i < 500; i++) {
        snprintf(body, sizeof body, "\"kind\":\"event\",\"event\":\"e%d\"", i);
        assert_int_equal(rig_record(&r, body), FAIL_OK);
    }
    char *text = shown(&r, false, 3, FAIL_OK);
    assert_int_equal(count(text, '\n'), 4);
    assert_non_null(strstr(text, "event=e499"));
    free(text);
    text = shown(&r, true, 300, FAIL_OK);
    assert_int_equal(count(text, '\n'), 300);
    assert_true(text[0] == '{' && strstr(text, "\"e499\"") > text);
    free(text);
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    text = shown(&r, true, 0, FAIL_OK);
    assert_int_equal(count(text, '\n'), v.records);
    free(text);
    rig_end(&r);
}

static void damage_is_shown_in_its_place(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    rig_begin(&r);
    rig_open(&r, 0);
    rig_record(&r, "\"kind\":\"event\",\"event\":\"first\"");
    rig_record(&r, "\"kind\":\"event\",\"event\":\"second\"");
    rig_record(&r, "\"kind\":\"event\",\"event\":\"third\"");
    rig_close(&r);
    char *text = rig_read(&r, "00000001.jsonl", &n);
    memcpy(strstr(text, "second"), "sECOND", 6);
    rig_write(&r, "00000001.jsonl", text, n);
    free(text);
    text = shown(&r, false, 0, FAIL_IO);
    char *mark = strstr(text, "!! 00000001.jsonl line 3 (seq 3)");
    assert_non_null(mark);
    assert_true(strstr(text, "first") < mark && mark < strstr(text, "third"));
    assert_null(strstr(text, "sECOND"));
    free(text);
    rig_end(&r);
}

static void nothing_a_terminal_would_obey(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    rig_record(&r, "\"kind\":\"event\",\"event\":\"\\u001b[2J\xc2\x9b\x31m\"");
    rig_record(&r, "\"kind\":\"intent\",\"rule\":\"\xe2\x80\xae" "x\"");
    rig_close(&r);
    char *text = shown(&r, false, 0, FAIL_OK);
    for (char *p = text; *p; p++) assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    free(text);
    rig_end(&r);
}

static void odd_records_do_no_harm(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "\"kind\":\"intent\",\"found\":5,\"client\":[1],\"to\":\"x\",\"sent\":[],\"model\":{}",
        "\"kind\":\"intent\",\"found\":[1,\"a\",{\"class\":4,\"n\":\"x\"},{\"class\":\"phi\",\"n\":99999999999999999999}]",
        "\"kind\":\"outcome\",\"intent\":2,\"reply\":1,\"duration_us\":-5,\"status\":\"x\"",
        "\"kind\":\"outcome\",\"intent\":-1", "\"kind\":\"tunnel_outcome\",\"intent\":\"2\"", "\"kind\":\"segmentx\",\"a\":[[[]]]"};
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    for (size_t i = 0; i < COUNT(bodies); i++) assert_int_equal(rig_record(&r, bodies[i]), FAIL_OK);
    rig_close(&r);
    char *text = shown(&r, false, 0, FAIL_OK);
    assert_true(count(text, '\n') >= 6);
    free(text);
    assert_verifies(&r);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exchange_is_one_line),      cmocka_unit_test(the_last_n),
        cmocka_unit_test(the_last_n_are_exchanges),     cmocka_unit_test(an_outcome_by_itself_is_a_line),
        cmocka_unit_test(damage_is_shown_in_its_place), cmocka_unit_test(nothing_a_terminal_would_obey),
        cmocka_unit_test(odd_records_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
